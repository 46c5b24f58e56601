"""Sharing: one target record stands for several source records, because of something that all of
them are known by, such as an e-mail address.

One is the record's own, the others are aliases of it and write nothing. That lasts for as long as
they have it in common: one that comes to have something else is matched anew. Where a person gives
the record's own another one, an alias comes in its place, so that somebody goes on writing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ml_connector.core.flow import Given, Route
from ml_connector.engine.item import Item
from ml_connector.engine.opened import OpenFlow
from ml_connector.store import links, pending
from ml_connector.store.database import Connection
from ml_connector.store.links import Link
from ml_connector.store.pending import Mark, Taken

ALIKE = "alike"
"""Where an alias keeps what it shares, in the place of what would have been written for it."""


def shared_by(route: Route, item: Item, given: Given) -> tuple[str, ...]:
    """By what another source record may be known to be the same at the target."""
    rules = [rule for rule in route.match if rule.how == "shared" and rule.telling]
    told = [pair for rule in rules if rule.telling for pair in rule.telling(item.record, given)]
    return tuple(f"{kind}:{value}" for kind, value in told)


def has_parted(route: Route, item: Item, given: Given) -> bool:
    """Whether an alias has something else by now. A look asks for the same of the record's own,
    which has been written meanwhile. What a merge or a person made one stays one."""
    alike = item.link.wrote.get(ALIKE) if item.link and item.link.is_alias else None
    return bool(alike) and (item.taken.look or alike != list(shared_by(route, item, given)))


def mark_sharers(
    conn: Connection, opened: OpenFlow, route: Route, written: Mapping[str, Taken], now: datetime
) -> None:
    """Who shares a record with one that changed it may have nothing in common with it now.
    `written` is by target id: what was changed, and on whose account."""
    if not written or not any(rule.how == "shared" for rule in route.match):
        return
    account, obj = opened.writing(route).account, route.writes.name
    marks = [
        Mark(
            opened.row.id, route.name, link.source_key, opened.place(route.name),
            opened.flow.rank(route.name), written[link.target_id].cause,
            written[link.target_id].work, look=True,
        )
        for link in links.of_targets(conn, account, obj, sorted(written))
        if (link.flow, link.route) == (opened.row.id, route.name)
        and link.is_alias and link.wrote.get(ALIKE)
    ]  # fmt: skip
    pending.mark(conn, marks, now)


def heirs(
    conn: Connection, opened: OpenFlow, route: Route, standing: Mapping[str, str], now: datetime
) -> list[Link]:
    """Links of aliases that come in the place of these source keys at the records which they leave.

    `standing` is by source key: the id of the record that stands for it from now on. Of several
    aliases one whose source is still there is taken, then the oldest.
    """
    here, flow = route.name, opened.row.id
    account, obj = opened.writing(route).account, route.writes.name
    left = [
        link.target_id
        for key, link in links.of_keys(conn, flow, here, sorted(standing)).items()
        if link.target_id != standing[key] and not link.is_alias and link.state != "target_gone"
    ]
    chosen: dict[str, Link] = {}
    for link in links.of_targets(conn, account, obj, left):
        if (link.flow, link.route) != (flow, here) or not link.is_alias:
            continue
        first = chosen.get(link.target_id)
        if first is None or (first.state == "source_gone" and link.state == "ok"):
            chosen[link.target_id] = link
    return [
        replace(
            link, is_alias=False, state="ok", source_version="", updated_at=now,
            wrote={wire: value for wire, value in link.wrote.items() if wire != ALIKE},
        )
        for link in chosen.values()
    ]  # fmt: skip
