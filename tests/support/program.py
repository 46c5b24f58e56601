"""The program under test: `ml-connector` as a child process, or its entry point in this one.

A child process shows what a person sees; the entry point takes a tenth of its time and serves where
only the outcome counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import HTTPError

import pytest

from ml_connector.cli.main import run

PYCACHE = Path(tempfile.gettempdir()) / "ml-connector-tests-pycache"
END_SECONDS = 60


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and both its outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document that `--json` promises."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass
class Program:
    """Commands on one home. `environment` is laid over that of the test."""

    home: Path
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, expect: int = 0) -> Done:
        """Run it in this process; it must end with `expect`."""
        self.capture.readouterr()
        with self.patch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            code = run(["--home", str(self.home), *arguments])
        told = self.capture.readouterr()
        done = Done(code, told.out, told.err)
        assert code == expect, (arguments, done)
        return done

    def json(self, *arguments: str, expect: int = 0) -> Any:
        return self(*arguments, "--json", expect=expect).json

    def line(self, *arguments: str, names_home: bool = True) -> list[str]:
        """The command line of a child process."""
        home = ["--home", str(self.home)] if names_home else []
        return [sys.executable, "-m", "ml_connector", *home, *arguments]

    def whole(self) -> dict[str, str]:
        """The environment of a child process; keeping byte code saves most of its start."""
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": str(PYCACHE), **self.environment}

    def child(
        self, *arguments: str, typed: str = "", names_home: bool = True, expect: int = 0
    ) -> Done:
        """Run it as a process of its own, with `typed` on its standard input."""
        ended = subprocess.run(
            self.line(*arguments, names_home=names_home), input=typed, env=self.whole(),
            capture_output=True, text=True, check=False, timeout=END_SECONDS,
        )  # fmt: skip
        done = Done(ended.returncode, ended.stdout, ended.stderr)
        assert done.code == expect, (arguments, done)
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it as a process of its own."""
        return subprocess.Popen(
            self.line(*arguments), env=self.whole(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def served(self, *arguments: str) -> Served:
        return Served(self, arguments)

    def everything_written(self) -> bytes:
        """All bytes of all files in the home, the key ring apart."""
        files = [p for p in self.home.rglob("*") if p.is_file() and p.name != "keyring.json"]
        return b"".join(p.read_bytes() for p in sorted(files))


@dataclass(frozen=True)
class Reply:
    """An answer to an HTTP request."""

    status: int
    text: str


class Served:
    """`serve` as a child process on a free port, from `with` to its end."""

    def __init__(self, program: Program, arguments: tuple[str, ...]) -> None:
        self._program = program
        self._arguments = arguments
        self.url = ""
        self.code: int | None = None
        self.log = ""

    def __enter__(self) -> Served:
        self.process = self._program.start("serve", "--port", "0", "--json", *self._arguments)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the server ended before it was ready: {self.log}")
        self.url = json.loads(line)["url"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.code is None:
            self.stop()

    def stop(self) -> int:
        """End it with SIGTERM: its exit code."""
        self.process.terminate()
        try:
            _, self.log = self.process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, self.log = self.process.communicate()
        self.code = self.process.returncode
        return self.code

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request; `path` is whole, or an address."""
        url = path if path.startswith("http://") else self.url + path
        request = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310 - loopback
        try:
            with _OPENER.open(request, timeout=END_SECONDS) as answer:
                return Reply(answer.status, answer.read().decode())
        except HTTPError as refused:
            with refused:
                return Reply(refused.code, refused.read().decode())


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
