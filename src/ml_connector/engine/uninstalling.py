"""A vendor tells that a person withdrew the app there: the grant is over, and that is told once."""

from __future__ import annotations

import hashlib

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Uninstalled, Vendor
from ml_connector.engine.resources import Resources
from ml_connector.http.signatures import basic_user, check_basic
from ml_connector.store import connections, grants
from ml_connector.store.database import Connection
from ml_connector.store.vault import get_secret


async def uninstall(res: Resources, delivery: Delivery) -> int:
    """Stop the connections of the app at that account; the HTTP status of the answer.

    The proof is the app's own id and secret; the body is read once it holds.
    """
    header = delivery.headers.get("authorization", "")
    try:
        client_id = basic_user(header)
        vendor, app = await res.store.read(lambda c: _proven(c, res, client_id, header))
        told = (vendor.uninstalled or _unread)(delivery)
    except Forged:
        return 401
    except Unreadable:
        return 400
    return await _stop(res, vendor, app, told) if told.client_id == client_id else 401


def _proven(conn: Connection, res: Resources, client_id: str, header: str) -> tuple[Vendor, str]:
    """The vendor, and the id of the app that the header proves. Raises Forged."""
    digest = hashlib.sha256(client_id.encode()).hexdigest()
    for vendor in res.vendors.values():
        app = connections.app_of(conn, vendor.name, digest) if vendor.uninstalled else None
        if app is not None:
            secret = get_secret(conn, res.vault, f"app:{app}", "client_secret")
            check_basic(header, [client_id], [secret or ""])
            return vendor, app
    raise Forged("No app of ours has this client id.")


def _unread(delivery: Delivery) -> Uninstalled:
    raise Unreadable("This vendor tells nothing here.")


async def _stop(res: Resources, vendor: Vendor, app: str, told: Uninstalled) -> int:
    sentence = f"The app was uninstalled in {vendor.label} by a person there."

    def work(conn: Connection) -> list[str]:
        rows = [r for r in connections.of_app(conn, app) if _is_at(conn, r, told.account)]
        for row in rows:
            grant = grants.get(conn, row.grant)
            if grant is not None:
                grants.refuse(conn, grant.id, grant.version, sentence)
        state = connections.NEEDS_PERSON
        return [r.name for r in rows if connections.set_state(conn, r.id, state, sentence)]

    for name in await res.store.write(work):
        res.alert(f"Connection {name} has stopped: {sentence} Connect it again to go on.")
    return 200


def _is_at(conn: Connection, row: connections.Row, account: str) -> bool:
    known = connections.account(conn, row.account) if row.account else None
    return known is not None and known.external_id == account
