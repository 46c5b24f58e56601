"""Invoices: sums, numbers, read-only fields, the status rule, sending, delete verbs, phases."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench

DAY = 86400
LINES = [
    {
        "name": "Bowls",
        "qty": "4",
        "unit_cost": {"amount": "5.00", "code": "CAD"},
        "taxName1": "HST",
        "taxAmount1": "13",
    },
    {"name": "Mugs", "qty": "6", "unit_cost": {"amount": "4.00", "code": "CAD"}},
]


@pytest.fixture
async def customer(books: Bench) -> int:
    return int((await books.client())["id"])


async def drafted(books: Bench, customer: int, **more: Any) -> dict[str, Any]:
    given = {"customerid": customer, "create_date": "2026-05-04", **more}
    return await books.done("POST", "invoices", **given)


async def test_the_recorded_invoice_comes_to_the_same(books: Bench, customer: int) -> None:
    """4 x 5.00 with 13 percent and 6 x 4.00 without, less 10 percent: 41.94 (java fixture)."""
    made = await drafted(
        books, customer, currency_code="CAD", discount_value="10", lines=LINES, due_offset_days=30
    )
    assert made["amount"] == made["outstanding"] == {"amount": "41.94", "code": "CAD"}
    assert made["discount_total"] == {"amount": "-4.40", "code": "CAD"}
    assert made["discount_value"] == "10"
    assert made["paid"] == {"amount": "0.00", "code": "CAD"}
    assert made["due_date"] == "2026-06-03"
    assert made["id"] == made["invoiceid"]
    assert "lines" not in made
    full = await books.read("invoices", made["id"], **{"include[]": "lines"})
    first, second = full["lines"]
    assert first["amount"] == {"amount": "20.00", "code": "CAD"}
    assert (first["qty"], first["taxAmount1"], first["taxName1"]) == ("4", "13", "HST")
    assert (second["lineid"], second["taxAmount1"]) == (2, "0")


async def test_a_quantity_may_be_a_number_as_the_official_node_sdk_sends_it(
    books: Bench, customer: int
) -> None:
    line = {"name": "A", "qty": 2.5, "unit_cost": {"amount": "4.00"}}
    made = await drafted(books, customer, lines=[line])
    assert made["amount"]["amount"] == "10.00"
    full = await books.read("invoices", made["id"], **{"include[]": "lines"})
    assert full["lines"][0]["qty"] == "2.5"


async def test_a_second_tax_on_top_of_the_first(books: Bench, customer: int) -> None:
    line = {
        "name": "A",
        "qty": "1",
        "unit_cost": {"amount": "100.00"},
        "taxAmount1": "10",
        "taxAmount2": "5",
    }
    plain = await drafted(books, customer, lines=[line])
    compounded = await drafted(books, customer, lines=[{**line, "compounded_tax": True}])
    assert plain["amount"]["amount"] == "115.00"
    assert compounded["amount"]["amount"] == "115.50"


async def test_currencies_without_and_with_three_decimals(books: Bench, customer: int) -> None:
    for code, amount in (("JPY", "1500"), ("BHD", "12.345")):
        line = {"name": "A", "qty": "1", "unit_cost": {"amount": amount, "code": code}}
        made = await drafted(books, customer, currency_code=code, lines=[line])
        assert made["amount"] == {"amount": amount, "code": code}


async def test_new_invoices_are_drafts_that_copy_their_client(books: Bench) -> None:
    client = await books.client(organization="Acme", fname="Ada", p_city="Rome", p_code="00118")
    made = await drafted(books, client["id"], po_number="PO-1")
    assert (made["status"], made["v3_status"], made["display_status"]) == (1, "draft", "draft")
    assert (made["organization"], made["city"], made["code"]) == ("Acme", "Rome", "00118")
    assert (made["current_organization"], made["po_number"]) == ("Acme", "PO-1")
    await books.control("PATCH", f"freshbooks/clients/{client['id']}", {"organization": "New"})
    read = await books.read("invoices", made["id"])
    assert (read["organization"], read["current_organization"]) == ("Acme", "New")


@pytest.mark.parametrize("missing", ["customerid", "create_date"])
async def test_what_a_create_needs(books: Bench, customer: int, missing: str) -> None:
    given = {"customerid": customer, "create_date": "2026-05-04"}
    del given[missing]
    reply = await books.write("POST", "invoices", **given)
    assert reply.status == 422
    (row,) = reply.body["response"]["errors"]
    assert (row["errno"], row["field"]) == (1001, missing)


@pytest.mark.parametrize(
    ("given", "status", "errno"),
    [
        ({"due_date": "2026-06-01"}, 403, 1038),
        ({"amount": {"amount": "5.00", "code": "USD"}}, 403, 1038),
        ({"v3_status": "paid"}, 403, 1038),
        ({"payment_status": "paid"}, 403, 1038),
        ({"invoiceid": 7}, 403, 1038),
        ({"customerid": "214001"}, 422, 1015),
        ({"customerid": 7}, 422, 1012),
        ({"create_date": "04/05/2026"}, 422, 1033),
        ({"due_offset_days": -1}, 422, 1025),
        ({"discount_value": 10}, 422, 1018),
        ({"discount_value": "110"}, 422, 1018),
        ({"currency_code": "dollars"}, 422, 1004),
        ({"lines": "many"}, 422, 1035),
        ({"lines": [{"qty": "four"}]}, 422, 1004),
        ({"lines": [{"unit_cost": "5.00"}]}, 422, 1035),
        ({"lines": [{"unit_cost": {"amount": 5.0, "code": "USD"}}]}, 422, 1004),
        ({"lines": [{"unit_cost": {"amount": "5.00", "code": "EUR"}}]}, 422, 1004),
        ({"lines": [{"wishes": 1}]}, 422, 1006),
        ({"lines": [{"amount": {"amount": "5.00", "code": "USD"}}]}, 403, 1038),
        ({"wishes": 1}, 422, 1006),
    ],
)
async def test_refused_fields(
    books: Bench, customer: int, given: dict[str, Any], status: int, errno: int
) -> None:
    made = await drafted(books, customer)
    whole = {"customerid": customer, "create_date": "2026-05-04", **given}
    for reply in (
        await books.write("POST", "invoices", **whole),
        await books.write("PUT", "invoices", made["id"], **given),
    ):
        assert reply.status == status, reply.body
        assert await books.errnos(reply) == [errno]


@pytest.mark.parametrize(
    ("status", "v3"), [(0, "disputed"), (1, "draft"), (2, "sent"), (3, "viewed")]
)
async def test_statuses_that_may_be_set(books: Bench, customer: int, status: int, v3: str) -> None:
    made = await drafted(books, customer, due_offset_days=10)
    changed = await books.done("PUT", "invoices", made["id"], status=status)
    assert (changed["status"], changed["v3_status"]) == (status, v3)


@pytest.mark.parametrize(("status", "errno"), [*((n, 1004) for n in range(4, 9)), ("sent", 1015)])
async def test_statuses_that_may_not(books: Bench, customer: int, status: Any, errno: int) -> None:
    made = await drafted(books, customer)
    reply = await books.write("PUT", "invoices", made["id"], status=status)
    assert reply.status == 422
    assert await books.errnos(reply) == [errno]


async def test_status_may_be_read_only(books: Bench, customer: int) -> None:
    """As the product's description has it."""
    made = await drafted(books, customer)
    await books.switch(invoice_status_read_only=True)
    reply = await books.write("PUT", "invoices", made["id"], status=2)
    assert (reply.status, await books.errnos(reply)) == (403, [1038])
    sent = await books.done("PUT", "invoices", made["id"], action_mark_as_sent=True)
    assert sent["status"] == 2


