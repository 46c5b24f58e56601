"""Wave → Zendesk: a bookkeeper at Wave, agents at Zendesk."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from . import wave_side, zendesk_side
from .base import Expected, Record, number
from .wave_account import account, day_of, owed, states
from .wave_side import WaveSource, money
from .zendesk_side import ZendeskTarget, readable

CLOCKS = timedelta(hours=5)
"""So far the machine's clock and the vendor's zone may be off: what turns at midnight may not have
turned yet, or have already."""


class WaveZendesk(WaveSource, ZendeskTarget):
    people = {**wave_side.BOOKKEEPER, "delete_payment": 1, **zendesk_side.AGENTS}
    nouns = {
        "customers": "organizations", "contacts": "users", "invoices": "wave_invoice",
        "payments": "wave_payment", "summaries": "organizations",
    }  # fmt: skip
    switches = {**wave_side.SWITCHES, **zendesk_side.SWITCHES}
    choices = {"drafts": ("no", "no", "yes"), "same_name": ("adopt", "suffix")}

    def look_around(self) -> None:
        self._known: dict[str, str] = {}
        super().look_around()
        self.used: set[tuple[str, str, str]] = set()
        """(name or email, as compared, whose) of all that was ever in use: Zendesk takes a name
        once, and keeps a user's former addresses."""
        self._note()

    def act(self, name: str, draw: random.Random) -> str:
        told = super().act(name, draw)
        self._note()
        return told

    def _note(self) -> None:
        for customer in self.of("wave", "customers"):
            self._use("name", customer["name"], customer["id"])
            self._use("email", customer["email"], customer["id"])
        for noun in ("organizations", "users"):
            field = "name" if noun == "organizations" else "email"
            for record in self.of("zendesk", noun):
                whose = self.key_of(str(record["external_id"] or "")) or str(record["id"])
                self._use(field, record[field], whose)

    def _use(self, field: str, text: str | None, whose: str) -> None:
        if text:
            self.used.add((field, text.casefold(), whose))

    def _is_alone(self, field: str, text: str, whose: str) -> bool:
        """Nobody else ever had that name or address."""
        return {w for f, t, w in self.used if (f, t) == (field, text.casefold())} <= {whose}

    def key_of(self, external_id: str) -> str | None:
        told = external_id.casefold()
        if told.startswith("wave:") and told not in self._known:
            self._known = self._ids()
        return self._known.get(told)

    def _ids(self) -> dict[str, str]:
        """Our keys in their decoded form, and what they stand for; payments by their invoice."""
        nouns = ("customers", "invoices")
        found = {readable(r["id"]): r["id"] for noun in nouns for r in self.of("wave", noun)}
        for payment in self.of("wave", "payments"):
            found[readable(payment["id"])] = _payment_key(payment)
        return {key.casefold(): id for key, id in found.items()}

    # --- what must be there -----------------------------------------------------------------------

    def expected(self) -> list[Expected]:
        held = self.held()
        self._at = {key: str(records[0]["id"]) for key, records in held.items()}
        customers = {c["id"]: c for c in self.of("wave", "customers")}
        invoices = self.of("wave", "invoices")
        found = []
        for c in customers.values():
            own = [i for i in invoices if i["customer"]["id"] == c["id"] and not i["isDeleted"]]
            found += [*self._of_customer(c), self._of_account(c, own)]
        for i in invoices:
            found.append(self._of_invoice(i, customers[i["customer"]["id"]]))
        must = {e.source_id for e in found if e.route == "invoices" and e.must}
        must |= {id for noun, id in held if noun == "wave_invoice"}
        payments = self.of("wave", "payments")
        return [*found, *(self._of_payment(p, p["invoice"]["id"] in must) for p in payments)]

    def _home(self, noun: str, id: str) -> Any:
        """The id of the record that it belongs to; any where agents took that away."""
        at = self._at.get((noun, id)) or self.heir_of(id)
        return (lambda told: str(told) == at) if at else (lambda told: True)

    def _home_of(self, customer: Record) -> Any:
        """Where agents merged away what stands for a deleted customer, nobody follows them."""
        is_left = customer["isDeleted"] and ("organizations", customer["id"]) not in self._at
        return (lambda told: True) if is_left else self._home("organizations", customer["id"])

    def _of_customer(self, c: Record) -> list[Expected]:
        wanted = not c["isDeleted"] and (self.since == "all" or not c["isArchived"])
        if c["isDeleted"]:
            gone = {"Wave: source state": "Deleted"}
            return [Expected("customers", "organizations", c["id"], gone, False)]
        organization = {
            "name": partial(self._is_name, c), "Billing e-mail": c["email"],
            "Wave customer ID": c["id"], "details": partial(_is_address, c["address"]),
            "Wave: source state": "Archived" if c["isArchived"] else "Active",
        }  # fmt: skip
        found = [Expected("customers", "organizations", c["id"], organization, wanted)]
        if c["email"]:
            person = " ".join(n for n in (c["firstName"], c["lastName"]) if n)
            user = {
                "name": person or c["name"], "email": c["email"].casefold(),
                "phone": c["phone"] or c["mobile"], "role": "end-user",
                "organization_id": self._home("organizations", c["id"]),
            }  # fmt: skip
            must = wanted and self._is_alone("email", c["email"], c["id"])
            parent = [("customers", c["id"])]
            found.append(Expected("contacts", "users", c["id"], user, must, parent))
        return found

    def _is_name(self, c: Record, told: Any) -> bool:
        if told == c["name"]:
            return True
        is_other = re.fullmatch(re.escape(c["name"]) + r" \(Wave [^)]+\)", str(told))
        return bool(is_other) and not self._is_alone("name", c["name"], c["id"])

    def _of_invoice(self, i: Record, customer: Record) -> Expected:
        parent = [("customers", customer["id"])]
        expected = partial(Expected, "invoices", "wave_invoice", i["id"], parents=parent)
        if i["isDeleted"]:
            return expected({"Status": "Deleted"}, must=False)
        if i["status"] == "DRAFT" and self.given["drafts"] == "no":
            return expected({"id": lambda told: False}, must=False)
        due = money(i["amountDue"])
        must = (self.since == "all" or due > 0) and not customer["isDeleted"]
        fields = {
            "name": i["invoiceNumber"], "Status": {s for t in self._days() for s in states(i, t)},
            "Total": self._sum(money(i["total"])), "Amount due": self._sum(due),
            "Amount paid": self._sum(money(i["amountPaid"])), "Currency": i["currency"]["code"],
            "Invoice date": day_of(i["invoiceDate"]), "Due date": day_of(i["dueDate"]),
            "Invoice link": i["viewUrl"], "Changed in Wave": i["modifiedAt"],
            "Organization": self._home_of(customer),
        }  # fmt: skip
        return expected(fields, must=must)

    def _of_payment(self, p: Record, must: bool) -> Expected:
        invoice = p["invoice"]
        parents = [("invoices", invoice["id"])]
        expected = partial(Expected, "payments", "wave_payment", _payment_key(p), parents=parents)
        if p["isDeleted"]:
            return expected({"Status": "deleted"}, must=False)
        fields = {
            "name": f"{invoice['invoiceNumber']} {p['paymentDate']}",
            "Amount": self._sum(number(p["amount"])), "Currency": p["invoiceCurrency"]["code"],
            "Date": day_of(p["paymentDate"]), "Method": p["paymentMethod"], "Memo": p["memo"],
            "Status": "refund" if p["originInvoicePayment"] else "received",
            "Invoice": self._home("wave_invoice", invoice["id"]),
        }  # fmt: skip
        return expected(fields, must=must)

    def _of_account(self, c: Record, invoices: list[Record]) -> Expected:
        parent = [("customers", c["id"])]
        is_in = self.since == "all" or not c["isArchived"] or bool(owed(invoices))
        fields = account(c, invoices, self._days(), self._sum) if is_in else {}
        if not self.world.switches.value("zendesk.null_clears_field"):
            fields = {name: value for name, value in fields.items() if value is not None}
        if c["isDeleted"]:
            fields = {}
        return Expected("summaries", "organizations", c["id"], fields, False, parent)

    def _sum(self, amount: Decimal) -> Any:
        """That amount, as far as Zendesk keeps its decimals."""
        digits = self.world.switches.value("zendesk.decimal_digits")
        return amount if digits < 0 else lambda told: round(number(told) - amount, digits) == 0

    def _days(self) -> list[date]:
        """What day it may be to those who ask."""
        now = self.world.clock.now()
        return sorted({(now - CLOCKS).date(), (now + CLOCKS).date()})


def _payment_key(payment: Record) -> str:
    return f"{payment['invoice']['id']}|{payment['id']}"


def _is_address(address: Record | None, told: Any) -> bool:
    """In one line, with all parts that it has."""
    parts = [(address or {}).get(name) for name in ("addressLine1", "city", "postalCode")]
    return all(part in (told or "") for part in parts if part)
