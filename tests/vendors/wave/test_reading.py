"""The real client reads the sandbox's Wave: who we are, single records, open ones, all ids."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from ml_connector.core.faults import NeedsPerson, TooFast
from ml_connector.core.money import Money
from ml_connector.core.wire import Errand
from ml_connector.vendors.wave import VENDOR
from ml_connector.vendors.wave.documents import OPEN_STATUSES
from ml_connector.vendors.wave.ids import parts
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES, Customer, Invoice
from tests.vendors.wave.books import Books

DAY = 86_400


async def test_it_says_who_it_is(books: Books) -> None:
    client = books.client(account="", business_id=books.business)
    found = await books.run(client.identify(Errand()))
    assert found.account == books.business
    assert found.detail["business"] == found.name
    assert (found.detail["currency"], found.detail["user"]) == ("USD", "Robin Bluebird")


async def test_the_uuid_of_a_business_will_do(books: Books) -> None:
    uuid = parts(books.business)["Business"]
    found = await books.run(books.client(account="", business_id=uuid).identify(Errand()))
    assert found.account == books.business


async def test_with_two_businesses_a_person_chooses(books: Books) -> None:
    with pytest.raises(NeedsPerson) as fault:
        await books.run(books.client(account="").identify(Errand()))
    assert f"--set business_id={books.business}" in fault.value.sentence
    assert fault.value.sentence.count("--set") == 2


@pytest.mark.parametrize("status", ["200", "4xx", "mixed"])
async def test_a_business_of_somebody_else_needs_a_person(books: Books, status: str) -> None:
    await books.switch(error_status=status)
    foreign = "QnVzaW5lc3M6MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1"
    client = books.client(account=foreign)
    with pytest.raises(NeedsPerson, match="could not be found"):
        await books.run(client.all_keys(CUSTOMERS, Errand()))
    with pytest.raises(NeedsPerson, match=books.business):
        await books.run(client.identify(Errand()))


async def test_a_customer_is_read_as_the_bookkeeper_wrote_it(books: Books) -> None:
    made = await books.human(
        "POST", "customers", name="Zoë & Söhne", firstName="Zoë", email="zoe@example.com",
        currency="CAD", address={"addressLine1": "1 Quay", "city": "Halifax",
                                 "provinceCode": "CA-NS", "countryCode": "CA"},
    )  # fmt: skip
    record = (await books.read(CUSTOMERS, made["id"]))[made["id"]]
    assert isinstance(record, Customer)
    assert (record.name, record.first_name, record.email, record.currency) == (
        "Zoë & Söhne", "Zoë", "zoe@example.com", "CAD"
    )  # fmt: skip
    assert record.address is not None
    assert (record.address.line1, record.address.city) == ("1 Quay", "Halifax")
    assert (record.address.province_code, record.address.country_code) == ("CA-NS", "CA")
    assert (record.business_id, record.version()) == (books.business, made["modifiedAt"])


async def test_an_invoice_is_read_with_its_payments(books: Books) -> None:
    made = await books.new_invoice(poNumber="PO-7", dueDate="2026-06-01")
    await books.human("POST", "invoices", made["id"], "pay", amount="40", date="2026-05-03")
    await books.human("POST", "invoices", made["id"], "refund", amount="15")
    record = (await books.read(INVOICES, made["id"]))[made["id"]]
    assert isinstance(record, Invoice)
    assert (record.total, record.amount_paid, record.amount_due) == (
        Money(Decimal("100.00"), "USD"), Money(Decimal("25.00"), "USD"),
        Money(Decimal("75.00"), "USD"),
    )  # fmt: skip
    assert (record.po_number, record.due_date, record.customer.id) == (
        "PO-7", "2026-06-01", made["customer"]["id"]
    )  # fmt: skip
    paid, refund = record.payments or ()
    assert (paid.amount, paid.date, paid.refund_of) == (
        Money(Decimal("40.00"), "USD"), "2026-05-03", None
    )  # fmt: skip
    assert refund.refund_of == paid.id


@pytest.mark.parametrize(("code", "amount"), [("JPY", "1235"), ("BHD", "1234.567")])
async def test_currencies_without_cents_and_with_mills(
    books: Books, code: str, amount: str
) -> None:
    product = next(iter(await books.listed("products")))
    items = [{"productId": product, "unitPrice": amount}]
    made = await books.new_invoice(currency=code, items=items)
    record = (await books.read(INVOICES, made["id"]))[made["id"]]
    assert isinstance(record, Invoice)
    assert record.total == Money(Decimal(amount), code)


async def test_net_is_what_the_books_say_less_taxes(books: Books) -> None:
    taxed = {k: v for k, v in (await books.listed("invoices")).items()
             if v["taxTotal"]["raw"] and v["status"] != "DRAFT"}  # fmt: skip
    key, shown = next(iter(taxed.items()))
    record = (await books.read(INVOICES, key))[key]
    assert isinstance(record, Invoice)
    raw = shown["total"]["raw"] - shown["taxTotal"]["raw"]
    exponent = shown["total"]["currency"]["exponent"]
    assert record.net.amount == Decimal(raw).scaleb(-exponent)


@pytest.mark.parametrize("status", ["200", "4xx", "mixed"])
async def test_a_deleted_record_is_gone_and_its_batch_mates_are_not(
    books: Books, status: str
) -> None:
    await books.switch(error_status=status)
    made, kept = await books.new_invoice(), await books.new_invoice()
    await books.human("DELETE", "invoices", made["id"])
    found = await books.read(INVOICES, made["id"], kept["id"])
    assert found[made["id"]] is None
    assert found[kept["id"]] is not None
    assert made["id"] not in await books.run(books.client().all_keys(INVOICES, Errand()))


async def test_a_batch_is_one_call(books: Books) -> None:
    keys = list(await books.listed("customers"))[: CUSTOMERS.read_batch]
    errand = Errand()
    found = await books.run(books.client().read(CUSTOMERS, keys, errand))
    assert errand.calls == 1
    assert all(record is not None and record.key() == key for key, record in found.items())


async def test_all_ids_are_those_of_this_business_archived_ones_too(books: Books) -> None:
    first = next(iter(await books.listed("customers")))
    await books.human("POST", "customers", first, "archive")
    for obj in (CUSTOMERS, INVOICES):
        ids = await books.run(books.client().all_keys(obj, Errand()))
        assert set(ids) == set(await books.listed(obj.name))
    assert getattr((await books.read(CUSTOMERS, first))[first], "is_archived", None) is True


async def test_open_invoices_show_what_the_calendar_did_without_a_stamp(books: Books) -> None:
    made = await books.new_invoice(dueDate="2026-05-05")
    await books.human("POST", "invoices", made["id"], "send")
    _, cursor, _ = await books.poll(INVOICES, {})
    await books.sandbox.advance(3 * DAY)
    found, _, _ = await books.poll(INVOICES, cursor)
    assert getattr(found[made["id"]], "status", "") == "OVERDUE", "the overlap shows it, this once"
    later = {"mark": "2026-05-07T00:00:00.000Z"}
    assert made["id"] not in (await books.poll(INVOICES, {**later}))[0]
    records = await books.run(books.client().open_keys(INVOICES, Errand()))
    known = {record.key(): record for record in records}
    assert len(known) == len(records)
    assert set(known) == {
        key for key, shown in (await books.listed("invoices")).items()
        if shown["status"] in OPEN_STATUSES
    }  # fmt: skip
    assert getattr(known[made["id"]], "status", "") == "OVERDUE"


async def test_customers_have_no_open_state(books: Books) -> None:
    errand = Errand()
    assert await books.run(books.client().open_keys(CUSTOMERS, errand)) == []
    assert errand.calls == 0


async def test_the_largest_page_that_wave_is_said_to_refuse_is_not_asked_for(books: Books) -> None:
    await books.switch(page_size_cap=100)
    assert await books.run(books.client().all_keys(INVOICES, Errand()))


async def test_arguments_pass_where_literals_are_refused(books: Books) -> None:
    await books.switch(reject_inline_strings=True)
    assert (await books.poll(INVOICES, {}))[0]
    assert await books.run(books.client().identify(Errand()))


@pytest.mark.parametrize("latency_seconds", [2.0, 3.0])
async def test_the_declared_pace_stays_below_the_limits_that_are_told_of(
    books: Books, latency_seconds: float
) -> None:
    await books.switch(rate_limit_per_minute=45, concurrency_limit=2)
    await books.switch(latency_seconds=latency_seconds)
    client, errand = books.client(pace="1.0"), Errand()

    async def many() -> None:
        await asyncio.gather(*(client.read(CUSTOMERS, ["x"], errand) for _ in range(100)))

    await books.run(many())
    assert {sent.status for sent in errand.sent} == {200}
    assert len(errand.sent) == 100


@pytest.mark.parametrize("tells", [True, False])
async def test_a_full_window_stops_the_calls(books: Books, tells: bool) -> None:
    await books.switch(rate_limit_per_minute=1, retry_after_header=tells)
    client, errand = books.client(), Errand()
    await books.run(client.read(CUSTOMERS, ["x"], errand))
    with pytest.raises(TooFast):
        await books.run(client.read(CUSTOMERS, ["x"], errand))
    assert errand.calls == 2


async def test_an_expired_token_is_seen_in_the_body(books: Books) -> None:
    rule = {"vendor": "wave", "kind": "expire_access_token"}
    await books.sandbox.order(rule)
    with pytest.raises(NeedsPerson):
        await books.run(books.client().identify(Errand()))


async def test_trouble_at_wave_is_read_over(books: Books) -> None:
    await books.sandbox.order(
        {"vendor": "wave", "kind": "status", "status": 503, "times": 1},
        {"vendor": "wave", "kind": "truncate", "times": 1},
    )
    assert await books.run(books.client().all_keys(CUSTOMERS, Errand()))


def test_the_sources_are_known_by_name() -> None:
    assert (VENDOR.source("customers"), VENDOR.source("invoices")) == (CUSTOMERS, INVOICES)
