"""The human at the ERP's screens: bodies and records are the newest version's, wrapped.

Ids are a record's own id, or its key with `/` or `|` between the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Record
from ml_sandbox.vendors.acumatica import documents, money, payments, shipping
from ml_sandbox.vendors.acumatica.actions import ACTIONS, Press
from ml_sandbox.vendors.acumatica.books import Books, Unit
from ml_sandbox.vendors.acumatica.catalogue import NEWEST_TYPED, contract, keys_of
from ml_sandbox.vendors.acumatica.errors import Failure
from ml_sandbox.vendors.acumatica.grants import Grants
from ml_sandbox.vendors.acumatica.inputs import Reader
from ml_sandbox.vendors.acumatica.orders import SHIPPED_TYPES
from ml_sandbox.vendors.acumatica.push import Push
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rules import RULES
from ml_sandbox.vendors.acumatica.screens import SCREENS, Screen
from ml_sandbox.vendors.acumatica.shapes import Place, Shape, Tree, Wanted
from ml_sandbox.vendors.acumatica.values import GUID
from ml_sandbox.vendors.acumatica.writing import Terms, Writer

T = TypeVar("T")
_SCREENS: dict[str, Screen] = {s.noun: s for s in SCREENS.values() if s.noun}
_ACTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_SCREENS, ()),
    "sales_orders": ("open", "hold", "cancel", "reopen", "ship", "complete"),
    "sales_invoices": ("release", "pay"),
    "invoices": ("release", "pay"),
    "payments": ("release", "void"),
    "shipments": ("confirm", "invoice"),
    "connected_applications": ("revoke",),
    "push_messages": ("resend",),
}
#: Details that would bring whole other records along.
_DEPTH = 2
_BUTTONS = {
    ("sales_orders", "open"): "OpenSalesOrder",
    ("sales_orders", "hold"): "PutOnHold",
    ("sales_orders", "cancel"): "CancelSalesOrder",
    ("sales_orders", "reopen"): "ReopenSalesOrder",
    ("sales_orders", "ship"): "SalesOrderCreateShipment",
    ("payments", "release"): "ReleasePayment",
    ("payments", "void"): "VoidPayment",
    ("shipments", "confirm"): "ConfirmShipment",
    ("shipments", "invoice"): "PrepareInvoice",
}


class AcumaticaHuman:
    """Works in the first tenant, and at the administrator's forms of the site."""

    def __init__(self, books: Books, grants: Grants, push: Push) -> None:
        self._books = books
        self._grants = grants
        self._push = push
        self._contract = contract(NEWEST_TYPED)
        self._place = Place("", "Default", NEWEST_TYPED)

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        return _ACTIONS

    # --- looking ---

    def records(self, noun: str) -> list[Record]:
        if noun == "connected_applications":
            return self._applications()
        if noun == "push_messages":
            return self._push.kept()
        screen = _SCREENS[noun]
        table = self._books.tables[screen.table]
        rows = [r for r in table.rows() if RULES[screen.table].shows(screen.entity, r)]
        shape = self._shape(screen)
        return [shape.show(row, number) for number, row in enumerate(rows, start=1)]

    def record(self, noun: str, key: str) -> Record:
        if noun not in _SCREENS:
            for found in self.records(noun):
                if found["id"] == key:
                    return found
            raise Refusal(404, f"there is no {key!r} among the {noun}")
        return self._shape(_SCREENS[noun]).show(self._find(_SCREENS[noun], key))

    def _shape(self, screen: Screen) -> Shape:
        expand = self._all_below(screen.entity, _DEPTH)
        custom = tuple(self._books.custom_fields.get(screen.entity, {}))
        wanted = Wanted(expand, {}, custom, files=True)
        return Shape(self._books, self._contract, self._place, screen.entity, wanted)

    def _all_below(self, entity: str, depth: int) -> Tree:
        if depth == 0:
            return {}
        fields = self._contract.entities[entity].values()
        return {f.name: self._all_below(f.type, depth - 1) for f in fields if f.kind != "value"}

    def _find(self, screen: Screen, key: str) -> Row:
        table = self._books.tables[screen.table]
        row = table.get(key.lower()) if GUID.fullmatch(key) else None
        parts = key.replace("|", "/").split("/")
        if row is None and len(parts) == len(keys_of(screen.entity)):
            row = table.find(*parts)
        if row is None:
            row = table.find(key)
        if row is None or not RULES[screen.table].shows(screen.entity, row):
            raise Refusal(404, f"there is no {key!r} among the {screen.noun}")
        return row

    def _applications(self) -> list[Record]:
        return [
            {
                "id": app.client_id,
                "ClientID": app.client_id,
                "ClientSecret": app.client_secret,
                "ClientName": app.name,
                "CompanyID": app.tenant,
            }
            for app in self._grants.applications.values()
        ]

    # --- working ---

    def create(self, noun: str, body: Record) -> Record:
        return self._write(noun, None, body)

    def change(self, noun: str, key: str, body: Record) -> Record:
        return self._write(noun, key, body)

    def _write(self, noun: str, key: str | None, body: Record) -> Record:
        screen = self._screen(noun)
        if noun == "shipments" and key is None:
            raise Refusal(400, "a shipment is made from an order", ("sales_orders/{id}/ship",))
        given_body = {name: value for name, value in body.items() if name != "id"}
        if key is not None:
            given_body["id"] = self._find(screen, key).id
        terms = Terms(patch=key is not None, by_hand=True, branch=self._books.branches[0][0])

        def work() -> Record:
            given = Reader(self._books, self._contract).entity(screen.entity, given_body)
            written = Writer(self._books, self._contract).write(given, terms, None)
            return self._shape(screen).show(written.row)

        return _told(work)

    def _screen(self, noun: str) -> Screen:
        if noun not in _SCREENS:
            raise Refusal(400, f"{noun} are not entered here", sorted(_SCREENS))
        return _SCREENS[noun]

    def delete(self, noun: str, key: str) -> Record:
        """An administrator may delete what is used too, as a script in the database would."""
        screen = self._screen(noun)
        row = self._find(screen, key)
        shown = self._shape(screen).show(row)
        unit = self._books.unit(by_hand=True)
        unit.remove(screen.table, row)
        unit.commit()
        return {**shown, "deleted": True}

    def act(self, noun: str, key: str, action: str, body: Record) -> Record:
        if noun == "connected_applications":
            self._grants.drop_access_of(str(self.record(noun, key)["id"]))
            return self.record(noun, key)
        if noun == "push_messages":
            return self._push.resend(key)
        screen = _SCREENS[noun]
        row = self._find(screen, key)
        unit = self._books.unit(by_hand=True)
        draft = unit.draft(screen.table, row)
        _told(lambda: self._do(unit, noun, draft, action, body))
        unit.commit()
        return self._shape(screen).show(self._find(screen, row.id))

    def _do(self, unit: Unit, noun: str, draft: Row, action: str, body: Record) -> None:
        match (noun, action):
            case ("sales_orders", "complete"):
                self._complete(unit, draft)
            case ("sales_invoices" | "invoices", "release"):
                self._release(draft)
            case ("sales_invoices" | "invoices", "pay"):
                self._pay(unit, draft, body)
            case _:
                button = ACTIONS[_SCREENS[noun].entity][_BUTTONS[noun, action]]
                button.check(draft)
                button.run(Press(unit, draft, {}, self._books.today()))

    def _complete(self, unit: Unit, order: Row) -> None:
        """Ships and bills what is left; an order on hold is opened on the way."""
        today = self._books.today()
        if order["Status"] in ("Completed", "Cancelled"):
            raise Refusal(400, f"the order is {order['Status']}")
        order["Hold"] = order["CreditHold"] = False
        if order["OrderType"] not in SHIPPED_TYPES or not order.lines():
            shipping.bill_order(unit, order, today)
            return
        shipment = self._shipment(unit, order, today)
        if shipment["Status"] == "Open":
            shipping.confirm(unit, shipment)
        if shipment["Status"] == "Confirmed":
            shipping.bill_shipment(unit, shipment, today)

    def _shipment(self, unit: Unit, order: Row, today: date) -> Row:
        for link in order.lines("Shipments"):
            found = self._books.find("shipments", link["ShipmentNbr"])
            if found is not None:
                return unit.draft("shipments", found)
        return shipping.create_shipment(unit, order, today, None)

    def _release(self, document: Row) -> None:
        """A document on hold is taken off it on the way, as a person would do."""
        if document["Status"] not in documents.UNRELEASED:
            raise Refusal(400, f"the document is {document['Status']}")
        document["Hold"] = False
        documents.settle_balance(document)

    def _pay(self, unit: Unit, document: Row, body: Record) -> None:
        """`{amount, date}`: the balance, today, unless said otherwise; released if it is not."""
        if document["Status"] in documents.UNRELEASED:
            self._release(document)
        amount = _amount(body.get("amount"), document)
        if not 0 < amount <= document["Balance"]:
            raise Refusal(400, f"the balance is {document['Balance']}")
        payment = unit.add(
            "payments",
            self._books.new_row(
                Type="Payment", ReferenceNbr=self._books.next_number("ARPAYMENT"),
                CustomerID=document["CustomerID"], CurrencyID=document["Currency"],
                PaymentAmount=amount, PaymentMethod="CHECK", CashAccount="10200", Hold=False,
                ApplicationDate=_day(body.get("date"), self._books), IsCCPayment=False,
                Branch=document["LinkBranch"], BranchID=document["LinkBranch"],
                CustomerLocationID="MAIN",
            ),
        )  # fmt: skip
        line = self._books.new_row(
            DocType=document["Type"], ReferenceNbr=document["ReferenceNbr"], AmountPaid=amount
        )
        payment.lines("DocumentsToApply").append(line)
        payments.release(unit, payment, bool(self._books.switch("payments_stamp_invoices")))


def _told(work: Callable[[], T]) -> T:
    """Runs it; what the interface would answer becomes the sandbox's own no."""
    try:
        return work()
    except Failure as failure:
        raise Refusal(404 if failure.status == 404 else 400, failure.sentence) from None


def _bare(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _amount(value: Any, document: Row) -> Decimal:
    value = _bare(value)
    if value is None:
        return Decimal(document["Balance"])
    try:
        return money.rounded(Decimal(str(value)), document["Currency"])
    except InvalidOperation:
        raise Refusal(400, "amount is a number, such as 12.50") from None


def _day(value: Any, books: Books) -> date:
    value = _bare(value)
    if value is None:
        return books.today()
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Refusal(400, "date is yyyy-MM-dd") from None
