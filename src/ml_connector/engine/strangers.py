"""A stranger is whoever could prove nothing: wrong proofs, addresses that nobody gave out.

They are counted, by endpoint and by the sender's address, within a window. Too many make them
cheap: they are refused from memory, without a look into the store, a log line or a row. Proofs are
checked all the same, so that a vendor is heard however many strangers shout.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

WINDOW_SECONDS = 60.0
MOST = 60
"""So many failures within the window are looked at one by one."""

MOST_OF_ALL = 600
"""The same for all senders together: an attacker may have more addresses than can be counted."""

MOST_COUNTED = 4_096
"""So many keys are counted at a time; the one that was silent longest is forgotten."""

ALL = "all"


@dataclass(slots=True)
class _Count:
    began: float
    failures: int = 0


class Strangers:
    """Failures by key. Pure arithmetic on moments of a monotonic clock, which are handed in."""

    def __init__(
        self, most: int = MOST, window_seconds: float = WINDOW_SECONDS, counted: int = MOST_COUNTED
    ) -> None:
        self._most = most
        self._window_seconds = window_seconds
        self._counted = counted
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def failed(self, key: str, now: float) -> int:
        """Count one failure; how many there are in this key's window."""
        count = self._counts.get(key)
        if count is None or now - count.began >= self._window_seconds:
            count = self._counts[key] = _Count(now)
        self._counts.move_to_end(key)
        while len(self._counts) > self._counted:
            self._counts.popitem(last=False)
        count.failures += 1
        return count.failures

    def are_many(self, key: str, now: float) -> bool:
        """Whether one more is one too many."""
        count = self._counts.get(key)
        if count is None or now - count.began >= self._window_seconds:
            return False
        return count.failures >= self._most

    def __len__(self) -> int:
        return len(self._counts)


def network_of(sender: str) -> str:
    """The sender's address; of IPv6 the network that one customer has whole (RFC 6177)."""
    try:
        address = ip_address(sender)
    except ValueError:
        return sender[:64]
    if address.version == 4:
        return str(address)
    return str(ip_network((int(address) >> 64 << 64, 64)))
