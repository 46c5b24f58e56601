"""The human before Zendesk's screens, the seeded world, faults and counters."""

from __future__ import annotations

from typing import Any

import pytest

from ml_connector.http.transport import NoAnswer

from .bench import Bench

NOUNS = (
    "organizations", "users", "organization_memberships", "organization_fields", "user_fields",
    "custom_objects", "custom_object_fields", "custom_object_records", "tickets", "webhooks",
    "apps", "installations",
)  # fmt: skip
CREATE = {"vendor": "zendesk", "operation": "POST /api/v2/organizations"}


async def test_the_ready_line(desk: Bench) -> None:
    assert desk.ready["base_url"] == "http://sandbox/zendesk"
    assert desk.ready["auth_url"] == "http://sandbox/zendesk/oauth/authorizations/new"
    assert desk.ready["token_url"] == "http://sandbox/zendesk/oauth/tokens"
    assert set(desk.keys) == {
        "api_token",
        "username",
        "client_id",
        "client_secret",
        "refresh_token",
        "webhook_secret",
    }
    assert desk.ready["settings"] == {
        "plan": "suite_professional",
        "allow_private_addresses": "true",
    }


async def test_organizations_by_hand(desk: Bench) -> None:
    made = await desk.human("POST", "organizations", {"name": "A", "notes": "n"})
    assert made["deleted_at"] is None
    renamed = await desk.human("PATCH", f"organizations/{made['id']}", {"name": "B"})
    assert (renamed["name"], renamed["notes"]) == ("B", "n")
    other = await desk.human("POST", "organizations", {"name": "C"})
    kept = await desk.human("POST", f"organizations/{made['id']}/merge", {"into": other["id"]})
    assert kept["id"] == other["id"]
    gone = await desk.human("GET", f"organizations/{made['id']}")
    assert gone["deleted_at"]
    listed = await desk.human("GET", "organizations")
    assert made["id"] in [o["id"] for o in listed], "what is deleted stays listed, marked"
    deleted = await desk.human("DELETE", f"organizations/{other['id']}")
    assert deleted["deleted_at"]
    created = (await desk.sandbox.control("GET", "counters"))["creates"]["zendesk"]
    assert created == {}, "what people make is not counted"


async def test_users_by_hand(desk: Bench) -> None:
    made = await desk.human("POST", "users", {"name": "Pat", "email": "pat@a.example"})
    changed = await desk.human("PATCH", f"users/{made['id']}", {"email": "new@a.example"})
    assert changed["email"] == "new@a.example", "at the screens the new address is the primary one"
    other = await desk.human("POST", "users", {"name": "Sam"})
    kept = await desk.human("POST", f"users/{made['id']}/merge", {"into": other["id"]})
    assert kept["id"] == other["id"]
    assert (await desk.human("GET", f"users/{made['id']}"))["active"] is False
    suspended = await desk.human("POST", f"users/{other['id']}/suspend", {})
    assert suspended["suspended"] is True
    third = await desk.human("POST", "users", {"name": "Third"})
    made_admin = await desk.human("POST", f"users/{third['id']}/make_admin", {})
    assert made_admin["role"] == "admin"


