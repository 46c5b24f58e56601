"""A review is a record that waits for a person: an ambiguous match, or data that was refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, delete, func, select, update

from ml_connector.store.tables import flows, reviews
from ml_connector.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Review:
    """`cause` is a fingerprint of what led here; `decision` is what a person chose."""

    id: str
    workspace: str
    flow: str
    route: str
    source_key: str
    name: str
    kind: str
    reason: str
    candidates: Sequence[Mapping[str, Any]]
    cause: str
    state: str
    decision: Mapping[str, Any] | None
    opened_at: datetime
    planned_at: datetime


_OF_KEYS = select(reviews).where(
    reviews.c.flow == bindparam("flow"),
    reviews.c.route == bindparam("route"),
    reviews.c.source_key.in_(bindparam("keys", expanding=True)),
)


def of_keys(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> dict[str, Review]:
    rows = conn.execute(_OF_KEYS, {"flow": flow, "route": route, "keys": list(keys)})
    return {row.source_key: _review(row) for row in rows}


_CLOSE = delete(reviews).where(
    reviews.c.flow == bindparam("of_flow"),
    reviews.c.route == bindparam("of_route"),
    reviews.c.source_key == bindparam("of_key"),
)


def put(conn: Connection, review: Review) -> None:
    """One row for one record: a new finding replaces the reason and candidates of the old one."""
    close(conn, review.flow, review.route, review.source_key)
    row = {name: getattr(review, name) for name in Review.__slots__}
    upsert(conn, reviews, [{**row, "candidates": list(review.candidates)}])


def close(conn: Connection, flow: str, route: str, source_key: str) -> None:
    conn.execute(_CLOSE, {"of_flow": flow, "of_route": route, "of_key": source_key})


def decide(conn: Connection, id: str, decision: Mapping[str, Any], state: str) -> None:
    conn.execute(
        update(reviews).where(reviews.c.id == id).values(decision=dict(decision), state=state)
    )


def get(conn: Connection, workspace: str, id: str) -> Review | None:
    """By whole id, or by the beginning of one that only one review has."""
    if not id:
        return None
    begins = reviews.c.id.startswith(id, autoescape=True)
    rows = conn.execute(select(reviews).where(reviews.c.workspace == workspace, begins)).all()
    return _review(rows[0]) if len(rows) == 1 else None


def listing(conn: Connection, workspace: str) -> list[dict[str, Any]]:
    """Open reviews, oldest first, as the command prints them."""
    rows = conn.execute(
        select(reviews, flows.c.name.label("flow_name"))
        .join(flows, flows.c.id == reviews.c.flow)
        .where(reviews.c.workspace == workspace, reviews.c.state == "open")
        .order_by(reviews.c.opened_at, reviews.c.id)
    )
    return [
        {
            "id": row.id, "flow": row.flow_name, "route": row.route, "kind": row.kind,
            "source_key": row.source_key, "name": row.name, "reason": row.reason,
            "candidates": row.candidates,
            "opened_at": row.opened_at.isoformat(),
        }
        for row in rows
    ]  # fmt: skip


_IS_OPEN = reviews.c.state == "open"
_OPEN_OF = (reviews.c.flow == bindparam("flow"), _IS_OPEN)
_COUNT = select(func.count()).where(*_OPEN_OF)
_OF_FLOW = select(reviews).where(*_OPEN_OF)
_PLANNED_BEFORE = select(reviews).where(
    reviews.c.workspace == bindparam("workspace"),
    _IS_OPEN,
    reviews.c.planned_at < bindparam("before"),
)


def count(conn: Connection, flow: str) -> int:
    return int(conn.execute(_COUNT, {"flow": flow}).scalar_one())


def planned_before(conn: Connection, workspace: str, before: datetime) -> list[Review]:
    """Open reviews that were last planned before then: due for their daily look."""
    rows = conn.execute(_PLANNED_BEFORE, {"workspace": workspace, "before": before})
    return [_review(row) for row in rows]


def of_flow(conn: Connection, flow: str) -> list[Review]:
    return [_review(row) for row in conn.execute(_OF_FLOW, {"flow": flow})]


def naming(conn: Connection, flow: str, target_id: str) -> list[Review]:
    """Open reviews of a flow that have this target record among their candidates."""
    told = json.dumps({"id": target_id})[1:-1]
    names = cast(reviews.c.candidates, Text).contains(told, autoescape=True)
    rows = conn.execute(_OF_FLOW.where(names), {"flow": flow})
    return [
        review
        for review in map(_review, rows)
        if any(candidate.get("id") == target_id for candidate in review.candidates)
    ]


def _review(row: Any) -> Review:
    return Review(*(getattr(row, name) for name in Review.__slots__))