async def test_sending_in_both_ways(books: Bench, customer: int) -> None:
    marked = await drafted(books, customer)
    done = await books.done("PUT", "invoices", marked["id"], action_mark_as_sent=True)
    assert (done["status"], done["display_status"]) == (2, "sent")
    mailed = await drafted(books, customer)
    given = {"action_email": True, "email_recipients": ["a@b.example"]}
    assert (await books.done("PUT", "invoices", mailed["id"], **given))["status"] == 2
    nobody = await books.control("POST", "freshbooks/clients", {"fname": "A"})
    alone = await drafted(books, nobody["id"])
    assert (await books.write("PUT", "invoices", alone["id"], action_email=True)).status == 422
    at_once = await drafted(books, customer, action_mark_as_sent=True)
    assert at_once["status"] == 2


async def test_phases_of_a_put(books: Bench, customer: int) -> None:
    """ext_vis_state, vis_state, action, data: only the first that is there runs."""
    made = await drafted(books, customer, notes="kept")
    put = "PUT", "invoices", made["id"]
    everything = {"vis_state": 2, "action_mark_as_sent": True, "notes": "lost", "due_date": "x"}
    first = await books.done(*put, ext_vis_state=2, **everything)
    assert (first["ext_archive"], first["vis_state"], first["status"]) == (2, 0, 1)
    second = await books.done(*put, **everything)
    assert (second["vis_state"], second["status"], second["notes"]) == (2, 1, "kept")
    third = await books.done(*put, action_mark_as_sent=True, notes="lost", due_date="x")
    assert (third["status"], third["notes"]) == (2, "kept")
    fourth = await books.done(*put, notes="new")
    assert fourth["notes"] == "new"


