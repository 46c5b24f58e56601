"""A process of our own: started, asked for its memory, and ended by its own id."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

STOP_SECONDS = 30


class Process:
    """A Python module as a child, from `with` to its end; `ready` is the line it prints first."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._child = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        line = self._child.stdout.readline() if self._child.stdout else ""
        if not line:
            self._child.wait(STOP_SECONDS)
            raise RuntimeError(f"{' '.join(self._command[2:4])} ended before it was ready")
        self.ready = json.loads(line)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.terminate()
        try:
            self._child.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()
            raise

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def resident_mb(self) -> float:
        """Memory that is in use now, in megabytes of 1,000,000 bytes."""
        return _resident_kib(self._child.pid) * 1024 / 1e6

    @property
    def open_files(self) -> list[str]:
        """What each of its file descriptors stands for; sockets as `socket:[…]`."""
        found = []
        for descriptor in Path(f"/proc/{self._child.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
                found.append(os.readlink(descriptor))
        return found

    @property
    def cpu_seconds(self) -> float:
        """Processor time that it has used so far, on all cores."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError(f"process {pid} has no memory (own id: {os.getpid()})")


def serving(home: Path) -> Process:
    """`ml-connector serve` on a home, on a free port."""
    return Process("ml_connector", "--home", str(home), "--json", "serve", "--port", "0")
