"""A hammer drives a server with wrk: 32 connections, each sends again when it is answered."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
SCRIPT = Path(__file__).with_name("hammer.lua")


class NoHammer(RuntimeError):
    """wrk is not installed."""


@dataclass(frozen=True, slots=True)
class Blow:
    """What one run of wrk told. `sent` counts what was under way at its end too."""

    answers: int
    seconds: float
    p50_ms: float
    p99_ms: float
    not_200: int
    broken: int
    sent: int
    available: int

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


def demand_wrk() -> str:
    """Where wrk is. Raises NoHammer with a sentence that says how to get it."""
    found = shutil.which("wrk")
    if found is None:
        raise NoHammer("wrk is missing: install the Debian package wrk and run this again.")
    return found


def write_deliveries(file: Path, deliveries: Iterable[tuple[str, str]]) -> None:
    """Prepare what wrk sends: (signature, body) each."""
    file.write_text("".join(f"{mark}\t{body}\n" for mark, body in deliveries), "utf-8")


def strike(url: str, path: str, deliveries: Path, seconds: int) -> Blow:
    """Post them in turn for that long. Raises NoHammer, and RuntimeError where wrk fails."""
    done = subprocess.run(
        [
            demand_wrk(), "--threads", "1", "--connections", str(CONNECTIONS),
            "--duration", f"{seconds}s", "--timeout", "10s", "--script", str(SCRIPT), url, "--",
            str(deliveries), path,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(f"wrk: {done.stderr or done.stdout}")
    return Blow(**json.loads(lines[-1]))
