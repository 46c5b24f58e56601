"""Mutations: what they change, what they refuse, and how an invoice adds up."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench

INVOICE = (
    "invoice { id status invoiceNumber dueDate subtotal { minorUnitValue } discountTotal "
    "{ minorUnitValue } taxTotal { minorUnitValue } total { minorUnitValue } amountDue "
    "{ minorUnitValue } amountPaid { minorUnitValue } customer { id } memo lastSentVia currency "
    "{ code } discounts { __typename ... on FixedInvoiceDiscount { amount } "
    "... on PercentageInvoiceDiscount { percentage } } }"
)


async def furniture(wave: Bench) -> dict[str, str]:
    """Ids of a product, a tax and a cash account."""
    found = await wave.in_business(
        "products { edges { node { id } } } salesTaxes { edges { node { id } } } "
        "accounts(subtypes: [CASH_AND_BANK]) { edges { node { id } } }"
    )
    return {name: found[name]["edges"][0]["node"]["id"] for name in found}


async def test_customer_from_create_to_delete(wave: Bench) -> None:
    fields = "customer { id name email currency { code } address { city province { code } } }"
    address = {"city": "Phoenix", "countryCode": "US", "provinceCode": "US-AZ"}
    made = await wave.mutate(
        "customerCreate", fields, businessId=wave.business_id, name="Ünal, Ltd", address=address
    )
    assert made["didSucceed"]
    assert made["inputErrors"] is None
    customer = made["customer"]
    assert customer["currency"] == {"code": "USD"}
    assert customer["address"] == {"city": "Phoenix", "province": {"code": "US-AZ"}}
    patched = await wave.mutate("customerPatch", fields, id=customer["id"], email="a@unal.example")
    assert patched["customer"] == {**customer, "email": "a@unal.example"}
    assert (await wave.mutate("customerDelete", id=customer["id"]))["didSucceed"]
    query = "query ($b: ID!, $i: ID!) { business(id: $b) { customer(id: $i) { id } } }"
    assert await wave.code(query, {"b": wave.business_id, "i": customer["id"]}) == "NOT_FOUND"
    (kept,) = [c for c in await wave.control("GET", "wave/customers") if c["id"] == customer["id"]]
    assert kept["isDeleted"] is True


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": "X", "email": "not an address"}, ["email"]),
        ({"name": " "}, ["name"]),
        ({"name": "X", "address": {"provinceCode": "US-ZZ"}}, ["address", "provinceCode"]),
        (
            {"name": "X", "address": {"countryCode": "CA", "provinceCode": "US-AZ"}},
            ["address", "provinceCode"],
        ),
    ],
)
async def test_what_a_customer_may_not_be(wave: Bench, given: Any, path: list[str]) -> None:
    made = await wave.mutate(
        "customerCreate", "customer { id }", businessId=wave.business_id, **given
    )
    assert not made["didSucceed"]
    assert made["customer"] is None
    assert made["inputErrors"][0]["path"] == path
    await wave.switch(input_error_path_prefix=True, input_error_code="BAD")
    again = await wave.mutate("customerCreate", businessId=wave.business_id, **given)
    assert again["inputErrors"][0]["path"] == ["input", *path]
    assert again["inputErrors"][0]["code"] == "BAD"


async def test_how_an_invoice_adds_up(wave: Bench) -> None:
    """2 x 49.99 taxed and 100 untaxed, 10 % off: 199.98 - 20.00 + 8.25 % of 89.98."""
    known = await furniture(wave)
    customer = await wave.customer()
    line = {"productId": known["products"], "quantity": "2", "unitPrice": "49.99"}
    made = await wave.mutate(
        "invoiceCreate",
        INVOICE,
        businessId=wave.business_id,
        customerId=customer["id"],
        dueDate="2026-06-01",
        items=[
            {**line, "taxes": [{"salesTaxId": known["salesTaxes"]}]},
            {**line, "quantity": "1", "unitPrice": "100"},
        ],
        discounts=[{"discountType": "PERCENTAGE", "percentage": "10"}],
    )
    invoice = made["invoice"]
    sums = ("subtotal", "discountTotal", "taxTotal", "total", "amountDue", "amountPaid")
    assert [invoice[name]["minorUnitValue"] for name in sums] == [
        "19998", "2000", "742", "18740", "18740", "0",
    ]  # fmt: skip
    assert invoice["status"] == "DRAFT"
    assert invoice["discounts"][0] == {
        "__typename": "PercentageInvoiceDiscount",
        "percentage": "10",
    }
    patched = await wave.mutate(
        "invoicePatch",
        INVOICE,
        id=invoice["id"],
        items=[line],
        discounts=[{"discountType": "FIXED", "amount": "9.98"}],
        memo="thanks",
    )
    assert patched["invoice"]["total"]["minorUnitValue"] == "9000"
    assert patched["invoice"]["memo"] == "thanks"


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"customerId": "QnVz"}, ["customerId"]),
        ({"items": [{"productId": "QnVz"}]}, ["items", "0", "productId"]),
        ({"discounts": [{"discountType": "FIXED", "amount": "1"}] * 2}, ["discounts"]),
        (
            {"discounts": [{"discountType": "PERCENTAGE", "percentage": "101"}]},
            ["discounts", "0", "percentage"],
        ),
        ({"exchangeRate": "0"}, ["exchangeRate"]),
        ({"invoiceNumber": " "}, ["invoiceNumber"]),
    ],
)
async def test_what_an_invoice_may_not_be(wave: Bench, more: Any, path: list[str]) -> None:
    given = {"customerId": (await wave.customer())["id"], **more}
    made = await wave.mutate("invoiceCreate", businessId=wave.business_id, **given)
    assert made["inputErrors"][0]["path"] == path


async def test_the_life_of_an_invoice(wave: Bench) -> None:
    known = await furniture(wave)
    invoice = await wave.invoice("100.00", dueDate="2026-05-20")
    key = {"invoiceId": invoice["id"]}
    to = ["a@b.example"]
    refused = await wave.mutate("invoiceSend", INVOICE, **key, to=to)
    assert not refused["didSucceed"]
    approved = await wave.mutate("invoiceApprove", INVOICE, **key)
    assert approved["invoice"]["status"] == "SAVED"
    assert not (await wave.mutate("invoiceApprove", **key))["didSucceed"]
    assert not (await wave.mutate("invoiceSend", **key, to=["nowhere"]))["didSucceed"]
    sent = await wave.mutate("invoiceSend", INVOICE, **key, to=to)
    assert (sent["invoice"]["status"], sent["invoice"]["lastSentVia"]) == ("SENT", "WAVE")
    paid = await wave.mutate(
        "invoicePaymentCreateManual",
        "invoicePayment { id amount invoice { status } }",
        **key,
        paymentAccountId=known["accounts"],
        amount="40",
        paymentDate="2026-05-04",
        paymentMethod="CHEQUE",
        exchangeRate="1",
    )
    payment = paid["invoicePayment"]
    assert payment["invoice"]["status"] == "PARTIAL"
    more = await wave.mutate(
        "invoicePaymentPatch",
        "invoicePayment { invoice { status } }",
        id=payment["id"],
        amount="100",
    )
    assert more["invoicePayment"]["invoice"]["status"] == "PAID"
    over = await wave.mutate(
        "invoicePaymentPatch",
        "invoicePayment { invoice { status } }",
        id=payment["id"],
        amount="101",
    )
    assert over["invoicePayment"]["invoice"]["status"] == "OVERPAID"
    assert (await wave.mutate("invoicePaymentDelete", id=payment["id"]))["didSucceed"]
    found = await wave.in_business("invoice(id: $i) { status }", types="$i: ID!", i=invoice["id"])
    assert found["invoice"]["status"] == "SENT"
    assert not (await wave.mutate("invoiceDelete", **key))["didSucceed"]
    await wave.switch(delete_only_drafts=False)
    assert (await wave.mutate("invoiceDelete", **key))["didSucceed"]


async def test_marked_sent_and_cloned(wave: Bench) -> None:
    invoice = await wave.invoice("10.00", "approve", dueDate="2026-05-18")
    marked = await wave.mutate(
        "invoiceMarkSent", INVOICE, invoiceId=invoice["id"], sendMethod="GMAIL"
    )
    assert (marked["invoice"]["status"], marked["invoice"]["lastSentVia"]) == ("SENT", "GMAIL")
    await wave.advance(86_400)
    copied = (await wave.mutate("invoiceClone", INVOICE, invoiceId=invoice["id"]))["invoice"]
    assert copied["status"] == "DRAFT"
    assert copied["dueDate"] == "2026-05-19"
    assert copied["invoiceNumber"] != invoice["invoiceNumber"]
    assert copied["total"] == marked["invoice"]["total"]


async def test_unique_invoice_numbers_by_switch(wave: Bench) -> None:
    await wave.invoice(invoiceNumber="A-1")
    twin = await wave.invoice(invoiceNumber="A-1")
    await wave.switch(invoice_number_unique=True)
    refused = await wave.mutate(
        "invoiceCreate",
        businessId=wave.business_id,
        customerId=twin["customer"]["id"],
        invoiceNumber="A-1",
    )
    assert refused["inputErrors"][0]["path"] == ["invoiceNumber"]
    assert (await wave.mutate("invoicePatch", id=twin["id"], memo="x"))["didSucceed"]


async def test_an_approved_invoice_does_not_become_a_draft(wave: Bench) -> None:
    await wave.switch(approved_status="UNPAID")
    invoice = await wave.invoice()
    saved = await wave.mutate("invoicePatch", INVOICE, id=invoice["id"], status="SAVED")
    assert saved["invoice"]["status"] == "UNPAID"
    assert not (await wave.mutate("invoicePatch", id=invoice["id"], status="DRAFT"))["didSucceed"]


async def test_an_invoice_moves_to_another_customer(wave: Bench) -> None:
    invoice = await wave.invoice("70.00", "approve")
    other = await wave.customer(name="Other")
    await wave.mutate("invoicePatch", id=invoice["id"], customerId=other["id"])
    owed = {
        name: record["outstandingAmount"]["value"]
        for record in await wave.control("GET", "wave/customers")
        if (name := record["id"]) in (other["id"], invoice["customer"]["id"])
    }
    assert owed == {other["id"]: "70.00", invoice["customer"]["id"]: "0.00"}


async def test_what_is_not_simulated_says_so(wave: Bench) -> None:
    out = await wave.mutate("productCreate", businessId=wave.business_id, name="X", unitPrice="1")
    assert out["inputErrors"][0]["code"] == "NOT_SIMULATED"
    query = 'mutation { convertEstimateToInvoice(input: {estimateId: "x"}) { invoiceId } }'
    assert await wave.code(query) == "NOT_FOUND"


async def test_creates_over_the_api_are_counted(wave: Bench) -> None:
    invoice = await wave.invoice()
    await wave.mutate("customerCreate", businessId=wave.business_id, name="A")
    await wave.mutate("customerCreate", businessId=wave.business_id, name="")
    await wave.mutate("invoiceClone", invoiceId=invoice["id"])
    counted = await wave.control("GET", "counters")
    assert counted["creates"]["wave"] == {"customers": 1, "invoices": 1}
