"""Deliveries: what is told, how it is signed, retries, loss and disorder."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from ml_sandbox.vendors.freshbooks import postings
from tests.support.clock import settle

from .bench import READ, RECEIVER, Bench, fields, signed_by

HOUR = 3600.0
VECTORS = (
    Path(__file__).resolve().parents[4] / "shared/specs/freshbooks/webhook-signature-vectors.json"
)


async def test_each_callback_has_a_verifier_of_its_own(books: Bench) -> None:
    _, clients = await books.listen("client", f"{RECEIVER}/c")
    _, invoices = await books.listen("invoice", f"{RECEIVER}/i")
    await books.invoice()
    await settle()
    of = {posted.url[-1]: posted for posted in books.outbox.posted}
    assert signed_by(of["c"], clients)
    assert not signed_by(of["c"], invoices)
    assert signed_by(of["i"], invoices)


async def test_an_event_holds_ids_alone_in_their_order(books: Bench) -> None:
    await books.listen("invoice")
    made = await books.invoice()
    await settle()
    told = fields(books.outbox.posted[-1])
    assert list(told) == [
        "name", "object_id", "account_id", "business_id", "identity_id", "user_id",
    ]  # fmt: skip
    assert told["name"] == "invoice.create"
    assert told["object_id"] == str(made["id"])
    assert told["business_id"] == "5511"


async def test_two_true_changes_by_one_user_look_the_same(books: Bench) -> None:
    await books.listen("client.update")
    made = await books.client()
    for name in ("One", "Two"):
        await books.control("PATCH", f"freshbooks/clients/{made['id']}", {"organization": name})
        await settle()
    first, second = books.outbox.posted
    assert first.body == second.body
    assert first.headers == second.headers


async def test_a_noun_hears_all_of_its_verbs_and_a_verb_only_itself(books: Bench) -> None:
    await books.listen("client", f"{RECEIVER}/all")
    await books.listen("client.delete", f"{RECEIVER}/one")
    made = await books.client()
    path = f"freshbooks/clients/{made['id']}"
    await books.control("PATCH", path, {"fname": "Zoë"})
    await books.control("DELETE", path)
    await settle()
    to = [posted.url.rpartition("/")[2] for posted in books.outbox.posted]
    assert (to.count("all"), to.count("one")) == (3, 1)
    assert set(books.told()) == {"client.create", "client.update", "client.delete"}


async def test_our_own_writes_are_told_too(books: Bench) -> None:
    await books.listen("client")
    await books.done("POST", "clients", organization="Ours")
    await settle()
    assert books.told() == ["client.create"]


async def test_the_life_of_an_invoice_in_events(books: Bench) -> None:
    for noun in ("invoice", "payment"):
        await books.listen(noun)
    made = await books.invoice("100.00", "send", "view", "pay")
    await books.control("PATCH", f"freshbooks/invoices/{made['id']}", {"notes": "Thanks"})
    await books.control("DELETE", f"freshbooks/invoices/{made['id']}")
    await settle()
    assert books.told() == [
        "invoice.create", "invoice.update", "payment.create", "invoice.update", "invoice.delete",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("switch", "names"),
    [
        ("payment_fires_invoice_update", ["payment.create", "invoice.update"]),
        ("view_fires_invoice_update", ["invoice.update", "payment.create"]),
    ],
)
async def test_what_else_may_fire_is_a_switch(books: Bench, switch: str, names: list[str]) -> None:
    await books.switch(**{switch: True})
    made = await books.invoice("100.00", "send")
    for noun in ("invoice", "payment"):
        await books.listen(noun)
    for action in ("view", "pay"):
        await books.act("invoices", made["id"], action)
    await settle()
    assert books.told() == names


@pytest.mark.parametrize(
    ("event", "state", "expected"),
    [
        ("update", 2, ["client.update"]),
        ("delete", 2, ["client.delete"]),
        ("none", 2, []),
    ],
)
async def test_what_archiving_fires_is_a_switch(
    books: Bench, event: str, state: int, expected: list[str]
) -> None:
    made = await books.client()
    await books.listen("client")
    await books.switch(archive_event=event)
    await books.control("PATCH", f"freshbooks/clients/{made['id']}", {"vis_state": state})
    await settle()
    assert books.told() == expected


async def test_restoring_fires_what_its_switch_says(books: Bench) -> None:
    made = await books.client()
    await books.control("DELETE", f"freshbooks/clients/{made['id']}")
    await books.listen("client")
    await books.switch(restore_event="create")
    await books.act("clients", made["id"], "restore")
    await settle()
    assert books.told() == ["client.create"]


@pytest.mark.parametrize("answer", [500, 301, 404, None])
async def test_failures_are_retried_a_few_times_and_then_lost(
    books: Bench, answer: int | None
) -> None:
    """Three hundred and one is a failure, and so is no answer within ten seconds."""
    _, verifier = await books.listen("client")
    books.outbox.answers += [answer] * 10
    began = books.clock.monotonic()
    await books.client()
    for _ in range(4):
        await books.clock.advance(2 * HOUR)
    at = [posted.at_seconds - began for posted in books.outbox.posted]
    late = 10 if answer is None else 0
    spaced = [0, 60 + late, 360 + 2 * late, 1260 + 3 * late, 4860 + 4 * late]
    assert at == pytest.approx(spaced)
    assert all(signed_by(posted, verifier) for posted in books.outbox.posted)
    counted = (await books.control("GET", "counters"))["webhooks"]["freshbooks"]
    assert counted == {"sent": 2, "answered": 1, "retried": 4, "dropped": 1}


async def test_the_retries_are_a_switch(books: Bench) -> None:
    await books.switch(webhook_retry_minutes="2")
    await books.listen("client")
    books.outbox.answers += [500, 200]
    await books.client()
    await books.clock.advance(121)
    assert len(books.outbox.posted) == 2


async def test_deliveries_may_be_delayed_lost_doubled_and_overtaken(books: Bench) -> None:
    await books.listen("client")
    await books.order({"operation": "client.create", "kind": "webhook_drop", "times": 1})
    await books.client()
    await settle()
    assert books.told() == []
    await books.order({"operation": "client.update", "kind": "webhook_reorder", "times": 1})
    made = await books.client()
    await books.control("PATCH", f"freshbooks/clients/{made['id']}", {"fname": "A"})
    await books.control("DELETE", f"freshbooks/clients/{made['id']}")
    await settle()
    assert books.told() == ["client.create", "client.delete", "client.update"]
    await books.order({"operation": "client.*", "kind": "webhook_duplicate", "times": 1})
    books.outbox.posted.clear()
    await books.client()
    await settle()
    assert books.told() == ["client.create"] * 2


async def test_the_older_form_of_a_delivery(books: Bench) -> None:
    _, verifier = await books.listen("client")
    await books.switch(webhook_legacy_fields=True)
    await books.client()
    await settle()
    told = fields(books.outbox.posted[-1])
    assert next(iter(told)) == "user_id"
    assert told["system"].startswith("https://")
    assert signed_by(books.outbox.posted[-1], verifier)


async def test_the_signature_of_the_products_description(books: Bench) -> None:
    await books.switch(webhook_signature="raw")
    await books.listen("client")
    await books.client()
    await settle()
    posted = books.outbox.posted[-1]
    made = postings.raw_signature(books.credentials["webhook_secret"], posted.body)
    assert posted.headers["X-FreshBooks-Hmac-SHA256"] == made


async def test_bills_are_told_to_those_who_ask_and_to_nobody_else(books: Bench) -> None:
    await books.login(f"{READ} user:bills:read")
    for noun in ("client", "invoice", "payment"):
        await books.listen(noun)
    bill = await books.control("POST", "freshbooks/bills", {"amount": "12.00"})
    await settle()
    assert books.told() == []
    await books.listen("bill")
    await books.control("DELETE", f"freshbooks/bills/{bill['id']}")
    await settle()
    assert books.told() == ["bill.delete"]


def test_signature_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("the vectors lie outside of this repository and are not there")
    given = json.loads(VECTORS.read_text())
    for vector in given["vectors"]:
        parsed = dict(parse_qsl(vector["body"], keep_blank_values=True))
        assert postings.signed_text(parsed) == vector["signed_text"]
        expected = vector["X-FreshBooks-Hmac-SHA256"]
        assert postings.signature(given["verifier"], parsed) == expected


async def test_retries_need_not_end_until_the_callback_is_gone(books: Bench) -> None:
    """As the product's description has it."""
    await books.switch(webhook_retries_end=False, webhook_retry_minutes="1,60")
    number, _ = await books.listen("client")
    books.outbox.answers += [500] * 100
    await books.client()
    await books.clock.advance(10 * HOUR)
    assert len(books.outbox.posted) == 11
    await books.ask("DELETE", f"{books.callbacks}/{number}")
    await books.clock.advance(10 * HOUR)
    assert len(books.outbox.posted) == 11
