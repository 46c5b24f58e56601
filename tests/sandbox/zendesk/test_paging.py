"""Lists by cursor and by offset, the exports, the search (sheet, section 7)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .bench import Bench

DAY = 86_400


def ids(records: list[dict[str, Any]]) -> list[Any]:
    return [record["id"] for record in records]


async def test_cursors_lead_through_the_whole_list_and_back(desk: Bench) -> None:
    whole = (await desk.ok("GET", "/organizations"))["organizations"]
    assert len(whole) > 3
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"page_size": 2}
    while True:
        page = await desk.ok("GET", "/organizations.json", **query)
        assert set(page) == {"organizations", "meta", "links"}
        seen += page["organizations"]
        if not page["meta"]["has_more"]:
            break
        onward = urlsplit(page["links"]["next"])
        assert onward.path == "/zendesk/api/v2/organizations.json"
        assert parse_qs(onward.query)["page[after]"] == [page["meta"]["after_cursor"]]
        query = {"page_size": 2, "page_after": page["meta"]["after_cursor"]}
    assert ids(seen) == ids(whole)
    assert page["links"]["next"] is None
    back = await desk.ok(
        "GET", "/organizations", page_size=2, page_before=page["meta"]["before_cursor"]
    )
    before = ids(whole).index(page["organizations"][0]["id"])
    assert ids(back["organizations"]) == ids(whole)[max(0, before - 2) : before]


async def test_what_is_inserted_while_pages_are_turned(desk: Bench) -> None:
    page = await desk.ok("GET", "/organizations", page_size=2)
    await desk.organization("Inserted")
    await desk.human("DELETE", f"organizations/{page['organizations'][1]['id']}")
    rest = await desk.ok(
        "GET", "/organizations", page_size=100, page_after=page["meta"]["after_cursor"]
    )
    assert rest["organizations"][-1]["name"] == "Inserted"
    assert not set(ids(rest["organizations"])) & set(ids(page["organizations"]))


async def test_offsets(desk: Bench) -> None:
    whole = (await desk.ok("GET", "/organizations"))["organizations"]
    page = await desk.ok("GET", "/organizations", page=2, per_page=2)
    assert ids(page["organizations"]) == ids(whole)[2:4]
    assert page["count"] == len(whole)
    assert "page=3" in page["next_page"]
    assert "page=1" in page["previous_page"]
    beyond = await desk.ok("GET", "/organizations", page=50, per_page=100)
    assert (beyond["organizations"], beyond["next_page"]) == ([], None)
    capped = await desk.ok("GET", "/organizations", per_page=1000)
    assert capped["count"] == len(whole)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page[size]=101", "InvalidPaginationParameter"),
        ("page[size]=x", "InvalidPaginationParameter"),
        ("page[size]=2&page[after]=nonsense", "InvalidCursor"),
        ("page=101&per_page=100", "InvalidPaginationDepth"),
    ],
)
async def test_pages_that_are_refused(desk: Bench, query: str, code: str) -> None:
    refused = await desk.call("GET", f"/organizations?{query}")
    assert (refused.status, refused.body["errors"][0]["code"]) == (400, code)


async def test_the_export_of_organizations(desk: Bench) -> None:
    now = int((await clock(desk)).timestamp())
    recent = await desk.call("GET", "/incremental/organizations", None, None, start_time=now - 59)
    assert (recent.status, recent.body["error"]) == (400, "StartTimeTooRecent")
    assert (await desk.call("GET", "/incremental/organizations")).status == 400
    made = await desk.organization("Fresh")
    path, start = "/incremental/organizations.json", now - 60
    page = await desk.ok("GET", path, start_time=start)
    assert (page["organizations"], page["end_of_stream"]) == ([], True), "a minute is withheld"
    await desk.sandbox.advance(60)
    page = await desk.ok("GET", path, start_time=start)
    assert ids(page["organizations"]) == [made["id"]]
    assert page["count"] == 1
    assert page["end_time"] == now
    assert f"start_time={now}" in page["next_page"]
    await desk.human("PATCH", f"organizations/{made['id']}", {"name": "Renamed"})
    await desk.sandbox.advance(61)
    page = await desk.ok("GET", path, start_time=page["end_time"])
    assert page["organizations"][0]["name"] == "Renamed"
    await desk.human("DELETE", f"organizations/{made['id']}")
    await desk.sandbox.advance(61)
    page = await desk.ok("GET", path, start_time=page["end_time"])
    assert page["organizations"][0]["deleted_at"]
    await desk.switch(incremental_shows_deleted=False)
    assert (await desk.ok("GET", path, start_time=now))["organizations"] == []


async def clock(desk: Bench) -> Any:
    return desk.sandbox.app.world.clock.now()


async def test_pages_of_the_export_never_end_within_a_second(desk: Bench) -> None:
    for number in range(5):
        await desk.organization(f"Same second {number}")
    await desk.sandbox.advance(1)
    await desk.organization("Next second")
    now = int((await clock(desk)).timestamp())
    await desk.sandbox.advance(60)
    path = "/incremental/organizations"
    page = await desk.ok("GET", path, start_time=now - 1, per_page=2)
    assert (page["count"], page["end_of_stream"]) == (5, False)
    rest = await desk.ok("GET", path, start_time=page["end_time"], per_page=2)
    assert [o["name"] for o in rest["organizations"]] == ["Next second"]
    assert rest["end_of_stream"] is True


async def test_the_export_of_users_by_cursor(desk: Bench) -> None:
    path = "/incremental/users/cursor.json"
    seen: list[Any] = []
    page = await desk.ok("GET", path, start_time=1, per_page=3)
    while True:
        seen += ids(page["users"])
        if page["end_of_stream"]:
            break
        page = await desk.ok("GET", path, cursor=page["after_cursor"], per_page=3)
    assert sorted(seen) == sorted(ids(await desk.human("GET", "users")))
    await desk.human("DELETE", f"users/{seen[-1]}")
    await desk.sandbox.advance(61)
    page = await desk.ok("GET", path, cursor=page["after_cursor"])
    assert [(u["id"], u["active"]) for u in page["users"]] == [(seen[-1], False)]
    assert (await desk.call("GET", path, None, None, cursor="x")).status == 400


async def test_the_search_finds_all_kinds_after_a_while(desk: Bench) -> None:
    made = await desk.organization("Quayside Audio", tags=["vip"])
    assert (await desk.ok("GET", "/search", query="quayside"))["count"] == 0
    await desk.sandbox.advance(5)
    for query in (
        "quayside",
        "type:organization tags:vip",
        'name:"quayside audio"',
        "type:organization created>2026-05-03",
        "type:organization created>1hours",
    ):
        found = await desk.ok("GET", "/search", query=query)
        assert ids(found["results"]) == [made["id"]], query
        assert found["results"][0]["result_type"] == "organization"
    everybody = await desk.ok("GET", "/search", query="type:user role:agent")
    others = await desk.ok("GET", "/search", query="type:user -role:agent")
    assert everybody["count"] + others["count"] == (await desk.ok("GET", "/users"))["count"]
    assert (await desk.ok("GET", "/search/count", query="quayside"))["count"] == 1
    await desk.human("PATCH", f"organizations/{made['id']}", {"name": "Other"})
    assert (await desk.ok("GET", "/search", query="quayside"))["count"] == 1
    await desk.sandbox.advance(5)
    assert (await desk.ok("GET", "/search", query="quayside"))["count"] == 0


async def test_the_search_ends_at_a_thousand(desk: Bench) -> None:
    deep = await desk.call("GET", "/search", None, None, query="type:user", page=11)
    assert deep.status == 422
    assert (await desk.call("GET", "/search")).status == 422


async def test_the_exports_cursor_dies_after_an_hour(desk: Bench) -> None:
    path = "/search/export?query=*&filter[type]=user&page[size]=2"
    page = await desk.ok("GET", path)
    after = page["meta"]["after_cursor"]
    onward = await desk.ok("GET", f"{path}&page[after]={after}")
    assert not set(ids(page["results"])) & set(ids(onward["results"]))
    assert "count" not in page
    await desk.sandbox.advance(3601)
    expired = await desk.call("GET", f"{path}&page[after]={after}")
    assert expired.body["errors"][0]["code"] == "InvalidCursor"
    typed = await desk.call("GET", "/search/export?query=type:user&filter[type]=user")
    assert typed.status == 400
    assert (await desk.call("GET", "/search/export?query=a")).status == 400
