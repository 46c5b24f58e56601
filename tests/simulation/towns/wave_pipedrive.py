"""Wave → Pipedrive: a bookkeeper at Wave, sales people at Pipedrive."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .base import Expected, Record
from .pipedrive_side import SWITCHES as PIPEDRIVE
from .pipedrive_side import PipedriveTarget
from .wave_side import BOOKKEEPER, WaveSource, money
from .wave_side import SWITCHES as WAVE


class WavePipedrive(WaveSource, PipedriveTarget):
    key_fields = {
        "organizations": "Wave customer ID",
        "persons": "Wave customer ID",
        "deals": "Wave invoice ID",
    }
    people = {
        **BOOKKEEPER,
        "rename_organization": 2, "edit_deal": 3, "lose_deal": 1, "delete_record": 1,
        "create_by_hand": 2, "merge_organizations": 0.7,
    }  # fmt: skip
    nouns = {
        "customers": "organizations", "contacts": "persons", "invoices": "deals",
        "activities": "activities",
    }  # fmt: skip
    switches = {**WAVE, **PIPEDRIVE}

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
        total, due = money(i["total"]), money(i["amountDue"])
        paid = money(i["amountPaid"])
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
