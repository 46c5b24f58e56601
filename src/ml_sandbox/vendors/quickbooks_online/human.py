"""The human at QuickBooks Online: the bookkeeper before the screen, and who may disconnect the app.

Bodies are the API's own records; SyncToken, line details and other form may be left out. A key such
as `9341…:58`, or `realmId` in a body, reaches the second company, whose ids are those of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Record

from . import customer_desk, payment_desk, sales_desk, writes
from .answers import plain
from .company import Company
from .entities import ENTITIES
from .errors import Fault
from .forms import Form
from .tables import Row

ENTITY_OF = {
    "customers": "Customer",
    "invoices": "Invoice",
    "payments": "Payment",
    "credit_memos": "CreditMemo",
    "terms": "Term",
    "payment_methods": "PaymentMethod",
    "vendors": "Vendor",
    "employees": "Employee",
    "items": "Item",
    "accounts": "Account",
}
_ACTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ENTITY_OF, ()),
    "customers": ("deactivate", "reactivate", "merge"),
    "invoices": ("pay", "void", "send"),
    "payments": ("void",),
    "companies": ("disconnect",),
    "apps": (),
}


class QuickBooksHuman:
    """`offices` are the sandbox's own nouns: companies and apps, listed by the functions given.

    `disconnect(realm)` is what a person does in the company's app page.
    """

    def __init__(
        self,
        companies: Sequence[Company],
        offices: Mapping[str, Callable[[], list[Record]]],
        disconnect: Callable[[str], None],
    ) -> None:
        self._companies = companies
        self._offices = offices
        self._disconnect = disconnect

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        return _ACTIONS

    # --- looking ---

    def records(self, noun: str) -> list[Record]:
        """The first company's, deleted ones included and marked by their status."""
        if noun in self._offices:
            return self._offices[noun]()
        rows = self._companies[0].tables[ENTITY_OF[noun]]
        shown: list[Record] = plain([row.data for row in rows])
        return shown

    def record(self, noun: str, key: str) -> Record:
        if noun in self._offices:
            return self._office(noun, key)
        return _shown(self._find(noun, key)[1])

    def _office(self, noun: str, key: str) -> Record:
        for record in self._offices[noun]():
            if record["Id"] == key:
                return record
        raise Refusal(404, f"there is no {key!r} among the {noun}")

    def _find(self, noun: str, key: str) -> tuple[Company, Row]:
        realm, _, number = key.rpartition(":")
        company = self._company(realm or None)
        row = company.tables[ENTITY_OF[noun]].get(number)
        if row is None:
            raise Refusal(404, f"there is no {key!r} among the {noun}")
        return company, row

    def _alive(self, noun: str, key: str) -> tuple[Company, Row]:
        company, row = self._find(noun, key)
        if row.is_deleted:
            raise Refusal(400, "the record is deleted")
        return company, row

    def _company(self, realm: Any) -> Company:
        if realm is None:
            return self._companies[0]
        for company in self._companies:
            if company.realm == realm:
                return company
        raise Refusal(400, "there is no such company", [c.realm for c in self._companies])

    # --- doing ---

    def create(self, noun: str, body: Record) -> Record:
        self._no_office(noun)
        given = dict(body)
        company = self._company(given.pop("realmId", None))
        entity = ENTITIES[ENTITY_OF[noun]]
        if "create" not in entity.writes:
            raise Refusal(400, f"{noun} are not made here")
        filled = _filled(company, entity.name, given)
        return _do(lambda: writes.create(company, entity.name, _form(company).read(entity, filled)))

    def change(self, noun: str, key: str, body: Record) -> Record:
        self._no_office(noun)
        company, row = self._alive(noun, key)
        if "update" not in row.entity.writes:
            raise Refusal(400, f"{noun} are not changed here")
        filled = _filled(company, row.entity.name, dict(body), is_new=False)
        return _do(
            lambda: writes.change(company, row, _form(company).read(row.entity, filled), True)
        )

    def delete(self, noun: str, key: str) -> Record:
        self._no_office(noun)
        company, row = self._alive(noun, key)
        if noun == "customers":
            return _do(lambda: customer_desk.delete(company, row))
        if "delete" not in row.entity.writes:
            raise Refusal(400, f"{noun} are not deleted here")

        def work() -> Row:
            writes.erase(company, row)
            return row

        return _do(work)

    def _no_office(self, noun: str) -> None:
        if noun in self._offices:
            raise Refusal(400, f"{noun} are only looked at here")

    def act(self, noun: str, key: str, action: str, body: Record) -> Record:
        if noun in self._offices:
            record = self._office(noun, key)
            self._disconnect(record["Id"])
            return record
        company, row = self._alive(noun, key)
        match (noun, action):
            case ("customers", "deactivate" | "reactivate"):
                given = {"Active": action == "reactivate"}
                return _do(lambda: customer_desk.change(company, row, given, True))
            case ("customers", "merge"):
                return self._merge(company, row, body)
            case ("invoices", "pay"):
                return _do(lambda: _pay(company, row, body))
            case ("invoices", "send"):
                return _do(lambda: sales_desk.send(company, row, body.get("sendTo")))
        return _do(lambda: _void(company, row))

    def _merge(self, company: Company, row: Row, body: Record) -> Record:
        into = company.tables["Customer"].get(str(body.get("into")))
        if into is None or into.is_deleted:
            raise Refusal(400, "into is the Id of the customer that stays")
        return _do(lambda: customer_desk.merge(company, row, into))


