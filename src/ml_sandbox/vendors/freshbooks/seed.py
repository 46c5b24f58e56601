"""The seed: the cast's customers and bills as clients, invoices and payments of two accounts.

Everything is dated relative to the day on which the world begins. The second account is small, and
the ids of its records are the same numbers as the first's.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ml_sandbox.business import bills, cast
from ml_sandbox.business.names import GOODS
from ml_sandbox.vendors.freshbooks import payment_desk, seed_papers
from ml_sandbox.vendors.freshbooks.account import Account, Surroundings
from ml_sandbox.vendors.freshbooks.amounts import reckon
from ml_sandbox.vendors.freshbooks.invoice_desk import addressed
from ml_sandbox.vendors.freshbooks.money import ZERO, rounded
from ml_sandbox.vendors.freshbooks.records import (
    ACTIVE,
    DELETED,
    Actor,
    Client,
    Invoice,
    Line,
    Paper,
    Payment,
    Stage,
)
from ml_sandbox.vendors.freshbooks.seed_clients import plain_of, repeated_hour
from ml_sandbox.vendors.freshbooks.times import eastern_text

SECOND_CUSTOMERS = 6
SECOND_BILLS = 10
_STAGES = {
    bills.Fate.DRAFT: Stage.DRAFT,
    bills.Fate.DELETED_DRAFT: Stage.DRAFT,
    bills.Fate.VIEWED: Stage.VIEWED,
}
_TAXES = {"CAD": ("HST", "13"), "GBP": ("VAT", "20"), "EUR": ("TVA", "20")}
_PAYMENT_TYPES = ("Bank Transfer", "Credit Card", "Check", "VISA", "PayPal", "ACH", "Other")


class Seed:
    """Fills accounts up to the beginning of the world's first day."""

    def __init__(self, surroundings: Surroundings, chance: random.Random, today: date) -> None:
        self._surroundings = surroundings
        self._chance = chance
        self._today = today
        self._midnight = datetime.combine(today, time(), UTC)

    def accounts(self, business: cast.Business, owner: Actor) -> list[Account]:
        first = self._account(cast.OWNER_NAME, "USD", 5511, owner)
        self._fill(first, business.customers, business.bills)
        second = self._account("Bluebird Workshop", "CAD", 5622, owner)
        people = tuple(reversed(business.customers[-SECOND_CUSTOMERS:]))
        chosen = {person.number for person in people}
        written = [bill for bill in business.bills if bill.customer in chosen]
        self._fill(second, people, written[-SECOND_BILLS:])
        return [first, second]

    def _account(self, name: str, currency: str, business_id: int, owner: Actor) -> Account:
        around = self._surroundings
        account_id = around.new_word(6)
        return Account(around, account_id, business_id, around.new_uuid(), name, currency, owner)

    def _moment(self, day: date, hour: float) -> datetime:
        """A moment of that day, which has passed when the world begins."""
        moment = datetime.combine(day, time(), UTC) + timedelta(hours=hour)
        if moment >= self._midnight:
            moment = self._midnight - timedelta(seconds=self._chance.randrange(1, 3600))
        return moment.replace(microsecond=self._chance.randrange(1_000_000))

    def _some_time(self, day: date) -> datetime:
        return self._moment(day, self._chance.uniform(7, 19))

    def _fill(
        self, account: Account, people: Sequence[cast.Customer], written: Sequence[bills.Bill]
    ) -> None:
        seed_papers.furnish(account, self._some_time(self._today - timedelta(days=700)))
        clients = {person.number: self._client(account, person) for person in people}
        fates: Counter[bills.Fate] = Counter()
        for number, bill in enumerate(written, start=1):
            self._invoice(account, clients[bill.customer], bill, number, fates)
        if people:
            self._leave_a_deleted_twin(account, people[0])
        seed_papers.write_bills(account, self._chance, self._some_time, self._today, len(written))

    # --- clients ---

    def _client(self, account: Account, person: cast.Customer) -> Client:
        signup = self._some_time(person.since)
        updated = repeated_hour(person.number, self._today) or signup
        client = Client(
            id=account.clients.new_id(),
            uuid=account.surroundings.new_uuid(),
            username=account.surroundings.new_word(10),
            signup=min(signup, updated - timedelta(days=1)) if updated < signup else signup,
            updated=updated,
            plain=plain_of(person),
            vis_state=2 if person.archived else ACTIVE,
        )
        account.clients.seed(client)
        return client

    def _leave_a_deleted_twin(self, account: Account, person: cast.Customer) -> None:
        """A client entered twice and deleted again: never in a list that does not ask for it."""
        twin = self._client(account, replace(person, archived=False))
        account.clients.seed(replace(twin, vis_state=DELETED))

    # --- invoices ---

    def _invoice(
        self,
        account: Account,
        client: Client,
        bill: bills.Bill,
        number: int,
        fates: Counter[bills.Fate],
    ) -> None:
        at = self._some_time(bill.on)
        lines = tuple(_line(line, bill.currency) for line in bill.lines)
        discount = bill.discount_percent or ZERO
        plain = {**addressed(client), "po_number": bill.order_number}
        plain["description"] = lines[0].name if lines else ""
        invoice = Invoice(
            id=account.invoices.new_id(),
            uuid=account.surroundings.new_uuid(),
            customerid=client.id,
            number=f"{number:07d}",
            create_date=bill.on,
            due_offset_days=(bill.due - bill.on).days,
            currency=bill.currency,
            stage=_STAGES.get(bill.fate, Stage.SENT),
            lines=lines,
            discount_percent=discount,
            totals=reckon(lines, discount, bill.currency),
            created=at,
            updated=at,
            plain=plain,
            sentid=0 if bill.fate in (bills.Fate.DRAFT, bills.Fate.DELETED_DRAFT) else 1,
            vis_state=DELETED if bill.fate is bills.Fate.DELETED_DRAFT else ACTIVE,
        )
        invoice = _peculiar(invoice, bill.fate, fates[bill.fate])
        fates[bill.fate] += 1
        if invoice.stage is Stage.VIEWED:
            seen = self._some_time(bill.on + timedelta(days=1))
            invoice = replace(invoice, updated=max(at, seen))
        account.seed_invoice(self._paid(account, invoice, bill))

    def _paid(self, account: Account, invoice: Invoice, bill: bills.Bill) -> Invoice:
        """With its payments; money that went back is a payment that was deleted again."""
        left = invoice.totals.amount
        payments: list[Payment] = []
        for receipt in bill.receipts:
            at = self._some_time(receipt.on)
            invoice = replace(invoice, updated=max(invoice.updated, at))
            if receipt.share < 0:
                payments[-1] = replace(payments[-1], vis_state=DELETED, updated=at)
                continue
            amount = rounded(invoice.totals.amount * receipt.share, invoice.currency)
            whole = sum(r.share for r in bill.receipts) == 1
            if receipt is bill.receipts[-1] and whole:
                amount = left
            left -= amount
            if amount > ZERO:
                payments.append(self._payment(account, invoice, amount, receipt.on, at, left))
        for payment in payments:
            account.seed_payment(payment)
        alive = [payment for payment in payments if payment.vis_state == ACTIVE]
        return payment_desk.settled(account, invoice, alive)

    def _payment(
        self,
        account: Account,
        invoice: Invoice,
        amount: Decimal,
        on: date,
        at: datetime,
        left: Decimal,
    ) -> Payment:
        credit_id = None
        if left < ZERO and account.switch("overpayment") == "credit":
            credit_id = account.papers["credit_notes"].new_id()
            body = payment_desk.credit_body(account.id, credit_id, invoice, -left, on)
            body["updated"] = eastern_text(at)
            account.papers["credit_notes"].seed(Paper(credit_id, at, body))
        return Payment(
            id=account.payments.new_id(),
            invoiceid=invoice.id,
            clientid=invoice.customerid,
            amount=amount,
            currency=invoice.currency,
            date=on,
            type="Credit Card" if invoice.auto_paid else self._chance.choice(_PAYMENT_TYPES),
            updated=at,
            plain={"note": None, "send_client_notification": None},
            overpaymentid=credit_id,
        )


def _line(line: bills.Line, code: str) -> Line:
    name, tax = (_TAXES.get(code, ("Sales tax", "8.25"))) if line.taxed else (None, "0")
    return Line(
        name=GOODS[line.good][0],
        description="",
        quantity=line.quantity,
        unit_cost=line.unit_price,
        plain={"taxName1": name},
        tax1=Decimal(tax),
    )


def _peculiar(invoice: Invoice, fate: bills.Fate, count: int) -> Invoice:
    """A few that were paid by themselves, are disputed, or whose automatic payment failed.

    `count` is how many of the same fate there were before in this account.
    """
    automatic = {**invoice.plain, "auto_bill": True}
    if fate is bills.Fate.PAID and count % 29 == 7:
        return replace(invoice, auto_paid=True, plain=automatic)
    if fate is bills.Fate.SENT and count % 12 == 4:
        return replace(invoice, stage=Stage.DISPUTED)
    if fate is bills.Fate.SENT and count % 12 == 8:
        return replace(invoice, told_status="failed", plain=automatic)
    return invoice
