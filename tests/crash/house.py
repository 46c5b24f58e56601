"""A house is one home with its commands and its server, all of them processes of their own.

The server listens on a port that stays the same over all its lives, since vendors know the address.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .nursery import Nursery

PORTS = range(21_000, 29_000)
"""Below those that the system gives to outgoing connections, so that none takes ours meanwhile."""
PATIENCE_SECONDS = 180.0
LOOK_SECONDS = 0.01


class StuckError(Exception):
    """Something that must end soon did not."""


class Process(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int: ...

    def status(self) -> int | None:
        """None while it runs; then its exit code, negative for the signal that ended it."""
        ...


@dataclass(frozen=True)
class Child:
    """A process that the nursery gave birth to."""

    pid: int
    nursery: Nursery

    def status(self) -> int | None:
        return self.nursery.status(self.pid)


class Command:
    """The very command, started as a person starts it."""

    def __init__(self, arguments: list[str], environment: dict[str, str], out: Path, err: Path):
        line = [sys.executable, "-m", "ml_connector", *arguments]
        with out.open("w") as told, err.open("w") as logged:
            self._process = subprocess.Popen(
                line, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                stdout=told, stderr=logged,
            )  # fmt: skip
        self.pid = self._process.pid

    def status(self) -> int | None:
        return self._process.poll()


@dataclass(frozen=True)
class Run:
    """A command or server of a house under way, and where it writes."""

    process: Process
    out: Path
    err: Path

    def status(self) -> int | None:
        return self.process.status()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone. One that is gone already stays as it is."""
        if self.status() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.ended()

    def ended(self) -> int:
        """Wait for its end. Raises StuckError."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (status := self.status()) is None:
            if time.monotonic() > end:
                raise StuckError(f"process {self.process.pid} does not end")
            time.sleep(LOOK_SECONDS)
        return status

    def has_told(self) -> bool:
        """Whether it has printed a line."""
        return self.out.exists() and "\n" in self.out.read_text()

    @property
    def json(self) -> Any:
        """The last document that it printed."""
        return json.loads(self.out.read_text().strip().splitlines()[-1])


class House:
    """See the module. `clock_url` is the clock that its processes follow; `sabotage` is what is
    wrong with all of them."""

    def __init__(self, path: Path, nursery: Nursery, clock_url: str, sabotage: str = "") -> None:
        self._sabotage = sabotage
        self.path = path
        self.home = path / "home"
        self._nursery = nursery
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "ML_CONNECTOR_CLOCK_URL": clock_url,
            "ML_CONNECTOR_PUBLIC_URL": self.url,
            "ML_CONNECTOR_LOG_LEVEL": os.environ.get("LOGLEVEL", "info"),
        }
        self._count = 0

    # --- processes ------------------------------------------------------------------------------

    def begin(self, *arguments: str, typed: Path = Path(os.devnull)) -> Run:
        """Start a command; its answer is JSON."""
        out, err = self._files(arguments[0])
        files = {"in": typed, "out": out, "err": err}
        line = ["--home", str(self.home), *arguments, "--json"]
        pid = self._nursery.start(line, self._environment, files, None, self._sabotage)
        return Run(Child(pid, self._nursery), out, err)

    def do(self, *arguments: str) -> Any:
        """A command that must end well; its answer. Raises StuckError."""
        run = self.begin(*arguments)
        code = run.ended()
        if code not in (0, 1):
            raise StuckError(f"{' '.join(arguments)} ended with {code}: {run.err.read_text()}")
        return run.json

    def serve(self, fate: tuple[str, int] | None = None, *, plainly: bool = False) -> Run:
        """Start the server; `plainly`: as a new process of the very command."""
        line = ["--home", str(self.home), "serve", "--port", str(self.port), "--json"]
        out, err = self._files("serve")
        if plainly:
            return Run(Command(line, self._environment, out, err), out, err)
        files = {"in": Path(os.devnull), "out": out, "err": err}
        pid = self._nursery.start(line, self._environment, files, fate, self._sabotage)
        return Run(Child(pid, self._nursery), out, err)

    def _files(self, name: str) -> tuple[Path, Path]:
        self._count += 1
        stem = self.path / f"{self._count:03d}-{name}"
        return stem.with_suffix(".out"), stem.with_suffix(".err")

    # --- looking --------------------------------------------------------------------------------

    def gauges(self) -> dict[str, float]:
        """The server's metrics, by name with labels. Raises OSError where nobody answers."""
        with _OPENER.open(f"{self.url}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        told = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in told}

    def rows(self, question: str) -> list[Any]:
        """What stands in the database, whether or not somebody works on it."""
        uri = f"file:{self.home / 'database.sqlite3'}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE_SECONDS)
        try:
            return connection.execute(question).fetchall()
        finally:
            connection.close()


def free_port() -> int:
    """A port on which nobody listens; parallel tests begin at different ones."""
    start = os.getpid() * 37 + time.monotonic_ns() // 1000
    for offset in range(len(PORTS)):
        port = PORTS[(start + offset) % len(PORTS)]
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise StuckError("no port is free")


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
