"""A connection is a named use of a grant, with its settings, its account and its state.

Beside it: the app at the vendor that many connections may share, the account it was found to be,
and the endpoints to which its vendor posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from ml_connector.core.values import Values
from ml_connector.store.tables import accounts, apps, connections, endpoints, subscriptions
from ml_connector.store.upsert import upsert

OK, NEEDS_PERSON, PAUSED = "ok", "needs_person", "paused_until"


@dataclass(frozen=True, slots=True)
class Row:
    """`account` is the id of our accounts row, None until the first good ping."""

    id: str
    workspace: str
    name: str
    vendor: str
    app: str
    grant: str
    account: str | None
    settings: Mapping[str, str]
    state: str
    reason: str
    paused_until: datetime | None
    identity: Values


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    workspace: str
    vendor: str
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`owner` is kind:id of what the vendor signs for."""

    id: str
    workspace: str
    vendor: str
    token: str
    owner: str
    forged: int = 0
    unknown: int = 0
    last_forged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription of ours, by the vendor's own id of it. `introductions` counts how often it was
    introduced since it was last seen healthy; 0 where it is."""

    connection: str
    event: str
    remote_id: str
    url: str
    checked_at: datetime
    introductions: int = 0


def put(conn: Connection, row: Row) -> None:
    upsert(conn, connections, [{name: getattr(row, name) for name in Row.__slots__}])


_BY_ID = select(connections).where(connections.c.id == bindparam("id"))
_BY_NAME = select(connections).where(
    connections.c.workspace == bindparam("workspace"), connections.c.name == bindparam("name")
)


def get(conn: Connection, id: str) -> Row | None:
    row = conn.execute(_BY_ID, {"id": id}).first()
    return _row(row) if row else None


def named(conn: Connection, workspace: str, name: str) -> Row | None:
    row = conn.execute(_BY_NAME, {"workspace": workspace, "name": name}).first()
    return _row(row) if row else None


_IN_ORDER = select(connections).order_by(connections.c.name)
_OF_WORKSPACE = _IN_ORDER.where(connections.c.workspace == bindparam("workspace"))
_OF_APP = _IN_ORDER.where(connections.c.app == bindparam("app"))
_OF_GRANT = _IN_ORDER.where(connections.c.grant == bindparam("grant"))


def listing(conn: Connection, workspace: str) -> list[Row]:
    return [_row(row) for row in conn.execute(_OF_WORKSPACE, {"workspace": workspace})]


def of_app(conn: Connection, app: str) -> list[Row]:
    return [_row(row) for row in conn.execute(_OF_APP, {"app": app})]


def of_grant(conn: Connection, grant: str) -> list[Row]:
    return [_row(row) for row in conn.execute(_OF_GRANT, {"grant": grant})]


_SET_STATE = (
    update(connections)
    .where(
        connections.c.id == bindparam("of_id"),
        or_(
            connections.c.state != bindparam("new_state"),
            connections.c.reason != bindparam("new_reason"),
        ),
    )
    .values(
        state=bindparam("new_state"), reason=bindparam("new_reason"),
        paused_until=bindparam("until"),
    )
)  # fmt: skip


def set_state(
    conn: Connection, id: str, state: str, reason: str = "", until: datetime | None = None
) -> bool:
    """True where this changes the state, so that a person is told once."""
    row = {"of_id": id, "new_state": state, "new_reason": reason, "until": until}
    return bool(conn.execute(_SET_STATE, row).rowcount)


_APP = select(apps.c.id).where(
    apps.c.vendor == bindparam("vendor"), apps.c.client == bindparam("client")
)
_APP_HERE = _APP.where(apps.c.workspace == bindparam("workspace"))


def put_app(conn: Connection, id: str, workspace: str, vendor: str, client: str) -> str:
    """The id of the app row of this client, made if it is new."""
    row = {"workspace": workspace, "vendor": vendor, "client": client}
    found = conn.execute(_APP_HERE, row).scalar()
    if found:
        return str(found)
    conn.execute(apps.insert(), {"id": id, **row})
    return id


_CLIENT_OF = select(apps.c.client).where(apps.c.id == bindparam("app"))


def client_of(conn: Connection, app: str) -> str:
    """The digest of an app's client id, the same in every workspace."""
    return str(conn.execute(_CLIENT_OF, {"app": app}).scalar_one())


