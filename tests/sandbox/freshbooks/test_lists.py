"""Lists: pages, filters that work and filters that do nothing, sorts, includes, soft deletes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .bench import Bench

DAY = 86400


async def test_default_page_and_its_numbers(books: Bench) -> None:
    found = await books.page("invoices")
    assert (found["page"], found["per_page"], len(found["invoices"])) == (1, 15, 15)
    assert found["pages"] == -(-found["total"] // 15)


async def test_per_page_is_cut_in_silence(books: Bench) -> None:
    found = await books.page("invoices", per_page=1000)
    assert found["per_page"] == 100


async def test_pages_cover_everything_once_newest_first(books: Bench) -> None:
    seen: list[int] = []
    first = await books.page("invoices", per_page=7)
    for page in range(1, first["pages"] + 1):
        seen += [i["id"] for i in (await books.page("invoices", per_page=7, page=page))["invoices"]]
    assert len(seen) == len(set(seen)) == first["total"]
    assert seen == sorted(seen, reverse=True)
    await books.switch(default_order="oldest_first")
    assert (await books.page("invoices"))["invoices"][0]["id"] == seen[-1]


async def test_page_zero_is_one_and_past_the_end_is_empty(books: Bench) -> None:
    assert (await books.page("clients", page=0))["page"] == 1
    past = await books.page("clients", page=99)
    assert (past["clients"], past["page"]) == ([], 99)


@pytest.mark.parametrize(
    ("query", "errno"),
    [
        ({"page": "two"}, 1014),
        ({"page": "-1"}, 1014),
        ({"per_page": "x"}, 1013),
        ({"per_page": "0"}, 1013),
    ],
)
async def test_pages_that_are_no_numbers(books: Bench, query: dict[str, str], errno: int) -> None:
    reply = await books.ask("GET", books.path("clients"), **query)
    assert reply.status == 422
    assert await books.errnos(reply) == [errno]


async def test_nothing_found_is_no_pages(books: Bench) -> None:
    found = await books.page("clients", **{"search[email]": "nobody@x.example"})
    assert (found["total"], found["pages"], found["clients"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("noun", "key"),
    [
        ("clients", "organization"),
        ("clients", "fname"),
        ("clients", "lname"),
        ("clients", "updated_since"),
        ("invoices", "status"),
        ("invoices", "statusid"),
        ("invoices", "payment_status"),
        ("invoices", "create_date_min"),
        ("payments", "wishes"),
    ],
)
async def test_an_unknown_filter_gives_the_whole_list(books: Bench, noun: str, key: str) -> None:
    whole = await books.page(noun)
    assert await books.page(noun, **{f"search[{key}]": "2099-01-01"}) == whole


@pytest.mark.parametrize(
    ("noun", "key", "field"),
    [
        ("clients", "email", "email"),
        ("clients", "userid", "userid"),
        ("clients", "username", "username"),
        ("invoices", "customerid", "customerid"),
        ("invoices", "invoiceid", "invoiceid"),
        ("invoices", "invoice_number", "invoice_number"),
        ("invoices", "v3_status", "v3_status"),
        ("payments", "invoiceid", "invoiceid"),
        ("payments", "clientid", "clientid"),
        ("payments", "customerid", "clientid"),
        ("payments", "logid", "logid"),
        ("payments", "type", "type"),
    ],
)
async def test_filters_by_one_value(books: Bench, noun: str, key: str, field: str) -> None:
    everything = await books.every(noun)
    wanted = everything[2][field]
    found = await books.every(noun, **{f"search[{key}]": wanted})
    assert [r["id"] for r in found] == [r["id"] for r in everything if r[field] == wanted]


@pytest.mark.parametrize(
    ("noun", "key", "field"),
    [
        ("clients", "userids", "userid"),
        ("invoices", "customerids", "customerid"),
        ("invoices", "invoiceids", "invoiceid"),
        ("payments", "clientids", "clientid"),
        ("payments", "logids", "logid"),
    ],
)
async def test_filters_by_a_list(books: Bench, noun: str, key: str, field: str) -> None:
    everything = await books.every(noun)
    wanted = {everything[1][field], everything[4][field]}
    found = await books.every(noun, **{f"search[{key}][]": sorted(wanted)})
    assert {r[field] for r in found} == wanted


@pytest.mark.parametrize(
    ("key", "value", "test"),
    [
        ("organization_like", "harbor lane", lambda c: "Harbor Lane" in c["organization"]),
        ("fname_like", "a", lambda c: "a" in c["fname"].casefold()),
        ("address_like", "canada", lambda c: c["p_country"] == "Canada"),
        ("phone_like", "555", lambda c: "555" in c["bus_phone"]),
        ("note_like", "https", lambda c: "https" in (c["note"] or "")),
        ("user_like", "example", lambda c: "example" in c["email"]),
    ],
)
async def test_filters_by_a_part(books: Bench, key: str, value: str, test: Any) -> None:
    found = await books.every("clients", **{f"search[{key}]": value})
    assert {c["id"] for c in found} == {c["id"] for c in await books.every("clients") if test(c)}


@pytest.mark.parametrize(
    ("key", "test"),
    [
        ("paid", lambda i: i["payment_status"] in ("paid", "auto-paid")),
        (
            "outstanding",
            lambda i: i["display_status"] != "draft" and Decimal(i["outstanding"]["amount"]) > 0,
        ),
    ],
)
async def test_flags_of_invoices(books: Bench, key: str, test: Any) -> None:
    yes = await books.every("invoices", **{f"search[{key}]": "true"})
    everything = await books.every("invoices")
    assert {i["id"] for i in yes} == {i["id"] for i in everything if test(i)}
    no = await books.every("invoices", **{f"search[{key}]": "false"})
    assert len(yes) + len(no) == len(everything)
    odd = await books.ask("GET", books.path("invoices"), **{f"search[{key}]": "maybe"})
    assert await books.errnos(odd) == [1032]


async def test_flags_of_clients(books: Bench) -> None:
    overdue = {
        i["customerid"] for i in await books.every("invoices") if i["v3_status"] == "overdue"
    }
    found = await books.every("clients", **{"search[has_overdue]": "1"})
    assert {c["id"] for c in found} == overdue


async def test_amounts_from_and_below(books: Bench) -> None:
    amounts = sorted(Decimal(p["amount"]["amount"]) for p in await books.every("payments"))
    low, high = amounts[3], amounts[9]
    query = {"search[amount_min]": str(low), "search[amount_max]": str(high)}
    found = [Decimal(p["amount"]["amount"]) for p in await books.every("payments", **query)]
    assert sorted(found) == [a for a in amounts if low <= a < high]


async def test_payments_by_client_number_and_currency(books: Bench) -> None:
    payment = (await books.every("payments"))[0]
    invoice = await books.read("invoices", payment["invoiceid"])
    by_number = await books.every("payments", **{"search[number]": invoice["invoice_number"]})
    assert payment["id"] in {p["id"] for p in by_number}
    name = invoice["current_organization"] or invoice["lname"]
    by_name = await books.every("payments", **{"search[client_name]": name})
    assert payment["id"] in {p["id"] for p in by_name}
    yen = await books.every("payments", **{"search[currency]": "JPY"})
    assert {p["amount"]["code"] for p in yen} <= {"JPY"}


async def test_updated_goes_by_the_eastern_day_and_max_leaves_its_day_out(books: Bench) -> None:
    """At 9:00 UTC in May it is 5:00 in New York; nineteen hours later still the same day there."""
    await books.advance(18.5 * 3600)
    made = await books.client(organization="Late")
    assert made["updated"].startswith("2026-05-04 23:3")
    await books.login()

    async def names(**query: str) -> set[str]:
        asked = {f"search[updated_{k}]": v for k, v in query.items()}
        return {c["organization"] for c in await books.every("clients", **asked)}

    assert "Late" in await names(min="2026-05-04")
    assert "Late" not in await names(min="2026-05-05")
    assert "Late" not in await names(min="2026-05-01", max="2026-05-04")
    assert "Late" in await names(min="2026-05-01", max="2026-05-05")
    await books.switch(day_boundary_zone="utc")
    assert "Late" in await names(min="2026-05-05")


async def test_a_time_in_a_day_filter_is_cut_off_or_refused(books: Bench) -> None:
    made = await books.client()
    query = {"search[updated_min]": "2026-05-04 23:59:59"}
    assert made["id"] in {c["id"] for c in await books.every("clients", **query)}
    await books.switch(filter_with_time="refused")
    refused = await books.ask("GET", books.path("clients"), **query)
    assert await books.errnos(refused) == [1023]


@pytest.mark.parametrize(
    ("noun", "query", "errno"),
    [
        ("clients", {"search[updated_min]": "yesterday"}, 1023),
        ("invoices", {"search[date_max]": "04/05/2026"}, 1023),
        ("clients", {"search[userid]": "abc"}, 1024),
        ("clients", {"search[userid][]": "1"}, 1037),
        ("clients", {"search[userids]": "1"}, 1034),
        ("payments", {"search[amount_min]": "much"}, 1024),
        ("clients", {"search[vis_state]": "7"}, 1024),
    ],
)
async def test_filters_that_do_not_fit(
    books: Bench, noun: str, query: dict[str, str], errno: int
) -> None:
    reply = await books.ask("GET", books.path(noun), **query)
    assert reply.status == 422
    assert await books.errnos(reply) == [errno]


async def test_invoice_dates(books: Bench) -> None:
    everything = await books.every("invoices")
    dates = sorted({i["create_date"] for i in everything})
    low, high = dates[2], dates[-3]
    query = {"search[date_min]": low, "search[date_max]": high}
    found = await books.every("invoices", **query)
    wanted = {i["id"] for i in everything if low <= i["create_date"] < high}
    assert {i["id"] for i in found} == wanted


@pytest.mark.parametrize(
    ("noun", "sort", "key"),
    [
        ("clients", "updated", lambda c: c["updated"]),
        ("clients", "email", lambda c: c["email"].casefold()),
        ("clients", "organization_name", lambda c: c["organization"].casefold()),
        ("invoices", "invoice_date", lambda i: i["create_date"]),
    ],
)
async def test_sorts_that_work(books: Bench, noun: str, sort: str, key: Any) -> None:
    for direction in ("asc", "desc"):
        keys = [key(r) for r in await books.every(noun, sort=f"{sort}_{direction}")]
        if sort == "updated":  # the repeated hour of November stands twice in the same text
            keys = [k for k in keys if not k.startswith("2025-11-02 01:")]
        assert keys == sorted(keys, reverse=direction == "desc")


async def test_sorts_that_are_ignored(books: Bench) -> None:
    plain = await books.every("invoices")
    assert await books.every("invoices", sort="updated_asc") == plain
    assert await books.every("payments", sort="date_asc") == await books.every("payments")


async def test_includes(books: Bench) -> None:
    invoice = (await books.every("invoices"))[0]
    assert "lines" not in invoice
    assert "presentation" not in invoice
    asked = {"include[]": ["lines", "presentation"]}
    full = await books.read("invoices", invoice["id"], **asked)
    assert full["lines"][0]["invoiceid"] == invoice["id"]
    assert full["presentation"]["theme_layout"] == "simple"
    assert all("lines" in i for i in await books.every("invoices", **asked))
    await books.switch(lines_always=True)
    assert "lines" in await books.read("invoices", invoice["id"])


async def test_balances_of_a_client(books: Bench) -> None:
    made = await books.client()
    for total in ("100.00", "20.50"):
        await books.invoice(total, "send", customerid=made["id"])
    await books.invoice("7.00", customerid=made["id"])
    names = ["outstanding_balance", "draft_balance", "credit_balance", "late_reminders"]
    found = await books.read("clients", made["id"], **{"include[]": names})
    assert found["outstanding_balance"] == [{"amount": {"amount": "120.50", "code": "USD"}}]
    assert found["draft_balance"] == [{"amount": {"amount": "7.00", "code": "USD"}}]
    assert found["credit_balance"] == found["late_reminders"] == []
    assert "outstanding_balance" not in await books.read("clients", made["id"])


async def test_payments_include_their_client_and_invoice(books: Bench) -> None:
    (payment,) = (await books.page("payments", per_page=1, **{"include[]": ["client", "invoice"]}))[
        "payments"
    ]
    assert payment["client"]["id"] == payment["clientid"]
    assert payment["invoice"]["id"] == payment["invoiceid"]


@pytest.mark.parametrize("noun", ["clients", "invoices", "payments"])
async def test_archived_records_are_listed_and_deleted_ones_are_not(
    books: Bench, noun: str
) -> None:
    first, second = (await books.every(noun))[3:5]
    await books.done("PUT", noun, first["id"], vis_state=2)
    await books.done("PUT", noun, second["id"], vis_state=1)
    listed = {r["id"]: r["vis_state"] for r in await books.every(noun)}
    assert listed[first["id"]] == 2
    assert second["id"] not in listed
    for state, number in ((2, first["id"]), (1, second["id"])):
        found = await books.every(noun, **{"search[vis_state]": state})
        assert number in {r["id"] for r in found}
        assert {r["vis_state"] for r in found} == {state}


@pytest.mark.parametrize(
    ("form", "status", "errno"),
    [("shown", 200, None), ("refused", 404, 1011), ("not_found", 404, 1012)],
)
async def test_a_deleted_record_by_its_id(
    books: Bench, form: str, status: int, errno: int | None
) -> None:
    made = await books.client()
    await books.control("DELETE", f"freshbooks/clients/{made['id']}")
    await books.switch(deleted_by_id=form)
    reply = await books.ask("GET", books.path("clients", made["id"]))
    assert reply.status == status
    if errno is not None:
        assert await books.errnos(reply) == [errno]


async def test_a_kept_list_follows_changes_and_the_calendar(books: Bench) -> None:
    before = await books.page("invoices", **{"search[v3_status]": "overdue"})
    made = await books.invoice("10.00", "send", due_offset_days=0)
    assert (await books.page("invoices"))["invoices"][0]["id"] == made["id"]
    await books.advance(DAY)
    await books.login()
    after = await books.page("invoices", **{"search[v3_status]": "overdue"})
    assert made["id"] in {i["id"] for i in after["invoices"]}
    assert after["total"] > before["total"]


async def test_other_kinds_are_read_with_their_scopes(books: Bench) -> None:
    await books.login("user:bills:read user:bill_vendors:read user:billable_items:read")
    base = f"/accounting/account/{books.account_id}"
    bills = (await books.ask("GET", f"{base}/bills/bills")).body["response"]["result"]["bills"]
    assert bills
    assert {bill["vis_state"] for bill in bills} == {0}
    one = await books.ask("GET", f"{base}/bills/bills/{bills[0]['id']}")
    assert one.body["response"]["result"]["bill"] == bills[0]
    vendors = await books.ask("GET", f"{base}/bill_vendors/bill_vendors")
    names = {v["vendor_name"] for v in vendors.body["response"]["result"]["bill_vendors"]}
    assert "Atelier Léger" in names
    items = await books.ask("GET", f"{base}/items/items")
    assert items.body["response"]["result"]["total"] == 8
    assert (await books.ask("GET", f"{base}/taxes/taxes")).status == 403
    assert (await books.ask("POST", f"{base}/bills/bills", {"bill": {}})).status == 403
