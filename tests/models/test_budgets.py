"""Allowances against a vendor that counts: slices never overspend the row, whoever dies.

Several processes draw on one row, each by slices of its own, while the database is slow, answers
correct them, processes die with what they had reserved, days and months turn, and calls that were
admitted are never made. The vendor counts the calls that are.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ml_connector.core.faults import OutOfBudget
from ml_connector.core.limits import Allowance, Reading
from ml_connector.core.wire import Work
from ml_connector.engine.metering import StoredAllowances
from ml_connector.http.allowance import (
    Purse,
    Spending,
    next_period,
    period_of,
    share_of,
)
from ml_connector.store.database import Store
from tests.support.clock import VirtualClock
from tests.support.searching import searching

T = TypeVar("T")

SCOPE = "account:1"
PROCESSES = (0, 1)
HOUR = 3600.0

works: st.SearchStrategy[Work] = st.sampled_from(["live", "retry", "backfill"])


class SlowBook(StoredAllowances):
    """The real row, behind a database that takes its time before and after each transaction."""

    def __init__(self, store: Store, clock: VirtualClock, chance: random.Random) -> None:
        super().__init__(store)
        self._clock = clock
        self._chance = chance

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        await self._clock.sleep(self._chance.choice([0.0, 0.1, 2.0]))
        granted = await super().reserve(scope, period, tokens, limit)
        await self._clock.sleep(self._chance.choice([0.0, 0.1, 2.0]))
        return granted


@dataclass
class Vendor:
    """Counts each call in the period in which it arrives."""

    made: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)

    def spent(self, period: str) -> int:
        return self.made[period] + self.others[period]


class BudgetMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = VirtualClock()
        self.store = Store.in_memory()
        self.vendor = Vendor()
        self.in_hand: list[tuple[int, Purse, Spending]] = []
        self.corrected: dict[str, int] = {}
        self.made_by_first: Counter[str] = Counter()
        self.most_made: dict[str, int] = {}
        self.allowance = Allowance(1000, 0.5, 0.2, 600)
        self.until: set[timedelta] = set()

    @initialize(
        tokens=st.sampled_from([60, 1_000, 20_000]),
        share=st.sampled_from([0.5, 0.9, 1.0]),
        live_share=st.sampled_from([0.0, 0.2]),
        period=st.sampled_from(["day", "month"]),
        seed=st.integers(0, 99),
    )
    def set_up(self, tokens: int, share: float, live_share: float, period: Any, seed: int) -> None:
        self.allowance = Allowance(tokens, share, live_share, 600, period)
        self.book = SlowBook(self.store, self.clock, random.Random(seed))
        self.purses = [Purse(SCOPE, self.book, self.clock) for _ in PROCESSES]

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        done: T = self.loop.run_until_complete(self.clock.run(work))
        return done

    @property
    def period(self) -> str:
        return period_of(self.clock.now(), self.allowance)

    # --- what happens ---------------------------------------------------------------------------

    @rule(
        callers=st.lists(
            st.tuples(st.sampled_from(PROCESSES), works, st.integers(1, 120)),
            min_size=1, max_size=6,
        )
    )  # fmt: skip
    def take(self, callers: list[tuple[int, Work, int]]) -> None:
        """All at once; whoever gets through has the tokens in hand."""
        self._do(self._take_all(callers))

    async def _take_all(self, callers: list[tuple[int, Work, int]]) -> None:
        await asyncio.gather(*(self._take(*caller) for caller in callers))

    async def _take(self, process: int, work: Work, tokens: int) -> None:
        purse = self.purses[process]
        try:
            spending = await purse.take(self.allowance, tokens, work)
        except OutOfBudget as fault:
            self.until.add(fault.until - next_period(self.clock.now(), self.allowance))
            return
        assert spending.period == self.period
        self.in_hand.append((process, purse, spending))

    @rule(most=st.integers(1, 6), made=st.booleans())
    def end_calls(self, most: int, made: bool) -> None:
        """The calls that have their tokens are made, or never are."""
        for process, purse, spending in self.in_hand[:most]:
            if made:
                self.vendor.made[spending.period] += spending.tokens
                self.made_by_first[spending.period] += spending.tokens if process == 0 else 0
            else:
                purse.give_back(spending)
        del self.in_hand[:most]

    @rule(process=st.sampled_from(PROCESSES), tokens=st.integers(0, 400))
    def others_draw_and_we_are_told(self, process: int, tokens: int) -> None:
        """The firm's other integrations; the next answer's headers say what is left."""
        period, limit = self.period, self.allowance.tokens
        self.vendor.others[period] += min(tokens, max(0, limit - self.vendor.spent(period)))
        spent = self.vendor.spent(period)
        before = self._row(period)
        self._do(self.purses[process].correct(self.allowance, Reading(tokens_left=limit - spent)))
        assert self._row(period) >= before
        if self._row(period) > before:
            self.corrected[period] = spent
            if process == 0:
                self._note_what_is_left(period, spent)

    def _note_what_is_left(self, period: str, spent: int) -> None:
        """Beyond what the vendor counted, the first process may only make what is in its hand, and
        what is left of the share."""
        ours = share_of(self.allowance, self.allowance.tokens, "live")
        in_hand = sum(s.tokens for p, _, s in self.in_hand if p == 0 and s.period == period)
        self.most_made[period] = self.made_by_first[period] + in_hand + max(0, ours - spent)

    @invariant()
    def the_vendors_word_is_kept(self) -> None:
        for period, most in self.most_made.items():
            assert self.made_by_first[period] <= most

    @rule(process=st.sampled_from(PROCESSES))
    def die(self, process: int) -> None:
        """What it had reserved is lost with it; its calls are never made."""
        self.purses[process] = Purse(SCOPE, self.book, self.clock)
        self.in_hand = [each for each in self.in_hand if each[0] != process]

    @rule(hours=st.sampled_from([1.0, 15.0, 24.0, 31 * 24.0]))
    def time_passes(self, hours: float) -> None:
        self.clock._elapsed += hours * HOUR

    # --- what must hold -------------------------------------------------------------------------

    def _row(self, period: str) -> int:
        return self._do(self.book.spent(SCOPE, period))

    @invariant()
    def the_row_covers_every_call(self) -> None:
        """What the vendor counts of ours, and what is in hand, was reserved before."""
        drawn = Counter(self.vendor.made)
        for _, _, spending in self.in_hand:
            drawn[spending.period] += spending.tokens
        for period, tokens in drawn.items():
            assert tokens <= self._row(period)

    @invariant()
    def who_is_refused_is_sent_to_the_next_period(self) -> None:
        assert self.until <= {timedelta()}

    @invariant()
    def our_share_is_never_passed(self) -> None:
        ours = share_of(self.allowance, self.allowance.tokens, "live")
        for period, tokens in self.vendor.made.items():
            assert tokens <= ours
            assert self._row(period) <= max(ours, self.corrected.get(period, 0))

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and hasattr(self, "purses"):
                self._spend_the_rest()
        finally:
            self.loop.run_until_complete(self.store.close())
            self.loop.close()

    def _spend_the_rest(self) -> None:
        """What is left of the share can be drawn but for the slices that lie in other pots."""
        self.end_calls(len(self.in_hand), made=False)
        period, ours = self.period, share_of(self.allowance, self.allowance.tokens, "live")
        drawn = 0
        while True:
            try:
                self._do(self.purses[0].take(self.allowance, 1, "live"))
            except OutOfBudget:
                break
            drawn += 1
        assert self._row(period) >= ours
        assert drawn + self.vendor.made[period] <= ours


TestBudgets = BudgetMachine.TestCase
TestBudgets.settings = searching(40, steps=25)
