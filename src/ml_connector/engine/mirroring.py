"""Keeping the mirror: filled once in bulk, refreshed by a delta list before each batch of creates.

One search for each record would burn the day's budget; a listing costs the same however long it is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ml_connector.core.keys import ExternalKey, key_in_note
from ml_connector.core.objects import TargetObject, TargetRecord
from ml_connector.core.wire import Errand
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.resources import Resources
from ml_connector.store import mirrors
from ml_connector.store.database import Connection
from ml_connector.store.mirrors import Filling, Reflection

OVERLAP = timedelta(seconds=5)
"""Vendors stamp whole seconds, and a record may become visible a moment after its stamp."""


def objects_for(obj: TargetObject, target: OpenConnection) -> list[TargetObject]:
    """The object itself, and those whose records speak for its likeness."""
    return [obj, *(target.vendor.target(name) for name in obj.likeness_of)]


async def refresh(
    res: Resources,
    target: OpenConnection,
    obj: TargetObject,
    errand: Errand,
    back: timedelta = timedelta(),
) -> None:
    """Bring the mirror of one object up to a listing that begins now.

    `back` is how much further than usual the listing reaches: to the moment at which a write was
    sent that nobody answered, however late it became visible.
    """
    account = target.account
    state = await res.store.read(lambda c: mirrors.filling(c, account, obj.name))
    if state.filled_at is None:
        await _fill(res, target, obj, state, errand)
    else:
        await _delta(res, target, obj, state, errand, back)


async def _fill(
    res: Resources, target: OpenConnection, obj: TargetObject, state: Filling, errand: Errand
) -> None:
    """The whole listing, page by page; what a crash interrupted goes on at its cursor.

    A record may change after its page was read, so the next delta reaches back to the beginning.
    """
    began = state.fresh_at or res.clock.now()
    cursor, mark = state.cursor, state.mark
    while True:
        page = await target.target.page(obj, cursor, errand)
        cursor, mark = page.next_cursor, _newest(mark, page.records)
        reached = Filling(None, began, mark, cursor)
        if cursor is None:
            reached = Filling(began, began, _earlier(mark, res.clock.now() - began), None)
        await _keep(res, target, obj, page.records, reached)
        if cursor is None:
            return


async def _delta(
    res: Resources,
    target: OpenConnection,
    obj: TargetObject,
    state: Filling,
    errand: Errand,
    back: timedelta,
) -> None:
    """What changed since the newest stamp we know, with an overlap."""
    began = res.clock.now()
    since = _since(_earlier(state.mark, back))
    cursor: str | None = None
    mark = state.mark
    while True:
        page = await target.target.changed_page(obj, since, cursor, errand)
        cursor, mark = page.next_cursor, _newest(mark, page.records)
        reached = Filling(state.filled_at, began if cursor is None else state.fresh_at, mark, None)
        await _keep(res, target, obj, page.records, reached)
        if cursor is None:
            return


async def _keep(
    res: Resources,
    target: OpenConnection,
    obj: TargetObject,
    records: tuple[TargetRecord, ...],
    reached: Filling,
) -> None:
    seen = [reflection(obj, record) for record in records]

    def work(conn: Connection) -> None:
        mirrors.reflect(conn, target.account, obj.name, seen)
        mirrors.put_filling(conn, target.account, obj.name, reached)

    await res.store.write(work)


def reflection(obj: TargetObject, record: TargetRecord) -> Reflection:
    """What the mirror keeps of a record: its likenesses, and every text that is an external key."""
    marks = [(like.kind, like.value) for like in record.likenesses]
    if obj.key_field is not None:
        key = str(record.fields.get(obj.key_field) or "")
        key = key.lower() if obj.key_form == "readable" else key
        marks += [(f"key:{obj.key_field}", key)] if ExternalKey.parse(key) else []
    elif obj.note_field is not None:
        noted = key_in_note(str(record.fields.get(obj.note_field) or ""))
        marks += [(f"key:{obj.note_field}", noted)] if noted else []
    else:
        marks += [
            (f"key:{code}", value)
            for code, value in record.fields.items()
            if isinstance(value, str) and obj.field(code) is None and ExternalKey.parse(value)
        ]
    parent = str(record.fields.get(obj.parent_field) or "")
    name = str(record.fields.get(obj.name_field) or "")
    return Reflection(record.id, record.updated_at, record.deleted, name, parent, tuple(marks))


def _newest(mark: str, records: tuple[TargetRecord, ...]) -> str:
    return max([mark, *(record.updated_at for record in records)])


def _earlier(mark: str, by: timedelta) -> str:
    """A stamp of the vendor's clock, moved back by a span of ours: spans do not mind skew."""
    if not mark or not by:
        return mark
    return (datetime.fromisoformat(mark) - by).strftime("%Y-%m-%dT%H:%M:%SZ")


def _since(mark: str) -> datetime:
    if not mark:
        return datetime(2000, 1, 1, tzinfo=UTC)
    return datetime.fromisoformat(mark) - OVERLAP
