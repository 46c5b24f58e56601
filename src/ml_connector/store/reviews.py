"""A review is a record that waits for a person: an ambiguous match, or data that was refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, delete, func, select, update

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


def of_keys(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> dict[str, Review]:
    rows = conn.execute(
        select(reviews).where(
            reviews.c.flow == flow, reviews.c.route == route, reviews.c.source_key.in_(list(keys))
        )
    )
    return {row.source_key: _review(row) for row in rows}


def put(conn: Connection, review: Review) -> None:
    """One row for one record: a new finding replaces the reason and candidates of the old one."""
    conn.execute(delete(reviews).where(*_is(review.flow, review.route, review.source_key)))
    row = {name: getattr(review, name) for name in Review.__slots__}
    upsert(conn, reviews, [{**row, "candidates": list(review.candidates)}])


def close(conn: Connection, flow: str, route: str, source_key: str) -> None:
    conn.execute(delete(reviews).where(*_is(flow, route, source_key)))


def decide(conn: Connection, id: str, decision: Mapping[str, Any], state: str) -> None:
    conn.execute(
        update(reviews).where(reviews.c.id == id).values(decision=dict(decision), state=state)
    )


def get(conn: Connection, workspace: str, id: str) -> Review | None:
    """By whole id, or by the beginning of one that only one review has."""
    rows = conn.execute(
        select(reviews).where(reviews.c.workspace == workspace, reviews.c.id.startswith(id))
    ).all()
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


def count(conn: Connection, flow: str) -> int:
    return int(
        conn.execute(
            select(func.count()).where(reviews.c.flow == flow, reviews.c.state == "open")
        ).scalar_one()
    )


def planned_before(conn: Connection, workspace: str, before: datetime) -> list[Review]:
    """Open reviews that were last planned before then: due for their daily look."""
    rows = conn.execute(
        select(reviews).where(
            reviews.c.workspace == workspace,
            reviews.c.state == "open",
            reviews.c.planned_at < before,
        )
    )
    return [_review(row) for row in rows]


def of_flow(conn: Connection, flow: str) -> list[Review]:
    rows = conn.execute(select(reviews).where(reviews.c.flow == flow, reviews.c.state == "open"))
    return [_review(row) for row in rows]


def naming(conn: Connection, flow: str, target_id: str) -> list[Review]:
    """Open reviews of a flow that have this target record among their candidates."""
    told = json.dumps({"id": target_id})[1:-1]
    rows = conn.execute(
        select(reviews).where(
            reviews.c.flow == flow,
            reviews.c.state == "open",
            cast(reviews.c.candidates, Text).contains(told, autoescape=True),
        )
    )
    return [
        review
        for review in map(_review, rows)
        if any(candidate.get("id") == target_id for candidate in review.candidates)
    ]


def _is(flow: str, route: str, source_key: str) -> tuple[Any, ...]:
    return (
        reviews.c.flow == flow, reviews.c.route == route, reviews.c.source_key == source_key,
    )  # fmt: skip


def _review(row: Any) -> Review:
    return Review(*(getattr(row, name) for name in Review.__slots__))
