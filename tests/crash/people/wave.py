"""The bookkeeper at Wave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.crash.people import People, Saying, Sayings
from tests.crash.world import Record

DUE = timedelta(days=45)


class Bookkeeper(People):
    """Customers and their invoices. Names are never the same twice, so nobody is in doubt."""

    def begin(self) -> None:
        for _ in range(3):
            self.invoiced(self.customer())

    # --- what they do ---------------------------------------------------------------------------

    def new(self) -> Sayings:
        customer = self.customer()
        return [said("customers", customer), said("invoices", self.invoiced(customer))]

    def change(self) -> Sayings:
        return self.one_of(self._priced, self._mailed, self._renamed)

    def feed(self) -> Sayings:
        """A payment speaks for its invoice, and the invoice for its customer's account."""
        return self._paid() or [said("invoices", self._paid_new())]

    def act(self) -> Sayings:
        return self.one_of(
            self.new, self._another, self._priced, self._paid, self._paid, self._mailed,
            self._renamed, self._archived, self._sent, self._deleted,
        )  # fmt: skip

    # --- customers ------------------------------------------------------------------------------

    def customer(self) -> Record:
        """A new one."""
        number = self.number()
        body = {
            "name": f"Firm {number} of Nowhere", "email": f"office@firm{number}.example",
            "firstName": "Ann", "lastName": f"Lee {number}",
        }  # fmt: skip
        made: Record = self.world.do("POST", "wave/customers", body)
        return made

    def _mailed(self) -> Sayings:
        return self._edit_customer(email=f"bills@firm{self.number()}.example")

    def _renamed(self) -> Sayings:
        return self._edit_customer(name=f"Firm {self.number()} of Elsewhere")

    def _archived(self) -> Sayings:
        customer = self.drawn(self.customers())
        verb = "restore" if customer["isArchived"] else "archive"
        self.world.do("POST", f"wave/customers/{customer['id']}/{verb}", {})
        return [said("customers", customer)]

    def _edit_customer(self, **changes: Any) -> Sayings:
        customer = self.drawn(self.customers())
        self.world.do("PATCH", f"wave/customers/{customer['id']}", changes)
        return [said("customers", customer)]

    def customers(self) -> list[Record]:
        return [c for c in self.world.all("wave/customers") if not c["isDeleted"]]

    # --- invoices -------------------------------------------------------------------------------

    def invoiced(self, customer: Record, *, sent: bool = True) -> Record:
        due = (self.world.now() + DUE).date().isoformat()
        body = {
            "customerId": customer["id"], "dueDate": due,
            "items": [{"unitPrice": self.amount(), "quantity": "1"}],
        }  # fmt: skip
        made: Record = self.world.do("POST", "wave/invoices", body)
        if sent:
            self.world.do("POST", f"wave/invoices/{made['id']}/send", {})
        return made

    def _another(self) -> Sayings:
        customer = self.drawn(self.customers())
        return [said("invoices", self.invoiced(customer, sent=self.draw.random() < 0.7))]

    def _priced(self) -> Sayings:
        """Only of what nobody has paid yet, as a careful bookkeeper does."""
        invoice = self.drawn([i for i in self._invoices() if not _paid(i)])
        if invoice is None:
            return []
        items = [{"unitPrice": self.amount(), "quantity": "1"}]
        self.world.do("PATCH", f"wave/invoices/{invoice['id']}", {"items": items})
        return [said("invoices", invoice)]

    def _sent(self) -> Sayings:
        draft = self.drawn([i for i in self._invoices() if i["status"] == "DRAFT"])
        if draft is None:
            return []
        self.world.do("POST", f"wave/invoices/{draft['id']}/send", {})
        return [said("invoices", draft)]

    def _deleted(self) -> Sayings:
        """Wave tells nobody; a daily look would find it."""
        draft = self.drawn([i for i in self._invoices() if i["status"] == "DRAFT"])
        if draft is None or not self.is_told:
            return []
        self.world.do("DELETE", f"wave/invoices/{draft['id']}")
        return [said("invoices", draft)]

    def _paid(self) -> Sayings:
        due = [i for i in self._invoices() if _due(i) > 0 and i["status"] != "DRAFT"]
        invoice = self.drawn(due)
        if invoice is None:
            return []
        share = self.draw.choice((0.25, 0.5, 1.0))
        exponent = invoice["currency"]["exponent"]
        amount = round(_due(invoice) * share, exponent) or _due(invoice)
        paid = {"amount": f"{amount:.{exponent}f}"}
        self.world.do("POST", f"wave/invoices/{invoice['id']}/pay", paid)
        return [said("invoices", invoice)]

    def _paid_new(self) -> Record:
        invoice = self.invoiced(self.drawn(self.customers()))
        self.world.do("POST", f"wave/invoices/{invoice['id']}/pay", {})
        return invoice

    def _invoices(self) -> list[Record]:
        return [i for i in self.world.all("wave/invoices") if not i["isDeleted"]]


def said(noun: str, record: Record) -> Saying:
    return Saying("wave", noun, record["id"])


def _due(invoice: Record) -> float:
    return float(invoice["amountDue"]["value"])


def _paid(invoice: Record) -> bool:
    return float(invoice["amountPaid"]["value"]) > 0
