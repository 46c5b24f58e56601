"""Threads: the executor of production, one thread that writes in groups and two that read.

The loop is woken once for all that was finished meanwhile, not once for each: at thousands of
writes a second the wake-ups would cost more than the writes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from ml_connector.core.faults import StoreUnavailable
from ml_connector.store.group import GroupWriter, Job, Reader, Work, only_reading
from ml_connector.store.sqlite import Database

BATCH_LIMIT = 256
"""The most store functions in one transaction, so that the first of them does not wait for long."""

READER_THREADS = 2

T = TypeVar("T")


class _Mailbox:
    """Where threads leave finished jobs for one event loop, which is woken once for many."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._finished: deque[_Waiting] = deque()
        self._woken = False

    def deliver(self, jobs: Sequence[_Waiting]) -> None:
        """Called on any thread."""
        self._finished.extend(jobs)
        if self._woken:  # set before the loop began to empty the box, so it will find these
            return
        self._woken = True
        try:
            self.loop.call_soon_threadsafe(self._hand_out)
        except RuntimeError:  # the loop is closed, and nobody waits any more
            self._finished.clear()

    def _hand_out(self) -> None:
        self._woken = False
        while self._finished:
            self._finished.popleft().settle()


class _Waiting(Job):
    """A job that a coroutine waits for."""

    __slots__ = ("future", "mailbox")

    def __init__(self, work: Work[Any], mailbox: _Mailbox) -> None:
        super().__init__(work)
        self.mailbox = mailbox
        self.future: asyncio.Future[Any] = mailbox.loop.create_future()

    def settle(self) -> None:
        """Tell the coroutine; called on its loop."""
        if self.future.cancelled():
            return
        if self.error is None:
            self.future.set_result(self.value)
        else:
            self.future.set_exception(_passable(self.error))


_Queue: TypeAlias = "SimpleQueue[_Waiting | None]"  # None: stop


class Threads:
    """One thread that writes in groups and two that read.

    A database in memory has one connection, so there the thread that writes reads too.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mailbox: _Mailbox | None = None
        self._closed = False
        self._writes: _Queue = SimpleQueue()
        self._reads: _Queue = SimpleQueue()
        self._writer = GroupWriter(database)
        count = 0 if database.path is None else READER_THREADS
        self._readers = [Reader(database) for _ in range(count)]
        self._threads = [
            Thread(target=self._write_on, name="store-writer", daemon=True),
            *(
                Thread(target=self._read_on, args=(reader,), name="store-reader", daemon=True)
                for reader in self._readers
            ),
        ]
        for thread in self._threads:
            thread.start()

    async def write(self, work: Work[T]) -> T:
        """See Executor. A call that is cancelled before its turn is not run."""
        job = self._job(work)
        self._writes.put(job)
        result: T = await job.future
        return result

    async def read(self, work: Work[T]) -> T:
        """See Executor."""
        if not self._readers:
            return await self.write(only_reading(work))
        job = self._job(work)
        self._reads.put(job)
        result: T = await job.future
        return result

    async def close(self) -> None:
        """See Executor."""
        if self._closed:
            return
        self._closed = True
        self._writes.put(None)
        for _ in self._readers:
            self._reads.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._join)
        for reader in self._readers:
            reader.close()
        self._writer.close()
        self._database.dispose()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _job(self, work: Work[Any]) -> _Waiting:
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        loop = asyncio.get_running_loop()
        if self._mailbox is None or self._mailbox.loop is not loop:
            self._mailbox = _Mailbox(loop)
        return _Waiting(work, self._mailbox)

    def _write_on(self) -> None:
        more = True
        while more:
            batch, more = _next_batch(self._writes)
            jobs = [job for job in batch if not job.future.cancelled()]
            if jobs:
                _run(self._writer, jobs)

    def _read_on(self, reader: Reader) -> None:
        while (job := self._reads.get()) is not None:
            if not job.future.cancelled():
                _run(reader, [job])


def _next_batch(queue: _Queue) -> tuple[list[_Waiting], bool]:
    """Wait for a job and take what waits behind it; False with the last batch there will be."""
    batch: list[_Waiting] = []
    job = queue.get()
    while job is not None:
        batch.append(job)
        if len(batch) == BATCH_LIMIT:
            return batch, True
        try:
            job = queue.get_nowait()
        except Empty:
            return batch, True
    return batch, False


def _run(connection: GroupWriter | Reader, jobs: Sequence[_Waiting]) -> None:
    """Apply the jobs and tell whoever waits, whatever happens: a silent thread would hang them."""
    try:
        connection.apply(jobs)
    except BaseException as error:
        for job in jobs:
            job.error = job.error or error
    for mailbox in dict.fromkeys(job.mailbox for job in jobs):
        mailbox.deliver([job for job in jobs if job.mailbox is mailbox])


def _passable(error: BaseException) -> BaseException:
    """A future cannot carry StopIteration; the language's own rule for coroutines applies."""
    if not isinstance(error, StopIteration):
        return error
    replacement = RuntimeError("a store function raised StopIteration")
    replacement.__cause__ = error
    return replacement
