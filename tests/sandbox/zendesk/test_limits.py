"""Limits: the account's, and those of single endpoints (sheet, section 8)."""

from __future__ import annotations

import pytest

from .bench import Bench


async def spend(bench: Bench, calls: int) -> None:
    """So many calls that must be let through."""
    for _ in range(calls):
        assert (await bench.call("GET", "/users/me")).status == 200


@pytest.mark.parametrize(
    ("plan", "limit"),
    [
        ("support_essential", 10),
        ("suite_team", 200),
        ("suite_professional", 400),
        ("suite_enterprise", 700),
    ],
)
async def test_the_accounts_requests_a_minute(paced: Bench, plan: str, limit: int) -> None:
    await paced.switch(plan=plan)
    await spend(paced, limit - 1)
    last = await paced.call("GET", "/users/me.json")
    assert (last.headers["x-rate-limit"], last.headers["x-rate-limit-remaining"]) == (
        str(limit),
        "0",
    )
    assert last.headers["ratelimit-remaining"] == "0"
    await paced.sandbox.advance(20)
    refused = await paced.call("GET", "/users/me")
    assert refused.status == 429
    assert refused.body == {
        "error": "APIRateLimitExceeded",
        "description": "Number of allowed API requests per minute exceeded",
    }
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"] == "40"
    await paced.sandbox.advance(39)
    assert (await paced.call("GET", "/users/me")).status == 429
    await paced.sandbox.advance(1)
    assert (await paced.call("GET", "/users/me")).status == 200


async def test_the_add_on_raises_the_limit(paced: Bench) -> None:
    await paced.switch(high_volume_addon=True)
    assert (await paced.call("GET", "/users/me")).headers["ratelimit-limit"] == "2500"


async def test_five_puts_a_minute_for_one_organization(paced: Bench) -> None:
    one, two = await paced.organization("One"), await paced.organization("Two")
    path = f"/organizations/{one['id']}"
    for number in range(5):
        reply = await paced.call("PUT", path, {"organization": {"notes": str(number)}})
        assert reply.headers["zendesk-ratelimit-update-organization"] == (
            f"total=5; remaining={4 - number}; resets=60"
        )
    refused = await paced.call("PUT", path, {"organization": {"notes": "6"}})
    assert refused.status == 429
    assert refused.headers["retry-after"] == "60"
    assert refused.body["errors"][0]["code"] == "TooManyRequests"
    assert refused.body["errors"][0]["title"] == "Too many requests to update"
    other = await paced.call("PUT", f"/organizations/{two['id']}", {"organization": {"notes": "1"}})
    assert other.status == 200
    shown = (await paced.ok("GET", path))["organization"]
    assert shown["notes"] == "4", "what was refused was not done"
    await paced.sandbox.advance(60)
    assert (await paced.call("PUT", path, {"organization": {"notes": "7"}})).status == 200


async def test_upserts_of_organizations_count_by_switch(paced: Bench) -> None:
    body = {"organization": {"name": "A", "external_id": "a"}}
    for _ in range(8):
        assert (await paced.call("POST", "/organizations/create_or_update", body)).status < 300
    await paced.switch(organization_upserts_limited=True)
    statuses = [
        (await paced.call("POST", "/organizations/create_or_update", body)).status for _ in range(6)
    ]
    assert statuses == [200] * 5 + [429]


async def test_users_one_a_second_and_five_a_minute(paced: Bench) -> None:
    body = {"user": {"name": "Pat", "email": "pat@acme.example"}}
    first = await paced.call("POST", "/users/create_or_update", body)
    assert first.status == 201
    other = {"user": {"name": "Sam", "email": "sam@acme.example"}}
    too_soon = await paced.call("POST", "/users/create_or_update", other)
    assert (too_soon.status, too_soon.headers["retry-after"]) == (429, "1")
    await paced.sandbox.advance(1)
    second = await paced.call("POST", "/users/create_or_update", other)
    assert (
        second.headers["zendesk-ratelimit-create-update-user"] == "total=5; remaining=4; resets=60"
    )
    path = f"/users/{first.body['user']['id']}"
    for _ in range(5):
        await paced.sandbox.advance(1)
        assert (await paced.call("PUT", path, body)).status == 200
    await paced.sandbox.advance(1)
    assert (await paced.call("POST", "/users/create_or_update", body)).status == 429
    await paced.sandbox.advance(60)
    assert (await paced.call("POST", "/users/create_or_update", body)).status == 200


