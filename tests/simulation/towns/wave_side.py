"""Wave as a source: what a bookkeeper does there."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from .base import Record, Town, number, pick, plain

BOOKKEEPER = {
    "new_customer": 5, "edit_customer": 4, "archive": 1, "new_invoice": 7, "edit_invoice": 3,
    "progress": 6, "pay": 6, "refund": 2, "delete_draft": 1, "remove_customer": 0.5,
}  # fmt: skip
SWITCHES = {
    "wave.approved_status": ("UNPAID",),
    "wave.error_status": ("200", "4xx"),
    "wave.latency_seconds": (0.2, 1.5),
    "wave.modified_bounds_inclusive": (True,),
    "wave.money_value_grouping": (False,),
    "wave.overdue_touches_modified": (True,),
    "wave.payment_touches_modified": (False,),
    "wave.view_touches_modified": (True,),
    "wave.product_text_events": (True,),
    "wave.refresh_answer": ("same", "none"),
    "wave.retry_after_header": (True,),
    "wave.token_bound_to_business": (False,),
    "wave.webhook_retry_signs_anew": (False,),
    "wave.webhook_second_v1": (True,),
    "wave.webhook_timestamp_header": (True,),
    "wave.rate_limit_per_minute": (30,),
}


class WaveSource(Town):
    source = "wave"

    def _customers(self) -> list[Record]:
        return [c for c in self.of("wave", "customers") if not c["isDeleted"]]

    def _invoices(self, *, draft: bool | None = None) -> list[Record]:
        return [
            i
            for i in self.of("wave", "invoices")
            if not i["isDeleted"] and (draft is None or (i["status"] == "DRAFT") is draft)
        ]

    def _noun(self, route: str) -> str:
        return {"invoices": "invoices", "activities": "invoices", "payments": "payments"}.get(
            route, "customers"
        )

    def known_by(self, route: str, key: str) -> set[str]:
        names = {"customers": ("name", "email"), "invoices": ("invoiceNumber",), "payments": ()}
        noun = self._noun(route)
        found = [r for r in self.of("wave", noun) if r["id"] == key and not r["isDeleted"]]
        return plain(*(record[name] for record in found for name in names[noun]))

    def is_gone(self, route: str, key: str) -> bool:
        own = key.rpartition("|")[2]  # a payment is told by its invoice too
        found = [r for r in self.of("wave", self._noun(route)) if r["id"] == own]
        return all(record["isDeleted"] for record in found)

    def new_customer(self, draw: random.Random) -> Any:
        body: Record = {"name": self.name(draw)}
        if draw.random() < 0.6:
            body["email"] = f"info{draw.randint(1, 6)}@{draw.choice('abc')}.example"
        if draw.random() < 0.4:
            body |= {"firstName": "Ada", "lastName": draw.choice(("Byron", "Lovelace"))}
        return self.create("wave", "customers", body)["internalId"]

    def edit_customer(self, draw: random.Random) -> Any:
        customer = pick(draw, self._customers())
        change = draw.choice([{"name": self.name(draw)}, {"email": f"new{self.count}@x.example"}])
        self.change("wave", "customers", customer["id"], change)
        return (customer["internalId"], *change)

    def archive(self, draw: random.Random) -> Any:
        customer = pick(draw, self._customers())
        action = "restore" if customer["isArchived"] else "archive"
        self.do("wave", "customers", customer["id"], action)
        return (action, customer["internalId"])

    def remove_customer(self, draw: random.Random) -> Any:
        customer = pick(draw, self._customers())
        self.delete("wave", "customers", customer["id"])
        return customer["internalId"]

    def new_invoice(self, draw: random.Random) -> Any:
        customer = pick(draw, [c for c in self._customers() if not c["isArchived"]])
        body = {
            "customerId": customer["id"],
            "items": [{"unitPrice": self.amount(draw), "quantity": str(draw.randint(1, 3))}],
            "dueDate": self.today(draw.choice((-3, 0, 1, 14))),
        }
        if draw.random() < 0.2:
            body["invoiceDate"] = self.today(-40)
        return self.create("wave", "invoices", body)["internalId"]

    def edit_invoice(self, draw: random.Random) -> Any:
        invoice = pick(draw, self._invoices(draft=True) or self._invoices())
        change = {"items": [{"unitPrice": self.amount(draw), "quantity": "2"}]}
        self.change("wave", "invoices", invoice["id"], change)
        return invoice["internalId"]

    def progress(self, draw: random.Random) -> Any:
        invoice = pick(draw, self._invoices())
        action = draw.choice(("approve", "send", "send", "view"))
        self.do("wave", "invoices", invoice["id"], action)
        return (action, invoice["internalId"])

    def pay(self, draw: random.Random) -> Any:
        invoice = pick(draw, self._invoices())
        part = {} if draw.random() < 0.6 else {"amount": "5.00"}
        self.do("wave", "invoices", invoice["id"], "pay", **part)
        self._show(invoice["id"], draw)
        return invoice["internalId"]

    def refund(self, draw: random.Random) -> Any:
        invoice = pick(draw, [i for i in self._invoices() if number(i["amountPaid"]["value"])])
        self.do("wave", "invoices", invoice["id"], "refund", amount="5.00")
        self._show(invoice["id"], draw)
        return invoice["internalId"]

    def _show(self, invoice: str, draw: random.Random) -> None:
        """Where payments move no change stamp, one that takes the place of another of the same
        amount is in no listing: something else of the invoice is changed with it."""
        if not self.world.switches.value("wave.payment_touches_modified") and any(
            p["isDeleted"] or p["originInvoicePayment"]
            for p in self.of("wave", "payments")
            if p["invoice"]["id"] == invoice
        ):
            self.change("wave", "invoices", invoice, {"memo": f"Paid {draw.random()}"})

    def delete_draft(self, draw: random.Random) -> Any:
        invoice = pick(draw, self._invoices(draft=True))
        self.delete("wave", "invoices", invoice["id"])
        return invoice["internalId"]

    def delete_payment(self, draw: random.Random) -> Any:
        """It was entered by mistake: it never was, and what it paid is due again."""
        payment = pick(draw, [p for p in self.of("wave", "payments") if not p["isDeleted"]])
        self.delete("wave", "payments", payment["id"])
        return payment["internalId"]


def money(told: Record) -> Decimal:
    return number(str(told["value"]).replace(",", ""))
