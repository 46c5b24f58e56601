"""A vendor tells that a person withdrew the app there: the grant is over, and that is told once."""

from __future__ import annotations

import hashlib

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Uninstalled, Vendor
from ml_connector.engine.resources import Resources
from ml_connector.http.signatures import check_basic
from ml_connector.store import connections, grants
from ml_connector.store.database import Connection
from ml_connector.store.vault import get_secrets


async def uninstall(res: Resources, delivery: Delivery) -> int:
    """Stop the connections of the app at that account; the HTTP status of the answer."""
    for vendor in res.vendors.values():
        if vendor.uninstalled is None:
            continue
        try:
            told = vendor.uninstalled(delivery)
        except Unreadable:
            continue
        return await _stop(res, vendor, told, delivery)
    return 400


async def _stop(res: Resources, vendor: Vendor, told: Uninstalled, delivery: Delivery) -> int:
    sentence = f"The app was uninstalled in {vendor.label} by a person there."
    digest = hashlib.sha256(told.client_id.encode()).hexdigest()
    header = delivery.headers.get("authorization", "")

    def work(conn: Connection) -> list[str] | None:
        app = connections.app_of(conn, vendor.name, digest)
        secrets = get_secrets(conn, res.vault, f"app:{app}") if app else {}
        try:
            check_basic(header, [told.client_id], [secrets.get("client_secret", "")])
        except Forged:
            return None
        rows = [r for r in connections.of_app(conn, app or "") if _is_at(conn, r, told.account)]
        for row in rows:
            grant = grants.get(conn, row.grant)
            if grant is not None:
                grants.refuse(conn, grant.id, grant.version, sentence)
        state = connections.NEEDS_PERSON
        return [r.name for r in rows if connections.set_state(conn, r.id, state, sentence)]

    stopped = await res.store.write(work)
    for name in stopped or []:
        res.alert(f"Connection {name} has stopped: {sentence} Connect it again to go on.")
    return 401 if stopped is None else 200


def _is_at(conn: Connection, row: connections.Row, account: str) -> bool:
    known = connections.account(conn, row.account) if row.account else None
    return known is not None and known.external_id == account
