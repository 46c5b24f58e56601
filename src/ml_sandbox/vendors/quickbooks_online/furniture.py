"""The furniture of a company: what stands there before any customer, such as terms and items."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ml_sandbox.business.names import GOODS

from .company import Company
from .money import currency_ref
from .tables import Record

_ACCOUNTS = (
    ("Checking", "Bank"),
    ("Accounts Receivable (A/R)", "Accounts Receivable"),
    ("Undeposited Funds", "Other Current Asset"),
    ("Sales of Product Income", "Income"),
    ("Services", "Income"),
)
#: Name and what tells the due date; the ids follow the order.
_TERMS: tuple[tuple[str, Record], ...] = (
    ("Due on receipt", {"DueDays": 0, "DiscountDays": 0, "DiscountPercent": Decimal(0)}),
    ("Net 14", {"DueDays": 14, "DiscountDays": 0}),
    ("Net 30", {"DueDays": 30, "DiscountDays": 0}),
    ("Net 45", {"DueDays": 45, "DiscountDays": 10, "DiscountPercent": Decimal(2)}),
    ("10th of next month", {"DayOfMonthDue": 10, "DueNextMonthDays": 5}),
    ("Net 60", {"DueDays": 60, "DiscountDays": 0, "Active": False}),
)
_METHODS = (("Cash", "NON_CREDIT_CARD"), ("Check", "NON_CREDIT_CARD"), ("Visa", "CREDIT_CARD"))
_ADDRESS = {
    "Line1": "12 Wharf Lane",
    "City": "Portland",
    "Country": "USA",
    "CountrySubDivisionCode": "OR",
    "PostalCode": "97201",
}


def furnish(company: Company, at: datetime) -> None:
    """Accounts, items, terms, payment methods, customer types, the company's own two records."""
    for name, kind in _ACCOUNTS:
        company.add("Account", {"Name": name, "AccountType": kind, "Active": True}, at)
    for name, price, is_service in GOODS:
        kind = "Service" if is_service else "NonInventory"
        item = {"Name": name, "FullyQualifiedName": name, "Active": True, "Type": kind}
        income = {"value": "5" if is_service else "4"}
        company.add("Item", {**item, "UnitPrice": Decimal(price), "IncomeAccountRef": income}, at)
    for name, details in _TERMS:
        kind = "DATE_DRIVEN" if "DayOfMonthDue" in details else "STANDARD"
        company.add("Term", {"Name": name, "Active": True, "Type": kind, **details}, at)
    for name, kind in _METHODS:
        company.add("PaymentMethod", {"Name": name, "Active": True, "Type": kind}, at)
    for name in ("Retail", "Wholesale"):
        company.add("CustomerType", {"Name": name, "Active": True}, at)
    company.add("CompanyInfo", _info(company, at), at)
    company.add("Preferences", _preferences(company), at)


def _info(company: Company, at: datetime) -> Record:
    return {
        "CompanyName": company.name,
        "LegalName": f"{company.name} Inc.",
        "CompanyAddr": {"Id": "1", **_ADDRESS},
        "CompanyStartDate": at.date().isoformat(),
        "FiscalYearStartMonth": "January",
        "Country": "CA" if company.currency == "CAD" else "US",
        "Email": {"Address": "owner@bluebird.example"},
        "SupportedLanguages": "en",
        "DefaultTimeZone": "America/Los_Angeles",
        "NameValue": [
            {"Name": "NeoEnabled", "Value": "true"},
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
            {"Name": "SubscriptionStatus", "Value": "PAID"},
        ],
    }


def _preferences(company: Company) -> Record:
    return {
        "AccountingInfoPrefs": {"TrackDepartments": False, "ClassTrackingPerTxn": False},
        "SalesFormsPrefs": {"CustomTxnNumbers": False, "DefaultTerms": {"value": "3"}},
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": True,
            "HomeCurrency": currency_ref(company.currency),
        },
    }
