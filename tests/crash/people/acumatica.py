"""A sales person at Pipedrive, and order entry and accounts at Acumatica.

Pipedrive posts itself; of Acumatica's side somebody must tell, by the columns of an inquiry.
"""

from __future__ import annotations

import random
from typing import Any

from tests.crash.people import People, Saying, Sayings
from tests.crash.world import Record, World

SOLD = ("CONSULTING-HOUR", "MONTHLY-RETAINER", "LOGO-DESIGN")
"""Services that are active, and of which there are always enough."""


class Works(People):
    """Deals are won, orders billed and paid, names changed on both sides."""

    def __init__(self, world: World, draw: random.Random, *, is_told: bool) -> None:
        super().__init__(world, draw, is_told=is_told)
        self._heard: set[str] = set()

    def begin(self) -> None:
        self.new()

    def touch(self) -> None:
        """A product's name is the seller's own from now on."""
        products = [p for p in self.world.all("pipedrive/products") if p["code"]]
        product = self.drawn([p for p in products if str(p["id"]) not in self._born])
        if product is not None:
            name = f"As the seller calls it {self.number()}"
            self.world.do("PATCH", f"pipedrive/products/{product['id']}", {"name": name})
            self.kept["products", str(product["id"]), "name"] = name

    @property
    def _born(self) -> frozenset[str]:
        return self.world.born["products"]

    # --- what they do ---------------------------------------------------------------------------

    def new(self) -> Sayings:
        """A deal of a new firm is won."""
        number = self.number()
        organization = self._sold("organizations", {"name": f"Firm {number} of Nowhere"})
        mail = {"value": f"ann@firm{number}.example", "primary": True, "label": "work"}
        person = {"name": f"Ann Lee{number}", "org_id": organization["id"], "emails": [mail]}
        return self._won(organization, self._sold("persons", person))

    def unheard(self) -> Sayings:
        """Acumatica tells of orders, however they were made."""
        new = [o for o in self._orders() if o["id"] not in self._heard]
        self._heard.update(o["id"] for o in new)
        return [_of_order(order) for order in new]

    def change(self) -> Sayings:
        return self.one_of(self._renamed, self._restocked)

    def feed(self) -> Sayings:
        """An invoice or a payment speaks for its order."""
        return self._paid() or self._billed() or self._ordered()

    def back(self) -> Sayings:
        """A name is changed at Acumatica, and travels back."""
        customer = self.drawn(self._customers())
        if customer is None:
            return ()
        name = {"CustomerName": {"value": f"Firm {self.number()} of Acumatica"}}
        id = _plain(customer["CustomerID"])
        self.world.do("PATCH", f"acumatica/customers/{id}", name)
        return [Saying("acumatica", "CustomerID", id)]

    def act(self) -> Sayings:
        return self.one_of(
            self.new, self._again, self._renamed, self.back, self._billed, self._paid,
             self._restocked, self._ordered,
        )  # fmt: skip

    # --- Pipedrive ------------------------------------------------------------------------------

    def _again(self) -> Sayings:
        """A firm that is a customer already wins us another deal; the vendor tells of it."""
        won = [d for d in self.world.all("pipedrive/deals") if d["status"] == "won"]
        deal = self.drawn([d for d in won if d["person_id"] and not d["is_deleted"]])
        if deal is None:
            return ()
        return self._won({"id": deal["org_id"]}, {"id": deal["person_id"]})

    def _renamed(self) -> Sayings:
        ours = [_plain(c["AccountRef"]) for c in self._customers()]
        reference = self.drawn([r for r in ours if str(r).startswith("pipedrive:")])
        if reference is None:
            return ()
        id = reference.rpartition(":")[2]
        name = {"name": f"Firm {self.number()} of Pipedrive"}
        self.world.do("PATCH", f"pipedrive/organizations/{id}", name)
        return [Saying("pipedrive", "organization", id)]

    def _won(self, organization: Record, person: Record) -> Sayings:
        deal = self._sold("deals", {
            "title": f"Order {self.number()}", "org_id": organization["id"],
            "person_id": person["id"], "value": 500, "currency": "USD",
        })  # fmt: skip
        products = [p for p in self.world.all("pipedrive/products") if p["code"] in SOLD]
        for product in self.draw.sample(products, min(len(products), self.draw.choice((1, 2)))):
            self._sold("deal_products", {
                "deal_id": deal["id"], "product_id": product["id"],
                "quantity": self.draw.randint(1, 9), "item_price": self.draw.randint(10, 200),
            })  # fmt: skip
        self.world.do("POST", f"pipedrive/deals/{deal['id']}/win", {})
        return [Saying("pipedrive", "deal", str(deal["id"]))]

    def _sold(self, noun: str, body: Record) -> Record:
        made: Record = self.world.do("POST", f"pipedrive/{noun}", body)
        return made

    # --- Acumatica ------------------------------------------------------------------------------

    def _customers(self) -> list[Record]:
        told = self.world.all("acumatica/customers")
        return [c for c in told if str(_plain(c["AccountRef"])).startswith("pipedrive:")]

    def _orders(self) -> list[Record]:
        told = self.world.all("acumatica/sales_orders")
        return [o for o in told if str(_plain(o["ExternalRef"])).startswith("pipedrive:")]

    def _ordered(self) -> Sayings:
        """An order is taken off hold."""
        order = self.drawn([o for o in self._orders() if _plain(o["Status"]) == "On Hold"])
        if order is None:
            return ()
        self.world.do("POST", f"acumatica/sales_orders/{order['id']}/open", {})
        return [_of_order(order)]

    def _billed(self) -> Sayings:
        """An order is shipped and billed."""
        opened = [o for o in self._orders() if _plain(o["Status"]) in ("On Hold", "Open")]
        order = self.drawn(opened)
        if order is None:
            return ()
        done = self.world.tried("POST", f"acumatica/sales_orders/{order['id']}/complete", {})
        if done is None:
            return ()
        newest = self.world.all("acumatica/sales_invoices")[-1]
        return [_of_order(order), _of_document(newest)]

    def _paid(self) -> Sayings:
        told = self.world.all("acumatica/sales_invoices")
        ours = [i for i in told if str(_plain(i["CustomerOrder"])).startswith("Deal ")]
        invoice = self.drawn([i for i in ours if float(_plain(i["Balance"]) or 0) > 0])
        if invoice is None:
            return ()
        self.world.do("POST", f"acumatica/sales_invoices/{invoice['id']}/pay", {})
        payment = self.world.all("acumatica/payments")[-1]
        return [_of_document(invoice), _of_document(payment)]

    def _restocked(self) -> Sayings:
        """An item is called otherwise, or is new."""
        items = self.world.all("acumatica/non_stock_items")
        item = self.drawn(items)
        number = self.number()
        text = {"Description": {"value": f"Service {number}"}}
        if self.draw.random() < 0.5:
            code = _plain(item["InventoryID"])
            self.world.do("PATCH", f"acumatica/non_stock_items/{code}", text)
        else:
            code = f"SERVICE-{number}"
            body = {"InventoryID": {"value": code}, **text, "DefaultPrice": {"value": 12.5}}
            self.world.do("POST", "acumatica/non_stock_items", body)
        return [Saying("acumatica", "InventoryID", code)]


def _of_order(order: Record) -> Saying:
    key = f"{_plain(order['OrderType'])}/{_plain(order['OrderNbr'])}"
    return Saying("acumatica", "OrderType/OrderNbr", key)


def _of_document(document: Record) -> Saying:
    key = f"{_plain(document['Type'])}/{_plain(document['ReferenceNbr'])}"
    return Saying("acumatica", "Type/ReferenceNbr", key)


def _plain(wrapped: Any) -> Any:
    return wrapped.get("value") if isinstance(wrapped, dict) else wrapped
