"""Scopes are `user:<object>:<read|write>`; three objects can only be read (docs: scopes)."""

from __future__ import annotations

OBJECTS = (
    "bill_payments", "bill_vendors", "billable_items", "bills", "business", "clients",
    "credit_notes", "estimates", "expenses", "invoices", "journal_entries", "notifications",
    "online_payments", "other_income", "payments", "profile", "projects", "reports", "retainers",
    "taxes", "teams", "time_entries",
)  # fmt: skip
READ_ONLY = ("profile", "notifications", "reports")
SCOPES = tuple(
    f"user:{noun}:{verb}"
    for noun in OBJECTS
    for verb in ("read", "write")
    if verb == "read" or noun not in READ_ONLY
)
#: What the ready line's refresh token was consented to: all that a one-way reader needs.
FIRST_SCOPES = (
    "user:profile:read",
    "user:clients:read",
    "user:invoices:read",
    "user:payments:read",
)


def enabled(text: str) -> tuple[str, ...]:
    """The scopes that the app is registered for; every app has profile:read."""
    named = text.split()
    chosen = SCOPES if named == ["all"] else tuple(s for s in SCOPES if s in named)
    return chosen if "user:profile:read" in chosen else ("user:profile:read", *chosen)
