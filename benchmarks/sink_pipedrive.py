"""The sink's Pipedrive: takes every write, gives it an id, and tells records as they were written.

Its lists of changes are empty: a real one would show again what was created in the last seconds,
and leaving that out keeps the sink's own work out of the measurement.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import parse_qs

STAMP = "2024-01-01T00:00:00Z"
RECORDS = frozenset({"organizations", "persons", "deals", "activities"})


class SinkPipedrive:
    """`wrote` is told of every write to a record, when it arrives."""

    def __init__(self, wrote: Callable[[], None] = lambda: None) -> None:
        self.lists = self.creates = self.updates = 0
        self._wrote = wrote
        self._ids = count(1)
        self._records: dict[str, bytes] = {}
        self._of: dict[str, list[str]] = {}
        self._setup: dict[str, list[dict[str, Any]]] = {}

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        """The answer to one request; `path` begins below the version."""
        path, _, query = path.partition("?")
        kind, _, id = path.partition("/")
        if kind not in RECORDS:
            return self._furnish(method, kind, body)
        if method == "POST":
            return _data(self._create(kind, body))
        if method == "PATCH":
            return _data(self._update(id, body))
        return _data(self._records[id]) if id in self._records else self._listed(kind, id, query)

    def _create(self, kind: str, body: bytes) -> bytes:
        self._wrote()
        self.creates += 1
        id = str(next(self._ids))
        record = b'{"id":%s,"update_time":"%s",%s' % (id.encode(), STAMP.encode(), body[1:])
        self._records[id] = record
        self._of.setdefault(kind, []).append(id)
        return record

    def _update(self, id: str, body: bytes) -> bytes:
        self._wrote()
        self.updates += 1
        record, changes = json.loads(self._records[id]), json.loads(body)
        record.setdefault("custom_fields", {}).update(changes.pop("custom_fields", {}))
        self._records[id] = json.dumps(record | changes).encode()
        return self._records[id]

    def _listed(self, kind: str, part: str, query: str) -> bytes:
        """`part` is `archived`, or empty."""
        self.lists += 1
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if part or "updated_since" in asked:
            return _page([])
        if "ids" in asked:
            return _page([self._records[id] for id in asked["ids"].split(",")])
        start = int(asked.get("cursor", "0"))
        end, known = start + int(asked["limit"]), self._of.get(kind, [])
        return _page([self._records[id] for id in known[start:end]], end if known[end:] else None)

    def _furnish(self, method: str, kind: str, body: bytes) -> bytes:
        """Fields, pipelines and stages are made and listed; who we are and currencies are told."""
        if kind == "users":
            return _data(_ME)
        if kind == "currencies":
            return _page([b'{"code":"USD","active_flag":true}'])
        made = self._setup.setdefault(kind, [])
        if method == "POST":
            item = {"id": next(self._ids), "is_custom_field": True, **json.loads(body)}
            item["field_code"] = f"{item['id']:040x}"
            made.append(item)
            return _data(json.dumps(item).encode())
        return _page([json.dumps(item).encode() for item in made])


def _data(record: bytes) -> bytes:
    return b'{"success":true,"data":%s}' % record


def _page(records: list[bytes], following: int | None = None) -> bytes:
    cursor = b"null" if following is None else b'"%d"' % following
    return b'{"success":true,"data":[%s],"additional_data":{"next_cursor":%s}}' % (
        b",".join(records),
        cursor,
    )


_ME = json.dumps(
    {
        "id": 1, "name": "A", "company_id": 1, "company_name": "Sink", "company_domain": "sink",
        "default_currency": "USD", "access": [{"app": "global", "admin": True}],
    }
).encode()  # fmt: skip
