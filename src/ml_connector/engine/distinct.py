"""Keeping names distinct: where the target takes a value once, and another record has it, ours gets
another one, when it is made and ever after."""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.core.flow import Given, Leave, Route
from ml_connector.core.mapping import resolve
from ml_connector.core.values import likeness
from ml_connector.engine.item import Item
from ml_connector.engine.opened import OpenFlow
from ml_connector.store import mirrors
from ml_connector.store.database import Connection


def keep_distinct(
    conn: Connection, opened: OpenFlow, route: Route, items: Sequence[Item], given: Given
) -> None:
    """Give these items another value where the mirror shows theirs on a record that is not
    theirs."""
    rule = route.distinct
    if rule is None or not items:
        return
    pairs = {i.key: (rule.like, likeness(str(i.named.get(rule.field) or ""))) for i in items}
    account, obj = opened.writing(route).account, route.writes.name
    found = mirrors.find(conn, account, obj, sorted(set(pairs.values())))
    for item in items:
        own = item.link.target_id if item.link else ""
        if all(target_id == own for target_id, _ in found[pairs[item.key]]):
            continue
        other = rule.otherwise(item.record, given)
        if not isinstance(other, Leave):
            item.named = {**item.named, rule.field: other}
            item.desired = resolve(route, item.named, opened.fields_of(route), opened.codes)
