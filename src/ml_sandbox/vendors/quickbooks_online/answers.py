"""An answer as it leaves: JSON or XML by what the request accepts, always with an intuit_tid."""

from __future__ import annotations

import json
import random
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import quoteattr

from starlette.responses import Response

from . import xmltext
from .clocktext import envelope, epoch_ms
from .errors import Fault, GatewayNo
from .money import as_number

JSON, XML = "application/json;charset=UTF-8", "application/xml;charset=UTF-8"


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return as_number(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def json_bytes(body: Any) -> bytes:
    """Amounts as JSON numbers."""
    return json.dumps(body, default=_number, ensure_ascii=False, separators=(",", ":")).encode()


def plain(body: Any) -> Any:
    """The same without decimals."""
    return json.loads(json_bytes(body))


class Answers:
    """Writes answers; `chance` makes the support trace ids."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def trace(self) -> dict[str, str]:
        bits = f"{self._chance.getrandbits(128):032x}"
        return {"intuit_tid": f"1-{bits[:8]}-{bits[8:]}"}

    def service(
        self, body: dict[str, Any], now: datetime, as_json: bool, status: int = 200
    ) -> Response:
        time = envelope(now)
        if as_json:
            content, kind = json_bytes({**body, "time": time}), JSON
        else:
            content, kind = xmltext.document(body, time).encode(), XML
        return Response(content, status, self.trace(), kind)

    def fault(self, fault: Fault, now: datetime, as_json: bool, status: int) -> Response:
        return self.service({"Fault": fault.body()}, now, as_json, status)

    def gateway(self, no: GatewayNo, now: datetime) -> Response:
        """The gateway writes as it likes, whatever was accepted."""
        headers = {**self.trace(), **no.headers}
        if no.form == "empty":
            return Response(b"", no.status, headers)
        if no.form == "xml":
            return Response(_gateway_xml(no, now).encode(), no.status, headers, XML)
        return Response(json_bytes(_gateway_json(no, now)), no.status, headers, JSON)


def _gateway_json(no: GatewayNo, now: datetime) -> dict[str, Any]:
    error = {"message": no.message, "detail": no.detail, "code": no.code, "element": None}
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [error], "type": no.kind},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": epoch_ms(now),
        "status": None,
        "cdcresponse": [],
    }


def _gateway_xml(no: GatewayNo, now: datetime) -> str:
    detail = "" if no.detail is None else f"<Detail>{no.detail}</Detail>"
    error = f"<Error code={quoteattr(no.code)}><Message>{no.message}</Message>{detail}</Error>"
    return (
        f"{xmltext.HEAD}<IntuitResponse time={quoteattr(envelope(now))} "
        f'xmlns="{xmltext.SPACE}"><Fault type={quoteattr(no.kind)}>{error}</Fault></IntuitResponse>'
    )
