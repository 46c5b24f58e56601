"""The seed: the cast's customers and bills as three years of orders, invoices and payments.

Everything is dated before the day on which the world begins. A bill is an order that was shipped
and billed, or billed at once, or a plain invoice without an order; drafts are orders that were
never shipped.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ml_sandbox.business import bills, cast
from ml_sandbox.business.bills import Fate
from ml_sandbox.business.names import GOODS
from ml_sandbox.vendors.acumatica import documents, money, orders, payments, shipping
from ml_sandbox.vendors.acumatica.books import Books, Unit
from ml_sandbox.vendors.acumatica.furniture import furnish, inventory_id
from ml_sandbox.vendors.acumatica.items import sales_unit
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.values import tick

OTHER_CUSTOMERS = 6
OTHER_BILLS = 10
#: Customers that came in with one import share one stamp to the millisecond.
IMPORTED = 8
_NEVER_SHIPPED = (Fate.DRAFT, Fate.DELETED_DRAFT)
_TERMS = ("30D", "30D", "14D", "45D")
_STRANGERS = (("Ingrid", "Solberg", None), ("Pat", "O'Malley", "pat@nowhere.example"))


class _Past(Unit):
    """A unit of work that happened at a moment of the past."""

    def commit_at(self, moment: datetime) -> None:
        for table, old, new in self._drafts.values():
            if new is None:
                continue
            if old is None:
                new.created = moment
            new.modified = moment
            for value in new.values.values():
                for row in value if isinstance(value, list) else ():
                    row.created = row.modified = moment
            self.books.tables[table].put(new, None)


class Seed:
    """Fills tenants up to the beginning of the world's first day."""

    def __init__(self, chance: random.Random, today: date) -> None:
        self._chance = chance
        self._today = today
        self._drafts = 0
        self._midnight = datetime.combine(today, time(), UTC)

    def fill(self, books: Books, business: cast.Business) -> None:
        """The whole cast, for the tenant that people work in."""
        self._fill(books, business.customers, business.bills)
        if business.customers:
            self._ensure_unreleased(books, business)

    def fill_other(self, books: Books, business: cast.Business) -> None:
        """A few of the same customers under other numbers, for the other tenant."""
        people = tuple(reversed(business.customers[-OTHER_CUSTOMERS:]))
        known = {person.number for person in people}
        chosen = [bill for bill in business.bills if bill.customer in known]
        self._fill(books, people, chosen[-OTHER_BILLS:])

    def _fill(
        self, books: Books, people: Sequence[cast.Customer], written: Sequence[bills.Bill]
    ) -> None:
        began = self._midnight - timedelta(days=bills.HISTORY_DAYS + 1)
        furnish(books, began)
        numbers: dict[int, str] = {}
        for place, person in enumerate(people):
            at = began if place < IMPORTED else self._moment(person.since)
            numbers[person.number] = self._customer(books, person, at)
        for first, last, mail in _STRANGERS:
            self._contact(books, began, FirstName=first, LastName=last, Email=mail)
        for bill in written:
            self._bill(books, numbers[bill.customer], bill)

    def _moment(self, day: date) -> datetime:
        """A moment of that day which has passed when the world begins, as stamps have it."""
        moment = datetime.combine(day, time(), UTC) + timedelta(hours=self._chance.uniform(14, 23))
        if moment >= self._midnight:
            moment = self._midnight - timedelta(milliseconds=self._chance.randrange(1, 3_600_000))
        return tick(moment, 0.0)

    # --- people ---

    def _customer(self, books: Books, person: cast.Customer, at: datetime) -> str:
        """The customer and, mostly, a contact. Returns the customer's id."""
        unit = _Past(books, by_hand=False)
        key = books.next_number("CUSTOMER", "C{:06d}")
        abroad = person.currency != books.base_currency
        main = books.new_row(
            DisplayName=person.name, CompanyName=person.name, Email=person.email,
            Phone1=person.phone, Phone1Type="Business 1", WebSite=person.website, Active=True,
            ContactID=int(books.next_number("contact")) + 100, Address=self._address(books, person),
        )  # fmt: skip
        row = unit.add(
            "customers",
            books.new_row(
                CustomerID=key, CustomerName=person.name, MainContact=main,
                CustomerClass="INTL" if abroad else "DEFAULT", LocationName="Primary Location",
                Status="Inactive" if person.archived else "Active", CurrencyID=person.currency,
                EnableCurrencyOverride=abroad, Terms=self._chance.choice(_TERMS),
                TaxZone="EXPORT" if abroad else "DOMESTIC", StatementCycleID="EOM",
                BAccountID=int(books.next_number("baccount")) + 5000, CurrencyRateType="SPOT",
                CreditLimit=Decimal(0), StatementType="Open Item", SendInvoicesbyEmail=True,
                PrintInvoices=False, IsGuestCustomer=False, BillingContactOverride=False,
            ),
        )  # fmt: skip
        if self._chance.random() < 0.85:
            who = person.person
            row["PrimaryContactID"] = self._contact(
                books, at, FirstName=who.first_name, LastName=who.last_name, Email=person.email,
                Phone1=person.phone, BusinessAccount=key, CompanyName=person.name,
            )  # fmt: skip
        unit.commit_at(at)
        return key

    def _address(self, books: Books, person: cast.Customer) -> Row:
        place = person.place
        return books.new_row(
            AddressLine1=person.street, City=place.city, Country=place.country,
            PostalCode=place.postal_code, State=place.province.partition("-")[2], Validated=False,
        )  # fmt: skip

    def _contact(self, books: Books, at: datetime, **given: Any) -> int:
        unit = _Past(books, by_hand=False)
        number = int(books.next_number("contact")) + 100
        name = f"{given['FirstName']} {given['LastName']}"
        unit.add(
            "contacts",
            books.new_row(
                ContactID=number, DisplayName=name, ContactClass="ENDUSER", Active=True,
                Status="Active", Type="Contact", FullName=given.get("CompanyName"), **given,
            ),
        )  # fmt: skip
        unit.commit_at(at)
        return number

    # --- documents ---

    def _bill(self, books: Books, customer: str, bill: bills.Bill) -> None:
        at = self._moment(bill.on)
        unit = _Past(books, by_hand=False)
        plain = bill.number % 6 == 0 and bill.fate not in (*_NEVER_SHIPPED, Fate.APPROVED)
        if plain:
            invoice = self._plain_invoice(unit, customer, bill)
        else:
            order = self._order(unit, customer, bill)
            if bill.fate in _NEVER_SHIPPED:
                self._leave_open(order, bill)
                unit.commit_at(at)
                return
            invoice = self._billed(unit, order, bill)
        invoice["DueDate"] = bill.due
        if bill.fate is Fate.APPROVED:
            invoice["Hold"] = bill.number % 2 == 0
            invoice["Status"] = "On Hold" if invoice["Hold"] else "Balanced"
        else:
            invoice["Hold"] = False
            documents.settle_balance(invoice)
        unit.commit_at(at)
        self._receive(books, invoice, bill)

    def _leave_open(self, order: Row, bill: bills.Bill) -> None:
        order["Hold"] = bill.fate is Fate.DRAFT and self._drafts % 2 == 0
        self._drafts += bill.fate is Fate.DRAFT
        order["Status"] = "Cancelled" if bill.fate is Fate.DELETED_DRAFT else "Open"
        if order["Hold"]:
            order["Status"] = "On Hold"

    def _order(self, unit: Unit, customer: str, bill: bills.Bill) -> Row:
        books = unit.books
        found = books.find("customers", customer)
        address = None if found is None else found["MainContact"]["Address"]
        kind = "IN" if bill.number % 5 == 0 else "SO"
        order = unit.add(
            "sales_orders",
            books.new_row(
                OrderType=kind, OrderNbr=books.next_number("SOORDER"), CustomerID=customer,
                CustomerOrder=bill.order_number, Date=bill.on, RequestedOn=bill.on,
                CurrencyID=bill.currency, CurrencyRate=money.rate(bill.currency),
                ReciprocalRate=Decimal(1), BaseCurrencyID=books.base_currency, Hold=False,
                Branch=books.branches[bill.number % 7 == 0][0], LocationID="MAIN", Status="Open",
                CreditHold=False, Approved=True, Project="X", CurrencyRateTypeID="SPOT",
                EffectiveDate=bill.on, TaxCalcMode="Tax Settings", Totals=books.new_row(),
                BillToAddress=None if address is None else books.new_row(**address.values),
                ShipToAddress=None if address is None else books.new_row(**address.values),
                Details=[self._line(books, bill, line) for line in bill.lines],
            ),
        )  # fmt: skip
        orders.total_up(order, None if found is None else found["TaxZone"])
        return order

    def _line(self, books: Books, bill: bills.Bill, line: bills.Line) -> Row:
        name = GOODS[line.good][0]
        item = books.item(inventory_id(name))
        unit = "EACH" if item is None else sales_unit(item)
        percent = bill.discount_percent or Decimal(0)
        extended = money.rounded(line.quantity * line.unit_price, bill.currency)
        discount = money.rounded(extended * percent / 100, bill.currency)
        return books.new_row(
            InventoryID=inventory_id(name), OrderQty=line.quantity, UnitPrice=line.unit_price,
            UOM=unit, ExtendedPrice=extended, DiscountPercent=percent, DiscountAmount=discount,
            Amount=extended - discount, LineDescription=name, OpenQty=line.quantity,
            TaxCategory="TAXABLE" if line.taxed else "EXEMPT", WarehouseID="WHOLESALE",
            QtyOnShipments=Decimal(0), UnbilledAmount=extended - discount, Completed=False,
        )  # fmt: skip

    def _billed(self, unit: Unit, order: Row, bill: bills.Bill) -> Row:
        if order["OrderType"] == "IN":
            return shipping.bill_order(unit, order, bill.on)
        shipment = shipping.create_shipment(unit, order, bill.on, None)
        self._join(unit, order)
        shipping.confirm(unit, shipment)
        return shipping.bill_shipment(unit, shipment, bill.on)[0]

    def _join(self, unit: Unit, order: Row) -> None:
        """Makes the order known to the tables before it is shipped on in the same unit."""
        unit.books.tables["sales_orders"].put(order, None)

    def _plain_invoice(self, unit: Unit, customer: str, bill: bills.Bill) -> Row:
        books = unit.books
        found = books.find("customers", customer)
        details = []
        for line in bill.lines:
            made = self._line(books, bill, line)
            made.update(
                {
                    "Qty": made["OrderQty"], "TransactionDescr": made["LineDescription"],
                    "Account": "40000", "SubAccount": "000000", "BranchID": "MAIN",
                }
            )  # fmt: skip
            details.append(made)
        invoice = unit.add(
            "documents",
            books.new_row(
                Type="Invoice", ReferenceNbr=documents.next_number(books, "Invoice"),
                Origin=documents.PLAIN, CustomerID=customer, Currency=bill.currency, Date=bill.on,
                DueDate=bill.due, CustomerOrder=bill.order_number, LinkBranch="MAIN",
                Details=details, PostPeriod=money.period(bill.on), PaymentTotal=money.ZERO,
                LinkARAccount="11000",
                Terms=None if found is None else found["Terms"], LocationID="MAIN", Project="X",
                CreditHold=False, IsTaxValid=False, TaxCalcMode="Tax Settings",
            ),
        )  # fmt: skip
        documents.total_up(invoice, None if found is None else found["TaxZone"])
        return invoice

    def _receive(self, books: Books, invoice: Row, bill: bills.Bill) -> None:
        """The receipts as payments; money that went back is a payment voided."""
        last: Row | None = None
        left = invoice["Amount"]
        for receipt in bill.receipts:
            at = self._moment(receipt.on)
            unit = _Past(books, by_hand=False)
            if receipt.share < 0 and last is not None:
                payments.void(unit, unit.draft("payments", last))
                unit.commit_at(at)
                continue
            amount = money.rounded(invoice["Amount"] * receipt.share, bill.currency)
            if receipt is bill.receipts[-1] and sum(r.share for r in bill.receipts) == 1:
                amount = left
            left -= amount
            if amount <= 0:
                continue
            last = self._payment(unit, invoice, amount, receipt.on)
            unit.commit_at(at)

    def _payment(self, unit: Unit, invoice: Row, amount: Decimal, on: date) -> Row:
        books = unit.books
        payment = unit.add(
            "payments",
            books.new_row(
                Type="Payment", ReferenceNbr=books.next_number("ARPAYMENT"), IsCCPayment=False,
                CustomerID=invoice["CustomerID"], CurrencyID=invoice["Currency"], Hold=False,
                PaymentAmount=amount, PaymentMethod=self._chance.choice(("CHECK", "WIRE")),
                CashAccount="10200", PaymentRef=str(self._chance.randrange(10_000, 99_999)),
                ApplicationDate=on, Branch="MAIN", BranchID="MAIN", CustomerLocationID="MAIN",
            ),
        )  # fmt: skip
        key = (str(invoice["Type"]), str(invoice["ReferenceNbr"]))
        stored = books.find("documents", *key)
        balance = amount if stored is None else stored["Balance"]
        line = books.new_row(DocType=key[0], ReferenceNbr=key[1], AmountPaid=min(amount, balance))
        payment.lines("DocumentsToApply").append(line)
        payments.release(unit, payment)
        return payment

    def _ensure_unreleased(self, books: Books, business: cast.Business) -> None:
        """Every world holds a sales invoice that nobody has released yet."""
        rows = books.tables["documents"].rows()
        if any(r["Origin"] == documents.SALES and r["Status"] == "Balanced" for r in rows):
            return
        first = business.customers[0]
        line = bills.Line(4, Decimal(200), money.price("2.35", first.currency), taxed=False)
        bill = bills.Bill(
            number=1, customer=first.number, on=self._today - timedelta(days=3),
            due=self._today + timedelta(days=27), currency=first.currency, lines=(line,),
            discount_percent=None, fate=Fate.APPROVED, receipts=(),
            rate=Decimal(bills.RATES[first.currency]), order_number=None,
        )  # fmt: skip
        customer = next(books.tables["customers"].rows())
        self._bill(books, str(customer["CustomerID"]), bill)
