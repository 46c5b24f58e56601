"""Keys of known bytes and nonces that never repeat, for the tests of the vault."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime

from ml_connector.store.keyring import KEY_BYTES, Key, KeyRing

MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def key(number: int, *, active: bool = True) -> Key:
    """The key `k<number>`."""
    return Key(f"k{number}", bytes([number]) * KEY_BYTES, MADE_AT, active)


def ring(*numbers: int) -> KeyRing:
    """A ring of these keys, the last one active."""
    *retired, active = numbers
    return KeyRing((*(key(number, active=False) for number in retired), key(active)))


def counting_bytes() -> Callable[[int], bytes]:
    """A source of bytes that are different each time, and the same in each test."""
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(length, "big")
