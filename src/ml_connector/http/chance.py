"""Chance for real: what nobody can guess, and ids that grow with time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from ml_connector.core.ports import Clock

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 80


class SystemChance:
    """Implements `core.ports.Chance` with the operating system's randomness.

    An id is a ULID (48 bits of milliseconds, 80 of chance, 26 letters); the ids of one process grow
    strictly, also within a millisecond.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._system = secrets.SystemRandom()
        self._last = 0

    def random(self) -> float:
        return self._system.random()

    def token(self, length: int) -> str:
        return secrets.token_urlsafe(length)[:length]

    def new_id(self) -> str:
        ms = int((self._clock.now() - _EPOCH).total_seconds() * 1000)
        drawn = (ms << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
        self._last = max(drawn, self._last + 1)
        return _in_letters(self._last)


def _in_letters(number: int) -> str:
    """26 letters of Crockford's base 32; they sort as the numbers do."""
    letters = []
    for _ in range(26):
        number, rest = divmod(number, 32)
        letters.append(_LETTERS[rest])
    return "".join(reversed(letters))
