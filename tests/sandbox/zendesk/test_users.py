"""Users, their identities and memberships (sheet, section 4)."""

from __future__ import annotations

from typing import Any

from .bench import Bench, errors


async def upsert(desk: Bench, **user: Any) -> Any:
    return await desk.call("POST", "/users/create_or_update", {"user": user})


async def test_a_new_end_user_as_recorded(desk: Bench) -> None:
    reply = await desk.call(
        "POST", "/users", {"user": {"name": "Pat", "email": "Pat@Acme.example", "x": 1}}
    )
    made = reply.body["user"]
    assert (reply.status, reply.headers["location"]) == (201, made["url"])
    assert '"user.x"' in reply.headers["x-zendesk-api-warn"]
    expected = {
        "role": "end-user",
        "verified": False,
        "active": True,
        "ticket_restriction": "requested",
        "restricted_agent": True,
        "email": "pat@acme.example",
    }
    assert {key: made[key] for key in expected} == expected


async def test_an_address_is_one_users_only_over_all_identities(desk: Bench) -> None:
    first = await desk.user("Pat", email="pat@acme.example")
    second = {"identity": {"type": "email", "value": "other@acme.example"}}
    await desk.ok("POST", f"/users/{first['id']}/identities", second)
    for email in ("PAT@acme.example", "other@acme.example"):
        body = {"user": {"name": "Sam", "email": email}}
        clash = await desk.call("POST", "/users", body)
        assert errors(clash) == {"email": ["DuplicateValue"]}
        assert clash.body["details"]["email"][0]["description"] == (
            f"Email: {email} is already being used by another user"
        )
    bad = await desk.call("POST", "/users", {"user": {"name": "Sam", "email": "a, b@c.example"}})
    assert errors(bad) == {"email": ["InvalidValue"]}


async def test_an_upsert_matches_address_or_external_id(desk: Bench) -> None:
    made = await upsert(desk, name="Pat", email="pat@acme.example", external_id="W:1")
    assert made.status == 201
    by_mail = await upsert(desk, name="Pat Doe", email="PAT@acme.example")
    assert (by_mail.status, by_mail.body["user"]["name"]) == (200, "Pat Doe")
    assert by_mail.headers["location"] == made.body["user"]["url"]
    by_key = await upsert(desk, name="Pat", external_id="w:1")
    assert by_key.status == 200
    assert by_key.body["user"]["external_id"] == "w:1", "the stored case is rewritten"
    assert by_key.body["user"]["id"] == made.body["user"]["id"]


async def test_an_upsert_that_names_two_users(desk: Bench) -> None:
    one = await desk.user("One", email="one@acme.example")
    two = await desk.user("Two", external_id="two")
    both = {"name": "Which", "email": "one@acme.example", "external_id": "two"}
    assert errors(await upsert(desk, **both)) == {"email": ["DuplicateValue"]}
    await desk.switch(user_upsert_conflict="email")
    clash = await upsert(desk, **both)
    assert errors(clash) == {"external_id": ["DuplicateValue"]}
    await desk.human("PATCH", f"users/{two['id']}", {"external_id": None})
    won = await upsert(desk, **both)
    assert (won.status, won.body["user"]["id"]) == (200, one["id"])


async def test_a_new_address_on_update_becomes_a_second_one(desk: Bench) -> None:
    made = await desk.user("Pat", email="pat@acme.example")
    path = f"/users/{made['id']}"
    changed = await desk.ok("PUT", path, {"user": {"email": "pat@new.example"}})
    assert changed["user"]["email"] == "pat@acme.example"
    identities = (await desk.ok("GET", f"{path}/identities"))["identities"]
    assert [(i["value"], i["primary"]) for i in identities] == [
        ("pat@acme.example", True),
        ("pat@new.example", False),
    ]
    primary = f"{path}/identities/{identities[1]['id']}/make_primary"
    assert [i["primary"] for i in (await desk.ok("PUT", primary))["identities"]] == [False, True]
    assert (await desk.ok("GET", path))["user"]["email"] == "pat@new.example"
    bare = await desk.user("Sam")
    first = await desk.ok("PUT", f"/users/{bare['id']}", {"user": {"email": "sam@new.example"}})
    assert first["user"]["email"] == "sam@new.example"


