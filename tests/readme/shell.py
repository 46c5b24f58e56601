"""A shell that takes a person's commands one by one, and tells how each ended."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType

PATIENCE_SECONDS = 240.0
"""Only against hanging for ever: no test measures time."""
END = "\x1eended "


class Shell:
    """bash in a folder, with this environment's programs first in its path."""

    def __init__(self, folder: Path) -> None:
        own = {k: v for k, v in os.environ.items() if not k.startswith("ML_CONNECTOR_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
        environment = {**own, "PATH": path, "HOME": str(folder), "ML_CONNECTOR_PORT": "0"}
        self._bash = subprocess.Popen(
            ["bash"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._unread = b""

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.type("[ -z $! ] || { kill $!; wait $!; }")
        self._bash.communicate(b"exit\n", PATIENCE_SECONDS)

    def run(self, command: str) -> tuple[int, str]:
        """Type it and wait for its end: exit code, and both outputs together."""
        self.type(command)
        return self.ended()

    def type(self, command: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{command}\nprintf '{END}%s\\n' $?\n".encode())
        self._bash.stdin.flush()

    def ended(self) -> tuple[int, str]:
        """How what was typed ended."""
        said = self.read_until(END)
        code = self.read_until("\n")
        return int(code), said

    def read_until(self, mark: str) -> str:
        """What was written before the mark, which is taken too."""
        assert self._bash.stdout is not None
        wanted = mark.encode()
        while wanted not in self._unread:
            ready, _, _ = select.select([self._bash.stdout], [], [], PATIENCE_SECONDS)
            more = os.read(self._bash.stdout.fileno(), 65_536) if ready else b""
            if not more:
                raise RuntimeError(f"no {mark!r} came: {self._unread.decode()}")
            self._unread += more
        before, _, self._unread = self._unread.partition(wanted)
        return before.decode()
