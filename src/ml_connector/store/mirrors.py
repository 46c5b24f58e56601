"""A mirror is a local table of the target's records: their ids, and the marks by which one is
found.

A mark of kind `key:<code>` is an external key in that field; all other kinds are likenesses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, select, tuple_, update

from ml_connector.store.tables import marks, mirror, mirrors
from ml_connector.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Reflection:
    """One target record as the mirror keeps it. `marks` are (kind, value)."""

    target_id: str
    updated_at: str
    deleted: bool
    name: str
    parent: str
    marks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Filling:
    """How far a mirror is filled; see the table."""

    filled_at: datetime | None
    fresh_at: datetime | None
    mark: str
    cursor: str | None


_EMPTY = Filling(None, None, "", None)
_FILLING = select(mirrors).where(
    mirrors.c.account == bindparam("account"), mirrors.c.object == bindparam("object")
)


def filling(conn: Connection, account: str, object: str) -> Filling:
    row = conn.execute(_FILLING, {"account": account, "object": object}).first()
    return Filling(row.filled_at, row.fresh_at, row.mark, row.cursor) if row else _EMPTY


def put_filling(conn: Connection, account: str, object: str, state: Filling) -> None:
    row = {name: getattr(state, name) for name in Filling.__slots__}
    upsert(conn, mirrors, [{"account": account, "object": object, **row}])


_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_MARKS_AT = (marks.c.account == bindparam("account"), marks.c.object == bindparam("object"))
_MIRROR_AT = (mirror.c.account == bindparam("account"), mirror.c.object == bindparam("object"))
_MARKS_OF = (*_MARKS_AT, marks.c.target_id.in_(_IDS))
_MIRROR_OF = (*_MIRROR_AT, mirror.c.target_id.in_(_IDS))
_DROP_MARKS = delete(marks).where(*_MARKS_OF)
_DROP_MIRROR = delete(mirror).where(*_MIRROR_OF)


def reflect(conn: Connection, account: str, object: str, records: Sequence[Reflection]) -> None:
    """Take over what was read of these records; a deleted one leaves the mirror."""
    if not records:
        return
    base = {"account": account, "object": object}
    conn.execute(_DROP_MARKS, {**base, "ids": [r.target_id for r in records]})
    gone = [r.target_id for r in records if r.deleted]
    if gone:
        conn.execute(_DROP_MIRROR, {**base, "ids": gone})
    here = [r for r in records if not r.deleted]
    upsert(
        conn,
        mirror,
        [
            {
                **base,
                "target_id": r.target_id,
                "updated_at": r.updated_at,
                "name": r.name,
                "parent": r.parent,
            }
            for r in here
        ],
    )
    found = sorted({(kind, value, r.target_id) for r in here for kind, value in r.marks})
    if found:
        conn.execute(
            marks.insert(),
            [{**base, "kind": k, "value": v, "target_id": t} for k, v, t in found],
        )


_FIND = (
    select(marks.c.kind, marks.c.value, marks.c.target_id, mirror.c.parent)
    .join(
        mirror,
        and_(
            mirror.c.account == marks.c.account,
            mirror.c.object == marks.c.object,
            mirror.c.target_id == marks.c.target_id,
        ),
    )
    .where(*_MARKS_AT, tuple_(marks.c.kind, marks.c.value).in_(bindparam("wanted", expanding=True)))
    .order_by(marks.c.target_id)
)


def find(
    conn: Connection, account: str, object: str, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """(target id, parent) of the records that bear each of these (kind, value) marks."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {pair: [] for pair in wanted}
    if not wanted:
        return found
    asked = {"account": account, "object": object, "wanted": sorted(set(wanted))}
    for row in conn.execute(_FIND, asked):
        found[(row.kind, row.value)].append((row.target_id, row.parent))
    return found


_KEYS_ON = (
    select(marks.c.target_id, marks.c.kind, marks.c.value)
    .where(*_MARKS_OF, marks.c.kind.like("key:%"))
    .order_by(marks.c.target_id, marks.c.kind)
)


def keys_on(
    conn: Connection, account: str, object: str, target_ids: Sequence[str]
) -> dict[str, list[tuple[str, str]]]:
    """The external keys on these records: (kind with the field's code, value)."""
    asked = {"account": account, "object": object, "ids": sorted(set(target_ids))}
    found: dict[str, list[tuple[str, str]]] = {}
    for row in conn.execute(_KEYS_ON, asked):
        found.setdefault(row.target_id, []).append((row.kind, row.value))
    return found


_NAMES_OF = select(mirror.c.target_id, mirror.c.name).where(*_MIRROR_OF)


def names_of(
    conn: Connection, account: str, object: str, target_ids: Sequence[str]
) -> dict[str, str]:
    """What a person calls these records."""
    asked = {"account": account, "object": object, "ids": sorted(set(target_ids))}
    return {row.target_id: row.name for row in conn.execute(_NAMES_OF, asked)}


def forget(conn: Connection, account: str, object: str, target_id: str) -> None:
    """The record is not there any more."""
    for forgetting in (_DROP_MARKS, _DROP_MIRROR):
        conn.execute(forgetting, {"account": account, "object": object, "ids": [target_id]})


_ALL_IDS = select(mirror.c.target_id).where(*_MIRROR_AT)


def keep_only(conn: Connection, account: str, object: str, target_ids: set[str]) -> None:
    """A whole listing showed these; whatever else the mirror holds is gone."""
    rows = conn.execute(_ALL_IDS, {"account": account, "object": object})
    for target_id in sorted({row.target_id for row in rows} - target_ids):
        forget(conn, account, object, target_id)


def go_stale(conn: Connection, account: str) -> None:
    """Another process may have written meanwhile: the next look-up begins with a delta list."""
    conn.execute(update(mirrors).where(mirrors.c.account == account).values(fresh_at=None))


def empty(conn: Connection, account: str, object: str) -> None:
    """Forget a mirror, so that the next look-up fills it anew."""
    for table in (marks, mirror, mirrors):
        conn.execute(delete(table).where(table.c.account == account, table.c.object == object))
