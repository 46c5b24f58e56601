"""Ids at Zendesk: rising numbers beyond 32 bits, ULIDs for records, `V3-` texts for jobs."""

from __future__ import annotations

import random
from datetime import datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FIRST_ID = 6_164_125_400_602


class Ids:
    """One account's ids, the same for the same seed; numbers and ULIDs rise with every call."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._last = FIRST_ID
        self._last_ulid = 0

    def number(self) -> int:
        self._last += self._chance.randrange(20, 4000, 20)
        return self._last

    def ulid(self, now: datetime) -> str:
        """26 characters, the first ten of which tell the millisecond."""
        value = int(now.timestamp() * 1000) << 80 | self._chance.getrandbits(80)
        value = max(value, self._last_ulid + 1)
        self._last_ulid = value
        return "".join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))

    def job(self) -> str:
        return f"V3-{self.hexadecimal(32)}"

    def hexadecimal(self, digits: int) -> str:
        return f"{self._chance.getrandbits(4 * digits):0{digits}x}"
