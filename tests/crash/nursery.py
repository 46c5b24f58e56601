"""A nursery starts the real program many times for the price of one start.

    python -m tests.crash.nursery

A process that has imported the program, and nothing else, forks a child for each start; the child
runs the entry point of `ml-connector` with its own arguments, environment and files. Orders come as
JSON lines on standard input, each is answered by one:

    {"start": [ARGUMENT, …], "environment": {…}, "in": PATH, "out": PATH, "err": PATH,
     "doom": [STEP, PASSINGS] or null,
     "sabotage": NAME or ""}                           → {"pid": N}
    {"look": PID}                                      → {"status": null or the exit code}
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ml_connector.cli.main import run
from ml_connector.web import server

from .doomed import doom
from .sabotage import SABOTAGES

IMPORTED = (server,)
"""What `serve` imports late, to keep other commands quick."""
REPOSITORY = Path(__file__).parents[2]


class Nursery:
    """The other end of the process, from `with` to its end."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"], cwd=REPOSITORY, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        files: Mapping[str, Path],
        fate: tuple[str, int] | None = None,
        sabotage: str = "",
    ) -> int:
        """The process id of a new child. `files` are its `in`, `out` and `err`."""
        paths = {name: str(path) for name, path in files.items()}
        order = {
            "start": list(arguments), "environment": dict(environment), "doom": fate,
            "sabotage": sabotage, **paths,
        }  # fmt: skip
        return int(self._ask(order)["pid"])

    def status(self, pid: int) -> int | None:
        """None while it runs; then its exit code, negative for the signal that ended it."""
        found: int | None = self._ask({"look": pid})["status"]
        return found

    def _ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


# --- the process ----------------------------------------------------------------------------------


def main() -> None:
    """Take orders until there are no more; whoever lives then is killed."""
    alive: set[int] = set()
    ended: dict[int, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            born = _born(order)
            alive.add(born)
            ended.pop(born, None)  # over a thousand rounds the system gives a number anew
            answer: dict[str, int | None] = {"pid": born}
        else:
            answer = _looked(order["look"], alive, ended)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in sorted(alive):
        os.kill(pid, signal.SIGKILL)


def _looked(pid: int, alive: set[int], ended: dict[int, int]) -> dict[str, int | None]:
    if pid not in ended:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found == 0:
            return {"status": None}
        alive.discard(pid)
        ended[pid] = os.waitstatus_to_exitcode(status)
    return {"status": ended[pid]}


def _born(order: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _settle_in(order)
        code = run(order["start"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _settle_in(order: Mapping[str, Any]) -> None:
    """Files and environment of its own, as a shell would give them; and its fate."""
    fresh = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, (name, how) in enumerate((("in", os.O_RDONLY), ("out", fresh), ("err", fresh))):
        opened = os.open(order[name], how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.update(order["environment"])
    if order["sabotage"]:
        SABOTAGES[order["sabotage"]]()
    if order["doom"] is not None:
        doom(*order["doom"])


if __name__ == "__main__":
    main()
