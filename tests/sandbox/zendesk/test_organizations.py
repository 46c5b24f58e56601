"""Organizations: unique names and external ids, upserts, bulk jobs, merges (sheet, section 3)."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench, errors


async def test_a_create_and_its_answer(desk: Bench) -> None:
    given = {"name": "Zoë & Söhne, GmbH", "external_id": 4711, "tags": ["A", "a"], "colour": "red"}
    reply = await desk.call("POST", "/organizations.json", {"organization": {**given, "id": 9}})
    made = reply.body["organization"]
    assert reply.status == 201
    assert reply.headers["location"] == made["url"]
    assert made["url"].endswith(f"/zendesk/api/v2/organizations/{made['id']}.json")
    assert made["id"] > 2**31
    assert made["external_id"] == "4711"
    assert made["tags"] == ["a"]
    assert reply.headers["x-zendesk-api-warn"] == (
        'Removed restricted keys ["organization.colour", "organization.id"] '
        "from parameters according to whitelist"
    )
    assert reply.headers["x-zendesk-api-version"] == "v2"
    plain = await desk.ok("GET", f"/organizations/{made['id']}")
    suffixed = await desk.ok("GET", f"/organizations/{made['id']}.json")
    assert plain == suffixed == reply.body


async def test_names_are_unique_without_regard_to_case(desk: Bench) -> None:
    await desk.organization("Brightleaf Studio")
    clash = await desk.call(
        "POST", "/organizations", {"organization": {"name": "BRIGHTLEAF studio"}}
    )
    assert clash.body == {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": {
            "name": [
                {
                    "description": "Name:  BRIGHTLEAF studio has already been taken",
                    "error": "DuplicateValue",
                }
            ]
        },
    }
    other = await desk.organization("Other")
    renamed = {"organization": {"name": "brightleaf studio"}}
    clash = await desk.call("PUT", f"/organizations/{other['id']}", renamed)
    assert errors(clash) == {"name": ["DuplicateValue"]}
    blank = await desk.call("POST", "/organizations", {"organization": {"name": " "}})
    assert errors(blank) == {"name": ["BlankValue"]}


async def test_descriptions_are_translated_and_codes_are_not(desk: Bench) -> None:
    await desk.organization("Brightleaf")
    await desk.switch(language="es")
    clash = await desk.call("POST", "/organizations", {"organization": {"name": "Brightleaf"}})
    assert errors(clash) == {"name": ["DuplicateValue"]}
    assert "ya está siendo usado" in clash.body["details"]["name"][0]["description"]


async def test_external_ids_are_unique_without_regard_to_case(desk: Bench) -> None:
    made = await desk.organization("One", external_id="wave:b:c:1a")
    body = {"organization": {"name": "Two", "external_id": "WAVE:B:C:1A"}}
    assert errors(await desk.call("POST", "/organizations", body)) == {
        "external_id": ["DuplicateValue"]
    }
    await desk.switch(duplicate_external_id_key="base")
    assert errors(await desk.call("POST", "/organizations", body)) == {"base": ["DuplicateValue"]}
    found = await desk.ok("GET", "/organizations/search", external_id="Wave:B:c:1A")
    assert [o["id"] for o in found["organizations"]] == [made["id"]]


async def test_an_upsert_goes_by_external_id_and_never_by_name(desk: Bench) -> None:
    body = {"organization": {"name": "Brightleaf", "external_id": "w-1"}}
    first = await desk.call("POST", "/organizations/create_or_update", body)
    assert (first.status, first.headers["location"]) == (201, first.body["organization"]["url"])
    body = {"organization": {"name": "Brightleaf Ltd", "external_id": "W-1", "details": "Quay St"}}
    second = await desk.call("POST", "/organizations/create_or_update", body)
    assert second.status == 200
    assert second.body["organization"]["id"] == first.body["organization"]["id"]
    assert second.body["organization"]["name"] == "Brightleaf Ltd"
    nameless = {"organization": {"name": "Brightleaf Ltd"}}
    clash = await desk.call("POST", "/organizations/create_or_update", nameless)
    assert errors(clash) == {"name": ["DuplicateValue"]}
    by_id = {"organization": {"id": first.body["organization"]["id"], "notes": "n"}}
    assert (await desk.call("POST", "/organizations/create_or_update", by_id)).status == 200
    gone = {"organization": {"id": 1, "name": "x"}}
    assert (await desk.call("POST", "/organizations/create_or_update", gone)).status == 404


async def test_a_put_changes_only_what_is_given_and_replaces_lists(desk: Bench) -> None:
    made = await desk.organization("A", domain_names=["a.example", "b.example"], details="d")
    await desk.sandbox.advance(5)
    path = f"/organizations/{made['id']}"
    changed = await desk.ok("PUT", path, {"organization": {"domain_names": ["c.example"]}})
    now = changed["organization"]
    assert (now["domain_names"], now["details"]) == (["c.example"], "d")
    assert now["updated_at"] > made["updated_at"] == made["created_at"]
    assert (await desk.ok("GET", path))["organization"] == now


@pytest.mark.parametrize(
    ("given", "must"),
    [
        ({"name": 7}, "organization.name must be a string"),
        ({"name": "A", "tags": "a,b"}, "organization.tags must be an array of strings"),
        ({"name": "A", "organization_fields": []}, "organization.organization_fields must be"),
        ({"name": "A", "shared_tickets": "no"}, "organization.shared_tickets must be a boolean"),
    ],
)
async def test_wrong_types(desk: Bench, given: dict[str, Any], must: str) -> None:
    refused = await desk.call("POST", "/organizations", {"organization": given})
    assert refused.status == 400
    assert refused.body["error"]["title"] == "Invalid attribute"
    assert must in refused.body["error"]["message"]


async def test_bodies_that_are_none(desk: Bench) -> None:
    bare = await desk.call("POST", "/organizations", {"name": "A"})
    assert (bare.status, bare.body["error"]["title"]) == (400, "Missing parameter")
    broken = await desk.call("POST", "/organizations", b"{")
    assert (broken.status, broken.body["error"]) == (422, "Unprocessable Entity")
    unread = await desk.call(
        "POST", "/organizations", b'{"organization": {"name": "A"}}',
        {**desk.headers, "content-type": "text/plain"},
    )  # fmt: skip
    assert unread.status == 400
    await desk.switch(plain_text_400=True)
    text = await desk.call("POST", "/organizations", {"name": "A"})
    assert text.headers["content-type"].startswith("text/plain")
    assert isinstance(text.body, str)


async def test_what_is_not_there(desk: Bench) -> None:
    for path in ("/organizations/999", "/organizations/abc", "/users/5", "/organization_fields/5"):
        gone = await desk.call("GET", path)
        assert (gone.status, gone.body) == (
            404,
            {"error": "RecordNotFound", "description": "Not found"},
        )
    strange = await desk.call("GET", "/invoices")
    assert (strange.status, strange.body["error"]) == (404, "InvalidEndpoint")
    assert (await desk.call("PATCH", "/organizations")).status == 405


async def test_deletion_is_for_good_and_frees_the_name(desk: Bench) -> None:
    made = await desk.organization("A", external_id="x")
    user = await desk.user("Pat", organization_id=made["id"])
    deleted = await desk.call("DELETE", f"/organizations/{made['id']}")
    assert (deleted.status, deleted.content) == (204, b"")
    assert (await desk.call("GET", f"/organizations/{made['id']}")).status == 404
    assert (await desk.ok("GET", f"/users/{user['id']}"))["user"]["organization_id"] is None
    again = await desk.organization("A", external_id="x")
    assert again["id"] != made["id"]


async def test_search_is_exact_and_by_one_thing(desk: Bench) -> None:
    made = await desk.organization("Häberle, Söhne & Co.", external_id="k,1")
    found = await desk.ok("GET", "/organizations/search", name="häberle, söhne & CO.")
    assert [o["id"] for o in found["organizations"]] == [made["id"]]
    assert found["count"] == 1
    assert (await desk.ok("GET", "/organizations/search", name="häberle"))["organizations"] == []
    both = await desk.call("GET", "/organizations/search", None, None, name="a", external_id="b")
    assert both.status == 400
    assert (await desk.call("GET", "/organizations/search")).status == 400
    malformed = await desk.call(
        "GET", "/organizations/search.json?external_id=k?include=None&page[size]=100"
    )
    assert (malformed.status, malformed.body["organizations"]) == (200, [])


async def test_search_looks_at_the_record_or_by_switch_at_the_index(desk: Bench) -> None:
    await desk.organization("Fresh", external_id="f")
    assert (await desk.ok("GET", "/organizations/search", external_id="f"))["count"] == 1
    await desk.switch(organization_search_uses_index=True)
    assert (await desk.ok("GET", "/organizations/search", external_id="f"))["count"] == 0
    await desk.sandbox.advance(5)
    assert (await desk.ok("GET", "/organizations/search", external_id="f"))["count"] == 1


async def test_show_many_splits_at_commas(desk: Bench) -> None:
    one, two = await desk.organization("A", external_id="a"), await desk.organization("B")
    shown = await desk.ok("GET", "/organizations/show_many", ids=f"{one['id']},{two['id']},7")
    assert [o["id"] for o in shown["organizations"]] == [one["id"], two["id"]]
    shown = await desk.ok("GET", "/organizations/show_many", external_ids="A,zz")
    assert [o["id"] for o in shown["organizations"]] == [one["id"]]
    many = ",".join(map(str, range(101)))
    refused = await desk.call("GET", "/organizations/show_many", None, None, ids=many)
    assert refused.status == 400
    assert refused.body == {
        "error": "TooManyValues",
        "description": "Parameter  cannot specify more than 100 values",
        "max_count": 100,
    }


async def test_racing_posts_leave_twins_by_switch(desk: Bench) -> None:
    await desk.switch(twin_window_seconds=2)
    first = await desk.organization("Twin", external_id="t")
    second = await desk.organization("Twin", external_id="T")
    assert first["id"] != second["id"]
    await desk.sandbox.advance(3)
    late = await desk.call("POST", "/organizations", {"organization": {"name": "Twin"}})
    assert errors(late) == {"name": ["DuplicateValue"]}
    assert (await desk.ok("GET", "/organizations/search", name="twin"))["count"] == 2
    assert (await desk.ok("GET", "/organizations/search", external_id="t"))["count"] == 2


async def test_related_users_and_counts(desk: Bench) -> None:
    made = await desk.organization("A")
    user = await desk.user("Pat", organization_id=made["id"])
    path = f"/organizations/{made['id']}"
    assert (await desk.ok("GET", f"{path}/related"))["organization_related"] == {
        "tickets_count": 0,
        "users_count": 1,
    }
    assert [u["id"] for u in (await desk.ok("GET", f"{path}/users"))["users"]] == [user["id"]]
    listed = (await desk.ok("GET", "/organizations"))["organizations"]
    count = (await desk.ok("GET", "/organizations/count"))["count"]
    assert count["value"] == len(listed)
    of_user = (await desk.ok("GET", f"/users/{user['id']}/organizations"))["organizations"]
    assert [o["id"] for o in of_user] == [made["id"]]


async def test_autocomplete_asks_the_index(desk: Bench) -> None:
    await desk.organization("Quayside Audio")
    assert (await desk.ok("GET", "/organizations/autocomplete", name="qua"))["count"] == 0
    await desk.sandbox.advance(5)
    assert (await desk.ok("GET", "/organizations/autocomplete", name="aud"))["count"] == 1


async def test_a_merge_takes_time_and_drops_the_losers_fields(desk: Bench) -> None:
    winner = await desk.organization("Winner", domain_names=["w.example"])
    loser = await desk.organization(
        "Loser", domain_names=["l.example"], organization_fields={"region": "north"}, tags=["t"]
    )
    user = await desk.user("Pat", organization_id=loser["id"])
    body = {"organization_merge": {"winner_id": winner["id"]}}
    begun = (await desk.ok("POST", f"/organizations/{loser['id']}/merge", body))[
        "organization_merge"
    ]
    assert (begun["status"], begun["loser_id"]) == ("new", loser["id"])
    path = f"/organization_merges/{begun['id']}"
    await desk.sandbox.advance(1)
    assert (await desk.ok("GET", path))["organization_merge"]["status"] == "in_progress"
    assert (await desk.call("GET", f"/organizations/{loser['id']}")).status == 200
    await desk.sandbox.advance(1)
    assert (await desk.ok("GET", path))["organization_merge"]["status"] == "complete"
    assert (await desk.call("GET", f"/organizations/{loser['id']}")).status == 404
    kept = (await desk.ok("GET", f"/organizations/{winner['id']}"))["organization"]
    assert kept["domain_names"] == ["w.example", "l.example"]
    assert (kept["organization_fields"]["region"], kept["tags"]) == (None, [])
    moved = (await desk.ok("GET", f"/users/{user['id']}"))["user"]
    assert moved["organization_id"] == winner["id"]
    listed = (await desk.ok("GET", f"/organizations/{winner['id']}/merges"))["organization_merges"]
    assert [m["id"] for m in listed] == [begun["id"]]


async def test_a_merge_whose_winner_vanishes_ends_in_error(desk: Bench) -> None:
    winner, loser = await desk.organization("Winner"), await desk.organization("Loser")
    body = {"organization_merge": {"winner_id": winner["id"]}}
    await desk.switch(merge_seconds=4)
    begun = (await desk.ok("POST", f"/organizations/{loser['id']}/merge", body))[
        "organization_merge"
    ]
    await desk.human("DELETE", f"organizations/{winner['id']}")
    await desk.sandbox.advance(5)
    ended = (await desk.ok("GET", f"/organization_merges/{begun['id']}"))["organization_merge"]
    assert ended["status"] == "error"


async def test_tags_are_set_added_and_taken_away(desk: Bench) -> None:
    path = f"/organizations/{(await desk.organization('A', tags=['x']))['id']}/tags"
    assert (await desk.call("PUT", path, {"tags": ["y"]})).body == {"tags": ["x", "y"]}
    assert (await desk.call("DELETE", path, {"tags": ["x"]})).body == {"tags": ["y"]}
    assert (await desk.call("POST", path, {"tags": ["Z"]})).body == {"tags": ["z"]}
    assert (await desk.ok("GET", path))["tags"] == ["z"]
