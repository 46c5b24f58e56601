"""Merging: a record that was merged into another at the source lives on as that one.

So does its target record. Where the survivor has none yet, that of the other becomes the
survivor's, and nothing is created; the other one's key stays as an alias of it. Where both have
one, each keeps its own, and the other's is marked as gone. The survivor may have been merged on:
deliveries come in any order, so a merge is followed to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ml_connector.core.flow import Route
from ml_connector.engine.deciding import known_base
from ml_connector.engine.item import Item, ToPostpone
from ml_connector.engine.opened import OpenFlow
from ml_connector.store import cursors, intents, links, pending
from ml_connector.store.cursors import Fact
from ml_connector.store.database import Connection
from ml_connector.store.pending import Mark


@dataclass(slots=True)
class Followed:
    """What came of it: survivors that have a target record now, and those that must wait until an
    unanswered write to the record that may become theirs has settled."""

    heirs: set[str] = field(default_factory=set)
    waiting: dict[str, datetime] = field(default_factory=dict)


def follow_merges(
    conn: Connection, opened: OpenFlow, route: Route, keys: Sequence[str], now: datetime
) -> Followed:
    """Hand links over for merges that these keys took part in, before they are looked at.

    A survivor that is not in hand is marked, since what it inherits still shows the other one.
    """
    flow, done = opened.row.id, Followed()
    for fact in cursors.merged_at_source(conn, flow, route.name, keys):
        _follow(conn, fact, now, done)
    marks = [
        Mark(flow, route.name, key, opened.place(route.name), opened.flow.rank(route.name), "poll")
        for key in sorted(done.heirs - set(keys))
    ]
    pending.mark(conn, marks, now)
    return done


def _follow(conn: Connection, fact: Fact, now: datetime, done: Followed) -> None:
    flow, route, survivor = fact.flow, fact.route, cursors.survivor_of(conn, fact)
    known = links.of_keys(conn, flow, route, [fact.key, survivor])
    link = known.get(fact.key)
    if link is None or link.is_alias or link.state == "target_gone" or survivor in known:
        return
    meant = intents.of_keys(conn, flow, route, [fact.key, survivor])
    if meant.get(survivor):
        return  # it may have a record of its own by now
    mine = meant.get(fact.key, [])
    until = max((i.settle_until or now for i in mine), default=now)
    if until > now:
        done.waiting[survivor] = until
        return
    base = known_base(link, mine)
    intents.close(conn, flow, route, [fact.key])
    links.drop(conn, flow, route, fact.key)
    heir = replace(
        link, source_key=survivor, source_version="", state="ok", updated_at=now,
        wrote=base.wrote, returned=base.returned,
    )  # fmt: skip
    links.put(conn, [heir, replace(link, is_alias=True, updated_at=now)])
    done.heirs.add(survivor)


def hold_survivors(items: Sequence[Item], done: Followed) -> None:
    """Let survivors wait for the record that may become theirs."""
    for item in items:
        if item.key in done.waiting:
            reason = "what was merged into it is being written; it is looked at after that"
            item.step = ToPostpone(done.waiting[item.key], "settle", reason, "waiting")


def merge_of(item: Item) -> Fact | None:
    """The merge by which the source's record went, if that was it."""
    fact = item.source_fact
    return fact if fact is not None and fact.kind == "merged" else None
