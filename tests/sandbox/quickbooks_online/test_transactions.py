"""Invoices, payments and credit memos: sums, links, balances at home and abroad, void, delete."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench

Body = dict[str, Any]


def sale(amount: float, **detail: Any) -> Body:
    """A line over the first item."""
    return {
        "Amount": amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, **detail},
    }


def applied(row: Body, amount: float, kind: str = "Invoice") -> Body:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind}]}


async def owed(qbo: Bench, row: Body) -> float:
    """The balance of the customer of a transaction."""
    found: float = (await qbo.read("Customer", row["CustomerRef"]["value"]))["Balance"]
    return found


async def test_an_invoice_is_reckoned(qbo: Bench) -> None:
    customer = await qbo.customer(SalesTermRef={"value": "3"})
    made = await qbo.save(
        "Invoice",
        {
            "CustomerRef": {"value": customer["Id"]},
            "TxnDate": "2026-05-01",
            "Line": [
                sale(200, UnitPrice=100, Qty=2, TaxCodeRef={"value": "TAX"}),
                sale(100),
                {
                    "DetailType": "DiscountLineDetail",
                    "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
                },
            ],
        },
    )
    # 300 less 30, and 8.25 % on nine tenths of the 200 that are taxed
    assert made["TotalAmt"] == made["Balance"] == 284.85
    assert made["TxnTaxDetail"] == {"TotalTax": 14.85}
    assert made["DueDate"] == "2026-05-31"
    assert made["SalesTermRef"]["value"] == "3"
    assert [line["DetailType"][:8] for line in made["Line"]] == [
        "SalesIte",
        "SalesIte",
        "SubTotal",
        "Discount",
    ]
    assert [line.get("Id") for line in made["Line"]] == ["1", "2", None, None]
    assert made["EmailStatus"] == "NotSet"
    assert "HomeBalance" not in made
    assert await owed(qbo, made) == 284.85


@pytest.mark.parametrize(
    ("term", "day", "due"),
    [("1", "2026-05-04", "2026-05-04"), ("5", "2026-05-01", "2026-05-10"),
     ("5", "2026-05-08", "2026-06-10"), ("5", "2026-12-08", "2027-01-10")],
)  # fmt: skip
async def test_terms_make_due_dates(qbo: Bench, term: str, day: str, due: str) -> None:
    body = {"TxnDate": day, "SalesTermRef": {"value": term}}
    assert (await qbo.invoice(10, **body))["DueDate"] == due


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"CustomerRef": None}, "2020"),
        ({"CustomerRef": {"value": "9999"}}, "2500"),
        ({"CustomerRef": {"value": "12"}}, "610"),
        ({"Line": []}, "2020"),
        ({"Line": [{"Amount": 5}]}, "2020"),
        ({"Line": [{"DetailType": "SalesItemLineDetail"}]}, "2020"),
        ({"Line": [sale(5, UnitPrice=2, Qty=2)]}, "6070"),
        ({"Line": [sale(5, ItemRef={"value": "99"})]}, "2500"),
        ({"Line": [{"Amount": 5, "DetailType": "Odd"}]}, "2170"),
        ({"Line": [{**sale(5), "Colour": "red"}]}, "2010"),
        ({"Line": "x"}, "2010"),
        ({"Line": [sale(-5)]}, "6000"),
        ({"CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"DocNumber": "1001"}, "6140"),
        ({"DocNumber": "x" * 22}, "2050"),
        ({"TxnDate": "yesterday"}, "2010"),
        ({"EmailStatus": "Flown"}, "2170"),
    ],
)
async def test_invoices_that_are_refused(still: Bench, change: Body, code: str) -> None:
    body = {"CustomerRef": {"value": "1"}, "Line": [sale(5)], **change}
    assert await still.code("POST", "invoice", body) == code


async def test_a_payment_settles_invoices(qbo: Bench) -> None:
    one = await qbo.invoice(100)
    customer = one["CustomerRef"]["value"]
    two = await qbo.invoice(50, customer=customer)
    body = {
        "CustomerRef": {"value": customer},
        "TotalAmt": 170,
        "Line": [applied(one, 100), applied(two, 30)],
    }
    payment = await qbo.save("Payment", body)
    assert payment["UnappliedAmt"] == 40
    assert payment["ProcessPayment"] is False
    paid, part = await qbo.read("Invoice", one["Id"]), await qbo.read("Invoice", two["Id"])
    assert (paid["Balance"], part["Balance"]) == (0, 20)
    assert paid["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert paid["SyncToken"] == "1"
    assert await owed(qbo, one) == -20
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "Line": [applied(two, 50)]}
    assert (await qbo.save("Payment", body))["UnappliedAmt"] == 120
    assert (await qbo.read("Invoice", one["Id"]))["Balance"] == 100
    assert "LinkedTxn" not in await qbo.read("Invoice", one["Id"])
    assert await owed(qbo, one) == -20


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([("Invoice", 101)], "6000"),
        ([("Invoice", 0)], "6000"),
        ([("Invoice", 60), ("Invoice", 60)], "6000"),
        ([("Bill", 10)], "2170"),
        ([("CreditMemo", 10)], "2500"),
    ],
)
async def test_payments_that_are_refused(
    qbo: Bench, lines: list[tuple[str, float]], code: str
) -> None:
    invoice = await qbo.invoice(100)
    body = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 200}
    body["Line"] = [applied(invoice, amount, kind) for kind, amount in lines]
    assert await qbo.code("POST", "payment", body) == code
    assert (await qbo.read("Invoice", invoice["Id"]))["Balance"] == 100
    short = {**body, "TotalAmt": 20, "Line": [applied(invoice, 21)]}
    assert await qbo.code("POST", "payment", short) == "6000"
    other = {"CustomerRef": {"value": "1"}, "TotalAmt": 10, "Line": [applied(invoice, 10)]}
    assert await qbo.code("POST", "payment", other) == "6000"
    for name in ("CustomerRef", "TotalAmt"):
        less = {key: value for key, value in other.items() if key != name}
        assert await qbo.code("POST", "payment", less) == "2020"


async def test_a_parent_pays_for_its_job(qbo: Bench) -> None:
    parent = await qbo.customer()
    job = await qbo.customer(DisplayName="Shelves", ParentRef={"value": parent["Id"]})
    invoice = await qbo.invoice(80, customer=job["Id"])
    body = {"CustomerRef": {"value": parent["Id"]}, "TotalAmt": 80}
    payment = await qbo.save("Payment", {**body, "Line": [applied(invoice, 80)]})
    assert (await qbo.read("Customer", parent["Id"]))["BalanceWithJobs"] == 0
    voided = {"Id": payment["Id"], "SyncToken": payment["SyncToken"], "sparse": True}
    await qbo.good("POST", "payment?operation=update&include=void", voided)
    assert (await qbo.read("Customer", parent["Id"]))["BalanceWithJobs"] == 80


async def test_a_credit_memo_is_open_until_used(qbo: Bench) -> None:
    invoice = await qbo.invoice(100)
    customer = invoice["CustomerRef"]
    memo = await qbo.save("CreditMemo", {"CustomerRef": customer, "Line": [sale(30)]})
    assert (memo["Balance"], memo["RemainingCredit"], memo["TotalAmt"]) == (30, 30, 30)
    assert await owed(qbo, invoice) == 70
    lines = [applied(invoice, 30), applied(memo, 30, "CreditMemo")]
    payment = await qbo.save("Payment", {"CustomerRef": customer, "TotalAmt": 0, "Line": lines})
    assert payment["UnappliedAmt"] == 0
    assert (await qbo.read("CreditMemo", memo["Id"]))["RemainingCredit"] == 0
    assert (await qbo.read("Invoice", invoice["Id"]))["Balance"] == 70
    assert await owed(qbo, invoice) == 70


async def test_a_voided_invoice_lets_its_payment_go(qbo: Bench) -> None:
    invoice = await qbo.invoice(100)
    await qbo.act("invoices", invoice, "pay", amount=60)
    now = await qbo.read("Invoice", invoice["Id"])
    body = {"Id": now["Id"], "SyncToken": now["SyncToken"]}
    voided = (await qbo.good("POST", "invoice?operation=void", body))["Invoice"]
    assert (voided["TotalAmt"], voided["Balance"]) == (0, 0)
    assert voided["PrivateNote"] == "Voided"
    assert {line["Amount"] for line in voided["Line"]} == {0}
    assert "LinkedTxn" not in voided
    (payment,) = (await qbo.person("GET", "payments"))[-1:]
    assert (payment["UnappliedAmt"], payment["Line"]) == (60, [])
    assert await owed(qbo, invoice) == -60
    assert await qbo.code("POST", "invoice?operation=void", body) == "5010"


async def test_a_voided_payment_opens_its_invoice(qbo: Bench) -> None:
    invoice = await qbo.invoice(100)
    await qbo.act("invoices", invoice, "pay")
    (payment,) = (await qbo.person("GET", "payments"))[-1:]
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    assert await qbo.code("POST", "payment?operation=void", body) == "500"
    found = await qbo.good("POST", "payment?operation=update&include=void", body)
    voided = found["Payment"]
    assert (voided["TotalAmt"], voided["UnappliedAmt"], voided["PrivateNote"]) == (0, 0, "Voided")
    assert (await qbo.read("Invoice", invoice["Id"]))["Balance"] == 100
    assert await owed(qbo, invoice) == 100


@pytest.mark.parametrize(("noun", "entity"), [("invoices", "Invoice"), ("payments", "Payment")])
async def test_transactions_can_be_deleted(qbo: Bench, noun: str, entity: str) -> None:
    invoice = await qbo.invoice(100)
    await qbo.act("invoices", invoice, "pay", amount=60)
    row = (await qbo.person("GET", noun))[-1]
    body = {"Id": row["Id"], "SyncToken": row["SyncToken"]}
    found = await qbo.good("POST", f"{entity.lower()}?operation=delete", body)
    assert found[entity] == {"domain": "QBO", "status": "Deleted", "Id": row["Id"]}
    assert await qbo.code("GET", f"{entity.lower()}/{row['Id']}") == "610"
    assert await owed(qbo, invoice) == (-60 if entity == "Invoice" else 100)


async def test_an_invoice_may_be_changed(qbo: Bench) -> None:
    invoice = await qbo.invoice(100, PrivateNote="keep", DocNumber="A-1")
    await qbo.act("invoices", invoice, "pay", amount=60)
    now = await qbo.read("Invoice", invoice["Id"])
    changed = await qbo.sparse(now, "Invoice", Line=[sale(90)])
    assert (changed["TotalAmt"], changed["Balance"]) == (90, 30)
    assert changed["PrivateNote"] == "keep"
    low = {"Id": now["Id"], "SyncToken": changed["SyncToken"], "sparse": True, "Line": [sale(50)]}
    assert await qbo.code("POST", "invoice", low) == "6000"
    full = {
        "Id": now["Id"],
        "SyncToken": changed["SyncToken"],
        "CustomerRef": now["CustomerRef"],
        "Line": [sale(90)],
    }
    whole = await qbo.save("Invoice", full)
    assert "PrivateNote" not in whole
    assert (whole["DocNumber"], whole["Balance"]) == ("A-1", 30)
    assert whole["LinkedTxn"] == now["LinkedTxn"]


async def test_foreign_money_is_shown_at_home_too(qbo: Bench) -> None:
    customer = await qbo.customer(CurrencyRef={"value": "EUR"})
    invoice = await qbo.invoice(100, customer=customer["Id"], ExchangeRate=1.25)
    assert invoice["CurrencyRef"]["value"] == "EUR"
    assert (invoice["TotalAmt"], invoice["HomeTotalAmt"]) == (100, 125)
    assert (invoice["Balance"], invoice["HomeBalance"]) == (100, 125)
    paid = await qbo.act("invoices", invoice, "pay", amount=40)
    assert (paid["Balance"], paid["HomeBalance"]) == (60, 75)
    assert await owed(qbo, invoice) == 60
    assert (await qbo.person("GET", "payments"))[-1]["ExchangeRate"] == 1.25


async def test_a_foreign_balance_by_switch_at_home(qbo: Bench) -> None:
    await qbo.switch(customer_balance_currency="home")
    customer = await qbo.customer(CurrencyRef={"value": "EUR"})
    invoice = await qbo.invoice(100, customer=customer["Id"], ExchangeRate=1.25)
    assert await owed(qbo, invoice) == 125


async def test_yen_have_no_decimals(qbo: Bench) -> None:
    invoice = await qbo.invoice(99.6, customer="4")
    assert invoice["TotalAmt"] == 100


async def test_a_balance_leaves_no_trace_on_the_customer(qbo: Bench) -> None:
    customer = await qbo.customer()
    await qbo.advance(60)
    await qbo.invoice(10, customer=customer["Id"])
    after = await qbo.read("Customer", customer["Id"])
    assert after["Balance"] == 10
    assert (after["SyncToken"], after["MetaData"]) == ("0", customer["MetaData"])
    await qbo.switch(balance_moves_customer=True)
    await qbo.invoice(10, customer=customer["Id"])
    moved = await qbo.read("Customer", customer["Id"])
    assert (moved["SyncToken"], moved["Balance"]) == ("1", 20)
    assert moved["MetaData"]["LastUpdatedTime"] == "2026-05-04T02:01:00-07:00"


async def test_sending_needs_an_address(qbo: Bench) -> None:
    invoice = await qbo.invoice(10)
    path = f"invoice/{invoice['Id']}/send"
    assert await qbo.code("POST", path) == "2020"
    sent = await qbo.good("POST", f"{path}?sendTo=a%40b.example")
    assert sent["Invoice"]["EmailStatus"] == "EmailSent"
    assert sent["Invoice"]["BillEmail"] == {"Address": "a@b.example"}
    assert await qbo.code("POST", "payment/1/send") == "500"


async def test_closed_books_stay_as_they_are(qbo: Bench) -> None:
    await qbo.switch(closed_through="2026-04-30")
    body = {"CustomerRef": {"value": "1"}, "TxnDate": "2026-04-30", "Line": [sale(5)]}
    assert await qbo.code("POST", "invoice", body) == "6210"
    assert (await qbo.save("Invoice", {**body, "TxnDate": "2026-05-01"}))["Id"]
    old = (await qbo.person("GET", "invoices"))[0]
    gone = {"Id": old["Id"], "SyncToken": old["SyncToken"]}
    assert await qbo.code("POST", "invoice?operation=delete", gone) == "6210"
