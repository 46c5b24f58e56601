"""A mirror is a local table of the target's records: their ids, and the marks by which one is
found.

A mark of kind `key:<code>` is an external key in that field; all other kinds are likenesses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, tuple_, update

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


def filling(conn: Connection, account: str, object: str) -> Filling:
    row = conn.execute(
        select(mirrors).where(mirrors.c.account == account, mirrors.c.object == object)
    ).first()
    return Filling(row.filled_at, row.fresh_at, row.mark, row.cursor) if row else _EMPTY


_EMPTY = Filling(None, None, "", None)


def put_filling(conn: Connection, account: str, object: str, state: Filling) -> None:
    row = {name: getattr(state, name) for name in Filling.__slots__}
    upsert(conn, mirrors, [{"account": account, "object": object, **row}])


def reflect(conn: Connection, account: str, object: str, records: Sequence[Reflection]) -> None:
    """Take over what was read of these records; a deleted one leaves the mirror."""
    if not records:
        return
    ids = [r.target_id for r in records]
    conn.execute(
        delete(marks).where(
            marks.c.account == account, marks.c.object == object, marks.c.target_id.in_(ids)
        )
    )
    gone = [r.target_id for r in records if r.deleted]
    if gone:
        conn.execute(
            delete(mirror).where(
                mirror.c.account == account, mirror.c.object == object,
                mirror.c.target_id.in_(gone),
            )
        )  # fmt: skip
    here = [r for r in records if not r.deleted]
    base = {"account": account, "object": object}
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


def find(
    conn: Connection, account: str, object: str, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """(target id, parent) of the records that bear each of these (kind, value) marks."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {pair: [] for pair in wanted}
    if not wanted:
        return found
    rows = conn.execute(
        select(marks.c.kind, marks.c.value, marks.c.target_id, mirror.c.parent)
        .join(
            mirror,
            (mirror.c.account == marks.c.account)
            & (mirror.c.object == marks.c.object)
            & (mirror.c.target_id == marks.c.target_id),
        )
        .where(
            marks.c.account == account, marks.c.object == object,
            tuple_(marks.c.kind, marks.c.value).in_(sorted(set(wanted))),
        )
        .order_by(marks.c.target_id)
    )  # fmt: skip
    for row in rows:
        found[(row.kind, row.value)].append((row.target_id, row.parent))
    return found


def keys_on(
    conn: Connection, account: str, object: str, target_ids: Sequence[str]
) -> dict[str, list[tuple[str, str]]]:
    """The external keys on these records: (kind with the field's code, value)."""
    rows = conn.execute(
        select(marks.c.target_id, marks.c.kind, marks.c.value)
        .where(
            marks.c.account == account, marks.c.object == object,
            marks.c.target_id.in_(sorted(set(target_ids))), marks.c.kind.like("key:%"),
        )
        .order_by(marks.c.target_id, marks.c.kind)
    )  # fmt: skip
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row.target_id, []).append((row.kind, row.value))
    return found


def names_of(
    conn: Connection, account: str, object: str, target_ids: Sequence[str]
) -> dict[str, str]:
    """What a person calls these records."""
    rows = conn.execute(
        select(mirror.c.target_id, mirror.c.name).where(
            mirror.c.account == account, mirror.c.object == object,
            mirror.c.target_id.in_(sorted(set(target_ids))),
        )
    )  # fmt: skip
    return {row.target_id: row.name for row in rows}


def forget(conn: Connection, account: str, object: str, target_id: str) -> None:
    """The record is not there any more."""
    for table in (marks, mirror):
        conn.execute(
            delete(table).where(
                table.c.account == account, table.c.object == object,
                table.c.target_id == target_id,
            )
        )  # fmt: skip


def keep_only(conn: Connection, account: str, object: str, target_ids: set[str]) -> None:
    """A whole listing showed these; whatever else the mirror holds is gone."""
    rows = conn.execute(
        select(mirror.c.target_id).where(mirror.c.account == account, mirror.c.object == object)
    )
    for target_id in sorted({row.target_id for row in rows} - target_ids):
        forget(conn, account, object, target_id)


def go_stale(conn: Connection, account: str) -> None:
    """Another process may have written meanwhile: the next look-up begins with a delta list."""
    conn.execute(update(mirrors).where(mirrors.c.account == account).values(fresh_at=None))


def empty(conn: Connection, account: str, object: str) -> None:
    """Forget a mirror, so that the next look-up fills it anew."""
    for table in (marks, mirror, mirrors):
        conn.execute(delete(table).where(table.c.account == account, table.c.object == object))
