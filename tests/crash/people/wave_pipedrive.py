"""A bookkeeper at Wave and a sales person at Pipedrive."""

from __future__ import annotations

import random

from tests.crash.people.sales import Seller
from tests.crash.people.wave import Bookkeeper
from tests.crash.world import World


class Firm(Bookkeeper):
    def __init__(self, world: World, draw: random.Random, *, is_told: bool) -> None:
        super().__init__(world, draw, is_told=is_told)
        self._seller = Seller(self)

    def touch(self) -> None:
        self._seller.edit("deals", "title", "Wave invoice ID")
        self._seller.edit("organizations", "name", "Wave customer ID")
        self._seller.make()
