"""Executor: who runs the store functions, and on which thread.

`Threads` (in threads.py) is for production. `Inline` is for simulation: everything runs on the loop
at once, so that equal seeds give equal traces. A database server that writes from many connections
will bring an executor of its own; nothing above knows which one it has.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from ml_connector.core.faults import StoreUnavailable
from ml_connector.store.group import GroupWriter, Job, Reader, Work, only_reading
from ml_connector.store.sqlite import Database

T = TypeVar("T")


class Executor(Protocol):
    """Runs store functions and keeps them apart."""

    async def write(self, work: Work[T]) -> T:
        """Run in a transaction; return once the result is on disk, or raise what was raised."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run over one state of the database, in which nothing changes meanwhile."""
        ...

    async def close(self) -> None:
        """Finish what waits, then let go of every thread and connection."""
        ...


class Inline:
    """Runs each store function on the loop, at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = GroupWriter(database)
        self._reader = None if database.path is None else Reader(database)
        self._closed = False

    async def write(self, work: Work[T]) -> T:
        """See Executor."""
        return self._run(work)

    async def read(self, work: Work[T]) -> T:
        """See Executor."""
        if self._reader is None:
            return self._run(only_reading(work))
        job = self._job(work)
        self._reader.apply((job,))
        result: T = outcome(job)
        return result

    async def close(self) -> None:
        """See Executor."""
        if self._closed:
            return
        self._closed = True
        if self._reader is not None:
            self._reader.close()
        self._writer.close()
        self._database.dispose()

    def _run(self, work: Work[T]) -> T:
        job = self._job(work)
        self._writer.apply((job,))
        result: T = outcome(job)
        return result

    def _job(self, work: Work[Any]) -> Job:
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        return Job(work)


class Held:
    """Another executor, as one sees it who may write only for as long as `demand` does not raise.

    It is asked in the transaction of each write, so nothing can come between.
    """

    def __init__(self, inner: Executor, demand: Work[None]) -> None:
        self._inner = inner
        self._demand = demand

    async def write(self, work: Work[T]) -> T:
        """See Executor."""

        def held(conn: Connection) -> T:
            self._demand(conn)
            return work(conn)

        return await self._inner.write(held)

    async def read(self, work: Work[T]) -> T:
        """See Executor."""
        return await self._inner.read(work)

    async def close(self) -> None:
        """See Executor."""
        await self._inner.close()


def outcome(job: Job) -> Any:
    """What the job's function returned; raises what it raised."""
    if job.error is not None:
        raise job.error
    return job.value
