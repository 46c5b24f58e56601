"""A cursor marks where the next page begins: opaque to clients, keyset paging inside.

The form is that of the published sample (sheet, section 4): base64url without padding of
`{"field", "fieldValue", "sortDirection", "id"}`. It names the first record of the next page.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import NamedTuple


class Cursor(NamedTuple):
    field: str
    value: str | int
    direction: str
    id: int

    @property
    def key(self) -> tuple[str | int, int]:
        return self.value, self.id


def encode(cursor: Cursor) -> str:
    body = {
        "field": cursor.field,
        "fieldValue": cursor.value,
        "sortDirection": cursor.direction,
        "id": cursor.id,
    }
    raw = json.dumps(body, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> Cursor:
    """The cursor in `text`; ValueError if we never gave out such a thing."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        body = json.loads(raw)
        cursor = Cursor(body["field"], body["fieldValue"], body["sortDirection"], body["id"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise ValueError("is not a valid cursor") from error
    if not isinstance(cursor.id, int) or cursor.direction not in ("asc", "desc"):
        raise ValueError("is not a valid cursor")
    return cursor
