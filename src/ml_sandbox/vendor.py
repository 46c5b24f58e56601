"""A vendor is one simulated product: an application, a human before its screens, and its keys.

A vendor's folder exports a `VendorKind`; the world builds a `Vendor` from it and hands it a `Site`,
which is all that a vendor may know of the sandbox around it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from starlette.types import ASGIApp

from ml_sandbox.clock import Clock
from ml_sandbox.deliveries import Delivery
from ml_sandbox.faults import FaultRule, current_operations
from ml_sandbox.switches import Switch

if TYPE_CHECKING:  # the world builds vendors, so it cannot be imported here at run time
    from ml_sandbox.business.cast import Business
    from ml_sandbox.world import World

Record = dict[str, Any]


class Human(Protocol):
    """A person who works in the product: bare records in the vendor's own names and forms.

    Every method raises `refusal.Refusal`: 404 for what is not there, 400 for what cannot be done.
    Changes are stamped, and told to webhooks. Ids arrive decoded.
    """

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        """The objects by name, each with the names of its actions."""

    def records(self, noun: str) -> list[Record]: ...

    def record(self, noun: str, key: str) -> Record: ...

    def create(self, noun: str, body: Record) -> Record: ...

    def change(self, noun: str, key: str, body: Record) -> Record: ...

    def delete(self, noun: str, key: str) -> Record: ...

    def act(self, noun: str, key: str, action: str, body: Record) -> Record: ...


class Vendor(Protocol):
    """What a kind's `build` returns."""

    #: Paths below the vendor's prefix, with a leading slash; the ready line shows them whole.
    auth_path: str
    token_path: str

    @property
    def app(self) -> ASGIApp:
        """The vendor's API. It sees its own paths: the prefix is taken off."""

    @property
    def human(self) -> Human: ...

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        """Names of a request for faults and counters, the one that is counted first.

        `operations.of_path(method, path)` is the plain answer.
        """

    def credentials(self) -> dict[str, str]:
        """As `connect` takes them; ready to use, and the same for the same seed."""

    def settings(self) -> dict[str, str]:
        """Pairs for `connect --set`, such as an account id."""

    def set_webhook(self, url: str, secret: str, events: list[str]) -> Record:
        """What the vendor's portal does by hand; the answer is shown. Raises Refusal."""


@dataclass(frozen=True)
class VendorKind:
    """A line in the list of vendors: its name, its switches (without prefix), and how to build it.

    The name is also the prefix of its path and of its switches.
    """

    name: str
    switches: Mapping[str, Switch]
    build: Callable[[Site], Vendor]


class Site:
    """The sandbox as one vendor sees it: time, chance, switches, faults, counters, the way out."""

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self._world = world

    @property
    def clock(self) -> Clock:
        return self._world.clock

    def now(self) -> datetime:
        return self._world.clock.now()

    @property
    def base_url(self) -> str:
        """The vendor's own address, without a trailing slash."""
        return self._world.options.vendor_url(self.name)

    @property
    def business(self) -> Business:
        """The real-world customers and their bills, which all vendors draw from."""
        return self._world.business

    def random(self, purpose: str) -> random.Random:
        """A generator of its own for each purpose, fixed by the seed."""
        return self._world.random(f"{self.name}.{purpose}")

    def switch(self, name: str) -> Any:
        """A switch's value, by its name without prefix."""
        return self._world.switches.value(f"{self.name}.{name}")

    def fault(self, kind: str, *operations: str) -> FaultRule | None:
        """The rule of this kind that fires now, on the request at hand or the operations named."""
        asked = operations or current_operations.get()
        return self._world.faults.strike(self.name, (kind,), asked)

    def created(self, noun: str) -> None:
        self._world.counters.created(self.name, noun)

    def spend_tokens(self, tokens: int) -> None:
        self._world.counters.spend_tokens(tokens)

    def accepts_receiver(self, url: str) -> bool:
        """Whether webhooks may be sent there: this machine only."""
        return self._world.sender.accepts(url)

    async def reaches(self, url: str, headers: Mapping[str, str], body: bytes) -> int | None:
        """Posts once, outside of any delivery: for the probe of a new subscription."""
        return await self._world.sender.post(url, headers, body, 10.0)

    def deliver(self, delivery: Delivery) -> None:
        self._world.deliveries.send(delivery)
