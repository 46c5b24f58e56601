"""The rules of customers and of contacts."""

from __future__ import annotations

import re
from typing import Any

from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.money import CURRENCIES, TERMS_DAYS
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rule import Rules, normal_key
from ml_sandbox.vendors.acumatica.work import Work

STATUSES = ("Active", "On Hold", "Credit Hold", "One-Time", "Inactive")
#: Those with which documents may be entered.
USABLE = ("Active", "One-Time", "Credit Hold")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+(\s*[;,]\s*[^@\s,;]+@[^@\s,;]+)*")


class CustomerRules(Rules):
    def takes_key(self, books: Books) -> bool:
        return True

    def begin(self, work: Work) -> None:
        row, books = work.row, work.books
        if row["CustomerID"] is None and books.switch("customer_numbering") == "auto":
            row["CustomerID"] = self._number(books)
        if not work.missing("CustomerID", "Customer ID"):
            row["CustomerID"] = normal_key("CustomerID", row["CustomerID"])
        row["BAccountID"] = int(books.next_number("baccount")) + 5000
        work.default(
            CustomerClass="DEFAULT", Status="Active", ParentRecord=None, Terms="30D",
            CurrencyRateType="SPOT", StatementType="Open Item", StatementCycleID="EOM",
            LocationName="Primary Location", EnableCurrencyOverride=False, TaxZone="DOMESTIC",
            PrintInvoices=False, SendInvoicesbyEmail=True, CreditLimit=0, IsGuestCustomer=False,
        )  # fmt: skip

    def _number(self, books: Books) -> str:
        """The next free number: one that was entered by hand is left out."""
        number = books.next_number("CUSTOMER", "C{:06d}")
        while books.find("customers", number) is not None:
            number = books.next_number("CUSTOMER", "C{:06d}")
        return number

    def check(self, work: Work) -> None:
        row = work.row
        work.missing("CustomerName", "Account Name")
        work.choose("Status", "Customer Status", STATUSES)
        found = work.refer("CustomerClass", "Customer Class", "customer_classes")
        if found is not None:
            work.default(CurrencyID=found["CurrencyID"])
        work.choose("CurrencyID", "Currency ID", CURRENCIES)
        work.choose("Terms", "Terms", tuple(TERMS_DAYS))
        work.refer("TaxZone", "Tax Zone", "tax_zones")
        if row["PrimaryContactID"] is not None:
            work.refer("PrimaryContactID", "Primary Contact", "contacts")
        self._check_contacts(work)

    def _check_contacts(self, work: Work) -> None:
        row, books = work.row, work.books
        main = row["MainContact"] or books.new_row()
        row["MainContact"] = main
        if work.sets("Email"):
            main["Email"] = row.values.pop("Email")
        if main["ContactID"] is None:
            main["ContactID"] = int(books.next_number("contact")) + 100
        main.update({"DisplayName": row["CustomerName"], "CompanyName": row["CustomerName"]})
        main["Active"] = row["Status"] != "Inactive"
        for name in ("MainContact", "BillingContact", "ShippingContact"):
            if row[name] is not None:
                check_contact(work, row[name])
                row[name]["Address"] = row[name]["Address"] or books.new_row(Country="US")

    def kept(self, row: Row) -> str | None:
        return "The customer cannot be deleted because it is used in documents."


class ContactRules(Rules):
    def takes_key(self, books: Books) -> bool:
        return False

    def begin(self, work: Work) -> None:
        work.row["ContactID"] = int(work.books.next_number("contact")) + 100
        work.default(
            ContactClass="ENDUSER", Active=True, Type="Contact", Phone1Type="Business 1",
            Synchronize=True, DuplicateFound=False,
        )  # fmt: skip

    def check(self, work: Work) -> None:
        row = work.row
        work.missing("LastName", "Last Name")
        account = work.refer("BusinessAccount", "Business Account", "customers")
        work.choose("Status", "Status", ("Active", "Inactive"))
        if work.sets("Status") and not work.sets("Active"):
            row["Active"] = row["Status"] == "Active"
        row["Status"] = "Active" if row["Active"] else "Inactive"
        if account is not None:
            row["CompanyName"] = account["CustomerName"]
        row["DisplayName"] = display_name(row)
        row["FullName"] = row["CompanyName"]
        check_contact(work, row)


def check_contact(work: Work, contact: Row) -> None:
    """E-mail and country of a contact, linked or its own record."""
    mail = contact["Email"]
    if mail is not None and not _MAIL.fullmatch(str(mail)):
        work.fail("The email address is not valid.", "Email", row=contact)
    check_address(work, contact["Address"])


def check_address(work: Work, address: Any) -> None:
    country = None if address is None else address["Country"]
    if country is not None and not _COUNTRY.fullmatch(str(country)):
        work.fail("'Country' cannot be found in the system.", "Country", row=address)


def display_name(row: Row) -> str:
    parts = (row["Title"], row["FirstName"], row["MiddleName"], row["LastName"])
    return " ".join(str(part) for part in parts if part)
