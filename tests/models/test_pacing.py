"""Pacing against a counting vendor: never above a window, never idle for long while there is work.

The vendor counts what reaches it and nothing else. Callers come and go, are cancelled in whatever
place they stand, answers correct us, the wall clock is set back and forth, and pauses begin and
end; of all that only the vendor's count matters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from ml_connector.core.faults import TooFast, Waiting
from ml_connector.core.limits import Price, Reading, Window
from ml_connector.core.wire import Work
from ml_connector.http.pacing import Pacing
from ml_connector.http.pauses import PATIENCE_SECONDS
from tests.http.book import MemoryBook
from tests.http.calls import SCOPE, Calls, limits
from tests.http.test_windows import most_in_any_window
from tests.support.clock import VirtualClock
from tests.support.searching import searching

WINDOWS = (Window(6, 2.0), Window(2, 2.0, "search"))
DECLARED = limits(*WINDOWS, at_once=3)

works: st.SearchStrategy[Work] = st.sampled_from(["live", "retry", "backfill"])
moments = st.floats(0, 12, allow_nan=False) | st.integers(0, 6).map(float)


class JumpyClock(VirtualClock):
    """Its wall clock is set while its monotonic one runs on."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


@dataclass(frozen=True)
class Call:
    at: float
    work: Work
    kind: str
    seconds: float
    cancelled_after: float | None
    cancels_others: bool = False
    """In the moment of its end, in which one of them has just been let in."""


@dataclass(frozen=True)
class Told:
    """What an answer's headers say: so many left, for so long; None names no moment."""

    at: float
    left: int
    reset_seconds: float | None


@dataclass(frozen=True)
class Jump:
    """Somebody sets the wall clock."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Pause:
    """The vendor asks for a wait."""

    at: float
    seconds: float


Deed = Call | Told | Jump | Pause
deeds = st.one_of(
    st.builds(
        Call, moments, works, st.sampled_from(["", "", "search"]), st.floats(0, 3, allow_nan=False),
        st.none() | st.floats(0, 4, allow_nan=False), st.booleans(),
    ),
    st.builds(Told, moments, st.integers(-2, 7), st.none() | st.floats(0, 5, allow_nan=False)),
    st.builds(Jump, moments, st.sampled_from([-86_400.0, -30.0, 30.0, 86_400.0])),
    st.builds(Pause, moments, st.floats(0, 15, allow_nan=False)),
)  # fmt: skip


@dataclass
class Stage:
    """Where the deeds are done; `held` are the stretches in which the vendor wants no call."""

    clock: JumpyClock
    pacing: Pacing
    calls: Calls
    held: list[tuple[float, float]]
    turned_away: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def do(self, deed: Deed) -> None:
        await self.clock.sleep(deed.at)
        if isinstance(deed, Call):
            await self._call(deed)
        elif isinstance(deed, Told):
            reading = Reading(window_left=deed.left, window_reset_seconds=deed.reset_seconds)
            await self.pacing.correct(DECLARED, Price(), reading)
        elif isinstance(deed, Jump):
            self.clock.ahead += timedelta(seconds=deed.seconds)
        else:
            began = self.clock.monotonic()
            until = self.clock.now() + timedelta(seconds=deed.seconds)
            self.pacing.pause(SCOPE, TooFast("Too fast.", until))
            self.held.append((began, began + deed.seconds))

    async def _call(self, call: Call) -> None:
        task = asyncio.ensure_future(self._made(call))
        self.tasks.append(task)
        if call.cancelled_after is not None:
            await self.clock.sleep(call.cancelled_after)
            task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            assert isinstance(task.exception(), Waiting)
            self.turned_away += 1

    async def _made(self, call: Call) -> None:
        price = Price(kind=call.kind)
        await self.calls.make(DECLARED, call.kind, call.work, price, call.seconds)
        own = asyncio.current_task()
        for task in [t for t in self.tasks if t is not own and not t.done()]:
            if call.cancels_others:
                task.cancel()


def stage() -> Stage:
    clock = JumpyClock()
    pacing = Pacing(clock, MemoryBook())
    return Stage(clock, pacing, Calls(clock, pacing), [])


async def run(clock: VirtualClock, works: Sequence[Callable[[], Awaitable[None]]]) -> None:
    await clock.run(_all(work() for work in works))


@searching(120)
@given(st.lists(deeds, min_size=5, max_size=40))
@example([Pause(1.0, 5.0), Jump(1.5, -86_400.0), Call(2.0, "live", "", 0.0, None)])
@example([Pause(1.0, 15.0), Jump(1.5, -86_400.0), Call(30.0, "live", "", 0.0, None)])
@example([Call(float(n > 2) / 2, "live", "", 1.0, None, n == 0) for n in range(4)])
def test_no_interleaving_passes_a_window_or_leaves_anybody_waiting(script: list[Deed]) -> None:
    """A clock set back by a day turned a pause of seconds into one of a day."""
    at = stage()
    asyncio.run(run(at.clock, [lambda deed=deed: at.do(deed) for deed in script]))  # type: ignore[misc]  # mypy infers no lambda with a default
    for window in WINDOWS:
        counted = [m for kind, m in at.calls.started if window.kind in ("", kind)]
        assert most_in_any_window(counted, window.seconds) <= window.calls
    assert at.calls.most_running <= DECLARED.at_once
    for moment in at.calls.moments:
        assert not any(begin < moment < end - 1e-6 for begin, end in at.held)
    if all(pause.seconds <= PATIENCE_SECONDS for pause in script if isinstance(pause, Pause)):
        assert at.turned_away == 0
    asyncio.run(_answers_afterwards(at))


async def _answers_afterwards(at: Stage) -> None:
    """Once every pause is over, as many as may run at once go through at the very next chance."""
    longest = max((end for _, end in at.held), default=0.0)
    at.clock._elapsed = max(at.clock.monotonic(), longest) + 20.0
    at.calls.most_running, before = 0, at.clock.monotonic()
    together = (at.calls.make(DECLARED, seconds=3.0) for _ in range(DECLARED.at_once))
    await at.clock.run(_all(together))
    assert at.calls.most_running == DECLARED.at_once
    assert at.clock.monotonic() - before < 4.0


async def _all(works: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*works)


@searching(40)
@given(
    calls=st.integers(1, 12),
    seconds=st.sampled_from([1.0, 2.0, 10.0, 60.0]),
    lasting=st.floats(0, 0.5, allow_nan=False),
    order=st.lists(works, min_size=1, max_size=6),
    leaving=st.lists(st.floats(0, 100, allow_nan=False), max_size=10),
)
def test_nine_tenths_are_used_while_anybody_wants_to(
    calls: int, seconds: float, lasting: float, order: list[Work], leaving: list[float]
) -> None:
    """Whoever gives up while waiting costs nothing, and shares of windows are nobody's own."""
    at, declared = stage(), limits(Window(calls, seconds))
    rounds = 8
    wanted = calls * rounds

    async def one(n: int) -> None:
        await at.calls.make(declared, "", order[n % len(order)], seconds=lasting * seconds)

    async def gives_up(after: float) -> None:
        task = asyncio.ensure_future(at.calls.make(declared, "given up"))
        await at.clock.sleep(after)
        task.cancel()
        await asyncio.wait([task])

    async def all_of_them() -> None:
        await asyncio.gather(*(one(n) for n in range(wanted)), *(gives_up(a) for a in leaving))

    asyncio.run(at.clock.run(all_of_them()))
    horizon = max(at.calls.moments)
    assert len(at.calls.moments) >= 0.9 * calls * (horizon / seconds)
    assert most_in_any_window(at.calls.moments, seconds) <= calls


