"""Custom fields: definitions, options, and the values of every type."""

from __future__ import annotations

from typing import Any

import pytest

from ml_sandbox.vendors.pipedrive.field_values import CREATABLE_TYPES, webhook_value

from . import contract
from .bench import Bench


def test_the_creatable_types_are_the_published_ones() -> None:
    for path in ("/dealFields", "/organizationFields", "/personFields", "/productFields"):
        schema = contract.operations("v2")[f"POST {path}"]["requestBody"]["content"]
        kinds = schema["application/json"]["schema"]["properties"]["field_type"]["enum"]
        assert set(kinds) == set(CREATABLE_TYPES)


@pytest.mark.parametrize("entity", ["deal", "organization", "person", "product"])
async def test_a_field_from_creation_to_deletion(bench: Bench, entity: str) -> None:
    path = f"/{entity}Fields"
    made = await bench.v2("POST", path, {"field_name": "External ID", "field_type": "varchar"})
    code = made.data["field_code"]
    assert made.status == 200
    assert len(code) == 40
    assert int(code, 16) >= 0
    assert made.data["is_custom_field"] is True
    twin = await bench.v2("POST", path, {"field_name": "External ID", "field_type": "varchar"})
    assert twin.data["field_code"] != code
    renamed = await bench.v2("PATCH", f"{path}/{code}", {"field_name": "Ours"})
    assert (renamed.data["field_name"], renamed.data["field_code"]) == ("Ours", code)
    typed = await bench.v2("PATCH", f"{path}/{code}", {"field_type": "text"})
    assert typed.status == 400
    listed = await bench.everything(path, limit=3)
    assert code in [field["field_code"] for field in listed]
    assert len({field["field_code"] for field in listed}) == len(listed)
    assert (await bench.v2("DELETE", f"{path}/{code}")).data["field_code"] == code
    assert (await bench.v2("GET", f"{path}/{code}")).status == 404
    assert code not in [field["field_code"] for field in await bench.everything(path)]


async def test_built_in_fields_are_listed_and_cannot_be_changed(bench: Bench) -> None:
    title = (await bench.v2("GET", "/dealFields/title")).data
    assert (title["field_type"], title["is_custom_field"]) == ("varchar", False)
    assert "ui_visibility" not in title
    shown = await bench.v2("GET", "/dealFields/title", include_fields="ui_visibility")
    assert shown.data["ui_visibility"]["add_visible_flag"] is False
    assert (await bench.v2("PATCH", "/dealFields/title", {"field_name": "X"})).status == 403
    assert (await bench.v2("DELETE", "/dealFields/title")).status == 403


async def test_activity_fields_are_read_only(bench: Bench) -> None:
    assert (await bench.v2("GET", "/activityFields")).status == 200
    assert (await bench.v2("GET", "/activityFields/subject")).data["field_code"] == "subject"
    body = {"field_name": "X", "field_type": "varchar"}
    assert (await bench.v2("POST", "/activityFields", body)).status == 405


@pytest.mark.parametrize(
    "body",
    [
        {"field_name": "", "field_type": "varchar"},
        {"field_name": "x" * 256, "field_type": "varchar"},
        {"field_name": "X", "field_type": "int"},
        {"field_name": "X"},
        {"field_name": "X", "field_type": "enum"},
        {"field_name": "X", "field_type": "varchar", "options": [{"label": "A"}]},
        {"field_name": "X", "field_type": "enum", "options": ["A"]},
        {"field_name": "X", "field_type": "varchar", "description": "for deals only"},
    ],
)
async def test_bad_definitions_are_refused(bench: Bench, body: dict[str, Any]) -> None:
    assert (await bench.v2("POST", "/organizationFields", body)).status == 400


