"""A deal product is a line of a deal: always a catalogue product, in the deal's currency.

There is no free-text line and no currency of its own (sheet, 5.4). Whatever touches the lines
moves the deal too: its `update_time`, and its value where the switch says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from . import bodies
from .account import Actor
from .catalogue import check_billing
from .deals import Deals, lines_of, whole
from .entities import Entity, Faults
from .errors import Invalid, not_found
from .tables import Record

MAX_RECURRING_LINES = 20
_MONEY_KEYS = ("item_price", "quantity", "tax", "discount")


class DealProducts(Entity):
    kind = "deal_product"
    table_name = "deal_products"
    post = bodies.DealProductPost
    patch = bodies.DealProductPatch
    references = (("product_id", "products"),)
    has_custom_fields = False

    def __init__(self, deals: Deals) -> None:
        super().__init__(deals.account)
        self.deals = deals
        deals.currency_followers.append(self.follow_currency)

    def defaults(self, actor: Actor) -> Record:
        now = self.account.stamp()
        return {
            "id": 0,
            "sum": 0,
            "tax": 0,
            "deal_id": 0,
            "name": "",
            "product_id": 0,
            "product_variation_id": None,
            "order_nr": 0,
            "add_time": now,
            "update_time": now,
            "comments": "",
            "currency": "",
            "discount": 0,
            "discount_type": "percentage",
            "quantity": 1,
            "item_price": 0,
            "tax_method": "exclusive",
            "is_enabled": True,
            "billing_frequency": "one-time",
            "billing_frequency_cycles": None,
            "billing_start_date": None,
        }

    def check(self, values: Record, faults: Faults) -> None:
        for name in _MONEY_KEYS:
            if name in values:
                values[name] = whole(values[name])
        product = self.account.tables["products"].get(values.get("product_id", 0))
        if product is not None and not product["is_linkable"]:
            faults.append(("product_id", "cannot be added to deals"))
        if values.get("product_variation_id") is not None:
            faults.append(("product_variation_id", "no such variation"))
        if values.get("comments", "") is None:
            values["comments"] = ""

    def settle(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        deal = self.account.tables["deals"].alive(record["deal_id"])
        if deal is None:
            raise not_found()
        check_billing(self.account, record, given)
        if old is None:
            siblings = list(lines_of(self.account, deal["id"]))
            record["order_nr"] = len(siblings) + 1
            _check_recurring(record, siblings)
        product = self.account.tables["products"].records[record["product_id"]]
        record = {**record, "name": product["name"], "currency": deal["currency"]}
        record["sum"] = self.line_sum(record)
        return record

    def line_sum(self, line: Mapping[str, Any]) -> int | float:
        """Quantity times price less discount, plus tax where the price is without it, rounded
        to the currency's decimals."""
        amount = Decimal(str(line["item_price"])) * Decimal(str(line["quantity"]))
        discount = Decimal(str(line["discount"]))
        amount -= amount * discount / 100 if line["discount_type"] == "percentage" else discount
        if line["tax_method"] == "exclusive":
            amount += amount * Decimal(str(line["tax"])) / 100
        currency = self.account.currencies[line["currency"]]
        step = Decimal(1).scaleb(-currency["decimal_points"])
        return whole(float(amount.quantize(step, ROUND_HALF_UP)))

    def add(self, deal_id: int, lines: list[dict[str, Any]], actor: Actor) -> list[Record]:
        """Adds lines to a deal, all or none."""
        if self.deals.table.alive(deal_id) is None:
            raise not_found()
        for line in lines:
            self._checked(line)
            check_billing(self.account, {**self.defaults(actor), **line}, line)
        added = [self.create({**line, "deal_id": deal_id}, actor) for line in lines]
        for line in lines:
            if "tax_method" in line:
                self._share_tax_method(deal_id, line["tax_method"])
        self._touch_deal(deal_id, actor)
        return [self.table.records[line["id"]] for line in added]

    def change(self, deal_id: int, line_id: int, given: dict[str, Any], actor: Actor) -> Record:
        self._line_of(deal_id, line_id)
        self.update(line_id, given, actor)
        if "tax_method" in given:
            self._share_tax_method(deal_id, given["tax_method"])
        self._touch_deal(deal_id, actor)
        return self.table.records[line_id]

    def remove(self, deal_id: int, line_ids: list[int], actor: Actor) -> None:
        """Lines go for good: they carry no deleted mark."""
        for line_id in line_ids:
            line = self._line_of(deal_id, line_id)
            self.table.discard(line_id)
            self.account.publish("delete", self.kind, None, line, actor)
        self._touch_deal(deal_id, actor)

    def _line_of(self, deal_id: int, line_id: int) -> Record:
        line = self.table.get(line_id)
        if line is None or line["deal_id"] != deal_id or self.deals.table.alive(deal_id) is None:
            raise not_found()
        return line

    def _share_tax_method(self, deal_id: int, method: str) -> None:
        """Changing the tax method of one line changes it for all of the deal (OpenAPI)."""
        for line in list(lines_of(self.account, deal_id)):
            shared = {**line, "tax_method": method}
            self.table.replace({**shared, "sum": self.line_sum(shared)})

    def follow_currency(self, deal: Record) -> None:
        """Lines are in the deal's currency, so they turn with it."""
        for line in list(lines_of(self.account, deal["id"])):
            turned = {**line, "currency": deal["currency"]}
            self.table.replace({**turned, "sum": self.line_sum(turned)})

    def _touch_deal(self, deal_id: int, actor: Actor) -> None:
        deal = self.deals.table.records[deal_id]
        record = dict(deal)
        if self.account.switch("deal_value_with_products") != "free":
            enabled = [line for line in lines_of(self.account, deal_id) if line["is_enabled"]]
            total = sum(Decimal(str(line["sum"])) for line in enabled)
            record["value"] = whole(float(total))
        self.deals.store(record, deal, actor)


def _check_recurring(line: Record, siblings: list[Record]) -> None:
    if line["billing_frequency"] == "one-time":
        return
    recurring = sum(1 for other in siblings if other["billing_frequency"] != "one-time")
    if recurring >= MAX_RECURRING_LINES:
        raise Invalid([("billing_frequency", "a deal can have up to 20 recurring products")])
