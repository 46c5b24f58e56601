"""Webhook subscriptions: creating, listing and deleting them, and who may see which."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench
from .post import URL, subscribe


async def test_creating_listing_and_deleting(bench: Bench) -> None:
    hook = await subscribe(bench, event_object="deal")
    assert (hook["version"], hook["is_active"], hook["type"]) == ("2.0", 1, "general")
    assert hook["http_auth_password"] == "p:w"
    listed = await bench.v1("GET", "/webhooks")
    assert listed.body["status"] == "ok"
    assert [h["id"] for h in listed.data] == [hook["id"]]
    gone = await bench.v1("DELETE", f"/webhooks/{hook['id']}")
    assert gone.body == {"status": "ok", "success": True}
    missing = await bench.v1("DELETE", f"/webhooks/{hook['id']}")
    assert missing.status == 404
    assert missing.body["errors"] == {"id": ["not found"]}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"subscription_url": None}, "subscription_url"),
        ({"subscription_url": "ftp://127.0.0.1/x"}, "subscription_url"),
        ({"subscription_url": "https://x.pipedrive.com/y"}, "subscription_url"),
        ({"event_action": "added"}, "event_action"),
        ({"event_object": "invoice"}, "event_object"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"version": "3.0"}, "version"),
        ({"user_id": 5}, "user_id"),
        ({"secret": "x"}, "secret"),
    ],
)
async def test_bad_subscriptions(bench: Bench, body: dict[str, Any], name: str) -> None:
    usual = {
        "subscription_url": URL,
        "event_action": "*",
        "event_object": "deal",
        "name": "ours",
    }
    refused = await bench.v1("POST", "/webhooks", {**usual, **body})
    assert refused.status == 400
    assert (refused.body["status"], refused.body["success"]) == ("error", False)
    assert list(refused.body["errors"]) == [name]


async def test_unreachable_addresses_are_refused(bench: Bench) -> None:
    bench.reachable[URL] = False
    usual = {"subscription_url": URL, "event_action": "*", "event_object": "*", "name": "x"}
    refused = await bench.v1("POST", "/webhooks", usual)
    assert refused.body == {
        "status": "error",
        "success": False,
        "errors": {"subscription_url": ["invalid or non-reachable URL"]},
    }
    bench.switches["webhook_reachability_check"] = False
    assert (await bench.v1("POST", "/webhooks", usual)).status == 201
    bench.switches["webhook_plain_http_refused"] = True
    assert (await bench.v1("POST", "/webhooks", usual)).error == "Scope and URL mismatch"


async def test_forty_a_user_and_no_more(bench: Bench) -> None:
    for _ in range(40):
        hook = await subscribe(bench)
    usual = {"subscription_url": URL, "event_action": "*", "event_object": "*", "name": "x"}
    assert (await bench.v1("POST", "/webhooks", usual)).status == 422
    await subscribe(bench, user_id=99002)
    await bench.v1("DELETE", f"/webhooks/{hook['id']}")
    await subscribe(bench)


async def test_an_app_sees_only_its_own(bench: Bench) -> None:
    ours = await subscribe(bench)
    app = bench.bearer()
    body = {"subscription_url": URL, "event_action": "*", "event_object": "*", "name": "app"}
    theirs = (await bench.call("POST", "/v1/webhooks", body, app)).data
    assert theirs["type"] == "application"
    assert [h["id"] for h in (await bench.call("GET", "/v1/webhooks", None, app)).data] == [
        theirs["id"]
    ]
    forbidden = await bench.call("DELETE", f"/v1/webhooks/{ours['id']}", None, app)
    assert (forbidden.status, forbidden.body) == (403, {"success": False, "message": "Forbidden"})
