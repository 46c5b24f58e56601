"""The sink's Wave: so many customers and invoices, rendered once, and answered as fast as it goes.

It answers the documents that the engine sends (told apart by their names), without limits, without
checking anything. Each record changed a second after the one before it.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

BUSINESS_UUID = "5f3b1c9a-0d1e-4c57-9a43-2d0f7b8f1e11"
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


def wave_id(kind: str = "", number: int = 0) -> str:
    """An id as Wave makes them; without a kind that of the business."""
    tail = f";{kind}:{number}" if kind else ""
    return base64.b64encode(f"Business:{BUSINESS_UUID}{tail}".encode()).decode()


def stamp(place: int) -> str:
    """When the record at that place changed."""
    moment = BEGAN + timedelta(seconds=place)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class SinkWave:
    """`pages` and `reads` count the calls that list, and those that read single records."""

    def __init__(self, customers: int, invoices: int) -> None:
        self.pages = self.reads = 0
        self._touches = 0
        self._nodes = {
            "customers": {
                wave_id("Customer", n): _rendered(_customer(n)) for n in range(customers)
            },
            "invoices": {wave_id("Invoice", n): _rendered(_invoice(n)) for n in range(invoices)},
        }

    def touch(self, customer: int) -> str:
        """A person renames a customer; its id."""
        self._touches += 1
        changed = _customer(customer)
        changed["name"] += f", renamed {self._touches}"
        changed["modifiedAt"] = stamp(10_000_000 + self._touches)
        id = wave_id("Customer", customer)
        self._nodes["customers"][id] = _rendered(changed)
        return id

    def answer(self, body: bytes) -> bytes:
        """The answer to one GraphQL request."""
        asked = json.loads(body)
        document, variables = asked["query"], asked["variables"]
        if "query Identity" in document:
            return _IDENTITY
        many = "customers" if " customer(" in document or " customers(" in document else "invoices"
        if "query Several" in document:
            self.reads += 1
            return self._several(self._nodes[many], variables)
        self.pages += 1
        return self._page(self._nodes[many], variables)

    def _several(self, nodes: dict[str, bytes], variables: dict[str, Any]) -> bytes:
        keys = [variables[f"k{n}"] for n in range(len(variables) - 1)]
        parts = [b'"r%d":%s' % (n, nodes.get(key, b"null")) for n, key in enumerate(keys)]
        return b'{"data":{"business":{"id":"%s",%s}}}' % (_BUSINESS, b",".join(parts))

    def _page(self, nodes: dict[str, bytes], variables: dict[str, Any]) -> bytes:
        """In the order of change, after a moment where one is asked for."""
        size, page = variables["size"], variables.get("page", 1)
        first = _place_after(variables.get("after"))
        total = max(0, len(nodes) - first)
        start = first + (page - 1) * size
        chosen = list(nodes.values())[start : start + size]
        edges = b",".join(b'{"node":%s}' % node for node in chosen)
        pages = max(1, -(-total // size))
        info = b'{"currentPage":%d,"totalPages":%d,"totalCount":%d}' % (page, pages, total)
        listing = b'{"pageInfo":%s,"edges":[%s]}' % (info, edges)
        return b'{"data":{"business":{"id":"%s","listing":%s}}}' % (_BUSINESS, listing)


def _place_after(moment: str | None) -> int:
    if moment is None:
        return 0
    seconds = (datetime.fromisoformat(moment) - BEGAN).total_seconds()
    return max(0, int(seconds) + 1) if seconds >= 0 else 0


def _customer(n: int) -> dict[str, Any]:
    """Without an e-mail and a person's name, so that it makes an organization and nothing else."""
    return {
        "id": wave_id("Customer", n), "name": f"Customer number {n} Ltd", "firstName": None,
        "lastName": None, "displayId": None, "email": None, "phone": None, "mobile": None,
        "isArchived": False, "createdAt": stamp(n), "modifiedAt": stamp(n),
        "currency": {"code": "USD"},
        "address": {
            "addressLine1": f"{n} Harbour Road", "addressLine2": None, "city": "Phoenix",
            "postalCode": "85001", "province": {"code": "US-AZ", "name": "Arizona"},
            "country": {"code": "US", "name": "United States"},
        },
    }  # fmt: skip


def _invoice(n: int) -> dict[str, Any]:
    usd = {"code": "USD", "exponent": 2}
    money = {"minorUnitValue": "120050", "currency": usd}
    return {
        "id": wave_id("Invoice", n), "status": "SENT", "invoiceNumber": str(n), "title": "Invoice",
        "poNumber": None, "invoiceDate": "2024-01-01", "dueDate": "2024-02-01",
        "viewUrl": "https://next.waveapps.com/invoices/x", "createdAt": stamp(n),
        "modifiedAt": stamp(n), "currency": {"code": "USD"},
        "customer": {"id": wave_id("Customer", 0), "name": "Customer number 0 Ltd", "email": None},
        "total": money, "taxTotal": {"minorUnitValue": "0", "currency": usd}, "amountDue": money,
        "amountPaid": {"minorUnitValue": "0", "currency": usd}, "payments": [],
    }  # fmt: skip


def _rendered(node: dict[str, Any]) -> bytes:
    return json.dumps(node).encode()


_BUSINESS = wave_id().encode()
_FIRM = {
    "id": wave_id(), "name": "Sink Ltd", "isArchived": False, "timezone": "UTC",
    "currency": {"code": "USD"},
}  # fmt: skip
_IDENTITY = _rendered(
    {
        "data": {
            "user": {"id": "1", "defaultEmail": "a@b.example", "firstName": "A", "lastName": "B"},
            "business": _FIRM,
            "businesses": {"pageInfo": {"totalCount": 1}, "edges": [{"node": _FIRM}]},
        }
    }
)
