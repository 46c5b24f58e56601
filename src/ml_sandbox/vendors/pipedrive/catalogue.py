"""Products: what the company sells. A code is the natural SKU, and nothing makes it unique."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import bodies
from .account import Account, Actor
from .deals import whole
from .entities import Entity, Faults
from .errors import Invalid, generic
from .tables import Record


class Products(Entity):
    kind = "product"
    table_name = "products"
    post = bodies.ProductPost
    patch = bodies.ProductPatch
    references = (("owner_id", "user"),)

    def defaults(self, actor: Actor) -> Record:
        now = self.account.stamp()
        currency = self.account.users[actor.user_id]["default_currency"]
        return {
            "id": 0,
            "name": "",
            "code": None,
            "description": None,
            "unit": None,
            "tax": 0,
            "category": None,
            "is_linkable": True,
            "is_deleted": False,
            "visible_to": self.account.default_visibility(),
            "owner_id": actor.user_id,
            "add_time": now,
            "update_time": now,
            "billing_frequency": "one-time",
            "billing_frequency_cycles": None,
            "prices": [{"currency": currency, "price": 0}],
            "custom_fields": {},
        }

    def check(self, values: Record, faults: Faults) -> None:
        if values.get("category") is not None:
            # The published request has a number here and the answer a string.
            values["category"] = str(whole(values["category"]))
        if "tax" in values:
            values["tax"] = whole(values["tax"])
        prices = values.get("prices", [])
        codes = [price["currency"] for price in prices]
        for code in codes:
            if not self.account.exists("currency", code):
                faults.append(("prices.currency", f"no currency with code {code}"))
        if len(set(codes)) != len(codes):
            faults.append(("prices", "must have only one price per currency"))
        code = values.get("code")
        if code and self.account.switch("product_code_unique") and self._code_taken(code):
            faults.append(("code", "is already used by another product"))

    def _code_taken(self, code: str) -> bool:
        products = self.table.records.values()
        return any(p["code"] == code and not p["is_deleted"] for p in products)

    def settle(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        check_billing(self.account, record, given)
        prices = [_price(record["id"], price) for price in record["prices"]]
        return {**record, "prices": prices}


def _price(product_id: int, given: Mapping[str, Any]) -> Record:
    direct = given.get("direct_cost")
    return {
        "product_id": product_id,
        "price": whole(given.get("price", 0)),
        "currency": given["currency"],
        "cost": whole(given.get("cost", 0)),
        "direct_cost": None if direct is None else whole(direct),
        "notes": given.get("notes", ""),
    }


def check_billing(account: Account, record: Record, given: Mapping[str, Any]) -> None:
    """Recurring billing: only from the Growth plan on, and cycles that fit the frequency."""
    frequency, cycles = record["billing_frequency"], record["billing_frequency_cycles"]
    asked = [key for key in given if key.startswith("billing_")]
    if asked and account.switch("plan") == "lite":
        raise generic(403, f"Not available on this plan: {', '.join(asked)}")
    if frequency == "one-time" and cycles is not None:
        raise Invalid([("billing_frequency_cycles", "must be null for one-time billing")])
    if frequency == "weekly" and cycles is None:
        raise Invalid([("billing_frequency_cycles", "cannot be null for weekly billing")])
