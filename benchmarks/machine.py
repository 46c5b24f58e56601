"""The machine in words, without its name: what a figure has to be read against."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from pathlib import Path

from benchmarks.spread import percentile

SYNCS = 100


def described(folder: Path) -> str:
    """`folder` lies on the disk that the homes are on."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({_processor()}), {gigabytes:.0f} GB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, SQLite "
        f"{sqlite3.sqlite_version}. One synchronised write of a page takes "
        f"{_sync_ms(folder):.1f} ms on its disk (median). When the run began, "
        f"{load:.1f} other tasks wanted a core."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return " ".join(line.partition(":")[2].split())
    return platform.machine()


def _sync_ms(folder: Path) -> float:
    spans = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            spans.append((time.perf_counter() - began) * 1000)
    return percentile(spans, 0.5)
