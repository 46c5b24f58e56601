"""The seeded world, and the human who works in it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from ml_sandbox.options import SandboxOptions
from tests.support.clock import START

from .bench import Bench


async def test_sizes_follow_the_options() -> None:
    bench = Bench(SandboxOptions(customers=23, invoices=71, start=START))
    await bench.login()
    assert (await bench.page("clients"))["total"] == 23
    stored = await bench.control("GET", "freshbooks/invoices")
    assert len(stored) == 71
    assert len(await bench.control("GET", "freshbooks/clients")) == 24, "a deleted twin besides"
    await bench.close()


async def test_the_same_seed_is_the_same_world() -> None:
    benches = [
        Bench(SandboxOptions(seed=n, customers=9, invoices=30, start=START)) for n in (4, 4, 5)
    ]
    worlds = [
        [
            await b.control("GET", f"freshbooks/{n}")
            for n in ("clients", "invoices", "payments", "bills")
        ]
        for b in benches
    ]
    assert worlds[0] == worlds[1]
    assert worlds[0] != worlds[2]
    assert benches[0].credentials == benches[1].credentials
    assert benches[0].account_id == benches[1].account_id
    for bench in benches:
        await bench.close()


async def test_an_empty_and_a_tiny_world_stand() -> None:
    for customers, invoices in ((0, 0), (1, 0), (1, 3)):
        bench = Bench(SandboxOptions(customers=customers, invoices=invoices, start=START))
        await bench.login()
        assert (await bench.page("clients"))["total"] == customers
        await bench.close()


async def test_troubles_of_the_cast(books: Bench) -> None:
    clients = await books.every("clients")
    names = Counter(c["organization"] for c in clients)
    assert names["Harbor Lane Bakery"] == 2
    assert "Häberle & Söhne GmbH" in names
    assert "Smith, Jones & Partners, LLC" in names
    assert "" in names, "a client without an organization"
    emails = Counter(c["email"] for c in clients)
    assert emails[""] >= 1
    assert emails["office@nunez.example"] == 2
    assert {"USD", "JPY", "BHD"} <= {c["currency_code"] for c in clients}
    assert any(not c["organization"] and not c["fname"] for c in clients), "an address alone"
    assert any(c["s_city"] and not c["p_city"] for c in clients), "a shipping address alone"
    assert any(c["vis_state"] == 2 for c in clients)


async def test_invoices_of_every_kind(books: Bench) -> None:
    stored = await books.control("GET", "freshbooks/invoices")
    kinds = {i["v3_status"] for i in stored}
    assert {
        "draft",
        "sent",
        "viewed",
        "partial",
        "paid",
        "overdue",
        "autopaid",
        "disputed",
    } <= kinds
    assert {i["vis_state"] for i in stored} == {0, 1}
    assert {i["amount"]["code"] for i in stored} >= {"USD", "JPY"}
    dates = sorted(i["create_date"] for i in stored)
    assert dates[0] < "2025-01-01"
    assert dates[-1] <= "2026-05-04"


async def test_the_books_add_up(books: Bench) -> None:
    invoices = {i["id"]: i for i in await books.control("GET", "freshbooks/invoices")}
    paid: Counter[int] = Counter()
    payments = await books.control("GET", "freshbooks/payments")
    for payment in payments:
        invoice = invoices[payment["invoiceid"]]
        assert payment["clientid"] == invoice["customerid"]
        assert payment["amount"]["code"] == invoice["currency_code"]
        if payment["vis_state"] == 0:
            paid[invoice["id"]] += Decimal(payment["amount"]["amount"])  # type: ignore[assignment]  # a sum of decimals
    for number, invoice in invoices.items():
        whole, rest = (Decimal(invoice[n]["amount"]) for n in ("amount", "outstanding"))
        assert rest == max(Decimal(0), whole - paid[number])
    assert any(p["vis_state"] == 1 for p in payments), "money that went back"
    assert any(p["overpaymentid"] for p in payments), "more than was owed"


async def test_a_person_hands_a_record_back_as_it_was_read(books: Bench) -> None:
    for noun, change in (("clients", {"fname": "Zoë"}), ("invoices", {"notes": "Merci"})):
        first = (await books.control("GET", f"freshbooks/{noun}"))[0]
        changed = await books.control(
            "PATCH", f"freshbooks/{noun}/{first['id']}", {**first, **change}
        )
        kept = {
            k: v for k, v in changed.items() if k not in ("updated", "version", "lines", *change)
        }
        assert kept == {k: first[k] for k in kept}
        assert change.items() <= changed.items()


async def test_what_a_person_does_to_an_invoice(books: Bench) -> None:
    made = await books.control(
        "POST",
        "freshbooks/invoices",
        {"customerid": 214001, "amount": "80.00", "due_offset_days": 9},
    )
    number = made["id"]
    assert (made["v3_status"], made["lines"][0]["amount"]["amount"]) == ("draft", "80.00")
    assert (await books.act("invoices", number, "view"))["v3_status"] == "viewed"
    assert (await books.act("invoices", number, "dispute"))["dispute_status"] == "disputed"
    paid = await books.act("invoices", number, "pay", date="2026-05-02", type="Cash")
    assert paid["date_paid"] == "2026-05-02"
    path = f"freshbooks/invoices/{number}"
    moved = await books.control("PATCH", path, {"due_date": "2026-06-30"})
    assert (moved["due_date"], moved["due_offset_days"]) == ("2026-06-30", 57)
    assert (await books.act("invoices", number, "archive"))["vis_state"] == 2
    assert (await books.control("DELETE", path))["vis_state"] == 1
    assert (await books.control("GET", path))["vis_state"] == 1


async def test_payments_and_bills_by_hand(books: Bench) -> None:
    owed = await books.invoice("50.00", "send")
    made = await books.control(
        "POST", "freshbooks/payments", {"invoiceid": owed["id"], "amount": 20}
    )
    assert made["amount"] == {"amount": "20.00", "code": "USD"}
    path = f"freshbooks/payments/{made['id']}"
    assert (await books.control("PATCH", path, {"note": "in part"}))["note"] == "in part"
    assert (await books.control("DELETE", path))["vis_state"] == 1
    assert (await books.act("payments", made["id"], "restore"))["vis_state"] == 0
    bill = await books.control("POST", "freshbooks/bills", {"amount": "12.00"})
    path = f"freshbooks/bills/{bill['id']}"
    assert (await books.control("PATCH", path, {"status": "paid"}))["status"] == "paid"
    assert (await books.control("DELETE", path))["vis_state"] == 1


async def test_a_person_works_in_the_second_account_by_its_name(books: Bench) -> None:
    me = (await books.ask("GET", "/auth/api/v1/users/me")).body["response"]
    second = me["business_memberships"][1]["business"]["account_id"]
    body = {"organization": "Far", "accounting_systemid": second}
    made = await books.control("POST", "freshbooks/clients", body)
    assert made["accounting_systemid"] == second
    found = await books.control("GET", f"freshbooks/clients/{second}%3A{made['id']}")
    assert found["organization"] == "Far"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "clients", {}, 400),
        ("POST", "clients", {"wishes": 1}, 400),
        ("POST", "clients", {"fname": "A", "accounting_systemid": "x"}, 404),
        ("POST", "callbacks", {"event": "client"}, 400),
        ("PATCH", "callbacks/1", {}, 404),
        ("GET", "clients/1", None, 404),
        ("GET", "clients/abc", None, 404),
        ("POST", "payments", {"invoiceid": 1}, 400),
        ("POST", "clients/214001/merge", {}, 404),
        ("POST", "invoices/2621001/pay", {"amount": "much"}, 400),
        ("PATCH", "clients/214001", {"vis_state": 9}, 400),
    ],
)
async def test_what_a_person_cannot_do(
    books: Bench, method: str, path: str, body: Any, status: int
) -> None:
    reply = await books.call(method, f"/_sandbox/freshbooks/{path}", body)
    assert reply.status == status, reply.body
    assert reply.body["error"]


async def test_there_is_no_portal(books: Bench) -> None:
    body = {"url": "http://127.0.0.1:9/", "secret": "s", "events": []}
    assert (await books.call("PUT", "/_sandbox/freshbooks/webhook", body)).status == 404


async def test_operations_are_free_of_ids(books: Bench) -> None:
    await books.read("clients", 214001)
    await books.ask("GET", f"{books.callbacks}/3101")
    await books.ask("GET", "/projects/business/5511/projects")
    counted = (await books.control("GET", "counters"))["requests"]
    assert {
        "GET /accounting/account/{id}/users/clients/{id}",
        "GET /events/account/{id}/events/callbacks/{id}",
        "GET /projects/business/{id}/projects",
    } <= {line["operation"] for line in counted}