async def test_identities_are_verified_changed_and_deleted(desk: Bench) -> None:
    made = await desk.user("Pat", email="pat@acme.example")
    path = f"/users/{made['id']}/identities"
    body = {"identity": {"type": "email", "value": "p@b.example", "verified": True}}
    created = await desk.call("POST", path, body)
    assert created.status == 201
    assert created.body["identity"]["verified"] is True
    primary = (await desk.ok("GET", path))["identities"][0]
    verified = await desk.ok("PUT", f"{path}/{primary['id']}/verify")
    assert verified["identity"]["verified"] is True
    assert (await desk.call("DELETE", f"{path}/{created.body['identity']['id']}")).status == 204
    assert (await desk.call("DELETE", f"{path}/{primary['id']}")).status == 422
    strange = {"identity": {"type": "pigeon", "value": "x"}}
    assert errors(await desk.call("POST", path, strange)) == {"type": ["InvalidValue"]}
    other = await desk.user("Sam")
    foreign = f"/users/{other['id']}/identities/{primary['id']}"
    assert (await desk.call("GET", foreign)).status == 404


async def test_identities_that_come_with_a_new_user(desk: Bench) -> None:
    addresses = [{"type": "email", "value": f"{n}@a.example"} for n in ("one", "two")]
    made = await desk.user("Pat", identities=addresses)
    assert made["email"] == "one@a.example"
    body = {"user": {"name": "Sam", "identities": addresses[1:]}}
    assert errors(await desk.call("POST", "/users", body)) == {"value": ["DuplicateValue"]}


async def test_deleting_is_soft_answers_200_and_frees_the_address(desk: Bench) -> None:
    made = await desk.user("Pat", email="pat@acme.example", external_id="p")
    deleted = await desk.call("DELETE", f"/users/{made['id']}")
    assert (deleted.status, deleted.body["user"]["active"]) == (200, False)
    assert (await desk.ok("GET", f"/users/{made['id']}"))["user"]["active"] is False
    listed = (await desk.ok("GET", "/users"))["users"]
    assert made["id"] not in [user["id"] for user in listed]
    again = await upsert(desk, name="Pat", email="pat@acme.example", external_id="p")
    assert again.status == 201


async def test_organizations_by_id_by_name_and_by_domain(desk: Bench) -> None:
    acme = await desk.organization("Acme", domain_names=["acme.example"])
    other = await desk.organization("Other")
    by_id = await desk.user("A", organization_id=other["id"])
    by_name = await desk.user("B", organization={"name": "ACME"})
    by_domain = await desk.user("C", email="c@acme.example")
    ids = [user["organization_id"] for user in (by_id, by_name, by_domain)]
    assert ids == [other["id"], acme["id"], acme["id"]]
    unknown = await desk.call("POST", "/users", {"user": {"name": "D", "organization_id": 1}})
    assert errors(unknown) == {"organization": ["InvalidValue"]}


async def test_memberships(desk: Bench) -> None:
    one, two = await desk.organization("One"), await desk.organization("Two")
    user = await desk.user("Pat", organization_id=one["id"])
    given = {"user_id": user["id"], "organization_id": two["id"]}
    made = await desk.call("POST", "/organization_memberships", {"organization_membership": given})
    assert made.status == 201
    second = made.body["organization_membership"]
    assert (second["default"], second["organization_name"]) == (None, "Two")
    again = await desk.call("POST", "/organization_memberships", {"organization_membership": given})
    assert again.status == 422
    path = f"/users/{user['id']}/organization_memberships"
    moved = await desk.ok("PUT", f"{path}/{second['id']}/make_default")
    assert [m["default"] for m in moved["organization_memberships"]] == [None, True]
    assert (await desk.ok("GET", f"/users/{user['id']}"))["user"]["organization_id"] == two["id"]
    assert (await desk.call("DELETE", f"/organization_memberships/{second['id']}")).status == 204
    assert (await desk.ok("GET", f"/users/{user['id']}"))["user"]["organization_id"] == one["id"]
    left = await desk.ok("GET", f"/organizations/{one['id']}/organization_memberships")
    assert [m["user_id"] for m in left["organization_memberships"]] == [user["id"]]


