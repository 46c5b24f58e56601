"""An intent is committed before a remote write and removed when its outcome is remembered.

What is left after a crash, or after a write without an answer, has an unknown outcome: it settles,
then the target is looked at and the step is planned afresh. Claims live and die with intents: they
keep two source records from taking, or making, the same target record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from ml_connector.core.values import Values
from ml_connector.store.tables import claims, intents
from ml_connector.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Intent:
    """`state` is open (about to be sent, or sent) or unknown (sent, no good answer)."""

    id: str
    workspace: str
    run: str
    flow: str
    flow_version: int
    route: str
    source_key: str
    account: str
    object: str
    operation: str
    target_id: str | None
    external_key: str
    fields: Values
    digest: str
    epoch: int
    state: str
    opened_at: datetime
    settle_until: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.flow, self.route, self.source_key)


@dataclass(frozen=True, slots=True)
class Claim:
    """Kind `id` claims a target record; any other kind claims a likeness that a create will
    have."""

    account: str
    object: str
    kind: str
    value: str
    flow: str
    route: str
    source_key: str

    @property
    def what(self) -> tuple[str, str, str, str]:
        return (self.account, self.object, self.kind, self.value)

    @property
    def holder(self) -> tuple[str, str, str]:
        return (self.flow, self.route, self.source_key)


def put(conn: Connection, meant: Sequence[Intent]) -> None:
    if meant:
        rows = [{name: getattr(each, name) for name in Intent.__slots__} for each in meant]
        conn.execute(intents.insert(), rows)


def claim(conn: Connection, wanted: Sequence[Claim]) -> None:
    """Claims are asked for after `held` showed them free, in the same commit."""
    upsert(conn, claims, [{name: getattr(c, name) for name in Claim.__slots__} for c in wanted])


_HELD = select(claims).where(
    claims.c.account == bindparam("account"),
    claims.c.object == bindparam("object"),
    claims.c.value.in_(bindparam("values", expanding=True)),
)


def held(
    conn: Connection, account: str, object: str, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Who holds each (kind, value) that is claimed: (flow, route, source key)."""
    if not wanted:
        return {}
    values = sorted({value for _, value in wanted})
    rows = conn.execute(_HELD, {"account": account, "object": object, "values": values})
    asked = set(wanted)
    return {
        (row.kind, row.value): (row.flow, row.route, row.source_key)
        for row in rows
        if (row.kind, row.value) in asked
    }


def close(conn: Connection, flow: str, route: str, source_keys: Sequence[str]) -> None:
    """The outcome of these keys' writes is remembered, or the writes were never sent."""
    rows = [{"of_flow": flow, "of_route": route, "of_key": key} for key in source_keys]
    for closing in _CLOSE if rows else ():
        conn.execute(closing, rows)


_CLOSE = tuple(
    delete(table).where(
        table.c.flow == bindparam("of_flow"),
        table.c.route == bindparam("of_route"),
        table.c.source_key == bindparam("of_key"),
    )
    for table in (intents, claims)
)


def forget_flow(conn: Connection, flow: str) -> None:
    """Nobody will look for what a removed flow meant to write, so it keeps others from nothing."""
    for table in (intents, claims):
        conn.execute(delete(table).where(table.c.flow == flow))


def withdraw(conn: Connection, flow: str, route: str, source_key: str) -> None:
    """The write never took effect; what earlier writes may have done is still not known."""
    key = {"flow": flow, "route": route, "source_key": source_key}
    conn.execute(delete(intents).filter_by(**key, state="open"))
    conn.execute(delete(claims).filter_by(**key))


def settle(conn: Connection, flow: str, route: str, source_key: str, until: datetime) -> None:
    """The write was sent and nobody knows; look again not before `until`."""
    conn.execute(
        update(intents)
        .where(intents.c.flow == flow, intents.c.route == route, intents.c.source_key == source_key)
        .values(state="unknown", settle_until=until)
    )


_OF_KEYS = (
    select(intents)
    .where(
        intents.c.flow == bindparam("flow"),
        intents.c.route == bindparam("route"),
        intents.c.source_key.in_(bindparam("keys", expanding=True)),
    )
    .order_by(intents.c.opened_at, intents.c.id)
)


def of_keys(
    conn: Connection, flow: str, route: str, keys: Sequence[str]
) -> dict[str, list[Intent]]:
    """Open and unknown intents of these keys."""
    rows = conn.execute(_OF_KEYS, {"flow": flow, "route": route, "keys": list(keys)})
    found: dict[str, list[Intent]] = {}
    for row in rows:
        found.setdefault(row.source_key, []).append(_intent(row))
    return found


_OPEN_AT = select(intents).where(
    intents.c.account == bindparam("account"),
    intents.c.epoch == bindparam("epoch"),
    intents.c.state == "open",
)


def open_at(conn: Connection, account: str, epoch: int) -> list[Intent]:
    """What this epoch means to write at this account and has not closed."""
    rows = conn.execute(_OPEN_AT, {"account": account, "epoch": epoch})
    return [_intent(row) for row in rows]


def of_earlier_epochs(conn: Connection, workspace: str, epoch: int) -> list[Intent]:
    """What a process that is gone left behind."""
    rows = conn.execute(
        select(intents).where(
            intents.c.workspace == workspace, intents.c.epoch < epoch, intents.c.state == "open"
        )
    )
    return [_intent(row) for row in rows]


def _intent(row: Any) -> Intent:
    return Intent(*(getattr(row, name) for name in Intent.__slots__))
