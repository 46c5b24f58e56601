"""A life is one home from its first command to its last look: ten rounds, in each of which people
change things, the server dies once or more by SIGKILL, another one takes over, and both sides and
the books are held against each other.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.house import House, Run, StuckError
from tests.crash.kinds import FLOW, KINDS, Kind
from tests.crash.nursery import Nursery
from tests.crash.posts import Posts, proofs
from tests.crash.provoking import Provoking
from tests.crash.reconcile import Books, Trouble, Unbalanced
from tests.crash.schedule import Death, Schedule
from tests.crash.world import World
from tests.support.sandbox import SandboxProcess

CUSTOMERS, INVOICES = 4, 6
GRANT = ("client_id", "client_secret", "refresh_token")
LOOPBACK = "http://127.0.0.1:9/callback"
"""Where consent ends: nobody listens there either, and the address is pasted."""
READY_SECONDS = 120.0
DEATH_STEPS = 250
QUIET_LOOKS = 300
"""Where a machine has much else to do a look takes longer, and so do we."""
LOOK_SECONDS = 0.12
STEP_SECONDS = 15.0
"""So far the vendors' time is moved at each look."""
LONGEST_WAIT = 900.0
"""What is not in step after so much of the vendors' time with nothing left to do is lost."""


@dataclass(frozen=True)
class Finding:
    """What was wrong after a round, and which deaths it followed."""

    trouble: Trouble
    round: int
    what: str
    deaths: str = ""


@dataclass
class Result:
    """What became of a life. `deaths` are all that happened, by step where they had one."""

    schedule: Schedule
    rounds: int = 0
    deaths: int = 0
    reached: list[str] = field(default_factory=list)
    reconnects: int = 0
    events: int = 0
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0