async def test_options_change_all_or_none(bench: Bench) -> None:
    code = await bench.field("deal", "enum", "Phase", "One", "Two")
    path = f"/dealFields/{code}/options"
    added = await bench.v2("POST", path, [{"label": "Three"}])
    assert added.body["additional_data"] is None
    third = added.data[0]["id"]
    assert (await bench.v2("PATCH", path, [{"id": third, "label": "3"}])).data == [
        {"id": third, "label": "3"}
    ]
    assert (await bench.v2("PATCH", path, [{"id": 4711, "label": "4"}])).status == 400
    assert (await bench.v2("POST", path, [])).status == 400
    assert (await bench.v2("POST", path, [{"label": "A"}, {"name": "B"}])).status == 400
    assert (await bench.v2("DELETE", path, [{"id": third}, {"id": 4711}])).status == 400
    assert (await bench.v2("DELETE", path, [{"id": third}])).data[0]["id"] == third
    labels = [o["label"] for o in (await bench.v2("GET", f"/dealFields/{code}")).data["options"]]
    assert labels == ["One", "Two"]
    plain = await bench.field("deal", "varchar")
    refused = await bench.v2("POST", f"/dealFields/{plain}/options", [{"label": "A"}])
    assert refused.status == 400


ADDRESS = {"value": "5 Quay St", "locality": "Bristol"}
GOOD: list[tuple[str, Any, Any]] = [
    ("varchar", "x" * 255, None),
    ("varchar_auto", "abc", None),
    ("text", "x" * 300, None),
    ("double", 12.5, None),
    ("double", 12, None),
    ("monetary", {"value": 5, "currency": "USD"}, None),
    ("phone", "+44 117", None),
    ("date", "2026-01-31", None),
    ("daterange", {"value": "2026-01-01", "until": "2026-01-31"}, None),
    ("time", {"value": "09:00:00", "timezone_name": "Europe/London"}, None),
    (
        "timerange",
        {"value": "09:00", "until": "17:00", "timezone_name": "UTC"},
        {"value": "09:00:00", "until": "17:00:00", "timezone_name": "UTC"},
    ),
    ("user", 99002, None),
]


@pytest.mark.parametrize(("kind", "value", "stored"), GOOD)
async def test_values_of_each_type(bench: Bench, kind: str, value: Any, stored: Any) -> None:
    code = await bench.field("organization", kind)
    made = await bench.organization(custom_fields={code: value})
    assert made["custom_fields"][code] == (value if stored is None else stored)
    path = f"/organizations/{made['id']}"
    cleared = await bench.v2("PATCH", path, {"custom_fields": {code: None}})
    assert cleared.data["custom_fields"][code] is None


async def test_addresses_references_and_options_as_values(bench: Bench) -> None:
    org, person = await bench.organization(), await bench.person()
    place = await bench.field("deal", "address")
    org_key, people_key = await bench.field("deal", "org"), await bench.field("deal", "people")
    choice = await bench.field("deal", "enum", "E", "A", "B")
    several = await bench.field("deal", "set", "S", "A", "B", "C")
    ids = {
        code: [o["id"] for o in (await bench.v2("GET", f"/dealFields/{code}")).data["options"]]
        for code in (choice, several)
    }
    values = {
        place: ADDRESS,
        org_key: org["id"],
        people_key: person["id"],
        choice: ids[choice][0],
        several: ids[several][:2],
    }
    made = (await bench.deal(custom_fields=values))["custom_fields"]
    assert made[place]["locality"] == "Bristol"
    assert made[place]["formatted_address"] is None
    assert {code: made[code] for code in values if code != place} == {
        code: value for code, value in values.items() if code != place
    }


BAD: list[tuple[str, Any]] = [
    ("varchar", "x" * 256),
    ("varchar", 5),
    ("double", "5"),
    ("double", True),
    ("monetary", 5),
    ("monetary", {"value": "5", "currency": "USD"}),
    ("monetary", {"value": 5}),
    ("monetary", {"value": 5, "currency": "XAF"}),
    ("phone", 44),
    ("date", "31.01.2026"),
    ("date", "2026-02-30"),
    ("daterange", {"value": "2026-01-01"}),
    ("time", "09:00:00"),
    ("time", {"value": "9am"}),
    ("user", 4711),
    ("user", "99001"),
    ("org", 4711),
    ("address", "5 Quay St"),
    ("address", {"value": "5 Quay St", "city": "Bristol"}),
]


