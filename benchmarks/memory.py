"""How much memory `serve` holds: with nothing to do, and with many records linked."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks import house
from benchmarks.process import Process, serving
from benchmarks.spread import Bar, Finding, Spread
from ml_connector.app import run

SETTLE_SECONDS = 4.0
"""The first rounds of the lane lie within it."""


def measure(folder: Path, linked: Path, records: int, starts: int) -> Finding:
    """`linked` is a home with that many linked records."""
    folder.mkdir()
    with Process("benchmarks.sink") as vendors:
        run(house.build(folder / "home", vendors.url))
        idle = Spread(tuple(_resident(folder / "home") for _ in range(starts)))
        full = Spread(tuple(_resident(linked) for _ in range(starts)))
    growth = full.middle / idle.middle
    return Finding(
        title="Memory of `serve`, idle",
        unit="MB",
        ours=idle,
        bars=(
            Bar("idle", 90, idle.middle, "at most", "MB"),
            Bar(f"{records:,} linked, to idle", 1.2, growth, "at most"),
        ),
        notes=(
            f"With {records:,} linked records: {full} MB (minimum / median / maximum), "
            f"{growth:.2f} times as much. 1,000,000 linked records are for later.",
        ),
    )


def _resident(home: Path) -> float:
    with serving(home) as server:
        time.sleep(SETTLE_SECONDS)
        return server.resident_mb
