"""Subscriptions at a vendor that lets us make them are kept as a desired set: listed, compared,
mended.

Without a public address none is asked for; polling is complete by itself.
"""

from __future__ import annotations

from datetime import timedelta

from ml_connector.core.faults import Fault, Waiting
from ml_connector.core.vendor import SubscriberClient, Subscription
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.resources import Resources
from ml_connector.engine.tally import Tally
from ml_connector.store import connections
from ml_connector.store.connections import Endpoint
from ml_connector.store.database import Connection
from ml_connector.store.unavailable import StoreUnavailable
from ml_connector.store.vault import get_secrets, put_secret

CHECK_EVERY = timedelta(days=1)
TOKEN_LENGTH = 40


async def endpoint_for(res: Resources, opened: OpenConnection) -> Endpoint:
    """The connection's endpoint; it belongs to what its vendor signs for."""
    return await ensure_endpoint(res, opened.row, opened.vendor.endpoint_of)


async def ensure_endpoint(res: Resources, row: connections.Row, endpoint_of: str) -> Endpoint:
    """The endpoint of a connection's row, made if it is new."""
    owner = f"app:{row.app}" if endpoint_of == "app" else f"connection:{row.id}"
    fresh = Endpoint(
        res.chance.new_id(), row.workspace, row.vendor, res.chance.token(TOKEN_LENGTH), owner
    )
    return await res.store.write(lambda c: connections.put_endpoint(c, fresh))


def address(res: Resources, endpoint: Endpoint) -> str:
    """Where the vendor posts to; below the served address where there is no public one."""
    return f"{res.public_url.rstrip('/')}/hooks/{endpoint.token}"


async def ensure_subscriptions(
    res: Resources, opened: OpenConnection, tally: Tally, *, daily: bool = True
) -> None:
    """Make what is missing, remove what is ours and wrong; once a day, or now unless `daily`."""
    vendor = opened.vendor
    if not res.public_url or not vendor.events or vendor.webhook_secrets is None:
        return
    now = res.clock.now()
    known = await res.store.read(lambda c: connections.subscriptions_of(c, opened.row.id))
    is_fresh = all(e in known and now - known[e]["checked_at"] < CHECK_EVERY for e in vendor.events)
    endpoint = await endpoint_for(res, opened)
    url = address(res, endpoint)
    if daily and is_fresh and all(row["url"] == url for row in known.values()):
        return
    client: SubscriberClient = opened.client
    standing = await client.subscriptions(tally.shared)
    ours = [s for s in standing if s.url == url or s.id in _ids(known)]
    for subscription in ours:
        if not _is_good(subscription, url) or subscription.event not in vendor.events:
            await client.unsubscribe(subscription.id, tally.shared)
            tally.setup_writes += 1
    good = {s.event: s for s in ours if _is_good(s, url)}
    secrets = await _secrets(res, opened)
    for event in vendor.events:
        if event not in good:
            good[event] = await client.subscribe(event, url, secrets, tally.shared)
            tally.setup_writes += 1
        await _note(res, opened, good[event], url)


async def try_subscriptions(res: Resources, opened: OpenConnection, tally: Tally) -> str:
    """Make them as far as that goes; a sentence where it does not go. Polls are complete anyway.

    Raises Waiting, since then no other call goes either.
    """
    try:
        await ensure_subscriptions(res, opened, tally)
    except (Waiting, StoreUnavailable):
        raise
    except Fault as fault:
        label = opened.vendor.label
        return f"{label} does not post changes here, so they are polled for. {fault.sentence}"
    return ""


def _ids(known: dict[str, dict[str, object]]) -> set[object]:
    return {row["remote_id"] for row in known.values()}


def _is_good(subscription: Subscription, url: str) -> bool:
    return subscription.healthy and subscription.url == url


async def _secrets(res: Resources, opened: OpenConnection) -> dict[str, str]:
    """The proofs that deliveries on this endpoint carry; ours to choose, kept in the vault."""
    owner = secrets_owner(opened.row, opened.vendor.endpoint_of)
    make = opened.vendor.webhook_secrets
    fresh = make(res.chance) if make else {}

    def work(conn: Connection) -> dict[str, str]:
        known = get_secrets(conn, res.vault, owner)
        for name, value in fresh.items():
            if name not in known:
                put_secret(conn, res.vault, owner, name, value)
        return {**fresh, **known}

    return await res.store.write(work)


def secrets_owner(row: connections.Row, endpoint_of: str) -> str:
    """Whose secrets prove the deliveries of this connection's vendor."""
    return f"app:{row.app}" if endpoint_of == "app" else f"connection:{row.id}"


async def _note(
    res: Resources, opened: OpenConnection, subscription: Subscription, url: str
) -> None:
    now, id = res.clock.now(), opened.row.id
    await res.store.write(
        lambda c: connections.put_subscription(c, id, subscription.event, subscription.id, url, now)
    )