async def test_everything_else_by_hand(desk: Bench) -> None:
    await desk.human("POST", "organization_fields", {"key": "f", "type": "text", "title": "F"})
    await desk.human("PATCH", "organization_fields/f", {"title": "G"})
    named = {"key": "thing", "title": "T", "title_pluralized": "Ts"}
    await desk.human("POST", "custom_objects", named)
    await desk.human("PATCH", "custom_objects/thing", {"title": "U"})
    field = {"custom_object_key": "thing", "key": "memo", "type": "text", "title": "M"}
    await desk.human("POST", "custom_object_fields", field)
    values = {"custom_object_key": "thing", "name": "N", "custom_object_fields": {"memo": "m"}}
    record = await desk.human("POST", "custom_object_records", values)
    path = f"custom_object_records/{record['id']}"
    changed = await desk.human("PATCH", path, {"custom_object_fields": {"memo": "x"}})
    assert changed["custom_object_fields"] == {"memo": "x"}
    assert (await desk.human("DELETE", path))["deleted_at"]
    assert (await desk.human("DELETE", "custom_object_fields/memo"))["deleted_at"]
    assert (await desk.human("DELETE", "custom_objects/thing"))["deleted_at"]
    assert (await desk.human("DELETE", "organization_fields/f"))["deleted_at"]
    user = (await desk.human("GET", "users"))[-1]
    organization = (await desk.human("GET", "organizations"))[0]
    pair = {"user_id": user["id"], "organization_id": organization["id"]}
    member = await desk.human("POST", "organization_memberships", pair)
    default = await desk.human("POST", f"organization_memberships/{member['id']}/make_default", {})
    assert default["default"] is True
    ended = await desk.human("DELETE", f"organization_memberships/{member['id']}")
    assert ended["deleted_at"]
    ticket = {"subject": "S", "comment": {"body": "b"}, "requester_id": user["id"]}
    opened = await desk.human("POST", "tickets", ticket)
    await desk.human("PATCH", f"tickets/{opened['id']}", {"status": "solved"})
    noted = {"body": "Called.", "public": False}
    await desk.human("POST", f"tickets/{opened['id']}/comment", noted)
    comments = (await desk.ok("GET", f"/tickets/{opened['id']}/comments"))["comments"]
    assert [c["public"] for c in comments] == [True, False]
    assert (await desk.human("DELETE", f"tickets/{opened['id']}"))["deleted_at"]
    for noun in NOUNS:
        assert isinstance(await desk.human("GET", noun), list)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "organizations/1", None, 404),
        ("GET", "organizations/none", None, 404),
        ("DELETE", "users/1", None, 404),
        ("POST", "organizations", {"name": ""}, 400),
        ("POST", "organizations/1/merge", {"into": 2}, 404),
        ("POST", "custom_object_records", {"name": "A"}, 404),
        ("POST", "apps", {}, 400),
        ("POST", "organizations/1/close", {}, 404),
    ],
)
async def test_what_cannot_be_done(
    desk: Bench, method: str, path: str, body: Any, status: int
) -> None:
    reply = await desk.sandbox.call(method, f"/_sandbox/zendesk/{path}", body)
    assert reply.status == status, reply.body


async def test_the_seeded_world_has_its_peculiarities() -> None:
    bench = Bench(customers=60, invoices=200, seed=1)
    names = {c.name.casefold() for c in bench.sandbox.app.world.business.customers}
    organizations = await bench.human("GET", "organizations")
    users = await bench.human("GET", "users")
    tickets = await bench.human("GET", "tickets")
    known = [o for o in organizations if o["name"].casefold() in names]
    assert len(known) >= 10
    assert any(o["name"].isupper() for o in known)
    assert any(o["external_id"] for o in known), "some are another system's already"
    assert len({o["name"].casefold() for o in organizations}) == len(organizations)
    addresses = {c.email for c in bench.sandbox.app.world.business.customers}
    agents = [u for u in users if u["role"] == "agent"]
    assert any(u["email"] in addresses for u in agents), "a customer's address is an agent's"
    assert any(u["email"] is None for u in users)
    assert any(u["organization_id"] is None and u["role"] == "end-user" for u in users)
    members = [m["user_id"] for m in await bench.human("GET", "organization_memberships")]
    assert len(members) > len(set(members)), "somebody belongs to two"
    assert any(t["organization_id"] is None for t in tickets)
    stamps = sorted(r["created_at"] for r in (*organizations, *tickets))
    assert stamps[0] < "2023-07"
    assert stamps[-1] < "2026-05-04T09:00:00Z"
    await bench.close()


async def test_the_same_seed_gives_the_same_world() -> None:
    one, two, other = Bench(seed=3), Bench(seed=3), Bench(seed=4)
    for noun in NOUNS:
        assert await one.human("GET", noun) == await two.human("GET", noun), noun
    assert one.ready == two.ready
    assert one.keys["client_secret"] != other.keys["client_secret"]
    for bench in (one, two, other):
        await bench.close()


