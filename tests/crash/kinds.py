"""The kinds of flow that live and die here, each with its people, its model, and its ways."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.crash.model import (
    Kept,
    Sides,
    acumatica_pipedrive,
    freshbooks_pipedrive,
    quickbooks_pipedrive,
    wave_pipedrive,
    wave_zendesk,
)
from tests.crash.people import People
from tests.crash.people.acumatica import Works
from tests.crash.people.freshbooks import Studio
from tests.crash.people.quickbooks import Company
from tests.crash.people.wave_pipedrive import Firm
from tests.crash.people.wave_zendesk import HelpDesk
from tests.crash.steps import (
    ACUMATICA_PIPEDRIVE,
    FRESHBOOKS_PIPEDRIVE,
    QUICKBOOKS_PIPEDRIVE,
    WAVE_PIPEDRIVE,
    WAVE_ZENDESK,
)
from tests.crash.world import World

FLOW = "books"
WAVE_EVENTS = ("customer.created", "customer.updated", "invoice.created", "invoice.updated",
               "payment.created", "invoice.sent", "invoice.paid", "invoice.partially_paid",
               "invoice.approved")  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """`nouns` are the records that are counted, by vendor. `posting` are the vendors whose webhooks
    a portal, or we, post. `writes` are creates and updates at the target as fault rules name
    them."""

    name: str
    source: str
    target: str
    nouns: Mapping[str, tuple[str, ...]]
    posting: tuple[str, ...]
    writes: tuple[str, ...]
    people: type[People]
    compare: Callable[[World, Kept], Sides]
    routes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The route whose `why` shows what was posted of a vendor's object."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the flow."""
    paces: Mapping[str, str] = field(default_factory=dict)
    """Requests a second, where the usual pace would only make us wait."""
    switches: Mapping[str, Any] = field(default_factory=dict)
    redirects: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    writes_at: str = ""
    """Where the `writes` go; the target unless it says otherwise."""
    looked_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further records whose ids at the world's beginning the model wants to know."""

    @property
    def written(self) -> str:
        return self.writes_at or self.target

    def prepare(self, world: World, telling: str) -> None:
        """The switches of the sandbox that this kind's lives want."""
        if self.switches:
            world.switch(**self.switches)

    def register(self, world: World, vendor: str, url: str) -> None:
        """What a person does in the vendor's portal."""
        secret = world.ready[vendor]["credentials"]["webhook_secret"]
        body = {"url": url, "secret": secret, "events": list(self.events.get(vendor, ()))}
        world.do("PUT", f"{vendor}/webhook", body)

    def line_troubles(self, draw: random.Random) -> list[dict[str, Any]]:
        """Some of what may go wrong with the target's creates and updates."""
        troubles: list[dict[str, Any]] = []
        for operation in self.writes:
            if draw.random() < 0.3:
                kind = draw.choice(("cut_after", "cut_before", "status", "truncate"))
                how = {"status": draw.choice((500, 503))} if kind == "status" else {}
                troubles.append({"operation": operation, "kind": kind, "times": 1, **how})
        return troubles


HTTPS = "https://app.example/cb"
"""Where consent ends at a vendor that insists on https; nobody listens there."""
ZENDESK_WRITES = ("POST /api/v2/organizations*", "POST /api/v2/users*", "PUT /api/v2/*",
                  "PATCH /api/v2/custom_objects/*")  # fmt: skip
ACUMATICA_WRITES = ("PUT /entity/*",)
PIPEDRIVE_WRITES = ("POST /api/v2/*", "PATCH /api/v2/*")

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name=WAVE_PIPEDRIVE, source="wave", target="pipedrive",
            nouns={"pipedrive": ("organizations", "persons", "deals", "activities")},
            posting=("wave",), writes=PIPEDRIVE_WRITES,
            people=Firm, compare=wave_pipedrive.compare,
            switches={"wave__product_text_events": True}, events={"wave": WAVE_EVENTS},
            paces={"wave": "50"}, routes={("wave", "customers"): "customers"},
        ),
        Kind(
            name=FRESHBOOKS_PIPEDRIVE, source="freshbooks", target="pipedrive",
            nouns={"pipedrive": ("organizations", "deals")},
            posting=(), writes=PIPEDRIVE_WRITES,
            people=Studio, compare=freshbooks_pipedrive.compare, redirects={"freshbooks": HTTPS},
        ),
        Kind(
            name=QUICKBOOKS_PIPEDRIVE, source="quickbooks_online", target="pipedrive",
            nouns={"pipedrive": ("organizations", "persons")},
            posting=("quickbooks_online",), writes=PIPEDRIVE_WRITES,
            people=Company, compare=quickbooks_pipedrive.compare,
            redirects={"quickbooks_online": HTTPS},
            routes={("quickbooks_online", "customer"): "customers"},
        ),
        Kind(
            name=WAVE_ZENDESK, source="wave", target="zendesk",
            nouns={"zendesk": ("organizations", "users", "custom_object_records")},
            posting=("wave",), writes=ZENDESK_WRITES,
            people=HelpDesk, compare=wave_zendesk.compare,
            switches={"wave__product_text_events": True}, events={"wave": WAVE_EVENTS},
            paces={"wave": "50"}, routes={("wave", "customers"): "customers"},
        ),
        Kind(
            name=ACUMATICA_PIPEDRIVE, source="acumatica", target="pipedrive",
            nouns={
                "acumatica": ("customers", "contacts", "sales_orders"),
                "pipedrive": ("products",),
            },
            posting=("acumatica", "pipedrive"), writes=ACUMATICA_WRITES, writes_at="acumatica",
            people=Works, compare=acumatica_pipedrive.compare, settings={"since": "open"},
            looked_at={"pipedrive": ("deals",)},
        ),
    )
}  # fmt: skip
