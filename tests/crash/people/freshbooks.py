"""The bookkeeper at FreshBooks, and a sales person at Pipedrive."""

from __future__ import annotations

import random
from typing import Any

from tests.crash.people import People, Saying, Sayings
from tests.crash.people.sales import Seller
from tests.crash.world import Record, World

ACTIVE, DELETED = 0, 1


class Studio(People):
    """Clients, their invoices and payments. FreshBooks posts itself, by callbacks."""

    def __init__(self, world: World, draw: random.Random, *, is_told: bool) -> None:
        super().__init__(world, draw, is_told=is_told)
        self._seller = Seller(self)

    def begin(self) -> None:
        for _ in range(3):
            self._invoiced(self._client())

    def touch(self) -> None:
        self._seller.edit("deals", "title", "FreshBooks invoice ID")
        self._seller.edit("organizations", "name", "FreshBooks client ID")
        self._seller.make()

    # --- what they do ---------------------------------------------------------------------------

    def new(self) -> Sayings:
        client = self._client()
        return [_said("clients", client), _said("invoices", self._invoiced(client))]

    def change(self) -> Sayings:
        return self.one_of(self._priced, self._renamed)

    def feed(self) -> Sayings:
        return self._paid() or self._paid_new()

    def act(self) -> Sayings:
        return self.one_of(
            self.new, self._priced, self._paid, self._paid, self._renamed, self._archived,
             self._disputed, self._deleted, self._payment_deleted,
        )  # fmt: skip

    # --- clients --------------------------------------------------------------------------------

    def _client(self) -> Record:
        number = self.number()
        body = {"organization": f"Firm {number} of Nowhere", "email": f"a@firm{number}.example",
                "p_street": f"{number} Main St", "p_city": "Halifax"}  # fmt: skip
        return self._do("POST", "clients", body)

    def _renamed(self) -> Sayings:
        client = self.drawn(self._clients())
        name = {"organization": f"Firm {self.number()} of Elsewhere"}
        return [_said("clients", self._do("PATCH", f"clients/{client['id']}", name))]

    def _archived(self) -> Sayings:
        client = self.drawn(self._clients())
        verb = "archive" if client["vis_state"] == ACTIVE else "restore"
        return [_said("clients", self._do("POST", f"clients/{client['id']}/{verb}", {}))]

    def _clients(self) -> list[Record]:
        return [c for c in self.world.all("freshbooks/clients") if c["vis_state"] != DELETED]

    # --- invoices and payments ------------------------------------------------------------------

    def _invoiced(self, client: Record) -> Record:
        body = {"customerid": client["id"], "amount": self.amount(), "due_offset_days": 45}
        made = self._do("POST", "invoices", body)
        return self._do("POST", f"invoices/{made['id']}/send", {})

    def _priced(self) -> Sayings:
        invoice = self.drawn([i for i in self._invoices() if float(i["paid"]["amount"]) == 0])
        if invoice is None:
            return []
        line = {"name": "Services", "qty": "1", "unit_cost": {"amount": self.amount()}}
        done = self._do("PATCH", f"invoices/{invoice['id']}", {"lines": [line]})
        return [_said("invoices", done)]

    def _paid(self) -> Sayings:
        invoice = self.drawn([i for i in self._invoices() if float(i["outstanding"]["amount"]) > 0])
        if invoice is None:
            return []
        due = float(invoice["outstanding"]["amount"])
        amount = self.draw.choice((due, max(1, int(due / 2))))
        return [self._pays(invoice, {"amount": str(amount)})]

    def _paid_new(self) -> Sayings:
        return [self._pays(self._invoiced(self.drawn(self._clients())), {})]

    def _pays(self, invoice: Record, body: Record) -> Saying:
        return _said("invoices", self._do("POST", f"invoices/{invoice['id']}/pay", body))

    def _payment_deleted(self) -> Sayings:
        payments = self.world.all("freshbooks/payments")
        payment = self.drawn([p for p in payments if p["vis_state"] == ACTIVE])
        if payment is None:
            return []
        self._do("DELETE", f"payments/{payment['id']}", None)
        return [_said("payments", payment)]

    def _disputed(self) -> Sayings:
        due = [i for i in self._invoices() if i["v3_status"] in ("sent", "viewed")]
        invoice = self.drawn(due)
        if invoice is None:
            return []
        return [_said("invoices", self._do("POST", f"invoices/{invoice['id']}/dispute", {}))]

    def _deleted(self) -> Sayings:
        invoice = self.drawn([i for i in self._invoices() if float(i["paid"]["amount"]) == 0])
        if invoice is None or self.draw.random() < 0.5:
            return []
        return [_said("invoices", self._do("DELETE", f"invoices/{invoice['id']}", None))]

    def _invoices(self) -> list[Record]:
        return [i for i in self.world.all("freshbooks/invoices") if i["vis_state"] != DELETED]

    def _do(self, method: str, path: str, body: Any) -> Record:
        done: Record = self.world.do(method, f"freshbooks/{path}", body)
        return done


def _said(noun: str, record: Record) -> Saying:
    return Saying("freshbooks", noun, str(record["id"]))
