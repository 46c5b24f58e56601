"""Polls against a model: what changed is looked at after it changed, however stamps tie.

The model keeps what each record says. A change counts as heard when the key was marked after it and
then read; in the end every record must have been read as it is, and a quiet vendor costs nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ml_connector.core.faults import Unreachable
from ml_connector.store import pending
from tests.models.ledger import Desk, Shelf, desk
from tests.support.searching import searching

T = TypeVar("T")

IDS = [f"e{n}" for n in range(8)]
SETTLED_SECONDS = 4.0
"""After so long without a change every poll finds nothing new."""

pauses = st.sampled_from([0.0, 0.1, 0.4, 0.9, 1.0, 2.5, 40.0])


class PollMachine(RuleBasedStateMachine):
    """A bookkeeper changes entries, also between two pages, and polls read them."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.entering = desk()
        self.desk: Desk = self.loop.run_until_complete(self.entering.__aenter__())
        self.clock = self.desk.bench.clock
        self.numbers = itertools.count()
        self.happening: list[tuple[str, float]] = []
        self.read: list[dict[str, str]] = [{}, {}]

    @initialize(
        lag=st.sampled_from([0.0, 0.0, 0.0, 3.0, 200.0]),
        tells_time=st.sampled_from([True, True, False]),
        page_size=st.integers(1, 4),
    )
    def open_the_books(self, lag: float, tells_time: bool, page_size: int) -> None:
        self.shelf = Shelf(self.clock.now, page_size, lag, tells_time, between=self._between)
        self.desk.listing[:] = [self.shelf]

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        done: T = self.loop.run_until_complete(self.clock.run(work))
        return done

    def _between(self) -> None:
        """Somebody changes something while the poll goes on."""
        if self.happening:
            id, seconds = self.happening.pop(0)
            self._pass(seconds)
            self._put(id)

    def _put(self, id: str) -> None:
        self.shelf.put(id, f"text {next(self.numbers)}")

    def _pass(self, seconds: float) -> None:
        self.clock._elapsed += seconds  # the listing is read within a step of the clock

    # --- what happens ---------------------------------------------------------------------------

    @rule(ids=st.lists(st.sampled_from(IDS), min_size=1, max_size=8), seconds=pauses)
    def change(self, ids: list[str], seconds: float) -> None:
        for id in ids:
            self._put(id)
        self._pass(seconds)

    @rule(
        happening=st.lists(st.tuples(st.sampled_from(IDS), pauses), max_size=4),
        breaks_after=st.none() | st.integers(0, 3),
        then_works=st.booleans(),
        then_changes=st.booleans(),
    )
    def poll(
        self,
        happening: list[tuple[str, float]],
        breaks_after: int | None,
        then_works: bool,
        then_changes: bool,
    ) -> None:
        """Now and then what was just read changes once more, within the second of its stamp."""
        self.happening = happening
        if breaks_after is not None:
            self.shelf.breaks_at = self.shelf.pages + breaks_after
        with suppress(Unreachable):
            self._do(self.desk.poll())
        self.happening, self.shelf.breaks_at = [], None
        if then_works:
            self.work_off(0, 8)
            self.work_off(1, 8)
        if then_changes and self.shelf.stamps:
            self._put(max(self.shelf.stamps, key=lambda id: self.shelf.stamps[id]))

    @rule(flow=st.integers(0, 1), limit=st.integers(1, 8))
    def work_off(self, flow: int, limit: int) -> None:
        """The engine reads each key that is marked, as it is now."""
        self._pass(0.01)
        taken = self._write(
            lambda c: pending.take(
                c, self.desk.side.row.id, 1, self.clock.now(), limit, [f"f{flow}"]
            )
        )
        for one in taken:
            self.read[flow][one.key] = self.shelf.texts[one.key]
        self._write(lambda c: pending.finish(c, taken))

    def _write(self, work: Any) -> Any:
        return self._do(self.desk.bench.store.write(work))

    # --- what must hold -------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._come_to_rest()
        finally:
            self.loop.run_until_complete(self.entering.__aexit__(None, None, None))
            self.loop.close()

    def _come_to_rest(self) -> None:
        if not hasattr(self, "shelf"):
            return
        self._pass(max(SETTLED_SECONDS, self.shelf.lag_seconds))
        self.poll([], None, False, False)
        for flow in (0, 1):
            for _ in IDS:
                self.work_off(flow, 8)
            assert self.read[flow] == self.shelf.texts
        self._pass(60.0)
        if self.shelf.tells_time:
            assert self._do(self.desk.poll()).marked == 0


TestPolls = PollMachine.TestCase
TestPolls.settings = searching(40, steps=25)
