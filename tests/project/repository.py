"""The checkout under test: its root and the files that it tracks."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked_files(suffix: str = "") -> tuple[Path, ...]:
    """The tracked text files whose name ends with `suffix`, as absolute paths, sorted."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout, so nothing says which files are tracked")
    names = sorted(name for name in listing.stdout.split("\0") if name.endswith(suffix))
    return tuple(path for name in names if (path := ROOT / name).is_file())


def lines_that_match(pattern: str, paths: tuple[Path, ...]) -> list[str]:
    """`file:line: text` of each line in which the regular expression is found."""
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1)
        if wanted.search(line)
    ]
