"""Confirming: the code that introduces a subscription is given back to the vendor, which proves it.

From then on it proves that subscription's deliveries. The code before it stays good until the first
delivery that the new one proves: whichever the vendor signs with meanwhile is believed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from ml_connector.core.faults import Missing, Refused
from ml_connector.core.vendor import ConfirmingClient, Handshake
from ml_connector.core.wire import Errand
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.opening import Opener
from ml_connector.engine.resources import Resources
from ml_connector.store import connections, handshakes
from ml_connector.store.connections import Subscribed
from ml_connector.store.database import Connection
from ml_connector.store.handshakes import Waiting
from ml_connector.store.vault import get_secrets, put_secret

CODE, CODE_BEFORE = "webhook_secret", "webhook_secret_before"
PATIENCE = timedelta(hours=1)
"""A code may come before the answer that tells its subscription's id; so long it is kept."""

log = structlog.get_logger(__name__)


async def introduced(res: Resources, workspace: str) -> list[str]:
    """The connections that have a code to confirm; a code of no subscription of ours is dropped."""
    now = res.clock.now()
    waiting = await res.store.read(lambda c: handshakes.of_workspace(c, workspace))
    if not waiting:
        return []
    ours = await res.store.read(lambda c: [w for w in waiting if _subscribed(c, w) is not None])
    foreign = [w for w in waiting if w not in ours and now - w.received_at > PATIENCE]
    if foreign:
        await res.store.write(lambda c: _drop(c, foreign))
        log.warning("codes of subscriptions that are not ours were dropped", count=len(foreign))
    return sorted({_connection(w) for w in ours})


async def confirm(res: Resources, opener: Opener, connection: str) -> bool:
    """Confirm the codes of a connection's subscriptions, the newest of each first.

    True where the vendor was asked. Raises a fault where it could not be; the codes stay then.
    """
    opened = await opener.by_id(connection)
    workspace, confirmed = opened.row.workspace, set[str]()
    mine = await res.store.read(lambda c: _of_connection(c, res, workspace, connection))
    for waiting, code in mine:
        if waiting.owner in confirmed:
            continue
        res.redactor.learn(code)
        if await _is_taken(opened, Handshake(waiting.subscription, code)):
            confirmed.add(waiting.owner)
            settled = [w for w, _ in mine if w.owner == waiting.owner]
            await res.store.write(partial(_believe, res=res, settled=settled, code=code))
        else:
            await res.store.write(partial(_drop, waiting=[waiting]))
    return bool(mine)


async def _is_taken(opened: OpenConnection, handshake: Handshake) -> bool:
    client: ConfirmingClient = opened.client
    try:
        await client.confirm(handshake, Errand("live"))
    except (Refused, Missing) as fault:
        log.warning("a code was not taken", vendor=opened.vendor.name, why=fault.sentence)
        return False
    return True


def _of_connection(
    conn: Connection, res: Resources, workspace: str, connection: str
) -> list[tuple[Waiting, str]]:
    """Those whose subscription is the very one that we made for their endpoint, with their code."""
    return [
        (one, get_secrets(conn, res.vault, one.secrets)["code"])
        for one in handshakes.of_workspace(conn, workspace)
        if _connection(one) == connection and _subscribed(conn, one) is not None
    ]


def _believe(conn: Connection, res: Resources, settled: list[Waiting], code: str) -> None:
    """The code proves the deliveries of its endpoint from now on; the older ones are settled."""
    owner = settled[0].owner
    before = get_secrets(conn, res.vault, owner).get(CODE)
    if before is not None and before != code:
        put_secret(conn, res.vault, owner, CODE_BEFORE, before)
    put_secret(conn, res.vault, owner, CODE, code)
    subscribed = _subscribed(conn, settled[0])
    if subscribed is not None:
        good = replace(subscribed, introductions=0, checked_at=res.clock.now())
        connections.put_subscription(conn, good)
    _drop(conn, settled)


def _drop(conn: Connection, waiting: list[Waiting]) -> None:
    for one in waiting:
        handshakes.remove(conn, one.id)


def _connection(waiting: Waiting) -> str:
    return waiting.owner.split(":", 2)[1]


def _subscribed(conn: Connection, waiting: Waiting) -> Subscribed | None:
    """The subscription that was made for this endpoint, if it is the one that is introduced."""
    _, connection, event = waiting.owner.split(":", 2)
    known = connections.subscriptions_of(conn, connection).get(event)
    return known if known is not None and known.remote_id == waiting.subscription else None
