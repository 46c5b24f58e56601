"""Organization and user fields: definitions, and values of every type (sheet, 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench, errors

OPTIONS = [{"name": "Clear", "value": "clear"}, {"name": "Overdue", "value": "overdue"}]


async def write(desk: Bench, organization: dict[str, Any], **values: Any) -> Any:
    body = {"organization": {"organization_fields": values}}
    return await desk.call("PUT", f"/organizations/{organization['id']}", body)


async def test_a_definition_and_its_answer(desk: Bench) -> None:
    given = {"key": "wave_open_balance", "type": "decimal", "title": "Wave: open balance"}
    reply = await desk.call("POST", "/organization_fields", {"organization_field": given})
    made = reply.body["organization_field"]
    assert (reply.status, reply.headers["location"]) == (201, made["url"])
    assert made["raw_title"] == made["title"] == "Wave: open balance"
    assert (made["position"], made["active"], made["system"]) == (9999, True, False)
    by_key = await desk.ok("GET", "/organization_fields/wave_open_balance")
    by_id = await desk.ok("GET", f"/organization_fields/{made['id']}")
    assert by_key == by_id
    organization = await desk.organization()
    assert organization["organization_fields"]["wave_open_balance"] is None


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"key": "wave balance", "title": "T"}, {"key": ["InvalidValue"]}),
        ({"key": "123", "title": "T"}, {"key": ["InvalidValue"]}),
        ({"key": "REGION", "title": "T"}, {"key": ["DuplicateValue"]}),
        ({"title": "T"}, {"key": ["BlankValue"]}),
        ({"key": "k"}, {"title": ["BlankValue"]}),
        ({"key": "k", "title": "T", "type": "money"}, {"type": ["InvalidValue"]}),
        ({"key": "k", "title": "T", "type": "dropdown"}, {"custom_field_options": ["BlankValue"]}),
        ({"key": "k", "title": "T", "type": "regexp"}, {"regexp_for_validation": ["BlankValue"]}),
        (
            {"key": "k", "title": "T", "type": "lookup", "relationship_target_type": "zen:ghost"},
            {"relationship_target_type": ["InvalidValue"]},
        ),
    ],
)  # fmt: skip
async def test_definitions_that_are_refused(
    desk: Bench, given: dict[str, Any], wrong: dict[str, list[str]]
) -> None:
    reply = await desk.call("POST", "/organization_fields", {"organization_field": given})
    assert errors(reply) == wrong


@pytest.mark.parametrize(
    ("kind", "sent", "stored"),
    [
        ("text", "CAD 12", "CAD 12"),
        ("text", 12, "12"),
        ("textarea", "a\nb", "a\nb"),
        ("checkbox", True, True),
        ("date", "2026-05-04", "2026-05-04T00:00:00+00:00"),
        ("date", "2026-05-04T00:00:00+00:00", "2026-05-04T00:00:00+00:00"),
        ("integer", 7, 7),
        ("integer", "7", 7),
        ("decimal", 420.5, 420.5),
        ("decimal", "420.50", 420.5),
        ("regexp", "AB-12", "AB-12"),
        ("dropdown", "overdue", "overdue"),
        ("multiselect", ["clear", "overdue"], ["clear", "overdue"]),
    ],
)
async def test_values_and_how_they_come_back(
    desk: Bench, kind: str, sent: Any, stored: Any
) -> None:
    more: dict[str, Any] = {}
    if kind in ("dropdown", "multiselect"):
        more = {"custom_field_options": OPTIONS}
    if kind == "regexp":
        more = {"regexp_for_validation": r"^[A-Z]+-\d+$"}
    await desk.field("f", kind, **more)
    made = await desk.organization(organization_fields={"f": sent})
    assert made["organization_fields"]["f"] == stored
    cleared = await write(desk, made, f=None)
    empty = False if kind == "checkbox" else None
    assert cleared.body["organization"]["organization_fields"]["f"] == empty


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("text", True),
        ("text", "x" * 65_537),
        ("checkbox", "yes"),
        ("date", "04.05.2026"),
        ("date", "2026-02-30"),
        ("integer", 1.5),
        ("integer", True),
        ("decimal", "1,200.50"),
        ("dropdown", "paid"),
        ("multiselect", "clear"),
        ("multiselect", ["clear", "paid"]),
    ],
)
async def test_values_that_do_not_fit(desk: Bench, kind: str, sent: Any) -> None:
    more = {"custom_field_options": OPTIONS} if kind in ("dropdown", "multiselect") else {}
    await desk.field("f", kind, **more)
    reply = await write(desk, await desk.organization(), f=sent)
    assert set(errors(reply)) == {"f"}


async def test_unknown_keys_are_named_in_a_header_or_refused(desk: Bench) -> None:
    made = await desk.organization()
    warned = await write(desk, made, nonsense=1)
    assert warned.status == 200
    assert '"organization.organization_fields.nonsense"' in warned.headers["x-zendesk-api-warn"]
    await desk.switch(unknown_field_key="error")
    assert set(errors(await write(desk, made, nonsense=1))) == {"nonsense"}


async def test_only_the_given_values_change(desk: Bench) -> None:
    await desk.field("a")
    await desk.field("b")
    made = await desk.organization(organization_fields={"a": "1", "b": "2"})
    changed = await write(desk, made, b="3")
    values = changed.body["organization"]["organization_fields"]
    assert (values["a"], values["b"]) == ("1", "3")
    await desk.switch(null_clears_field=False)
    kept = await write(desk, made, a=None)
    assert kept.body["organization"]["organization_fields"]["a"] == "1"


async def test_options_that_are_left_out_vanish_from_every_organization(desk: Bench) -> None:
    field = await desk.field("state", "dropdown", custom_field_options=OPTIONS)
    made = await desk.organization(organization_fields={"state": "overdue"})
    body = {"organization_field": {"custom_field_options": OPTIONS[:1], "key": "other"}}
    changed = await desk.call("PUT", f"/organization_fields/{field['id']}", body)
    assert "organization_field.key" in changed.headers["x-zendesk-api-warn"]
    options = changed.body["organization_field"]["custom_field_options"]
    assert [o["id"] for o in options] == [field["custom_field_options"][0]["id"]]
    shown = (await desk.ok("GET", f"/organizations/{made['id']}"))["organization"]
    assert shown["organization_fields"]["state"] is None


async def test_a_field_that_an_administrator_deletes_takes_its_values(desk: Bench) -> None:
    field = await desk.field("gone")
    made = await desk.organization(organization_fields={"gone": "x"})
    await desk.human("DELETE", f"organization_fields/{field['id']}")
    shown = (await desk.ok("GET", f"/organizations/{made['id']}"))["organization"]
    assert "gone" not in shown["organization_fields"]
    assert (await write(desk, made, gone="y")).headers["x-zendesk-api-warn"]
    await desk.field("gone")
    shown = (await desk.ok("GET", f"/organizations/{made['id']}"))["organization"]
    assert shown["organization_fields"]["gone"] is None


async def test_lookup_fields_resolve_at_once(desk: Bench) -> None:
    await desk.field("parent", "lookup", relationship_target_type="zen:organization")
    parent = await desk.organization("Parent", external_id="p")
    for sent in (str(parent["id"]), "external_id:P", "name:parent"):
        made = await desk.organization(f"Child {sent}", organization_fields={"parent": sent})
        assert made["organization_fields"]["parent"] == str(parent["id"])
    nobody = await write(desk, made, parent="external_id:zz")
    assert errors(nobody) == {"parent": ["InvalidValue"]}
    field = (await desk.ok("GET", "/organization_fields/parent"))["organization_field"]
    path = f"/zen:organization/{parent['id']}/relationship_fields/{field['id']}/zen:organization"
    assert (await desk.ok("GET", path))["count"] == 3


async def test_user_fields_reorder_and_options(desk: Bench) -> None:
    given = {"key": "state", "type": "dropdown", "title": "State", "custom_field_options": OPTIONS}
    made = (await desk.ok("POST", "/user_fields", {"user_field": given}))["user_field"]
    user = await desk.user("Pat", user_fields={"state": "clear", "job_title": "CFO"})
    assert user["user_fields"] == {"job_title": "CFO", "state": "clear"}
    options = await desk.ok("GET", f"/user_fields/{made['id']}/options")
    assert [o["value"] for o in options["custom_field_options"]] == ["clear", "overdue"]
    path = f"/user_fields/{made['id']}/options"
    fresh = {"custom_field_option": {"name": "Open", "value": "open"}}
    added = await desk.call("POST", path, fresh)
    assert (added.status, added.body["custom_field_option"]["value"]) == (201, "open")
    one = f"{path}/{added.body['custom_field_option']['id']}"
    assert (await desk.ok("GET", one)) == added.body
    assert (await desk.call("DELETE", one)).status == 204
    assert (await desk.ok("GET", path))["count"] == 2
    fields = (await desk.ok("GET", "/user_fields"))["user_fields"]
    order = {"user_field_ids": [f["id"] for f in reversed(fields)]}
    await desk.ok("PUT", "/user_fields/reorder", order)
    assert [f["key"] for f in (await desk.ok("GET", "/user_fields"))["user_fields"]] == [
        "state",
        "job_title",
    ]
    assert (await desk.call("DELETE", f"/user_fields/{made['id']}")).status == 204


async def test_dropdown_values_count_as_tags_by_switch(desk: Bench) -> None:
    await desk.switch(dropdown_adds_tag=True)
    made = await desk.organization(tags=["x"], organization_fields={"region": "north"})
    assert made["tags"] == ["x", "north"]


async def test_a_cap_on_fields_by_switch(desk: Bench) -> None:
    await desk.switch(fields_limit=3)
    body = {"organization_field": {"key": "more", "title": "More"}}
    refused = await desk.call("POST", "/organization_fields", body)
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "FieldLimitExceeded")
