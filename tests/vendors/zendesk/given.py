"""What these tests start from: a client over the real wire; its transport answers from a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ml_connector.core.objects import SetupItem
from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Response
from ml_connector.http.auth import StaticToken
from ml_connector.http.guard import Guard
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.vendors.zendesk import VENDOR
from ml_connector.vendors.zendesk.client import ZendeskClient
from tests.support.clock import SeededChance, VirtualClock

SETTINGS = {"base_url": "https://acme.zendesk.com"}
STAMP = "2026-05-04T09:00:00Z"

BALANCE = SetupItem(
    "field", "Wave: open balance", "organizations", type="decimal", key="wave_open_balance"
)
OLDEST_DUE = SetupItem(
    "field", "Wave: oldest due", "organizations", type="date", key="wave_oldest_due"
)
STATUS = SetupItem(
    "field",
    "Wave: billing status",
    "organizations",
    type="dropdown",
    key="wave_billing_status",
    options=(("wave_clear", "Clear"), ("wave_overdue", "Overdue")),
)
INVOICE = SetupItem("object", "Wave invoice", key="wave_invoice")
ORGANIZATION = SetupItem(
    "field", "Organization", "wave_invoice", type="lookup", key="organization", to="organizations"
)
TOTAL = SetupItem("field", "Total", "wave_invoice", type="decimal", key="total")
DUE = SetupItem("field", "Due date", "wave_invoice", type="date", key="due_date")
PAYMENT = SetupItem("object", "Wave payment", key="wave_payment")
OF_INVOICE = SetupItem(
    "field", "Invoice", "wave_payment", type="lookup", key="invoice", to="wave_invoice"
)
ITEMS = (BALANCE, OLDEST_DUE, STATUS, INVOICE, ORGANIZATION, TOTAL, DUE, PAYMENT, OF_INVOICE)


class NoBook:
    """Implements `http.allowance.AllowanceBook`: Zendesk has no allowance, so nobody asks it."""

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        raise AssertionError("nothing is metered by the day")

    async def spent(self, scope: str, period: str) -> int:
        raise AssertionError("nothing is metered by the day")

    async def correct(self, scope: str, period: str, spent: int) -> None:
        raise AssertionError("nothing is metered by the day")


class Script:
    """A transport that answers `METHOD /path below /api/v2` with what the test laid there, in turn.

    The last answer of a list is given again and again. What was asked stands in `asked`.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = {
            where: list(what) if isinstance(what, list) else [what]
            for where, what in answers.items()
        }
        self.asked: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Response:
        self.asked.append(outgoing)
        queue = self._answers[f"{outgoing.method} {_path(outgoing)}"]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        return answer if isinstance(answer, Response) else answered(answer)

    @property
    def calls(self) -> list[str]:
        """`METHOD /path` of everything asked."""
        return [f"{out.method} {_path(out)}" for out in self.asked]

    def query(self, index: int = -1) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.asked[index].url).query, keep_blank_values=True))

    def body(self, index: int = -1) -> Any:
        return json.loads(self.asked[index].body or b"null")


def _path(outgoing: Outgoing) -> str:
    return urlsplit(outgoing.url).path.removeprefix("/api/v2")


@dataclass(frozen=True, slots=True)
class Bench:
    """One connection's client and the errand its calls are made for."""

    client: ZendeskClient
    errand: Errand
    clock: VirtualClock


def answered(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    told = {"content-type": "application/json; charset=utf-8", **(headers or {})}
    return Response(status, told, json.dumps(body).encode())


def listed(many: str, *records: Any, after: str | None = None) -> dict[str, Any]:
    """A page of a listing by cursor."""
    meta = {"has_more": after is not None, "after_cursor": after, "before_cursor": None}
    return {many: list(records), "meta": meta}


def bench(
    transport: Transport,
    settings: Mapping[str, str] = SETTINGS,
    proof: str = "Bearer a-sample",
    clock: VirtualClock | None = None,
) -> Bench:
    """The real client over the real wire."""
    clock = clock or VirtualClock()
    redactor = Redactor()
    parts = WireParts(transport, Pacing(clock, NoBook()), redactor, clock, SeededChance(1))
    wire = ConnectionWire(
        VENDOR,
        settings,
        VENDOR.limits(settings, "grant:1", "oauth"),
        StaticToken("authorization", proof, redactor),
        Guard(VENDOR.hosts, [settings["base_url"]], private_allowed=True),
        parts,
    )
    return Bench(ZendeskClient(wire, ConnectionFacts("desk", settings)), Errand(), clock)


def organization(id: int, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": f"Firm {id}", "updated_at": STAMP, "organization_fields": {}, **more}


def user(id: int, **more: Any) -> dict[str, Any]:
    one = {"id": id, "name": f"User {id}", "role": "end-user", "active": True, "updated_at": STAMP}
    return {**one, "email": f"u{id}@firm.example", "user_fields": {}, **more}


def ulid(number: int) -> str:
    return f"01JB3QKX4M7Z0E8R2D9S5T{number:04d}"


def invoice(number: int, **more: Any) -> dict[str, Any]:
    one = {"id": ulid(number), "name": f"INV-{number}", "updated_at": STAMP}
    return {**one, "external_id": f"wave:b:i:{number}", "custom_object_fields": {}, **more}
