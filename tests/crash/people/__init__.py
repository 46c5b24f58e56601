"""People at the vendors' screens: what they do in a round, by chance, and what they changed."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.crash.world import World


@dataclass(frozen=True)
class Saying:
    """A record of a source that was made, changed or deleted: whoever posts events tells of it."""

    vendor: str
    object: str
    id: str


Sayings = Sequence[Saying]


Deed = Callable[[], Sayings]
"""Something that people may do; it tells nothing where it cannot be done now."""


class People(ABC):
    """The people of one kind of flow.

    `by_hand` counts what they made at the target themselves, by object. `kept` are their own edits
    at the target that must stand: (object, id, field) → value. `is_told`: somebody tells of all
    that they do, also of what their vendor is silent about.
    """

    def __init__(self, world: World, draw: random.Random, *, is_told: bool) -> None:
        self.world = world
        self.draw = draw
        self.is_told = is_told
        self.by_hand: Counter[str] = Counter()
        self.kept: dict[tuple[str, str, str], object] = {}
        self._count = 1000

    @abstractmethod
    def begin(self) -> None:
        """Before the first sync."""

    @abstractmethod
    def new(self) -> Sayings:
        """Something that makes a record at the target."""

    @abstractmethod
    def change(self) -> Sayings:
        """Something that changes a record at the target."""

    @abstractmethod
    def feed(self) -> Sayings:
        """A record that speaks for another one."""

    @abstractmethod
    def act(self) -> Sayings:
        """Anything at all."""

    @abstractmethod
    def touch(self) -> None:
        """An edit of a person's own at the target, in quiet times."""

    def back(self) -> Sayings:
        """Something at the target that travels back to the source; nothing where nothing does."""
        return ()

    def many(self) -> Sayings:
        """So many new ones that one job makes them; nothing where there are no such jobs."""
        return ()

    def unheard(self) -> Sayings:
        """What no person did, and the vendor tells of all the same."""
        return ()

    # --- by chance ------------------------------------------------------------------------------

    def number(self) -> int:
        """One that nobody has had yet, so that no two names are alike."""
        self._count += 1
        return self._count

    def amount(self) -> str:
        return str(self.draw.randrange(50, 5000))

    def drawn(self, records: Sequence[Any]) -> Any:
        """One of them; None where there is none."""
        return self.draw.choice(records) if records else None

    def one_of(self, *deeds: Deed) -> Sayings:
        """The first that can be done, in an order by chance."""
        for deed in self.draw.sample(deeds, len(deeds)):
            done = deed()
            if done:
                return done
        return self.new()
