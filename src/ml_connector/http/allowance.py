"""An allowance is what a vendor grants for a day; the book holds what everybody spent of it.

Tokens are reserved from the book in slices and spent from a pot in this process: one commit serves
many calls, and a crash loses the rest of a slice but never spends a token twice. Slices begin small
and double, so that a short run does not reserve much more than it uses.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from ml_connector.core.faults import OutOfBudget
from ml_connector.core.limits import Allowance, Reading
from ml_connector.core.ports import Clock
from ml_connector.core.wire import Work

FIRST_SLICE_TOKENS = 25
LARGEST_SLICE_TOKENS = 500
CORRECTION_SHARE = 0.01
"""The vendor's count corrects ours where it is ahead by more than this part of the allowance."""


class AllowanceBook(Protocol):
    """The durable count of what was spent, shared by all processes."""

    async def reserve(self, scope: str, day: date, tokens: int, limit: int) -> int:
        """Add up to `tokens` to the day's spending without passing `limit`; what was granted."""
        ...

    async def spent(self, scope: str, day: date) -> int:
        """What was reserved on that day so far."""
        ...

    async def correct(self, scope: str, day: date, spent: int) -> None:
        """Raise the day's spending to at least `spent`, as the vendor counted it."""
        ...


def share_of(allowance: Allowance, tokens: int, work: Work) -> int:
    """How far the day's spending may go for that class of work.

    A backfill stops early, so that the live share is left for live changes and retries.
    """
    ours = allowance.share * (1.0 - allowance.live_share if work == "backfill" else 1.0)
    return int(tokens * ours)


def next_day(now: datetime, allowance: Allowance) -> datetime:
    """When the vendor's next day has begun for certain: midnight UTC and the slack."""
    midnight = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return midnight + timedelta(seconds=allowance.reset_slack_seconds)


@dataclass(slots=True)
class _Pot:
    """Reserved and not yet spent tokens of one day, for backfill or for the rest."""

    tokens: int = 0
    next_slice: int = FIRST_SLICE_TOKENS
    refused_limit: int | None = None
    """The limit at which the book had no more, so that it is not asked again for the same."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Tokens that one call took, for giving them back if it is never made."""

    tokens: int
    backfill: bool
    day: date


class Purse:
    """What this process holds of one scope's allowance."""

    def __init__(self, scope: str, book: AllowanceBook, clock: Clock) -> None:
        self._scope = scope
        self._book = book
        self._clock = clock
        self._lock = asyncio.Lock()
        self._day = date.min
        self._pots: dict[bool, _Pot] = {}
        self._told_limit: int | None = None
        self._known_spent: int | None = None

    async def take(self, allowance: Allowance, tokens: int, work: Work) -> Spending:
        """Spend so many tokens. Raises OutOfBudget where the share of the day is gone."""
        backfill = work == "backfill"
        limit = share_of(allowance, self._limit(allowance), work)
        pot = self._pot(backfill)
        if pot.tokens < tokens:
            async with self._lock:
                pot = await self._filled(backfill, tokens, limit)
        if pot.tokens < tokens:
            raise self._out_of_budget(allowance, limit, work)
        pot.tokens -= tokens
        if self._known_spent is not None:
            self._known_spent += tokens
        return Spending(tokens, backfill, self._day)

    def give_back(self, spending: Spending) -> None:
        """Return the tokens of a call that was never made."""
        if spending.day == self._day:
            self._pot(spending.backfill).tokens += spending.tokens

    async def correct(self, allowance: Allowance, reading: Reading) -> None:
        """Take over the vendor's count where it is clearly ahead of ours."""
        if reading.tokens_limit is not None:
            self._told_limit = reading.tokens_limit
        if reading.tokens_left is None:
            return
        self._turn_the_day()
        limit = self._limit(allowance)
        spent = limit - reading.tokens_left
        if self._known_spent is None:
            self._known_spent = await self._book.spent(self._scope, self._day)
        if spent > self._known_spent + limit * CORRECTION_SHARE:
            self._known_spent = spent
            await self._book.correct(self._scope, self._day, spent)
            self._pots.clear()

    def _limit(self, allowance: Allowance) -> int:
        return allowance.tokens if self._told_limit is None else self._told_limit

    async def _filled(self, backfill: bool, tokens: int, limit: int) -> _Pot:
        """The pot with that many tokens in it, or with what could be had."""
        pot = self._pot(backfill)
        while pot.tokens < tokens and pot.refused_limit != limit:
            day, wanted = self._day, max(tokens - pot.tokens, pot.next_slice)
            granted = await self._book.reserve(self._scope, day, wanted, limit)
            pot.next_slice = min(pot.next_slice * 2, LARGEST_SLICE_TOKENS)
            pot.tokens += granted
            if granted < wanted:
                pot.refused_limit = limit
            pot = self._pot(
                backfill
            )  # another one where midnight passed or the vendor corrected us
        return pot

    def _pot(self, backfill: bool) -> _Pot:
        """Today's pot."""
        self._turn_the_day()
        return self._pots.setdefault(backfill, _Pot())

    def _turn_the_day(self) -> None:
        today = self._clock.now().astimezone(UTC).date()
        if today != self._day:
            self._day = today
            self._pots.clear()
            self._known_spent = None

    def _out_of_budget(self, allowance: Allowance, limit: int, work: Work) -> OutOfBudget:
        until = next_day(self._clock.now(), allowance)
        whose = "what a backfill may use of it" if work == "backfill" else "our share of it"
        return OutOfBudget(
            f"The day's allowance of API calls is spent ({whose}: {limit} tokens). "
            f"It goes on at {until:%Y-%m-%d %H:%M} UTC.",
            until,
        )
