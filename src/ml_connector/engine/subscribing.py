"""Subscriptions at a vendor that lets us make them are kept as a desired set: listed, compared,
mended.

Without a public address none is asked for; polling is complete by itself. Where a vendor has each
one confirmed, each has an address of its own, and counts as healthy only when its code was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ml_connector.core.faults import Fault, Waiting
from ml_connector.core.vendor import Subscription, Vendor
from ml_connector.engine import proving
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.resources import Resources
from ml_connector.engine.tally import Tally
from ml_connector.store import connections, formers, handshakes
from ml_connector.store.connections import Endpoint, Subscribed
from ml_connector.store.database import Connection
from ml_connector.store.vault import put_secret

CHECK_EVERY = timedelta(days=1)
INTRODUCED_EVERY = timedelta(hours=1)
MOST_HOURLY = 3
"""A subscription that is not confirmed is tried again hourly so often, and daily after that."""
TOKEN_LENGTH = 40


async def ensure_endpoint(res: Resources, row: connections.Row, endpoint_of: str) -> Endpoint:
    """The endpoint of a connection's row, made if it is new."""
    return await _endpoint(res, row, secrets_owner(row, endpoint_of))


async def _endpoint(res: Resources, row: connections.Row, owner: str) -> Endpoint:
    id, token = res.chance.new_id(), res.chance.token(TOKEN_LENGTH)
    fresh = Endpoint(id, row.workspace, row.vendor, token, owner)
    return await res.store.write(lambda c: connections.put_endpoint(c, fresh))


def address(res: Resources, *endpoints: Endpoint) -> str:
    """Where the vendor posts to; below the served address where there is no public one.

    Whoever knows it can post, so it is for the vendor and for `connections`, not for a log.
    """
    for endpoint in endpoints:
        res.redactor.learn(endpoint.token)
    return "/".join((f"{res.public_url.rstrip('/')}/hooks", *(e.token for e in endpoints)))


async def ensure_subscriptions(
    res: Resources, opened: OpenConnection, tally: Tally, *, daily: bool = True
) -> None:
    """Make what is missing, mend or remove what is ours and wrong; once a day, or now unless
    `daily`."""
    if not subscribes_itself(res, opened.vendor):
        return
    urls, former = await _addresses(res, opened)
    known = await res.store.read(lambda c: connections.subscriptions_of(c, opened.row.id))
    if daily and _are_fresh(known, urls, res.clock.now()):
        return
    secrets = await _secrets(res, opened)
    await _Mending(res, opened, tally, urls, former, known, secrets).run()


def subscribes_itself(res: Resources, vendor: Vendor) -> bool:
    """Whether we ask the vendor for its deliveries, so that no person has to."""
    is_able = vendor.webhook_secrets is not None or vendor.handshake is not None
    return bool(res.public_url and vendor.events) and is_able


