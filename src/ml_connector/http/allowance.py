"""An allowance is what a vendor grants for a day or a month; the book holds what everybody spent.

Tokens are reserved from the book in slices and spent from a pot in this process: one commit serves
many calls, and a crash loses the rest of a slice but never spends a token twice. Slices begin small
and double, so that a short run does not reserve much more than it uses.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
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

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        """Add up to `tokens` to the period's spending without passing `limit`; what was granted.

        A period is named as `period_of` names it.
        """
        ...

    async def spent(self, scope: str, period: str) -> int:
        """What was reserved in that period so far."""
        ...

    async def correct(self, scope: str, period: str, spent: int) -> None:
        """Raise the period's spending to at least `spent`, as the vendor counted it."""
        ...


def share_of(allowance: Allowance, tokens: int, work: Work) -> int:
    """How far the period's spending may go for that class of work.

    A backfill stops early, so that the live share is left for live changes and retries.
    """
    ours = allowance.share * (1.0 - allowance.live_share if work == "backfill" else 1.0)
    return int(tokens * ours)


def period_of(now: datetime, allowance: Allowance) -> str:
    """The name of the period that it is: 2026-11-21, or 2026-11. Both begin at midnight UTC."""
    day = now.astimezone(UTC).date().isoformat()
    return day if allowance.period == "day" else day[:7]


def next_period(now: datetime, allowance: Allowance) -> datetime:
    """When the vendor's next period has begun for certain: midnight UTC and the slack."""
    day = now.astimezone(UTC).date()
    if allowance.period == "month":
        day = day.replace(day=28) + timedelta(days=4)  # some day of the next month
        begins = datetime.combine(day.replace(day=1), time(), UTC)
    else:
        begins = datetime.combine(day + timedelta(days=1), time(), UTC)
    return begins + timedelta(seconds=allowance.reset_slack_seconds)


@dataclass(slots=True)
class _Pot:
    """Reserved and not yet spent tokens of one period, for backfill or for the rest."""

    tokens: int = 0
    next_slice: int = FIRST_SLICE_TOKENS
    refused_limit: int | None = None
    """The limit at which the book had no more, so that it is not asked again for the same."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Tokens that one call took, for giving them back if it is never made."""

    tokens: int
    backfill: bool
    period: str


class Purse:
    """What this process holds of one scope's allowance."""

    def __init__(self, scope: str, book: AllowanceBook, clock: Clock) -> None:
        self._scope = scope
        self._book = book
        self._clock = clock
        self._lock = asyncio.Lock()
        self._period = ""
        self._pots: dict[bool, _Pot] = {}
        self._told_limit: int | None = None
        self._known_spent: int | None = None

    async def take(self, allowance: Allowance, tokens: int, work: Work) -> Spending:
        """Spend so many tokens. Raises OutOfBudget where the share of the period is gone."""
        backfill = work == "backfill"
        limit = share_of(allowance, self._limit(allowance), work)
        pot = self._pot(allowance, backfill)
        if pot.tokens < tokens:
            async with self._lock:
                pot = await self._filled(allowance, backfill, tokens, limit)
        if pot.tokens < tokens:
            raise self._out_of_budget(allowance, limit, work)
        pot.tokens -= tokens
        if self._known_spent is not None:
            self._known_spent += tokens
        return Spending(tokens, backfill, self._period)

    def give_back(self, spending: Spending) -> None:
        """Return the tokens of a call that was never made."""
        if spending.period == self._period and spending.backfill in self._pots:
            self._pots[spending.backfill].tokens += spending.tokens

    async def correct(self, allowance: Allowance, reading: Reading) -> None:
        """Take over the vendor's count where it is clearly ahead of ours."""
        if reading.tokens_limit is not None:
            self._told_limit = reading.tokens_limit
        if reading.tokens_left is None:
            return
        self._turn(allowance)
        limit = self._limit(allowance)
        spent = limit - reading.tokens_left
        if self._known_spent is None:
            self._known_spent = await self._book.spent(self._scope, self._period)
        if spent > self._known_spent + limit * CORRECTION_SHARE:
            self._known_spent = spent
            await self._book.correct(self._scope, self._period, spent)
            self._pots.clear()

    def _limit(self, allowance: Allowance) -> int:
        return allowance.tokens if self._told_limit is None else self._told_limit

    async def _filled(self, allowance: Allowance, backfill: bool, tokens: int, limit: int) -> _Pot:
        """The pot with that many tokens in it, or with what could be had."""
        pot = self._pot(allowance, backfill)
        while pot.tokens < tokens and pot.refused_limit != limit:
            period, wanted = self._period, max(tokens - pot.tokens, pot.next_slice)
            granted = await self._book.reserve(self._scope, period, wanted, limit)
            pot.next_slice = min(pot.next_slice * 2, LARGEST_SLICE_TOKENS)
            pot.tokens += granted
            if granted < wanted:
                pot.refused_limit = limit
            # Another one where midnight passed or the vendor corrected us
            pot = self._pot(allowance, backfill)
        return pot

    def _pot(self, allowance: Allowance, backfill: bool) -> _Pot:
        """The pot of this period."""
        self._turn(allowance)
        return self._pots.setdefault(backfill, _Pot())

    def _turn(self, allowance: Allowance) -> None:
        """Begin anew where another period has begun."""
        period = period_of(self._clock.now(), allowance)
        if period != self._period:
            self._period = period
            self._pots.clear()
            self._known_spent = None

    def _out_of_budget(self, allowance: Allowance, limit: int, work: Work) -> OutOfBudget:
        until = next_period(self._clock.now(), allowance)
        whose = "what a backfill may use of it" if work == "backfill" else "our share of it"
        return OutOfBudget(
            f"The {allowance.period}'s allowance of API calls is spent ({whose}: {limit} tokens). "
            f"It goes on at {until:%Y-%m-%d %H:%M} UTC.",
            until,
        )
