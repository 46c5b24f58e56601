"""An outcome is what became of a play: its trace, and the promises that were broken."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from .script import Script


class Broken(Exception):
    """A promise was broken; the sentences say which."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems[:3]))
        self.problems = problems


class Runaway(SystemExit):
    """It goes on without end. What ends a program passes every task by."""


@dataclass
class Trace:
    """What happened, in order; equal plays have equal hashes."""

    lines: list[str] = field(default_factory=list)

    @property
    def hash(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Outcome:
    """`problems` is empty where every promise was kept. In the end so many records that had to be
    at the target were `judged`, and so many `excused`, since a person has the say of them or of
    their parents; `kept` edits of people stood."""

    script: Script
    trace: Trace
    problems: list[str]
    judged: int = 0
    excused: int = 0
    kept: int = 0
