"""What these tests start from: a client over the real wire; its transport answers from a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Response
from ml_connector.http.auth import Authenticator, StaticToken
from ml_connector.http.guard import Guard
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.vendors.acumatica import VENDOR
from ml_connector.vendors.acumatica.client import AcumaticaClient
from ml_connector.vendors.acumatica.values import wrapped
from tests.support.clock import SeededChance, VirtualClock

FIXTURES = Path(__file__).parent / "fixtures"
BASE = "https://erp.example.com/Prod"
SETTINGS = {"base_url": BASE, "tenant": "Prod"}
ROOT = "/entity/Default/24.200.001"
STAMP = "2025-03-04T09:15:21.437+00:00"
SERVED = {
    "version": {"acumaticaBuildVersion": "25.201.0213", "databaseVersion": "25.201.0213"},
    "endpoints": [
        {"name": "Default", "version": "24.200.001", "href": "/Prod/entity/Default/24.200.001/"},
        {"name": "Default", "version": "23.200.001", "href": "/Prod/entity/Default/23.200.001/"},
        {"name": "eCommerce", "version": "9", "href": "/Prod/entity/eCommerce/9/"},
    ],
}


class NoAllowance:
    """Acumatica has no allowance of calls. Implements `http.allowance.AllowanceBook`."""

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        raise AssertionError("Acumatica has no allowance")

    async def spent(self, scope: str, period: str) -> int:
        raise AssertionError("Acumatica has no allowance")

    async def correct(self, scope: str, period: str, spent: int) -> None:
        raise AssertionError("Acumatica has no allowance")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, its address below the instance and unescaped."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    timeout_seconds: float


class Script:
    """A transport that answers `METHOD path` with what the test laid there, in turn.

    The last answer of a list of `Response`s is given again and again; anything else is one answer.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = {
            where: list(what) if isinstance(what, tuple) else [what]
            for where, what in answers.items()
        }
        self.asked: list[Asked] = []

    async def send(self, outgoing: Outgoing) -> Response:
        parts = urlsplit(outgoing.url)
        path = unquote(parts.path).removeprefix("/Prod")
        body = json.loads(outgoing.body) if outgoing.body else None
        self.asked.append(
            Asked(
                outgoing.method, path, dict(parse_qsl(parts.query)), outgoing.headers, body,
                outgoing.timeout_seconds,
            )
        )  # fmt: skip
        queue = self._answers[f"{outgoing.method} {path}"]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        return answer if isinstance(answer, Response) else answered(answer)

    @property
    def targets(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]


@dataclass(frozen=True, slots=True)
class Bench:
    """One connection's client and the errand its calls are made for."""

    client: AcumaticaClient
    errand: Errand
    clock: VirtualClock


def answered(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    told = {"content-type": "application/json", **(headers or {})}
    return Response(status, told, b"" if body is None else json.dumps(body).encode())


def row(id: str = "5c1f0000-0000-4000-8000-000000000001", **fields: Any) -> dict[str, Any]:
    """A record as Acumatica wraps it; an empty field has no value, dots open linked entities."""
    told = {name.replace("__", "."): value for name, value in fields.items()}
    return {"id": id, "rowNumber": 1, "note": {"value": ""}, **_emptied(wrapped(told))}


def _emptied(body: Any) -> Any:
    if isinstance(body, list):
        return [_emptied(item) for item in body]
    if body == {"value": None}:
        return {}
    if isinstance(body, dict) and "value" not in body:
        return {name: _emptied(inner) for name, inner in body.items()}
    return body


def no_such_record() -> Response:
    return answered(
        {
            "message": "An error has occurred.",
            "exceptionMessage": "No entity satisfies the condition.",
            "exceptionType": "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException",
        },
        500,
    )


def bench(
    transport: Transport,
    settings: Mapping[str, str] = SETTINGS,
    clock: VirtualClock | None = None,
    authenticator: Authenticator | None = None,
) -> Bench:
    """The real client over the real wire."""
    clock, redactor = clock or VirtualClock(), Redactor()
    wire = ConnectionWire(
        VENDOR,
        settings,
        VENDOR.limits(settings, "grant:1", "oauth"),
        authenticator or StaticToken("authorization", "Bearer sample", redactor),
        Guard(VENDOR.hosts, [settings["base_url"]], private_allowed=True),
        WireParts(transport, Pacing(clock, NoAllowance()), redactor, clock, SeededChance(1)),
    )
    return Bench(AcumaticaClient(wire, ConnectionFacts("erp", settings)), Errand(), clock)


def event_body(name: str) -> dict[str, Any]:
    """The body of one notification, without the note on where its form is from."""
    fixture: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    body: dict[str, Any] = fixture["body"]
    return body


NOT_FOUND = Response(404, {}, b"")
LATER = "2025-03-04T10:00:00.000+00:00"
ORDER = row(
    OrderType="SO", OrderNbr="000123", CustomerID="C1", ExternalRef="pipedrive:1:deals:7",
    Status="Open", Hold=False, OrderTotal=598.5, CurrencyID="USD", LastModified=STAMP,
    Date="2025-03-04T00:00:00+03:00", Shipments=[], Payments=[],
    Details=[{"LineNbr": 1, "InventoryID": "PUMP-10", "OrderQty": 3.0, "UnitPrice": 199.5}],
)  # fmt: skip
INVOICE = row(
    Type="Invoice", ReferenceNbr="AR01", CustomerID="C1", Status="Open", Amount=598.5,
    Balance=98.5, Currency="USD", DueDate="2025-04-03T00:00:00+03:00",
    LastModifiedDateTime=LATER,
    Details=[{"OrderType": "SO", "OrderNbr": "000123"}, {"OrderType": None, "OrderNbr": None}],
)  # fmt: skip


def customer(number: int, at: str = STAMP) -> dict[str, Any]:
    return row(
        f"5c1f0000-0000-4000-8000-{number:012}", CustomerID=f"C{number}",
        CustomerName=f"Firm {number}", AccountRef=None, Status="Active", CurrencyID="USD",
        LastModifiedDateTime=at, **{"MainContact.Email": f"{number}@b.example"},
    )  # fmt: skip


def optimization() -> Response:
    told = "Optimization cannot be performed.The following fields cause the error: MainContact"
    return answered({"exceptionMessage": told, "exceptionType": "PX.Data.PXException"}, 500)
