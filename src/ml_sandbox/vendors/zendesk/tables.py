"""A table holds all records of one kind in the order of their ids, deleted ones included.

A record is a plain dictionary in the API's form, plus `deleted_at`, which is null while it lives.
States are replaced, never changed, so the last hour's states can be told for reads that lag behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Record = dict[str, Any]
Key = int | str
KeysOf = Callable[[Record], Sequence[str]]
KEPT = timedelta(hours=1)
#: However many changes an hour brings, the memory stays bounded.
MOST_KEPT = 200_000


class Table:
    """Records by id. `indexes` name what is looked up: the key texts of a record."""

    def __init__(self, name: str, indexes: Mapping[str, KeysOf] | None = None) -> None:
        self.name = name
        self._indexes = dict(indexes or {})
        self._records: dict[Key, Record] = {}
        self._found: dict[str, dict[str, dict[Key, None]]] = {n: {} for n in self._indexes}
        self._living = 0
        self._changes: deque[tuple[datetime, Key, Record | None]] = deque(maxlen=MOST_KEPT)

    def add(self, record: Record, now: datetime) -> None:
        """A new record; its id is above all ids before it."""
        self._records[record["id"]] = record
        self._note(now, record["id"], None)
        self._enter(record)

    def replace(self, record: Record, now: datetime) -> None:
        old = self._records[record["id"]]
        self._note(now, record["id"], old)
        self._leave(old)
        self._records[record["id"]] = record
        self._enter(record)

    def get(self, key: Key) -> Record | None:
        """The record, deleted or not."""
        return self._records.get(key)

    def alive(self, key: Key) -> Record | None:
        record = self._records.get(key)
        return None if record is None or record["deleted_at"] else record

    def living(self) -> Iterator[Record]:
        """The living records by rising id."""
        return (r for r in self._records.values() if not r["deleted_at"])

    def __len__(self) -> int:
        """How many there ever were."""
        return len(self._records)

    @property
    def living_count(self) -> int:
        return self._living

    def every(self) -> Iterator[Record]:
        """All records by rising id, deleted ones too."""
        return iter(self._records.values())

    def find(self, index: str, text: str) -> list[Record]:
        """The living records with that key, oldest first."""
        keys = self._found[index].get(text, {})
        return [self._records[key] for key in sorted(keys, key=_rising)]

    def keys(self, index: str, record: Record) -> Sequence[str]:
        """What the record is found by in that index."""
        return self._indexes[index](record)

    def as_of(self, horizon: datetime | None) -> list[Record]:
        """The records that lived at that moment, in the states of then; None: the present."""
        if horizon is None:
            return list(self.living())
        past = self._past(horizon)
        if not past:
            return list(self.living())
        states = (past.get(key, record) for key, record in self._records.items())
        return [s for s in states if s is not None and not s["deleted_at"]]

    def one_as_of(self, key: Key, horizon: datetime | None) -> Record | None:
        """One record's state at that moment, deleted or not; None: it was not there."""
        if horizon is None:
            return self._records.get(key)
        return self._past(horizon).get(key, self._records.get(key))

    def _past(self, horizon: datetime) -> dict[Key, Record | None]:
        found: dict[Key, Record | None] = {}
        for at, key, before in reversed(self._changes):
            if at <= horizon:
                break
            found[key] = before
        return found

    def _note(self, now: datetime, key: Key, before: Record | None) -> None:
        self._changes.append((now, key, before))
        while self._changes[0][0] < now - KEPT:
            self._changes.popleft()

    def _enter(self, record: Record) -> None:
        if record["deleted_at"]:
            return
        self._living += 1
        for name, keys_of in self._indexes.items():
            for text in keys_of(record):
                self._found[name].setdefault(text, {})[record["id"]] = None

    def _leave(self, record: Record) -> None:
        if record["deleted_at"]:
            return
        self._living -= 1
        for name, keys_of in self._indexes.items():
            for text in keys_of(record):
                self._found[name].get(text, {}).pop(record["id"], None)


def _rising(key: Key) -> Any:
    return key


def folded(field: str) -> KeysOf:
    """An index over a text without regard to case."""
    return lambda record: () if record[field] is None else (str(record[field]).casefold(),)


def each_folded(field: str) -> KeysOf:
    """An index over every text of a list, without regard to case."""
    return lambda record: [text.casefold() for text in record[field]]


def exact(*fields: str) -> KeysOf:
    """An index over one or more fields as they are; a null field leaves the record out."""

    def keys_of(record: Record) -> Sequence[str]:
        values = [record[field] for field in fields]
        return () if None in values else ("/".join(map(str, values)),)

    return keys_of
