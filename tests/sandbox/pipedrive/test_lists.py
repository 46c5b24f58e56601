"""Lists: cursors, limits, order, and every filter of the v2 endpoints."""

from __future__ import annotations

import base64
import json

import pytest

from .bench import Bench


def opened(cursor: str | None) -> dict[str, object]:
    assert cursor is not None
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    return found


async def test_the_cursor_has_the_documented_form(bench: Bench) -> None:
    for number in range(3):
        await bench.organization(f"O{number}")
    page = await bench.v2("GET", "/organizations", limit=2)
    third = (await bench.everything("/organizations"))[2]["id"]
    assert opened(page.next_cursor) == {
        "field": "id",
        "fieldValue": third,
        "sortDirection": "asc",
        "id": third,
    }
    assert "=" not in (page.next_cursor or "")
    last = await bench.v2("GET", "/organizations", limit=2, cursor=page.next_cursor)
    assert [r["id"] for r in last.data] == [third]
    assert last.next_cursor is None


@pytest.mark.parametrize("sort", ["id", "update_time", "add_time"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_pages_join_without_gap_or_repeat(bench: Bench, sort: str, direction: str) -> None:
    for number in range(25):
        await bench.organization(f"O{number}")
        bench.advance(seconds=number % 3)
    await bench.v2("PATCH", "/organizations/4", {"name": "late"})
    seen = await bench.everything("/organizations", limit=4, sort_by=sort, sort_direction=direction)
    keys = [(record[sort], record["id"]) for record in seen]
    assert len(keys) == 25
    assert keys == sorted(keys, reverse=direction == "desc")


async def test_a_row_that_changes_moves_behind_the_cursor(bench: Bench) -> None:
    for number in range(4):
        await bench.organization(f"O{number}")
        bench.advance(seconds=1)
    order = {"sort_by": "update_time", "sort_direction": "asc"}
    first = await bench.v2("GET", "/organizations", limit=2, **order)
    await bench.v2("PATCH", f"/organizations/{first.data[0]['id']}", {"name": "again"})
    rest = await bench.v2("GET", "/organizations", cursor=first.next_cursor, **order)
    assert first.data[0]["id"] in [record["id"] for record in rest.data]


@pytest.mark.parametrize(
    ("path", "limit", "status"),
    [
        ("/organizations", 500, 200),
        ("/organizations", 501, 400),
        ("/organizations", 0, 400),
        ("/organizations", "many", 400),
        ("/deals", 501, 400),
        ("/stages", 501, 400),
        ("/dealFields", 501, 400),
        ("/organizations/search?term=ab", 501, 400),
        ("/itemSearch?term=ab", 100, 200),
        ("/itemSearch?term=ab", 101, 400),
    ],
)
async def test_limits(bench: Bench, path: str, limit: object, status: int) -> None:
    path, _, term = path.partition("?term=")
    more = {"term": term} if term else {}
    assert (await bench.v2("GET", path, limit=limit, **more)).status == status


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "nonsense"},
        {"cursor": "e30"},
        {"sort_by": "name"},
        {"sort_direction": "up"},
        {"updated_since": "2026-01-01T00:00:00.000Z"},
        {"updated_until": "2026-01-01"},
        {"ids": "1,two"},
        {"ids": ",".join(str(n) for n in range(101))},
        {"owner_id": "me"},
        {"include_fields": "secrets"},
        {"custom_fields": "0" * 40},
        {"include_labels": "yes"},
        {"filter_id": 3},
        {"status": "open"},
    ],
)
async def test_malformed_parameters_are_refused(bench: Bench, query: dict[str, object]) -> None:
    refused = await bench.v2("GET", "/organizations", **query)
    assert refused.status == 400
    assert refused.body["code"] == "ERR_SCHEMA_VALIDATION_FAILED"
    assert next(iter(query)) in refused.error


async def test_a_cursor_keeps_to_its_order(bench: Bench) -> None:
    for number in range(3):
        await bench.organization(f"O{number}")
    page = await bench.v2("GET", "/organizations", limit=1, sort_by="update_time")
    other = {"cursor": page.next_cursor, "sort_by": "id"}
    assert (await bench.v2("GET", "/organizations", **other)).status == 400
    alone = await bench.v2("GET", "/organizations", limit=1, cursor=page.next_cursor)
    assert opened(alone.next_cursor)["field"] == "update_time"
    forged = base64.urlsafe_b64encode(
        b'{"field":"id","fieldValue":"x","sortDirection":"asc","id":1}'
    ).decode()
    assert (await bench.v2("GET", "/organizations", cursor=forged)).status == 400


