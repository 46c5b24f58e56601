"""Store: the database and the executor that runs store functions on it.

A store function is a plain synchronous function of a connection. It runs inside a transaction that
it must not end, and on SQLite it may run twice (see group.py), so it changes nothing but the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection

from ml_connector.store.executor import Executor, Held, Inline
from ml_connector.store.group import Work
from ml_connector.store.sqlite import Database, memory_database
from ml_connector.store.tables import metadata
from ml_connector.store.threads import Threads

__all__ = ["Connection", "Store"]

T = TypeVar("T")


class Store:
    """What survives a restart. Close it, or use it in `async with`."""

    def __init__(
        self, database: Database, executor: Callable[[Database], Executor] = Threads
    ) -> None:
        self.database = database
        self.executes = executor
        """How it was told to run functions; a copy of it runs them the same way."""
        self._executor = executor(database)

    @classmethod
    def in_memory(cls, executor: Callable[[Database], Executor] = Inline) -> Self:
        """A private store with all tables and no rows, gone when it is closed."""
        database = memory_database()
        metadata.create_all(database.writer)
        return cls(database, executor)

    async def write(self, work: Work[T]) -> T:
        """Run the function in a transaction and return what it returned, once that is on disk.

        Raises what the function raised, after its writes were undone, or StoreUnavailable.
        """
        return await self._executor.write(work)

    async def read(self, work: Work[T]) -> T:
        """Run the function over one unchanging state; a function that writes raises.

        Raises what the function raised, or StoreUnavailable.
        """
        return await self._executor.read(work)

    def held(self, demand: Work[None]) -> Self:
        """The same store for somebody who may write only while `demand` raises nothing."""
        twin = copy(self)
        twin._executor = Held(self._executor, demand)
        return twin

    async def close(self) -> None:
        """Let what waits finish, then close every connection. Calling it again does nothing."""
        await self._executor.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
