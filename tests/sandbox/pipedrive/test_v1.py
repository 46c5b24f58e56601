"""What is left of v1, at both of its prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench


@pytest.mark.parametrize("prefix", ["/v1", "/api/v1"])
async def test_who_am_i(bench: Bench, prefix: str) -> None:
    me = (await bench.call("GET", f"{prefix}/users/me")).data
    assert (me["id"], me["is_you"], me["company_id"]) == (99001, True, 1234567)
    assert me["company_domain"] == "harbourvale-sandbox"
    assert me["created"].count(" ") == 1


async def test_there_is_no_bare_v2(bench: Bench) -> None:
    assert (await bench.call("GET", "/v2/organizations")).status == 404


@pytest.mark.parametrize("path", ["/organizations", "/deals/1", "/itemSearch", "/pipelines"])
async def test_what_v1_lost_is_gone(bench: Bench, path: str) -> None:
    assert (await bench.v1("GET", path)).status == 410


async def test_users_currencies_and_activity_types(bench: Bench) -> None:
    users = (await bench.v1("GET", "/users")).data
    assert [user["is_you"] for user in users].count(True) == 1
    assert (await bench.v1("GET", "/users/99002")).data["name"] == users[1]["name"]
    assert (await bench.v1("GET", "/users/5")).status == 404
    decimals = {c["code"]: c["decimal_points"] for c in (await bench.v1("GET", "/currencies")).data}
    assert (decimals["USD"], decimals["JPY"], decimals["BHD"]) == (2, 0, 3)
    assert "XAF" not in decimals
    kinds = [kind["key_string"] for kind in (await bench.v1("GET", "/activityTypes")).data]
    assert "task" in kinds
    assert "deadline" in kinds


async def test_notes(bench: Bench) -> None:
    org, deal = await bench.organization(), await bench.deal()
    body = {"content": "<b>Paid</b><script>x()</script>", "deal_id": deal["id"]}
    made = (await bench.v1("POST", "/notes", {**body, "pinned_to_deal_flag": 1})).data
    assert made["content"] == "<b>Paid</b>"
    assert made["deal"] == {"title": "INV-77"}
    assert made["add_time"] == "2026-03-02 09:00:00"
    assert (made["active_flag"], made["pinned_to_deal_flag"]) == (True, True)
    assert made["user"]["is_you"] is True
    path = f"/notes/{made['id']}"
    assert (await bench.v1("PUT", path, {"content": "New"})).data["content"] == "New"
    other = {"content": "x", "org_id": org["id"], "add_time": "2025-01-01 10:00:00"}
    assert (await bench.v1("POST", "/notes", other)).data["add_time"] == "2025-01-01 10:00:00"
    listed = await bench.v1("GET", "/notes", deal_id=deal["id"])
    assert [note["id"] for note in listed.data] == [made["id"]]
    first = await bench.v1("GET", "/notes", limit=1)
    assert first.body["additional_data"]["pagination"] == {
        "start": 0,
        "limit": 1,
        "more_items_in_collection": True,
        "next_start": 1,
    }
    assert (await bench.v1("DELETE", path)).data is True
    assert (await bench.v1("GET", path)).status == 404
    assert len((await bench.v1("GET", "/notes", start=0, limit=500)).data) == 1
    assert (await bench.v1("GET", "/notes", limit=501)).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x"},
        {"deal_id": 1},
        {"content": "x", "deal_id": 4711},
        {"content": "x", "deal_id": "1"},
        {"content": "x", "deal_id": 1, "add_time": "2025-01-01T10:00:00Z"},
    ],
)
async def test_bad_notes_are_refused_in_the_v1_form(bench: Bench, body: dict[str, Any]) -> None:
    await bench.deal()
    refused = await bench.v1("POST", "/notes", body)
    assert refused.status == 400
    assert set(refused.body) == {"success", "error", "error_info", "data", "additional_data"}


async def test_merging_organizations_moves_what_hung_on_the_lost_one(bench: Bench) -> None:
    code = await bench.field("organization", "varchar")
    lost = await bench.organization("Lost", website="https://l.example", custom_fields={code: "k"})
    kept = await bench.organization("Kept")
    person = await bench.person(org_id=lost["id"])
    deal = await bench.deal(org_id=lost["id"])
    body = {"merge_with_id": kept["id"]}
    merged = await bench.v1("PUT", f"/organizations/{lost['id']}/merge", body)
    assert merged.data == {"id": kept["id"]}
    read = (await bench.v2("GET", f"/organizations/{kept['id']}")).data
    assert (read["name"], read["website"]) == ("Kept", "https://l.example")
    assert read["custom_fields"][code] == "k"
    assert (await bench.v2("GET", f"/persons/{person['id']}")).data["org_id"] == kept["id"]
    assert (await bench.v2("GET", f"/deals/{deal['id']}")).data["org_id"] == kept["id"]
    assert (await bench.v2("GET", f"/organizations/{lost['id']}")).data["is_deleted"] is True
    again = await bench.v1("PUT", f"/organizations/{lost['id']}/merge", body)
    assert again.status == 404
    itself = await bench.v1("PUT", f"/organizations/{kept['id']}/merge", body)
    assert itself.status == 400


async def test_merging_persons_and_deals(bench: Bench) -> None:
    one = await bench.person("One", emails=[{"value": "1@x.example"}])
    two = await bench.person("Two", emails=[{"value": "2@x.example"}])
    body = {"merge_with_id": two["id"]}
    merged = (await bench.v1("PUT", f"/persons/{one['id']}/merge", body)).data
    assert (merged["id"], merged["merge_what_id"]) == (two["id"], one["id"])
    emails = (await bench.v2("GET", f"/persons/{two['id']}")).data["emails"]
    assert [e["value"] for e in emails] == ["2@x.example", "1@x.example"]
    a, b = await bench.deal("A"), await bench.deal("B")
    done = await bench.v1("PUT", f"/deals/{a['id']}/merge", {"merge_with_id": b["id"]})
    assert (done.data["id"], done.data["title"], done.data["active"]) == (b["id"], "B", True)
    assert (await bench.v1("PUT", f"/deals/{a['id']}/merge", {})).status == 400
