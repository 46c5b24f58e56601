"""A replay is the first answer to a request id, given again; the work is not repeated.

`requestid` is unique in a company (REQIDBLOG); how long it is remembered is not known, a switch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import Fault, wrong_length

MOST = 50
MOST_IN_BATCH = 36
MOST_ITEM = 10


@dataclass(frozen=True)
class Kept:
    """An answer as it was: status, body, its media type, and when it was given."""

    status: int
    content: bytes
    kind: str
    at: datetime


class Replays:
    """What each company answered to which request id."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Kept] = {}

    def get(self, realm: str, request_id: str, now: datetime, memory: timedelta) -> Kept | None:
        kept = self._kept.get((realm, request_id))
        return None if kept is None or now - kept.at >= memory else kept

    def keep(self, realm: str, request_id: str, kept: Kept) -> None:
        self._kept[realm, request_id] = kept


def check_length(request_id: str, items: Sequence[str] | None) -> None:
    """At most 50 characters; in a batch 36, and each item's own id 10. Raises Fault 2050."""
    most = MOST if items is None else MOST_IN_BATCH
    if len(request_id) > most:
        raise wrong_length("requestid", most, len(request_id))
    for item in items or ():
        if len(item) > MOST_ITEM:
            raise _long_item(item)


def _long_item(item: str) -> Fault:
    return wrong_length("bId", MOST_ITEM, len(item))