@pytest.mark.parametrize("verb", ["DELETE", "PUT"])
async def test_both_delete_verbs(books: Bench, customer: int, verb: str) -> None:
    made = await drafted(books, customer)
    if verb == "DELETE":
        reply = await books.ask("DELETE", books.path("invoices", made["id"]))
        assert (reply.status, reply.body) == (200, {"response": {}})
    else:
        await books.done("PUT", "invoices", made["id"], vis_state=1)
    assert (await books.read("invoices", made["id"]))["vis_state"] == 1
    assert made["id"] not in {i["id"] for i in await books.every("invoices")}


async def test_numbers_count_on_and_are_unique_unless_a_switch_says_otherwise(
    books: Bench, customer: int
) -> None:
    first = await drafted(books, customer)
    second = await drafted(books, customer)
    assert int(second["invoice_number"]) == int(first["invoice_number"]) + 1
    assert len(second["invoice_number"]) == 7
    given = {"customerid": customer, "create_date": "2026-05-04"}
    taken = await books.write("POST", "invoices", invoice_number=first["invoice_number"], **given)
    assert await books.errnos(taken) == [1029]
    await books.switch(invoice_number_unique=False)
    await drafted(books, customer, invoice_number=first["invoice_number"])


async def test_overdue_comes_with_the_clock_and_moves_nothing(books: Bench, customer: int) -> None:
    made = await drafted(books, customer, lines=LINES, currency_code="CAD", due_offset_days=1)
    await books.done("PUT", "invoices", made["id"], action_mark_as_sent=True)
    sent = await books.read("invoices", made["id"])
    await books.listen("invoice")
    await books.advance(2 * DAY)
    await books.login()
    late = await books.read("invoices", made["id"])
    differing = {name for name in sent if sent[name] != late[name]}
    assert differing == {"v3_status"}
    assert late["v3_status"] == "overdue"
    assert books.told() == []


async def test_overdue_may_move_updated_and_fire(books: Bench, customer: int) -> None:
    await books.switch(overdue_touches_updated=True, overdue_fires_invoice_update=True)
    made = await drafted(books, customer, lines=LINES, currency_code="CAD", due_offset_days=1)
    await books.done("PUT", "invoices", made["id"], action_mark_as_sent=True)
    await books.listen("invoice")
    await books.advance(2 * DAY)
    assert "invoice.update" in books.told()
    posted = len(books.outbox.posted)
    await books.advance(2 * DAY)
    again = {p.body for p in books.outbox.posted[posted:]}
    assert not any(str(made["id"]).encode() in body for body in again)


async def test_the_four_statuses_disagree_on_a_partly_paid_invoice(books: Bench) -> None:
    """As in the recorded one: status 2, display_status sent, payment and v3_status partial."""
    made = await books.invoice("41.94", "send", due_offset_days=30)
    paid = await books.act("invoices", made["id"], "pay", amount="20.00")
    assert paid["status"] == 2
    assert paid["display_status"] == "sent"
    assert paid["payment_status"] == paid["v3_status"] == "partial"
    assert paid["outstanding"]["amount"] == "21.94"
    assert paid["date_paid"] is None


async def test_overdue_hides_a_part_that_was_paid(books: Bench) -> None:
    made = await books.invoice("100.00", "send")
    await books.act("invoices", made["id"], "pay", amount="20.00")
    await books.advance(2 * DAY)
    await books.login()
    late = await books.read("invoices", made["id"])
    assert (late["v3_status"], late["payment_status"]) == ("overdue", "partial")


async def test_statuses_that_the_product_gives_by_itself(books: Bench) -> None:
    made = await books.invoice("100.00", "send")
    for v3, number, field in (
        ("failed", 7, ("autobill_status", "failed")),
        ("retry", 6, ("autobill_status", "retry")),
        ("declined", 2, ("last_order_status", "declined")),
        ("deposit-paid", 2, ("deposit_status", "paid")),
        ("never-heard-of", 2, ("payment_status", "unpaid")),
    ):
        path = f"freshbooks/invoices/{made['id']}"
        told = await books.control("PATCH", path, {"v3_status": v3})
        assert (told["v3_status"], told["status"]) == (v3, number)
        assert told[field[0]] == field[1]
    back = await books.control("PATCH", path, {"v3_status": None})
    assert back["v3_status"] == "sent"


async def test_computed_money_carries_many_digits(books: Bench) -> None:
    taxed = {"name": "A", "qty": "3", "unit_cost": {"amount": "9.99"}, "taxAmount1": "13"}
    made = await books.invoice(lines=[taxed])
    paid = await books.act("invoices", made["id"], "pay", amount="10.00")
    assert len(paid["net_paid_amount"]["amount"]) > 10