class Life:
    """See the module. `folder` is empty and stays, for people to look into."""

    def __init__(
        self, schedule: Schedule, sandbox: SandboxProcess, nursery: Nursery, folder: Path,
        sabotage: str = "",
    ) -> None:  # fmt: skip
        self._schedule = schedule
        self._draw = random.Random(f"people {schedule.seed}")
        self._kind: Kind = KINDS[schedule.kind]
        self.world = World(sandbox, schedule.seed, CUSTOMERS, INVOICES)
        self.house = House(folder, nursery, self.world.clock_url, sabotage)
        self.people = self._kind.people(self.world, self._draw, is_told=schedule.telling == "posts")
        self.result = Result(schedule)
        self.quiet_looks = QUIET_LOOKS
        """So many may be needed until both sides are in step again."""
        self._unasked: set[str] = set()
        """Vendors that could not be asked yet whose the credentials are."""
        self._server: Run | None = None
        self._at = 0

    # --- the whole ------------------------------------------------------------------------------

    def run(self, rounds: int, advance: Callable[[], None] = lambda: None) -> Result:
        """So many rounds, or until something is wrong; `advance` is called after each."""
        began = time.monotonic()
        try:
            self._move_in()
            for deaths in self._schedule.rounds[:rounds]:
                self._round(deaths)
                self.result.rounds += 1
                self._at += 1
                advance()
            self._last_look()
        except Unbalanced as wrong:
            self._note(wrong.trouble, str(wrong))
        except (StuckError, AssertionError) as error:
            self._note("stuck", str(error))
        finally:
            if self._server is not None:
                self._server.kill()
            self.world.calm()
        self.result.seconds = time.monotonic() - began
        return self.result

    def _note(self, trouble: Trouble, what: str) -> None:
        deaths = self._schedule.rounds[min(self._at, len(self._schedule.rounds) - 1)]
        told = "; ".join(str(death) for death in deaths)
        self.result.findings.append(Finding(trouble, self._at + 1, what, told))
        if trouble != "not reached":
            self.result.rounds += 1

    def _move_in(self) -> None:
        """Home, connections and flow; nothing has been synced yet."""
        house, kind = self.house, self._kind
        house.do("init")
        kind.prepare(self.world, self._schedule.telling)
        for vendor in (kind.source, kind.target):
            house.do("connect", vendor, "--name", vendor, *self._credentials(vendor))
        poll = "1440" if self._schedule.telling == "posts" else "2"
        settings = {"since": "all", "poll": poll, **kind.settings}
        pairs = [part for k, v in settings.items() for part in ("--set", f"{k}={v}")]
        house.do(
            "flow", "add", kind.name, "--name", FLOW, "--source", kind.source,
            "--target", kind.target, *pairs, "--yes",
        )  # fmt: skip
        self.world.born = {
            noun: frozenset(str(r["id"]) for r in self.world.all(f"{vendor}/{noun}"))
            for vendor, nouns in (*kind.nouns.items(), *kind.looked_at.items())
            for noun in nouns
        }
        self.world.advance(STEP_SECONDS)  # what was before the flow is not its business
        self.people.begin()
        self.posts = Posts(self.world, self._draw, self._hooks())
        self.provoking = Provoking(self.world, self.house, self.people, self.posts, kind)
        self.books = Books(self.world, self.house, self.people, self.posts, kind)

    def _credentials(self, vendor: str) -> list[str]:
        """All that the vendor gave, by files, and the settings with it."""
        ready = self.world.ready[vendor]
        redirect_url = self._kind.redirects.get(vendor, LOOPBACK)
        given = ["--base-url", ready["base_url"], "--redirect-url", redirect_url]
        secrets = {name: ready["credentials"][name] for name in GRANT}
        if vendor in self._kind.posting:
            secrets |= proofs(self.world, vendor)
        for name, secret in secrets.items():
            file = self.house.path / f"{vendor}.{name}"
            file.write_text(secret)
            given += ["--secret", f"{name}=file:{file}"]
        pace = {"pace": self._kind.paces[vendor]} if vendor in self._kind.paces else {}
        for name, value in {**ready["settings"], **pace}.items():
            given += ["--set", f"{name}={value}"]
        return given

    def _hooks(self) -> dict[str, str]:
        """Where each vendor posts; in the vendor's own hands where it posts itself."""
        told = {c["name"]: c["webhook_url"] for c in self.house.do("connections")}
        urls = {vendor: told[vendor] for vendor in self._kind.posting}
        if self._schedule.telling == "posts":
            return urls
        for vendor, url in urls.items():
            if vendor != "pipedrive":  # there the subscriptions are made by us
                self._kind.register(self.world, vendor, url)
        return {}

    # --- a round --------------------------------------------------------------------------------

    def _round(self, deaths: Sequence[Death]) -> None:
        if self._at:
            if self._draw.random() < 0.5:
                self.people.touch()
                self._until_quiet()
            self._trouble_on_the_line()
        self._stop()  # a kill in the middle of nothing
        for number, death in enumerate(deaths):
            self._die(death, plainly=self._at == 1 and number == 0 and not death.step)
        self._recover()
        self._until_quiet()
        self.books.balance()

    def _trouble_on_the_line(self) -> None:
        """Some of what a bad day brings, at the target and between the vendors and us."""
        for rule in self._kind.line_troubles(self._draw):
            self.world.order(vendor=self._kind.written, **rule)
        if self._schedule.telling == "vendor":
            for kind in ("webhook_drop", "webhook_duplicate", "webhook_delay", "webhook_reorder"):
                if self._draw.random() < 0.4:
                    self.world.order(vendor=self._kind.source, kind=kind, probability=0.3)

    def _die(self, death: Death, *, plainly: bool) -> None:
        """Start a server, let people do what leads to its death, and see it die."""
        fate = (death.step, death.passings) if death.step else None
        before, began = self.world.requests(), time.monotonic()
        is_provoked = is_mended = False
        self._server = self.house.serve(fate, plainly=plainly)
        self.provoking.steps = 0
        while self._server.status() is None and not self._is_due(death, before, began):
            if is_provoked:
                if self.provoking.go_on() and not is_mended:
                    is_mended = True
                    with suppress(Unbalanced):  # it may die of that as well
                        self._mend_connections()
            elif self._server.has_told():
                self.provoking.begin(death.step, self._at == 0)
                is_provoked = True
            time.sleep(LOOK_SECONDS / 8)
        self._buried(death)

    def _is_due(self, death: Death, before: int, began: float) -> bool:
        """Whether it is to be killed from outside now."""
        passed = time.monotonic() - began
        if death.seconds is not None:
            return passed >= death.seconds
        if death.requests is not None and self.world.requests() - before >= death.requests:
            return True
        return self.provoking.steps > DEATH_STEPS or passed > READY_SECONDS

    def _buried(self, death: Death) -> None:
        """What is left of the dead: its commands end too, by themselves or with it."""
        server = self._demand_server()
        status = server.status()
        if death.step and status is None:
            self._note("not reached", f"{death.step} was not passed")
        elif death.step and status == -9:
            self.result.reached.append(death.step)
        elif status is not None and status != -9:
            raise Unbalanced(
                "stuck", f"the server ended by itself: {server.err.read_text()[-2000:]}"
            )
        self._stop()
        self.provoking.end(self._at == 0 or self._draw.random() < 0.5)
        self.result.deaths += 1

    def _stop(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server = None

    def _demand_server(self) -> Run:
        if self._server is None:
            raise Unbalanced("stuck", "no server runs")
        return self._server

    def _recover(self) -> None:
        """The server that stays."""
        self._server = self.house.serve()
        end = time.monotonic() + READY_SECONDS
        while not self._server.has_told():
            if self._server.status() is not None or time.monotonic() > end:
                raise Unbalanced(
                    "stuck", f"it does not start: {self._server.err.read_text()[-2000:]}"
                )
            time.sleep(LOOK_SECONDS / 4)
        if self._at == 0:
            self._first_sync()

    def _first_sync(self) -> None:
        """A person runs it until it is done, and decides what is put before them."""
        for _ in range(6):
            told = self._through("sync", FLOW, "--yes")
            reviews = self.house.do("review", "list")
            for review in reviews:
                self._through("review", "resolve", review["id"], "--create")
            is_through = "routes" in told  # else it says what a person may try again
            if is_through and not reviews and not _left(told):
                return
        raise Unbalanced("stuck", f"the first sync does not end: {told}; {reviews}")

    def _through(self, *line: str) -> Any:
        """A command, while time goes on."""
        run = self.house.begin(*line)
        looks = 0
        while run.status() is None:
            looks += 1
            if looks > 2 * QUIET_LOOKS:
                run.kill()
                raise Unbalanced("stuck", f"`{' '.join(line)}` does not end")
            self.world.advance(STEP_SECONDS)
            self._mend_connections()
            time.sleep(LOOK_SECONDS)
        if run.status() not in (0, 1, 3):
            raise Unbalanced("stuck", f"`{' '.join(line)}`: {run.status()}, {run.err.read_text()}")
        return run.json if run.out.read_text().strip() else {"routes": []}

    # --- quiet ----------------------------------------------------------------------------------

    def _until_quiet(self) -> None:
        """Time goes on until nothing waits and both sides are in step."""
        self.world.calm()
        looks, waited = 0, 0.0
        told: list[str] = []
        while looks < self.quiet_looks and waited < LONGEST_WAIT:
            looks += 1
            self.posts.pump()
            waits = self._waits()
            if waits:
                told = [f"{count:g} wait for {why}" for why, count in waits.items()]
            elif self.posts.is_empty:
                self.posts.say(self.people.unheard())
                told = self.books.differences()
                if not told:
                    return
            self.world.advance(STEP_SECONDS)
            waited += 0.0 if waits else STEP_SECONDS
            self._mend_connections()
            time.sleep(LOOK_SECONDS)
        if self._waits():
            raise Unbalanced("stuck", "; ".join(told) or "what is posted is not answered")
        raise Unbalanced("lost", "; ".join(told))

    def _waits(self) -> dict[str, float]:
        """What is pending, by what it waits for."""
        self._demand_server()
        told = self._gauges()
        found: Counter[str] = Counter()
        for name, value in told.items():
            if name.startswith("ml_connector_pending{"):
                found[name.partition('waits_for="')[2].partition('"')[0]] += int(value)
        return dict(found)

    def _gauges(self) -> dict[str, float]:
        server = self._demand_server()
        try:
            return self.house.gauges()
        except OSError as error:
            log = server.err.read_text()[-2000:]
            raise Unbalanced("stuck", f"the server does not answer ({error}): {log}") from None

    def _mend_connections(self) -> None:
        """Where the answer to a token's rotation was lost, a person must consent again."""
        for name in self._gauges():
            if 'state="needs_person"' in name:
                vendor = name.partition('connection="')[2].partition('"')[0]
                if vendor not in self._unasked or self._must_consent(vendor):
                    self._reconnect(vendor)

    def _must_consent(self, vendor: str) -> bool:
        """A person was told to ask again whose the credentials are; what comes of that."""
        run = self.house.begin("ping", vendor)
        if run.ended() == 0:
            self._unasked.discard(vendor)
        return "Connect again" in run.out.read_text()

    def _reconnect(self, vendor: str) -> None:
        """A person's walk through the consent page, whose last address is pasted."""
        pipe = self.house.path / f"pasted-{self.result.reconnects}"
        self.result.reconnects += 1
        os.mkfifo(pipe)
        given = self._credentials(vendor)
        at = next(i for i, part in enumerate(given) if part.startswith("refresh_token="))
        given = [*given[: at - 1], *given[at + 1 :], "--paste"]
        run = self.house.begin("connect", vendor, "--name", vendor, *given, typed=pipe)
        with pipe.open("w") as pasted:
            while not run.has_told():
                if run.status() is not None:
                    raise Unbalanced(
                        "stuck", f"{vendor} cannot be connected: {run.err.read_text()}"
                    )
                time.sleep(LOOK_SECONDS / 4)
            page = self.world.call(run.json["authorize_url"])
            pasted.write(page.headers["location"] + "\n")
        self._unasked.discard(vendor)
        if run.ended() != 0:
            # The sessions of who was killed may still be open there, so that it lets nobody in
            if not run.json["error"].startswith("The credentials are kept"):
                raise Unbalanced("stuck", f"{vendor} cannot be connected: {run.json['error']}")
            self._unasked.add(vendor)

    # --- the end --------------------------------------------------------------------------------

    def _last_look(self) -> None:
        """At the end of a life: a pass finds nothing to do, and the books tell the same."""
        self._until_quiet()
        self._through("sync", FLOW)
        again = self._through("sync", FLOW)
        if again["writes"] or again["setup_writes"]:
            raise Unbalanced("lost", f"a second sync still writes: {again}")
        for route in again["routes"]:
            if route["failed"] or route["waiting"] or route["review"] or route["refused"]:
                raise Unbalanced("stuck", f"a second sync leaves something over: {route}")
        self.books.close()
        self.result.events = len(set(self.posts.answered))


def _left(summary: Any) -> int:
    """How many records a pass could not bring over yet."""
    return sum(route["failed"] + route["waiting"] for route in summary["routes"])
