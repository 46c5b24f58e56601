"""Children are the processes that the demo starts: the simulated vendors, and the server."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ml_connector.core.faults import Mistake

STOP_SECONDS = 20.0
ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The simulated vendors, as their ready line describes them."""

    url: str
    vendors: dict[str, dict[str, Any]]

    def of(self, vendor: str) -> dict[str, Any]:
        """A vendor's addresses, credentials and settings, named as `connect` takes them."""
        return self.vendors[vendor]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A control call: what a person does in one of the products."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        url = f"{self.url}/_sandbox/{path}"
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - loopback
        # A proxy of the environment is not asked for what runs on this machine
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=ANSWER_SECONDS) as answer:
            return json.loads(answer.read())


@contextmanager
def sandbox(*options: str) -> Iterator[Sandbox]:
    """Simulated vendors for as long as the block lasts. Raises Mistake."""
    with process("ml_sandbox", "serve", "--port", "0", "--json", *options) as child:
        ready = ready_line(child)
        yield Sandbox(ready["url"], ready["vendors"])


@contextmanager
def process(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A child process that is ended with the block, by its own id."""
    line = [sys.executable, "-m", module, *arguments]
    child = subprocess.Popen(  # noqa: S603 - our own
        line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()


def ready_line(child: subprocess.Popen[str]) -> dict[str, Any]:
    """What the child says when it is ready, one line of JSON. Raises Mistake."""
    line = child.stdout.readline() if child.stdout is not None else ""
    if not line:
        raise Mistake(f"`{' '.join(map(str, child.args[1:]))}` ended before it was ready.")  # type: ignore[index]  # a list, as `process` starts it
    told: dict[str, Any] = json.loads(line)
    return told
