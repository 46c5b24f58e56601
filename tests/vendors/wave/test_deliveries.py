"""What the sandbox's Wave posts is proven and names the record, in each form of its ids."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ml_connector.core.faults import Forged
from ml_connector.core.vendor import Delivery, Proofs
from ml_connector.vendors.wave import VENDOR
from tests.support.clock import settle
from tests.support.sandbox import Posted
from tests.vendors.wave.books import Books

HOOK = "http://127.0.0.1:8080/hooks/x"
SECRET = "wave-sample-secret"
HOOKS = VENDOR.webhooks


def delivered(books: Books, posted: Posted, late_seconds: float = 0.0) -> Delivery:
    at = books.sandbox.clock.now() + timedelta(seconds=late_seconds)
    return Delivery(posted.body, posted.headers, at)


async def posts(books: Books, *events: str) -> list[Posted]:
    """The deliveries of an invoice that is made, approved, sent and paid; the probe comes first."""
    await books.sandbox.control(
        "PUT", "wave/webhook", {"url": HOOK, "secret": SECRET, "events": list(events)}
    )
    made = await books.new_invoice()
    for action in ("approve", "send", "pay"):
        await books.human("POST", "invoices", made["id"], action)
    await books.sandbox.clock.advance(2)
    await settle()
    return books.sandbox.outbox.posted


async def newest_invoice(books: Books) -> str:
    return list(await books.listed("invoices"))[-1]


@pytest.mark.parametrize("form", ["opaque", "number", "text"])
async def test_each_is_proven_and_names_its_record(books: Books, form: str) -> None:
    await books.switch(webhook_ids=form)
    probe, *rest = await posts(books)
    assert HOOKS.is_probe(delivered(books, probe))
    key = await newest_invoice(books)
    told = []
    for posted in rest:
        delivery = delivered(books, posted)
        HOOKS.verify(delivery, Proofs({"webhook_secret": (SECRET,)}, {}))
        (hint,) = HOOKS.read(delivery)
        assert HOOKS.same_account(hint.account, books.business)
        assert (hint.object, HOOKS.same_key(hint.key, key)) == ("invoices", True)
        told.append(hint.event_type)
    assert told == ["invoice.approved", "invoice.sent", "invoice.paid"]


async def test_the_events_of_the_products_text_are_read_too(books: Books) -> None:
    await books.switch(product_text_events=True)
    _, *rest = await posts(books)
    hints = [HOOKS.read(delivered(books, posted))[0] for posted in rest]
    key = await newest_invoice(books)
    told = {hint.event_type for hint in hints}
    assert {"invoice.created", "invoice.updated", "payment.created"} <= told
    assert {(hint.object, hint.key) for hint in hints} == {("invoices", key)}


async def test_bare_signatures_are_proven_where_they_are_set(books: Books) -> None:
    await books.switch(webhook_signature="bare")
    delivery = delivered(books, (await posts(books))[-1])
    secrets = {"webhook_secret": (SECRET,)}
    HOOKS.verify(delivery, Proofs(secrets, {"webhook_signature": "bare"}))
    with pytest.raises(Forged):
        HOOKS.verify(delivery, Proofs(secrets, {}))


@pytest.mark.parametrize("late_seconds", [-120, 400])
async def test_a_delivery_that_is_late_or_early_is_forged(
    books: Books, late_seconds: float
) -> None:
    delivery = delivered(books, (await posts(books))[-1], late_seconds)
    with pytest.raises(Forged):
        HOOKS.verify(delivery, Proofs({"webhook_secret": (SECRET,)}, {}))
