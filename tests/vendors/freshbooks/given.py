"""The material these tests read: bodies of our own, and what is published about the vendor."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

FIXTURES = Path(__file__).parent / "fixtures"
SPECS = Path(__file__).parents[4] / "shared" / "specs" / "freshbooks"

ACCOUNT = "Zx9Qw1"
VERIFIER = "kX2pVerifierExample7Qd"


@cache
def _read(path: Path) -> Any:
    text = path.read_text("utf-8")
    return yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)


def spec(name: str) -> Any:
    """A file of the published material; skips where it is not at hand."""
    path = SPECS / name
    if not path.exists():
        pytest.skip(f"the vendor's {name} is not beside this repository (../shared/specs)")
    return _read(path)


def recorded(name: str) -> dict[str, Any]:
    """The recorded delivery of one event."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return found


def money(amount: str, code: str = "CAD") -> dict[str, str]:
    return {"amount": amount, "code": code}


def client_row(id: int = 42, **more: Any) -> dict[str, Any]:
    """A client as FreshBooks shows one, with some of the fields that nobody reads."""
    return {
        "id": id, "userid": id, "organization": "Acme Ltd", "fname": "Ada", "lname": "Moss",
        "email": "ada@acme.example", "currency_code": "CAD", "p_street": "1 High St",
        "p_street2": "", "p_city": "Leeds", "p_province": "", "p_country": "United Kingdom",
        "p_code": "LS1 4AP", "s_street": "", "s_city": "", "role": "client", "level": 0,
        "updated": "2026-05-01 10:00:00", "vis_state": 0, **more,
    }  # fmt: skip


def invoice_row(id: int = 90210, **more: Any) -> dict[str, Any]:
    """An invoice as FreshBooks shows one in a listing, without its lines."""
    return {
        "id": id, "invoiceid": id, "invoice_number": "INV-7", "customerid": 42,
        "create_date": "2026-04-01", "due_date": "2026-05-01", "due_offset_days": 30,
        "date_paid": None, "currency_code": "CAD", "amount": money("41.94"),
        "paid": money("20.00"), "outstanding": money("21.94"), "discount_total": money("-4.40"),
        "status": 2, "display_status": "sent", "v3_status": "partial",
        "payment_status": "partial", "dispute_status": None, "current_organization": "Acme Ltd",
        "organization": "Acme", "fname": "Ada", "lname": "Moss",
        "updated": "2026-05-01 10:00:00", "vis_state": 0, **more,
    }  # fmt: skip


def payment_row(id: int = 7001, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "logid": id, "invoiceid": 90210, "clientid": 42, "amount": money("20.00"),
        "date": "2026-04-20", "type": "Check", "updated": "2026-05-01 10:00:00", "vis_state": 0,
        **more,
    }  # fmt: skip


ROWS = {"clients": client_row, "invoices": invoice_row, "payments": payment_row}
ONE = {"clients": "client", "invoices": "invoice", "payments": "payment"}


def page_of(noun: str, rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A page in the vendor's envelope."""
    shape = {"page": 1, "pages": 1 if rows else 0, "per_page": 100, "total": len(rows)}
    return {"response": {"result": {noun: rows, **shape, **more}}}


def identity_body(*businesses: tuple[str, str], id: int = 7788) -> dict[str, Any]:
    """Who the user is, in these businesses (account id, name)."""
    memberships = [
        {"id": n, "role": "owner", "business": {"id": n, "name": name, "account_id": account}}
        for n, (account, name) in enumerate(businesses, 5501)
    ]
    return {
        "response": {
            "id": id, "identity_id": id, "first_name": "Ada", "last_name": "Moss",
            "email": "ada@acme.example", "business_memberships": memberships,
        }
    }  # fmt: skip
