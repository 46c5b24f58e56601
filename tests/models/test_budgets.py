"""Allowances against a vendor that counts: slices never overspend the row, whoever dies.

Several processes draw on one row, each by slices of its own, while the database is slow, answers
correct them, processes die with what they had reserved, days and months turn, and calls that were
admitted are never made. The vendor counts the calls that are. Shares, periods and their ends are
reckoned here anew, from what is declared.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ml_connector.core.faults import OutOfBudget
from ml_connector.core.limits import Allowance, Limits, Price, Reading, Window
from ml_connector.core.wire import Work
from ml_connector.engine.metering import StoredAllowances
from ml_connector.http.allowance import FIRST_SLICE_TOKENS, Purse, Spending
from ml_connector.http.pacing import Pacing
from ml_connector.store.database import Store
from tests.support.clock import VirtualClock
from tests.support.searching import searching

T = TypeVar("T")

SCOPE = "account:1"
PROCESSES = (0, 1)
HOUR = 3600.0

works: st.SearchStrategy[Work] = st.sampled_from(["live", "retry", "backfill"])


def ours_of(limit: int, allowance: Allowance, work: Work) -> int:
    """How much of what the vendor grants that class of work may draw."""
    live = allowance.live_share if work == "backfill" else 0.0
    return int(limit * allowance.share * (1 - live))


def period_at(moment: datetime, allowance: Allowance) -> str:
    return moment.strftime("%Y-%m-%d" if allowance.period == "day" else "%Y-%m")


def end_of_period(moment: datetime, allowance: Allowance) -> datetime:
    """The first midnight at which another period has its name."""
    end = datetime.combine(moment.date(), time(), moment.tzinfo)
    while period_at(end, allowance) <= period_at(moment, allowance):
        end += timedelta(days=1)
    return end


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
    backfilled: Counter[str] = field(default_factory=Counter)
    """What of it was made by backfills."""
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
        self.limit = 1000

    @initialize(
        tokens=st.sampled_from([60, 1_000, 20_000]),
        factor=st.sampled_from([0.5, 1, 1, 2]),
        share=st.sampled_from([0.5, 0.75, 1.0]),
        live_share=st.sampled_from([0.0, 0.25]),
        period=st.sampled_from(["day", "month"]),
        seed=st.integers(0, 99),
    )
    def set_up(
        self, tokens: int, factor: float, share: float, live_share: float, period: Any, seed: int
    ) -> None:
        """The vendor's answers tell a limit that may be another than the declared one."""
        self.allowance = Allowance(tokens, share, live_share, 600, period)
        self.limit = int(tokens * factor)
        self.book = SlowBook(self.store, self.clock, random.Random(seed))
        self.purses = [Purse(SCOPE, self.book, self.clock) for _ in PROCESSES]
        for process in PROCESSES:
            self._tell_limit(process)
        for other in ("another", "account:10"):
            self._do(self.book.reserve(other, self.period, 7, 100))

    def _tell_limit(self, process: int) -> None:
        told = Reading(tokens_limit=self.limit)
        self._do(self.purses[process].correct(self.allowance, told))

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        done: T = self.loop.run_until_complete(self.clock.run(work))
        return done

    @property
    def period(self) -> str:
        return period_at(self.clock.now(), self.allowance)

    @property
    def ours(self) -> int:
        return ours_of(self.limit, self.allowance, "live")

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
            ends = end_of_period(self.clock.now(), self.allowance)
            assert fault.until == ends + timedelta(seconds=600)  # noqa: PT017 - few are refused
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
                self.vendor.backfilled[spending.period] += (
                    spending.tokens if spending.backfill else 0
                )
            else:
                purse.give_back(spending)
        del self.in_hand[:most]

    @rule(process=st.sampled_from(PROCESSES), part=st.sampled_from([0.0, 0.02, 0.1, 0.4]))
    def others_draw_and_we_are_told(self, process: int, part: float) -> None:
        """The firm's other integrations; the next answer's headers say what is left."""
        period, limit = self.period, self.limit
        drawn = min(int(part * limit), max(0, limit - self.vendor.spent(period)))
        self.vendor.others[period] += drawn
        spent = self.vendor.spent(period)
        before = self._row(period)
        told = Reading(tokens_left=limit - spent, tokens_limit=limit)
        self._do(self.purses[process].correct(self.allowance, told))
        assert self._row(period) >= before
        if spent > 2 * before + limit * 0.01:  # of what was reserved, at most all is unspent
            assert self._row(period) == spent
        if self._row(period) > before:
            self.corrected[period] = spent
            if process == 0:
                self._note_what_is_left(period, spent)

    def _note_what_is_left(self, period: str, spent: int) -> None:
        """Beyond what the vendor counted, the first process may only make what is in its hand, and
        what is left of the share."""
        in_hand = sum(s.tokens for p, _, s in self.in_hand if p == 0 and s.period == period)
        self.most_made[period] = self.made_by_first[period] + in_hand + max(0, self.ours - spent)

    @invariant()
    def the_vendors_word_is_kept(self) -> None:
        for period, most in self.most_made.items():
            assert self.made_by_first[period] <= most

    @rule(process=st.sampled_from(PROCESSES))
    def die(self, process: int) -> None:
        """What it had reserved is lost with it; its calls are never made."""
        self.purses[process] = Purse(SCOPE, self.book, self.clock)
        self._tell_limit(process)
        self.in_hand = [each for each in self.in_hand if each[0] != process]

    @rule(hours=st.sampled_from([1.0, 24.0, 31 * 24.0]))
    def time_passes(self, hours: float) -> None:
        self.clock._elapsed += hours * HOUR

    @rule(seconds_before=st.sampled_from([1.0, 1_800.0]), work=works, tokens=st.integers(1, 120))
    def a_period_ends(self, seconds_before: float, work: Work, tokens: int) -> None:
        """Just when somebody draws on it, and what is in hand is given back after it."""
        end = end_of_period(self.clock.now(), self.allowance)
        self.clock._elapsed += (end - self.clock.now()).total_seconds() - seconds_before
        self.take([(0, work, tokens), (1, work, tokens), (0, work, 1)])
        self.clock._elapsed += seconds_before
        self.take([(0, work, 1), (1, work, 1)])
        self.end_calls(len(self.in_hand) - 1, made=False)
        self.take([(0, work, tokens)])

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
    def our_share_is_never_passed(self) -> None:
        backfill = ours_of(self.limit, self.allowance, "backfill")
        for period, tokens in self.vendor.made.items():
            assert tokens <= self.ours
            assert self.vendor.backfilled[period] <= backfill
            assert self._row(period) <= max(self.ours, self.corrected.get(period, 0))

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and hasattr(self, "purses"):
                self._spend_the_rest()
        finally:
            self.loop.run_until_complete(self.store.close())
            self.loop.close()

    def _spend_the_rest(self) -> None:
        """What is left of each share can be drawn, but for the slices that lie in other pots."""
        self.end_calls(len(self.in_hand), made=False)
        period = self.period
        backfilled = self._spend("backfill")
        backfill = ours_of(self.limit, self.allowance, "backfill")
        assert self._row(period) >= backfill
        assert backfilled + self.vendor.backfilled[period] <= backfill
        drawn = backfilled + self._spend("live")
        assert self._row(period) >= self.ours
        assert drawn + self.vendor.made[period] <= self.ours

    def _spend(self, work: Work) -> int:
        """What the first process can draw, in ever smaller portions."""
        drawn, portion = 0, 256
        while portion:
            try:
                self._do(self.purses[0].take(self.allowance, portion, work))
            except OutOfBudget:
                portion //= 2
            else:
                drawn += portion
        return drawn