async def test_updated_since_is_inclusive_and_until_exclusive(bench: Bench) -> None:
    ids = []
    for number in range(3):
        ids.append((await bench.organization(f"O{number}"))["id"])
        bench.advance(seconds=1)
    window = {
        "updated_since": "2026-03-02T09:00:01Z",
        "updated_until": "2026-03-02T09:00:02Z",
    }
    for sort in ("id", "update_time"):
        found = (await bench.v2("GET", "/organizations", sort_by=sort, **window)).data
        assert [record["id"] for record in found] == [ids[1]]
    offset = await bench.v2("GET", "/organizations", updated_since="2026-03-02T10:00:02+01:00")
    assert [record["id"] for record in offset.data] == [ids[2]]


async def test_ids_leave_out_what_is_missing(bench: Bench) -> None:
    one, two = await bench.organization("A"), await bench.organization("B")
    await bench.v2("DELETE", f"/organizations/{two['id']}")
    found = await bench.v2("GET", "/organizations", ids=f"{two['id']},4711,{one['id']}")
    assert [record["id"] for record in found.data] == [one["id"]]


async def test_deals_filter_by_what_they_point_to(bench: Bench) -> None:
    org, person = await bench.organization(), await bench.person()
    stage = (await bench.v2("GET", "/stages")).data[2]
    hit = await bench.deal(
        "hit", org_id=org["id"], person_id=person["id"], owner_id=99003, stage_id=stage["id"]
    )
    won = await bench.deal("won", status="won")
    filters = {
        "org_id": org["id"],
        "person_id": person["id"],
        "owner_id": 99003,
        "stage_id": stage["id"],
    }
    for name, value in filters.items():
        found = (await bench.v2("GET", "/deals", **{name: value})).data
        assert [deal["id"] for deal in found] == [hit["id"]], name
    both = await bench.v2("GET", "/deals", pipeline_id=hit["pipeline_id"], status="won,lost")
    assert [deal["id"] for deal in both.data] == [won["id"]]
    persons = await bench.v2("GET", "/persons", deal_id=hit["id"])
    assert [found["id"] for found in persons.data] == [person["id"]]


async def test_products_sort_by_name(bench: Bench) -> None:
    for name in ("Chalk", "Atlas", "Brush"):
        await bench.product(name)
    names = [p["name"] for p in await bench.everything("/products", sort_by="name", limit=1)]
    assert names == ["Atlas", "Brush", "Chalk"]


async def test_custom_fields_labels_and_optional_fields(bench: Bench) -> None:
    key = await bench.field("organization", "varchar")
    choice = await bench.field("organization", "set", "Tags", "Red", "Blue")
    options = (await bench.v2("GET", f"/organizationFields/{choice}")).data["options"]
    tags = [option["id"] for option in options]
    org = await bench.organization(label_ids=[1], custom_fields={key: "wave:1", choice: [tags[1]]})
    await bench.deal(org_id=org["id"])
    await bench.deal(org_id=org["id"], status="won")
    await bench.person(org_id=org["id"])
    asked = {
        "ids": org["id"],
        "custom_fields": choice,
        "include_option_labels": True,
        "include_labels": True,
        "include_fields": "open_deals_count,won_deals_count,people_count,next_activity_id",
    }
    found = (await bench.v2("GET", "/organizations", **asked)).data[0]
    assert found["custom_fields"] == {choice: [{"id": tags[1], "label": "Blue"}]}
    assert found["labels"] == [{"id": 1, "label": "Customer"}]
    assert (found["open_deals_count"], found["won_deals_count"]) == (1, 1)
    assert (found["people_count"], found["next_activity_id"]) == (1, None)
    many = ",".join([key] * 16)
    assert (await bench.v2("GET", "/organizations", custom_fields=many)).status == 400


async def test_unset_custom_fields_are_null_or_absent_by_switch(bench: Bench) -> None:
    key = await bench.field("deal", "varchar")
    deal = await bench.deal()
    assert deal["custom_fields"][key] is None
    bench.switches["unset_custom_fields_absent"] = True
    assert (await bench.v2("GET", f"/deals/{deal['id']}")).data["custom_fields"] == {}
