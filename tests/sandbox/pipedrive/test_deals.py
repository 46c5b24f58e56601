"""Deals: status rules, places in pipelines, and the lines that hang on them."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench


async def test_defaults_are_the_first_pipeline_its_first_stage_and_the_users_currency(
    bench: Bench,
) -> None:
    deal = await bench.deal()
    pipelines = (await bench.v2("GET", "/pipelines")).data
    stages = (await bench.v2("GET", "/stages", pipeline_id=pipelines[0]["id"])).data
    assert deal["pipeline_id"] == pipelines[0]["id"]
    assert deal["stage_id"] == min(stages, key=lambda s: s["order_nr"])["id"]
    assert (deal["currency"], deal["value"], deal["status"]) == ("USD", 0, "open")
    assert deal["owner_id"] == deal["creator_user_id"] == 99001


async def test_winning_is_a_status_and_leaves_the_stage(bench: Bench) -> None:
    deal = await bench.deal()
    path = f"/deals/{deal['id']}"
    won = (await bench.v2("PATCH", path, {"status": "won"})).data
    assert won["won_time"] == won["close_time"] == "2026-03-02T09:00:00Z"
    assert won["stage_id"] == deal["stage_id"]
    assert won["local_won_date"] == "2026-03-02"
    lost = (await bench.v2("PATCH", path, {"status": "lost", "lost_reason": "Price"})).data
    assert (lost["won_time"], lost["lost_reason"]) == (None, "Price")
    reopened = (await bench.v2("PATCH", path, {"status": "open"})).data
    assert [reopened[k] for k in ("won_time", "lost_time", "close_time", "lost_reason")] == [
        None
    ] * 4


async def test_a_historic_deal_carries_its_won_time(bench: Bench) -> None:
    deal = await bench.deal(status="won", won_time="2025-06-30T12:00:00Z")
    assert deal["won_time"] == deal["close_time"] == "2025-06-30T12:00:00Z"


@pytest.mark.parametrize(
    "body",
    [
        {"won_time": "2026-01-01T00:00:00Z"},
        {"close_time": "2026-01-01T00:00:00Z"},
        {"lost_reason": "Price"},
        {"status": "won", "lost_reason": "Price"},
        {"status": "won", "lost_time": "2026-01-01T00:00:00Z"},
        {"status": "lost", "won_time": "2026-01-01T00:00:00Z"},
    ],
)
async def test_times_and_reasons_need_their_status(bench: Bench, body: dict[str, Any]) -> None:
    refused = await bench.v2("POST", "/deals", {"title": "A", **body})
    assert refused.status == 400
    assert "can only be set if deal status is" in refused.error


async def test_a_stage_of_another_pipeline_needs_its_pipeline(bench: Bench) -> None:
    deal = await bench.deal()
    other = (await bench.v2("POST", "/pipelines", {"name": "Invoices"})).data
    empty = await bench.v2("PATCH", f"/deals/{deal['id']}", {"pipeline_id": other["id"]})
    assert empty.status == 400
    stage_body = {"name": "Sent", "pipeline_id": other["id"]}
    stage = (await bench.v2("POST", "/stages", stage_body)).data
    path, move = f"/deals/{deal['id']}", {"stage_id": stage["id"]}
    assert (await bench.v2("PATCH", path, move)).status == 400
    wrong = {**move, "pipeline_id": deal["pipeline_id"]}
    assert (await bench.v2("PATCH", path, wrong)).status == 400
    moved = (await bench.v2("PATCH", path, {**move, "pipeline_id": other["id"]})).data
    assert (moved["pipeline_id"], moved["stage_id"]) == (other["id"], stage["id"])
    assert moved["stage_change_time"] == "2026-03-02T09:00:00Z"
    bench.switches["stage_move_needs_pipeline"] = False
    back = await bench.v2("PATCH", path, {"stage_id": deal["stage_id"]})
    assert back.data["pipeline_id"] == deal["pipeline_id"]
    posted = await bench.deal("B", stage_id=stage["id"])
    assert posted["pipeline_id"] == other["id"]


async def test_deleted_deals_are_listed_for_thirty_days_by_status_only(bench: Bench) -> None:
    deal = await bench.deal()
    await bench.v2("DELETE", f"/deals/{deal['id']}")
    assert (await bench.v2("GET", "/deals")).data == []
    assert (await bench.v2("GET", "/deals", status="open,won,lost")).data == []
    listed = (await bench.v2("GET", "/deals", status="deleted")).data
    assert [(d["id"], d["is_deleted"], d["status"]) for d in listed] == [
        (deal["id"], True, "deleted")
    ]
    bench.advance(days=30, hours=1)
    assert (await bench.v2("GET", "/deals", status="deleted")).data == []


async def test_archived_deals_have_a_list_of_their_own(bench: Bench) -> None:
    deal = await bench.deal()
    archived = await bench.v2("PATCH", f"/deals/{deal['id']}", {"is_archived": True})
    assert archived.data["archive_time"] == "2026-03-02T09:00:00Z"
    assert (await bench.v2("GET", "/deals")).data == []
    assert [d["id"] for d in (await bench.v2("GET", "/deals/archived")).data] == [deal["id"]]
    assert (await bench.v2("GET", "/deals/archived", include_labels=True)).status == 400


async def test_patching_is_deleted_deletes_only_by_switch(bench: Bench) -> None:
    deal = await bench.deal()
    path = f"/deals/{deal['id']}"
    assert (await bench.v2("PATCH", path, {"is_deleted": True})).data["is_deleted"] is False
    bench.switches["patch_is_deleted_deletes"] = True
    assert (await bench.v2("PATCH", path, {"is_deleted": True})).data["is_deleted"] is True


async def test_the_cap_on_open_deals_is_a_403_with_its_code(bench: Bench) -> None:
    bench.switches["open_deals_limit"] = 1
    await bench.deal()
    refused = await bench.v2("POST", "/deals", {"title": "B"})
    assert (refused.status, refused.body["code"]) == (403, "feature_capping_deals_limit")
    assert (await bench.deal("C", status="won"))["status"] == "won"


async def line(bench: Bench, deal: int, **more: Any) -> dict[str, Any]:
    product = await bench.product()
    body = {"product_id": product["id"], "item_price": 100, "quantity": 2, **more}
    made = await bench.v2("POST", f"/deals/{deal}/products", body)
    assert made.status == 201, made.body
    found: dict[str, Any] = made.data
    return found


@pytest.mark.parametrize(
    ("more", "total"),
    [
        ({}, 200),
        ({"tax": 20}, 240),
        ({"tax": 20, "tax_method": "inclusive"}, 200),
        ({"discount": 10}, 180),
        ({"discount": 10, "discount_type": "amount"}, 190),
        ({"item_price": 0.333, "quantity": 1}, 0.33),
    ],
)
async def test_the_sum_of_a_line(bench: Bench, more: dict[str, Any], total: float) -> None:
    deal = await bench.deal()
    made = await line(bench, deal["id"], **more)
    assert made["sum"] == total
    assert (made["currency"], made["deal_id"], made["name"]) == ("USD", deal["id"], "Pencil")


@pytest.mark.parametrize(("currency", "total"), [("JPY", 2), ("BHD", 1.556)])
async def test_sums_keep_the_currencys_decimals(bench: Bench, currency: str, total: float) -> None:
    deal = await bench.deal(currency=currency)
    assert (await line(bench, deal["id"], item_price=1.5555, quantity=1))["sum"] == total


async def test_lines_move_the_deal_and_its_value(bench: Bench) -> None:
    deal = await bench.deal(value=5)
    bench.advance(seconds=10)
    made = await line(bench, deal["id"])
    path = f"/deals/{deal['id']}"
    read = (await bench.v2("GET", path)).data
    assert (read["value"], read["update_time"]) == (200, "2026-03-02T09:00:10Z")
    assert (await bench.v2("PATCH", path, {"value": 1})).data["value"] == 200
    off = await bench.v2("PATCH", f"{path}/products/{made['id']}", {"is_enabled": False})
    assert off.data["is_enabled"] is False
    assert (await bench.v2("GET", path)).data["value"] == 0
    bench.switches["deal_value_with_products"] = "refused"
    assert (await bench.v2("PATCH", path, {"value": 1})).status == 400
    bench.switches["deal_value_with_products"] = "free"
    assert (await bench.v2("PATCH", path, {"value": 7})).data["value"] == 7
    turned = await bench.v2("PATCH", path, {"currency": "EUR"})
    assert turned.data["currency"] == "EUR"
    lines = (await bench.v2("GET", f"{path}/products")).data
    assert [entry["currency"] for entry in lines] == ["EUR"]


async def test_lines_in_bulk_and_for_many_deals(bench: Bench) -> None:
    deals = [await bench.deal(f"D{n}") for n in range(3)]
    product = await bench.product()
    one = {"product_id": product["id"], "item_price": 1, "quantity": 1}
    bulk = f"/deals/{deals[0]['id']}/products/bulk"
    made = await bench.v2("POST", bulk, {"data": [one] * 100})
    assert (made.status, len(made.data)) == (201, 100)
    assert [entry["order_nr"] for entry in made.data] == list(range(1, 101))
    assert (await bench.v2("POST", bulk, {"data": [one] * 101})).status == 400
    bad = await bench.v2("POST", bulk, {"data": [one, {**one, "product_id": 4711}]})
    assert bad.status == 400
    await bench.v2("POST", f"/deals/{deals[1]['id']}/products", one)
    ids = ",".join(str(deal["id"]) for deal in deals)
    listed = await bench.everything("/deals/products", deal_ids=ids, limit=40)
    assert len(listed) == 101
    assert (await bench.v2("GET", "/deals/products")).status == 400


async def test_lines_are_deleted_singly_and_in_bulk(bench: Bench) -> None:
    deal = await bench.deal()
    path = f"/deals/{deal['id']}/products"
    lines = [(await line(bench, deal["id"]))["id"] for _ in range(3)]
    assert (await bench.v2("DELETE", f"{path}/{lines[0]}")).data == {"id": lines[0]}
    assert (await bench.v2("DELETE", f"{path}/{lines[0]}")).status == 404
    some = await bench.v2("DELETE", path, ids=lines[1])
    assert some.body["data"] == {"ids": [lines[1]]}
    assert some.body["additional_data"] == {"more_items_in_collection": True}
    rest = await bench.v2("DELETE", path)
    assert rest.body["additional_data"] == {"more_items_in_collection": False}
    assert (await bench.v2("GET", path)).data == []
    assert (await bench.v2("GET", f"/deals/{deal['id']}")).data["value"] == 0


async def test_a_changed_tax_method_spreads_over_the_deal(bench: Bench) -> None:
    deal = await bench.deal()
    first = await line(bench, deal["id"], tax=10)
    await line(bench, deal["id"], tax=10, tax_method="inclusive")
    lines = (await bench.v2("GET", f"/deals/{deal['id']}/products")).data
    assert {entry["tax_method"] for entry in lines} == {"inclusive"}
    assert next(entry for entry in lines if entry["id"] == first["id"])["sum"] == 200


async def test_pipelines_and_stages(bench: Bench) -> None:
    pipelines = (await bench.v2("GET", "/pipelines")).data
    assert [p["name"] for p in pipelines] == ["Sales"]
    assert (await bench.v2("POST", "/pipelines", {"name": "B", "order_nr": 1})).status == 400
    made = (await bench.v2("POST", "/pipelines", {"name": "B"})).data
    assert made["order_nr"] == 2
    for name in ("Draft", "Sent"):
        await bench.v2("POST", "/stages", {"name": name, "pipeline_id": made["id"]})
    stages = (await bench.v2("GET", "/stages", pipeline_id=made["id"], sort_by="order_nr")).data
    assert [(s["name"], s["order_nr"]) for s in stages] == [("Draft", 1), ("Sent", 2)]
    assert (await bench.v2("POST", "/stages", {"name": "X"})).status == 400
    rot: dict[str, Any] = {"is_deal_rot_enabled": True}
    assert (await bench.v2("PATCH", f"/stages/{stages[0]['id']}", rot)).status == 400
    rot["days_to_rotten"] = 3
    assert (await bench.v2("PATCH", f"/stages/{stages[0]['id']}", rot)).data["days_to_rotten"] == 3
    assert (await bench.v2("DELETE", f"/stages/{stages[0]['id']}")).status == 200
    await bench.v2("DELETE", f"/pipelines/{made['id']}")
    assert (await bench.v2("GET", f"/stages/{stages[1]['id']}")).status == 404
