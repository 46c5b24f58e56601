"""Intuit's OAuth client and python-quickbooks over a real socket: clients that know nothing of us.

Pointed here by their own means: a discovery address in place of the environment, and the base
address that the client keeps in a class attribute (sheet, section 10).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from intuitlib.client import AuthClient  # type: ignore[import-untyped]  # publishes no types
from intuitlib.enums import Scopes  # type: ignore[import-untyped]  # publishes no types
from intuitlib.exceptions import AuthClientError  # type: ignore[import-untyped]  # no types
from quickbooks import QuickBooks, exceptions  # type: ignore[import-untyped]  # no types
from quickbooks.batch import batch_create, batch_update  # type: ignore[import-untyped]  # no types
from quickbooks.cdc import change_data_capture  # type: ignore[import-untyped]  # no types
from quickbooks.objects.base import EmailAddress, Ref  # type: ignore[import-untyped]  # no types
from quickbooks.objects.company_info import CompanyInfo  # type: ignore[import-untyped]  # no types
from quickbooks.objects.creditmemo import CreditMemo  # type: ignore[import-untyped]  # no types
from quickbooks.objects.customer import Customer  # type: ignore[import-untyped]  # no types
from quickbooks.objects.detailline import (  # type: ignore[import-untyped]  # no types
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.invoice import Invoice  # type: ignore[import-untyped]  # no types
from quickbooks.objects.payment import Payment, PaymentLine  # type: ignore[import-untyped]  # no types
from quickbooks.objects.preferences import Preferences  # type: ignore[import-untyped]  # no types
from quickbooks.objects.term import Term  # type: ignore[import-untyped]  # no types

from ml_sandbox.vendors.quickbooks_online.webhooks import signature
from tests.support.sandbox import SandboxProcess

BACK = "https://app.example/cb"
NAME = "quickbooks_online"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--seed", "3", "--customers", "40", "--invoices", "120") as process:
        switch(process, rate_limits=False)
        yield process


def switch(sandbox: SandboxProcess, **values: Any) -> None:
    named = {f"{NAME}.{name}": value for name, value in values.items()}
    sandbox.control("PATCH", "switches", named)


@pytest.fixture
def auth(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> AuthClient:
    """A client without a token."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    vendor = sandbox.ready["vendors"][NAME]
    monkeypatch.setattr(QuickBooks, "api_url_v3", f"{vendor['base_url']}/v3")
    known = vendor["credentials"]
    discovery = f"{vendor['base_url']}/.well-known/openid_configuration"
    return AuthClient(known["client_id"], known["client_secret"], BACK, discovery)


@pytest.fixture
def books(sandbox: SandboxProcess, auth: AuthClient) -> Iterator[QuickBooks]:
    """A connected client; its constructor refreshes by itself."""
    vendor = sandbox.ready["vendors"][NAME]
    made = QuickBooks(
        auth_client=auth,
        refresh_token=vendor["credentials"]["refresh_token"],
        company_id=vendor["settings"]["realm_id"],
        minorversion=75,
    )
    yield made
    made.session.close()
    auth.close()


def test_consent_exchange_refresh_revoke(sandbox: SandboxProcess, auth: AuthClient) -> None:
    url = auth.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL])
    answer = sandbox.call("GET", url)
    assert answer.status == 302
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert back["state"] == auth.state_token
    auth.get_bearer_token(back["code"], realm_id=back["realmId"])
    first = auth.refresh_token
    assert auth.expires_in == 3600
    assert auth.x_refresh_token_expires_in == 8_726_400
    auth.refresh()
    assert auth.refresh_token == first
    assert auth.get_user_info().json()["email"] == "owner@bluebird.example"
    assert auth.revoke() is True
    with pytest.raises(AuthClientError) as refused:
        auth.refresh(first)
    assert refused.value.status_code == 400
    assert json.loads(refused.value.content) == {"error": "invalid_grant"}
    auth.close()


