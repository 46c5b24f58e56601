"""Wave's deliveries: how they are proven, and which record an event may have changed.

A delivery is a hint; the record is always fetched. Real are the `invoice.` and `estimate.` families
("Webhooks Setup Guide"): invoice.approved, sent, viewed, overdue, paid, partially_paid, overpaid.
Also read, as the product's text describes them, are customer.created, customer.updated,
invoice.created, invoice.updated and payment.created. Any other event is kept and names nothing.
"""

from __future__ import annotations

import json
from typing import Any

from ml_connector.core.faults import Unreadable
from ml_connector.core.values import digest
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.http.signatures import check_hex, check_timestamped
from ml_connector.vendors.wave.ids import parts, same_id

HEADER = "x-wave-signature"
BACK_SECONDS = 300
"""How old a signed moment may be ("Webhooks Setup Guide")."""
AHEAD_SECONDS = 60
MOST_PROBE_BYTES = 4_096
"""A probe is not proven, so what is larger is not read."""

_NAMED_BY = {
    "invoice": ("invoices", "invoice_id"),
    "payment": ("invoices", "invoice_id"),
    "customer": ("customers", "customer_id"),
}
"""For each family the object, and the key's place in `data`. A payment is read with its invoice."""


class WaveWebhooks:
    """Implements `core.vendor.Webhooks`."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        """Raises Forged. Bare hex, which proves no moment, only where a setting asks for it."""
        header = delivery.headers.get(HEADER, "")
        secrets = proofs.secrets.get("webhook_secret", ())
        if proofs.settings.get("webhook_signature") == "bare":
            check_hex(header, secrets, delivery.body)
        else:
            check_timestamped(
                header,
                secrets,
                delivery.body,
                delivery.received_at,
                back_seconds=BACK_SECONDS,
                ahead_seconds=AHEAD_SECONDS,
            )

    def read(self, delivery: Delivery) -> list[Hint]:
        """The one event of a body; none for a probe. Raises Unreadable."""
        try:
            event = _parsed(delivery.body)
        except ValueError:
            raise Unreadable("The delivery's body is not JSON.") from None
        return [_hint(event, delivery.body)] if _is_event(event) else []

    def is_probe(self, delivery: Delivery) -> bool:
        """The portal posts an empty or non-event body when an address is saved."""
        if len(delivery.body) > MOST_PROBE_BYTES:
            return False
        try:
            return not _is_event(_parsed(delivery.body))
        except ValueError:
            return False

    def same_account(self, told: str, account: str) -> bool:
        """The business id whole, or its uuid."""
        return same_id(told, account)

    def is_whole_key(self, told: str) -> bool:
        """An opaque id is whole; a number or a uuid is not."""
        return bool(parts(told))

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
    return isinstance(told, dict) and _text(told.get("event_type")) != ""


def _hint(event: dict[str, Any], body: bytes) -> Hint:
    """An event without an id of its own is known by its body."""
    event_type, told = _text(event["event_type"]), event.get("data")
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
    """An id as text; it may come as a number."""
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