TestBudgets = BudgetMachine.TestCase
TestBudgets.settings = searching(60, steps=25)


@searching(20)
@given(tokens=st.sampled_from([60, 1_000]), callers=st.integers(1, 6), costs=st.integers(1, 3))
def test_one_process_that_is_told_the_truth_wastes_nothing(
    tokens: int, callers: int, costs: int
) -> None:
    """Callers at once reserve one slice, and an answer that tells what we know takes nothing."""
    clock, allowance = VirtualClock(), Allowance(tokens, 0.5, 0.0, 600)
    drawn = 0

    async def draw() -> None:
        nonlocal drawn
        store = Store.in_memory()
        book = SlowBook(store, clock, random.Random(tokens))
        purse = Purse(SCOPE, book, clock)

        async def take() -> None:
            nonlocal drawn
            await purse.take(allowance, costs, "live")
            drawn += costs
            await purse.correct(allowance, Reading(tokens_left=tokens - drawn))

        await asyncio.gather(*(take() for _ in range(callers)))
        assert await book.spent(SCOPE, period_at(clock.now(), allowance)) == FIRST_SLICE_TOKENS
        while drawn + costs <= tokens // 2:
            await take()
        await store.close()

    asyncio.run(clock.run(draw()))


@searching(20)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.integers(1, 3))
def test_a_call_that_is_turned_away_costs_nothing(costs: list[int], stay: int) -> None:
    """Who gives up while waiting for a window leaves all of the allowance to the others."""
    clock, store = VirtualClock(), Store.in_memory()
    pacing = Pacing(clock, StoredAllowances(store))
    allowance = Allowance(100, 0.5, 0.0, 600)
    limits = Limits("token", (Window(1, 1.0),), 100, SCOPE, allowance)

    async def call(tokens: int) -> None:
        async with pacing.admitted(limits, Price(tokens=tokens), "live"):
            pass

    async def come_and_go() -> None:
        waiting = [asyncio.ensure_future(call(tokens)) for tokens in [1, *costs]]
        await clock.sleep(stay * 0.3)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        admitted = sum(not task.cancelled() for task in waiting)
        assert admitted == 1
        for _ in range(50 - 1):
            await call(1)
        await store.close()

    asyncio.run(clock.run(come_and_go()))


