"""The real client over the real wire, against the simulated Acumatica in this process."""

from __future__ import annotations

import pytest

from ml_connector.core.faults import (
    Missing,
    NeedsPerson,
    Refused,
    UnknownOutcome,
)
from ml_connector.core.objects import SourceObject, TargetObject, TargetRecord
from ml_connector.core.values import Values, same
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.vendors.acumatica import VENDOR, objects, targets, windows
from ml_connector.vendors.acumatica.objects import Billing, Glimpse, Payment
from tests.support.clock import settle
from tests.vendors.acumatica.stand import HOOK_URL, KEY, Stand, cast, order_fields


async def test_identify_tells_tenant_and_versions(stand: Stand) -> None:
    identity = await stand.run(stand.on.client.identify(stand.on.errand))
    assert identity.account == f"sandbox/acumatica@{stand.settings['tenant']}"
    assert "24.200.001" in identity.detail["endpoint_versions"]
    await stand.sign_in(endpoint_version="21.200.001")
    with pytest.raises(NeedsPerson, match=r"24\.200\.001"):
        await stand.run(stand.on.client.identify(stand.on.errand))


@pytest.mark.parametrize("version", ["20.200.001", "22.200.001", "23.200.001", "24.200.001"])
async def test_every_object_is_polled_in_every_version(stand: Stand, version: str) -> None:
    await stand.sign_in(endpoint_version=version)
    for obj in VENDOR.sources:
        if not obj.is_listed:
            continue
        records, cursor = await stand.poll(obj)
        assert not [r for r in records if isinstance(r, Glimpse)], obj.name
        keys = await stand.run(stand.on.client.all_keys(obj, stand.on.errand))
        assert {r.key() for r in records} <= set(keys)
        assert len(records) == len({r.key() for r in records}) > 0
        again, _ = await stand.poll(obj, cursor)
        assert {(r.key(), r.version()) for r in again} < {
            (r.key(), r.version()) for r in records
        } or obj is objects.ITEMS  # all of one moment