@searching(40)
@given(
    phase=st.floats(0, 2, allow_nan=False),
    lateness=st.lists(st.floats(0, 0.09, allow_nan=False), min_size=1, max_size=8),
    gaps=st.lists(st.floats(0, 1.5, allow_nan=False), min_size=5, max_size=60),
)
def test_a_vendor_that_counts_in_fixed_windows_never_refuses(
    phase: float, lateness: list[float], gaps: list[float]
) -> None:
    """Its windows begin when they like, calls are on their way for a while, and each answer tells
    how many are left; we alone draw on it."""
    vendor = FixedWindows(calls=5, seconds=2.0, phase=phase)
    at, declared = stage(), limits(Window(5, 2.0))

    async def one(n: int, gap: float) -> None:
        await at.clock.sleep(gap)
        async with at.pacing.admitted(declared, Price(), "live"):
            await at.clock.sleep(lateness[n % len(lateness)])
            reading = vendor.answer(at.clock.monotonic())
        await at.pacing.correct(declared, Price(), reading)

    moments = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    asyncio.run(
        run(at.clock, [lambda n=n, m=m: one(n, m) for n, m in enumerate(moments)])  # type: ignore[misc]  # as above
    )
    assert vendor.refused == 0
    assert sum(vendor.counts.values()) == len(gaps)


@dataclass
class FixedWindows:
    """Counts from a moment of its own for so many seconds, then anew."""

    calls: int
    seconds: float
    phase: float

    def __post_init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.refused = 0

    def answer(self, now: float) -> Reading:
        number = int((now + self.phase) // self.seconds)
        self.counts[number] = self.counts.get(number, 0) + 1
        self.refused += self.counts[number] > self.calls
        ends = (number + 1) * self.seconds - self.phase
        return Reading(self.calls - self.counts[number], ends - now)
