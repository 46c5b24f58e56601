"""A scene between Acumatica and Pipedrive: deals of a sales rep, and what order entry finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.rehearsal import Rehearsal

KIND = "acumatica-pipedrive"
FIELDS = "pipedrive/deal_fields"
POLL_SECONDS = 330


class Firm(Rehearsal):
    """A rehearsal with the hands of a sales rep and of order entry."""

    def __init__(self, **how: Any) -> None:
        super().__init__(kind=KIND, **{"customers": 6, "invoices": 12, **how})

    async def begin(self, **settings: str) -> None:
        await self.install(**settings)
        await self.sync()

    async def rounds(self, count: int = 3) -> None:
        for _ in range(count):
            await self.clock.advance(POLL_SECONDS)
            await self.round()

    async def deal(self, name: str = "Nordic Tools", *, lines: int = 1, **more: Any) -> Any:
        """A deal that is not won yet, of an organization with a person."""
        organization = await self.human(
            "POST",
            "pipedrive/organizations",
            {
                "name": name,
                "address": {
                    "value": "1 Main St, Halifax, CA", "route": "Main St", "street_number": "1",
                    "locality": "Halifax", "country": "CA", "postal_code": "B3H 1A1",
                },
            },
        )  # fmt: skip
        email = f"ann@{name.split()[0].lower()}.example"
        person = await self.human(
            "POST",
            "pipedrive/persons",
            {
                "name": "Ann Lee",
                "org_id": organization["id"],
                "emails": [
                    {"value": email, "primary": True, "label": "work"},
                    {"value": f"private-{email}", "primary": False, "label": "home"},
                ],
            },
        )
        deal = await self.human(
            "POST",
            "pipedrive/deals",
            {
                "title": f"Order of {name}", "org_id": organization["id"],
                "person_id": person["id"], "value": 500, "currency": "USD", **more,
            },
        )  # fmt: skip
        products = [p for p in await self.objects("pipedrive/products") if p["code"]]
        for product in products[:lines]:
            line = {"deal_id": deal["id"], "product_id": product["id"], "quantity": 2}
            await self.human("POST", "pipedrive/deal_products", {**line, "item_price": 120})
        return deal

    async def won(self, name: str = "Nordic Tools", **more: Any) -> Any:
        deal = await self.deal(name, **more)
        await self.clock.advance(5)
        await self.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await self.rounds()
        return deal

    async def objects(self, path: str) -> Any:
        return await self.sandbox.control("GET", path)

    async def order_of(self, deal: Mapping[str, Any]) -> Any:
        link = (await self.links("deals"))[str(deal["id"])]
        number = link.target_id.partition("/")[2]
        return next(
            o
            for o in await self.objects("acumatica/sales_orders")
            if plain(o["OrderNbr"]) == number
        )

    async def fields_of(self, deal: Mapping[str, Any]) -> dict[str, Any]:
        """The deal's custom fields by the names that people see."""
        told = await self.objects(f"pipedrive/deals/{deal['id']}")
        named = {f["field_code"]: f["field_name"] for f in await self.objects(FIELDS)}
        return {named[c]: v for c, v in told["custom_fields"].items() if c in named}

    async def written(self) -> int:
        told = (await self.counters())["requests"]
        return sum(
            r["n"]
            for r in told
            if r["operation"].startswith(
                ("PUT /entity", "PATCH /entity", "PATCH /api", "POST /api")
            )
        )


def plain(wrapped: Any) -> Any:
    return wrapped.get("value") if isinstance(wrapped, dict) else wrapped
