"""Wave → Pipedrive: a bookkeeper at Wave, sales people at Pipedrive."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

from .base import Expected, Record, number, pick
from .pipedrive_side import PipedriveTarget


class WavePipedrive(PipedriveTarget):
    source = "wave"
    key_fields = {  # noqa: RUF012 - nobody changes it
        "organizations": "Wave customer ID",
        "persons": "Wave customer ID",
        "deals": "Wave invoice ID",
    }
    people = {  # noqa: RUF012
        "new_customer": 5, "edit_customer": 4, "archive": 1, "new_invoice": 7, "edit_invoice": 3,
        "progress": 6, "pay": 6, "refund": 2, "delete_draft": 1, "remove_customer": 0.5,
        "rename_organization": 2, "edit_deal": 3, "lose_deal": 1, "delete_record": 1,
        "create_by_hand": 2, "merge_organizations": 0.7,
    }  # fmt: skip
    switches = {  # noqa: RUF012
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
        "pipedrive.deleted_by_id_not_found": (True,),
        "pipedrive.failed_calls_cost": (False,),
        "pipedrive.refused_calls_cost": (True,),
        "pipedrive.retry_after_header": (True,),
        "pipedrive.token_headers": (False,),
        "pipedrive.unset_custom_fields_absent": (True,),
        "pipedrive.webhook_id_per_attempt": (True,),
        "pipedrive.webhook_v1_bodies": (True,),
    }

    # --- the bookkeeper ---------------------------------------------------------------------------

    def _customers(self) -> list[Record]:
        return [c for c in self.of("wave", "customers") if not c["isDeleted"]]

    def _invoices(self, *, draft: bool | None = None) -> list[Record]:
        return [
            i
            for i in self.of("wave", "invoices")
            if not i["isDeleted"] and (draft is None or (i["status"] == "DRAFT") is draft)
        ]

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
        return invoice["internalId"]

    def refund(self, draw: random.Random) -> Any:
        invoice = pick(draw, [i for i in self._invoices() if number(i["amountPaid"]["value"])])
        self.do("wave", "invoices", invoice["id"], "refund", amount="5.00")
        return invoice["internalId"]

    def delete_draft(self, draw: random.Random) -> Any:
        invoice = pick(draw, self._invoices(draft=True))
        self.delete("wave", "invoices", invoice["id"])
        return invoice["internalId"]

    # --- what must be there -----------------------------------------------------------------------

    def expected(self) -> list[Expected]:
        customers = {c["id"]: c for c in self.of("wave", "customers")}
        found = [e for c in customers.values() for e in self._of_customer(c)]
        for invoice in self.of("wave", "invoices"):
            found += self._of_invoice(invoice, customers[invoice["customer"]["id"]])
        return found

    def _of_customer(self, c: Record) -> list[Expected]:
        state = "Archived" if c["isArchived"] else "Active"
        fields: dict[str, Any] = {
            "name": c["name"], "Billing e-mail": c["email"], "Source state": state,
        }  # fmt: skip
        if c["isDeleted"]:
            fields = {"Source state": "Deleted"}
        must = not c["isDeleted"] and (self.since == "all" or not c["isArchived"])
        return [Expected("customers", "organizations", c["id"], fields, must)]

    def _of_invoice(self, i: Record, customer: Record) -> list[Expected]:
        parent = [("customers", customer["id"])]
        if i["isDeleted"]:
            gone = {"Source state": "Deleted"}
            return [Expected("invoices", "deals", i["id"], gone, False, parent)]
        total, due = _money(i["total"]), _money(i["amountDue"])
        paid = _money(i["amountPaid"])
        is_draft = i["status"] in ("DRAFT", "SAVED")
        is_paid = not is_draft and due <= 0 and paid > 0
        since = self.since == "all" or due > 0
        must = since and not customer["isDeleted"]
        deal = {
            "value": total, "currency": i["currency"]["code"], "Amount due": due,
            "status": "won" if is_paid else "open", "Source state": "Active",
            "Invoice number": i["invoiceNumber"], "Due date": i["dueDate"],
            "stage_id": lambda told: self._is_stage(i, told, due=due, paid=paid, draft=is_draft),
        }  # fmt: skip
        done = {"done": is_paid, "due_date": i["dueDate"]}
        own = [("invoices", i["id"]), *parent]
        return [
            Expected("invoices", "deals", i["id"], deal, must, parent),
            Expected("activities", "activities", i["id"], done, must, own),
        ]

    def _is_stage(self, i: Record, told: Any, *, due: Decimal, paid: Decimal, draft: bool) -> bool:
        """By the table of the flow's page: amounts first, Wave's word second."""
        stage = self.stage({"stage_id": told})
        if draft:
            return stage == "Draft"
        if due <= 0:
            return stage == "Paid" if paid > 0 else True
        is_late = date.fromisoformat(i["dueDate"]) < self.world.clock.now().date()
        wanted = {"Part paid"} if paid > 0 else {"Sent", "Viewed"}
        if is_late or i["status"] == "OVERDUE":
            wanted = {"Overdue"} if paid <= 0 else {"Overdue", "Part paid"}
        return stage in wanted


def _money(told: Record) -> Decimal:
    return number(str(told["value"]).replace(",", ""))
