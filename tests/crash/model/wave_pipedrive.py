"""Wave and Pipedrive, side by side."""

from __future__ import annotations

from typing import Any

from tests.crash.model import Kept, Sides, amount, ours
from tests.crash.world import Record, World, source_id

LABELS = {
    "DRAFT": "Draft", "SAVED": "Draft", "SENT": "Sent", "UNPAID": "Sent", "VIEWED": "Viewed",
    "PARTIAL": "Part paid", "OVERDUE": "Overdue", "PAID": "Paid", "OVERPAID": "Paid",
}  # fmt: skip


def compare(world: World, kept: Kept) -> Sides:
    """What a person would see who lays both screens beside each other."""
    return _Comparison(world, kept).sides


class _Comparison:
    def __init__(self, world: World, kept: Kept) -> None:
        self._world = world
        self._kept = kept
        self._stages = world.stages()
        self.sides = Sides()
        self._placed: set[str] = set()
        customers = {c["id"]: c for c in world.all("wave/customers")}
        invoices = {i["id"]: i for i in world.all("wave/invoices")}
        organizations = self._organizations(customers)
        self._persons(customers, organizations)
        deals = self._deals(invoices, organizations)
        self._activities(invoices, deals)

    def _ours(self, noun: str, key: str) -> list[tuple[str, Record]]:
        return ours(self._world, self.sides, noun, key)

    def _mine(self, noun: str, record: Record, field: str, value: Any) -> Any:
        """A person's own value goes before ours; so does what stood there before we came."""
        if str(record["id"]) in self._world.born[noun]:
            return record[field]
        return self._kept.get((noun, str(record["id"]), field), value)

    def _organizations(self, customers: dict[str, Record]) -> dict[str, int]:
        """The organization's id of each customer."""
        ids: dict[str, int] = {}
        for id, record in self._ours("organizations", "Wave customer ID"):
            customer = customers[id]
            ids[id] = record["id"]
            shown = {n: record[n] for n in ("name", "Billing e-mail", "Source state")}
            self.sides.show(f"organization {id}", shown)
            self.sides.wanted[f"organization {id}"] = {
                "name": self._mine("organizations", record, "name", customer["name"]),
                "Billing e-mail": customer["email"],
                "Source state": "Archived" if customer["isArchived"] else "Active",
            }
        for id in customers.keys() - ids.keys():
            self.sides.wanted[f"organization {id}"] = {}
        return ids

    def _persons(self, customers: dict[str, Record], organizations: dict[str, int]) -> None:
        mails = [c["email"] for c in customers.values() if c["email"]]
        there = dict(self._ours("persons", "Wave customer ID"))
        for id, record in self._ours("persons", "Wave customer ID"):
            first = [e["value"] for e in record["emails"]][:1]
            self.sides.show(f"person {id}", {"name": record["name"], "emails": first,
                                             "org": record["org_id"]})  # fmt: skip
        for id, customer in customers.items():
            if not (customer["email"] or customer["firstName"] or customer["lastName"]):
                continue
            if id not in there and mails.count(customer["email"]) > 1:
                continue  # one person stands for both
            person = there.get(id)
            names = (customer["firstName"], customer["lastName"])
            name = " ".join(n for n in names if n) or customer["name"]
            wanted: dict[str, Any] = {}
            if person is not None and str(person["id"]) not in self._world.born["persons"]:
                emails = [customer["email"]] if customer["email"] else []
                wanted = {"name": name, "emails": emails, "org": organizations.get(id)}
            self.sides.wanted[f"person {id}"] = wanted

    def _deals(self, invoices: dict[str, Record], organizations: dict[str, int]) -> dict[str, int]:
        ids: dict[str, int] = {}
        for id, record in self._ours("deals", "Wave invoice ID"):
            ids[id] = record["id"]
            if str(record["id"]) in self._world.born["deals"]:  # it is taken where a person put it
                self._placed.add(id)
            self.sides.show(f"deal {id}", {
                "value": record["value"], "currency": record["currency"],
                "status": record["status"], "stage": self._stages[record["stage_id"]],
                "org": record["org_id"], "title": record["title"],
                "number": record["Invoice number"], "paid": amount(record["Amount paid"]),
                "due": amount(record["Amount due"]), "state": record["Source state"],
            })  # fmt: skip
            if invoices[id]["isDeleted"]:
                self.sides.wanted[f"deal {id}"] = {"state": "Deleted"}
        for id, invoice in invoices.items():
            if not invoice["isDeleted"]:
                wanted = self._deal(invoice, organizations)
                if id in self._placed:
                    del wanted["stage"], wanted["status"]
                self.sides.wanted[f"deal {id}"] = wanted
                for noun, target, field in self._kept:
                    if noun == "deals" and target == str(ids.get(id)):
                        self.sides.wanted[f"deal {id}"][field] = self._kept[noun, target, field]
        return ids

    def _deal(self, invoice: Record, organizations: dict[str, int]) -> dict[str, Any]:
        label, paid = LABELS[invoice["status"]], float(invoice["amountPaid"]["value"])
        due = float(invoice["amountDue"]["value"])
        if label not in ("Draft", "Overdue") and due > 0 and paid > 0:
            label = "Part paid"
        return {
            "value": float(invoice["total"]["value"]), "currency": invoice["currency"]["code"],
            "status": "won" if label == "Paid" else "open", "stage": label,
            "org": organizations.get(invoice["customer"]["id"]),
            "number": invoice["invoiceNumber"], "paid": paid, "due": due, "state": "Active",
        }  # fmt: skip

    def _activities(self, invoices: dict[str, Record], deals: dict[str, int]) -> None:
        records = self._world.pipedrive("activities")
        born = self._world.born["activities"]
        self.sides.ours["activities"] = sum(1 for r in records if str(r["id"]) not in born)
        for record in records:
            id = source_id(str(record["note"] or "").partition("Reference: ")[2].partition("<")[0])
            if id:
                shown = {"done": record["done"], "deal": record["deal_id"]}
                self.sides.show(f"activity {id}", shown)
                if invoices[id]["isDeleted"]:
                    self.sides.wanted[f"activity {id}"] = {}
        for id, invoice in invoices.items():
            if not invoice["isDeleted"]:
                done = LABELS[invoice["status"]] == "Paid"
                self.sides.wanted[f"activity {id}"] = {"done": done, "deal": deals.get(id)}
