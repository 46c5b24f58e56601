"""The world is everything that a reset throws away: time, switches, faults, counters, vendors."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ml_sandbox.business.cast import Business, found_business
from ml_sandbox.clock import Clock, TimeSource
from ml_sandbox.counters import Counters
from ml_sandbox.deliveries import Deliveries
from ml_sandbox.faults import Faults
from ml_sandbox.options import SandboxOptions
from ml_sandbox.sender import Sender
from ml_sandbox.switches import Switches
from ml_sandbox.vendor import Site, Vendor, VendorKind


class World:
    """One world, built from its options; two of the same seed hold the same records and tokens."""

    def __init__(
        self,
        options: SandboxOptions,
        kinds: Sequence[VendorKind],
        source: TimeSource,
        sender: Sender,
    ) -> None:
        names = [kind.name for kind in kinds]
        self.options = options
        self.sender = sender
        self.clock = Clock(source, options.speed, options.start)
        self.switches = Switches()
        self.faults = Faults(self.random("faults"), names)
        self.counters = Counters(names)
        self.deliveries = Deliveries(self.clock, self.counters, self.faults, sender)
        self.vendors: dict[str, Vendor] = {}
        for kind in kinds:
            self.switches.add(kind.name, kind.switches)
            self.vendors[kind.name] = kind.build(Site(kind.name, self))

    def random(self, purpose: str) -> random.Random:
        """The seed is spread by the purpose's name, so that one purpose never disturbs another."""
        return random.Random(f"{self.options.seed}/{purpose}")

    @cached_property
    def business(self) -> Business:
        options = self.options
        return found_business(
            self.random("business"), options.customers, options.invoices, self.clock.start.date()
        )

    @cached_property
    def ready(self) -> dict[str, Any]:
        """The ready line: where everything is, and the keys to it."""
        vendors: dict[str, Any] = {}
        for name, vendor in self.vendors.items():
            base_url = self.options.vendor_url(name)
            vendors[name] = {
                "base_url": base_url,
                "auth_url": base_url + vendor.auth_path,
                "token_url": base_url + vendor.token_path,
                "credentials": vendor.credentials(),
                "settings": vendor.settings(),
            }
            if name in self.options.own_urls:
                vendors[name]["own_url"] = self.options.own_urls[name]
        return {"url": self.options.url, "vendors": vendors}
