"""What the client reads of the published examples, and our own rows against the derived schema."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ml_connector.vendors.quickbooks_online.documents import Invoice, Payment, Term
from ml_connector.vendors.quickbooks_online.objects import MODELS, Customer, parsed
from ml_connector.vendors.quickbooks_online.times import format_instant
from tests.vendors.quickbooks_online import given

ROWS = {
    "Customer": given.customer_row(),
    "Invoice": given.invoice_row(),
    "CreditMemo": given.invoice_row(),
    "Payment": given.payment_row(),
    "Term": given.term_row(),
}


def example(name: str) -> Any:
    return json.loads(given.spec_bytes(f"examples/{name}.json"), parse_float=Decimal)


def test_the_published_customer() -> None:
    found = parsed("Customer", example("customer_read")["Customer"])
    assert isinstance(found, Customer)
    assert (found.key(), found.name, found.company_name) == (
        "58", "Northfold Joinery", "Northfold Joinery LLC",
    )  # fmt: skip
    assert (found.email, found.mobile) == ("ap@northfold.example", "(208) 555-0143")
    assert (found.balance, found.balance_with_jobs) == (Decimal("1250.5"), Decimal("1850.5"))
    assert (found.term_id, found.currency, found.is_job) == ("3", "USD", False)
    assert found.version() == "2026-03-04T17:11:58Z#0000000004"
    assert found.address is not None
    assert found.address.region == "ID"


def test_the_published_page_feed_and_documents() -> None:
    rows = example("customer_query_page")["QueryResponse"]["Customer"]
    job = parsed("Customer", rows[1])
    assert isinstance(job, Customer)
    assert (job.is_job, job.parent_id) == (True, "58")
    feed = example("cdc_response")["CDCResponse"][0]["QueryResponse"]
    inactive = parsed("Customer", feed[0]["Customer"][1])
    assert isinstance(inactive, Customer)
    assert (inactive.name, inactive.active) == ("Tern Street Cafe", False)
    assert feed[0]["Customer"][2]["status"] == "Deleted"
    invoice = parsed("Invoice", example("invoice_read")["Invoice"])
    assert isinstance(invoice, Invoice)
    assert (invoice.number, invoice.customer_id, invoice.balance) == (
        "1042", "58", Decimal("1250.5"),
    )  # fmt: skip
    payment = parsed("Payment", example("payment_read")["Payment"])
    assert isinstance(payment, Payment)
    assert payment.total == Decimal("749.5")
    assert format_instant(payment.changed_at()) == "2026-03-04T17:11:57Z"
    terms = [parsed("Term", row) for row in example("terms_query")["QueryResponse"]["Term"]]
    assert [term.name for term in terms if isinstance(term, Term)][1] == "Net 30"


@pytest.mark.parametrize("entity", list(MODELS))
def test_our_rows_are_such_as_the_schema_describes(entity: str) -> None:
    schema = given.spec("qbo_v3_objects.schema.json")
    validator = Draft202012Validator({**schema, "$ref": f"#/$defs/{entity}"})
    assert [error.message for error in validator.iter_errors(ROWS[entity])] == []


@pytest.mark.parametrize("entity", list(MODELS))
def test_every_field_that_is_read_is_in_the_schema(entity: str) -> None:
    schema = given.spec("qbo_v3_objects.schema.json")["$defs"]

    def named(name: str) -> set[str]:
        told = schema[name]
        parts = [told, *told.get("allOf", [])]
        found = {field for part in parts for field in part.get("properties", {})}
        for part in parts:
            if "$ref" in part:
                found |= named(part["$ref"].rsplit("/", 1)[1])
        return found

    aliases = {f.alias for f in MODELS[entity].model_fields.values() if f.alias}
    foreign = {"DueDate", "Balance", "HomeBalance", "DocNumber"} if entity == "Payment" else set()
    assert aliases - foreign <= named(entity)
