"""Pipedrive inside the sandbox: its ready line, the human's controls, faults and deliveries."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from ml_connector.http.transport import NoAnswer
from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors import pipedrive
from tests.support.clock import START, settle
from tests.support.sandbox import InProcessSandbox, Reply

from . import contract

FORM = {"content-type": "application/x-www-form-urlencoded"}
HOOK = "http://127.0.0.1:9/hook"


class Line:
    """A client of the simulated Pipedrive over HTTP, in this process."""

    def __init__(self, customers: int = 40) -> None:
        options = SandboxOptions(seed=5, customers=customers, invoices=120, start=START)
        self.sandbox = InProcessSandbox(options, [pipedrive.KIND])
        self.ready = self.sandbox.app.world.ready["vendors"]["pipedrive"]
        self.keys: dict[str, str] = self.ready["credentials"]
        self.auth = {"x-api-token": self.keys["api_token"]}

    async def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        return await self.sandbox.call(
            method, f"/pipedrive{path}", body, self.auth if headers is None else headers
        )

    async def human(self, method: str, path: str, body: Any = None) -> Any:
        return await self.sandbox.control(method, f"pipedrive/{path}", body)

    async def token(self, **form: str) -> Reply:
        pair = f"{self.keys['client_id']}:{self.keys['client_secret']}"
        basic = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        raw = urlencode(form).encode()
        return await self.call("POST", "/oauth/token", raw, {**FORM, **basic})

    async def refresh(self, token: str) -> Reply:
        return await self.token(grant_type="refresh_token", refresh_token=token)

    async def bearer(self) -> dict[str, str]:
        self.grant = (await self.refresh(self.keys["refresh_token"])).body
        return {"authorization": f"Bearer {self.grant['access_token']}"}

    async def switch(self, **values: Any) -> None:
        named = {f"pipedrive.{name}": value for name, value in values.items()}
        await self.sandbox.control("PATCH", "switches", named)

    async def subscribe(self, **more: Any) -> Any:
        body = {
            "subscription_url": HOOK,
            "event_action": "*",
            "event_object": "*",
            "name": "ours",
            "http_auth_user": "u",
            "http_auth_password": "p",
            **more,
        }
        reply = await self.call("POST", "/v1/webhooks", body)
        self.sandbox.outbox.posted.clear()
        return reply


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    made = Line()
    yield made
    await made.sandbox.close()


async def test_the_ready_line(line: Line) -> None:
    assert line.ready["base_url"] == "http://sandbox/pipedrive"
    assert line.ready["auth_url"] == "http://sandbox/pipedrive/oauth/authorize"
    assert line.ready["token_url"] == "http://sandbox/pipedrive/oauth/token"
    assert set(line.keys) == {
        "api_token",
        "client_id",
        "client_secret",
        "refresh_token",
        "webhook_secret",
    }
    assert len(line.keys["api_token"]) == 40
    assert line.ready["settings"]["plan"] == "premium"
    assert line.ready["settings"]["allow_private_addresses"] == "true"
    me = await line.call("GET", "/v1/users/me")
    assert me.body["data"]["is_you"] is True


async def test_the_code_grant_over_http(line: Line) -> None:
    asked = {"client_id": line.keys["client_id"], "redirect_uri": HOOK, "state": "s"}
    back = await line.call("GET", f"/oauth/authorize?{urlencode(asked)}", None, {})
    assert back.status == 302
    answer = parse_qs(urlsplit(back.headers["location"]).query)
    assert answer["state"] == ["s"]
    code = {"code": answer["code"][0], "redirect_uri": HOOK}
    granted = await line.token(grant_type="authorization_code", **code)
    contract.check("v1", "POST /oauth/token", 200, granted.body)
    assert granted.body["api_domain"] == "http://sandbox/pipedrive"
    bearer = {"authorization": f"Bearer {granted.body['access_token']}"}
    assert (await line.call("GET", "/api/v2/deals", None, bearer)).status == 200
    line.sandbox.app.world.clock.advance(3599)
    assert (await line.call("GET", "/api/v2/deals", None, bearer)).status == 401
    as_json = await line.call("POST", "/oauth/token", {"grant_type": "refresh_token"}, {})
    assert as_json.status == 400


async def test_the_history_has_something_to_match(line: Line) -> None:
    business = line.sandbox.app.world.business
    names = Counter(org["name"] for org in await line.human("GET", "organizations"))
    known = [c for c in business.customers if c.name in names]
    assert 5 <= len(known) <= 30
    assert len(names) > len(known), "there are strangers too"
    assert any(n > 1 for n in names.values()), "twins"
    mails = {e["value"] for p in await line.human("GET", "persons") for e in p["emails"]}
    assert len(mails & {customer.email for customer in business.customers}) >= 4
    orders = {bill.order_number for bill in business.bills if bill.order_number}
    deals = await line.human("GET", "deals")
    assert any(order in deal["title"] for deal in deals for order in orders)
    assert {deal["currency"] for deal in deals} <= {bill.currency for bill in business.bills}
    assert all(deal["update_time"] < "2026-05-04T09:00:00Z" for deal in deals)
    # The customers' currencies are all known here, so that only rare ones are missing.
    listed = (await line.call("GET", "/v1/currencies")).body["data"]
    assert {c.currency for c in business.customers} <= {entry["code"] for entry in listed}


def test_the_same_seed_makes_the_same_world() -> None:
    def shown() -> Any:
        line = Line()
        human = line.sandbox.app.world.vendors["pipedrive"].human
        return line.ready, {noun: human.records(noun) for noun in human.objects}

    assert shown() == shown()


async def test_the_humans_day(line: Line) -> None:
    await line.subscribe()
    org = await line.human("POST", "organizations", {"name": "By hand"})
    assert org["owner_id"] == 99002
    await line.human("PATCH", f"organizations/{org['id']}", {"name": "Renamed"})
    deal = await line.human("POST", "deals", {"title": "D", "org_id": org["id"]})
    won = await line.human("POST", f"deals/{deal['id']}/win")
    assert (won["status"], won["won_time"]) == ("won", "2026-05-04T09:00:00Z")
    lost = await line.human("POST", f"deals/{deal['id']}/lose", {"lost_reason": "Price"})
    assert (lost["status"], lost["lost_reason"]) == ("lost", "Price")
    assert (await line.human("POST", f"deals/{deal['id']}/reopen"))["status"] == "open"
    product = (await line.human("GET", "products"))[0]
    body = {"deal_id": deal["id"], "product_id": product["id"], "item_price": 5, "quantity": 2}
    added = await line.human("POST", "deal_products", body)
    path = f"deal_products/{added['id']}"
    assert (await line.human("PATCH", path, {"quantity": 3}))["sum"] == 15
    assert (await line.human("GET", path))["quantity"] == 3
    await line.human("DELETE", path)
    into = await line.human("POST", "organizations", {"name": "Into"})
    kept = await line.human("POST", f"organizations/{org['id']}/merge", {"into": into["id"]})
    assert kept["id"] == into["id"]
    gone = await line.human("DELETE", f"deals/{deal['id']}")
    assert gone["is_deleted"] is True
    await settle()
    metas = [posted.json["meta"] for posted in line.sandbox.outbox.posted]
    assert {(m["change_source"], m["user_id"]) for m in metas} == {("app", "99002")}
    told = [(m["action"], m["entity"]) for m in metas]
    assert told == [
        ("create", "organization"),
        ("change", "organization"),
        ("create", "deal"),
        ("change", "deal"),
        ("change", "deal"),
        ("change", "deal"),
        ("create", "deal_product"),
        ("change", "deal"),
        ("change", "deal_product"),
        ("change", "deal"),
        ("delete", "deal_product"),
        ("change", "deal"),
        ("create", "organization"),
        ("change", "deal"),
        ("delete", "organization"),
        ("change", "organization"),
        ("delete", "deal"),
    ]
    counters = await line.sandbox.control("GET", "counters")
    assert counters["creates"]["pipedrive"] == {"webhooks": 1}
    assert counters["tokens"] == 10


@pytest.mark.parametrize(
    "noun", ["organization_fields", "deal_fields", "person_fields", "product_fields"]
)
async def test_the_human_and_the_fields(line: Line, noun: str) -> None:
    made = await line.human("POST", noun, {"field_name": "X", "field_type": "varchar"})
    path = f"{noun}/{made['field_code']}"
    assert (await line.human("PATCH", path, {"field_name": "Y"}))["field_name"] == "Y"
    assert (await line.human("GET", path))["is_deleted"] is False
    assert (await line.human("DELETE", path))["is_deleted"] is True
    listed = await line.human("GET", noun)
    assert [f["field_code"] for f in listed if f["is_deleted"]] == [made["field_code"]]


async def test_the_human_is_refused_in_a_sentence(line: Line) -> None:
    missing = await line.sandbox.call("GET", "/_sandbox/pipedrive/deals/4711")
    assert missing.status == 404
    wrong = await line.sandbox.call("POST", "/_sandbox/pipedrive/deals", {"titel": "x"})
    assert wrong.status == 400
    assert "titel" in wrong.body["error"]
    nobody = await line.sandbox.call("POST", "/_sandbox/pipedrive/deals/1/merge", {})
    assert nobody.status == 400
    portal = {"url": HOOK, "secret": "s", "events": []}
    refused = await line.sandbox.call("PUT", "/_sandbox/pipedrive/webhook", portal)
    assert refused.status == 404


async def test_the_human_sees_and_removes_webhooks(line: Line) -> None:
    hook = (await line.subscribe()).body["data"]
    assert [h["id"] for h in await line.human("GET", "webhooks")] == [hook["id"]]
    assert (await line.human("DELETE", f"webhooks/{hook['id']}"))["is_active"] == 0
    assert (await line.call("GET", "/v1/webhooks")).body["data"] == []
    by_hand = {
        "subscription_url": HOOK,
        "event_action": "*",
        "event_object": "deal",
        "name": "by hand",
    }
    assert (await line.human("POST", "webhooks", by_hand))["type"] == "general"


async def test_reachability_is_tried_with_the_credentials_agreed(line: Line) -> None:
    outbox = line.sandbox.outbox
    for answer, status in ((302, 400), (None, 400), (401, 201), (200, 201)):
        outbox.answers[:] = [answer]
        if answer is None:
            asked = line.subscribe()
            reply = await line.sandbox.clock.run(asked)
        else:
            reply = await line.subscribe()
        assert reply.status == status, answer
    elsewhere = await line.subscribe(subscription_url="https://example.org/hook")
    assert elsewhere.status == 400


async def test_retries_follow_the_sandboxs_clock(line: Line) -> None:
    await line.subscribe()
    outbox = line.sandbox.outbox
    outbox.answers[:] = [500, 503, 404]
    await line.call("POST", "/api/v2/organizations", {"name": "A"})
    await settle()
    for seconds in (2.9, 0.1, 29.9, 0.1, 149.9, 0.1):
        await line.sandbox.clock.advance(seconds)
    assert [round(p.at_seconds, 1) for p in outbox.posted] == [0, 3, 33, 183]
    assert [p.json["meta"]["attempt"] for p in outbox.posted] == [1, 2, 3, 4]
    assert len({p.json["meta"]["id"] for p in outbox.posted}) == 1
    counters = await line.sandbox.control("GET", "counters")
    assert counters["webhooks"]["pipedrive"] == {
        "sent": 1,
        "answered": 1,
        "retried": 3,
        "dropped": 0,
    }


async def test_what_happens_during_a_ban_is_counted_as_dropped(line: Line) -> None:
    await line.subscribe()
    line.sandbox.outbox.answers[:] = [500] * 10
    for number in range(12):
        await line.call("POST", "/api/v2/organizations", {"name": f"A{number}"})
        await settle()
    counters = await line.sandbox.control("GET", "counters")
    assert counters["webhooks"]["pipedrive"]["dropped"] == 2


async def test_a_lost_answer_leaves_the_record(line: Line) -> None:
    await line.sandbox.order(
        {
            "vendor": "pipedrive",
            "operation": "POST /api/v2/deals",
            "kind": "cut_after",
            "times": 1,
        }
    )
    with pytest.raises(NoAnswer):
        await line.call("POST", "/api/v2/deals", {"title": "Lost answer"})
    found = await line.call("GET", "/api/v2/deals/search?term=lost%20answer")
    assert len(found.body["data"]["items"]) == 1


async def test_faults_that_strike_at_tokens(line: Line) -> None:
    bearer = await line.bearer()

    async def order(kind: str, operation: str = "*", **more: Any) -> None:
        rule = {"vendor": "pipedrive", "operation": operation, "kind": kind, "times": 1}
        await line.sandbox.order({**rule, **more})

    await order("revoke_scope", scope="deals:full")
    path = "/api/v2/deals"
    refused = await line.call("GET", path, None, bearer)
    assert (refused.status, refused.body["error"]) == (403, "Scope and URL mismatch")
    assert (await line.call("GET", "/api/v2/persons", None, bearer)).status == 200
    await order("expire_access_token")
    assert (await line.call("GET", "/api/v2/persons", None, bearer)).status == 401
    assert (await line.call("GET", "/api/v2/persons", None, bearer)).status == 401
    await order("revoke_refresh_token", "POST /oauth/token")
    assert (await line.refresh(line.grant["refresh_token"])).status == 400


async def test_a_lagging_index_and_stale_reads_by_rule(line: Line) -> None:
    made = await line.call("POST", "/api/v2/organizations", {"name": "Quicksilver"})
    path = f"/api/v2/organizations/{made.body['data']['id']}"
    search = "/api/v2/organizations/search?term=quicksilver"
    lag = {"operation": "GET /api/v2/organizations/search", "kind": "index_lag", "times": 1}
    await line.sandbox.order({**lag, "seconds": 10})
    assert (await line.call("GET", search)).body["data"]["items"] == []
    assert len((await line.call("GET", search)).body["data"]["items"]) == 1
    await line.sandbox.advance(60)
    await line.call("PATCH", path, {"name": "Mercury"})
    stale = {"operation": "GET /api/v2/organizations/{id}", "kind": "stale_read", "times": 1}
    await line.sandbox.order({**stale, "seconds": 10})
    assert (await line.call("GET", path)).body["data"]["name"] == "Quicksilver"
    assert (await line.call("GET", path)).body["data"]["name"] == "Mercury"


async def test_counters_know_tokens_and_creates(line: Line) -> None:
    await line.call("POST", "/api/v2/organizations", {"name": "A"})
    await line.call("GET", "/api/v2/organizations?limit=500")
    deal = (await line.call("POST", "/api/v2/deals", {"title": "D"})).body["data"]["id"]
    product = {"product_id": 1, "item_price": 1, "quantity": 1}
    bulk = await line.call("POST", f"/api/v2/deals/{deal}/products/bulk", {"data": [product] * 3})
    assert bulk.status == 201
    await line.call("POST", f"/api/v2/deals/{deal}/products", product)
    counters = await line.sandbox.control("GET", "counters")
    assert counters["tokens"] == 5 + 10 + 5 + 25 + 5
    assert counters["creates"]["pipedrive"] == {
        "organizations": 1,
        "deals": 1,
        "deal_products": 4,
    }
    operations = {entry["operation"] for entry in counters["requests"]}
    assert "POST /api/v2/deals/{id}/products/bulk" in operations


async def test_repeated_parameters_are_one_list(line: Line) -> None:
    first = await line.call("POST", "/api/v2/deals", {"title": "A"})
    second = await line.call("POST", "/api/v2/deals", {"title": "B"})
    ids = [first.body["data"]["id"], second.body["data"]["id"]]
    listed = await line.call("GET", f"/api/v2/deals/products?deal_ids={ids[0]}&deal_ids={ids[1]}")
    assert listed.body["data"] == []


async def test_switches_have_a_sentence_each(line: Line) -> None:
    listed = await line.sandbox.control("GET", "switches")
    assert all(entry["sentence"].endswith(".") for entry in listed)
    await line.switch(account_closed=True)
    assert (await line.call("GET", "/v1/users/me")).status == 402
