"""A loop that runs what is ready in an order drawn by a seed, so that a simulation meets the
interleavings that another machine, or another day, would have brought."""

from __future__ import annotations

import asyncio
import random
from typing import Any


class SeededLoop(asyncio.SelectorEventLoop):
    """Only steps of tasks change places; callbacks of futures and timers keep theirs."""

    def __init__(self, draw: random.Random | None) -> None:
        super().__init__()
        self._draw = draw

    def _run_once(self) -> None:
        ready: Any = self._ready  # type: ignore[attr-defined]  # asyncio's own list, not public
        if self._draw is not None and len(ready) > 1:
            places = [i for i, handle in enumerate(ready) if _is_step(handle)]
            if len(places) > 1:
                steps = [ready[i] for i in places]
                self._draw.shuffle(steps)
                for place, step in zip(places, steps, strict=True):
                    ready[place] = step
        super()._run_once()  # type: ignore[misc]  # there is no public way to choose what runs


def _is_step(handle: Any) -> bool:
    call = handle._callback
    return type(call).__name__ == "TaskStepMethWrapper" or isinstance(
        getattr(call, "__self__", None), asyncio.Task
    )
