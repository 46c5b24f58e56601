"""Callbacks: registration, the handshake, proof, disabling and revival."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.clock import settle

from .bench import RECEIVER, Bench, fields, signed_by

HOUR = 3600.0
VECTORS = (
    Path(__file__).resolve().parents[4] / "shared/specs/freshbooks/webhook-signature-vectors.json"
)


async def test_a_callback_is_created_unproven_and_told_its_code_before_the_answer(
    books: Bench,
) -> None:
    made = await books.register("invoice")
    assert made["verified"] is False
    assert made["event"] == "invoice"
    assert made["uri"] == RECEIVER
    assert made["updated_at"].endswith("Z")
    (handshake,) = books.outbox.posted
    told = fields(handshake)
    assert list(told) == [
        "name", "object_id", "account_id", "business_id", "identity_id", "user_id", "verifier",
    ]  # fmt: skip
    assert told["name"] == "callback.verify"
    assert told["object_id"] == str(made["callbackid"])
    assert told["account_id"] == books.account_id
    assert handshake.headers["content-type"] == "application/x-www-form-urlencoded"
    assert signed_by(handshake, told["verifier"])


async def test_the_handshake_may_come_after_the_answer(books: Bench) -> None:
    await books.order({"operation": "callback.verify", "kind": "webhook_delay", "seconds": 90})
    create = asyncio.ensure_future(books.register("invoice"))
    await settle()
    assert not create.done()
    await books.advance(1)
    assert (await create)["verified"] is False
    assert books.outbox.posted == []
    await books.advance(90)
    assert books.told() == ["callback.verify"]


async def test_without_the_switch_the_answer_waits_for_nothing(books: Bench) -> None:
    await books.switch(handshake_before_answer=False)
    await books.order({"operation": "callback.verify", "kind": "webhook_drop"})
    assert (await books.register("invoice"))["verified"] is False
    assert books.outbox.posted == []


async def test_a_code_is_proven_by_handing_it_back(books: Bench) -> None:
    made = await books.register("invoice")
    code = fields(books.outbox.posted[-1])["verifier"]
    wrong = await books.prove(made["callbackid"], "not-it")
    assert wrong.status == 422
    assert wrong.body["details"] == ["verifier: Value error, Invalid verifier."]
    await books.switch(wrong_verifier_status=400)
    assert (await books.prove(made["callbackid"], "not-it")).status == 400
    right = await books.prove(made["callbackid"], code)
    assert right.body["response"]["result"]["callback"]["verified"] is True
    read = await books.ask("GET", f"{books.callbacks}/{made['callbackid']}")
    assert read.body["response"]["result"]["callback"]["verified"] is True


async def test_nothing_is_told_before_the_proof(books: Bench) -> None:
    await books.register("client")
    books.outbox.posted.clear()
    await books.client()
    await settle()
    assert books.outbox.posted == []


async def test_the_postman_form_of_the_proof_is_taken(books: Bench) -> None:
    made = await books.register("invoice")
    code = fields(books.outbox.posted[-1])["verifier"]
    body = {"callback": {"callback_id": made["callbackid"], "verifier": code}}
    reply = await books.ask("PUT", f"{books.callbacks}/{made['callbackid']}", body)
    assert reply.body["response"]["result"]["callback"]["verified"] is True


async def test_asking_for_the_code_gives_a_new_one_and_the_old_signs_until_it_is_proven(
    books: Bench,
) -> None:
    number, first = await books.listen("client")
    await books.ask("PUT", f"{books.callbacks}/{number}", {"callback": {"resend": True}})
    second = fields(books.outbox.posted[-1])["verifier"]
    assert second != first
    await books.client()
    await settle()
    assert signed_by(books.outbox.posted[-1], first)
    assert (await books.prove(number, first)).status == 422
    assert (await books.prove(number, second)).status == 200
    await books.client()
    await settle()
    assert signed_by(books.outbox.posted[-1], second)


async def test_by_switch_the_same_code_is_sent_again(books: Bench) -> None:
    await books.switch(resend_issues_new_code=False)
    number, first = await books.listen("client")
    await books.ask("PUT", f"{books.callbacks}/{number}", {"callback": {"resend": True}})
    assert fields(books.outbox.posted[-1])["verifier"] == first


async def test_refused_registrations(books: Bench) -> None:
    reply = await books.ask(
        "POST", books.callbacks, {"callback": {"event": "all", "uri": "nowhere"}}
    )
    assert reply.status == 422
    assert reply.body == {
        "errno": 422,
        "message": "The request was well-formed but was unable to be followed due to semantic "
        "errors.",
        "details": [
            "event: Value error, Unrecognized event.",
            "uri: Input should be a valid URL, relative URL without a base",
        ],
    }
    earlier = await books.ask(
        "POST",
        books.callbacks,
        {"callback": {"event": "all", "uri": "x"}},
        {"Api-Version": "alpha"},
    )
    assert earlier.body["code"] == 3
    violations = earlier.body["details"][0]["fieldViolations"]
    assert [violation["field"] for violation in violations] == ["event", "uri"]


@pytest.mark.parametrize(
    "event", ["client.sendByEmail", "invoice.paid", "*", "", "callback.verify"]
)
async def test_unknown_events(books: Bench, event: str) -> None:
    reply = await books.ask(
        "POST", books.callbacks, {"callback": {"event": event, "uri": RECEIVER}}
    )
    assert reply.status == 422


async def test_send_by_email_is_an_event_by_switch(books: Bench) -> None:
    body = {"callback": {"event": "invoice.sendByEmail", "uri": RECEIVER}}
    assert (await books.ask("POST", books.callbacks, body)).status == 422
    await books.switch(send_by_email_events=True)
    await books.listen("invoice.sendByEmail")
    made = await books.invoice()
    await books.done("PUT", "invoices", made["id"], action_email=True, email_recipients=["a@b.co"])
    await settle()
    assert books.told() == ["invoice.sendByEmail"]


async def test_plain_http_is_refused_by_switch(books: Bench) -> None:
    await books.switch(webhook_https_only=True)
    reply = await books.ask(
        "POST", books.callbacks, {"callback": {"event": "client", "uri": RECEIVER}}
    )
    assert reply.body["details"] == ["uri: URL scheme should be 'https'"]


async def test_each_noun_needs_its_read_scope(books: Bench) -> None:
    await books.login("user:profile:read user:clients:read")
    body = {"callback": {"event": "payment", "uri": RECEIVER}}
    reply = await books.ask("POST", books.callbacks, body)
    assert reply.status == 403
    assert reply.body["errno"] == 403
    assert "user:payments:read" in reply.body["message"]
    await books.listen("client.update")


async def test_a_list_of_callbacks_by_event_finds_the_parent_noun_too(books: Bench) -> None:
    for event in ("invoice", "invoice.create", "client"):
        await books.register(event)
    found = (await books.ask("GET", books.callbacks)).body["response"]["result"]
    assert (found["total"], found["pages"], found["per_page"]) == (3, 1, 15)
    chosen = await books.ask("GET", books.callbacks, **{"search[event]": "invoice.create"})
    events = [c["event"] for c in chosen.body["response"]["result"]["callbacks"]]
    assert sorted(events) == ["invoice", "invoice.create"]


async def test_no_callbacks_are_no_pages(books: Bench) -> None:
    found = (await books.ask("GET", books.callbacks)).body["response"]["result"]
    assert (found["callbacks"], found["pages"], found["total"]) == ([], 0, 0)


async def test_deleting_one_answers_204_and_ends_it(books: Bench) -> None:
    number, _ = await books.listen("client")
    gone = await books.ask("DELETE", f"{books.callbacks}/{number}")
    assert (gone.status, gone.content) == (204, b"")
    again = await books.ask("GET", f"{books.callbacks}/{number}")
    assert again.status == 404
    assert again.body == {"errno": 404, "message": "Requested resource could not be found."}
    await books.client()
    await settle()
    assert books.outbox.posted == []


async def test_another_address_has_to_be_proven_anew(books: Bench) -> None:
    number, verifier = await books.listen("client")
    moved = {"callback": {"uri": f"{RECEIVER}/moved"}}
    reply = await books.ask("PUT", f"{books.callbacks}/{number}", moved)
    assert reply.body["response"]["result"]["callback"]["verified"] is False
    assert books.outbox.posted[-1].url == f"{RECEIVER}/moved"
    assert fields(books.outbox.posted[-1])["verifier"] != verifier


async def test_a_day_of_failures_disables_a_callback_until_it_is_revived(books: Bench) -> None:
    number, first = await books.listen("client")
    books.outbox.answers += [500] * 100
    for _ in range(14):
        await books.client()
        await books.clock.advance(2 * HOUR)
    books.outbox.answers.clear()
    shown = (await books.ask("GET", f"{books.callbacks}/{number}")).status
    assert shown == 401  # the token did not live that long either
    await books.login()
    read = await books.ask("GET", f"{books.callbacks}/{number}")
    assert read.body["response"]["result"]["callback"]["verified"] is False
    (stored,) = await books.control("GET", "freshbooks/callbacks")
    assert stored["disabled"] is True
    books.outbox.posted.clear()
    await books.client()
    await settle()
    assert books.outbox.posted == []
    await books.ask("PUT", f"{books.callbacks}/{number}", {"callback": {"resend": True}})
    code = fields(books.outbox.posted[-1])["verifier"]
    assert (await books.prove(number, first)).status == 422
    assert (await books.prove(number, code)).status == 200
    await books.client()
    await settle()
    assert books.told()[-1] == "client.create"


async def test_one_good_answer_keeps_a_callback_alive(books: Bench) -> None:
    await books.listen("client")
    for place in range(14):
        books.outbox.answers = [200] if place == 7 else [500] * 5
        await books.client()
        await books.clock.advance(2 * HOUR)
    (stored,) = await books.control("GET", "freshbooks/callbacks")
    assert stored["disabled"] is False


async def test_a_human_may_disable_one_and_it_may_look_alive(books: Bench) -> None:
    number, _ = await books.listen("client")
    await books.switch(disabled_callback_shows="verified")
    await books.act("callbacks", number, "disable")
    read = await books.ask("GET", f"{books.callbacks}/{number}")
    assert read.body["response"]["result"]["callback"]["verified"] is True
    await books.client()
    await settle()
    assert books.outbox.posted == []


async def test_sql_form_of_a_callbacks_time(books: Bench) -> None:
    await books.switch(callback_updated_at="sql")
    assert (await books.register("client"))["updated_at"] == "2026-05-04 05:00:00"
