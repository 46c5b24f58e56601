"""The real client against the sandbox's QuickBooks, whichever way its open points turn out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ml_connector.core.faults import (
    AccountClosed,
    Fault,
    NeedsPerson,
    TokenExpired,
    TooFast,
    Unreachable,
)
from ml_connector.core.wire import Errand
from ml_connector.vendors.quickbooks_online.objects import (
    CUSTOMERS,
    ENTITIES,
    INVOICES,
    PAYMENTS,
    Customer,
)
from tests.vendors.quickbooks_online.books import Books

HOUR, DAY = 3600, 86_400


async def test_who_we_are(books: Books) -> None:
    me = await books.run(books.client().identify(Errand()))
    assert me.account == books.realm
    assert me.detail["environment"] == "production"


async def test_the_first_poll_brings_everything_and_the_same_as_reads_and_looks(
    books: Books,
) -> None:
    client = books.client()
    found, gone, cursor, _ = await books.poll({}, client)
    assert gone == set()
    listed = {r.key(): r for r in found if isinstance(r, Customer)}
    assert set(listed) == {row["Id"] for row in await books.human("GET", "customers")}
    assert await books.read(CUSTOMERS, *listed, client=client) == listed
    looked = await books.run(client.open_keys(CUSTOMERS, Errand()))
    assert looked
    assert all(record == listed[record.key()] for record in looked)
    assert set(await books.run(client.all_keys(CUSTOMERS, Errand()))) == set(listed)
    assert (await books.poll(cursor, client))[0] == []


async def test_the_sums_are_those_of_the_vendor(books: Books) -> None:
    rows = {row["Id"]: row for row in await books.human("GET", "customers")}
    invoices = await books.human("GET", "invoices")
    for key, record in (await books.read(CUSTOMERS, *rows)).items():
        assert isinstance(record, Customer)
        assert record.own is not None
        assert record.own.balance.amount == Decimal(str(rows[key]["Balance"]))
        mine = [i for i in invoices if i["CustomerRef"]["value"] == key and i["Balance"] > 0]
        assert record.own.open_invoices == len([i for i in mine if i.get("status") != "Deleted"])


async def test_a_quiet_poll_is_one_metered_call(books: Books) -> None:
    client = books.client()
    _, _, cursor, _ = await books.poll({}, client)
    before = await books.metered()
    for _ in range(3):
        await books.sandbox.advance(300)
        found, gone, cursor, calls = await books.poll(cursor, client)
        assert (found, gone, calls) == ([], set(), 1)
    assert await books.metered() == before + 3


@pytest.mark.parametrize("inclusive", [True, False])
async def test_what_changed_is_told_once_it_can_be_and_nothing_is_missed(
    books: Books, inclusive: bool
) -> None:
    await books.switch(cdc_boundary_inclusive=inclusive)
    client = books.client()
    _, _, cursor, _ = await books.poll({}, client)
    acme = await books.customer()
    invoice = await books.invoice(acme)
    found, _, cursor, _ = await books.poll(cursor, client)
    assert {(type(r).__name__, r.key()) for r in found} >= {
        ("Customer", acme), ("Invoice", invoice),
    }  # fmt: skip
    await books.human("POST", "invoices", invoice, "pay")
    found, _, cursor, _ = await books.poll(cursor, client)
    [payment] = [r for r in found if type(r) is PAYMENTS.model]
    assert payment.root_id == acme  # type: ignore[attr-defined]  # a payment's
    await books.human("DELETE", "payments", payment.key())
    _, gone, cursor, _ = await books.poll(cursor, client)
    assert ("payments", payment.key()) in gone
    assert (await books.one(acme, client)).balance == 100


async def test_documents_of_jobs_name_the_customer_at_the_top(books: Books) -> None:
    client = books.client()
    _, _, cursor, _ = await books.poll({}, client)
    acme = await books.customer()
    job = await books.customer("Roof", Job=True, ParentRef={"value": acme})
    below = await books.customer("Gutter", Job=True, ParentRef={"value": job})
    invoice = await books.invoice(below, 70)
    found, _, _, _ = await books.poll(cursor, client)
    roots = {r.key(): r.root_id for r in found if isinstance(r, Customer)}  # of this page
    assert (roots[job], roots[below]) == (acme, acme)
    [told] = [r for r in found if type(r) is INVOICES.model and r.key() == invoice]
    assert told.root_id == acme  # type: ignore[attr-defined]  # an invoice's
    root = await books.one(acme, client)
    assert root.own is not None
    assert root.whole is not None
    assert [root.own.balance.amount, root.whole.balance.amount] == [0, 70]
    assert (root.own.open_invoices, root.whole.open_invoices) == (0, 1)


@pytest.mark.parametrize("keeps", ["oldest", "newest"])
@pytest.mark.parametrize("counts", ["total", "entity"])
async def test_a_feed_that_is_cut_hides_nothing(books: Books, keeps: str, counts: str) -> None:
    await books.switch(cdc_cap_keeps=keeps, cdc_cap_counts=counts, rate_limits=False)
    _, _, cursor, _ = await books.poll({})
    made = {await books.customer(f"Firm {n}") for n in range(1005)}
    found, _, cursor, _ = await books.poll(cursor)
    assert made <= {r.key() for r in found}
    for _ in range(2):  # the next one looks three minutes back, and is cut once more
        await books.sandbox.advance(HOUR)
        found, _, cursor, _ = await books.poll(cursor)
    assert found == []


async def test_a_mark_of_a_month_ago_begins_anew(books: Books) -> None:
    _, _, cursor, _ = await books.poll({})
    acme = await books.customer()
    await books.sandbox.advance(31 * DAY)
    found, _, cursor, _ = await books.poll(cursor)
    assert acme in {r.key() for r in found}
    assert (await books.poll(cursor))[3] == 1


@pytest.mark.parametrize("left", ["gone", "inactive_shell"])
@pytest.mark.parametrize("moves", [True, False])
async def test_a_merge_hands_the_documents_over(books: Books, left: str, moves: bool) -> None:
    await books.switch(merged_customer=left, merge_moves_transactions=moves)
    acme, other = await books.customer(), await books.customer("Other")
    await books.invoice(other, 30)
    client = books.client()
    assert (await books.one(acme, client)).balance == 0
    await books.human("POST", "customers", other, "merge", into=acme)
    found = await books.read(CUSTOMERS, acme, other, client=client)
    survivor, lost = found[acme], found[other]
    assert isinstance(survivor, Customer)
    assert survivor.own is not None
    assert [survivor.own.balance.amount, survivor.own.open_invoices] == [30, 1]
    assert lost is None if left == "gone" else isinstance(lost, Customer) and not lost.active


async def test_an_inactive_customer_is_read_by_its_own_name(books: Books) -> None:
    acme = await books.customer("Acme Ltd")
    await books.human("POST", "customers", acme, "deactivate")
    found = await books.one(acme)
    assert (found.name, found.active) == ("Acme Ltd", False)
    assert found.display_name == "Acme Ltd (deleted)"


@pytest.mark.parametrize("named", ["sometimes", "always", "never"])
async def test_terms_are_known_by_name(books: Books, named: str) -> None:
    await books.switch(term_name_in_reference=named)
    acme = await books.customer(SalesTermRef={"value": "3"})
    client = books.client()
    assert (await books.one(acme, client)).term == "Net 30"
    await books.human("PATCH", "terms", "3", Name="Thirty days")
    assert (await books.one(acme, client)).term == "Thirty days"


async def test_overdue_turns_with_the_companys_day(books: Books) -> None:
    acme = await books.customer()
    await books.invoice(acme, DueDate="2026-05-04")
    client = books.client()
    own = (await books.one(acme, client)).own
    assert own is not None
    assert own.overdue_invoices == 0
    await books.sandbox.advance(23 * HOUR)
    looked = await books.run(client.open_keys(CUSTOMERS, Errand()))
    [mine] = [r for r in looked if r.key() == acme]
    assert isinstance(mine, Customer)
    assert mine.own is not None
    assert mine.own.overdue_invoices == 1


async def test_the_second_company_is_a_world_of_its_own(books: Books) -> None:
    found = await books.read(CUSTOMERS, "1")
    companies = await books.human("GET", "companies")
    other = companies[1]
    token = await books.token(other["refresh_token"])
    books.ready["settings"]["realm_id"] = other["Id"]
    books._token = token  # the same bench, at the other company
    theirs = await books.one("1")
    mine = found["1"]
    assert isinstance(mine, Customer)
    assert theirs.name != mine.name


@pytest.mark.parametrize("entity", list(ENTITIES))
async def test_every_record_of_the_world_can_be_read(books: Books, entity: str) -> None:
    obj = ENTITIES[entity]
    rows = [r for r in await books.human("GET", obj.name) if r.get("status") != "Deleted"]
    keys = [row["Id"] for row in rows][: obj.read_batch]
    found = await books.read(obj, *keys)
    assert all(type(record) is obj.model for record in found.values())


@pytest.mark.parametrize("form", ["json", "xml", "empty", "code_100"])
async def test_a_token_that_ended_is_told_in_every_form(books: Books, form: str) -> None:
    await books.switch(unauthorized_form=form)
    await books.sandbox.advance(91 * DAY)
    with pytest.raises((TokenExpired, NeedsPerson)):
        await books.run(books.client().identify(Errand()))


TROUBLES: list[tuple[dict[str, Any], type[Fault]]] = [
    ({"outage": "500"}, Unreachable),
    ({"outage": "503"}, Unreachable),
    ({"subscription_ended": True}, AccountClosed),
    ({"subscription_ended": True, "faults_with_200": True}, AccountClosed),
    ({"user_lost_access": "400"}, NeedsPerson),
    ({"user_lost_access": "403"}, NeedsPerson),
    ({"host_environment": "sandbox"}, NeedsPerson),
    ({"monthly_reads": 1, "throttle_form": "json"}, TooFast),
    ({"monthly_reads": 1, "throttle_form": "xml"}, TooFast),
    ({"monthly_reads": 1, "throttle_form": "empty"}, TooFast),
]


@pytest.mark.parametrize(("switches", "kind"), TROUBLES, ids=str)
async def test_troubles_of_the_whole_company(
    books: Books, switches: dict[str, Any], kind: type[Fault]
) -> None:
    if "monthly_reads" in switches:
        await books.run(books.client().identify(Errand()))
    await books.switch(**switches)
    with pytest.raises(kind):
        await books.run(books.client().identify(Errand()))


async def test_a_record_that_is_not_there_is_none_also_where_the_fault_comes_with_200(
    books: Books,
) -> None:
    await books.switch(faults_with_200=True)
    assert await books.read(CUSTOMERS, "404") == {"404": None}


async def test_nothing_is_ever_written(books: Books) -> None:
    client = books.client()
    _, _, cursor, _ = await books.poll({}, client)
    await books.poll(cursor, client)
    await books.run(client.open_keys(CUSTOMERS, Errand()))
    told = await books.sandbox.control("GET", "counters")
    asked = {q["operation"] for q in told["requests"] if q["vendor"] == "quickbooks_online"}
    assert {a.split(" ")[0] for a in asked} == {"GET", "POST"}
    assert {a for a in asked if a.startswith("POST")} == {"POST /oauth2/v1/tokens/bearer"}
    assert told["creates"].get("quickbooks_online", {}) == {}
