"""Webhooks: names, bodies, signature, retries, and who does not get any."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

import pytest

from ml_sandbox.vendors.wave.webhooks import delays_seconds, signature
from tests.support.clock import settle

from .bench import RECEIVER, SECRET, Bench

SETTLING = {
    "invoice_id", "customer_id", "currency_code", "amount_due", "amount_paid", "total", "due_date",
}  # fmt: skip
#: Source: specs/wave/examples.json, `webhook_events`.
DATA_KEYS = {
    "invoice.approved": {"invoice_id"},
    "invoice.sent": SETTLING,
    "invoice.viewed": {"invoice_id", "view_timestamp"},
    "invoice.partially_paid": SETTLING,
    "invoice.paid": SETTLING,
    "invoice.overpaid": SETTLING,
    "invoice.overdue": {
        "invoice_id", "customer_id", "currency_code", "issue_date", "due_date", "invoice_balance",
    },
}  # fmt: skip


def test_the_signature_vector() -> None:
    """Source: specs/wave/examples.json, `webhook_vector`."""
    business = "QnVzaW5lc3M6MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1"
    body = (
        '{"event_id":"0f8f2c1e-6a55-4e0e-9c58-2f1f5b1f0001","event_type":"invoice.overdue",'
        f'"business_id":"{business}","data":{{"invoice_id":"{business}O0ludm9pY2U6MjAwMQ==",'
        f'"customer_id":"{business}O0N1c3RvbWVyOjEwMDE=","currency_code":"USD",'
        '"issue_date":"2026-04-01","due_date":"2026-04-30","invoice_balance":"200.00"}}'
    )
    digest = "3eb6e750982e2e0e81b2de8de0ee0430b4f14d91be6397b37347d9d9cfd21591"
    signed = signature("wave-example-secret", body.encode(), 1777600000)
    assert signed == f"t=1777600000,v1={digest}"


async def test_every_real_event_and_its_data(wave: Bench) -> None:
    await wave.listen()
    made = await wave.invoice("1200.00", dueDate="2026-05-04", currency="USD")
    for action, body in (
        ("approve", {}),
        ("send", {}),
        ("view", {}),
        ("pay", {"amount": "200.00"}),
        ("pay", {"amount": "1000.00"}),
        ("pay", {"amount": "1.50"}),
    ):
        await wave.act(made, action, **body)
    other = await wave.invoice("200.00", "send", dueDate="2026-05-04")
    await settle()
    assert [posted.url for posted in wave.outbox.posted] == [RECEIVER] * 8
    wave.outbox.posted.clear()
    await wave.control("POST", "wave/invoices", {"customerId": made["customer"]["id"]})
    await settle()
    assert wave.told() == []  # a draft is told to nobody
    await wave.advance(86_400)
    overdue = [posted.json for posted in wave.outbox.posted]
    (mine,) = [event for event in overdue if event["data"]["invoice_id"] == other["id"]]
    assert mine["event_type"] == "invoice.overdue"
    assert mine["data"]["invoice_balance"] == "200.00"
    assert mine["business_id"] == wave.business_id


async def test_the_keys_of_each_body(wave: Bench) -> None:
    await wave.listen()
    made = await wave.invoice("1200.00", "approve", "send", "view", dueDate="2026-05-04")
    for amount in ("200.00", "1000.00", "1.50"):
        await wave.act(made, "pay", amount=amount)
    await wave.invoice("10.00", "approve", dueDate="2026-05-04")
    await wave.advance(86_400)
    found = {event["event_type"]: event for event in (p.json for p in wave.outbox.posted)}
    assert {name: set(event["data"]) for name, event in found.items()} == DATA_KEYS
    for event in found.values():
        assert set(event) == {"event_id", "event_type", "business_id", "data"}
        assert UUID(event["event_id"]).version == 4
    assert found["invoice.overpaid"]["data"]["amount_due"] == "-1.50"
    assert found["invoice.viewed"]["data"]["view_timestamp"] == "2026-05-04T09:00:00.000+00:00"


async def test_a_delivery_is_signed_over_time_and_body(wave: Bench) -> None:
    await wave.listen("invoice.approved")
    await wave.invoice("5.00", "approve", "send")
    await settle()
    (posted,) = wave.outbox.posted
    seconds = 1777885200  # 2026-05-04T09:00:00Z
    assert posted.headers["x-wave-signature"] == signature(SECRET, posted.body, seconds)
    assert "x-wave-timestamp" not in posted.headers


async def test_the_bare_signature_by_switch(wave: Bench) -> None:
    await wave.switch(webhook_signature="bare", webhook_timestamp_header=True)
    await wave.listen()
    await wave.invoice("5.00", "approve")
    await settle()
    value = wave.last.headers["x-wave-signature"]
    assert value == signature(SECRET, wave.last.body, None)
    assert len(value) == 64
    assert wave.last.headers["x-wave-timestamp"] == "1777885200"


async def test_two_v1_parts_by_switch(wave: Bench) -> None:
    await wave.switch(webhook_second_v1=True)
    await wave.listen()
    await wave.invoice("5.00", "approve")
    await settle()
    time, other, right = wave.last.headers["x-wave-signature"].split(",")
    assert f"{time},{right}" == signature(SECRET, wave.last.body, 1777885200)
    assert other.startswith("v1=")
    assert other != right


@pytest.mark.parametrize("form", ["opaque", "number", "text"])
async def test_forms_of_ids(wave: Bench, form: str) -> None:
    await wave.switch(webhook_ids=form)
    await wave.listen()
    made = await wave.invoice("5.00", "approve")
    await settle()
    event = wave.last.json
    number = int(base64.b64decode(made["id"]).decode().rpartition(":")[2])
    uuid = base64.b64decode(wave.business_id).decode().partition(":")[2]
    expected: dict[str, Any] = {"opaque": made["id"], "number": number, "text": str(number)}
    assert event["data"]["invoice_id"] == expected[form]
    assert event["business_id"] == (wave.business_id if form == "opaque" else uuid)


@pytest.mark.parametrize(
    ("kind", "body"), [("empty", b""), ("other", b'{"test":true}'), ("none", None)]
)
async def test_the_portal_probes_unsigned_and_uncounted(
    wave: Bench, kind: str, body: bytes | None
) -> None:
    await wave.switch(webhook_probe=kind)
    await wave.order({"vendor": "wave", "kind": "webhook_drop"})
    registered = {"url": RECEIVER, "secret": SECRET, "events": []}
    await wave.control("PUT", "wave/webhook", registered)
    await settle()
    assert [posted.body for posted in wave.outbox.posted] == ([] if body is None else [body])
    assert all("x-wave-signature" not in posted.headers for posted in wave.outbox.posted)
    counted = await wave.control("GET", "counters")
    assert counted["webhooks"]["wave"]["sent"] == 0


async def test_retries_follow_the_clock_and_are_signed_anew(wave: Bench) -> None:
    await wave.listen()
    wave.outbox.answers += [500, None, 200]
    await wave.invoice("5.00", "approve")
    await settle()
    await wave.advance(5)
    await wave.clock.advance(10)  # the second attempt waits in vain for its answer
    await wave.advance(30)
    first, second, third = wave.outbox.posted
    assert first.body == second.body == third.body
    times = [p.headers["x-wave-signature"].partition(",")[0] for p in (first, second, third)]
    assert times == ["t=1777885200", "t=1777885205", "t=1777885245"]
    counted = (await wave.control("GET", "counters"))["webhooks"]["wave"]
    assert counted == {"sent": 1, "answered": 1, "retried": 2, "dropped": 0}


async def test_a_retry_may_keep_its_old_signature(wave: Bench) -> None:
    await wave.switch(webhook_retry_signs_anew=False)
    await wave.listen()
    wave.outbox.answers.append(500)
    await wave.invoice("5.00", "approve")
    await settle()
    await wave.advance(5)
    first, second = wave.outbox.posted
    assert first.headers == second.headers


async def test_the_portal_gives_up_in_the_end(wave: Bench) -> None:
    await wave.switch(webhook_retry_delays="1", webhook_disabled_after=1)
    await wave.listen()
    wave.outbox.answers += [500, 500]
    await wave.invoice("5.00", "approve")
    await settle()
    await wave.advance(1)
    await wave.invoice("5.00", "approve")
    await settle()
    assert len(wave.outbox.posted) == 2


async def test_only_what_was_chosen(wave: Bench) -> None:
    await wave.listen("invoice.paid", "estimate.*")
    made = await wave.invoice("5.00", "approve", "send")
    await wave.act(made, "pay")
    await settle()
    assert wave.told() == ["invoice.paid"]


async def test_the_product_texts_names_by_switch(wave: Bench) -> None:
    await wave.listen("customer.*", "invoice.created", "invoice.updated", "payment.created")
    made = await wave.invoice("5.00", "approve")
    await settle()
    assert wave.told() == []
    await wave.switch(product_text_events=True)
    customer = await wave.customer()
    await wave.act(customer, "archive")
    await wave.act(made, "pay")
    await wave.invoice("5.00", customerId=customer["id"])
    await settle()
    assert wave.told() == [
        "customer.created",
        "customer.updated",
        "invoice.updated",
        "payment.created",
        "invoice.created",
    ]
    bodies = [json.loads(posted.body)["data"] for posted in wave.outbox.posted]
    assert bodies[0] == {"customer_id": customer["id"]}
    assert set(bodies[3]) == {"payment_id", "invoice_id"}


async def test_nothing_without_the_scope_or_the_plan(wave: Bench) -> None:
    await wave.listen()
    token = await wave.access_token()
    await wave.order({"kind": "revoke_scope", "scope": "invoice:read", "times": 1})
    await wave.ask("{ user { id } }", token=token)
    await wave.invoice("5.00", "approve")
    await settle()
    assert wave.told() == []
    granted = (await wave.exchange((await wave.authorize())["code"])).body
    await wave.invoice("5.00", "approve")
    await settle()
    assert wave.told() == ["invoice.approved"]
    await wave.switch(plan_lapsed=True)
    await wave.invoice("5.00", "approve")
    await wave.switch(plan_lapsed=False)
    await wave.form("token-revoke", token=granted["access_token"])
    await wave.invoice("5.00", "approve")
    await settle()
    assert wave.told() == ["invoice.approved"]
    counted = await wave.control("GET", "counters")
    assert counted["webhooks"]["wave"]["dropped"] == 0


async def test_what_the_portal_refuses(wave: Bench) -> None:
    for body in (
        {"url": "https://example.com/h", "secret": "s", "events": []},
        {"url": RECEIVER, "secret": "", "events": []},
        {"url": RECEIVER, "secret": "s", "events": ["invoice.deleted"]},
    ):
        reply = await wave.call("PUT", "/_sandbox/wave/webhook", body)
        assert reply.status == 400, body


def test_delays_are_read_from_text() -> None:
    assert delays_seconds("5, 30,x,-1,nan,inf,,2.5") == [5.0, 30.0, 2.5]
