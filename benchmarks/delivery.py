"""A delivery as Wave signs it: `t=<unix seconds>,v1=<hex of HMAC-SHA256 over "<t>.<body>">`."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

from benchmarks.house import WEBHOOK_SECRET
from benchmarks.sink_wave import wave_id

HEADER = "x-wave-signature"


def signed(event: dict[str, object]) -> tuple[str, str]:
    """(signature, body) of an event, signed now."""
    body, moment = json.dumps(event), int(time.time())
    message = f"{moment}.{body}".encode()
    mac = hmac.new(WEBHOOK_SECRET.encode(), message, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}", body


def viewed(number: int, invoice: int) -> tuple[str, str]:
    """Somebody looked at an invoice; each `number` is an event of its own."""
    data = {
        "invoice_id": wave_id("Invoice", invoice),
        "view_timestamp": "2024-03-01T10:00:00+00:00",
    }
    return signed(
        {
            "event_id": f"viewed-{number}", "event_type": "invoice.viewed",
            "business_id": wave_id(), "data": data,
        }
    )  # fmt: skip


def renamed(number: int, customer: str) -> tuple[str, str]:
    """A customer was changed; the event's name is that of the product's own description."""
    return signed(
        {
            "event_id": f"renamed-{number}", "event_type": "customer.updated",
            "business_id": wave_id(), "data": {"customer_id": customer},
        }
    )  # fmt: skip
