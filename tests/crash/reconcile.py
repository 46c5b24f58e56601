"""Reconciling: both sides against the model, and the engine's books against what was acknowledged.

The books are the inbox, the intents, and what the commands tell.
"""

from __future__ import annotations

from typing import Literal

from tests.crash.house import House, StuckError
from tests.crash.kinds import FLOW, Kind
from tests.crash.model import Sides
from tests.crash.people import People
from tests.crash.posts import Posts
from tests.crash.world import World

MOST_EXAMPLES = 3
Trouble = Literal["lost", "duplicated", "stuck", "not reached"]


class Unbalanced(AssertionError):
    """Something is wrong, so that nothing after it can be judged."""

    def __init__(self, trouble: Trouble, what: str) -> None:
        super().__init__(what)
        self.trouble: Trouble = trouble


class Books:
    """Of one life."""

    def __init__(
        self, world: World, house: House, people: People, posts: Posts, kind: Kind
    ) -> None:
        self._world = world
        self._house = house
        self._people = people
        self._posts = posts
        self._kind = kind
        self._introductions: dict[str, int] = {}

    def sides(self) -> Sides:
        return self._kind.compare(self._world, self._people.kept)

    def differences(self) -> list[str]:
        """What is not in step yet. Raises Unbalanced where something is there twice."""
        sides = self.sides()
        if sides.twice:
            raise Unbalanced("duplicated", "; ".join(sides.twice))
        return sides.differences()

    def balance(self) -> None:
        """Raises Unbalanced unless every acknowledged event is in the inbox, nothing was made and
        deleted again, and no intent is open."""
        bodies = [bytes(row[0]) for row in self._house.rows("SELECT body FROM inbox")]
        kept = b"\n".join(bodies)
        lost = [mark for mark in self._posts.answered if mark.encode() not in kept]
        if lost:
            raise Unbalanced("lost", f"answered 200 and not in the inbox: {', '.join(lost)}")
        self._demand_deliveries()
        intents = self._house.rows("SELECT route, source_key, state FROM intents")
        if intents:
            raise Unbalanced("stuck", f"intents are open while nothing waits: {intents}")
        self._count()

    def _demand_deliveries(self) -> None:
        """What the vendors posted themselves: as many rows, repetitions counted, as answers. What
        introduces a subscription is answered too, and is no event: mostly in the first round.

        The answers are counted first: a delivery that comes between the two looks is kept by the
        second, since it is stored before it is answered."""
        vendors = (self._kind.source, self._kind.target)
        counts = {vendor: self._world.answered(vendor) for vendor in vendors}
        told = "SELECT e.vendor, SUM(i.times) FROM inbox i JOIN endpoints e ON e.id = i.endpoint"
        rows = dict(self._house.rows(f"{told} GROUP BY e.vendor"))
        for vendor, answered in counts.items():
            kept = rows.get(vendor, 0)
            first = self._introductions.setdefault(vendor, max(0, answered - kept))
            if kept < answered - max(first, self._world.introduced(vendor)):
                told = f"{vendor} was answered {answered} times, and {kept} events are kept"
                raise Unbalanced("lost", told)

    def _count(self) -> None:
        there = self.sides().ours
        for vendor, nouns in self._kind.nouns.items():
            made = self._world.creates(vendor)
            for noun in nouns:
                ours = there[noun] - self._people.by_hand[noun]
                if made.get(noun, 0) != ours:
                    told = f"{made.get(noun, 0)} {noun} were made over the API, {ours} are there"
                    raise Unbalanced("duplicated", told)

    def close(self) -> None:
        """The last look, by the commands that a person has."""
        self.balance()
        reviews = self._house.do("review", "list")
        if reviews:
            raise Unbalanced("stuck", f"somebody is asked for no reason: {reviews}")
        left = self._house.rows("SELECT kind, state FROM requests WHERE ended_at IS NULL")
        if left:
            raise Unbalanced("stuck", f"nobody ended what commands handed over: {left}")
        self._demand_lives()
        status = self._house.do("status")
        flow = next(f for f in status["flows"] if f["name"] == FLOW)
        if flow["waiting"] or flow["state"] != "active":
            raise Unbalanced("stuck", f"the flow is not well: {flow}")
        for connection in status["connections"]:
            if connection["state"] != "ok":
                raise Unbalanced("stuck", f"a connection is not well: {connection}")
        self._demand_whole()

    def _demand_lives(self) -> None:
        """The life of some records shows the events that spoke of them, by the program's own
        word."""
        for route, key, marks in self._posts.examples(self._kind.routes, MOST_EXAMPLES):
            life = self._house.do("why", FLOW, f"{route}:{key}")
            shown = {event["event_id"].partition(":")[0] for event in life["events"]}
            if life["link"] is None or not marks <= shown:
                raise Unbalanced("lost", f"why {route}:{key} lacks {marks - shown}: {life}")

    def _demand_whole(self) -> None:
        if self._house.rows("PRAGMA integrity_check") != [("ok",)]:
            raise StuckError("the database is broken")
