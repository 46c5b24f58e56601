"""A former token is what the address of an endpoint held before it was replaced.

It is good for a while, so that nothing is lost while the vendor learns the new address; after that
it is still known, so that a person can be told that somebody posts there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from ml_connector.store.connections import Endpoint, endpoint_of
from ml_connector.store.tables import endpoints, former_tokens


@dataclass(frozen=True, slots=True)
class Former:
    """`endpoint` is the id of the one whose address it was."""

    token: str
    endpoint: str
    until: datetime


def replace_token(conn: Connection, endpoint: Endpoint, token: str, until: datetime) -> Endpoint:
    """Give the endpoint another address; the one before is good until then."""
    former = {"token": endpoint.token, "endpoint": endpoint.id, "until": until}
    conn.execute(former_tokens.insert().values(**former))
    conn.execute(update(endpoints).where(endpoints.c.id == endpoint.id).values(token=token))
    return replace(endpoint, token=token)


def end(conn: Connection, endpoint: str, now: datetime) -> None:
    """From now on only the newest address of the endpoint is good."""
    conn.execute(
        update(former_tokens)
        .where(former_tokens.c.endpoint == endpoint, former_tokens.c.until > now)
        .values(until=now)
    )


def find(conn: Connection, token: str) -> tuple[Endpoint, datetime] | None:
    """The endpoint whose address this once was, and until when it is good."""
    row = conn.execute(
        select(endpoints.c.owner, former_tokens.c.until)
        .join(former_tokens, former_tokens.c.endpoint == endpoints.c.id)
        .where(former_tokens.c.token == token)
    ).first()
    found = endpoint_of(conn, row.owner) if row is not None else None
    return (found, row.until) if row is not None and found is not None else None


_OF_ENDPOINT = (
    select(former_tokens)
    .where(former_tokens.c.endpoint == bindparam("endpoint"))
    .order_by(former_tokens.c.until.desc(), former_tokens.c.token)
)


def of_endpoint(conn: Connection, endpoint: str) -> list[Former]:
    """Every address it had before, the newest first."""
    rows = conn.execute(_OF_ENDPOINT, {"endpoint": endpoint})
    return [Former(row.token, row.endpoint, row.until) for row in rows]


def all_tokens(conn: Connection) -> dict[str, str]:
    """The vendor of every token that is or was part of an address."""
    columns = (endpoints.c.token, endpoints.c.vendor)
    now = conn.execute(select(*columns))
    before = conn.execute(
        select(former_tokens.c.token, endpoints.c.vendor).join(
            endpoints, endpoints.c.id == former_tokens.c.endpoint
        )
    )
    return {row.token: row.vendor for row in (*now, *before)}
