"""The client before a desk that answers as a test says: what it asks, and what it makes of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from ml_connector.core.faults import Refused, Unreachable
from ml_connector.core.values import Values
from ml_connector.vendors.quickbooks_online.objects import (
    CUSTOMERS,
    INVOICES,
    TERMS,
    Customer,
    Glimpse,
)
from ml_connector.vendors.quickbooks_online.times import format_instant, parse_instant
from tests.vendors.quickbooks_online.given import (
    NOW,
    changed,
    company,
    customer_row,
    fault,
    gone_row,
    invoice_row,
    job_row,
    payment_row,
    preferences,
    queried,
    term_row,
)
from tests.vendors.quickbooks_online.wires import Bench

MARK: Values = {"mark": "2026-05-04T08:55:00Z"}


class World:
    """Rows by entity, as the desk answers from them. `since` is what the feed tells, in turn."""

    def __init__(self, *since: Any, **rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.since = list(since)

    def __call__(self, asked: str) -> tuple[int, Any]:
        if asked.startswith("cdc "):
            told = self.since.pop(0) if self.since else changed()
            return told if isinstance(told, tuple) else (200, told)
        if asked.startswith("companyinfo"):
            return 200, company()
        if asked == "preferences":
            return 200, preferences()
        if asked.startswith("SELECT"):
            return 200, self._queried(asked)
        return 400, fault("610", "Object Not Found")

    def _queried(self, asked: str) -> dict[str, Any]:
        entity = asked.split("FROM ")[1].split(" ")[0]
        rows = self.rows.get(entity, [])
        if " Id IN (" in asked:
            wanted = asked.split(" Id IN (")[1].split(")")[0].replace("'", "").split(", ")
            rows = [row for row in rows if row["Id"] in wanted]
        if "Balance > '0'" in asked:
            rows = []
        start = int(asked.split("STARTPOSITION ")[1].split(" ")[0])
        return queried(entity, *rows[start - 1 : start + 999])


def full() -> World:
    return World(
        Customer=[customer_row(), job_row("61", "58"), job_row("62", "61")],
        Term=[term_row()],
        Invoice=[invoice_row(), invoice_row("302", "62", Balance=0)],
        Payment=[payment_row()],
    )


async def test_a_customer_is_put_together_with_its_documents() -> None:
    bench = Bench(full())
    found = await bench.run(bench.client.read(CUSTOMERS, ["58", "62", "404"], bench.errand))
    acme, job = found["58"], found["62"]
    assert isinstance(acme, Customer)
    assert isinstance(job, Customer)
    assert acme.own is not None
    assert acme.whole is not None
    assert (acme.term, acme.root_id, job.root_id) == ("Net 30", "58", "58")
    assert [acme.own.invoiced.amount, acme.whole.invoiced.amount] == [110, 220]
    assert job.whole == job.own
    assert found["404"] is None
    asked = [a for a in bench.desk.asked if " Id IN (" in a]
    assert len(asked) == 1
    assert "Id IN ('58', '62', '404') AND Active IN (true, false)" in asked[0]
    assert bench.desk.asked[-1] == "customer/404"


async def test_every_request_asks_for_json_of_the_last_minor_version() -> None:
    bench = Bench(full())
    await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    for sent in bench.desk.sent:
        parts = urlsplit(sent.url)
        assert sent.method == "GET"
        assert sent.headers["accept"] == "application/json"
        assert "minorversion=75" in parts.query
        assert "+" not in parts.query
    assert bench.errand.tokens == bench.errand.calls == len(bench.desk.sent)


async def test_the_books_are_read_once_and_then_followed() -> None:
    world = full()
    bench = Bench(world)
    await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    first = len(bench.desk.sent)
    paid = invoice_row(Balance=0, SyncToken="2")
    world.since = [changed(Invoice=[paid, invoice_row("303", "61")], Payment=[gone_row("330")])]
    found = await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    assert bench.desk.asked[first:] == [
        "cdc Customer,Term,Invoice,CreditMemo,Payment 2026-05-04T08:57:00Z",
        bench.desk.asked[-1],
    ]
    acme = found["58"]
    assert isinstance(acme, Customer)
    assert acme.own is not None
    assert acme.whole is not None
    assert (acme.own.open_invoices, acme.whole.open_invoices) == (0, 1)
    assert acme.own.last_payment is None


async def test_several_batches_at_once_share_a_reading_that_began_after_them() -> None:
    bench = Bench(full())

    async def at_once() -> None:
        keys = ("58", "61", "62")
        await asyncio.gather(*(bench.client.read(CUSTOMERS, [k], bench.errand) for k in keys))

    await bench.run(at_once())
    asked = bench.desk.asked
    assert sum(a.startswith("companyinfo") for a in asked) == 1
    assert sum(a.startswith("cdc") for a in asked) == 1


@pytest.mark.parametrize(
    "told",
    [
        changed(Customer=[gone_row("61")]),
        changed(Customer=[customer_row("61", Active=False)]),
        changed("2026-05-05T02:00:00.000-07:00"),
        changed(Invoice=[invoice_row(str(n)) for n in range(1000)]),
        (400, fault("500", "Unsupported Operation", "older than fixed days is not supported")),
    ],
    ids=["gone", "inactive", "a new day", "too many", "too old"],
)
async def test_the_books_are_read_anew_where_following_does_not_do(told: Any) -> None:
    world = full()
    bench = Bench(world)
    await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    world.since = [told]
    await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    assert sum(a.startswith("companyinfo") for a in bench.desk.asked) == 2


async def test_a_customer_that_left_has_the_books_read_anew_only_once() -> None:
    world = full()
    bench = Bench(world)
    await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    world.rows["Customer"] = [customer_row()]
    world.since = [changed(Customer=[gone_row("61")])] * 3
    for _ in range(3):
        await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    assert sum(a.startswith("companyinfo") for a in bench.desk.asked) == 2


async def test_a_quiet_poll_is_one_call_and_moves_the_mark_to_the_answers_time() -> None:
    bench = Bench(World())
    page = await bench.run(bench.client.changes(CUSTOMERS, MARK, bench.errand))
    assert bench.desk.asked == ["cdc Customer,Term,Invoice,CreditMemo,Payment 2026-05-04T08:52:00Z"]
    assert (page.records, page.gone, page.more) == ((), (), False)
    assert page.cursor == {"mark": format_instant(parse_instant(NOW))}


async def test_a_poll_tells_records_of_several_kinds_and_what_is_gone() -> None:
    world = full()
    world.since = [
        changed(
            Customer=[customer_row(DisplayName="New name"), gone_row("39")],
            Invoice=[invoice_row("302", "62"), gone_row("300")],
            Term=[term_row()],
        )
    ]
    bench = Bench(world)
    page = await bench.run(bench.client.changes(CUSTOMERS, MARK, bench.errand))
    kinds = {type(record).__name__: record for record in page.records}
    assert set(kinds) == {"Customer", "Invoice", "Term"}
    assert kinds["Invoice"].root_id == "58"
    assert page.gone == (("customers", "39"), ("invoices", "300"))
    assert page.read_at == parse_instant(NOW)


async def test_a_feed_that_is_cut_is_followed_by_queries_and_the_mark_waits() -> None:
    many = [invoice_row(str(n)) for n in range(1, 1001)]
    world = full()
    world.since = [changed(Invoice=many)]
    bench = Bench(world)
    page = await bench.run(bench.client.changes(CUSTOMERS, MARK, bench.errand))
    assert len(page.records) == 1000
    assert page.more
    assert page.cursor["since"] == MARK["mark"]
    steps = 0
    while page.more:
        page = await bench.run(bench.client.changes(CUSTOMERS, page.cursor, bench.errand))
        steps += 1
    assert steps == 5
    assert page.cursor == {"mark": format_instant(parse_instant(NOW))}


@pytest.mark.parametrize(
    "told",
    [
        changed((parse_instant(NOW) + timedelta(days=29, minutes=1)).isoformat()),
        (400, fault("500", "Unsupported Operation", "older than fixed days")),
    ],
    ids=["29 days", "refused"],
)
async def test_a_mark_that_is_too_old_begins_with_everything_anew(told: Any) -> None:
    world = full()
    world.since = [told]
    bench = Bench(world)
    page = await bench.run(bench.client.changes(CUSTOMERS, MARK, bench.errand))
    assert page.more
    assert (page.cursor["since"], page.cursor["step"]) == ("", 1)
    assert len(page.records) == 3


async def test_pages_overlap_so_that_a_row_that_left_hides_none() -> None:
    rows = [customer_row(str(n)) for n in range(1, 1501)]
    bench = Bench(World(Customer=rows))
    found = await bench.run(bench.client.all_keys(CUSTOMERS, bench.errand))
    assert len(found) == 1500
    assert [a.split("STARTPOSITION ")[1] for a in bench.desk.asked] == [
        "1 MAXRESULTS 1000", "981 MAXRESULTS 1000",
    ]  # fmt: skip


async def test_a_customer_that_cannot_be_read_stops_nobody_else() -> None:
    world = full()
    broken = customer_row("70", Balance="a lot")
    world.rows["Customer"].append(broken)
    bench = Bench(world)
    page = await bench.run(bench.client.changes(CUSTOMERS, {}, bench.errand))
    assert [type(r) for r in page.records if r.key() == "70"] == [Glimpse]
    assert len(page.records) == 4
    with pytest.raises(Refused, match=r"Customer 70 .*Balance"):
        await bench.run(bench.client.read(CUSTOMERS, ["58", "70"], bench.errand))


async def test_a_document_that_cannot_be_read_stops_its_customer_alone() -> None:
    world = full()
    world.rows["Invoice"].append(invoice_row("304", TotalAmt="much"))
    bench = Bench(world)
    page = await bench.run(bench.client.changes(CUSTOMERS, {}, bench.errand))
    kinds = {record.key(): type(record) for record in page.records}
    assert kinds == {"58": Glimpse, "61": Customer, "62": Customer}
    with pytest.raises(Refused, match="Invoice 304 of this customer"):
        await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))


async def test_documents_and_terms_are_read_for_events() -> None:
    bench = Bench(full())
    found = await bench.run(bench.client.read(INVOICES, ["302", "999"], bench.errand))
    assert found["302"].root_id == "58"
    assert found["999"] is None
    assert "Active" not in next(a for a in bench.desk.asked if "Id IN ('302'" in a)
    terms = await bench.run(bench.client.read(TERMS, ["3"], bench.errand))
    assert terms["3"].called() == "Net 30"


async def test_who_we_are() -> None:
    bench = Bench(World())
    me = await bench.run(bench.client.identify(bench.errand))
    assert (me.account, me.name) == ("9341450000000001", "Bluebird")
    assert me.detail["environment"] == "production"


@pytest.mark.parametrize("body", [b"<html>", b"[]", {"time": NOW}, {"QueryResponse": {}}])
async def test_what_is_no_answer_of_quickbooks_is_none(body: Any) -> None:
    bench = Bench(lambda asked: (200, body))
    with pytest.raises(Unreachable):
        await bench.run(bench.client.all_keys(CUSTOMERS, bench.errand))


async def test_quotes_in_ids_do_not_leave_their_place() -> None:
    bench = Bench(full())
    await bench.run(bench.client.read(CUSTOMERS, ["5'8", "a\\b"], bench.errand))
    asked = next(a for a in bench.desk.asked if " Id IN (" in a)
    assert r"Id IN ('5\'8', 'a\\b')" in asked


async def test_a_poll_brings_the_books_along_only_where_nothing_lies_between() -> None:
    world = full()
    bench = Bench(world)
    await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    later = "2026-05-04T02:30:00.000-07:00"
    world.since = [changed(later), changed(later)]
    near: Values = {"mark": "2026-05-04T09:02:00Z"}
    far: Values = {"mark": "2026-05-04T09:20:00Z"}
    await bench.run(bench.client.changes(CUSTOMERS, far, bench.errand))
    await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    assert bench.desk.asked[-2].endswith("2026-05-04T08:57:00Z")
    world.since = [changed(later), changed(later)]
    await bench.run(bench.client.changes(CUSTOMERS, near, bench.errand))
    await bench.run(bench.client.read(CUSTOMERS, ["58"], bench.errand))
    assert bench.desk.asked[-2].endswith("2026-05-04T09:27:00Z")
