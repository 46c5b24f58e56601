"""Records: upserts, lookups, values, lists, searches, bulk jobs (sheet, 5.2 and 5.3)."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench, errors

PATH = "/custom_objects/wave_invoice/records"


@pytest.fixture
async def books(desk: Bench) -> Bench:
    """An account with the object `wave_invoice` and one organization `w-1`."""
    await desk.invoices()
    await desk.organization("Brightleaf", external_id="w-1")
    return desk


async def upsert(desk: Bench, external_id: str, **values: Any) -> Any:
    body = {"custom_object_record": {"name": "INV-1042", "custom_object_fields": values}}
    return await desk.call("PATCH", PATH, body, None, external_id=external_id)


async def test_an_upsert_creates_then_changes_only_what_is_given(books: Bench) -> None:
    made = await upsert(
        books,
        "wave-inv-1",
        organization="external_id:W-1",
        status="overdue",
        total=420.5,
        due_date="2026-10-30",
    )
    record = made.body["custom_object_record"]
    assert made.status == 200
    organization = await books.ok("GET", "/organizations/search", external_id="w-1")
    assert record["custom_object_fields"] == {
        "organization": str(organization["organizations"][0]["id"]),
        "status": "overdue",
        "total": 420.5,
        "due_date": "2026-10-30T00:00:00+00:00",
        "memo": None,
    }
    assert len(record["id"]) == 26
    assert record["id"].startswith("01")
    assert isinstance(record["created_by_user_id"], str)
    changed = await upsert(books, "wave-inv-1", status="paid")
    fields = changed.body["custom_object_record"]["custom_object_fields"]
    assert changed.body["custom_object_record"]["id"] == record["id"]
    assert (fields["status"], fields["total"]) == ("paid", 420.5)
    other = await upsert(books, "WAVE-INV-1", total=1)
    assert other.body["custom_object_record"]["id"] != record["id"], "case tells records apart"


async def test_the_status_of_a_create_by_switch(books: Bench) -> None:
    await books.switch(upsert_create_status=201)
    assert (await upsert(books, "a")).status == 201
    assert (await upsert(books, "a")).status == 200


async def test_lookups_need_their_target_first(books: Bench) -> None:
    reply = await upsert(books, "a", organization="external_id:w-2")
    assert errors(reply) == {"organization": ["InvalidValue"]}
    await books.switch(record_error_form="array")
    reply = await upsert(books, "a", organization="external_id:w-2")
    assert (reply.status, reply.body["errors"][0]["code"]) == (422, "RecordInvalid")
    assert (await books.ok("GET", f"{PATH}/count"))["count"]["value"] == 0
    await books.organization("Late", external_id="w-2")
    assert (await upsert(books, "a", organization="external_id:w-2")).status == 200


async def test_a_lookup_to_another_object(books: Bench) -> None:
    named = {"key": "wave_payment", "title": "P", "title_pluralized": "Ps"}
    await books.ok("POST", "/custom_objects", {"custom_object": named})
    field = {
        "key": "invoice",
        "title": "Invoice",
        "type": "lookup",
        "relationship_target_type": "zen:custom_object:wave_invoice",
    }
    path = "/custom_objects/wave_payment"
    await books.ok("POST", f"{path}/fields", {"custom_object_field": field})
    invoice = (await upsert(books, "i-1")).body["custom_object_record"]
    for sent in ("external_id:i-1", "name:INV-1042", invoice["id"]):
        values = {"name": "P", "custom_object_fields": {"invoice": sent}}
        made = await books.ok("POST", f"{path}/records", {"custom_object_record": values})
        assert made["custom_object_record"]["custom_object_fields"]["invoice"] == invoice["id"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"status": "void"}, "status"),
        ({"total": "1,2"}, "total"),
        ({"due_date": "soon"}, "due_date"),
    ],
)
async def test_values_that_do_not_fit(books: Bench, values: dict[str, Any], field: str) -> None:
    assert set(errors(await upsert(books, "a", **values))) == {field}


async def test_numbers_may_come_back_as_text_or_rounded(books: Bench) -> None:
    await books.switch(numbers_as_text=True)
    made = await upsert(books, "a", total=420.5)
    assert made.body["custom_object_record"]["custom_object_fields"]["total"] == "420.5"
    await books.switch(numbers_as_text=False, decimal_digits=2)
    made = await upsert(books, "a", total="12.345678")
    assert made.body["custom_object_record"]["custom_object_fields"]["total"] == 12.35


async def test_a_plain_post_and_what_it_must_have(books: Bench) -> None:
    body = {"custom_object_record": {"name": "INV-1", "external_id": "a", "colour": 1}}
    made = await books.call("POST", PATH, body)
    assert (made.status, made.headers["location"]) == (
        201,
        made.body["custom_object_record"]["url"],
    )
    assert "custom_object_record.colour" in made.headers["x-zendesk-api-warn"]
    assert errors(await books.call("POST", PATH, body)) == {"external_id": ["DuplicateValue"]}
    bare = await books.call("POST", PATH, {"custom_object_record": {}})
    assert errors(bare) == {"name": ["BlankValue"]}
    for query in ("", "?external_id=a&name=b"):
        assert (await books.call("PATCH", f"{PATH}{query}", body)).status == 400
    by_name = await books.call("PATCH", f"{PATH}?name=INV-1", body)
    assert (by_name.status, by_name.body["errors"][0]["code"]) == (400, "InvalidQueryParameter")


async def test_records_are_small_and_not_endless(books: Bench) -> None:
    big = await upsert(books, "a", memo="x" * 40_000)
    assert (big.status, big.body["errors"][0]["code"]) == (422, "RecordTooLarge")
    await upsert(books, "b")
    limit = await books.ok("GET", "/custom_objects/limits/record_limit")
    assert limit == {"count": 1, "limit": 1_000_000}
    await books.switch(record_limit=1)
    full = await upsert(books, "c")
    assert full.body["errors"][0]["code"] == "RecordLimitExceeded"


async def test_reading_changing_and_deleting_one(books: Bench) -> None:
    made = (await upsert(books, "a")).body["custom_object_record"]
    path = f"{PATH}/{made['id']}"
    assert (await books.ok("GET", f"{path}.json"))["custom_object_record"] == made
    body = {"custom_object_record": {"name": "New", "external_id": "b"}}
    changed = (await books.ok("PATCH", path, body))["custom_object_record"]
    assert (changed["name"], changed["external_id"]) == ("New", "b")
    assert (await books.call("DELETE", path)).status == 204
    assert (await books.call("GET", path)).body["error"] == "RecordNotFound"
    await upsert(books, "c")
    assert (await books.call("DELETE", f"{PATH}?external_id=c")).status == 204
    assert (await books.call("DELETE", f"{PATH}?external_id=c")).status == 404


async def test_lists_go_by_cursor_only(books: Bench) -> None:
    for number in range(5):
        await upsert(books, f"i-{number}")
        await books.sandbox.advance(1)
    await upsert(books, "i-1", memo="later")
    page = await books.ok("GET", PATH, page_size=2, sort="-updated_at")
    assert [r["external_id"] for r in page["custom_object_records"]] == ["i-1", "i-4"]
    after = page["meta"]["after_cursor"]
    rest = await books.ok("GET", PATH, page_size=10, sort="-updated_at", page_after=after)
    assert [r["external_id"] for r in rest["custom_object_records"]] == ["i-3", "i-2", "i-0"]
    assert rest["meta"]["has_more"] is False
    other_sort = await books.call("GET", PATH, None, None, page_size=2, page_after=after)
    assert other_sort.body["errors"][0]["code"] == "InvalidCursor"
    for query in ("page=2", "per_page=10", "page[size]=101", "sort=name"):
        assert (await books.call("GET", f"{PATH}?{query}")).status == 400, query


async def test_lists_filtered_by_ids_tell_case_apart(books: Bench) -> None:
    one = (await upsert(books, "a")).body["custom_object_record"]
    await upsert(books, "A")
    found = await books.ok("GET", PATH, filter_external_ids="a,b")
    assert [r["id"] for r in found["custom_object_records"]] == [one["id"]]
    found = await books.ok("GET", PATH, filter_ids=one["id"])
    assert len(found["custom_object_records"]) == 1


async def test_searches_lag_and_lists_do_not(books: Bench) -> None:
    await upsert(books, "a", status="overdue", organization="external_id:w-1", total=10)
    asked = {"filter": {"custom_object_fields.status": {"$eq": "overdue"}}}
    assert (await books.ok("POST", f"{PATH}/search", asked))["count"] == 0
    assert len((await books.ok("GET", PATH))["custom_object_records"]) == 1
    await books.sandbox.advance(5)
    assert (await books.ok("POST", f"{PATH}/search", asked))["count"] == 1
    assert (await books.ok("GET", f"{PATH}/search", query="1042"))["count"] == 1
    assert (await books.ok("GET", f"{PATH}/autocomplete", name="inv"))["count"] == 1
    await upsert(books, "a", status="paid")
    assert (await books.ok("POST", f"{PATH}/search", asked))["count"] == 1, "the index is behind"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"custom_object_fields.total": {"$gt": 10}}, ["b"]),
        ({"custom_object_fields.total": {"$lte": 10}}, ["a"]),
        ({"custom_object_fields.due_date": {"$lt": "2026-06-01"}}, ["a"]),
        ({"external_id": {"$eq": "b"}}, ["b"]),
        ({"name": {"$contains": "1042"}}, ["a", "b"]),
        ({"custom_object_fields.status": {"$noteq": "paid"}}, ["a"]),
        ({"$or": [{"external_id": {"$eq": "a"}}, {"external_id": {"$eq": "b"}}]}, ["a", "b"]),
        (
            {
                "$and": [
                    {"custom_object_fields.status": {"$eq": "paid"}},
                    {"custom_object_fields.total": {"$eq": 10}},
                ]
            },
            [],
        ),
    ],
)
async def test_filters(books: Bench, asked: dict[str, Any], found: list[str]) -> None:
    await upsert(books, "a", status="overdue", total=10, due_date="2026-05-01")
    await upsert(books, "b", status="paid", total=20.5, due_date="2026-07-01")
    await books.sandbox.advance(5)
    hits = await books.ok("POST", f"{PATH}/search", {"filter": asked})
    assert [r["external_id"] for r in hits["custom_object_records"]] == found


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"status": {"$eq": "paid"}},
        {"custom_object_fields.no": {"$eq": "x"}},
        {"custom_object_fields.status": {"$like": "x"}},
        {"$and": []},
    ],
)
async def test_filters_that_cannot_be_understood(books: Bench, asked: dict[str, Any]) -> None:
    await upsert(books, "a")
    await books.sandbox.advance(5)
    refused = await books.call("POST", f"{PATH}/search", {"filter": asked})
    assert (refused.status, refused.body["errors"][0]["code"]) == (400, "InvalidFilter")


async def test_from_an_organization_back_to_its_records(books: Bench) -> None:
    await upsert(books, "a", organization="external_id:w-1")
    await upsert(books, "b")
    found = await books.ok("GET", "/organizations/search", external_id="w-1")
    number = found["organizations"][0]["id"]
    fields = await books.ok("GET", "/custom_objects/wave_invoice/fields")
    field = fields["custom_object_fields"][0]["id"]
    path = f"/zen:organization/{number}/relationship_fields/{field}/zen:custom_object:wave_invoice"
    by_cursor = await books.ok("GET", path, page_size=10)
    assert [r["external_id"] for r in by_cursor["custom_object_records"]] == ["a"]
    assert (await books.ok("GET", path))["count"] == 1
    gone = path.replace(str(number), "77")
    assert (await books.call("GET", gone)).status == 404


async def test_pointers_to_what_is_deleted(books: Bench) -> None:
    made = (await upsert(books, "a", organization="external_id:w-1")).body["custom_object_record"]
    number = made["custom_object_fields"]["organization"]
    await books.human("DELETE", f"organizations/{number}")
    kept = (await books.ok("GET", f"{PATH}/{made['id']}"))["custom_object_record"]
    assert kept["custom_object_fields"]["organization"] == number
    await books.switch(deleted_targets_cleared=True)
    again = await books.organization("Again", external_id="w-1")
    await upsert(books, "a", organization="external_id:w-1")
    await books.human("DELETE", f"organizations/{again['id']}")
    kept = (await books.ok("GET", f"{PATH}/{made['id']}"))["custom_object_record"]
    assert kept["custom_object_fields"]["organization"] is None


async def job(desk: Bench, action: str, *items: Any) -> Any:
    body = {"job": {"action": action, "items": list(items)}}
    return await desk.call("POST", "/custom_objects/wave_invoice/jobs", body)


async def test_bulk_jobs_by_external_id(books: Bench) -> None:
    await upsert(books, "a", memo="old")
    queued = await job(
        books,
        "create_or_update_by_external_id",
        {"external_id": "a", "custom_object_fields": {"memo": "new"}},
        {"external_id": "b", "name": "B", "custom_object_fields": {"status": "nonsense"}},
        {"external_id": "c", "name": "C"},
        {"name": "no key"},
    )
    assert queued.status == 201
    results = (await books.finished(queued.body))["results"]
    assert [r.get("action") for r in results] == ["update", None, "create", None]
    assert results[1]["error"] == "CustomObjectRecordUpsertFailed"
    assert results[1]["external_id"] == "b"
    listed = (await books.ok("GET", PATH))["custom_object_records"]
    assert [(r["external_id"], r["custom_object_fields"]["memo"]) for r in listed] == [
        ("a", "new"),
        ("c", None),
    ]
    await books.finished((await job(books, "delete_by_external_id", "a", "zz")).body)
    await books.finished((await job(books, "delete", listed[1]["id"])).body)
    assert (await books.ok("GET", f"{PATH}/count"))["count"]["value"] == 0


async def test_other_bulk_actions(books: Bench) -> None:
    await books.finished((await job(books, "create", {"name": "A"}, {"name": "B"})).body)
    first = (await books.ok("GET", PATH))["custom_object_records"][0]
    change = {"id": first["id"], "custom_object_fields": {"memo": "m"}}
    await books.finished((await job(books, "update", change)).body)
    shown = (await books.ok("GET", f"{PATH}/{first['id']}"))["custom_object_record"]
    assert shown["custom_object_fields"]["memo"] == "m"
    assert (await job(books, "replace", {})).status == 400
    assert (await job(books, "create")).status == 400
    assert (await job(books, "create", *[{"name": "A"}] * 101)).body["error"] == "TooManyValues"


async def test_the_export_of_records_blots_out_deleted_ones(books: Bench) -> None:
    await upsert(books, "a", memo="kept")
    await upsert(books, "b", memo="gone")
    await books.call("DELETE", f"{PATH}?external_id=b")
    path = "/incremental/custom_objects/wave_invoice/cursor"
    early = await books.ok("GET", path, start_time=1)
    assert early["custom_object_records"] == [], "the last minute is withheld"
    await books.sandbox.advance(61)
    page = await books.ok("GET", path, cursor=early["after_cursor"])
    told = [r["custom_object_fields"]["memo"] for r in page["custom_object_records"]]
    assert told == ["kept", "[DELETED]"]
    assert page["end_of_stream"] is True
