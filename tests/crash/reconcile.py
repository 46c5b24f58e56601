"""Reconciling: both sides against the model, and the engine's books against what was acknowledged.

The books are the inbox, the intents, and what the commands tell.
"""

from __future__ import annotations

from typing import Literal

from tests.crash.deliveries import answered, kept
from tests.crash.house import House, StuckError
from tests.crash.kinds import FLOW, Kind
from tests.crash.meant import unexplained
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
        deleted again, and no intent is open or left unknown without a reason."""
        bodies = [bytes(row[0]) for row in self._house.rows("SELECT body FROM inbox")]
        whole = b"\n".join(bodies)
        lost = [mark for mark in self._posts.answered if mark.encode() not in whole]
        if lost:
            raise Unbalanced("lost", f"answered 200 and not in the inbox: {', '.join(lost)}")
        self._demand_deliveries()
        left = unexplained(self._house.rows)
        if left:
            raise Unbalanced("stuck", f"intents are open while nothing waits: {left}")
        self._count()

    def _demand_deliveries(self) -> None:
        """Every event that a vendor posted itself is in the inbox under its own id, and counted as
        often as it was answered, in whatever way the life's events are told.

        The answers are asked for first: a delivery that comes between the two looks is kept by the
        second, since it is stored before it is answered."""
        posted = answered(self._world.answered())
        rows = self._house.rows(
            "SELECT e.vendor, i.event_id, i.times, i.body FROM inbox i"
            " JOIN endpoints e ON e.id = i.endpoint"
        )
        missing = posted - kept(rows)
        if missing:
            some = dict(missing.most_common(MOST_EXAMPLES))
            raise Unbalanced(
                "lost", f"answered 200 and not in the inbox: {len(missing)}, such as {some}"
            )

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
