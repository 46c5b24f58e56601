"""A gate lets so many senders in at a time. When it is full, whoever has kept us waiting longest
goes, so that silent connections never keep a vendor out.
"""

from __future__ import annotations

from typing import Protocol


class Sender(Protocol):
    """One connection."""

    def give_way(self) -> None:
        """Go at once, for another one to come in."""
        ...


class Gate:
    """Who is connected, and in which order they began to keep us waiting."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._inside: set[Sender] = set()
        self._waited_for: dict[Sender, None] = {}

    def let_in(self, sender: Sender) -> bool:
        """Let it in; False where all who are inside are being answered."""
        if len(self._inside) >= self._most:
            slowest = next(iter(self._waited_for), None)
            if slowest is None:
                return False
            self.left(slowest)
            slowest.give_way()
        self._inside.add(sender)
        return True

    def waits_for(self, sender: Sender) -> None:
        """From now on it is this one's turn to send."""
        if sender in self._inside:
            self._waited_for.pop(sender, None)
            self._waited_for[sender] = None

    def answers(self, sender: Sender) -> None:
        """It has sent all, and is being answered."""
        self._waited_for.pop(sender, None)

    def left(self, sender: Sender) -> None:
        self._inside.discard(sender)
        self._waited_for.pop(sender, None)