class _Mending:
    """One look at all subscriptions of a connection. `former` are addresses that were ours."""

    def __init__(
        self, res: Resources, opened: OpenConnection, tally: Tally, urls: Mapping[str, str],
        former: frozenset[str], known: Mapping[str, Subscribed], secrets: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._res = res
        self._opened = opened
        self._client: Any = opened.client
        self._tally = tally
        self._urls = urls
        self._former = former
        self._known = known
        self._secrets = secrets

    async def run(self) -> None:
        ids = {row.remote_id for row in self._known.values()}
        places = {*self._urls.values(), *self._former}
        there: dict[str, Subscription] = {}
        outlived: list[Subscription] = []
        for one in await self._client.subscriptions(self._tally.shared):
            if one.id not in ids and one.url not in places:
                continue  # somebody else's
            if one.url in self._former:
                outlived.append(one)  # it delivers until the one in its place stands
            elif self._urls.get(one.event) != one.url or one.event in there:
                await self._remove(one)
            else:
                there[one.event] = one
        for event in self._urls:
            await self._mend(event, there.get(event))
        for one in outlived:
            await self._remove(one)

    async def _mend(self, event: str, there: Subscription | None) -> None:
        if there is None:
            await self._make(event)
        elif there.healthy:
            await self._note(there, 0)
        elif self._opened.vendor.handshake is None:
            await self._remove(there)
            await self._make(event)
        else:
            await self._introduce(there)

    async def _introduce(self, there: Subscription) -> None:
        """One that is not confirmed is introduced again, and made anew where that was no help."""
        known = self._known.get(there.event)
        before = known.introductions if known and known.remote_id == there.id else 0
        if await self._has_code(there):
            await self._note(there, max(before, 1))
        elif before and before % 2 == 0:
            await self._remove(there)
            await self._make(there.event, before + 1)
        else:
            await self._client.introduce_again(there.id, self._tally.shared)
            self._tally.setup_writes += 1
            await self._note(there, before + 1)

    async def _has_code(self, there: Subscription) -> bool:
        """Whether its code is here and only waits to be confirmed."""
        workspace = self._opened.row.workspace
        waiting = await self._res.store.read(lambda c: handshakes.of_workspace(c, workspace))
        owner = connections.callback_owner(self._opened.row.id, there.event)
        return (owner, there.id) in {(w.owner, w.subscription) for w in waiting}

    async def _make(self, event: str, introductions: int = 1) -> None:
        url = self._urls[event]
        made = await self._client.subscribe(event, url, self._secrets, self._tally.shared)
        self._tally.setup_writes += 1
        is_confirmed = made.healthy or self._opened.vendor.handshake is None
        await self._note(made, 0 if is_confirmed else introductions)

    async def _remove(self, subscription: Subscription) -> None:
        await self._client.unsubscribe(subscription.id, self._tally.shared)
        self._tally.setup_writes += 1

    async def _note(self, one: Subscription, introductions: int) -> None:
        now, id = self._res.clock.now(), self._opened.row.id
        row = Subscribed(id, one.event, one.id, self._urls[one.event], now, introductions)
        await self._res.store.write(lambda c: connections.put_subscription(c, row))


async def try_subscriptions(res: Resources, opened: OpenConnection, tally: Tally) -> str:
    """Make them as far as that goes; a sentence where it does not go. Polls are complete anyway.

    Raises Waiting, since then no other call goes either.
    """
    label = opened.vendor.label
    try:
        await ensure_subscriptions(res, opened, tally)
    except Waiting:
        raise
    except Fault as fault:
        return f"{label} does not post changes here, so they are polled for. {fault.sentence}"
    known = await res.store.read(lambda c: connections.subscriptions_of(c, opened.row.id))
    if any(row.introductions >= MOST_HOURLY for row in known.values()):
        return (
            f"{label} was asked to post changes to {res.public_url} and never did, so they are "
            "polled for. Can that address be reached from the internet?"
        )
    return ""


def _are_fresh(known: Mapping[str, Subscribed], urls: Mapping[str, str], now: datetime) -> bool:
    """Whether nothing needs a look yet."""
    if {event: row.url for event, row in known.items()} != dict(urls):
        return False
    return all(now - row.checked_at < _look_every(row) for row in known.values())


def _look_every(row: Subscribed) -> timedelta:
    return INTRODUCED_EVERY if 0 < row.introductions <= MOST_HOURLY else CHECK_EVERY


async def _addresses(
    res: Resources, opened: OpenConnection
) -> tuple[dict[str, str], frozenset[str]]:
    """Where each event is posted: to the connection's address, or to one of its own below it. And
    where it was posted before the connection's address was replaced."""
    vendor, row = opened.vendor, opened.row
    whole = await ensure_endpoint(res, row, vendor.endpoint_of)
    known = await res.store.read(lambda c: formers.of_endpoint(c, whole.id))
    befores = [replace(whole, token=former.token) for former in known]
    if vendor.endpoint_of != "callback":
        urls = dict.fromkeys(vendor.events, address(res, whole))
        return urls, frozenset(address(res, before) for before in befores)
    urls, former = {}, set[str]()
    for event in vendor.events:
        own = await _endpoint(res, row, connections.callback_owner(row.id, event))
        urls[event] = address(res, whole, own)
        former |= {address(res, before, own) for before in befores}
    return urls, frozenset(former)


async def _secrets(res: Resources, opened: OpenConnection) -> dict[str, str]:
    """The proofs that deliveries on this endpoint carry; ours to choose, kept in the vault."""
    make = opened.vendor.webhook_secrets
    if make is None:
        return {}
    owner = secrets_owner(opened.row, opened.vendor.endpoint_of)
    fresh = make(res.chance)

    def work(conn: Connection) -> dict[str, str]:
        known = proving.current(conn, res.vault, owner)
        for name, value in fresh.items():
            if name not in known:
                put_secret(conn, res.vault, owner, name, value)
        return {**fresh, **known}

    secrets = await res.store.write(work)
    for secret in secrets.values():
        res.redactor.learn(secret)
    return secrets


def secrets_owner(row: connections.Row, endpoint_of: str) -> str:
    """Whose secrets prove the deliveries of this connection's vendor, and whose endpoint it is."""
    return f"app:{row.app}" if endpoint_of == "app" else f"connection:{row.id}"
