"""Resting: records of a route that the settings, or the target's abilities, leave out; and those
that a rival route has brought over already."""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.core.flow import Route
from ml_connector.engine.item import Done, Item
from ml_connector.engine.opened import OpenFlow
from ml_connector.store import intents, links
from ml_connector.store.database import Connection

RESTING = Done(
    "unchanged", "the settings, or what the target is capable of, leave its route out", counts=False
)


def judge_rivals(conn: Connection, opened: OpenFlow, route: Route, items: Sequence[Item]) -> None:
    """A route that rests is left alone, but for writes that nobody answered; what a rival of this
    one brought over, or may have, stays with it."""
    open_items = [i for i in items if i.step is None and i.link is None]
    flow, keys = opened.row.id, [i.key for i in open_items]
    if route not in opened.routes:
        for item in items:
            if item.step is None and not item.intents:
                item.step = RESTING
        return
    for rival in route.rivals:
        taken = links.linked_of(conn, flow, rival, keys)
        taken |= set(intents.of_keys(conn, flow, rival, keys))
        for item in open_items:
            if item.key in taken:
                label = opened.flow.route(rival).label
                reason = f"it was handed over already: {label}"
                item.step = Done("unchanged", reason, counts=False)
