"""Create, read, change and delete of the v2 records, and the strictness of their bodies."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench

BODIES: dict[str, dict[str, Any]] = {
    "/organizations": {"name": "Northwind Tools"},
    "/persons": {"name": "Ada Byron"},
    "/deals": {"title": "INV-77"},
    "/activities": {"subject": "Call back", "type": "call"},
    "/products": {"name": "Pencil"},
}
CREATED = {"/products": 201}


@pytest.mark.parametrize("path", list(BODIES))
async def test_a_record_lives_from_post_to_delete(bench: Bench, path: str) -> None:
    made = await bench.v2("POST", path, BODIES[path])
    assert made.status == CREATED.get(path, 200)
    record_id = made.data["id"]
    assert "additional_data" not in made.body
    assert made.data["add_time"] == "2026-03-02T09:00:00Z"
    bench.advance(seconds=61.4)
    key, _value = next(iter(BODIES[path].items()))
    changed = await bench.v2("PATCH", f"{path}/{record_id}", {key: "Another"})
    assert changed.data[key] == "Another"
    assert changed.data["update_time"] == "2026-03-02T09:01:01Z"
    assert changed.data["add_time"] == "2026-03-02T09:00:00Z"
    read = await bench.v2("GET", f"{path}/{record_id}")
    assert read.data[key] == "Another"
    gone = await bench.v2("DELETE", f"{path}/{record_id}")
    assert gone.body == {"success": True, "data": {"id": record_id}}
    assert [r["id"] for r in (await bench.v2("GET", path, ids=record_id)).data] == []
    assert (await bench.v2("PATCH", f"{path}/{record_id}", {key: "Late"})).status == 404
    assert (await bench.v2("DELETE", f"{path}/{record_id}")).status == 404


@pytest.mark.parametrize("path", list(BODIES))
async def test_put_is_no_method_of_v2(bench: Bench, path: str) -> None:
    assert (await bench.v2("PUT", f"{path}/1", BODIES[path])).status == 405


async def test_a_missing_record_is_404_in_the_generic_form(bench: Bench) -> None:
    missing = await bench.v2("GET", "/organizations/999999")
    assert missing.status == 404
    assert missing.body == {
        "success": False,
        "error": "Entity was not found",
        "error_info": "Object was not found.",
        "data": None,
        "additional_data": None,
    }


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/organizations", {"name": "A", "currency": "EUR"}, "currency"),
        ("/organizations", {"name": "A", "id": 4}, "id"),
        ("/organizations", {"name": "A", "update_time": "2026-01-01T00:00:00Z"}, "update_time"),
        ("/organizations", {"name": "A", "owner_id": "99001"}, "owner_id"),
        ("/organizations", {"name": "A", "owner_id": 5}, "owner_id"),
        ("/organizations", {"name": 7}, "name"),
        ("/organizations", {"name": ""}, "name"),
        ("/organizations", {}, "name"),
        ("/organizations", {"name": "A", "visible_to": 2}, "visible_to"),
        ("/organizations", {"name": "A", "label_ids": [4711]}, "label_ids"),
        ("/organizations", {"name": "A", "address": "5 Quay St"}, "address"),
        ("/organizations", {"name": "A", "address": {"city": "Bristol"}}, "address.city"),
        ("/organizations", {"name": "A", "add_time": "2026-01-01T00:00:00.5Z"}, "add_time"),
        ("/persons", {"emails": []}, "name"),
        ("/persons", {"name": "A", "email": "a@b.example"}, "email"),
        ("/persons", {"name": "A", "emails": ["a@b.example"]}, "emails.0"),
        ("/persons", {"name": "A", "org_id": 4711}, "org_id"),
        ("/deals", {"title": "A", "value": "12.5"}, "value"),
        ("/deals", {"title": "A", "currency": "XAF"}, "currency"),
        ("/deals", {"title": "A", "status": "deleted"}, "status"),
        ("/deals", {"title": "A", "stage_change_time": None}, "stage_change_time"),
        ("/deals", {"title": "A", "expected_close_date": "01.02.2026"}, "expected_close_date"),
        ("/deals", {"title": "A", "add_time": "2026-01-01T00:00:00Z"}, "add_time"),
        ("/activities", {"type": "smoke_signal"}, "type"),
        ("/activities", {"person_id": 1}, "person_id"),
        ("/activities", {"done": 1}, "done"),
        ("/activities", {"due_time": "25:00"}, "due_time"),
        ("/activities", {"custom_fields": {}}, "custom_fields"),
        ("/products", {"name": "A", "prices": [{"currency": "XAF"}]}, "prices.currency"),
        ("/products", {"name": "A", "code": 123}, "code"),
    ],
)
async def test_bodies_are_strict(bench: Bench, path: str, body: Any, name: str) -> None:
    refused = await bench.v2("POST", path, body)
    assert refused.status == 400
    assert refused.body["code"] == "ERR_SCHEMA_VALIDATION_FAILED"
    assert refused.error.startswith(f"Validation failed: {name}: "), refused.error


async def test_several_faults_are_joined(bench: Bench) -> None:
    refused = await bench.v2("POST", "/organizations", {"owner_id": "x", "foo": 1, "bar": 2})
    assert refused.error == (
        "Validation failed: name: is required; owner_id: must be an integer; "
        "foo: Parameter 'foo' is not allowed for this request; "
        "bar: Parameter 'bar' is not allowed for this request"
    )


async def test_broken_json_and_unknown_parameters_are_refused(bench: Bench) -> None:
    out = await bench.vendor.api.answer(
        "POST", "/api/v2/organizations", {}, bench.auth, b'{"name": '
    )
    assert out.status == 400
    refused = await bench.v2("GET", "/organizations", page=2)
    assert refused.error == (
        "Validation failed: page: Parameter 'page' is not allowed for this request"
    )


async def test_address_parts_left_out_become_null(bench: Bench) -> None:
    made = await bench.organization(address={"value": "5 Quay St", "locality": "Bristol"})
    assert made["address"]["locality"] == "Bristol"
    assert made["address"]["country"] is None
    path = f"/organizations/{made['id']}"
    changed = await bench.v2("PATCH", path, {"address": {"value": "6 Quay St"}})
    assert changed.data["address"]["locality"] is None
    cleared = await bench.v2("PATCH", path, {"address": None, "website": None})
    assert cleared.data["address"] is None


async def test_nothing_is_unique_and_the_last_write_wins(bench: Bench) -> None:
    one, two = await bench.organization("Twin"), await bench.organization("Twin")
    assert one["id"] != two["id"]
    for person in range(2):
        await bench.person(f"P{person}", emails=[{"value": "same@mail.example"}])
    headers = {**bench.auth, "if-match": '"1"', "idempotency-key": "k"}
    path = f"/api/v2/organizations/{one['id']}"
    assert (await bench.call("PATCH", path, {"name": "X"}, headers)).data["name"] == "X"
    assert (await bench.call("PATCH", path, {"name": "Y"}, headers)).data["name"] == "Y"


async def test_emails_are_replaced_with_one_primary(bench: Bench) -> None:
    mails = [{"value": "a@x.example", "label": "work"}, {"value": "b@x.example", "primary": True}]
    made = await bench.person("Grace Brewster Hopper", emails=mails)
    assert [(e["value"], e["primary"]) for e in made["emails"]] == [
        ("a@x.example", False),
        ("b@x.example", True),
    ]
    assert (made["first_name"], made["last_name"]) == ("Grace", "Brewster Hopper")
    path = f"/persons/{made['id']}"
    changed = await bench.v2("PATCH", path, {"emails": [{"value": "c@x.example"}]})
    assert changed.data["emails"] == [{"value": "c@x.example", "primary": True, "label": "work"}]
    bench.switches["emails_patch_adds"] = True
    added = await bench.v2("PATCH", path, {"emails": [{"value": "d@x.example"}]})
    assert [e["value"] for e in added.data["emails"]] == ["c@x.example", "d@x.example"]


async def test_contact_sync_fields_are_barred_without_contact_sync(bench: Bench) -> None:
    refused = await bench.v2("POST", "/persons", {"name": "A", "job_title": "CFO"})
    assert refused.status == 403
    bench.switches["contact_sync"] = True
    assert (await bench.person("A", job_title="CFO"))["job_title"] == "CFO"


async def test_deleted_records_read_by_id_are_marked_and_purged_after_thirty_days(
    bench: Bench,
) -> None:
    path = f"/organizations/{(await bench.organization())['id']}"
    await bench.v2("DELETE", path)
    assert (await bench.v2("GET", path)).data["is_deleted"] is True
    bench.switches["deleted_by_id_not_found"] = True
    assert (await bench.v2("GET", path)).status == 404
    bench.switches["deleted_by_id_not_found"] = False
    bench.advance(days=29)
    assert (await bench.v2("GET", path)).status == 200
    bench.advance(days=1, hours=2)
    assert (await bench.v2("GET", path)).status == 404


async def test_activities(bench: Bench) -> None:
    person = await bench.person()
    body = {
        "subject": "Due",
        "type": "deadline",
        "due_date": "2026-03-09",
        "due_time": "14:30",
        "participants": [{"person_id": person["id"], "primary": True}],
        "attendees": [{"email": "a@b.example"}],
        "note": "<b>Pay</b>",
        "priority": 263,
    }
    made = (await bench.v2("POST", "/activities", body)).data
    assert made["due_time"] == "14:30:00"
    assert made["person_id"] == person["id"]
    assert made["marked_as_done_time"] is None
    path = f"/activities/{made['id']}"
    done = (await bench.v2("PATCH", path, {"done": True})).data
    assert done["marked_as_done_time"] == "2026-03-02T09:00:00Z"
    assert "attendees" not in (await bench.v2("GET", path)).data
    asked = await bench.v2("GET", path, include_fields="attendees")
    assert asked.data["attendees"][0]["email"] == "a@b.example"
    assert (await bench.v2("PATCH", path, {"done": False})).data["marked_as_done_time"] is None
    assert len((await bench.v2("GET", "/activities", done=False)).data) == 1
    assert len((await bench.v2("GET", "/activities", done=True)).data) == 0
    bare = (await bench.v2("POST", "/activities", {})).data
    assert bare["type"] == "call"


async def test_products_have_one_price_per_currency_and_a_default(bench: Bench) -> None:
    made = await bench.product(code="PEN-1")
    assert [(p["currency"], p["price"]) for p in made["prices"]] == [("USD", 0)]
    assert made["prices"][0]["product_id"] == made["id"]
    twice = [{"currency": "EUR", "price": 1}, {"currency": "EUR", "price": 2}]
    assert (await bench.v2("POST", "/products", {"name": "A", "prices": twice})).status == 400
    path = f"/products/{made['id']}"
    jpy = (await bench.v2("PATCH", path, {"prices": [{"currency": "JPY", "price": 500}]})).data
    assert jpy["prices"][0] | {"price": 500, "currency": "JPY"} == jpy["prices"][0]
    await bench.product(code="PEN-1")
    bench.switches["product_code_unique"] = True
    assert (await bench.v2("POST", "/products", {"name": "B", "code": "PEN-1"})).status == 400
    weekly = {"name": "C", "billing_frequency": "weekly"}
    assert (await bench.v2("POST", "/products", weekly)).status == 400
    bench.switches["plan"] = "lite"
    monthly = {"name": "C", "billing_frequency": "monthly"}
    assert (await bench.v2("POST", "/products", monthly)).status == 403
