"""Pacing knows before it asks: no call leaves before every limit that a vendor meters lets it.

Limits belong to scopes (a token, a company), and connections that share a scope share its limiter,
its allowance and its pauses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ml_connector.core.faults import Fault, OutOfBudget, TooFast, Waiting
from ml_connector.core.limits import Limits, Price, Reading
from ml_connector.core.ports import Clock
from ml_connector.core.wire import Work
from ml_connector.http.allowance import AllowanceBook, Purse, next_period
from ml_connector.http.limiter import Limiter
from ml_connector.http.pauses import PATIENCE_SECONDS, Pause, Pauses
from ml_connector.http.refusals import Refusals

DAY_REFUSALS, MONTH_REFUSALS = 2, 3
"""So many calls, each after the silence that the one before it asked for, show a spent allowance. A
month is long, so one more is wanted."""


class Pacing:
    """All limiters, allowances and pauses of this process."""

    def __init__(self, clock: Clock, book: AllowanceBook) -> None:
        self._clock = clock
        self._book = book
        self._limiters: dict[str, Limiter] = {}
        self._purses: dict[str, Purse] = {}
        self._pauses = Pauses(clock)
        self._refusals = Refusals()

    @asynccontextmanager
    async def admitted(
        self, limits: Limits, price: Price, work: Work, *, probe: bool = False
    ) -> AsyncIterator[None]:
        """Wait for the turn of one call, which is made within the context.

        A `probe` passes a pause whose moment has not come, one at a time. Leaving the context
        without an exception means that the vendor answered, which lifts a pause that was probed
        unless it was paused anew. Raises TooFast, OutOfBudget or AccountClosed with the moment at
        which it is worth asking again.
        """
        probed = await self._pauses.pass_by(scopes_of(limits), price, probe)
        answered = False
        try:
            limiter = await self._enter(limits, price, work, probed)
            try:
                yield
            finally:
                limiter.leave()
            answered = True
        finally:
            self._pauses.end_probe(probed, answered=answered)

    def told_apart(
        self, limits: Limits, price: Price, fault: Fault | None, reading: Reading, started: float
    ) -> Fault | None:
        """The fault of a call that began at `started`, a full window told from a spent allowance.

        Where the vendor says that tokens are left, or wants a wait of minutes, it is taken at its
        word; only a month that is spent is seen by metered calls that are refused after each wait.
        """
        scope, allowance = limits.token_scope, limits.allowance
        is_monthly = allowance is not None and allowance.period == "month"
        if is_monthly and not price.tokens:
            return fault
        if not isinstance(fault, TooFast):
            if fault is None:
                self._refusals.answered(scope, started)
            return fault
        seconds = self._pauses.seconds_to(fault)
        if allowance is None or reading.tokens_left:
            return fault
        if seconds > PATIENCE_SECONDS and not is_monthly:
            return fault
        silence = max(seconds, *(window.seconds for window in limits.windows))
        times = self._refusals.refused(scope, started, self._clock.monotonic(), silence)
        if times < (MONTH_REFUSALS if is_monthly else DAY_REFUSALS):
            return fault
        return OutOfBudget(
            "The vendor refuses every call, after a pause too: "
            f"the {allowance.period}'s allowance is spent.",
            next_period(self._clock.now(), allowance),
        )

    def pause(self, scope: str, fault: Waiting) -> None:
        """Make no call in that scope until `fault.until`; a later moment wins over a sooner one."""
        self._pauses.begin(scope, fault)
        if isinstance(fault, TooFast):
            limiter = self._limiter(scope)
            seconds = self._pauses.seconds_to(fault)
            limiter.hold(seconds)
            if seconds > PATIENCE_SECONDS:
                limiter.turn_away(fault)

    def paused(self, scope: str) -> Waiting | None:
        """The fault for which a scope is paused at this moment; its `until` is still to come."""
        return self._pauses.standing(scope)

    async def correct(self, limits: Limits, price: Price, reading: Reading) -> None:
        """Take over what an answer's headers say is left.

        `price` is that of the answered call: the headers of a call of a special kind may speak of
        that kind's window, so they do not correct the general one.
        """
        if not price.kind:
            self._limiter(limits.token_scope).correct(reading)
        if limits.allowance is not None:
            await self._purse(limits).correct(limits.allowance, reading)

    def _limiter(self, scope: str) -> Limiter:
        limiter = self._limiters.get(scope)
        if limiter is None:
            limiter = self._limiters[scope] = Limiter(self._clock)
        return limiter

    def _purse(self, limits: Limits) -> Purse:
        scope = company_scope_of(limits)
        if scope not in self._purses:
            self._purses[scope] = Purse(scope, self._book, self._clock)
        return self._purses[scope]

    async def _enter(
        self, limits: Limits, price: Price, work: Work, probed: list[Pause]
    ) -> Limiter:
        """Spend the tokens, then queue at the limiter; a call that is turned away costs nothing."""
        limiter = self._limiter(limits.token_scope)
        limiter.declare(limits)
        spent = None
        if limits.allowance is not None and price.tokens > 0:
            spent = await self._purse(limits).take(limits.allowance, price.tokens, work)
        try:
            await limiter.enter(price.kind, work)
            try:
                self._pauses.refuse(scopes_of(limits), price, probed)
            except Waiting:
                limiter.leave()
                raise
        except BaseException:
            if spent is not None:
                self._purse(limits).give_back(spent)
            raise
        return limiter


def company_scope_of(limits: Limits) -> str:
    """What the allowance belongs to."""
    return limits.company_scope or limits.token_scope


def scopes_of(limits: Limits) -> tuple[str, ...]:
    """All scopes of one call, always in one order, so that no two calls wait for each other."""
    if limits.company_scope in ("", limits.token_scope):
        return (limits.token_scope,)
    return (limits.token_scope, limits.company_scope)
