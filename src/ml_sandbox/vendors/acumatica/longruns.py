"""A long operation runs on the server after its action was answered 202.

Its status address answers 202 while it runs and 204 when it has ended; while it runs, the same
session finds its form locked (sheet, section 6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica.errors import Failure, px

LOCKED_TEXT = "The previous operation has not been completed yet."


@dataclass
class LongRun:
    """`work()` does it, once, and may raise the failure that the status address then answers."""

    id: str
    session: str
    form: str
    polls_left: int
    ends: datetime
    work: Callable[[], None]
    failure: Failure | None = None
    is_done: bool = False

    def finish(self) -> None:
        self.is_done = True
        try:
            self.work()
        except Failure as failure:
            self.failure = failure


class LongRuns:
    """All long operations of the site; those that nobody asks about end by the clock."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._runs: dict[str, LongRun] = {}
        self._running: dict[str, LongRun] = {}

    def start(self, run_id: str, session: str, form: str, work: Callable[[], None]) -> LongRun:
        ends = self._site.now() + timedelta(seconds=float(self._site.switch("action_seconds")))
        polls = int(self._site.switch("action_polls"))
        run = LongRun(run_id, session, form, polls, ends, self._failing(work))
        self._runs[run_id] = self._running[run_id] = run
        return run

    def _failing(self, work: Callable[[], None]) -> Callable[[], None]:
        """The work, or the failure that the switch orders."""
        text = str(self._site.switch("action_error"))
        status = int(self._site.switch("action_error_status"))

        def fail() -> None:
            raise px(status, text)

        return fail if text else work

    def settle(self) -> None:
        """Ends what is due by the clock; called before anything is looked at."""
        now = self._site.now()
        for run in [run for run in self._running.values() if run.ends <= now]:
            self._finish(run)

    def _finish(self, run: LongRun) -> None:
        del self._running[run.id]
        run.finish()

    def check_lock(self, session: str, form: str) -> None:
        """Raises the failure of a request on a form whose operation still runs."""
        if any((run.session, run.form) == (session, form) for run in self._running.values()):
            raise px(500, LOCKED_TEXT)

    def poll(self, run_id: str) -> bool | None:
        """Whether it has ended, None for an unknown one; raises the failure it ended with."""
        run = self._runs.get(run_id)
        if run is None:
            return None
        if not run.is_done and run.polls_left <= 0:
            self._finish(run)
        if not run.is_done:
            run.polls_left -= 1
            return False
        if run.failure is not None:
            raise run.failure
        return True
