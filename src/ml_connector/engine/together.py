"""Together: what becomes ready while a commit is under way is carried by the next one.

Nothing waits for company: the first goes at once, and only what comes meanwhile is gathered. A
statement run for many rows costs a fraction of the same statement run for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ml_connector.store.database import Connection, Store

T = TypeVar("T")


class Together(Generic[T]):
    """Commits by `work`, which must bear to be run twice."""

    def __init__(self, store: Store, work: Callable[[Connection, Sequence[T]], None]) -> None:
        self._store = store
        self._work = work
        self._waiting: list[_Place[T]] = []
        self._carried: Sequence[_Place[T]] = ()
        self._carrying: asyncio.Task[None] | None = None

    async def put(self, one: T) -> None:
        """Return once it is on disk. Raises what its commit raised."""
        place = _Place(one, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        if (
            self._carrying is None
        ):  # a task of its own: whoever was first must not wait for the last
            self._carrying = asyncio.create_task(self._carry())
        await place.done

    async def _carry(self) -> None:
        try:
            while self._waiting:
                self._carried, self._waiting = self._waiting, []
                await self._commit(self._carried)
        except BaseException as end:  # the process ends: nobody is left waiting
            for place in (*self._carried, *self._waiting):
                place.end(end)
            self._waiting = []
        finally:
            self._carrying = None

    async def _commit(self, carried: Sequence[_Place[T]]) -> None:
        """All in one; where that fails each alone, so that one keeps no other from its commit."""
        trouble = await self._trouble([place.one for place in carried])
        if trouble is not None and len(carried) > 1:
            for place in carried:
                await self._commit([place])
            return
        for place in carried:
            place.end(trouble)

    async def _trouble(self, ones: Sequence[T]) -> Exception | None:
        try:
            await self._store.write(lambda c: self._work(c, ones))
        except Exception as error:
            return error
        return None


@dataclass(slots=True)
class _Place(Generic[T]):
    """Somebody who waits for a commit."""

    one: T
    done: asyncio.Future[None]

    def end(self, trouble: BaseException | None) -> None:
        if self.done.done():  # whoever waited was cancelled
            return
        if trouble is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(trouble)
