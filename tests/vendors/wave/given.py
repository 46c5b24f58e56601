"""The material these tests read: bodies of our own, and the vendor's machine-readable contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
SPECS = Path(__file__).parents[4] / "shared" / "specs" / "wave"

BUSINESS = "QnVzaW5lc3M6MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1"
CUSTOMER = f"{BUSINESS}O0N1c3RvbWVyOjEwMDE="
INVOICE = f"{BUSINESS}O0ludm9pY2U6MjAwMQ=="


def spec_text(name: str) -> str:
    """The text of a file of the vendor's contract; skips where it is not at hand."""
    path = SPECS / name
    if not path.exists():
        pytest.skip(f"the vendor's contract {name} is not beside this repository (../shared/specs)")
    return path.read_text("utf-8")


def event_body(name: str) -> dict[str, Any]:
    """The recorded body of one event."""
    fixture: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    body: dict[str, Any] = fixture["body"]
    return body
