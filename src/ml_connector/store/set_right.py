"""Set right: what a clock that was ahead has written, once it shows the true time.

A moment further ahead than anything is ever put off to was told by such a clock. Until it came,
nothing would be polled, tried or renewed; so what waits is tried soon, what was done in the
future is taken for not done, and what was seen then counts as news.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Update, and_, bindparam, or_, update

from ml_connector.store.tables import connections, cursors, grants, intents, mirrors, pending, seen

SOON = timedelta(minutes=15)
"""No write is on its way for so long."""

LONGEST = timedelta(hours=2)
"""Of what waits for nothing that a vendor named."""

LONGEST_NAMED = timedelta(days=32)
"""A month's budget, or a billing day; a rate limit is a day at most."""

_VENDORS_OWN = ("limit", "budget")
_LATE = or_(
    pending.c.due_at > bindparam("named"),
    and_(pending.c.due_at > bindparam("latest"), pending.c.waits_for.not_in(_VENDORS_OWN)),
)


def _undone(column: Column[datetime]) -> Update:
    return update(cursors).where(column > bindparam("latest")).values({column.name: None})


_POLLED = _undone(cursors.c.polled_at)
_UNHEARD = update(seen).values(digest="")
_STATEMENTS = (
    update(pending).where(_LATE).values(due_at=bindparam("soon")),
    update(intents)
    .where(intents.c.settle_until > bindparam("latest"))
    .values(settle_until=bindparam("soon")),
    _undone(cursors.c.reread_at),
    _undone(cursors.c.swept_at),
    update(mirrors)
    .where(mirrors.c.filled_at > bindparam("latest"))
    .values(filled_at=bindparam("soon")),
    update(grants).where(grants.c.lease_until > bindparam("latest")).values(lease_until=None),
    update(connections)
    .where(connections.c.paused_until > bindparam("named"))
    .values(paused_until=bindparam("soon")),
)


def set_right(conn: Connection, now: datetime) -> None:
    """Bring near what lies too far ahead."""
    row = {"soon": now + SOON, "latest": now + LONGEST, "named": now + LONGEST_NAMED}
    for statement in _STATEMENTS:
        conn.execute(statement, row)
    if conn.execute(_POLLED, row).rowcount:
        conn.execute(_UNHEARD)  # its calendar may have turned what it saw
