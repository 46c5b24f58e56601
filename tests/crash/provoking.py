"""Provoking is what people do so that a server comes by the step at which it is to die."""

from __future__ import annotations

import time

from tests.crash.house import PATIENCE_SECONDS, House, Run, StuckError
from tests.crash.kinds import FLOW, Kind
from tests.crash.people import People, Saying
from tests.crash.posts import Posts
from tests.crash.world import World

AGAIN_SECONDS = 2.5
"""Where nothing has come of it, they do it again after so long."""
ADVANCE_SECONDS = 6.0
ADVANCE_EVERY = 0.1
COMMANDS = {
    "command taken": ("sync", FLOW),
    "command ended": ("sync", FLOW),
    "key ring": ("keys", "rotate"),
    "key check": ("keys", "rotate"),
    "seal": ("keys", "rotate"),
    "key forgotten": ("keys", "rotate"),
    "bulk write": ("sync", FLOW, "--full"),
}
"""Steps that come of a command."""
INTRODUCED = ("handshake", "code")
"""Steps of a vendor that confirms subscriptions. The server may have made and confirmed them by
itself while an earlier death was waited for; new addresses are confirmed anew."""


class Provoking:
    """Of one life. `begin` for a death, `go_on` until it is dead, `end` after it."""

    def __init__(
        self, world: World, house: House, people: People, posts: Posts, kind: Kind
    ) -> None:  # fmt: skip
        self._world = world
        self._house = house
        self._people = people
        self._posts = posts
        self._kind = kind
        self._commands: list[Run] = []
        self._untold: list[Saying] = []
        self._noun = ""
        self.steps = 0
        """How often time was moved since somebody set this to 0."""
        self._is_first = False
        self._acted_at = 0.0
        self._advanced_at = 0.0
        self._rounds = 0

    def begin(self, step: str, is_first: bool) -> None:
        self._noun = step.partition(": ")[0]
        self._is_first = is_first
        self._rounds = 0
        self._act()

    def go_on(self) -> bool:
        """A moment passes; True where nothing has come of what they did, so it is done again."""
        now = time.monotonic()
        if now - self._advanced_at > ADVANCE_EVERY:
            self._advanced_at = now
            self.steps += 1
            self._world.advance(ADVANCE_SECONDS)
        self._posts.pump()
        is_vain = now - self._acted_at > AGAIN_SECONDS
        if is_vain:
            self._act()
        return is_vain

    def _act(self) -> None:
        self._acted_at = time.monotonic()
        self._rounds += 1
        if self._is_first:
            again = self._noun in INTRODUCED and self._rounds % 2 == 0
            rotate = ("connections", "rotate-webhook", self._kind.source)
            self._command(*(rotate if again else ("sync", FLOW, "--yes")))
            return
        if self._noun in COMMANDS and self._noun != "bulk write":
            self._command(*COMMANDS[self._noun])
        if self._noun == "token":
            vendor = (self._kind.target, self._kind.source)[self._rounds % 2]
            self._world.order(vendor=vendor, kind="expire_access_token", operation="*", times=1)
        if self._noun == "unknown outcome":
            for operation in self._kind.writes:
                cut = {"vendor": self._kind.written, "operation": operation, "kind": "cut_after"}
                self._world.order(**cut, times=1)
        self._do()

    def _do(self) -> None:
        """What leads to the step, and something else besides."""
        people = self._people
        if self._noun == "bulk write":
            self._make_many()
            self._command(*COMMANDS[self._noun])
            return
        deeds = {"feed": (people.feed,), "listing": (people.new,), "outcome": (people.change,)}
        for deed in deeds.get(self._noun, (people.new, people.change)):
            self._posts.say(deed())
        if self._noun.endswith(" back"):
            self._posts.say(people.back())
        self._posts.say(people.act())

    def _make_many(self) -> None:
        """What nobody tells is found by a whole listing, and made with one job."""
        drop = {"kind": "webhook_drop", "vendor": self._kind.source, "operation": "*"}
        self._world.order(**drop, probability=1.0)
        self._untold += self._people.many()
        self._world.calm()

    def _command(self, *line: str) -> None:
        if all(run.status() is not None for run in self._commands):
            self._commands.append(self._house.begin(*line))

    def end(self, is_killed: bool) -> None:
        """The commands that were under way are killed too, or find out that nobody does them."""
        for run in self._commands:
            if is_killed:
                run.kill()
            end = time.monotonic() + PATIENCE_SECONDS
            while run.status() is None:
                if time.monotonic() > end:
                    raise StuckError(f"a command does not notice its server's end: {run.out}")
                self._world.advance(ADVANCE_SECONDS)
                self._posts.pump()
                time.sleep(ADVANCE_EVERY)
        self._commands.clear()
        self._posts.say(self._untold)
        self._untold = []
