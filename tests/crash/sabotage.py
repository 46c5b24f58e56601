"""Sabotage breaks a promise of the program on purpose, in one process, so that a test can show that
the harness would notice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ml_connector.core.match import Match
from ml_connector.engine import deciding, noting
from ml_connector.store import pending


def answers_before_it_stores() -> None:
    """A delivery is answered 200, and what it says is written nowhere."""
    noting.Noting.store = _nothing  # type: ignore[method-assign]  # that is what this is for


def never_looks_before_it_makes() -> None:
    """A record is made whether or not it is there."""

    def match_none(conn: Any, opened: Any, route: Any, items: Any, given: Any) -> list[Match]:
        return [Match("none")] * len(items)

    deciding.match_items = match_none  # type: ignore[attr-defined]  # where it is called


def leaves_what_the_dead_had_in_hand() -> None:
    """A take-over frees nothing."""
    pending.take_over = _nothing  # type: ignore[assignment]  # that is what this is for


def _nothing(*args: Any, **named: Any) -> None:
    """Does not do it."""


SABOTAGES: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        answers_before_it_stores,
        never_looks_before_it_makes,
        leaves_what_the_dead_had_in_hand,
    )
}