async def test_ten_exports_a_minute_together(paced: Bench) -> None:
    for number in range(10):
        path = ("/incremental/organizations", "/incremental/users/cursor")[number % 2]
        assert (await paced.call("GET", path, None, None, start_time=1)).status == 200
    refused = await paced.call("GET", "/incremental/organizations", None, None, start_time=1)
    assert refused.status == 429
    await paced.switch(high_volume_addon=True)
    again = await paced.call("GET", "/incremental/organizations", None, None, start_time=1)
    assert again.headers["zendesk-ratelimit-incremental-exports"].startswith("total=30;")


async def test_a_hundred_search_exports_a_minute(paced: Bench) -> None:
    for _ in range(100):
        reply = await paced.call("GET", "/search/export?query=x&filter[type]=user")
        assert reply.status == 200
    refused = await paced.call("GET", "/search/export?query=x&filter[type]=user")
    assert refused.status == 429


async def test_thirty_changes_of_a_ticket_in_ten_minutes(paced: Bench) -> None:
    body = {"ticket": {"subject": "S", "comment": {"body": "b"}}}
    ticket = (await paced.ok("POST", "/tickets", body))["ticket"]
    path = f"/tickets/{ticket['id']}"
    for _ in range(30):
        assert (await paced.call("PUT", path, {"ticket": {"priority": "low"}})).status == 200
    refused = await paced.call("PUT", path, {"ticket": {"priority": "low"}})
    assert (refused.status, refused.headers["retry-after"]) == (429, "600")


async def test_an_app_in_the_agents_browser(paced: Bench) -> None:
    app = {**paced.headers, "x-zendesk-app-id": "7"}
    for _ in range(100):
        assert (await paced.call("GET", "/users/me", None, app)).status == 200
    assert (await paced.call("GET", "/users/me", None, app)).status == 429
    assert (await paced.call("GET", "/users/me")).status == 200


async def test_writes_of_records_by_switch(paced: Bench) -> None:
    await paced.invoices()
    await paced.switch(record_writes_per_minute=2)
    await paced.record("a")
    await paced.record("b")
    body = {"custom_object_record": {"name": "C"}}
    refused = await paced.call("POST", "/custom_objects/wave_invoice/records", body)
    assert refused.status == 429
    assert (await paced.call("GET", "/custom_objects/wave_invoice/records")).status == 200


async def test_the_names_of_2023(paced: Bench) -> None:
    await paced.switch(rate_limit_headers="2023")
    made = await paced.organization("One")
    body = {"organization": {"notes": "1"}}
    reply = await paced.call("PUT", f"/organizations/{made['id']}", body)
    assert reply.headers["rate-limit"] == "400"
    assert int(reply.headers["rate-limit-remaining"]) < 400
    assert reply.headers["rate-limit-reset"] == "60"
    assert reply.headers["zendesk-rate-limit-update-organization"].startswith("total=5;")
    assert "ratelimit-limit" not in reply.headers


async def test_strangers_and_missing_endpoints_are_counted_or_not(paced: Bench) -> None:
    await paced.switch(plan="support_essential")
    for _ in range(20):
        assert (await paced.call("GET", "/organizations", None, {})).status == 401
    for _ in range(10):
        assert (await paced.call("GET", "/nothing")).status == 404
    assert (await paced.call("GET", "/users/me")).status == 429


async def test_maintenance(desk: Bench) -> None:
    await desk.switch(maintenance=True)
    closed = await desk.call("GET", "/users/me")
    assert (closed.status, closed.headers["retry-after"]) == (503, "60")
