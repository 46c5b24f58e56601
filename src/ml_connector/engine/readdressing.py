"""Readdressing: an endpoint gets a new address, and new proofs where these are ours to choose.

What was good before stays good for a while, so that no delivery is lost while the vendor learns the
new address. Where we make the subscriptions, it learns it from us; else a person enters it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ml_connector.core.faults import Fault, Mistake
from ml_connector.core.vendor import Vendor
from ml_connector.engine import proving
from ml_connector.engine.opening import Opener
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import (
    TOKEN_LENGTH,
    ensure_endpoint,
    ensure_subscriptions,
    secrets_owner,
)
from ml_connector.engine.tally import Tally
from ml_connector.store import connections, formers
from ml_connector.store.connections import Endpoint
from ml_connector.store.database import Connection


@dataclass(frozen=True, slots=True)
class Readdressed:
    """`rows` are the connections that share the address. `by_hand` tells that a person enters it in
    the vendor's portal."""

    rows: tuple[connections.Row, ...]
    by_hand: bool


async def readdress(res: Resources, row: connections.Row, *, at_once: bool) -> Readdressed:
    """Give the connection's endpoint a new address. `at_once` ends the old one now.

    Raises Mistake where the vendor posts nothing to us.
    """
    vendor = res.vendors[row.vendor]
    if not _posts(vendor):
        raise Mistake(f"{vendor.label} posts nothing to us, so there is no address to replace.")
    endpoint = await ensure_endpoint(res, row, vendor.endpoint_of)
    now = res.clock.now()
    until = now if at_once else now + res.webhook_overlap
    rows = await res.store.write(lambda c: _replace(c, res, vendor, endpoint, row, until))
    return Readdressed(tuple(rows), not vendor.events)


async def tell_vendor(res: Resources, opener: Opener, done: Readdressed) -> str:
    """Make subscriptions for the new address, where these are ours to make.

    A sentence where the vendor could not be told now; the lane goes on trying.
    """
    try:
        for row in done.rows:
            opened = await opener.connection(row)
            await ensure_subscriptions(res, opened, Tally("", "check"), daily=False)
    except Fault as fault:
        return f"The vendor does not know the new address yet; it is told later. {fault.sentence}"
    return ""


def _posts(vendor: Vendor) -> bool:
    return bool(vendor.events) or any(n.startswith(proving.WEBHOOK) for n in vendor.secrets)


def _replace(
    conn: Connection, res: Resources, vendor: Vendor, endpoint: Endpoint, row: connections.Row,
    until: datetime,
) -> list[connections.Row]:  # fmt: skip
    """In one commit; the connections that share the address."""
    now, owner = res.clock.now(), secrets_owner(row, vendor.endpoint_of)
    if until <= now:
        formers.end(conn, endpoint.id, now)
        proving.end(conn, owner)
    formers.replace_token(conn, endpoint, res.chance.token(TOKEN_LENGTH), until)
    if vendor.webhook_secrets is not None:
        fresh = vendor.webhook_secrets(res.chance)
        proving.replace(conn, res.vault, owner, fresh, until, now)
    return connections.of_app(conn, row.app) if vendor.endpoint_of == "app" else [row]