def test_wrong_keys(auth: AuthClient) -> None:
    auth.client_secret = "wrong"
    with pytest.raises(AuthClientError) as refused:
        auth.refresh("anything")
    assert refused.value.status_code == 401
    assert refused.value.intuit_tid.startswith("1-")
    auth.close()


def test_reading(books: QuickBooks) -> None:
    company = CompanyInfo.get(1, qb=books)
    assert company.CompanyName == "Bluebird & Daughters"
    assert company.CompanyAddr.City == "Portland"
    assert Preferences.get(qb=books).CurrencyPrefs.MultiCurrencyEnabled is True
    found = Customer.all(qb=books)
    assert all(customer.Active for customer in found)
    one = Customer.get(3, qb=books)
    assert one.DisplayName == "Smith, Jones & Partners, LLC"
    assert one.CurrencyRef.name
    terms = {term.Id: term for term in Term.all(qb=books)}
    assert terms[one.SalesTermRef.value].Name == "Net 45"
    invoice = Invoice.all(max_results=1, qb=books)[0]
    assert invoice.Line[0].SalesItemLineDetail.ItemRef.value
    assert Payment.all(max_results=1, qb=books)[0].Line[0].LinkedTxn[0].TxnType == "Invoice"
    assert CreditMemo.all(qb=books)


def test_queries(books: QuickBooks) -> None:
    assert Customer.filter(DisplayName="O'Brien Roofing", qb=books)[0].Id == "10"
    assert [c.Id for c in Customer.choose(["1", "2"], qb=books)] == ["1", "2"]
    everyone = Customer.where("Active IN (true, false)", max_results=1000, qb=books)
    assert Customer.count("Active IN (true, false)", qb=books) == len(everyone)
    ids: list[str] = []
    for start in range(1, 100, 10):
        page = Customer.where(
            "Active IN (true, false)",
            order_by="Id",
            start_position=start,
            max_results=10,
            qb=books,
        )
        ids += [customer.Id for customer in page]
    assert ids == sorted((c.Id for c in everyone), key=int)
    assert Customer.filter(Id="9999", qb=books) == []
    with pytest.raises(exceptions.ValidationException) as refused:
        Customer.where("Colour = 'red'", qb=books)
    assert refused.value.error_code == 4001


def test_create_update_and_their_errors(books: QuickBooks) -> None:
    customer = Customer()
    customer.DisplayName = "Northfold Joinery"
    customer.PrimaryEmailAddr = EmailAddress()
    customer.PrimaryEmailAddr.Address = "ap@northfold.example"
    made = customer.save(qb=books, request_id="one")
    assert made.SyncToken == "0"
    assert Customer.filter(DisplayName="Northfold Joinery", qb=books)[0].Id == made.Id
    again = Customer()
    again.DisplayName = "Northfold Joinery"
    assert again.save(qb=books, request_id="one").Id == made.Id
    twin = Customer()
    twin.DisplayName = "northfold joinery"
    with pytest.raises(exceptions.QuickbooksException) as refused:
        twin.save(qb=books)
    assert refused.value.error_code == 6240
    made.Notes = "from the client"
    changed = made.save(qb=books)
    assert (changed.SyncToken, changed.Notes) == ("1", "from the client")
    assert changed.PrimaryEmailAddr.Address == "ap@northfold.example"
    with pytest.raises(exceptions.QuickbooksException) as stale:
        made.save(qb=books)
    assert stale.value.error_code == 5010
    changed.Active = False
    assert changed.save(qb=books).DisplayName == "Northfold Joinery (deleted)"
    with pytest.raises(exceptions.ObjectNotFoundException):
        Customer.get(9999, qb=books)


