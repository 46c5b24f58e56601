"""A witness stands on both ends of the line: where a process sends a request and takes its answer,
and where the vendor does it, also where nobody heard the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ml_connector.core.wire import Response
from ml_connector.http.transport import NoAnswer, Outgoing, Transport

from .line import WRITES


@dataclass
class Call:
    """One request of a process, and the vendor that it goes to. Moments are counted, not timed: of
    two, the later one has the higher number.

    `came_at` is when the answer came to who had asked, and 0 while it has not.
    """

    method: str
    path: str
    sent_at: int
    process: int = 0
    came_at: int = 0
    answer: Response | None = None

    @property
    def vendor(self) -> str:
        """Its name, with which the path begins."""
        return self.path.split("/")[3]

    @property
    def is_write(self) -> bool:
        return self.method in WRITES


class Witness:
    """Implements `http.transport.Transport` before the vendors. `took` is told every write that a
    vendor may have taken, once it is done; `heard` every answer that came to a process; `sends` and
    `ended` what a process sends, and that it waits no more."""

    def __init__(self, vendors: Transport) -> None:
        self._vendors = vendors
        self._calls: dict[int, tuple[Outgoing, Call]] = {}
        self._moment = self._processes = 0
        self.took: Callable[[Call], None] = lambda call: None
        self.heard: Callable[[Call], None] = lambda call: None
        self.sends: Callable[[Call], None] = lambda call: None
        self.ended: Callable[[Call], None] = lambda call: None

    def now(self) -> int:
        """The next moment."""
        self._moment += 1
        return self._moment

    def watching(self, line: Transport) -> Transport:
        """The line of one more process, watched."""
        self._processes += 1
        return _Watched(self, line, self._processes)

    async def send(self, outgoing: Outgoing) -> Response:
        """What the vendor does with it."""
        call = self._of(outgoing)
        try:
            answer = await self._vendors.send(outgoing)
        except NoAnswer:
            if call.is_write:
                self.took(call)
            raise
        if call.is_write and answer.status < 300:
            call.answer = answer
            self.took(call)
        return answer

    def sending(self, outgoing: Outgoing, process: int = 0) -> Call:
        path = outgoing.url.partition("?")[0]
        call = Call(outgoing.method, path, self.now(), process)
        self._calls[id(outgoing)] = (outgoing, call)
        return call

    def answered(self, outgoing: Outgoing, answer: Response) -> None:
        call = self._of(outgoing)
        call.came_at, call.answer = self.now(), answer
        self.heard(call)

    def _of(self, outgoing: Outgoing) -> Call:
        if id(outgoing) not in self._calls:  # a person's browser
            self.sending(outgoing)
        return self._calls[id(outgoing)][1]


class _Watched:
    """Implements `http.transport.Transport` for one process."""

    def __init__(self, witness: Witness, line: Transport, process: int) -> None:
        self._witness = witness
        self._line = line
        self._process = process

    async def send(self, outgoing: Outgoing) -> Response:
        call = self._witness.sending(outgoing, self._process)
        self._witness.sends(call)
        try:
            answer = await self._line.send(outgoing)
            self._witness.answered(outgoing, answer)
        finally:
            self._witness.ended(call)
        return answer
