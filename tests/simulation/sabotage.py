"""Sabotage breaks a promise of the engine on purpose, so that a test can show that the simulation
would notice. Each takes away one guard and leaves everything else as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from ml_connector.core import plan
from ml_connector.core.match import Match
from ml_connector.core.objects import TargetObject
from ml_connector.engine import deciding, lane, noting, passing, taking_over
from ml_connector.engine.polling import Polled, poll
from ml_connector.store import allowances, audit, cursors, intents, lanes, pending, tables

Sabotage = Callable[[pytest.MonkeyPatch], None]


def forgets_what_came_meanwhile(patch: pytest.MonkeyPatch) -> None:
    """A finished key is no longer pending, whatever was said of it while it was in hand."""

    def finish(conn: Any, taken: Any) -> None:
        for each in taken:
            conn.execute(
                delete(tables.pending).filter_by(flow=each.flow, route=each.route, key=each.key)
            )

    patch.setattr(pending, "finish", finish)


def never_waits_for_a_late_write(patch: pytest.MonkeyPatch) -> None:
    """A write that nobody answered is looked for, and made again, at once."""
    patch.setattr(TargetObject, "settle", timedelta())
    patch.setattr(taking_over, "UNDER_WAY", timedelta())


def works_on_when_taken_over(patch: pytest.MonkeyPatch) -> None:
    """No commit and no write asks whether the epoch is over."""
    patch.setattr(lanes, "demand", _nothing)


def never_looks_before_it_makes(patch: pytest.MonkeyPatch) -> None:
    """A record is made whether or not it is there."""

    def match_none(conn: Any, opened: Any, route: Any, items: Any, given: Any) -> list[Match]:
        return [Match("none")] * len(items)

    patch.setattr(deciding, "match_items", match_none)


def spends_what_it_has_not(patch: pytest.MonkeyPatch) -> None:
    """The book of the day's tokens grants whatever is asked for."""

    def reserve(conn: Any, scope: str, period: str, tokens: int, limit: int) -> int:
        return tokens

    patch.setattr(allowances, "reserve", reserve)


def overwrites_what_people_set(patch: pytest.MonkeyPatch) -> None:
    """A field that a person changed is taken for one that nobody touched."""
    patch.setattr(plan, "_touched", _no)
    patch.setattr(plan, "_taken_over", _no)


def answers_before_it_stores(patch: pytest.MonkeyPatch) -> None:
    """A delivery is answered 200, and what it says is written nowhere."""
    patch.setattr(noting.Noting, "store", _nothing)


def leaves_its_intents_open(patch: pytest.MonkeyPatch) -> None:
    """What a write was meant to do stays announced after it was done."""
    patch.setattr(intents, "close", _nothing)


def writes_no_audit(patch: pytest.MonkeyPatch) -> None:
    """What is done is told nowhere."""
    patch.setattr(audit, "add", _nothing)


def believes_an_older_state(patch: pytest.MonkeyPatch) -> None:
    """A read that lags behind what is known already is written."""

    def believe(item: Any) -> str:
        return ""

    patch.setattr(deciding, "_at_least", believe)


def wakes_no_children(patch: pytest.MonkeyPatch) -> None:
    """What waits for its parent's link is not told that it stands."""
    patch.setattr(pending, "wake", _nothing)


def asks_about_everything(patch: pytest.MonkeyPatch) -> None:
    """A record that nothing is like is put before a person all the same."""

    def match_several(conn: Any, opened: Any, route: Any, items: Any, given: Any) -> list[Match]:
        return [Match("several", by="it looks alike")] * len(items)

    patch.setattr(deciding, "match_items", match_several)


def _nothing(*args: Any, **named: Any) -> None:
    """Does not do it."""


def _no(*args: Any, **named: Any) -> bool:
    return False


def polls_only_once(patch: pytest.MonkeyPatch) -> None:
    """No sabotage, since whoever has webhooks is kept in step by them. Polls would mend what a
    sabotage spoils, so that nobody saw that it was ever spoilt."""

    async def first_poll(res: Any, source: Any, obj: Any, *rest: Any, **named: Any) -> Polled:
        cursor = await res.store.read(lambda c: cursors.get(c, source.row.id, obj.name))
        if cursor.value and not named.get("from_start"):
            return Polled(0, 0)
        return await poll(res, source, obj, *rest, **named)

    for place in (lane, passing):
        patch.setattr(place, "poll", first_poll)
        for name in ("reread_open", "sweep", "sweep_target"):
            patch.setattr(place, name, _nothing_more)


async def _nothing_more(*args: Any, **named: Any) -> None:
    """Does not do it."""