def _shown(row: Row) -> Record:
    record: Record = plain(row.data)
    return record


def _do(work: Callable[[], Row]) -> Record:
    try:
        return _shown(work())
    except Fault as fault:
        raise Refusal(400, f"{fault.message}: {fault.detail}") from None


def _form(company: Company) -> Form:
    """A person's screen holds no property that is not theirs to fill in."""
    return Form(company.look_up, False)


def _void(company: Company, row: Row) -> Row:
    writes.annul(company, row)
    return row


def _pay(company: Company, row: Row, body: Record) -> Row:
    """A payment on this invoice, of what is open or that amount; what is more stays unapplied."""
    strange = set(body) - {"amount", "date"}
    if strange:
        raise Refusal(400, f"unknown: {', '.join(sorted(strange))}", ("amount", "date"))
    opened = Decimal(row.data["Balance"])
    amount = _amount(body.get("amount", opened))
    applied = min(amount, opened)
    if applied <= 0:
        raise Refusal(400, "nothing is open, or the amount is not above zero")
    given: Record = {"CustomerRef": row.data["CustomerRef"], "TotalAmt": amount}
    link = {"TxnId": row.id, "TxnType": "Invoice"}
    given["Line"] = [{"Amount": applied, "LinkedTxn": [link]}]
    if "date" in body:
        given["TxnDate"] = _day(body["date"])
    payment_desk.create(company, given)
    return row


def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise Refusal(400, "amount is a number") from None
    if not amount.is_finite():
        raise Refusal(400, "amount is a number")
    return amount


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise Refusal(400, "date is YYYY-MM-DD") from None


def _filled(company: Company, entity: str, body: Record, is_new: bool = True) -> Record:
    """What a screen fills in by itself: the details of lines, or one line over TotalAmt."""
    if entity not in ("Invoice", "CreditMemo"):
        return body
    item = company.reference(next(iter(company.rows("Item"))))
    if is_new and "Line" not in body and "TotalAmt" in body:
        body["Line"] = [{"Amount": body["TotalAmt"]}]
    if not isinstance(body.get("Line"), list):
        return body
    lines = []
    for line in body["Line"]:
        if isinstance(line, dict) and "DetailType" not in line:
            details = {"ItemRef": item, **(line.get("SalesItemLineDetail") or {})}
            kind = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": details}
            lines.append({**line, **kind})
        else:
            lines.append(line)
    return {**body, "Line": lines}