async def test_every_row_is_read_in_small_windows_without_an_order(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = await stand.poll(objects.PAYMENTS)
    monkeypatch.setattr(windows, "PAGE_SIZE", 3)
    await stand.switch(shuffle_lists=True)
    parted, cursor = await stand.poll(objects.PAYMENTS)
    assert {r.key() for r in parted} == {r.key() for r in whole}
    assert cursor["Payment"] == {"mark": max(r.version() for r in whole)}


@pytest.mark.parametrize("obj", [objects.ITEMS, objects.CONTACTS], ids=lambda obj: obj.name)
async def test_rows_of_one_moment_are_read_by_their_numbers(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, obj: SourceObject
) -> None:
    """An import: every call asks for a page at most."""
    whole, _ = await stand.poll(obj)
    for record in whole if obj is objects.CONTACTS else ():
        await stand.human("PATCH", f"contacts/{record.key()}", {"JobTitle": {"value": "Imported"}})
    monkeypatch.setattr(windows, "PAGE_SIZE", 3)
    await stand.switch(shuffle_lists=True)
    parted, _ = await stand.poll(obj)
    assert len({r.version() for r in parted}) == 1
    assert {r.key() for r in parted} == {r.key() for r in whole}
    assert len(parted) > 9


async def test_a_change_is_seen_by_the_next_poll(stand: Stand) -> None:
    _, cursor = await stand.poll(objects.CUSTOMERS)
    await stand.clock.advance(900)
    [first, *_] = await stand.human("GET", "customers")
    name = first["CustomerID"]["value"]
    await stand.human("PATCH", f"customers/{name}", {"CustomerName": {"value": "Renamed, Inc."}})
    seen, _ = await stand.poll(objects.CUSTOMERS, cursor)
    assert (name, "Renamed, Inc.") in [(r.key(), r.called()) for r in seen]
    assert len(seen) == 2  # and the newest before it, in the overlap


async def write_and_compare(stand: Stand, obj: TargetObject, fields: Values) -> TargetRecord:
    """Create it; what comes back, then, later and in a listing, is the same as what was written."""
    created = await stand.create(obj, fields)
    read = await stand.run(stand.on.client.read(obj, [created.id], stand.on.errand))
    [listed] = [r for r in await stand.page(obj) if r.id == created.id]
    for record in (created, read[created.id]):
        there = record.fields
        assert {n: there.get(n) for n in fields if not same(fields[n], there.get(n))} == {}
    assert obj.key_field
    assert listed.fields[obj.key_field] == fields[obj.key_field]
    assert listed.likenesses == created.likenesses
    assert listed.updated_at == read[created.id].updated_at
    return created


async def test_everything_written_comes_back_the_same(stand: Stand) -> None:
    _, item = await cast(stand)
    customer = await write_and_compare(
        stand,
        targets.CUSTOMERS,
        {
            "CustomerName": "Ateliers Münch, Söhne",
            "AccountRef": "pipedrive:1:organizations:42",
            "MainContact.Email": "kontakt@muench.example",
            "MainContact.Phone1": "+49 89 1",
            "MainContact.Address.AddressLine1": "Hauptstr. 1",
            "MainContact.Address.City": "München",
            "MainContact.Address.PostalCode": "80331",
            "MainContact.Address.Country": "DE",
        },
    )
    assert {like.value for like in customer.likenesses} == {
        "ateliers münch, söhne",
        "kontakt@muench.example",
    }
    await write_and_compare(
        stand,
        targets.CONTACTS,
        {
            "FirstName": "Ada",
            "LastName": "Byron",
            "Email": "ada@muench.example",
            "BusinessAccount": customer.id,
            "ExtRefNbr": "pipedrive:1:persons:7",
        },
    )
    order = await write_and_compare(stand, targets.SALES_ORDERS, order_fields(customer.id, item))
    assert order.id.startswith("SO/")
    assert order.fields["Hold"] is True


async def test_an_update_changes_only_what_it_names(stand: Stand) -> None:
    customer, _ = await cast(stand)
    fields: Values = {"MainContact.Email": "new@b.example"}
    before = (await stand.read(objects.CUSTOMERS, customer))[customer]
    updated = await stand.update(targets.CUSTOMERS, customer, fields)
    assert updated.fields["MainContact.Email"] == "new@b.example"
    after = (await stand.read(objects.CUSTOMERS, customer))[customer]
    assert after.main_contact.email == "new@b.example"
    assert after.main_contact.address == before.main_contact.address
    assert after.name == before.name
    with pytest.raises(Missing):
        await stand.update(targets.CUSTOMERS, "C999999", fields)


async def test_a_refusal_is_told_in_acumaticas_words(stand: Stand) -> None:
    customer, _ = await cast(stand)
    with pytest.raises(Refused, match=r"Details 1\.InventoryID") as refused:
        await stand.create(targets.SALES_ORDERS, order_fields(customer, "NOPE"))
    assert refused.value.field == "Details 1.InventoryID"
    with pytest.raises(Refused, match="CustomerID"):
        await stand.create(targets.SALES_ORDERS, order_fields("NOPE", "CONSULTING-HOUR"))


async def test_a_create_never_changes_a_record_that_is_there(stand: Stand) -> None:
    customer, _ = await cast(stand)
    fields: Values = {"CustomerID": customer, "CustomerName": "Another"}
    with pytest.raises(Refused, match="already"):
        await stand.create(targets.CUSTOMERS, fields)


async def test_a_create_without_an_answer_is_found_by_its_key(stand: Stand) -> None:
    customer, item = await cast(stand)
    rule = {"vendor": "acumatica", "operation": "PUT *SalesOrder", "kind": "cut_after", "times": 1}
    await stand.sandbox.order(rule)
    began = stand.clock.now()
    with pytest.raises(UnknownOutcome):
        await stand.create(targets.SALES_ORDERS, order_fields(customer, item))
    await stand.clock.advance(targets.SETTLE.total_seconds())
    found = await stand.page(targets.SALES_ORDERS, began)
    assert [r.fields["ExternalRef"] for r in found if r.fields["ExternalRef"]] == [KEY]


async def test_an_order_moves_by_hold_and_by_actions(stand: Stand) -> None:
    customer, item = await cast(stand)
    order = await stand.create(targets.SALES_ORDERS, order_fields(customer, item, OrderType="IN"))
    await stand.update(targets.SALES_ORDERS, order.id, {"Hold": False})
    seen = (await stand.read(objects.SALES_ORDERS, order.id))[order.id]
    assert (seen.status, seen.hold) == ("Open", False)
    began = stand.clock.monotonic()
    await stand.update(targets.SALES_ORDERS, order.id, {"action": "PrepareSalesInvoice"})
    assert stand.clock.monotonic() > began  # the end of a long operation was waited for
    billing = (await stand.read(objects.BILLING, order.id))[order.id]
    assert [str(invoice.orders[0]) for invoice in billing.invoices] == [order.id]
    with pytest.raises(Refused, match="NoSuchAction"):
        await stand.update(targets.SALES_ORDERS, order.id, {"action": "NoSuchAction"})


async def test_a_billing_follows_invoice_and_payment(stand: Stand) -> None:
    invoices = await stand.human("GET", "sales_invoices")
    [draft, *_] = [i for i in invoices if i["Status"]["value"] in ("Balanced", "On Hold")]
    number = draft["ReferenceNbr"]["value"]
    nbr = next(d["OrderNbr"]["value"] for d in draft["Details"] if d["OrderNbr"])
    key = f"SO/{nbr}"
    before = (await stand.read(objects.BILLING, key))[key]
    assert isinstance(before, Billing)
    assert number in {i.number for i in before.invoices}
    _, payments = await stand.poll(objects.PAYMENTS)
    await stand.clock.advance(900)
    await stand.human("POST", f"sales_invoices/{draft['id']}/release", {})
    await stand.human("POST", f"sales_invoices/{draft['id']}/pay", {"amount": 1})
    after = (await stand.read(objects.BILLING, key))[key]
    [invoice] = [i for i in after.invoices if i.number == number]
    assert invoice.amount.amount - invoice.balance.amount == 1
    assert invoice.amount.currency == after.total.currency
    assert [p.amount.amount for p in invoice.payments] == [1]
    told, _ = await stand.poll(objects.PAYMENTS, payments)
    assert (key,) in [p.orders for p in told if isinstance(p, Payment)]
    open_ones = await stand.run(stand.on.client.open_keys(objects.SALES_INVOICES, stand.on.errand))
    assert invoice.key() in {i.key() for i in open_ones}


async def test_a_deleted_record_is_not_there(stand: Stand) -> None:
    contact, *_ = await stand.human("GET", "contacts")
    key = str(contact["ContactID"]["value"])
    assert (await stand.read(objects.CONTACTS, key))[key].key() == key
    await stand.human("DELETE", f"contacts/{contact['id']}")
    assert await stand.read(objects.CONTACTS, key) == {key: None}
    keys = await stand.run(stand.on.client.all_keys(objects.CONTACTS, stand.on.errand))
    assert key not in keys


async def test_an_invoice_of_its_own(stand: Stand) -> None:
    customer, item = await cast(stand)
    await stand.switch(advanced_so_invoices=True)
    await stand.sign_in(direct_invoices="yes")
    await stand.run(stand.on.client.identify(stand.on.errand))
    line: Values = {"InventoryID": item, "Qty": "2", "UnitPrice": "10"}
    fields: Values = {
        "Type": "Invoice", "CustomerID": customer, "ExternalRef": KEY, "Hold": True,
        "Details": [line],
    }  # fmt: skip
    made = await stand.create(targets.SALES_INVOICES, fields)
    assert made.fields["ExternalRef"] == KEY
    assert made.fields["Details"] == [{"InventoryID": item, "Qty": 2.0, "UnitPrice": 10.0}]
    seen = (await stand.read(objects.SALES_INVOICES, made.id))[made.id]
    assert (seen.external_ref, seen.status) == (KEY, "On Hold")
    assert seen.amount.amount >= 20


async def test_a_change_is_pushed_and_proven(stand: Stand) -> None:
    secret, header = "a-secret-of-the-admin", stand.settings["push_header"]
    hook = {"url": HOOK_URL, "secret": secret, "events": ["customers", "sales_orders"]}
    await stand.sandbox.control("PUT", "acumatica/webhook", hook)
    [first, *_] = await stand.human("GET", "customers")
    name = first["CustomerID"]["value"]
    await stand.human("PATCH", f"customers/{name}", {"CustomerName": {"value": "Renamed, Inc."}})
    await settle()
    await stand.clock.advance(2)
    proofs = Proofs({"webhook_secret": (secret,)}, {"push_header": header})
    hints: list[Hint] = []
    for posted in stand.sandbox.outbox.posted:
        headers = {n.lower(): v for n, v in posted.headers.items()}
        delivery = Delivery(posted.body, headers, stand.clock.now())
        VENDOR.webhooks.verify(delivery, proofs)
        hints += VENDOR.webhooks.read(delivery)
    assert ("customers", name) in {(hint.object, hint.key) for hint in hints}
    account = f"sandbox/acumatica@{stand.settings['tenant']}"
    assert all(VENDOR.webhooks.same_account(hint.account, account) for hint in hints)
