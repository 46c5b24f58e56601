"""FreshBooks' deliveries: how they are proven, and which record an event may have changed.

A delivery is a form of ids: `name=invoice.update&object_id=90210&account_id=Zx9Qw1&…`. It names
neither its callback nor an event id nor a moment, so two true updates of one invoice have the same
bytes and the same signature: none is ever dropped for having been seen before.
Source: "Webhooks" of the API's pages, and the official Postman collection.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Handshake, Hint, Proofs
from ml_connector.http.signatures import check_base64

HEADER = "x-freshbooks-hmac-sha256"
VERIFY = "callback.verify"
MOST_FIELDS = 100
MOST_BYTES = 65_536
MOST_HANDSHAKE_BYTES = 4_096
LONGEST_CODE = 500
"""Characters. A form of ids is small; what is larger is not read before it is proven, nor kept."""

_OBJECTS = {"client": "clients", "invoice": "invoices", "payment": "payments"}


class FreshBooksWebhooks:
    """Implements `core.vendor.Webhooks`."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        """By the setting webhook_signature: verifier, or raw, as the text describes. Raises Forged.

        The codes of the delivery's own callback stand among the proofs as `webhook_secret`, before
        the shared secret that a person may have given.
        """
        header = delivery.headers.get(HEADER, "")
        secrets = proofs.secrets.get("webhook_secret", ())
        if not header.strip() or len(delivery.body) > MOST_BYTES:
            raise Forged("The delivery carries no signature, or is none of FreshBooks'.")
        if proofs.settings.get("webhook_signature") == "raw":
            check_base64(header, secrets, delivery.body)
            return
        try:
            text = signed_text(delivery.body)
        except ValueError:
            raise Forged("The delivery is no form, so its signature cannot be checked.") from None
        check_base64(header, secrets, text)

    def read(self, delivery: Delivery) -> list[Hint]:
        """The event of a form; none for a handshake. Raises Unreadable."""
        try:
            fields = _fields(delivery.body)
        except ValueError:
            raise Unreadable("The delivery is no form.") from None
        name = fields.get("name", "")
        if not name:
            raise Unreadable("The delivery has no `name`, so it is none of FreshBooks'.")
        if name == VERIFY:
            return []
        obj, key = _OBJECTS.get(name.partition(".")[0], ""), fields.get("object_id", "")
        return [
            Hint(
                event_id="",
                event_type=name,
                account=fields.get("account_id", ""),
                object=obj if key else "",
                key=key,
            )
        ]

    def is_probe(self, delivery: Delivery) -> bool:
        """FreshBooks sends none but the handshake."""
        return False

    def same_account(self, told: str, account: str) -> bool:
        return told == account

    def is_whole_key(self, told: str) -> bool:
        """Ids are plain numbers everywhere."""
        return True

    def same_key(self, told: str, key: str) -> bool:
        return told == key


def signed_text(body: bytes) -> bytes:
    """What is signed: the form as Python's `json.dumps` writes it, fields in their order.

    Comma-blank and colon-blank between, non-ASCII escaped, `/` not. Raises ValueError.
    """
    return json.dumps(_fields(body)).encode()


def read_handshake(delivery: Delivery) -> Handshake | None:
    """The code of a new callback; None for any other delivery.

    Its signature is by the very code in it and proves nothing: the confirmation does.
    """
    if len(delivery.body) > MOST_HANDSHAKE_BYTES:
        return None
    try:
        fields = _fields(delivery.body)
    except ValueError:
        return None
    subscription, code = fields.get("object_id", ""), fields.get("verifier", "")
    if fields.get("name") != VERIFY or not subscription or not code:
        return None
    if max(len(subscription), len(code)) > LONGEST_CODE:
        return None
    return Handshake(subscription, code)


def _fields(body: bytes) -> dict[str, str]:
    """Raises ValueError."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    return dict(pairs)
