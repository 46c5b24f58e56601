"""`python -m benchmarks.soak MINUTES`: a server under steady work, watched for what grows.

Customers are changed at a steady rate, each with a webhook; the real server writes the changes to a
target that answers at once. Memory, open files, connections and rows are looked at all the while.
What keeps history by design (inbox, audit, runs) may grow with the work, until its retention; all
else must be flat.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import aiohttp

from benchmarks import house
from benchmarks.delivery import HEADER, renamed
from benchmarks.process import Process, serving
from benchmarks.sink import Sink
from ml_connector.app import run

CUSTOMERS = 200
PER_SECOND = 40
LOOKS = 60
HISTORY = frozenset({"inbox", "audit", "runs"})
MOST_GROWTH = {"memory MB": 0.05, "files": 0.0, "connections": 0.05, "rows": 0.02}
"""From the second quarter to the last, as a part of the second: the first warms up. Connections are
pooled and come and go, so that their mean moves by a part of one; a leak of one a minute would more
than double it."""


@dataclass
class Look:
    """What one look at the server found."""

    seconds: float
    sent: int
    figures: dict[str, float]
    rows: dict[str, int]


@dataclass
class Soak:
    """A run: `looks` are in order."""

    home: Path
    server: Process
    looks: list[Look] = field(default_factory=list)
    sent: int = 0

    def look(self, seconds: float) -> None:
        rows = _rows(self.home)
        flat = sum(n for table, n in rows.items() if table not in HISTORY)
        files = self.server.open_files
        figures = {
            "memory MB": self.server.resident_mb,
            "files": float(sum(1 for file in files if not file.startswith("socket:"))),
            "connections": float(sum(1 for file in files if file.startswith("socket:"))),
            "rows": float(flat),
        }
        self.looks.append(Look(seconds, self.sent, figures, rows))

    def grown(self) -> dict[str, tuple[float, float, float]]:
        """Figure → (second quarter, last quarter, growth as a part of the former)."""
        quarter = max(1, len(self.looks) // 4)
        found = {}
        for name in MOST_GROWTH:
            early = mean(look.figures[name] for look in self.looks[quarter : 2 * quarter])
            late = mean(look.figures[name] for look in self.looks[-quarter:])
            found[name] = (early, late, (late - early) / early if early else late)
        return found


def main(minutes: float) -> int:
    """0 where nothing grows that should not."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        soak = run(_soak(Path(name) / "home", minutes * 60))
    print(f"{'':12} {'2nd quarter':>12} {'last':>12} {'growth':>8}")
    leaks = []
    for name, (early, late, growth) in soak.grown().items():
        print(f"{name:12} {early:12.1f} {late:12.1f} {growth:8.1%}")
        if growth > MOST_GROWTH[name]:
            leaks.append(name)
    last = soak.looks[-1]
    kept = ", ".join(f"{table} {last.rows[table]}" for table in sorted(HISTORY))
    print(f"history kept for {last.sent} changes: {kept}")
    told = f"{last.sent} changes in {last.seconds / 60:.0f} minutes"
    print(f"soak: {told}, " + (f"grown: {', '.join(leaks)}" if leaks else "nothing grows"))
    return 1 if leaks else 0


async def _soak(home: Path, seconds: float) -> Soak:
    sink = Sink(CUSTOMERS)
    vendors = await sink.start()
    await house.build(home, vendors)
    async with house.at_home(home) as app:
        await house.sync(app)
        path = await house.hook(app, "wave")
    server = serving(home)
    await asyncio.to_thread(server.__enter__)
    soak = Soak(home, server)
    try:
        async with aiohttp.ClientSession() as session:
            await _work(soak, sink, session, server.url + path, seconds)
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)
        await sink.stop()
    return soak


async def _work(
    soak: Soak, sink: Sink, session: aiohttp.ClientSession, url: str, seconds: float
) -> None:
    began, every = time.monotonic(), seconds / LOOKS
    while (now := time.monotonic() - began) < seconds:
        signature, body = renamed(soak.sent, sink.wave.touch(soak.sent % CUSTOMERS))
        headers = {HEADER: signature, "content-type": "application/json"}
        async with session.post(url, data=body, headers=headers) as answer:
            answer.raise_for_status()
        soak.sent += 1
        if now >= every * (len(soak.looks) + 1):
            await asyncio.to_thread(soak.look, now)
            print(f"\r{now / 60:.1f} of {seconds / 60:.0f} minutes, {soak.sent} changes", end="",
                  file=sys.stderr, flush=True)  # fmt: skip
        await asyncio.sleep(max(0.0, soak.sent / PER_SECOND - (time.monotonic() - began)))
    print(file=sys.stderr)


def _rows(home: Path) -> dict[str, int]:
    """How many rows each table has."""
    file = home / "database.sqlite3"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - our own names
            for (name,) in tables.fetchall()
        }


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
