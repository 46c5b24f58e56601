"""Custom objects: definitions, plans, names (sheet, 5.1)."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench, errors

GIVEN = {"key": "thing", "title": "Thing", "title_pluralized": "Things"}


async def define(desk: Bench, **more: Any) -> Any:
    return await desk.call("POST", "/custom_objects", {"custom_object": {**GIVEN, **more}})


async def test_a_definition(desk: Bench) -> None:
    reply = await define(desk, include_in_list_view=True)
    made = reply.body["custom_object"]
    assert (reply.status, reply.headers["location"]) == (201, made["url"])
    assert (made["key"], made["raw_title"]) == ("thing", "Thing")
    assert isinstance(made["created_by_user_id"], str)
    listed = (await desk.ok("GET", "/custom_objects"))["custom_objects"]
    assert listed == [made]
    body = {"custom_object": {"title": "Object", "key": "other"}}
    changed = await desk.call("PATCH", "/custom_objects/thing", body)
    assert changed.body["custom_object"]["key"] == "thing"
    assert "custom_object.key" in changed.headers["x-zendesk-api-warn"]
    assert errors(await define(desk)) == {"key": ["DuplicateValue"]}
    assert errors(await define(desk, key="Thing 2")) == {"key": ["InvalidValue"]}
    assert errors(await define(desk, key="t2", title="")) == {"title": ["BlankValue"]}


async def test_records_need_a_definition(desk: Bench) -> None:
    path = "/custom_objects/wave_invoice/records"
    body = {"custom_object_record": {"name": "INV-1"}}
    for reply in (
        await desk.call("GET", path),
        await desk.call("POST", path, body),
        await desk.call("PATCH", f"{path}?external_id=x", body),
        await desk.call("GET", "/custom_objects/wave_invoice"),
        await desk.call("GET", "/incremental/custom_objects/wave_invoice/cursor?start_time=1"),
    ):
        assert reply.status == 404
        assert reply.body == {
            "errors": [
                {
                    "code": "CustomObjectNotFound",
                    "status": "404",
                    "title": "Custom object not found",
                }
            ]
        }


@pytest.mark.parametrize("plan", ["support_team", "support_professional"])
async def test_plans_without_the_feature(desk: Bench, plan: str) -> None:
    await define(desk)
    await desk.switch(plan=plan)
    for path in ("/custom_objects", "/custom_objects/thing", "/custom_objects/thing/records"):
        reply = await desk.call("GET", path)
        assert (reply.status, reply.body["errors"][0]["code"]) == (404, "FeatureNotEnabled")
    assert (await define(desk, key="b")).status == 404
    await desk.switch(plan="support_enterprise")
    assert (await desk.call("GET", "/custom_objects")).status == 200
    await desk.switch(custom_objects_enabled=False)
    assert (await desk.call("GET", "/custom_objects")).status == 404


async def test_limits_of_the_plan(desk: Bench) -> None:
    await desk.switch(plan="suite_team")
    for number in range(3):
        assert (await define(desk, key=f"thing_{number}")).status == 201
    over = await define(desk, key="thing_4")
    assert (over.status, over.body["errors"][0]["code"]) == (422, "CustomObjectLimitExceeded")
    assert await desk.ok("GET", "/custom_objects/limits/object_limit") == {"count": 3, "limit": 3}
    path = "/custom_objects/thing_0/fields"
    for number in range(6):
        field = {
            "key": f"l{number}",
            "title": "L",
            "type": "lookup",
            "relationship_target_type": "zen:organization",
        }
        reply = await desk.call("POST", path, {"custom_object_field": field})
        assert reply.status == (201 if number < 5 else 422)
    assert await desk.ok("GET", "/custom_objects/thing_0/limits/field_limit") == {
        "count": 5,
        "limit": 100,
    }


async def test_fields_of_an_object(desk: Bench) -> None:
    await desk.invoices()
    path = "/custom_objects/wave_invoice/fields"
    listed = (await desk.ok("GET", path))["custom_object_fields"]
    assert [f["key"] for f in listed] == ["organization", "status", "total", "due_date", "memo"]
    assert listed[0]["relationship_target_type"] == "zen:organization"
    every = await desk.ok("GET", path, include_standard_fields="true")
    keys = [f["key"] for f in every["custom_object_fields"]]
    assert keys[:2] == ["standard::name", "standard::external_id"]
    assert (await desk.ok("GET", f"{path}/total"))["custom_object_field"]["type"] == "decimal"
    assert (await desk.call("GET", "/custom_objects/wave_invoice/fields/other")).status == 404
    assert (await desk.call("DELETE", f"{path}/standard::name")).status == 403
    await desk.record("i-1", total=1)
    assert (await desk.call("DELETE", f"{path}/{listed[2]['id']}")).status == 204
    assert "total" not in (await desk.record("i-1"))["custom_object_fields"]
    order = {"custom_object_field_ids": [listed[4]["id"], listed[0]["id"]]}
    await desk.ok("PUT", f"{path}/reorder", order)
    first = (await desk.ok("GET", path))["custom_object_fields"][0]
    assert first["key"] == "memo"


async def test_names_that_are_unique_or_counted(desk: Bench) -> None:
    await desk.invoices()
    path = "/custom_objects/wave_invoice/fields/standard::name"
    for wrong in (
        {"is_unique": True, "autoincrement_enabled": True},
        {"autoincrement_prefix": 5},
        {"is_unique": "yes"},
    ):
        body = {"custom_object_field": {"properties": wrong}}
        assert (await desk.call("PATCH", path, body)).status == 422, wrong
    unique = {"custom_object_field": {"properties": {"is_unique": True}}}
    await desk.ok("PATCH", path, unique)
    records = "/custom_objects/wave_invoice/records"
    record = {"custom_object_record": {"custom_object_fields": {"total": 1}}}
    made = await desk.ok("PATCH", f"{records}?name=INV-1", record)
    again = await desk.ok("PATCH", f"{records}?name=INV-1", record)
    assert made["custom_object_record"]["id"] == again["custom_object_record"]["id"]
    twin = await desk.call("POST", records, {"custom_object_record": {"name": "INV-1"}})
    assert errors(twin) == {"name": ["DuplicateValue"]}
    fixed = await desk.call("PATCH", path, unique)
    assert (fixed.status, fixed.body["errors"][0]["code"]) == (422, "RecordsExist")


async def test_counted_names(desk: Bench) -> None:
    await desk.invoices()
    counted = {
        "autoincrement_enabled": True,
        "autoincrement_prefix": "No. ",
        "autoincrement_padding": 3,
    }
    path = "/custom_objects/wave_invoice"
    body = {"custom_object_field": {"properties": counted}}
    await desk.ok("PATCH", f"{path}/fields/standard::name", body)
    names = [
        (await desk.ok("POST", f"{path}/records", {"custom_object_record": {}}))[
            "custom_object_record"
        ]["name"]
        for _ in range(2)
    ]
    assert names == ["No. 001", "No. 002"]
    named = await desk.call("POST", f"{path}/records", {"custom_object_record": {"name": "X"}})
    assert errors(named) == {"name": ["InvalidValue"]}


async def test_an_administrator_deletes_an_object(desk: Bench) -> None:
    await desk.invoices()
    await desk.record("i-1")
    await desk.human("DELETE", "custom_objects/wave_invoice")
    gone = await desk.call("GET", "/custom_objects/wave_invoice/records")
    assert gone.body["errors"][0]["code"] == "CustomObjectNotFound"
    await desk.invoices()
    assert (await desk.ok("GET", "/custom_objects/wave_invoice/records/count"))["count"][
        "value"
    ] == 0
