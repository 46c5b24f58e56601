"""Blocks of the README: shell commands, each with the mark above it that says what a test does.

`<!-- run -->` runs every command, which must end with 0; `<!-- run, ends with N: why -->` lets the
last one end with N; `<!-- run until it serves -->` runs a server and interrupts it when it is
ready; `<!-- as rehearsed -->` compares the commands with those of the rehearsal;
`<!-- now: what happened -->` stands alone, for what happens in the world outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.project.repository import ROOT

_MARK = re.compile(r"^<!-- (?P<mark>[^>]+) -->\n(?:```sh\n(?P<text>.*?)^```$)?", re.M | re.S)
_ENDS = re.compile(r"run, ends with (\d)")


@dataclass(frozen=True)
class Block:
    """One mark, and the commands below it; each as one line, as a shell reads it."""

    mark: str
    commands: tuple[str, ...]

    @property
    def last_code(self) -> int:
        """The exit code that the last command shall end with."""
        found = _ENDS.match(self.mark)
        return int(found[1]) if found else 0


def readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


def blocks() -> list[Block]:
    """The marked blocks of the README, in its order."""
    found = []
    for match in _MARK.finditer(readme()):
        text = (match["text"] or "").replace("\\\n", " ")
        found.append(Block(match["mark"], tuple(filter(None, text.splitlines()))))
    return found
