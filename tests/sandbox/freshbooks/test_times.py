"""US/Eastern without saying so, UTC in a few fields, and the hour that comes twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ml_sandbox.options import SandboxOptions

from .bench import READ, Bench


def eastern(text: str, fold: int = 0) -> datetime:
    naive = datetime.fromisoformat(text)
    return naive.replace(tzinfo=ZoneInfo("America/New_York"), fold=fold).astimezone(UTC)


async def test_a_new_clients_two_times_tell_the_offset(books: Bench) -> None:
    made = await books.client()
    assert made["signup_date"] == "2026-05-04 09:00:00"
    assert made["updated"] == "2026-05-04 05:00:00"


async def test_winter_and_summer(books: Bench) -> None:
    winter = Bench(
        SandboxOptions(customers=2, invoices=2, start=datetime(2026, 1, 9, 12, tzinfo=UTC))
    )
    made = await winter.client()
    assert (made["signup_date"], made["updated"]) == ("2026-01-09 12:00:00", "2026-01-09 07:00:00")
    await winter.close()


async def test_forms_of_an_invoices_times(books: Bench) -> None:
    made = await books.invoice()
    assert made["created_at"] == made["updated"] == "2026-05-04 05:00:00"
    assert re.fullmatch(r"2026-05-04 05:00:00\.\d{6}", made["version"])
    assert made["create_date"] == made["due_date"] == "2026-05-04"


async def test_bills_tell_utc(books: Bench) -> None:
    await books.login(f"{READ} user:bills:read")
    made = await books.control("POST", "freshbooks/bills", {})
    assert made["updated_at"] == "2026-05-04 09:00:00"


async def test_a_persons_today_is_the_eastern_one(books: Bench) -> None:
    await books.advance(17 * 3600)  # 02:00 UTC, 22:00 of the day before in New York
    made = await books.invoice("5.00", "pay")
    assert made["create_date"] == made["date_paid"] == "2026-05-04"


async def test_two_changes_an_hour_apart_in_the_repeated_hour_look_alike(books: Bench) -> None:
    """Customers 11 and 13 were changed at 05:30 and 06:30 UTC of the night of the clocks."""
    clients = {c["id"]: c for c in await books.every("clients")}
    first, second = clients[214011], clients[214013]
    assert first["updated"] == second["updated"] == "2025-11-02 01:30:00"
    assert eastern(first["updated"], 0) != eastern(second["updated"], 1)


@pytest.mark.parametrize("noun", ["clients", "invoices", "payments"])
async def test_nothing_lies_ahead_of_the_worlds_beginning(books: Bench, noun: str) -> None:
    begin = datetime(2026, 5, 4, tzinfo=UTC)
    assert all(eastern(r["updated"]) < begin for r in await books.every(noun))
