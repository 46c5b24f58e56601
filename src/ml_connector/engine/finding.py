"""Finding the records that a person means: one by whatever names it, or all that failed."""

from __future__ import annotations

from ml_connector.core.faults import Mistake
from ml_connector.core.flow import Route
from ml_connector.engine.resources import Resources
from ml_connector.store import flows, links, queued, reviews
from ml_connector.store.database import Connection


def find_record(conn: Connection, res: Resources, row: flows.Row, text: str) -> tuple[str, str]:
    """(route, source key) of a record as a person names it. Raises Mistake.

    An id of either side, or what only one record carries, such as an invoice's number; after a
    route, the source's words go before the target's ids. Where one source record feeds several
    routes, its first route is meant: an invoice's deal.
    """
    head, _, rest = text.partition(":")
    flow = res.flows[row.kind]
    names = [r.name for r in flow.routes]
    route, sought = (head, rest) if rest and head in names else ("", text)
    linked = {(x.route, x.source_key) for x in links.search(conn, row.id, sought)}
    carrying = {
        (x.route, x.source_key)
        for x in links.carrying(conn, row.id, sought)
        if _shows(flow.route(x.route), x, sought)
    }
    waiting = {(r["route"], r["key"]) for r in queued.rows_of(conn, row.id) if r["route"] in names}
    waiting |= {(r.route, r.source_key) for r in reviews.of_flow(conn, row.id)}
    found = linked | carrying | {each for each in waiting if each[1] == sought}
    if route:
        found = {each for each in found if each[0] == route}
        found = (found & carrying) or found
        if not found or (route, sought) in found:
            return route, sought
    if found and len({k for _, k in found}) == 1:
        return min(found, key=lambda record: names.index(record[0]))
    if found:
        told = ", ".join(f"{r}:{k}" for r, k in sorted(found))
        raise Mistake(f"'{text}' names several records: {told}. Write one of these.")
    raise Mistake(
        f"No record of flow {row.name} is known as '{text}'. "
        f"Write route:source_id, with a route of: {', '.join(names)}."
    )


def _shows(route: Route, link: links.Link, text: str) -> bool:
    """Whether a person reads this text in the record; the id of a stage or parent is no name."""
    standard = {code: route.writes.field(code) for code, v in link.wrote.items() if v == text}
    return any(field is None or field.kind == "text" for field in standard.values())


def failed_of(conn: Connection, res: Resources, row: flows.Row) -> tuple[tuple[str, str], ...]:
    """Those of the routes: a feed that could not be read is read again by itself."""
    keys = {(r.route, r.source_key) for r in reviews.of_flow(conn, row.id)}
    keys |= {(r["route"], r["key"]) for r in queued.rows_of(conn, row.id) if r["attempts"] > 0}
    return tuple(sorted(k for k in keys if res.flows[row.kind].has(k[0])))
