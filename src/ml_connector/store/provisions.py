"""A provision is what we set up at the target, by the code the target gave it; and its
vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, update

from ml_connector.core.objects import SetupItem
from ml_connector.store.tables import provisions, vocabularies
from ml_connector.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Provision:
    """`missing`: a person removed it at the target since."""

    item: str
    code: str
    object: str
    is_key: bool
    missing: bool


_OF_ACCOUNT = (
    select(provisions)
    .where(provisions.c.account == bindparam("account"))
    .order_by(provisions.c.item)
)


def of_account(conn: Connection, account: str) -> dict[str, Provision]:
    rows = conn.execute(_OF_ACCOUNT, {"account": account})
    return {r.item: Provision(r.item, r.code, r.object, r.is_key, r.missing) for r in rows}


def put(conn: Connection, account: str, item: SetupItem, code: str) -> None:
    row = {
        "account": account, "item": item.id, "code": code, "object": item.object,
        "is_key": item.is_key, "missing": False,
    }  # fmt: skip
    upsert(conn, provisions, [row])


def set_missing(conn: Connection, account: str, items: Sequence[str]) -> None:
    conn.execute(
        update(provisions)
        .where(provisions.c.account == account, provisions.c.item.in_(list(items)))
        .values(missing=True)
    )


_VOCABULARY = select(vocabularies.c.words).where(
    vocabularies.c.account == bindparam("account"),
    vocabularies.c.name == bindparam("name"),
    vocabularies.c.read_at >= bindparam("not_before"),
)


def vocabulary(conn: Connection, account: str, name: str, not_before: datetime) -> list[str] | None:
    """The words as last read, or None where that was before the moment."""
    row = {"account": account, "name": name, "not_before": not_before}
    found = conn.execute(_VOCABULARY, row).first()
    return list(found.words) if found else None


def put_vocabulary(
    conn: Connection, account: str, name: str, words: Sequence[str], now: datetime
) -> None:
    row = {"account": account, "name": name, "words": sorted(words), "read_at": now}
    upsert(conn, vocabularies, [row])


def forget_vocabularies(conn: Connection, account: str) -> None:
    conn.execute(delete(vocabularies).where(vocabularies.c.account == account))


VOCABULARY_LIFE = timedelta(days=1)