def test_invoice_payment_void_delete(books: QuickBooks) -> None:
    line = SalesItemLine()
    line.Amount = 100
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Ref()
    line.SalesItemLineDetail.ItemRef.value = "1"
    invoice = Invoice()
    invoice.CustomerRef = Customer.get(6, qb=books).to_ref()
    invoice.Line.append(line)
    made = invoice.save(qb=books)
    assert (made.TotalAmt, made.Balance) == (100, 100)
    payment = Payment()
    payment.CustomerRef = made.CustomerRef
    payment.TotalAmt = 100
    part = PaymentLine()
    part.Amount = 100
    part.LinkedTxn.append(made.to_linked_txn())
    payment.Line.append(part)
    paid = payment.save(qb=books)
    assert Invoice.get(made.Id, qb=books).Balance == 0
    paid.void(qb=books)
    assert Payment.get(paid.Id, qb=books).PrivateNote == "Voided"
    now = Invoice.get(made.Id, qb=books)
    assert now.Balance == 100
    now.void(qb=books)
    assert Invoice.get(made.Id, qb=books).TotalAmt == 0
    Invoice.get(made.Id, qb=books).delete(qb=books)
    with pytest.raises(exceptions.ObjectNotFoundException):
        Invoice.get(made.Id, qb=books)


def test_batches(books: QuickBooks) -> None:
    customers = []
    for n in range(32):
        customer = Customer()
        customer.DisplayName = "O'Brien Roofing" if n == 5 else f"Batch {n}"
        customers.append(customer)
    made = batch_create(customers, qb=books)
    assert len(made.successes) == 31
    (fault,) = made.faults
    assert fault.Error[0].code == "6240"
    assert fault.original_object.DisplayName == "O'Brien Roofing"
    found = Customer.where("DisplayName LIKE 'Batch %'", max_results=1000, qb=books)
    for customer in found[:3]:
        customer.Notes = "batched"
    assert len(batch_update(found[:3], qb=books).successes) == 3
    assert Customer.get(found[0].Id, qb=books).Notes == "batched"


def test_change_data_capture(sandbox: SandboxProcess, books: QuickBooks) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    made = sandbox.control("POST", f"{NAME}/customers", {"DisplayName": "Seen by the feed"})
    gone = sandbox.control("POST", f"{NAME}/customers", {"DisplayName": "Gone by then"})
    sandbox.control("DELETE", f"{NAME}/customers/{gone['Id']}")
    found = change_data_capture([Customer, Term], since.strftime("%Y-%m-%dT%H:%M:%SZ"), qb=books)
    shown = {customer.Id: customer for customer in found.Customer}
    assert shown[made["Id"]].DisplayName == "Seen by the feed"
    assert shown[gone["Id"]].status == "Deleted"
    with pytest.raises(exceptions.UnsupportedException):
        change_data_capture([Customer], "2020-01-01T00:00:00Z", qb=books)


def test_errors_and_limits(sandbox: SandboxProcess, books: QuickBooks) -> None:
    sandbox.order({"vendor": NAME, "kind": "expire_access_token", "times": 1})
    with pytest.raises(exceptions.AuthorizationException) as expired:
        Customer.get(1, qb=books)
    assert expired.value.error_code == 401
    assert '"code":"3200"' in expired.value.detail
    books.auth_client.refresh()
    books._start_session()
    assert Customer.get(1, qb=books).Id == "1"
    switch(sandbox, monthly_reads=1)
    with pytest.raises(exceptions.QuickbooksException, match="ThrottleExceeded"):
        Customer.get(1, qb=books)
    switch(sandbox, monthly_reads=0)
    switch(sandbox, outage="500")
    with pytest.raises(exceptions.SevereException) as down:
        Customer.get(1, qb=books)
    switch(sandbox, outage="none")
    assert down.value.error_code == 10000


def test_its_own_check_of_a_signature(books: QuickBooks) -> None:
    body = '[{"type":"qbo.customer.created.v1"}]'
    assert books.validate_webhook_signature(body, signature("token", body.encode()), "token")
    assert not books.validate_webhook_signature(body, signature("other", body.encode()), "token")
