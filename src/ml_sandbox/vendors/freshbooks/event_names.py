"""Event names: `<noun>.<verb>`, or the bare noun for all verbs of it; there is none for all nouns.

Each noun needs the read scope of what it tells of (official table of events).
"""

from __future__ import annotations

SCOPE_OF_NOUN = {
    "bill": "user:bills:read",
    "bill_vendor": "user:bill_vendors:read",
    "category": "user:expenses:read",
    "client": "user:clients:read",
    "credit_note": "user:credit_notes:read",
    "estimate": "user:estimates:read",
    "expense": "user:expenses:read",
    "invoice": "user:invoices:read",
    "item": "user:billable_items:read",
    "payment": "user:payments:read",
    "project": "user:projects:read",
    "recurring": "user:invoices:read",
    "service": "user:billable_items:read",
    "tax": "user:taxes:read",
    "time_entry": "user:time_entries:read",
}
_VERBS = ("create", "update", "delete")
#: Named by third parties only.
BY_EMAIL = ("invoice.sendByEmail", "estimate.sendByEmail")
HANDSHAKE = "callback.verify"


def is_known(name: str, by_email: bool) -> bool:
    noun, _, verb = name.partition(".")
    if by_email and name in BY_EMAIL:
        return True
    return noun in SCOPE_OF_NOUN and (name == noun or verb in _VERBS)


def covers(subscribed: str, happened: str) -> bool:
    """Whether a callback of that event hears of what happened."""
    return subscribed in (happened, happened.partition(".")[0])
