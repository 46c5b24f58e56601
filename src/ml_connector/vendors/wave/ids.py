"""An id of Wave is an opaque text that happens to be base64 of `Business:<uuid>;Customer:<number>`.

It is stored whole, compared as bytes and never built. Decoding serves two ends only: recognising an
id that a webhook tells in another form (whole, uuid or number: which one is not documented), and a
readable key for a target whose key field ignores case.
"""

from __future__ import annotations

import base64
import binascii

_LETTERS = {"Customer": "c", "Invoice": "i", "InvoicePayment": "p"}


def parts(id: str) -> dict[str, str]:
    """`{"Business": "<uuid>", "Customer": "<number>"}` in that order; empty if not decodable."""
    try:
        decoded = base64.b64decode(id + "=" * (-len(id) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return {}
    pairs = [part.partition(":") for part in decoded.split(";")]
    if not all(kind.isalpha() and colon and value for kind, colon, value in pairs):
        return {}
    return {kind: value for kind, _, value in pairs}


def same_id(told: str, stored: str) -> bool:
    """Whether the told id, whole or in its short form, is the stored one."""
    if told == stored:
        return True
    known = parts(stored)
    short = list(known.values())[-1] if known else ""
    return bool(short) and told.lower() == short.lower()


def external_key(account: str, obj: str, key: str) -> str:
    """The readable key of a record; of a payment, whose key names its invoice first, its own."""
    readable = readable_key(key.rpartition("|")[2])
    return readable if readable.startswith("wave:") else f"wave:{account}:{obj}:{key}"


def readable_key(id: str) -> str:
    """`wave:<business uuid>:c:<number>`; the id itself where it is not decodable.

    Safe where case is ignored. Letters: c customer, i invoice, p payment.
    """
    known = parts(id)
    kind = list(known)[-1] if known else ""
    if "Business" not in known or kind not in _LETTERS:
        return id
    return f"wave:{known['Business']}:{_LETTERS[kind]}:{known[kind]}"
