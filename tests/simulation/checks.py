"""Checks hold the promise against what stands at the target and in the store: at every step what
must never be, and in the end what must be."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import func, select

from ml_connector.store import audit, queued
from ml_connector.store.database import Connection
from ml_connector.store.tables import inbox as inbox_table
from ml_connector.store.tables import intents as intents_table
from ml_connector.store.tables import links as links_table

from .asking import Asking
from .explaining import Explaining
from .house import FLOW, WORKSPACE, House, _flow_id
from .post import Post
from .towns import Expected, Town, differences

Row = dict[str, Any]


class Checks:
    """`ignored` are records that a person decided to leave out, or to be one with another.
    `refused` are the statuses by which the weather refused something."""

    def __init__(
        self, house: House, town: Town, post: Post, explaining: Explaining, refused: Collection[int]
    ) -> None:
        self._house = house
        self._town = town
        self._post = post
        self._explaining = explaining
        self._refused = refused
        self.ignored: set[tuple[str, str]] = set()
        self._open: set[tuple[str, str]] = set()
        self.judged = self.excused = 0
        """Records that must be at the target, in the end."""

    async def at_a_step(self) -> list[str]:
        """Never two living records of one key, never two primary links to one record, and nobody
        waits for what is there."""
        found = [f"{noun} {id} stands twice" for noun, id in self._twice()]
        found += await self._house.store.read(_two_primaries)
        return found + await self._house.store.read(_not_woken)

    def _twice(self) -> list[tuple[str, str]]:
        return [key for key, records in self._town.held().items() if len(records) > 1]

    async def stuck(self) -> list[Row]:
        """What is pending, but for what a person must decide, and what waits for that."""
        return (await self._asking()).stuck()

    async def _asking(self) -> Asking:
        house = self._house
        linked = await house.store.read(lambda c: _linked(c, _flow_id(c)))
        reviews, pending = await house.reviews(), await house.pending()
        return Asking(
            self._town, reviews, pending, linked, self.ignored, house.started, self._refused
        )

    async def at_the_end(self) -> list[str]:
        reviews = await self._house.reviews()
        pending = await self._house.pending()
        self._open = {(r["route"], r["source_key"]) for r in reviews}
        self._open |= {(r["route"], r["key"]) for r in pending} | self.ignored
        held = self._town.held()
        found = [f"{noun} {id} stands twice" for noun, id in self._twice()]
        found += (await self._asking()).wrongly_asked()
        for expected in self._town.expected():
            found += self._judge(expected, held.get((expected.noun, expected.source_id), []))
        found += await self._house.store.read(lambda c: _left_open(c, self._open))
        found += await self._house.store.read(self._unnoticed)
        return found

    def _judge(self, expected: Expected, records: list[Row]) -> list[str]:
        about = f"{expected.route}:{expected.source_id[-24:]}"
        excused = {(expected.route, expected.source_id), *expected.parents} & self._open
        self.judged += expected.must and not excused
        self.excused += expected.must and bool(excused)
        if excused:
            return []
        if not records:
            gone = (expected.noun, expected.source_id) in self._town.removed
            return [] if gone or not expected.must else [f"{about} is missing at the target"]
        record = records[0]
        told = differences(expected, record, self._touched(expected.noun, record))
        return [f"{about} ({expected.noun} {record['id']}): {each}" for each in told]

    def _touched(self, noun: str, record: Row) -> Callable[[str], bool]:
        """What a person touched there, unless we wrote it after them: then it is what the source
        says."""
        id, ours = str(record["id"]), self._explaining.is_ours
        return lambda name: self._town.is_theirs(noun, id, name) and not ours(noun, record, name)

    def _unnoticed(self, conn: Connection) -> list[str]:
        """Every delivery that was answered 200 is in the inbox; every linked record has a row."""
        stored = conn.execute(select(func.sum(inbox_table.c.times))).scalar_one() or 0
        told = sum(n["answered"] for n in self._town.world.counters.shown()["webhooks"].values())
        told -= self._post.handshakes
        found = [] if stored >= told else [f"{told} deliveries were answered, {stored} are stored"]
        flow = _flow_id(conn)
        rows = audit.read(conn, WORKSPACE, audit.Query(flow=FLOW, limit=None))
        known = {(row["route"], row["source_key"]) for row in rows}
        for route, key in sorted(_linked(conn, flow)):
            if (route, key) not in known:
                found.append(f"{route}:{key} is linked and the audit does not know it")
        return found + self._explaining.unexplained(rows[::-1])


def _linked(conn: Connection, flow: str) -> set[tuple[str, str]]:
    """Whose records stand, as far as is known."""
    rows = conn.execute(
        select(links_table.c.route, links_table.c.source_key).where(
            links_table.c.flow == flow, links_table.c.state != "target_gone"
        )
    )
    return {(row.route, row.source_key) for row in rows}


def _two_primaries(conn: Connection) -> list[str]:
    rows = conn.execute(
        select(links_table.c.flow, links_table.c.route, links_table.c.target_id, func.count())
        .where(links_table.c.is_alias.is_(False))
        .group_by(links_table.c.flow, links_table.c.route, links_table.c.target_id)
        .having(func.count() > 1)
    )
    return [f"{row.route} has two primary links to {row.target_id}" for row in rows]


def _not_woken(conn: Connection) -> list[str]:
    """Who waits for a link is woken by the commit that makes it; that of a key which is to be
    looked at again may come only then."""
    rows = queued.rows_of(conn, _flow_id(conn))
    linked, pending = _linked(conn, _flow_id(conn)), {(r["route"], r["key"]) for r in rows}
    return [
        f"{row['route']}:{row['key']} waits for {row['waits_route']}, which stands"
        for row in rows
        if (row["waits_route"], row["waits_key"]) in linked - pending
    ]


def _left_open(conn: Connection, waiting: Collection[tuple[str, str]]) -> list[str]:
    """What nobody answered stays so while a person has the say of its record, or of a parent."""
    rows = conn.execute(select(intents_table))
    return [
        f"an intent is left open: {r.route}:{r.source_key} {r.operation} {r.state}"
        for r in rows
        if (r.route, r.source_key) not in waiting
    ]
