"""The material these tests read: bodies of our own, and what is published about the vendor."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
SPECS = Path(__file__).parents[4] / "shared" / "specs" / "quickbooks_online"

REALM = "9341450000000001"
NOW = "2026-05-04T02:00:00.000-07:00"
VERIFIER = "a-verifier-token-of-ours"


@cache
def spec_bytes(name: str) -> bytes:
    """A file of the published material; skips where it is not at hand."""
    path = SPECS / name
    if not path.exists():
        pytest.skip(f"the vendor's {name} is not beside this repository (../shared/specs)")
    return path.read_bytes()


def spec(name: str) -> Any:
    return json.loads(spec_bytes(name))


def fixture(name: str) -> bytes:
    """The recorded delivery of one event."""
    return (FIXTURES / f"{name}.json").read_bytes()


def customer_row(id: str = "58", **more: Any) -> dict[str, Any]:
    """A customer as QuickBooks shows one, with some of the fields that nobody reads."""
    return {
        "Taxable": True, "Job": False, "Id": id, "SyncToken": "4", "domain": "QBO", "sparse": False,
        "MetaData": stamps("2026-05-01T09:00:00-07:00"), "DisplayName": "Acme Ltd",
        "FullyQualifiedName": "Acme Ltd", "CompanyName": "Acme Limited", "GivenName": "Ann",
        "FamilyName": "Lee", "PrintOnCheckName": "Acme", "Active": True, "Balance": 100,
        "BalanceWithJobs": 100, "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "SalesTermRef": {"value": "3"}, "PrimaryEmailAddr": {"Address": "ann@acme.example"},
        "BillAddr": {"Id": "9", "Line1": "1 High St", "City": "Boise", "PostalCode": "83702"},
        **more,
    }  # fmt: skip


def job_row(id: str, parent: str, **more: Any) -> dict[str, Any]:
    return customer_row(id, **{
        "Job": True, "ParentRef": {"value": parent}, "Level": 1, "DisplayName": f"Job {id}", **more,
    })  # fmt: skip


def invoice_row(id: str = "301", customer: str = "58", **more: Any) -> dict[str, Any]:
    return {
        "Id": id, "SyncToken": "1", "MetaData": stamps("2026-05-01T09:00:00-07:00"),
        "DocNumber": f"10{id}", "TxnDate": "2026-04-01", "DueDate": "2026-05-31",
        "CustomerRef": {"value": customer, "name": "Acme"}, "TotalAmt": 110, "Balance": 100,
        "CurrencyRef": {"value": "USD"}, "TxnTaxDetail": {"TotalTax": 10}, "Line": [],
        "EmailStatus": "EmailSent", "domain": "QBO", "sparse": False, **more,
    }  # fmt: skip


def payment_row(id: str = "330", customer: str = "58", **more: Any) -> dict[str, Any]:
    return {
        "Id": id, "SyncToken": "0", "MetaData": stamps("2026-05-01T09:00:00-07:00"),
        "TxnDate": "2026-04-20", "CustomerRef": {"value": customer}, "TotalAmt": 10,
        "UnappliedAmt": 0, "Line": [], "domain": "QBO", **more,
    }  # fmt: skip


def term_row(id: str = "3", name: str = "Net 30") -> dict[str, Any]:
    return {
        "Id": id, "SyncToken": "0", "MetaData": stamps("2025-01-01T00:00:00-08:00"), "Name": name,
        "Active": True, "Type": "STANDARD", "DueDays": 30,
    }  # fmt: skip


def gone_row(id: str) -> dict[str, Any]:
    """As the feed shows what is not there any more."""
    at = {"LastUpdatedTime": "2026-05-03T09:00:00-07:00"}
    return {"Id": id, "domain": "QBO", "status": "Deleted", "MetaData": at}


def stamps(updated: str) -> dict[str, str]:
    return {"CreateTime": "2025-05-01T09:00:00-07:00", "LastUpdatedTime": updated}


def queried(entity: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """A page of a query; without rows the entity is left out."""
    page = {entity: list(rows), "startPosition": 1, "maxResults": len(rows)} if rows else {}
    return {"QueryResponse": page, "time": NOW}


def changed(time: str = NOW, **rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the change feed answers."""
    shown = [{entity: found} for entity, found in rows.items() if found]
    return {"CDCResponse": [{"QueryResponse": [*shown, {}]}], "time": time}


def company() -> dict[str, Any]:
    told = {"CompanyName": "Bluebird", "Country": "US", "DefaultTimeZone": "America/Los_Angeles"}
    return {"CompanyInfo": told, "time": NOW}


def preferences(currency: str = "USD") -> dict[str, Any]:
    return {"Preferences": {"CurrencyPrefs": {"HomeCurrency": {"value": currency}}}, "time": NOW}


def fault(code: str, message: str, detail: str = "", element: str = "") -> dict[str, Any]:
    error = {"Message": message, "Detail": detail, "code": code, "element": element}
    return {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": NOW}


def gateway(code: str, message: str) -> dict[str, Any]:
    """The gateway's error, with some of the empty fields beside it."""
    error = {"message": message, "detail": None, "code": code, "element": None}
    return {
        "warnings": None, "fault": {"error": [error], "type": "SERVICE"}, "batchItemResponse": [],
        "requestId": None, "time": 1772644351402, "cdcresponse": [],
    }  # fmt: skip