async def test_one_organization_only_where_the_account_has_no_more(desk: Bench) -> None:
    await desk.switch(multiple_organizations=False)
    one, two = await desk.organization("One"), await desk.organization("Two")
    user = await desk.user("Pat", organization_id=one["id"])
    given = {"user_id": user["id"], "organization_id": two["id"]}
    body = {"organization_membership": given}
    assert (await desk.call("POST", "/organization_memberships", body)).status == 422
    await desk.ok("PUT", f"/users/{user['id']}", {"user": {"organization_id": two["id"]}})
    listed = await desk.ok("GET", f"/users/{user['id']}/organization_memberships")
    assert [m["organization_id"] for m in listed["organization_memberships"]] == [two["id"]]


async def test_a_merge_moves_addresses_and_organizations(desk: Bench) -> None:
    one = await desk.organization("One")
    loser = await desk.user("Loser", email="l@a.example", organization_id=one["id"])
    winner = await desk.user("Winner", email="w@a.example")
    merged = await desk.call("PUT", f"/users/{loser['id']}/merge", {"user": {"id": winner["id"]}})
    assert merged.body["user"]["id"] == winner["id"]
    values = [
        i["value"]
        for i in (await desk.ok("GET", f"/users/{winner['id']}/identities"))["identities"]
    ]
    assert sorted(values) == ["l@a.example", "w@a.example"]
    kept = (await desk.ok("GET", f"/users/{winner['id']}"))["user"]
    assert (kept["email"], kept["organization_id"]) == ("w@a.example", one["id"])
    assert (await desk.ok("GET", f"/users/{loser['id']}"))["user"]["active"] is False
    me = (await desk.ok("GET", "/users/me"))["user"]
    refused = await desk.call("PUT", f"/users/{winner['id']}/merge", {"user": {"id": me["id"]}})
    assert refused.status == 422


async def test_search_asks_the_index_but_external_ids_are_exact(desk: Bench) -> None:
    made = await desk.user("Søren Kierk", email="soren@k.example", external_id="S-1")
    assert (await desk.ok("GET", "/users/search", external_id="s-1"))["count"] == 1
    assert (await desk.ok("GET", "/users", external_id="s-1"))["count"] == 1
    assert (await desk.ok("GET", "/users/search", query="email:soren@k.example"))["count"] == 0
    await desk.sandbox.advance(5)
    for query in ("email:soren@k.example", "soren@k", "søren", 'name:"søren kierk"'):
        found = (await desk.ok("GET", "/users/search", query=query))["users"]
        assert [u["id"] for u in found] == [made["id"]], query
    assert (await desk.ok("GET", "/users/search", query="role:admin"))["count"] == 1


async def test_bulk_imports_need_zendesks_own_permission(desk: Bench) -> None:
    body = {"users": [{"name": "A"}, {"name": ""}]}
    for path in ("/users/create_many", "/users/create_or_update_many"):
        assert (await desk.call("POST", path, body)).status == 403
    await desk.switch(bulk_user_import=True)
    job = await desk.finished(await desk.ok("POST", "/users/create_or_update_many", body))
    good, bad = job["results"]
    assert (good["action"], good["success"]) == ("create", True)
    assert (bad["index"], bad["error"]) == (1, "UserUpsertFailed")
    many = await desk.call("POST", "/users/create_many", {"users": [{}] * 101})
    assert many.body == {
        "error": "TooManyValues",
        "description": "Maximum 100 users may be created per call",
    }


async def test_update_many_and_destroy_many(desk: Bench) -> None:
    one, two = await desk.user("One", external_id="a"), await desk.user("Two", external_id="b")
    change = {"user": {"notes": "Priority"}}
    job = await desk.finished(await desk.ok("PUT", "/users/update_many?external_ids=a,zz", change))
    assert [r.get("error") for r in job["results"]] == [None, "UserUpdateFailed"]
    batch = {"users": [{"id": two["id"], "notes": "Normal"}]}
    await desk.finished(await desk.ok("PUT", "/users/update_many", batch))
    notes = [(await desk.ok("GET", f"/users/{u['id']}"))["user"]["notes"] for u in (one, two)]
    assert notes == ["Priority", "Normal"]
    await desk.finished(await desk.ok("DELETE", f"/users/destroy_many?ids={one['id']}"))
    assert (await desk.ok("GET", f"/users/{one['id']}"))["user"]["active"] is False