async def test_faults_of_tokens_and_scopes(desk: Bench) -> None:
    await desk.sandbox.order(
        {"vendor": "zendesk", "kind": "expire_access_token", "after": 1, "times": 1},
        {**CREATE, "kind": "revoke_scope", "scope": "write", "times": 1},
    )
    assert (await desk.call("GET", "/users/me")).status == 200
    assert (await desk.call("GET", "/users/me")).status == 401
    again = await desk.refresh(desk.refresh_token)
    headers = {"authorization": f"Bearer {again.body['access_token']}"}
    assert (await desk.call("GET", "/users/me", None, headers)).status == 200
    body = {"organization": {"name": "A"}}
    assert (await desk.call("POST", "/organizations", body, headers)).status == 403
    await desk.sandbox.order({"vendor": "zendesk", "kind": "revoke_refresh_token", "times": 1})
    dead = await desk.refresh(again.body["refresh_token"])
    assert dead.body["error"] == "invalid_grant"


async def test_faults_of_reads(desk: Bench) -> None:
    made = await desk.organization("A", external_id="a")
    await desk.sandbox.advance(20)
    await desk.human("PATCH", f"organizations/{made['id']}", {"name": "Zebra"})
    path = f"/organizations/{made['id']}"
    one = {"vendor": "zendesk", "operation": "GET /api/v2/organizations/{id}"}
    await desk.sandbox.order({**one, "kind": "stale_read", "seconds": 5, "times": 1})
    assert (await desk.ok("GET", f"{path}.json"))["organization"]["name"] == "A"
    assert (await desk.ok("GET", path))["organization"]["name"] == "Zebra"
    lag = {"vendor": "zendesk", "kind": "index_lag", "seconds": 30, "times": 1}
    await desk.sandbox.order({**lag, "operation": "GET /api/v2/search"})
    await desk.sandbox.advance(20)
    assert (await desk.ok("GET", "/search", query="type:organization name:zebra"))["count"] == 0
    assert (await desk.ok("GET", "/search", query="type:organization name:zebra"))["count"] == 1


async def test_faults_of_the_wire(desk: Bench) -> None:
    await desk.sandbox.order({**CREATE, "kind": "cut_after", "times": 1})
    with pytest.raises(NoAnswer):
        await desk.call("POST", "/organizations", {"organization": {"name": "A"}})
    assert (await desk.ok("GET", "/organizations/search", name="A"))["count"] == 1
    upsert = {"vendor": "zendesk", "operation": "PATCH /api/v2/custom_objects/*/records"}
    limits = {"retry-after": "7"}
    await desk.sandbox.order({**upsert, "kind": "status", "status": 429, "headers": limits})
    await desk.invoices()
    refused = await desk.call("PATCH", "/custom_objects/wave_invoice/records?external_id=a", {})
    assert (refused.status, refused.headers["retry-after"]) == (429, "7")


async def test_counters_name_operations_without_ids_and_suffix(desk: Bench) -> None:
    made = await desk.organization("A")
    await desk.ok("GET", f"/organizations/{made['id']}.json")
    await desk.invoices()
    record = await desk.record("a")
    await desk.ok("GET", f"/custom_objects/wave_invoice/records/{record['id']}")
    counters = await desk.sandbox.control("GET", "counters")
    operations = {entry["operation"] for entry in counters["requests"]}
    assert {
        "POST /oauth/tokens",
        "GET /api/v2/organizations/{id}",
        "PATCH /api/v2/custom_objects/wave_invoice/records",
        "GET /api/v2/custom_objects/wave_invoice/records/{id}",
    } <= operations
    assert counters["creates"]["zendesk"] == {
        "organizations": 1,
        "custom_objects": 1,
        "custom_object_fields": 5,
        "custom_object_records": 1,
    }
