"""Lost writes: nobody answered them, so a look at the target has to show what became of them.

A create is looked for as far back as it was sent, also where its record is gone at the source by
now: what it made there is ours, and is told of as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ml_connector.core.flow import Route
from ml_connector.core.plan import comes_of
from ml_connector.core.values import Value
from ml_connector.engine.item import Item, ToWrite
from ml_connector.engine.matching import heir_of
from ml_connector.engine.opened import OpenFlow
from ml_connector.store import links
from ml_connector.store.database import Connection
from ml_connector.store.links import Link

CLOCK_SLACK = timedelta(hours=1)
"""What a span between two moments of our clock may miss where it was set back between them."""

SET_BACK = timedelta(days=2)
"""Taken for a span whose beginning lies in the future."""


def since_oldest(items: Sequence[Item], now: datetime) -> timedelta:
    """How long ago the oldest write was meant that nobody answered; nothing where there is none.

    Our clock may have been set back meanwhile: a span that is too long costs a longer listing, one
    that is too short a second record.
    """
    moments = [intent.opened_at for item in items for intent in item.intents]
    if not moments:
        return timedelta()
    ago = now - min(moments)
    return CLOCK_SLACK + (ago if ago >= timedelta() else SET_BACK)


def is_create_lost(item: Item) -> bool:
    """Whether the target may hold a record for it of which no link knows."""
    return item.link is None and any(i.operation == "create" for i in item.intents)


def find_lost(
    conn: Connection, opened: OpenFlow, route: Route, items: Sequence[Item], now: datetime
) -> None:
    """Give those their links whose records the mirror shows, which was listed just now."""
    if opened.key_code(route) is None:
        return
    for item in items:
        item.is_looked_for = True
        id = heir_of(conn, opened, route, item.key, "")
        if id and not _is_held(conn, opened, route, id):
            item.link = _link(opened, route, item, id, now)


def _is_held(conn: Connection, opened: OpenFlow, route: Route, id: str) -> bool:
    found = links.of_targets(conn, opened.writing(route).account, route.writes.name, [id])
    mine = (opened.row.id, route.name)
    return any((x.flow, x.route) == mine and not x.is_alias for x in found)


def _link(opened: OpenFlow, route: Route, item: Item, id: str, now: datetime) -> Link:
    sent = next(i.fields for i in reversed(item.intents) if i.operation == "create")
    return Link(
        flow=opened.row.id, route=route.name, source_key=item.key,
        account=opened.writing(route).account, object=route.writes.name, target_id=id,
        is_alias=False, owns_standard=True, state="ok", source_version="", wrote=sent, returned={},
        target_updated_at="", flow_version=opened.row.version, linked_at=now, updated_at=now,
    )  # fmt: skip


def explained(opened: OpenFlow, route: Route, item: Item, step: ToWrite) -> ToWrite:
    """The step with what writes that nobody answered are found to have done: no other row of the
    audit tells it."""
    target, names = item.target, item.desired.names if item.desired else {}
    account, sent = opened.writing(route).account, dict[str, Value]()
    for intent in item.intents:
        sent |= intent.fields if intent.account == account else {}
    there = target.fields if target else {}
    found = {w: v for w, v in sent.items() if w in names and comes_of(v, there.get(w))}
    if not found:
        return step
    before = item.link.returned if item.link else {}
    changes = {names[w]: {"before": before.get(w), "after": v} for w, v in found.items()}
    for name, change in step.write.changes.items():
        changes[name] = {"before": changes.get(name, change)["before"], "after": change["after"]}
    if step.adopts and opened.key_code(route) in found:
        reason = "our own create, which nobody answered, is found"
    else:
        reason = f"{step.reason}; what a write that nobody answered has set is found"
    return replace(step, reason=reason, write=replace(step.write, changes=changes))
