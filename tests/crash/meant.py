"""What was meant: the intents that are left while nothing waits, and which of them have a reason.

One that is open is a write that nobody closed. One that is unknown is rightly left only where the
program has a reason not to look at the target, and its own books say so: a person has the record
before them or said to leave it alone, or the last word about it is that it was deleted at the
source, or left the scope of its flow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = Callable[[str], list[Any]]
"""Answers a question to the database."""

_LEFT = """
SELECT i.route, i.source_key, i.state, i.operation, l.state AS link, r.state AS review,
       a.decision, a.reason
FROM intents i
LEFT JOIN links l USING (flow, route, source_key)
LEFT JOIN reviews r USING (flow, route, source_key)
LEFT JOIN audit a ON a.id = (
    SELECT MAX(id) FROM audit
    WHERE (flow, route, source_key) = (i.flow, i.route, i.source_key))
ORDER BY i.route, i.source_key, i.id
"""
OUTSIDE = ("it left the scope of the flow", "it is outside the flow's scope")


def unexplained(rows: Rows) -> list[tuple[str, str, str, str]]:
    """(route, source key, state, the last decision about the record) of each without a reason."""
    return [
        (route, key, state, f"{operation}; last: {decision}: {reason}")
        for route, key, state, operation, link, review, decision, reason in rows(_LEFT)
        if state != "unknown" or not _is_explained(link, review, decision or "", reason or "")
    ]


def _is_explained(link: str | None, review: str | None, decision: str, reason: str) -> bool:
    if review in ("open", "ignored"):
        return True
    is_gone = decision == "gone" or link == "source_gone"
    return is_gone or (decision == "unchanged" and reason.startswith(OUTSIDE))
