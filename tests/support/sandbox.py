"""The sandbox under test: as an application of this process, or as the real command.

In-process time is virtual and webhooks end in an outbox; the command runs in real time, on a free
loopback port, and is ended by its own process id.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.error import HTTPError

from ml_connector.core.wire import Response
from ml_connector.http.asgi_transport import AsgiTransport
from ml_connector.http.transport import Outgoing
from ml_sandbox.app import Sandbox
from ml_sandbox.options import SandboxOptions
from ml_sandbox.sender import is_loopback
from ml_sandbox.vendor import VendorKind
from ml_sandbox.vendors import VENDORS

from .clock import START, VirtualClock, settle

URL = "http://sandbox"
JSON = {"content-type": "application/json"}


def parsed(content: bytes) -> Any:
    """JSON as what it means, anything else as text."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


@dataclass(frozen=True)
class Reply:
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return parsed(self.content)


@dataclass(frozen=True)
class Posted:
    """One attempt of a webhook; `at_seconds` is the virtual clock's age."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    at_seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Outbox:
    """A sender that keeps what is sent. `answers` are given in turn, then 200; None is silence."""

    clock: VirtualClock
    posted: list[Posted] = field(default_factory=list)
    answers: list[int | None] = field(default_factory=list)

    def accepts(self, url: str) -> bool:
        return is_loopback(url)

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> int | None:
        self.posted.append(Posted(url, dict(headers), body, self.clock.monotonic()))
        answer = self.answers.pop(0) if self.answers else 200
        if answer is None:
            await self.clock.sleep(timeout_seconds)
        return answer

    async def close(self) -> None:
        self.posted.clear()


class InProcessSandbox:
    """The application alone, on a clock that only a test moves. Close it after use."""

    def __init__(
        self,
        options: SandboxOptions | None = None,
        kinds: Sequence[VendorKind] = VENDORS,
        clock: VirtualClock | None = None,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.outbox = Outbox(self.clock)
        chosen = options or SandboxOptions(customers=12, invoices=24, start=START, url=URL)
        self.app = Sandbox(chosen, kinds, self.clock, self.outbox)
        self.transport = AsgiTransport({chosen.url: self.app})
        self._url = chosen.url

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request; `path` is whole. Bytes go as they are, anything else as JSON.

        Raises ml_connector.http.transport.NoAnswer where the connection was cut.
        """
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = Outgoing(method, self._url + path, {**JSON, **(headers or {})}, raw, 30.0)
        answer: Response = await self.transport.send(sent)
        return Reply(answer.status, answer.headers, answer.body)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """The body of a control call that is answered 200; `path` is below `/_sandbox/`."""
        reply = await self.call(method, f"/_sandbox/{path}", body)
        assert reply.status == 200, (method, path, reply.status, reply.body)
        return reply.body

    async def order(self, *rules: Mapping[str, Any]) -> None:
        """Puts fault rules in force."""
        await self.control("POST", "faults", {"rules": list(rules)})

    async def advance(self, seconds: float) -> None:
        """Moves the sandbox's time ahead and lets what is due happen."""
        await self.control("POST", "clock", {"advance_s": seconds})
        await settle()

    async def close(self) -> None:
        await self.app.close()


class SandboxProcess:
    """`ml-sandbox serve` as a child process, from `with` to its end.

    `arguments` follow `serve`; the port is free unless they name one. `module` is what is run.
    """

    def __init__(self, *arguments: str, module: str = "ml_sandbox") -> None:
        ports = [] if "--port" in arguments else ["--port", "0"]
        self._command = [sys.executable, "-m", module, "serve", *ports, *arguments]
        self._process: subprocess.Popen[str] | None = None
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> SandboxProcess:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError("the sandbox ended before it was ready")
        self.ready = json.loads(line)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    def stop(self) -> tuple[int, str]:
        """Ends it with SIGTERM: its exit code, and what else it printed."""
        self.process.terminate()
        try:
            rest, _ = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode, rest

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request; `path` is whole, or an address. Redirects are not followed."""
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        url = path if path.startswith("http://") else self.url + path
        request = urllib.request.Request(  # noqa: S310 - the sandbox's own loopback address
            url, raw, {**JSON, **(headers or {})}, method=method
        )
        try:
            with _OPENER.open(request, timeout=30) as answer:
                return _reply(answer.status, answer.headers.items(), answer.read())
        except HTTPError as refused:
            with refused:
                return _reply(refused.code, refused.headers.items(), refused.read())

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """As `InProcessSandbox.control`."""
        reply = self.call(method, f"/_sandbox/{path}", body)
        assert reply.status == 200, (method, path, reply.status, reply.body)
        return reply.body

    def order(self, *rules: Mapping[str, Any]) -> None:
        self.control("POST", "faults", {"rules": list(rules)})

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_s": seconds})

    async def controlled(self, method: str, path: str, body: Any = None) -> Any:
        """`control` beside a running event loop, such as that of a webhook receiver."""
        return await asyncio.to_thread(self.control, method, path, body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def _reply(status: int, headers: Any, content: bytes) -> Reply:
    return Reply(status, {name.lower(): value for name, value in headers}, content)
