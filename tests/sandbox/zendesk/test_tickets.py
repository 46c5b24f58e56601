"""Tickets as far as a sidebar and private notes need them (sheet, sections 10 and 11)."""

from __future__ import annotations

from .bench import Bench, errors


async def test_a_ticket_of_an_organization(desk: Bench) -> None:
    organization = await desk.organization("A")
    user = await desk.user("Pat", email="pat@a.example", organization_id=organization["id"])
    body = {"ticket": {"comment": {"body": "Where is it?"}, "requester_id": user["id"]}}
    made = await desk.call("POST", "/tickets", body)
    ticket = made.body["ticket"]
    assert (made.status, made.headers["location"]) == (201, ticket["url"])
    assert (ticket["organization_id"], ticket["status"]) == (organization["id"], "new")
    listed = await desk.ok("GET", f"/organizations/{organization['id']}/tickets")
    assert [t["id"] for t in listed["tickets"]] == [ticket["id"]]
    requested = await desk.ok("GET", f"/users/{user['id']}/tickets/requested")
    assert requested["count"] == 1
    many = await desk.ok("GET", "/tickets/show_many", ids=f"{ticket['id']},9999")
    assert len(many["tickets"]) == 1
    assert (await desk.call("DELETE", f"/tickets/{ticket['id']}")).status == 204
    assert (await desk.call("GET", f"/tickets/{ticket['id']}")).status == 404


async def test_comments_are_public_unless_they_say_otherwise(desk: Bench) -> None:
    made = await desk.ok("POST", "/tickets", {"ticket": {"comment": {"body": "b"}}})
    path = f"/tickets/{made['ticket']['id']}"
    await desk.sandbox.advance(1)
    note = {"comment": {"body": "INV-1042 paid", "public": False}}
    changed = await desk.ok("PUT", path, {"ticket": note})
    assert changed["ticket"]["updated_at"] > made["ticket"]["updated_at"]
    await desk.ok("PUT", path, {"ticket": {"comment": {"body": "loud"}}})
    comments = (await desk.ok("GET", f"{path}/comments"))["comments"]
    assert [c["public"] for c in comments] == [True, False, True]


async def test_a_requester_is_made_where_the_address_is_unknown(desk: Bench) -> None:
    named = {"name": "New", "email": "new@a.example"}
    body = {"ticket": {"comment": {"body": "b"}, "requester": named}}
    one = (await desk.ok("POST", "/tickets", body))["ticket"]
    two = (await desk.ok("POST", "/tickets", body))["ticket"]
    assert one["requester_id"] == two["requester_id"]


async def test_an_idempotency_key_is_remembered_for_two_hours(desk: Bench) -> None:
    body = {"ticket": {"comment": {"body": "once"}}}
    headers = {**desk.headers, "idempotency-key": "k-1"}
    first = await desk.call("POST", "/tickets", body, headers)
    second = await desk.call("POST", "/tickets", body, headers)
    lookups = [reply.headers["x-idempotency-lookup"] for reply in (first, second)]
    assert lookups == ["miss", "hit"]
    assert first.body["ticket"]["id"] == second.body["ticket"]["id"]
    other = await desk.call("POST", "/tickets", {"ticket": {"comment": {"body": "x"}}}, headers)
    assert other.status == 400
    assert other.body == {
        "error": "IdempotentRequestError",
        "description": "Request parameters don't match the given idempotency key",
    }
    await desk.sandbox.advance(7200)
    third = await desk.call("POST", "/tickets", body, headers)
    assert third.body["ticket"]["id"] != first.body["ticket"]["id"]
    long = {**desk.headers, "idempotency-key": "k" * 256}
    assert (await desk.call("POST", "/tickets", body, long)).status == 400


async def test_safe_updates_meet_a_conflict(desk: Bench) -> None:
    made = (await desk.ok("POST", "/tickets", {"ticket": {"comment": {"body": "b"}}}))["ticket"]
    path = f"/tickets/{made['id']}"
    await desk.sandbox.advance(1)
    await desk.human("PATCH", f"tickets/{made['id']}", {"status": "open"})
    safe = {"priority": "low", "safe_update": True, "updated_stamp": made["updated_at"]}
    conflict = await desk.call("PUT", path, {"ticket": safe})
    assert (conflict.status, conflict.body["error"]) == (409, "UpdateConflict")
    fresh = (await desk.ok("GET", path))["ticket"]["updated_at"]
    assert (
        await desk.call("PUT", path, {"ticket": {**safe, "updated_stamp": fresh}})
    ).status == 200


async def test_what_is_refused(desk: Bench) -> None:
    bare = await desk.call("POST", "/tickets", {"ticket": {"subject": "S"}})
    assert errors(bare) == {"base": ["BlankValue"]}
    body = {"ticket": {"comment": {"body": "b"}, "status": "lost", "assignee_id": 5}}
    assert set(errors(await desk.call("POST", "/tickets", body))) == {"status", "assignee_id"}
    odd = {"ticket": {"comment": {"body": 5}}}
    refused = await desk.call("POST", "/tickets", odd)
    assert (refused.status, refused.body["error"]["title"]) == (400, "Invalid attribute")
    groups = (await desk.ok("GET", "/groups"))["groups"]
    assert [group["name"] for group in groups] == ["Support"]
    settings = (await desk.ok("GET", "/account/settings"))["settings"]
    assert settings["apps"]["create_private"] is True
