"""Bounds: how much of our time, memory and connections a sender may take before it has shown who it
is. Whoever needs more is cut off, and cannot keep others from being heard.
"""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Bounds:
    """Times are real seconds. No vendor is near any of these: each sends its few kilobytes at once.

    `head_seconds` counts from the connection, and on a kept one from the first byte, to the end of
    the headers; `body_seconds` from there to the end of the body. `idle_seconds` is how long a kept
    connection may be silent, and how long a sender may take to pick up its answer.
    """

    head_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 5.0
    head_bytes: int = 32_768
    header_count: int = 100
    connections: int = 512
    body_bytes: int = MEBIBYTE
    dropped_bytes: int = 16 * MEBIBYTE
    """So much of a body that is too large is read and dropped, for the sender to get its answer."""
    held_bytes: int = 64 * MEBIBYTE
    """All bodies together that are held at one time."""
