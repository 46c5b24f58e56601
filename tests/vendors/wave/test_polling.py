"""The real client polls the sandbox's Wave, whose records change between its pages."""

from __future__ import annotations

import pytest

from ml_connector.core.objects import SourceModel
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES, Invoice
from tests.vendors.wave.books import Books

MANY = 130


@pytest.fixture(params=[True, False], ids=["inclusive", "exclusive"])
async def shelf(books: Books, request: pytest.FixtureRequest) -> Books:
    """Books whose bounds of modifiedAt do, or do not, include their own moment."""
    await books.switch(modified_bounds_inclusive=request.param)
    return books


def versions(found: dict[str, SourceModel]) -> dict[str, str]:
    return {key: record.version() for key, record in found.items()}


async def stored(books: Books, noun: str) -> dict[str, str]:
    return {key: shown["modifiedAt"] for key, shown in (await books.listed(noun)).items()}


async def test_the_first_poll_brings_everything(shelf: Books) -> None:
    for obj in (CUSTOMERS, INVOICES):
        found, _, _ = await shelf.poll(obj, {})
        assert versions(found) == await stored(shelf, obj.name)


async def test_listed_invoices_do_not_know_their_payments(books: Books) -> None:
    found, _, _ = await books.poll(INVOICES, {})
    assert {r.payments for r in found.values() if isinstance(r, Invoice)} == {None}


async def test_a_quiet_poll_is_one_call(books: Books) -> None:
    _, cursor, _ = await books.poll(CUSTOMERS, {})
    found, again, calls = await books.poll(CUSTOMERS, cursor)
    assert (again, calls) == (cursor, 1)
    assert len(found) <= 1


async def test_a_change_is_seen_by_the_next_poll(shelf: Books) -> None:
    _, cursor, _ = await shelf.poll(CUSTOMERS, {})
    await shelf.sandbox.advance(3600)
    first = next(iter(await shelf.listed("customers")))
    await shelf.human("PATCH", "customers", first, name="Renamed Ltd")
    found, _, calls = await shelf.poll(CUSTOMERS, cursor)
    assert getattr(found[first], "name", "") == "Renamed Ltd"
    assert calls == 1


async def test_an_import_of_one_moment_neither_loops_nor_is_skipped(shelf: Books) -> None:
    """A human's clock stands still here: all of them bear the same modifiedAt."""
    for number in range(MANY):
        await shelf.human("POST", "customers", name=f"Imported {number}")
    await shelf.sandbox.advance(10)
    await shelf.human("POST", "customers", name="After the import")
    found, cursor, calls = await shelf.poll(CUSTOMERS, {})
    assert versions(found) == await stored(shelf, "customers")
    assert calls <= 8
    again, _, _ = await shelf.poll(CUSTOMERS, cursor)
    assert set(versions(again)) >= {
        key for key, shown in (await shelf.listed("customers")).items()
        if shown["name"].startswith("Imported")
    }, "the overlap covers them"  # fmt: skip


async def test_records_that_change_between_pages_are_all_seen_at_last(shelf: Books) -> None:
    """Each touched record moves to the end, and another slides over a page border."""
    for number in range(MANY):
        await shelf.human("POST", "customers", name=f"Imported {number}")
    await shelf.sandbox.advance(10)
    order = iter(await shelf.listed("customers"))

    async def touch() -> None:
        await shelf.sandbox.advance(1)
        for _ in range(3):
            key = next(order)
            await shelf.human("PATCH", "customers", key, phone="555")

    found, _, _ = await shelf.poll(CUSTOMERS, {}, touch)
    assert versions(found) == await stored(shelf, "customers")


async def test_records_inserted_between_pages_are_seen(shelf: Books) -> None:
    for number in range(MANY):
        await shelf.human("POST", "customers", name=f"Imported {number}")
        await shelf.sandbox.advance(1)
    await shelf.switch(insert_between_pages=2)

    async def time_goes_on() -> None:
        await shelf.sandbox.advance(1)

    found, cursor, _ = await shelf.poll(CUSTOMERS, {}, time_goes_on)
    await shelf.switch(insert_between_pages=0)
    again, _, _ = await shelf.poll(CUSTOMERS, cursor)
    assert versions(found | again) == await stored(shelf, "customers")
