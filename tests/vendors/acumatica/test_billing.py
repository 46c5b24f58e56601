"""What speaks for an order: its invoices, the payments on them, and the billing of it all."""

from __future__ import annotations

from ml_connector.vendors.acumatica import objects
from ml_connector.vendors.acumatica.objects import Billing, Payment, SalesInvoice
from tests.vendors.acumatica.given import (
    INVOICE,
    LATER,
    ORDER,
    ROOT,
    SETTINGS,
    STAMP,
    Script,
    bench,
    row,
)


async def test_a_billing_is_the_order_with_its_invoices_and_what_was_paid() -> None:
    order = ORDER | row(
        Shipments=[
            {"InvoiceType": "Invoice", "InvoiceNbr": "AR01"},
            {"InvoiceType": "Credit Memo", "InvoiceNbr": "CM01"},
            {"InvoiceType": None, "InvoiceNbr": None},
        ],
        Payments=[{"ReferenceNbr": "P0", "AppliedToOrder": 50, "Currency": "USD"}],
    )
    paid = {"AdjustingDocReferenceNbr": "P1", "AmountPaid": 500, "Currency": "USD"}
    invoice = INVOICE | row(
        ApplicationsInvoice=[{**paid, "PaymentDate": "2025-03-20T00:00:00+03:00"}]
    )
    memo = row(
        Type="Credit Memo", ReferenceNbr="CM01", Amount=100, Balance=20, Currency="USD",
        LastModifiedDateTime=STAMP, Details=[],
    )  # fmt: skip
    script = Script(
        {f"GET {ROOT}/SalesOrder": [order], f"GET {ROOT}/SalesInvoice": [invoice, memo]}
    )
    on = bench(script)
    found = await on.client.read(objects.BILLING, ["SO/000123"], on.errand)
    billing = found["SO/000123"]
    assert isinstance(billing, Billing)
    assert (billing.status, billing.hold, str(billing.total)) == ("Open", False, "598.5 USD")
    assert billing.external_ref == "pipedrive:1:deals:7"
    assert [i.key() for i in billing.invoices] == ["Credit Memo/CM01", "Invoice/AR01"]
    assert str(billing.total_of("amount")) == "498.5 USD"
    assert str(billing.total_of("balance")) == "78.5 USD"
    [application] = billing.invoices[1].payments
    assert (application.number, application.date) == ("P1", "2025-03-20")
    assert [str(p.amount) for p in billing.prepayments] == ["50 USD"]
    assert billing.version() == "2025-03-04T10:00:00.000Z"
    assert script.asked[0].params["$filter"] == "(OrderType eq 'SO' and OrderNbr eq '000123')"


async def test_an_invoice_knows_the_orders_that_it_bills() -> None:
    on = bench(Script({f"GET {ROOT}/SalesInvoice": [INVOICE]}))
    [invoice] = (await on.client.changes(objects.SALES_INVOICES, {}, on.errand)).records
    assert isinstance(invoice, SalesInvoice)
    assert (invoice.key(), invoice.orders) == ("Invoice/AR01", ("SO/000123",))
    assert (invoice.due_date, str(invoice.balance)) == ("2025-04-03", "98.5 USD")
    [again] = await on.client.open_keys(objects.SALES_INVOICES, on.errand)
    assert again == invoice
    assert await on.client.open_keys(objects.CUSTOMERS, on.errand) == []


async def test_a_payment_knows_the_orders_of_the_invoices_it_pays() -> None:
    payment = row(
        Type="Payment", ReferenceNbr="000001", Status="Closed", PaymentAmount=500,
        CurrencyID="USD", LastModifiedDateTime=STAMP,
        DocumentsToApply=[{"DocType": "Invoice", "ReferenceNbr": "AR01"}],
        OrdersToApply=[{"OrderType": "SO", "OrderNbr": "000200"}],
        ApplicationHistory=[{"DisplayDocType": "Invoice", "DisplayRefNbr": "AR01"}],
    )  # fmt: skip
    script = Script({f"GET {ROOT}/Payment": [payment], f"GET {ROOT}/SalesInvoice": [INVOICE]})
    on = bench(script)
    first = await on.client.changes(objects.PAYMENTS, {}, on.errand)
    [told] = first.records
    assert isinstance(told, Payment)
    assert (told.documents, told.orders) == (("Invoice/AR01",), ("SO/000200",))
    [later] = (await on.client.changes(objects.PAYMENTS, first.cursor, on.errand)).records
    assert isinstance(later, Payment)
    assert later.orders == ("SO/000200", "SO/000123")
    assert len(script.asked) == 3


async def test_before_23_200_invoices_are_polled_on_their_other_screen() -> None:
    root = "/entity/Default/22.200.001"
    stamped = row(Type="Invoice", ReferenceNbr="AR01", LastModifiedDateTime=LATER)
    unstamped = {k: v for k, v in INVOICE.items() if k != "LastModifiedDateTime"}
    memo = row(Type="Debit Memo", ReferenceNbr="DM01", LastModifiedDateTime=LATER)
    script = Script(
        {
            f"GET {root}/Invoice": [stamped, memo],
            f"GET {root}/SalesInvoice": [unstamped],
        }
    )
    on = bench(script, {**SETTINGS, "endpoint_version": "22.200.001"})
    page = await on.client.changes(objects.SALES_INVOICES, {}, on.errand)
    [invoice] = page.records
    assert isinstance(invoice, SalesInvoice)
    assert (invoice.orders, invoice.version()) == (("SO/000123",), "2025-03-04T10:00:00.000Z")
    assert "LastModifiedDateTime" not in script.asked[1].params["$select"]
    assert page.cursor["Invoice"] == {"mark": "2025-03-04T10:00:00.000Z"}
