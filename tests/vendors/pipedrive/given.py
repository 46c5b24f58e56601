"""What these tests start from: a client over the real wire; its transport answers from a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Response
from ml_connector.http.auth import StaticToken
from ml_connector.http.guard import Guard
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.vendors.pipedrive import VENDOR
from ml_connector.vendors.pipedrive.client import PipedriveClient
from tests.support.clock import SeededChance, VirtualClock

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = {"base_url": "https://acme.pipedrive.com", "auth": "token"}
SAMPLE_TOKEN = "0123456789abcdef"
FIELD_CODE = "9f0c1e2d3b4a5968778695a4b3c2d1e0f1a2b3c4"
OTHER_CODE = "77aa1e2d3b4a5968778695a4b3c2d1e0f1a2b3c4"


class GenerousBook:
    """Implements `http.allowance.AllowanceBook` for one test: grants whatever is in the limit."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], int] = {}

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        spent = self._spent.get((scope, period), 0)
        granted = max(0, min(tokens, limit - spent))
        self._spent[scope, period] = spent + granted
        return granted

    async def spent(self, scope: str, period: str) -> int:
        return self._spent.get((scope, period), 0)

    async def correct(self, scope: str, period: str, spent: int) -> None:
        self._spent[scope, period] = max(spent, self._spent.get((scope, period), 0))


class Script:
    """A transport that answers `METHOD path` with what the test laid there, in turn.

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
        path = outgoing.url.partition("?")[0].removeprefix(SETTINGS["base_url"])
        queue = self._answers[f"{outgoing.method} {path}"]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        return answer if isinstance(answer, Response) else answered(answer)

    @property
    def targets(self) -> list[str]:
        """`METHOD path?query` of everything asked, without the host."""
        base = SETTINGS["base_url"]
        return [f"{out.method} {out.url.removeprefix(base)}" for out in self.asked]

    def body(self, index: int = -1) -> Any:
        return json.loads(self.asked[index].body or b"null")


@dataclass(frozen=True, slots=True)
class Bench:
    """One connection's client and the errand its calls are made for."""

    client: PipedriveClient
    errand: Errand
    clock: VirtualClock


def as_source(on: Bench) -> Any:
    """The client, which a bench knows as a target."""
    return on.client


def answered(
    data: Any, status: int = 200, next_cursor: str | None = None, success: bool = True
) -> Response:
    """An envelope of Pipedrive's around the data."""
    body = {"success": success, "data": data, "additional_data": {"next_cursor": next_cursor}}
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode())


def bench(
    transport: Transport,
    settings: Mapping[str, str] = SETTINGS,
    api_token: str = SAMPLE_TOKEN,
    clock: VirtualClock | None = None,
) -> Bench:
    """The real client over the real wire."""
    clock = clock or VirtualClock()
    redactor = Redactor()
    parts = WireParts(transport, Pacing(clock, GenerousBook()), redactor, clock, SeededChance(1))
    wire = ConnectionWire(
        VENDOR,
        settings,
        VENDOR.limits(settings, "token:1", "token"),
        StaticToken("x-api-token", api_token, redactor),
        Guard(VENDOR.hosts, [settings["base_url"]], private_allowed=True),
        parts,
    )
    return Bench(PipedriveClient(wire, ConnectionFacts("crm", settings)), Errand(), clock)


def event_body(name: str) -> dict[str, Any]:
    """The body of one event, without the note on where its form is from."""
    fixture: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    body: dict[str, Any] = fixture["body"]
    return body
