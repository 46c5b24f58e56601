"""Fates are what befalls the process: it is killed, or stops for a while in the midst of its work,
and another one may take that over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from tests.support.clock import VirtualClock

from .house import House, Life


class Fates:
    """Each kind of fate is a method. `surprise` takes what must never happen."""

    def __init__(self, house: House, clock: VirtualClock, surprise: Callable[[str], None]) -> None:
        self._house = house
        self._clock = clock
        self._surprise = surprise
        self._struck: list[Life] = []
        """Lives that are frozen, or about to be struck: nobody else thaws or freezes them."""

    async def crash(self, draw: random.Random) -> None:
        life = self._house.life
        if life is not None and life not in self._struck and draw.random() < 0.8:
            self._struck.append(life)
            await self._in_the_midst(draw)
        await self._house.crash()
        await self._clock.sleep(draw.choice((0.0, 0.5, 20.0, 600.0)))
        if self._house.life is None:
            await self._house.start_anyhow()

    async def _in_the_midst(self, draw: random.Random) -> None:
        """Returns after so many more steps of the process, or after an hour without them: what is
        struck is mostly at work then."""
        life, left = self._house.life, draw.randint(1, 30)
        if life is None:
            return
        reached = asyncio.Event()

        def count(step: str) -> bool:
            nonlocal left
            left -= 1
            if left == 0:
                life.process.freeze()  # nothing more happens until the blow
                reached.set()
            return False

        life.process.dies_at = count
        bored = asyncio.ensure_future(self._clock.sleep(3600))
        waiting = asyncio.ensure_future(reached.wait())
        await asyncio.wait([waiting, bored], return_when=asyncio.FIRST_COMPLETED)
        life.process.dies_at = lambda step: False
        waiting.cancel()
        bored.cancel()

    async def freeze(self, draw: random.Random) -> None:
        """The process stops for a while; half of the time another one takes its work over."""
        life = self._house.life
        if life is None or life in self._struck:
            return
        self._struck.append(life)
        if draw.random() < 0.8:
            await self._in_the_midst(draw)
        if self._house.life is not life:
            return
        life.process.freeze()
        if draw.random() < 0.5:
            await self._clock.sleep(draw.choice((0.5, 15.0, 600.0)))
            life.process.thaw()
            self._struck.remove(life)
            return
        await self._clock.sleep(draw.choice((0.2, 12.0)))
        if self._house.life is not life:
            life.process.thaw()
            return
        await self._house.start_anyhow()
        await self._clock.sleep(draw.choice((0.1, 3.0, 20.0)))
        life.process.thaw()
        life.wake()
        await self._clock.sleep(400)
        if not life.process.is_dead and not life.is_over:
            self._surprise("a lane that was taken over goes on")
        await life.die()
