"""A pause stands over a scope after the vendor refused calls, until the moment its fault names.

When a pause for a spent budget or a closed account is over, one call goes ahead as a probe and the
others wait for what becomes of it; a full rate window needs no probe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from ml_connector.core.faults import OutOfBudget, TooFast, Waiting
from ml_connector.core.limits import Price
from ml_connector.core.ports import Clock

PATIENCE_SECONDS = 10.0
"""How long a call waits within itself for a full rate window before it is raised to the lane."""


def afresh(fault: Waiting) -> Waiting:
    """A fault that says the same; one that is raised many times would hold every traceback."""
    return type(fault)(fault.sentence, fault.until)


class Pause:
    """One fault over one scope, and the probe that is under way, if there is one.

    `ends_at` is on the monotonic clock, since the other one may be set meanwhile.
    """

    def __init__(self, scope: str, fault: Waiting, ends_at: float) -> None:
        self.scope = scope
        self.fault = fault
        self.ends_at = ends_at
        self.probe_ended: asyncio.Event | None = None

    def stops(self, price: Price) -> bool:
        """A spent budget stops only the calls that draw on it."""
        return price.tokens > 0 or not isinstance(self.fault, OutOfBudget)


class Pauses:
    """Those of this process, by scope."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pauses: dict[str, Pause] = {}

    def begin(self, scope: str, fault: Waiting) -> None:
        """Pause the scope. Where it is paused already, the later moment wins."""
        standing, seconds = self._pauses.get(scope), self.seconds_to(fault)
        if standing is None or self._left(standing) <= seconds:
            self._pauses[scope] = Pause(scope, fault, self._clock.monotonic() + seconds)

    def standing(self, scope: str) -> Waiting | None:
        """The fault whose moment has not come yet."""
        pause = self._pauses.get(scope)
        return self._afresh(pause) if pause is not None and self._left(pause) > 0 else None

    def seconds_to(self, fault: Waiting) -> float:
        """From now to the moment that a fault of now names."""
        return (fault.until - self._clock.now()).total_seconds()

    def _left(self, pause: Pause) -> float:
        """A window is full for so long, whatever the wall clock says meanwhile; a day or a month
        may be over by that clock too."""
        left = pause.ends_at - self._clock.monotonic()
        return left if isinstance(pause.fault, TooFast) else min(left, self.seconds_to(pause.fault))

    def _afresh(self, pause: Pause) -> Waiting:
        """As `afresh`, with its moment by the wall clock as that is set now."""
        until = self._clock.now() + timedelta(seconds=self._left(pause))
        return type(pause.fault)(pause.fault.sentence, until)

    async def pass_by(self, scopes: Sequence[str], price: Price, probe: bool) -> list[Pause]:
        """Get past the pauses of those scopes; returns those for which this call is the probe.

        Raises the pause's fault. The caller answers for each returned pause with `end_probe`.
        """
        probed: list[Pause] = []
        try:
            for scope in scopes:
                pause = await self._pass_one(scope, price, probe)
                if pause is not None:
                    probed.append(pause)
        except BaseException:
            self.end_probe(probed, answered=False)
            raise
        return probed

    async def _pass_one(self, scope: str, price: Price, probe: bool) -> Pause | None:
        while (pause := self._pauses.get(scope)) is not None and pause.stops(price):
            seconds, is_window = self._left(pause), isinstance(pause.fault, TooFast)
            if is_window and seconds <= PATIENCE_SECONDS:
                return None  # over, or so soon over that the limiter is held for the rest
            if seconds > 0 and (is_window or not probe):  # nobody is let in while a window is full
                raise self._afresh(pause)
            if pause.probe_ended is None:
                pause.probe_ended = asyncio.Event()
                return pause
            await pause.probe_ended.wait()
        return None

    def refuse(self, scopes: Sequence[str], price: Price, probed: Sequence[Pause]) -> None:
        """Raise the fault of a pause that began while the call waited for its turn."""
        for scope in scopes:
            pause = self._pauses.get(scope)
            if pause is None or pause in probed or not pause.stops(price):
                continue
            if self._left(pause) > 0:
                raise self._afresh(pause)

    def end_probe(self, probed: Sequence[Pause], *, answered: bool) -> None:
        """Lift those pauses where the call was answered and did not pause them anew."""
        for pause in probed:
            if answered and self._pauses.get(pause.scope) is pause:
                del self._pauses[pause.scope]
            if pause.probe_ended is not None:
                pause.probe_ended.set()
            pause.probe_ended = None
