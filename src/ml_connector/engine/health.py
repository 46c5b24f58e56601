"""Health is how a connection stands: ok, waiting for a moment, or waiting for a person.

A person is told when that changes, once; what was told is kept in the connection's row, so that a
restart does not tell it again.
"""

from __future__ import annotations

from datetime import datetime

from ml_connector.core.faults import AccountClosed, Fault, NeedsPerson, Waiting
from ml_connector.engine.resources import Resources
from ml_connector.store import connections, flows, pending
from ml_connector.store.database import Connection


async def note_trouble(res: Resources, id: str, fault: Fault) -> None:
    """Keep what is wrong with the connection; tell a person what only they can mend."""
    state, until = connections.OK, None
    if isinstance(fault, NeedsPerson):
        state = connections.NEEDS_PERSON
    elif isinstance(fault, Waiting):
        state, until = connections.PAUSED, fault.until
    now = res.clock.now()

    def work(conn: Connection) -> bool:
        row = connections.get(conn, id)
        if state == connections.OK and row is not None and _is_held(row, now):
            return False  # a passing trouble does not end what a person or a moment must
        return connections.set_state(conn, id, state, fault.sentence, until)

    is_news = await res.store.write(work)
    if is_news and isinstance(fault, AccountClosed | NeedsPerson):
        row = await res.store.read(lambda c: connections.get(c, id))
        name = row.name if row else id
        res.alert(f"Connection {name}: {fault.sentence}")


def _is_held(row: connections.Row, now: datetime) -> bool:
    is_paused = row.paused_until is not None and row.paused_until > now
    return row.state == connections.NEEDS_PERSON or is_paused


async def note_well(res: Resources, id: str) -> None:
    """The vendor answered well; what waited for that is due at once."""
    row = await res.store.read(lambda c: connections.get(c, id))
    if row is None or (row.state == connections.OK and not row.reason):
        return
    now = res.clock.now()

    def work(conn: Connection) -> None:
        connections.set_state(conn, id, connections.OK)
        if row.state != connections.OK:
            hurry(conn, id, now)

    await res.store.write(work)


def hurry(conn: Connection, id: str, now: datetime) -> None:
    """What waited for this connection is due at once."""
    for flow in flows.using(conn, id):
        for reason in ("budget", "person"):
            pending.hurry(conn, flow.id, reason, now)
