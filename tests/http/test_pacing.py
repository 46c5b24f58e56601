"""Pacing under a virtual clock: windows, the at-once cap, priority, allowance, pauses, probes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.core.faults import AccountClosed, OutOfBudget, TooFast
from ml_connector.core.limits import Allowance, Price, Reading, Window
from ml_connector.core.wire import Work
from ml_connector.http.pacing import Pacing
from tests.http.book import MemoryBook
from tests.http.calls import COMPANY, DAY, SCOPE, Calls, limits
from tests.http.test_windows import most_in_any_window
from tests.support.clock import VirtualClock, settle


async def test_no_more_than_the_window_and_nearly_as_many(calls: Calls) -> None:
    declared = limits(Window(10, 2.0))
    await calls.clock.run(_gather(calls.make(declared) for _ in range(100)))
    assert most_in_any_window(calls.moments, 2.0) == 10
    assert calls.clock.monotonic() <= 100 / 10 * 2.0 / 0.9


async def test_no_more_at_once_than_the_cap(calls: Calls) -> None:
    declared = limits(at_once=3)
    await calls.clock.run(_gather(calls.make(declared, seconds=1.0) for _ in range(10)))
    assert calls.most_running == 3
    assert calls.clock.monotonic() == pytest.approx(4.0)


async def test_connections_that_share_a_token_share_its_window(calls: Calls) -> None:
    one, other = limits(Window(2, 2.0)), limits(Window(2, 2.0))
    await calls.clock.run(_gather(calls.make(d) for d in (one, other, one, other)))
    assert most_in_any_window(calls.moments, 2.0) == 2
    elsewhere = limits(Window(2, 2.0), token="token:2")
    before = calls.clock.monotonic()
    await calls.clock.run(_gather(calls.make(elsewhere) for _ in range(2)))
    assert calls.moments[-2:] == [before, before]


async def test_live_goes_before_retry_before_backfill(calls: Calls) -> None:
    declared = limits(Window(1, 1.0))
    waiting: list[tuple[str, Work]] = [
        ("first", "backfill"), ("b1", "backfill"), ("b2", "backfill"), ("r1", "retry"),
        ("l1", "live"), ("r2", "retry"), ("l2", "live"),
    ]  # fmt: skip
    await calls.clock.run(_gather(calls.make(declared, n, w) for n, w in waiting))
    assert calls.names == ["first", "l1", "l2", "r1", "r2", "b1", "b2"]


async def test_a_search_that_waits_does_not_hold_up_other_calls(calls: Calls) -> None:
    declared = limits(Window(100, 2.0), Window(1, 2.0, "search"))
    search = Price(kind="search")
    await calls.clock.run(
        _gather([
            calls.make(declared, "s1", price=search),
            calls.make(declared, "s2", price=search),
            calls.make(declared, "plain", "backfill"),
        ])
    )  # fmt: skip
    assert calls.names == ["s1", "plain", "s2"]
    assert dict(calls.started)["plain"] == 0.0
    assert dict(calls.started)["s2"] >= 2.0


async def test_a_cancelled_waiter_leaves_no_trace(calls: Calls) -> None:
    declared = limits(Window(1, 1.0), at_once=1)
    tasks = [asyncio.ensure_future(calls.make(declared, str(n))) for n in range(3)]
    await settle()
    tasks[1].cancel()
    await calls.clock.advance(10)
    assert calls.names == ["0", "2"]
    assert tasks[1].cancelled()
    await calls.clock.run(calls.make(declared, "after"))
    assert calls.names[-1] == "after"


async def test_one_that_is_cancelled_before_it_is_let_in_is_passed_over(calls: Calls) -> None:
    declared = limits(at_once=1)
    first = asyncio.ensure_future(calls.make(declared, "first", seconds=1.0))
    second = asyncio.ensure_future(calls.make(declared, "second"))
    await settle()
    for waiting in (first, second):
        waiting.cancel()
    await settle()
    await calls.clock.run(calls.make(declared, "third"))
    assert calls.names == ["first", "third"]


async def test_one_that_is_cancelled_as_it_is_let_in_gives_its_place_back(calls: Calls) -> None:
    declared = limits(at_once=1)
    async with calls.pacing.admitted(declared, Price(), "live"):
        second = asyncio.ensure_future(calls.make(declared, "second"))
        await settle()
    second.cancel()  # it is let in already, and has not run since
    await settle()
    await calls.clock.run(calls.make(declared, "third"))
    assert calls.names == ["third"]


async def test_a_wider_limit_counts_at_once(calls: Calls) -> None:
    await calls.clock.run(calls.make(limits(Window(1, 60.0))))
    wider = limits(Window(5, 60.0))
    await calls.clock.run(_gather(calls.make(wider) for _ in range(5)))
    assert calls.moments[:5] == pytest.approx([0.0, 0.1, 0.1, 0.1, 0.1])
    assert calls.moments[5] >= 60.0


@given(
    seed_calls=st.lists(
        st.tuples(
            st.floats(0, 3, allow_nan=False),
            st.sampled_from(["live", "retry", "backfill"]),
            st.sampled_from(["", "search"]),
            st.floats(0, 2, allow_nan=False),
            st.booleans(),
        ),
        max_size=40,
    ),
    at_once=st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_no_interleaving_breaks_a_limit(
    seed_calls: list[tuple[float, Work, str, float, bool]], at_once: int
) -> None:
    async def scenario() -> None:
        clock = VirtualClock()
        calls = Calls(clock, Pacing(clock, MemoryBook()))
        declared = limits(Window(4, 2.0), Window(2, 2.0, "search"), at_once=at_once)

        async def one(delay: float, work: Work, kind: str, seconds: float, stop: bool) -> None:
            await clock.sleep(delay)
            task = asyncio.ensure_future(
                calls.make(declared, kind, work, Price(kind=kind), seconds)
            )
            if stop:
                await clock.sleep(seconds)
                task.cancel()
            await asyncio.wait([task])

        await clock.run(_gather(one(*seed) for seed in seed_calls))
        assert most_in_any_window(calls.moments, 2.0) <= 4
        assert most_in_any_window([m for n, m in calls.started if n == "search"], 2.0) <= 2
        assert calls.most_running <= at_once

    asyncio.run(scenario())


async def test_the_vendors_header_makes_us_wait_for_the_reset(calls: Calls) -> None:
    declared = limits(Window(10, 2.0))
    await calls.clock.run(calls.make(declared))
    await calls.pacing.correct(declared, Price(), Reading(window_left=0, window_reset_seconds=1.5))
    await calls.clock.run(calls.make(declared))
    assert calls.moments == [0.0, pytest.approx(1.6)]


async def test_a_reset_that_is_a_moment_and_no_distance_stops_nobody_for_years(
    calls: Calls,
) -> None:
    declared = limits(Window(10, 2.0))
    reading = Reading(window_left=0, window_reset_seconds=1_800_000_000.0)
    await calls.clock.run(calls.make(declared))
    await calls.pacing.correct(declared, Price(), reading)
    await calls.clock.run(calls.make(declared))
    assert calls.moments == [0.0, pytest.approx(60.1)]


async def test_the_header_of_a_search_does_not_correct_the_general_window(calls: Calls) -> None:
    declared = limits(Window(10, 2.0))
    reading = Reading(window_left=0, window_reset_seconds=1.5)
    await calls.clock.run(calls.make(declared))
    await calls.pacing.correct(declared, Price(kind="search"), reading)
    await calls.clock.run(calls.make(declared))
    assert calls.moments == [0.0, 0.1]


ALLOWANCE = Allowance(tokens=1000, share=0.5, live_share=0.2, reset_slack_seconds=600)


async def spend_all(calls: Calls, work: Work, tokens: int = 5) -> tuple[int, OutOfBudget]:
    declared = limits(allowance=ALLOWANCE)
    spent = 0
    while True:
        try:
            await calls.clock.run(calls.make(declared, "", work, Price(tokens), seconds=0.0))
        except OutOfBudget as fault:
            return spent, fault
        spent += tokens


async def test_a_backfill_leaves_the_live_share(calls: Calls, book: MemoryBook) -> None:
    backfill, fault = await spend_all(calls, "backfill")
    assert backfill == 400
    assert fault.until == datetime(2026, 5, 5, 0, 10, tzinfo=UTC)
    live, _ = await spend_all(calls, "live")
    assert (live, book.days[COMPANY, DAY]) == (100, 500)


async def test_live_work_may_use_the_whole_share(calls: Calls) -> None:
    assert (await spend_all(calls, "live"))[0] == 500


async def test_two_processes_never_overspend_together(clock: VirtualClock) -> None:
    book = MemoryBook()
    one, other = Calls(clock, Pacing(clock, book)), Calls(clock, Pacing(clock, book))
    spent = sum([(await spend_all(c, "live", 7))[0] for c in (one, other)])
    assert spent <= 500
    assert book.days[COMPANY, DAY] == 500


async def test_the_book_is_asked_seldom_and_a_short_run_reserves_little(
    calls: Calls, book: MemoryBook
) -> None:
    declared = limits(allowance=Allowance(100_000, 1.0, 0.0, 0))
    await calls.clock.run(calls.make(declared, price=Price(5)))
    assert book.days[COMPANY, DAY] <= 25
    for _ in range(999):
        await calls.clock.run(calls.make(declared, price=Price(5), seconds=0.0))
    assert len(book.reservations) <= 16
    assert 5000 <= book.days[COMPANY, DAY] <= 5500


async def test_a_new_day_has_a_new_allowance(calls: Calls) -> None:
    await spend_all(calls, "live")
    await calls.clock.advance(15 * 3600 + 1)
    assert (await spend_all(calls, "live"))[0] == 500


async def test_free_calls_go_on_when_the_allowance_is_gone(calls: Calls) -> None:
    await spend_all(calls, "live")
    await calls.clock.run(calls.make(limits(allowance=ALLOWANCE), "free"))
    assert calls.names[-1] == "free"


async def test_the_vendor_counted_more_than_we_did(calls: Calls, book: MemoryBook) -> None:
    declared = limits(allowance=ALLOWANCE)
    await calls.clock.run(calls.make(declared, price=Price(5)))
    await calls.pacing.correct(declared, Price(5), Reading(tokens_left=510, tokens_limit=1000))
    assert book.days[COMPANY, DAY] == 490
    assert (await spend_all(calls, "live"))[0] == 10


async def test_the_vendor_grants_another_allowance_than_we_thought(calls: Calls) -> None:
    declared = limits(allowance=ALLOWANCE)
    await calls.pacing.correct(declared, Price(5), Reading(tokens_left=200, tokens_limit=200))
    assert (await spend_all(calls, "live"))[0] == 100


async def test_a_call_that_is_turned_away_costs_nothing(calls: Calls, book: MemoryBook) -> None:
    declared = limits(Window(1, 60.0), allowance=ALLOWANCE)
    await calls.clock.run(calls.make(declared, price=Price(5)))
    waiting = asyncio.ensure_future(calls.make(declared, price=Price(300)))
    await settle()
    waiting.cancel()
    await settle()
    fresh = limits(allowance=ALLOWANCE)
    await calls.clock.run(calls.make(fresh, price=Price(480)))
    assert book.days[COMPANY, DAY] <= 500


def too_fast(clock: VirtualClock, seconds: float) -> TooFast:
    return TooFast("Too fast.", clock.now() + timedelta(seconds=seconds))


async def test_a_short_pause_is_waited_for(calls: Calls) -> None:
    calls.pacing.pause(SCOPE, too_fast(calls.clock, 4))
    await calls.clock.run(calls.make(limits()))
    assert calls.moments == [4.0]


async def test_a_long_pause_is_raised_at_once_and_to_those_who_wait(calls: Calls) -> None:
    declared = limits(Window(1, 30.0))
    await calls.clock.run(calls.make(declared))
    waiting = asyncio.ensure_future(calls.make(declared))
    await settle()
    fault = too_fast(calls.clock, 60)
    calls.pacing.pause(SCOPE, fault)
    with pytest.raises(TooFast):
        await waiting
    with pytest.raises(TooFast) as caught:
        await calls.clock.run(calls.make(declared))
    assert caught.value.until == fault.until
    standing = calls.pacing.paused(SCOPE)
    assert standing is not None
    assert standing.until == fault.until
    await calls.clock.advance(60)
    assert calls.pacing.paused(SCOPE) is None
    await calls.clock.run(calls.make(declared))


async def test_the_end_of_a_long_pause_is_waited_for(calls: Calls) -> None:
    calls.pacing.pause(SCOPE, too_fast(calls.clock, 60))
    await calls.clock.advance(55)
    await calls.clock.run(calls.make(limits()))
    assert calls.moments == [60.0]


Pausing = Callable[[str, datetime], OutOfBudget | AccountClosed]


@pytest.mark.parametrize("kind", [OutOfBudget, AccountClosed])
async def test_after_a_pause_one_call_goes_ahead_and_the_others_follow(
    calls: Calls, kind: Pausing
) -> None:
    calls.pacing.pause(COMPANY, kind("Closed.", calls.clock.now() + timedelta(hours=1)))
    with pytest.raises((OutOfBudget, AccountClosed)):
        await calls.clock.run(calls.make(limits(), price=Price(1)))
    await calls.clock.advance(3600)
    await calls.clock.run(
        _gather(calls.make(limits(), str(n), price=Price(1), seconds=2.0) for n in range(3))
    )
    assert calls.started == [("0", 3600.0), ("1", 3602.0), ("2", 3602.0)]


async def test_a_probe_without_an_answer_leaves_the_next_call_to_probe(calls: Calls) -> None:
    calls.pacing.pause(COMPANY, AccountClosed("Closed.", calls.clock.now()))

    async def unanswered() -> None:
        async with calls.pacing.admitted(limits(), Price(), "live"):
            await calls.clock.sleep(1.0)
            raise ConnectionError

    async def all_three() -> tuple[BaseException | None, ...]:
        others = (calls.make(limits(), name) for name in ("next", "last"))
        return tuple(await asyncio.gather(unanswered(), *others, return_exceptions=True))

    results = await calls.clock.run(all_three())
    assert isinstance(results[0], ConnectionError)
    assert calls.started == [("next", 1.0), ("last", pytest.approx(1.1))]


async def test_a_probe_that_finds_it_still_closed_turns_the_others_away(calls: Calls) -> None:
    calls.pacing.pause(COMPANY, AccountClosed("Closed.", calls.clock.now()))

    async def refused() -> None:
        async with calls.pacing.admitted(limits(), Price(), "live"):
            await calls.clock.sleep(1.0)
            until = calls.clock.now() + timedelta(days=1)
            calls.pacing.pause(COMPANY, AccountClosed("Still closed.", until))

    async def both() -> tuple[BaseException | None, BaseException | None]:
        return await asyncio.gather(refused(), calls.make(limits()), return_exceptions=True)

    results = await calls.clock.run(both())
    assert results[0] is None
    assert isinstance(results[1], AccountClosed)
    assert calls.started == []


async def test_a_daily_probe_passes_a_pause_and_lifts_it(calls: Calls) -> None:
    calls.pacing.pause(COMPANY, AccountClosed("Closed.", calls.clock.now() + timedelta(days=20)))
    with pytest.raises(AccountClosed):
        await calls.clock.run(calls.make(limits()))
    await calls.clock.run(calls.make(limits(), "probe", probe=True))
    await calls.clock.run(calls.make(limits(), "after"))
    assert calls.names == ["probe", "after"]


async def test_a_probe_does_not_wait_for_a_full_window(calls: Calls) -> None:
    """Whoever asks, a lane or a person, is told at once how long that takes."""
    fault = too_fast(calls.clock, 900)
    calls.pacing.pause(SCOPE, fault)
    with pytest.raises(TooFast) as caught:
        await calls.clock.run(calls.make(limits(), "probe", probe=True))
    assert (caught.value.until, calls.names) == (fault.until, [])
    await calls.clock.advance(900)
    await calls.clock.run(calls.make(limits(), "after", probe=True))
    assert calls.names == ["after"]


async def test_a_spent_budget_does_not_stop_free_calls(calls: Calls) -> None:
    calls.pacing.pause(COMPANY, OutOfBudget("Spent.", calls.clock.now() + timedelta(hours=1)))
    await calls.clock.run(calls.make(limits(), "free"))
    with pytest.raises(OutOfBudget):
        await calls.clock.run(calls.make(limits(), price=Price(1)))


async def test_a_pause_that_began_while_a_call_waited_stops_it(calls: Calls) -> None:
    declared = limits(Window(1, 5.0))
    await calls.clock.run(calls.make(declared))
    waiting = asyncio.ensure_future(calls.make(declared, "waiting"))
    await settle()
    calls.pacing.pause(COMPANY, AccountClosed("Closed.", calls.clock.now() + timedelta(days=1)))
    await calls.clock.advance(6)
    with pytest.raises(AccountClosed):
        await waiting


async def _gather(works: object) -> None:
    await asyncio.gather(*works)  # type: ignore[misc]  # a generator or a list of coroutines
