"""Canaries: secrets that are recognised wherever they turn up, whole or in part, in any form.

A canary is a mark repeated every eight signs, so that any twelve signs of it hold a whole mark. One
look for the mark, and for its base64 and hex forms, then finds every part of every canary at once.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping

MARK = "kNrYq"
OPEN_MARK = "wJxVz"
"""Of what only names somebody: it is sealed like a secret, and may be told."""
UNITS = 6
FEWEST = 12
"""So many signs of a secret in a row are a leak."""

PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789"
AWKWARD = f"/+=&%\"\\é<' {PLAIN}"
"""What is written otherwise in an address, a form, JSON, HTML, or a dump."""


def canary(label: str, signs: str = PLAIN, mark: str = MARK) -> str:
    """Always the same for a label, and another for each; `signs` stand between the marks."""
    digest = hashlib.sha256(label.encode()).digest()
    at = iter(digest)
    return "".join(
        mark + "".join(signs[next(at) % len(signs)] for _ in range(3)) for _ in range(UNITS)
    )


def _forms(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for before in range(3):
        begins, ends = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        yield b64encode(b"\0" * before + raw)[begins:ends]


_MARKS = {
    mark: re.compile(b"|".join(re.escape(form) for form in _forms(mark.encode())))
    for mark in (MARK, OPEN_MARK)
}


def marks_in(shown: bytes, mark: str = MARK) -> list[str]:
    """Where canaries of that mark show, each with what stands around it."""
    return [
        shown[max(0, found.start() - 60) : found.end() + 60].decode("utf-8", "replace")
        for found in _MARKS[mark].finditer(shown)
    ]


def traces_in(shown: bytes, secrets: Mapping[str, str | bytes]) -> list[str]:
    """The names of those secrets, none of them a canary, that show: whole, in part, in any form."""
    return [name for name, secret in secrets.items() if any(p in shown for p in _parts(secret))]


def _parts(secret: str | bytes) -> Iterator[bytes]:
    raw = secret.encode() if isinstance(secret, str) else secret
    for form in _forms(raw):
        size = min(FEWEST, len(form))
        yield from (form[at : at + size] for at in range(0, len(form) - size + 1, size // 2))