def app_of(conn: Connection, vendor: str, client: str) -> str | None:
    """The id of the app row of this client, in whatever workspace."""
    return conn.execute(_APP, {"vendor": vendor, "client": client}).scalar()


_ACCOUNT = select(accounts).where(accounts.c.id == bindparam("id"))
_ACCOUNT_OF = select(accounts).where(
    accounts.c.vendor == bindparam("vendor"), accounts.c.external_id == bindparam("external_id")
)


def account(conn: Connection, id: str) -> Account | None:
    row = conn.execute(_ACCOUNT, {"id": id}).first()
    return _account(row) if row else None


def account_of(conn: Connection, vendor: str, external_id: str) -> Account | None:
    """The one account row of this company at this vendor, of whatever workspace."""
    row = conn.execute(_ACCOUNT_OF, {"vendor": vendor, "external_id": external_id}).first()
    return _account(row) if row else None


def put_account(conn: Connection, row: Account) -> None:
    upsert(conn, accounts, [{name: getattr(row, name) for name in Account.__slots__}])


_ENDPOINT_OF = select(endpoints).where(endpoints.c.owner == bindparam("owner"))
_ENDPOINT_BY_TOKEN = select(endpoints).where(endpoints.c.token == bindparam("token"))
_ENDPOINTS_OF = (
    select(endpoints)
    .where(endpoints.c.workspace == bindparam("workspace"))
    .order_by(endpoints.c.id)
)


def put_endpoint(conn: Connection, row: Endpoint) -> Endpoint:
    """The endpoint of this owner, made if it is new; an owner keeps its address."""
    found = endpoint_of(conn, row.owner)
    if found is None:
        conn.execute(endpoints.insert(), {name: getattr(row, name) for name in Endpoint.__slots__})
    return found or row


def endpoint_of(conn: Connection, owner: str) -> Endpoint | None:
    row = conn.execute(_ENDPOINT_OF, {"owner": owner}).first()
    return _endpoint(row) if row else None


def endpoint_by_token(conn: Connection, token: str) -> Endpoint | None:
    row = conn.execute(_ENDPOINT_BY_TOKEN, {"token": token}).first()
    return _endpoint(row) if row else None


def endpoints_of(conn: Connection, workspace: str) -> list[Endpoint]:
    return [_endpoint(row) for row in conn.execute(_ENDPOINTS_OF, {"workspace": workspace})]


def callbacks_of(conn: Connection, connection: str) -> dict[str, Endpoint]:
    """The endpoints of a connection's single subscriptions, by event."""
    owner = callback_owner(connection, "")
    rows = conn.execute(
        select(endpoints)
        .where(endpoints.c.owner.startswith(owner, autoescape=True))
        .order_by(endpoints.c.owner)
    )
    return {row.owner.removeprefix(owner): _endpoint(row) for row in rows}


def callback_owner(connection: str, event: str) -> str:
    """The owner of the endpoint of one subscription."""
    return f"callback:{connection}:{event}"


_SUBSCRIPTIONS_OF = select(subscriptions).where(
    subscriptions.c.connection == bindparam("connection")
)


def subscriptions_of(conn: Connection, connection: str) -> dict[str, Subscribed]:
    """Our subscriptions at the vendor by event."""
    rows = conn.execute(_SUBSCRIPTIONS_OF, {"connection": connection})
    return {row.event: Subscribed(*(getattr(row, n) for n in Subscribed.__slots__)) for row in rows}


def put_subscription(conn: Connection, row: Subscribed) -> None:
    upsert(conn, subscriptions, [{name: getattr(row, name) for name in Subscribed.__slots__}])


def _row(row: Any) -> Row:
    return Row(*(getattr(row, name) for name in Row.__slots__))


def _account(row: Any) -> Account:
    return Account(*(getattr(row, name) for name in Account.__slots__))


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(*(getattr(row, name) for name in Endpoint.__slots__))
