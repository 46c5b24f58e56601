"""The life of one record: what spoke of it, what was decided, where it stands, what it waits
for."""

from __future__ import annotations

from typing import Any

from ml_connector.core.faults import Mistake
from ml_connector.core.flow import Flow, Route
from ml_connector.engine.finding import find_record
from ml_connector.engine.resources import Resources
from ml_connector.store import audit, flows, inbox, links, queued, reviews
from ml_connector.store.database import Connection
from ml_connector.store.links import Link

Told = dict[str, Any]
MOST_DECISIONS = 1000


def life_of(conn: Connection, res: Resources, row: flows.Row, text: str) -> Told:
    """As `why` prints it. Raises Mistake where the record is not known, or not the only one."""
    route_name, key = _found(conn, res, row, text)
    flow = res.flows[row.kind]
    route = flow.route(route_name)
    link = links.of_keys(conn, row.id, route_name, [key]).get(key)
    decisions = audit.read(
        conn,
        row.workspace,
        audit.Query(flow=row.name, route=route_name, record=key, limit=MOST_DECISIONS),
    )
    return {
        "flow": row.name,
        "record": f"{route_name}:{key}",
        "label": route.label,
        "link": _link(link) if link else None,
        "pending": _pending(conn, row, route_name, key),
        "review": _review(conn, row, route_name, key),
        "events": _events(conn, res, row, flow, route, key, link),
        "decisions": decisions,
    }


def _found(conn: Connection, res: Resources, row: flows.Row, text: str) -> tuple[str, str]:
    """A record that is neither linked nor waiting may still have been decided upon."""
    try:
        return find_record(conn, res, row, text)
    except Mistake:
        asked = audit.Query(flow=row.name, record=text, limit=MOST_DECISIONS)
        told = audit.read(conn, row.workspace, asked)
        known = {(r["route"], r["source_key"]) for r in told}
        if len(known) == 1:
            return known.pop()
        raise


def _link(link: Link) -> Told:
    return {
        "target_id": link.target_id,
        "object": link.object,
        "state": link.state,
        "is_alias": link.is_alias,
        "linked_at": link.linked_at.isoformat(),
        "updated_at": link.updated_at.isoformat(),
        "flow_version": link.flow_version,
        "wrote": link.wrote,
        "returned": link.returned,
    }


def _pending(conn: Connection, row: flows.Row, route: str, key: str) -> Told | None:
    for waiting in queued.rows_of(conn, row.id, route, key):
        parent = waiting["waits_route"]
        return {
            "since": waiting["since"].isoformat(),
            "due_at": waiting["due_at"].isoformat(),
            "attempts": waiting["attempts"],
            "waits_for": waiting["waits_for"] or "turn",
            "parent": f"{parent}:{waiting['waits_key']}" if parent else None,
            "reason": waiting["reason"],
        }
    return None


def _review(conn: Connection, row: flows.Row, route: str, key: str) -> Told | None:
    review = reviews.of_keys(conn, row.id, route, [key]).get(key)
    if review is None:
        return None
    return {
        "id": review.id,
        "kind": review.kind,
        "state": review.state,
        "reason": review.reason,
        "candidates": list(review.candidates),
        "decision": review.decision,
    }


def _events(
    conn: Connection, res: Resources, row: flows.Row, flow: Flow, route: Route, key: str,
    link: Link | None,
) -> list[Told]:  # fmt: skip
    """Deliveries of either side that named the record, newest first."""
    webhooks = res.vendors[route.reads.vendor].webhooks
    told = [
        event
        for spoken in inbox.keys_of(conn, row.workspace, route.reads.name)
        if webhooks.same_key(spoken, key)
        for event in inbox.of_record(conn, row.workspace, route.reads.name, spoken)
    ]
    if link is not None:
        told += inbox.of_record(conn, row.workspace, link.object, link.target_id)
    return sorted(told, key=lambda event: str(event["received_at"]), reverse=True)