@pytest.mark.parametrize(("kind", "value"), BAD)
async def test_wrong_values_name_the_field_code(bench: Bench, kind: str, value: Any) -> None:
    code = await bench.field("organization", kind)
    body = {"name": "A", "custom_fields": {code: value}}
    refused = await bench.v2("POST", "/organizations", body)
    assert refused.body["code"] == "ERR_SCHEMA_VALIDATION_FAILED"
    assert refused.error.startswith(f"Validation failed: custom_fields.{code}: ")


async def test_sets_and_enums_refuse_what_they_do_not_hold(bench: Bench) -> None:
    choice = await bench.field("deal", "enum", "E", "A", "B")
    several = await bench.field("deal", "set", "S", "A", "B")
    for code, value in ((choice, "A"), (choice, 4711), (several, []), (several, [4711])):
        body = {"title": "A", "custom_fields": {code: value}}
        assert (await bench.v2("POST", "/deals", body)).status == 400


async def test_unknown_deleted_and_top_level_hashes_are_refused(bench: Bench) -> None:
    code = await bench.field("organization", "varchar")
    deal_code = await bench.field("deal", "varchar")
    for body in (
        {"custom_fields": {"f" * 40: "x"}},
        {"custom_fields": {deal_code: "x"}},
        {"custom_fields": {"name": "x"}},
        {code: "x"},
    ):
        refused = await bench.v2("POST", "/organizations", {"name": "A", **body})
        assert refused.status == 400
        assert "is not allowed for this request" in refused.error
    made = await bench.organization(custom_fields={code: "x"})
    await bench.v2("DELETE", f"/organizationFields/{code}")
    path = f"/organizations/{made['id']}"
    assert code not in (await bench.v2("GET", path)).data["custom_fields"]
    refused = await bench.v2("PATCH", path, {"custom_fields": {code: "y"}})
    assert refused.body["code"] == "ERR_SCHEMA_VALIDATION_FAILED"


async def test_a_patch_touches_only_the_hashes_it_names(bench: Bench) -> None:
    one, two = await bench.field("deal", "varchar"), await bench.field("deal", "varchar")
    deal = await bench.deal(custom_fields={one: "1", two: "2"})
    changed = await bench.v2("PATCH", f"/deals/{deal['id']}", {"custom_fields": {one: None}})
    assert (changed.data["custom_fields"][one], changed.data["custom_fields"][two]) == (None, "2")


async def test_an_existing_field_has_our_name_but_another_type(bench: Bench) -> None:
    fields = await bench.everything("/organizationFields")
    kinds = [f["field_type"] for f in fields if f["field_name"] == "Wave customer ID"]
    assert kinds == ["double"]


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("varchar", "a", {"type": "varchar", "value": "a"}),
        ("double", 12.5, {"type": "double", "value": 12.5}),
        (
            "monetary",
            {"value": 5, "currency": "USD"},
            {"type": "monetary", "value": 5, "currency": "USD"},
        ),
        ("enum", 17, {"type": "enum", "id": 17}),
        ("set", [13, 14], {"type": "set", "values": [{"id": 13}, {"id": 14}]}),
        ("org", 42, {"type": "org", "id": 42}),
        ("user", 42, {"type": "user", "id": 42}),
        (
            "daterange",
            {"value": "2026-01-01", "until": "2026-01-31"},
            {"type": "daterange", "from": "2026-01-01", "until": "2026-01-31"},
        ),
        (
            "time",
            {"value": "09:00:00", "timezone_name": "UTC"},
            {"type": "time", "value": "09:00:00", "timezone_id": 310},
        ),
        ("varchar", None, None),
    ],
)
def test_webhook_form_of_values(kind: str, value: Any, sent: Any) -> None:
    assert webhook_value(kind, value) == sent