async def test_what_one_process_is_told_leaves_the_reserves_of_the_other() -> None:
    """It knows of less than the row holds, and the vendor counts something between the two."""
    async with Store.in_memory() as store:
        clock, allowance = VirtualClock(), Allowance(1_000, 0.5, 0.25, 600)
        book = StoredAllowances(store)
        first, second = (Purse(SCOPE, book, clock) for _ in PROCESSES)
        await first.take(allowance, 1, "live")
        await first.correct(allowance, Reading(tokens_left=999))
        await second.take(allowance, 370, "live")
        before = await book.spent(SCOPE, period_at(clock.now(), allowance))
        await first.correct(allowance, Reading(tokens_left=900))
        assert await book.spent(SCOPE, period_at(clock.now(), allowance)) == before


async def test_a_slice_is_lost_where_the_vendor_counts_it_to_others() -> None:
    async with Store.in_memory() as store:
        clock, allowance = VirtualClock(), Allowance(1_000, 0.5, 0.0, 600)
        purse = Purse(SCOPE, StoredAllowances(store), clock)
        await purse.take(allowance, 1, "live")
        await purse.correct(allowance, Reading(tokens_left=1_000 - 498))
        await purse.take(allowance, 2, "live")
        with pytest.raises(OutOfBudget):
            await purse.take(allowance, 1, "live")


async def test_a_backfill_draws_on_no_slice_that_live_work_reserved() -> None:
    async with Store.in_memory() as store:
        clock, allowance = VirtualClock(), Allowance(1_000, 0.5, 0.25, 600)
        purse = Purse(SCOPE, StoredAllowances(store), clock)
        for tokens in (370, 10):
            await purse.take(allowance, tokens, "live")
        with pytest.raises(OutOfBudget):
            await purse.take(allowance, 1, "backfill")
        await purse.take(allowance, 1, "live")
