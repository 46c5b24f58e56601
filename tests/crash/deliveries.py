"""What vendors told: each delivery that the sandbox says was answered, by the events in it, and the
same of the inbox, so that every one of them is found again.

Read here from the bodies alone, by the vendors' own names, apart from how the program reads them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.crash.world import Record

INTRODUCTIONS = ("callback.verify",)
"""Topics of what introduces a subscription. It is answered too, and is no event."""
UNNAMED = ("freshbooks",)
"""Vendors that give their events no ids: there an event is the bytes that tell it."""
_KEYS = (
    ("OrderType", "OrderNbr"), ("Type", "ReferenceNbr"), ("InventoryID",), ("ContactID",),
    ("CustomerID",),
)  # fmt: skip
"""Columns of Acumatica's inquiries that name a record, the most particular first."""

Identities = Counter[tuple[str, str]]
"""How often each (vendor, event) was told."""


def answered(deliveries: Iterable[Record]) -> Identities:
    """Of the sandbox's deliveries."""
    return Counter(
        (each["vendor"], event)
        for each in deliveries
        if each["topic"] not in INTRODUCTIONS
        for event in _events(each["vendor"], each["body"])
    )


def kept(rows: Iterable[tuple[str, str, int, bytes]]) -> Identities:
    """Of the inbox: vendor, the event's id, how often it came, and its body."""
    found: Identities = Counter()
    for vendor, event_id, times, body in rows:
        found[vendor, _kept_as(vendor, event_id, body)] += times
    return found


def _kept_as(vendor: str, event_id: str, body: bytes) -> str:
    if vendor in UNNAMED:
        return body.decode()
    if vendor == "acumatica":  # TENANT:INQUIRY:TRANSACTION:OBJECT:KEY
        *whole, _, key = event_id.split(":", 4)
        return ":".join((*whole, key))
    return event_id


def _events(vendor: str, body: str) -> Iterator[str]:
    if vendor in UNNAMED:
        yield body
        return
    told = json.loads(body)
    if vendor == "wave":
        yield told["event_id"]
    elif vendor == "quickbooks_online":
        yield from dict.fromkeys(event["id"] for event in told)
    elif vendor == "pipedrive":
        meta = told["meta"]
        yield f"{meta['company_id']}:{meta['webhook_id']}:{meta['id']}"
    elif vendor == "acumatica":
        whole = f"{told['CompanyId']}:{told['Query']}:{told['Id']}"
        rows = [*told["Inserted"], *told["Deleted"]]
        yield from dict.fromkeys(f"{whole}:{_key(row)}" for row in rows)
    else:
        raise ValueError(f"nobody knows what {vendor} tells")


def _key(row: Mapping[str, Any]) -> str:
    names = next(names for names in _KEYS if all(row.get(name) for name in names))
    return "/".join(str(row[name]) for name in names)
