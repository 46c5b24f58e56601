"""The bookkeeper at QuickBooks Online, and a sales person at Pipedrive."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from tests.crash.people import People, Saying, Sayings
from tests.crash.people.sales import Seller
from tests.crash.world import Record, World

DUE = timedelta(days=45)


class Company(People):
    """Customers, their invoices and payments."""

    def __init__(self, world: World, draw: random.Random, *, is_told: bool) -> None:
        super().__init__(world, draw, is_told=is_told)
        self._seller = Seller(self)

    def begin(self) -> None:
        for _ in range(3):
            self._invoiced(self._customer())

    def touch(self) -> None:
        self._seller.edit("organizations", "name", "QuickBooks customer ID")
        self._seller.make()

    # --- what they do ---------------------------------------------------------------------------

    def new(self) -> Sayings:
        customer = self._customer()
        return [_said("customer", customer), _said("invoice", self._invoiced(customer))]

    def change(self) -> Sayings:
        return self.one_of(self._another, self._renamed)

    def feed(self) -> Sayings:
        return self._paid() or self._another()

    def act(self) -> Sayings:
        return self.one_of(
            self.new, self._another, self._paid, self._paid, self._renamed, self._closed,
             self._voided,
        )  # fmt: skip

    # --- customers ------------------------------------------------------------------------------

    def _customer(self) -> Record:
        number = self.number()
        name = f"Firm {number} of Nowhere"
        return self._do("customers", {
            "DisplayName": name, "CompanyName": name, "GivenName": "Ann",
            "FamilyName": f"Lee {number}",
            "PrimaryEmailAddr": {"Address": f"a@firm{number}.example"},
        })  # fmt: skip

    def _renamed(self) -> Sayings:
        customer = self.drawn(self._customers())
        name = {"DisplayName": f"Firm {self.number()} of Elsewhere"}
        changed = self.world.do("PATCH", f"quickbooks_online/customers/{customer['Id']}", name)
        return [_said("customer", changed)]

    def _closed(self) -> Sayings:
        """Only a customer that owes nothing is made inactive."""
        customer = self.drawn([c for c in self._customers() if float(c["BalanceWithJobs"]) == 0])
        if customer is None:
            return []
        return [_said("customer", self._do(f"customers/{customer['Id']}/deactivate", {}))]

    def _customers(self) -> list[Record]:
        told = self.world.all("quickbooks_online/customers")
        return [c for c in told if c["Active"] and not c.get("Job") and "ParentRef" not in c]

    # --- invoices -------------------------------------------------------------------------------

    def _invoiced(self, customer: Record) -> Record:
        now = self.world.now()
        return self._do("invoices", {
            "CustomerRef": {"value": customer["Id"]}, "TotalAmt": self.draw.randrange(50, 5000),
            "TxnDate": now.date().isoformat(), "DueDate": (now + DUE).date().isoformat(),
        })  # fmt: skip

    def _another(self) -> Sayings:
        return [_said("invoice", self._invoiced(self.drawn(self._customers())))]

    def _paid(self) -> Sayings:
        invoice = self.drawn([i for i in self._invoices() if float(i["Balance"]) > 0])
        if invoice is None:
            return []
        due = float(invoice["Balance"])
        body = self.draw.choice(({}, {"amount": max(1, int(due / 2))}))
        self._do(f"invoices/{invoice['Id']}/pay", body)
        payments = self.world.all("quickbooks_online/payments")
        newest = max(payments, key=lambda p: int(p["Id"]))
        return [_said("invoice", invoice), _said("payment", newest)]

    def _voided(self) -> Sayings:
        told = [i for i in self._invoices() if float(i["Balance"]) == float(i["TotalAmt"]) > 0]
        invoice = self.drawn(told)
        if invoice is None or self.draw.random() < 0.5:
            return []
        return [_said("invoice", self._do(f"invoices/{invoice['Id']}/void", {}))]

    def _invoices(self) -> list[Record]:
        told = self.world.all("quickbooks_online/invoices")
        return [i for i in told if i.get("status") != "Deleted"]

    def _do(self, path: str, body: Any) -> Record:
        done: Record = self.world.do("POST", f"quickbooks_online/{path}", body)
        return done


def _said(noun: str, record: Record) -> Saying:
    return Saying("quickbooks_online", noun, record["Id"])
