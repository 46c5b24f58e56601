"""A lock file names each package with one version and the hashes of its files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SHIPPED = "requirements.lock"
TOOLS = "requirements-dev.lock"


@dataclass(frozen=True, slots=True)
class Locked:
    """One package; `sha256` are those of its files, `marker` says where it is installed."""

    name: str
    version: str
    sha256: tuple[str, ...]
    marker: str


def locked(lock: str) -> Iterator[Locked]:
    """The packages of a lock file of this repository, in its order."""
    joined = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    for line in joined.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        text, *hashes = re.split(r"\s+--hash=sha256:", line.strip())
        wanted = Requirement(text)
        yield Locked(
            canonicalize_name(wanted.name),
            str(wanted.specifier).removeprefix("=="),
            tuple(hashes),
            str(wanted.marker or ""),
        )
