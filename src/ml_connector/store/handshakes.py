"""A handshake is a code that a vendor posted to introduce a subscription; it proves nothing before
it was confirmed at the vendor. The code is a secret of the owner `handshake:<id>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.store.tables import endpoints, handshakes
from ml_connector.store.vault import Vault, delete_secrets, put_secret

MOST_OF_ONE = 10
"""So many are kept of one endpoint, the newest: whoever knows its address can post more."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet confirmed. `owner` is that of its endpoint."""

    id: str
    endpoint: str
    owner: str
    subscription: str
    received_at: datetime

    @property
    def secrets(self) -> str:
        return f"handshake:{self.id}"


def put(
    conn: Connection, vault: Vault, id: str, endpoint: str, subscription: str, code: str,
    now: datetime,
) -> None:  # fmt: skip
    """Keep it until it is confirmed or refused."""
    row = {"id": id, "endpoint": endpoint, "subscription": subscription, "received_at": now}
    conn.execute(handshakes.insert().values(**row))
    put_secret(conn, vault, f"handshake:{id}", "code", code)
    of_endpoint = select(handshakes.c.id).where(handshakes.c.endpoint == endpoint)
    newest = of_endpoint.order_by(handshakes.c.received_at.desc(), handshakes.c.id.desc())
    for old in conn.execute(newest.offset(MOST_OF_ONE)).scalars().all():
        remove(conn, old)


_OF_WORKSPACE = (
    select(handshakes, endpoints.c.owner)
    .join(endpoints, endpoints.c.id == handshakes.c.endpoint)
    .where(endpoints.c.workspace == bindparam("workspace"))
    .order_by(handshakes.c.received_at.desc(), handshakes.c.id.desc())
)


def of_workspace(conn: Connection, workspace: str) -> list[Waiting]:
    """Those that wait, newest first."""
    rows = conn.execute(_OF_WORKSPACE, {"workspace": workspace})
    return [Waiting(r.id, r.endpoint, r.owner, r.subscription, r.received_at) for r in rows]


def remove(conn: Connection, id: str) -> None:
    conn.execute(delete(handshakes).where(handshakes.c.id == id))
    delete_secrets(conn, f"handshake:{id}")
