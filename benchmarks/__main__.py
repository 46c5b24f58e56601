"""`python -m benchmarks [NAME…]` measures, prints, and writes the page where nothing was left out.

Names: answers, passes, lag, memory; all of them without a name.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import answers, lag, memory, passes
from benchmarks.hammer import NoHammer
from benchmarks.machine import described
from benchmarks.page import page, told
from benchmarks.spread import Finding

PAGE = Path(__file__).with_name("results.md")
HOMES = PAGE.parent.parent / ".cache"
"""On the repository's own disk: a folder for temporary files may lie in memory."""

ROUNDS = 3
PASSES = 2
RECORDS = 10_000
WRK_SECONDS = 4
INVOICES = 2_000
CHANGES = 150
STARTS = 2


def main(names: list[str]) -> int:
    began = time.monotonic()
    findings: list[Finding] = []
    missing: list[str] = []
    HOMES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=HOMES) as name:
        folder = Path(name)
        machine = described(folder)
        print(machine)
        for part, work in _parts(folder).items():
            if names and part not in names:
                continue
            try:
                found = work()
            except NoHammer as lacking:
                missing.append(str(lacking))
                print(lacking)
                continue
            findings += found
            print("\n".join(line for each in found for line in told(each)), flush=True)
    if not names:
        PAGE.write_text(page(findings, missing, machine, datetime.now(UTC).date()), "utf-8")
    bars = [bar for each in findings for bar in each.bars]
    met, minutes = sum(bar.is_met for bar in bars), (time.monotonic() - began) / 60
    print(f"bench: {met} of {len(bars)} bars met in {minutes:.1f} minutes")
    return 0


def _parts(folder: Path) -> dict[str, Callable[[], list[Finding]]]:
    """Memory is measured on the last home that the passes filled."""
    last = passes.home_of(folder / "passes", PASSES - 1)
    return {
        "answers": lambda: [answers.measure(folder / "answers", ROUNDS, WRK_SECONDS, INVOICES)],
        "passes": lambda: passes.measure(folder / "passes", PASSES, RECORDS),
        "lag": lambda: [lag.measure(folder / "lag", CHANGES)],
        "memory": lambda: [memory.measure(folder / "memory", last, RECORDS, STARTS)],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
