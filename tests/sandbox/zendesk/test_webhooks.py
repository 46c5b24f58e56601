"""Webhooks: subscriptions, bodies, signatures, retries (sheet, section 12)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from tests.support.clock import settle
from tests.support.sandbox import Posted

from .bench import HOOK, Bench

GIVEN = {
    "name": "ours",
    "endpoint": HOOK,
    "http_method": "POST",
    "request_format": "json",
    "status": "active",
}


async def subscribe(desk: Bench, *events: str) -> Any:
    given = {**GIVEN, "subscriptions": [f"zen:event-type:{event}" for event in events]}
    made = await desk.ok("POST", "/webhooks", {"webhook": given})
    return made["webhook"]


async def sent(desk: Bench) -> list[Posted]:
    await settle()
    found = list(desk.sandbox.outbox.posted)
    desk.sandbox.outbox.posted.clear()
    return found


async def test_a_subscription(desk: Bench) -> None:
    made = await subscribe(desk, "organization.created")
    assert "secret" not in made
    path = f"/webhooks/{made['id']}"
    assert (await desk.ok("GET", path))["webhook"] == made
    assert (await desk.ok("GET", "/webhooks"))["webhooks"] == [made]
    assert (await desk.call("GET", f"{path}.json")).status == 404
    secret = (await desk.ok("GET", f"{path}/signing_secret"))["signing_secret"]
    fresh = (await desk.ok("POST", f"{path}/signing_secret"))["signing_secret"]
    assert secret["secret"] != fresh["secret"]
    assert (await desk.call("DELETE", path)).status == 204
    assert (await desk.call("GET", path)).body["errors"][0]["code"] == "WebhookNotFound"


async def test_subscriptions_that_are_refused(desk: Bench) -> None:
    for wrong in (
        {"endpoint": "ftp://x"},
        {"name": ""},
        {"subscriptions": ["zen:event-type:organization.merged"]},
        {"http_method": "GET", "subscriptions": ["zen:event-type:user.created"]},
        {"status": "asleep"},
    ):
        reply = await desk.call("POST", "/webhooks", {"webhook": {**GIVEN, **wrong}})
        assert reply.status == 400, wrong
    hook = await subscribe(desk, "user.created")
    for wrong in ({"endpoint": "x"}, {"subscriptions": "all"}, {"custom_headers": ["a"]}):
        reply = await desk.call("PATCH", f"/webhooks/{hook['id']}", {"webhook": wrong})
        assert reply.status == 400, wrong


async def test_what_is_sent_and_how_it_is_signed(desk: Bench) -> None:
    hook = await subscribe(desk, "organization.created", "organization.name_changed")
    made = await desk.human("POST", "organizations", {"name": "Zoë", "external_id": "x"})
    (posted,) = await sent(desk)
    assert posted.json["type"] == "zen:event-type:organization.created"
    assert posted.json["subject"] == f"zen:organization:{made['id']}"
    assert posted.json["time"] == "2026-05-04T09:00:00Z"
    detail = posted.json["detail"]
    assert (detail["id"], detail["name"]) == (str(made["id"]), "Zoë")
    path = f"/webhooks/{hook['id']}/signing_secret"
    secret = (await desk.ok("GET", path))["signing_secret"]["secret"]
    time = posted.headers["x-zendesk-webhook-signature-timestamp"]
    digest = hmac.new(secret.encode(), time.encode() + posted.body, hashlib.sha256).digest()
    assert posted.headers["x-zendesk-webhook-signature"] == base64.b64encode(digest).decode()
    assert posted.headers["x-zendesk-webhook-id"] == hook["id"]
    assert posted.headers["x-zendesk-webhook-invocation-id"]
    await desk.human("PATCH", f"organizations/{made['id']}", {"name": "Zoë Ltd", "notes": "n"})
    (posted,) = await sent(desk)
    assert posted.json["event"] == {"previous": "Zoë", "current": "Zoë Ltd"}


async def test_each_kind_of_event(desk: Bench) -> None:
    await desk.human("POST", "webhooks", {**GIVEN, "subscriptions": every()})
    organization = await desk.organization("A")
    other = await desk.organization("B")
    path = f"/organizations/{organization['id']}"
    change = {"external_id": "x", "tags": ["t"], "organization_fields": {"region": "north"}}
    await desk.ok("PUT", path, {"organization": change})
    await desk.human("POST", f"organizations/{other['id']}/merge", {"into": organization["id"]})
    one, two = await desk.user("One"), await desk.user("Two")
    await desk.ok("PUT", f"/users/{one['id']}", {"user": {"name": "Eins", "notes": "n"}})
    await desk.ok("PUT", f"/users/{one['id']}/merge", {"user": {"id": two["id"]}})
    await desk.human("DELETE", f"users/{two['id']}")
    kinds = [posted.json["type"].removeprefix("zen:event-type:") for posted in await sent(desk)]
    assert kinds == [
        "organization.created",
        "organization.created",
        "organization.external_id_changed",
        "organization.tags_changed",
        "organization.custom_field_changed",
        "organization.deleted",
        "user.created",
        "user.created",
        "user.name_changed",
        "user.notes_changed",
        "user.merged",
        "user.deleted",
    ]


def every() -> list[str]:
    nouns = {
        "organization": "created deleted name_changed external_id_changed tags_changed "
        "custom_field_changed",
        "user": "created deleted merged name_changed notes_changed",
    }
    return [f"zen:event-type:{n}.{verb}" for n, verbs in nouns.items() for verb in verbs.split()]


async def test_retries_carry_a_fresh_signature_and_the_same_body(desk: Bench) -> None:
    await subscribe(desk, "organization.created")
    desk.sandbox.outbox.answers = [503, 409, 200]
    await desk.organization("A")
    await settle()
    for _ in range(4):
        await desk.sandbox.advance(40)
    posted = await sent(desk)
    assert len(posted) == 3
    assert len({p.body for p in posted}) == 1
    assert len({p.headers["x-zendesk-webhook-signature"] for p in posted}) == 3
    assert len({p.headers["x-zendesk-webhook-invocation-id"] for p in posted}) == 1


async def test_other_failures_are_not_retried_but_by_switch(desk: Bench) -> None:
    await subscribe(desk, "organization.created")
    desk.sandbox.outbox.answers = [500]
    await desk.organization("A")
    await settle()
    await desk.sandbox.advance(600)
    assert len(await sent(desk)) == 1
    await desk.switch(webhook_retries_any_failure=True, webhook_retry_delays="1")
    desk.sandbox.outbox.answers = [500, 500, 500]
    await desk.organization("B")
    await settle()
    await desk.sandbox.advance(600)
    assert len(await sent(desk)) == 2
    counted = (await desk.sandbox.control("GET", "counters"))["webhooks"]["zendesk"]
    assert counted == {"sent": 2, "answered": 0, "retried": 1, "dropped": 2}


async def test_the_portal_by_hand_and_ordered_faults(desk: Bench) -> None:
    body = {"url": HOOK, "secret": desk.keys["webhook_secret"], "events": ["organization.created"]}
    made = await desk.human("PUT", "webhook", body)
    assert made["endpoint"] == HOOK
    await desk.sandbox.order(
        {
            "vendor": "zendesk",
            "operation": "organization.*",
            "kind": "webhook_duplicate",
            "times": 1,
        }
    )
    await desk.organization("A")
    posted = await sent(desk)
    assert len(posted) == 2
    time = posted[0].headers["x-zendesk-webhook-signature-timestamp"]
    key = desk.keys["webhook_secret"].encode()
    digest = hmac.new(key, time.encode() + posted[0].body, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    assert posted[0].headers["x-zendesk-webhook-signature"] == signature
    far = {**body, "url": "https://hooks.example/x"}
    refused = await desk.sandbox.call("PUT", "/_sandbox/zendesk/webhook", far)
    assert refused.status == 400
    unknown = await desk.sandbox.call("PUT", "/_sandbox/zendesk/webhook", {**body, "events": ["x"]})
    assert unknown.status == 400


async def test_an_inactive_webhook_hears_nothing(desk: Bench) -> None:
    hook = await subscribe(desk, "organization.created")
    body = {"webhook": {"status": "inactive"}}
    assert (await desk.call("PATCH", f"/webhooks/{hook['id']}", body)).status == 204
    await desk.organization("A")
    assert await sent(desk) == []
