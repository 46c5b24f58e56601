"""Recognizing: who answers a connection's credentials must be the account that the connection is
for.

All that is linked is linked with that account: what was read or written with credentials that lead
to another one would mix two firms.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from ml_connector.core.faults import (
    Fault,
    Mistake,
    NeedsPerson,
    StoreUnavailable,
    Unreachable,
)  # fmt: skip
from ml_connector.core.objects import Identity
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand
from ml_connector.engine.health import hurry, note_trouble
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.opening import Opener
from ml_connector.engine.resources import Resources
from ml_connector.store import connections, grants
from ml_connector.store.database import Connection

log = structlog.get_logger(__name__)


async def recognize(res: Resources, opened: OpenConnection) -> Identity:
    """One cheap read. A connection that was kept while nobody could be asked has its account from
    then on.

    Raises NeedsPerson where it is another account, or another workspace's, Unreachable where other
    credentials were given meanwhile, and what the read raises.
    """
    id, before = opened.row.id, await res.store.read(lambda c: _consent_of(c, opened.row))
    identity: Identity = await opened.prober.identify(Errand("live"))
    if identity.account == opened.external_account and opened.is_recognized:
        return identity

    def work(conn: Connection) -> connections.Row:
        row = connections.get(conn, id)
        if row is None or _consent_of(conn, row) != before:
            raise Unreachable("What answered are not the credentials that are kept now; ask again.")
        account = account_of(conn, res, opened.vendor, row, identity)
        known = replace(row, account=account, identity=detail(identity))
        connections.put(conn, known)
        return known

    try:
        opened.row = await res.store.write(work)
    except Mistake as mistake:
        mend = f"Connect {opened.row.name} itself again with its own."
        raise NeedsPerson(f"{mistake.sentence} {mend}") from None
    return identity


def _consent_of(conn: Connection, row: connections.Row) -> tuple[str, datetime | None] | None:
    """Which credentials a connection has; a renewed token is the same."""
    grant = grants.get(conn, row.grant)
    return (grant.id, grant.consented_at) if grant else None


async def answers_again(res: Resources, opener: Opener, row: connections.Row) -> bool:
    """A connection that needs a person is asked now and then whether it was mended elsewhere; True
    where it answers, so that what waits is tried. It is well once that goes through."""
    try:
        await recognize(res, await opener.connection(row))
    except NeedsPerson as fault:
        await note_trouble(res, row.id, fault)
        return False
    except Fault:
        return False
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("a connection that needs a person could not be asked")
        return False
    now = res.clock.now()
    await res.store.write(lambda c: hurry(c, row.id, now))
    return True


def account_of(
    conn: Connection, res: Resources, vendor: Vendor, row: connections.Row, identity: Identity
) -> str:
    """The id of the accounts row, which is made where it is a new one.

    Raises Mistake where the account is another workspace's, or not that of the connection.
    """
    there = connections.account_of(conn, vendor.name, identity.account)
    if there is not None and there.workspace != row.workspace:
        raise Mistake(
            f"'{identity.name}' at {vendor.label} belongs to another workspace already; "
            "two of them would create everything twice."
        )
    before = connections.account(conn, row.account) if row.account else None
    if before is not None:
        demand_same_account(row.name, before, identity)
    id = there.id if there else res.chance.new_id()
    account = connections.Account(id, row.workspace, vendor.name, identity.account, identity.name)
    connections.put_account(conn, account)
    return id


def demand_same_account(connection: str, before: connections.Account, identity: Identity) -> None:
    """Raises Mistake where the credentials or settings lead to another account than before."""
    if before.external_id != identity.account:
        raise Mistake(
            f"These credentials and settings are for '{identity.name}', and connection "
            f"{connection} is '{before.name}'. Connect the new account under another name."
        )


def detail(identity: Identity) -> dict[str, Any]:
    """What a person wants to know of it."""
    return {"name": identity.name, **identity.detail}
