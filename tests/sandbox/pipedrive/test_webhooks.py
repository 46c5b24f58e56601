"""Webhooks: what a delivery carries, retries, bans, and removal."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from ml_sandbox.deliveries import Delivery

from .bench import Bench
from .post import Post, subscribe


async def test_the_body_of_a_change(bench: Bench) -> None:
    text = await bench.field("deal", "varchar")
    empty = await bench.field("deal", "enum", "E", "A")
    deal = await bench.deal(value=1200, currency="EUR", custom_fields={text: "INV-77"})
    hook = await subscribe(bench, event_object="deal", event_action="change")
    post = Post(bench)
    bench.advance(seconds=5.057)
    await bench.v2("PATCH", f"/deals/{deal['id']}", {"status": "won", "custom_fields": {text: "X"}})
    (body,) = post.bodies()
    meta = body["meta"]
    assert {key: meta[key] for key in meta if key not in ("id", "correlation_id")} == {
        "action": "change",
        "entity": "deal",
        "entity_id": str(deal["id"]),
        "company_id": "1234567",
        "user_id": "99001",
        "timestamp": "2026-03-02T09:00:05.057Z",
        "version": "2.0",
        "type": "general",
        "webhook_id": str(hook["id"]),
        "webhook_owner_id": "99001",
        "change_source": "api",
        "is_bulk_edit": False,
        "attempt": 1,
        "host": "harbourvale-sandbox.pipedrive.com",
        "permitted_user_ids": ["99001", "99002", "99003", "99004", "99005"],
    }
    assert body["data"]["id"] == deal["id"]
    assert body["data"]["visible_to"] == "7"
    assert body["data"]["status"] == "won"
    assert body["data"]["custom_fields"][text] == {"type": "varchar", "value": "X"}
    assert body["data"]["custom_fields"][empty] is None
    assert body["previous"]["status"] == "open"
    assert body["previous"]["won_time"] is None
    assert body["previous"]["custom_fields"] == {text: {"type": "varchar", "value": "INV-77"}}
    assert "title" not in body["previous"]
    assert "update_time" not in body["previous"]
    assert "products" not in body["data"]
    pair = base64.b64encode(b"u:p:w").decode()
    assert post.headers["authorization"] == f"Basic {pair}"
    assert post.headers["user-agent"] == "Pipedrive Webhooks"
    assert "x-pipedrive-signature" not in post.headers


async def test_bodies_of_create_and_delete(bench: Bench) -> None:
    await subscribe(bench)
    post = Post(bench)
    deal = await bench.deal()
    org = await bench.organization(label_ids=[2])
    await bench.v2("DELETE", f"/deals/{deal['id']}")
    created, organization, deleted = post.bodies()
    assert created["previous"] is None
    assert created["data"]["update_time"] is None
    assert created["data"]["stage_change_time"] is None
    assert organization["data"]["label"] == 2
    assert {"country_code", "picture_id"} <= set(organization["data"])
    assert "label_ids" not in organization["data"]
    assert organization["data"]["id"] == org["id"]
    assert (deleted["meta"]["action"], deleted["data"]) == ("delete", None)
    assert deleted["previous"]["title"] == "INV-77"


async def test_names_that_lag_behind_rest(bench: Bench) -> None:
    await subscribe(bench)
    post = Post(bench)
    await bench.person()
    await bench.product()
    await bench.v2("POST", "/activities", {"subject": "A", "busy": True})
    pipeline = (await bench.v2("POST", "/pipelines", {"name": "B"})).data
    await bench.v2("POST", "/stages", {"name": "S", "pipeline_id": pipeline["id"]})
    person, product, activity, made, stage = (body["data"] for body in post.bodies())
    assert "label" in person
    assert "label_ids" not in person
    assert product["selectable"] is True
    assert (activity["active_flag"], activity["busy_flag"]) == (True, True)
    assert (made["active_flag"], made["deal_probability"]) == (True, False)
    assert (stage["rotten_flag"], stage["rotten_days"], stage["active_flag"]) == (False, None, True)


async def test_merges_come_as_a_delete_and_a_change(bench: Bench) -> None:
    lost, kept = await bench.organization("L"), await bench.organization("K")
    await subscribe(bench, event_object="organization")
    post = Post(bench)
    body = {"merge_with_id": kept["id"]}
    await bench.v1("PUT", f"/organizations/{lost['id']}/merge", body)
    gone, changed = post.bodies()
    assert gone["meta"]["action"] == "delete"
    assert gone["meta"]["entity_id"] == str(lost["id"])
    assert gone["meta"]["merged_to_id"] == str(kept["id"])
    assert changed["meta"]["action"] == "change"
    assert changed["meta"]["merged_from_id"] == str(lost["id"])
    assert changed["meta"]["correlation_id"] == gone["meta"]["correlation_id"]
    assert changed["meta"]["id"] != gone["meta"]["id"]


async def test_humans_are_told_apart_and_cost_nothing(bench: Bench) -> None:
    await subscribe(bench)
    post = Post(bench)
    spent = bench.vendor.gateway.budget.spent
    made = bench.vendor.pages.create("organizations", {"name": "By hand"})
    bench.vendor.pages.change("organizations", str(made["id"]), {"name": "Again"})
    sources = [(b["meta"]["change_source"], b["meta"]["user_id"]) for b in post.bodies()]
    assert sources == [("app", "99002")] * 2
    assert bench.vendor.gateway.budget.spent == spent


async def test_lines_send_their_own_event_and_the_deals(bench: Bench) -> None:
    deal, product = await bench.deal(), await bench.product()
    await subscribe(bench, event_object="deal_product", event_action="create")
    await subscribe(bench, event_object="deal", event_action="change")
    post = Post(bench)
    line = {"product_id": product["id"], "item_price": 5, "quantity": 1}
    await bench.v2("POST", f"/deals/{deal['id']}/products", line)
    assert [body["meta"]["entity"] for body in post.bodies()] == ["deal_product", "deal"]


async def test_private_records_reach_only_who_may_see_them(bench: Bench) -> None:
    await subscribe(bench, user_id=99002)
    await subscribe(bench, user_id=99005)
    post = Post(bench)
    await bench.organization(visible_to=1)
    (body,) = post.bodies()
    assert body["meta"]["webhook_owner_id"] == "99005"
    assert body["meta"]["permitted_user_ids"] == ["99001", "99005"]


async def test_an_unchanged_write_tells_nobody_but_moves_the_time(bench: Bench) -> None:
    org = await bench.organization("Same")
    await subscribe(bench)
    post = Post(bench)
    bench.advance(seconds=3)
    again = await bench.v2("PATCH", f"/organizations/{org['id']}", {"name": "Same"})
    assert again.data["update_time"] == "2026-03-02T09:00:03Z"
    assert post.bodies() == []


async def failing(bench: Bench) -> tuple[Post, Delivery]:
    post = Post(bench)
    await bench.organization()
    (delivery,) = post.fresh()
    return post, delivery


async def test_retries_after_3_30_and_150_seconds(bench: Bench) -> None:
    hook = await subscribe(bench)
    post, delivery = await failing(bench)
    assert delivery.timeout_seconds == 10
    seen = []
    for attempt, status in ((1, 500), (2, None), (3, 302), (4, 404)):
        body = post.attempt(delivery, attempt, status)
        seen.append((body["meta"]["attempt"], body["meta"]["id"], post.pause))
    assert [entry[0] for entry in seen] == [1, 2, 3, 4]
    assert [entry[2] for entry in seen] == [3, 30, 150, None]
    assert len({entry[1] for entry in seen}) == 1
    listed = (await bench.v1("GET", "/webhooks")).data[0]
    assert listed["id"] == hook["id"]
    assert listed["last_http_status"] == 404
    assert listed["last_delivery_time"].endswith("Z")


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_is_success(bench: Bench, status: int) -> None:
    await subscribe(bench)
    post, delivery = await failing(bench)
    post.attempt(delivery, 1, status)
    assert post.pause is None


async def test_ids_per_attempt_by_switch(bench: Bench) -> None:
    bench.switches["webhook_id_per_attempt"] = True
    await subscribe(bench)
    post, delivery = await failing(bench)
    ids = [post.attempt(delivery, attempt, 500)["meta"]["id"] for attempt in (1, 2)]
    assert ids[0] != ids[1]


async def test_ten_failed_firsts_mute_for_half_an_hour_with_loss(bench: Bench) -> None:
    await subscribe(bench)
    post = Post(bench)
    for _ in range(10):
        await bench.organization()
        (delivery,) = post.fresh()
        assert post.attempt(delivery, 1, 500) is not None
        for attempt in (2, 3, 4):
            assert post.attempt(delivery, attempt, 500) is not None
    await bench.organization()
    (muted,) = post.fresh()
    assert post.attempt(muted, 1, 200) is None
    bench.advance(minutes=29)
    await bench.organization()
    assert post.bodies() == []
    bench.advance(minutes=1)
    await bench.organization()
    assert len(post.bodies()) == 1
    for _ in range(9):
        await bench.organization()
        assert post.attempt(post.fresh()[0], 1, 500) is not None
    await bench.organization()
    assert len(post.bodies()) == 1, "the counter began at zero again"


@pytest.mark.parametrize("resets", [False, True])
async def test_whether_a_success_forgives_failures(bench: Bench, resets: bool) -> None:
    bench.switches["webhook_ban_resets_on_success"] = resets
    await subscribe(bench)
    post = Post(bench)
    for status in [500] * 9 + [200] + [500]:
        await bench.organization()
        post.attempt(post.fresh()[0], 1, status)
    await bench.organization()
    assert len(post.bodies()) == (1 if resets else 0)


async def test_three_days_without_success_remove_the_subscription(bench: Bench) -> None:
    hook = await subscribe(bench)
    post, delivery = await failing(bench)
    post.attempt(delivery, 1, 500)
    bench.advance(days=2, hours=23)
    await bench.organization()
    post.attempt(post.fresh()[0], 1, 500)
    assert len((await bench.v1("GET", "/webhooks")).data) == 1
    bench.advance(hours=1)
    await bench.organization()
    post.attempt(post.fresh()[0], 1, 500)
    assert post.pause is None
    assert (await bench.v1("GET", "/webhooks")).data == []
    shown = bench.vendor.pages.read("webhooks", str(hook["id"]))
    assert shown["is_active"] == 0
    assert "3 consecutive days" in shown["remove_reason"]


async def test_a_success_in_between_keeps_it(bench: Bench) -> None:
    await subscribe(bench)
    post, delivery = await failing(bench)
    post.attempt(delivery, 1, 500)
    bench.advance(days=2)
    post.attempt(delivery, 2, 200)
    bench.advance(days=2)
    await bench.organization()
    post.attempt(post.fresh()[0], 1, 500)
    assert len((await bench.v1("GET", "/webhooks")).data) == 1


async def test_a_signature_only_by_switch(bench: Bench) -> None:
    bench.switches["webhook_hmac"] = True
    await subscribe(bench)
    post = Post(bench)
    await bench.organization("Zoë & Søn")
    post.bodies()
    secret = bench.vendor.credentials()["webhook_secret"].encode()
    expected = hmac.new(secret, post.raw, hashlib.sha256).hexdigest()
    assert post.headers["x-pipedrive-signature"] == expected


@pytest.mark.parametrize("by_switch", [False, True])
async def test_legacy_bodies(bench: Bench, by_switch: bool) -> None:
    code = await bench.field("organization", "monetary")
    bench.switches["webhook_v1_bodies"] = by_switch
    await subscribe(bench, version="2.0" if by_switch else "1.0")
    post = Post(bench)
    value = {code: {"value": 5, "currency": "EUR"}}
    org = await bench.organization(custom_fields=value, address={"value": "5 Quay St"})
    await bench.v2("PATCH", f"/organizations/{org['id']}", {"name": "New"})
    added, updated = post.bodies()
    assert (added["v"], added["event"], added["retry"]) == (1, "added.organization", 0)
    assert added["previous"] is None
    assert added["meta"]["permitted_user_ids"] == [99001, 99002, 99003, 99004, 99005]
    assert added["meta"]["timestamp"] == 1772442000
    assert updated["meta"]["action"] == "updated"
    assert updated["previous"]["name"] == "Northwind Tools"
    current = updated["current"]
    assert (current["name"], current["active_flag"]) == ("New", True)
    assert (current[code], current[f"{code}_currency"]) == (5, "EUR")
    assert current["update_time"] == "2026-03-02 09:00:00"
    assert current["address"] == "5 Quay St"


async def test_legacy_actions_and_the_merged_event(bench: Bench) -> None:
    lost, kept = await bench.organization("L"), await bench.organization("K")
    await subscribe(bench, version="1.0", event_action="merged", event_object="organization")
    post = Post(bench)
    await bench.organization("Ignored")
    body = {"merge_with_id": kept["id"]}
    await bench.v1("PUT", f"/organizations/{lost['id']}/merge", body)
    (merged,) = post.bodies()
    assert (merged["event"], merged["meta"]["id"]) == ("merged.organization", kept["id"])


async def test_a_user_out_of_service(bench: Bench) -> None:
    await subscribe(bench, event_object="user")
    post = Post(bench)
    bench.vendor.pages.change("users", "99003", {"active_flag": False})
    (body,) = post.bodies()
    assert body["meta"]["timestamp"] == 1772442000
    assert "permitted_user_ids" not in body["meta"]
    assert (body["data"]["id"], body["data"]["active_flag"]) == ("99003", False)
    assert body["previous"]["active_flag"] is True
    refused = await bench.v2("POST", "/organizations", {"name": "A", "owner_id": 99003})
    assert refused.status == 400
