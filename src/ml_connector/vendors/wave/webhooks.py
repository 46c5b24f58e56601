"""Wave's deliveries: how they are proven, and which record an event may have changed.

A delivery is a hint; the record is always fetched. Real are the `invoice.` and `estimate.` families
("Webhooks Setup Guide"): invoice.approved, sent, viewed, overdue, paid, partially_paid, overpaid.
Also read, as the product's text describes them, are customer.created, customer.updated,
invoice.created, invoice.updated and payment.created. Any other event is kept and names nothing.
"""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.values import digest
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.vendors.wave.ids import same_id

HEADER = "x-wave-signature"
LATEST = timedelta(seconds=300)
"""How old a signed moment may be ("Webhooks Setup Guide")."""
EARLIEST = timedelta(seconds=60)
"""How far it may be ahead of our clock."""

_NAMED_BY = {
    "invoice": ("invoices", "invoice_id"),
    "payment": ("invoices", "invoice_id"),
    "customer": ("customers", "customer_id"),
}
"""For each family the object, and the key's place in `data`. A payment is read with its invoice."""


class WaveWebhooks:
    """Implements `core.vendor.Webhooks`."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        """Raises Forged. Several secrets count during a rotation, and several `v1` parts."""
        header, body = delivery.headers.get(HEADER, "").strip(), delivery.body
        secrets = proofs.secrets.get("webhook_secret", ())
        if not header or not secrets:
            raise Forged(
                f"The delivery has no {HEADER}." if secrets else "No webhook_secret is set."
            )
        if proofs.settings.get("webhook_signature") == "bare":
            return _require(body, [header], secrets)
        told = [part.strip().partition("=") for part in header.split(",")]
        stamp = next((value for name, _, value in told if name == "t"), "")
        _require_recent(stamp, delivery.received_at)
        proofs_told = [value for name, _, value in told if name == "v1"]
        return _require(stamp.encode() + b"." + body, proofs_told, secrets)

    def read(self, delivery: Delivery) -> list[Hint]:
        """The one event of a body; none for a probe. Raises Unreadable."""
        try:
            event = _parsed(delivery.body)
        except ValueError:
            raise Unreadable("The delivery's body is not JSON.") from None
        return [_hint(event, delivery.body)] if _is_event(event) else []

    def is_probe(self, delivery: Delivery) -> bool:
        """The portal posts an empty or non-event body when an address is saved."""
        try:
            return not _is_event(_parsed(delivery.body))
        except ValueError:
            return False

    def same_account(self, told: str, account: str) -> bool:
        """The business id whole, or its uuid."""
        return same_id(told, account)

    def same_key(self, told: str, key: str) -> bool:
        """The record id whole, or its last part: a number or a uuid."""
        return same_id(told, key)


def _parsed(body: bytes) -> Any:
    """Raises ValueError."""
    try:
        return json.loads(body) if body.strip() else None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _is_event(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and isinstance(told.get("event_type"), str)
        and told["event_type"] != ""
    )


def _hint(event: dict[str, Any], body: bytes) -> Hint:
    """An event without an id of its own is known by its body."""
    event_type, told = event["event_type"], event.get("data")
    data = told if isinstance(told, dict) else {}
    obj, place = _NAMED_BY.get(event_type.partition(".")[0], ("", ""))
    key = _text(data.get(place))
    return Hint(
        event_id=_text(event.get("event_id")) or digest(body.decode(errors="replace")),
        event_type=event_type,
        account=_text(event.get("business_id")),
        object=obj if key else "",
        key=key,
    )


def _text(told: object) -> str:
    """An id as text; Wave's numbers count too."""
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""


def _require_recent(stamp: str, now: datetime) -> None:
    """Raises Forged where the signed moment (unix seconds) is not near `now`."""
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        raise Forged("The signature tells no moment.")
    age = now - datetime.fromtimestamp(int(stamp), UTC)
    if not -EARLIEST <= age <= LATEST:
        raise Forged(f"The delivery was signed {age.total_seconds():.0f} s ago.")


def _require(message: bytes, told: list[str], secrets: tuple[str, ...]) -> None:
    """Raises Forged unless one of the told proofs is the message's under one of the secrets."""
    right = [hmac.new(secret.encode(), message, "sha256").hexdigest() for secret in secrets]
    matches = [
        hmac.compare_digest(proof.encode(), wanted.encode()) for proof in told for wanted in right
    ]
    if not any(matches):
        raise Forged(f"The {HEADER} is not the body's.")
