"""The gateway: identity, windows, the day's budget, scopes, and the doors that shut."""

from __future__ import annotations

import pytest

from ml_sandbox.vendors.pipedrive.limits import burst_limit, daily_tokens

from .bench import Bench


@pytest.fixture
def paced(bench: Bench) -> Bench:
    bench.switches.update(burst_limit=True, daily_limit=True)
    return bench


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-api-token": "0" * 40}, {"authorization": "Bearer nonsense"}, {"authorization": "x"}],
)
async def test_strangers_get_the_gateways_401(bench: Bench, headers: dict[str, str]) -> None:
    refused = await bench.call("GET", "/api/v2/organizations", None, headers)
    assert refused.status == 401
    assert refused.body == {
        "success": False,
        "error": "unauthorized access",
        "errorCode": 401,
        "error_info": "Please check developers.pipedrive.com",
    }
    assert refused.headers["x-401-by-gw"] == "true"
    assert "x-correlation-id" in refused.headers


async def test_a_token_in_the_query_only_by_switch(bench: Bench) -> None:
    query = {"api_token": bench.vendor.api_token}
    assert (await bench.call("GET", "/v1/users/me", None, {}, **query)).status == 401
    bench.switches["api_token_in_query"] = True
    assert (await bench.call("GET", "/v1/users/me", None, {}, **query)).status == 200
    assert (await bench.call("GET", "/api/v2/deals", None, {}, **query)).status == 200


@pytest.mark.parametrize(
    ("plan", "token", "app"),
    [("lite", 20, 80), ("growth", 40, 160), ("premium", 100, 400), ("ultimate", 120, 480)],
)
async def test_windows_per_plan_and_kind_of_token(
    paced: Bench, plan: str, token: int, app: int
) -> None:
    paced.switches.update(plan=plan, edge_block_after=0)
    assert (burst_limit(plan, oauth=False), burst_limit(plan, oauth=True)) == (token, app)
    for headers, limit in ((paced.auth, token), (paced.bearer(), app)):
        for number in range(limit):
            reply = await paced.call("GET", "/v1/users/me", None, headers)
            assert reply.status == 200, number
        assert reply.headers["x-ratelimit-limit"] == str(limit)
        assert reply.headers["x-ratelimit-remaining"] == "0"
        refused = await paced.call("GET", "/v1/users/me", None, headers)
        assert refused.status == 429
        assert refused.body["success"] is False
        assert refused.cost_tokens == 0
        assert "retry-after" not in refused.headers


async def test_the_window_rolls(paced: Bench) -> None:
    paced.switches["plan"] = "lite"
    for _ in range(10):
        await paced.v1("GET", "/users/me")
    paced.advance(seconds=1.5)
    for _ in range(10):
        await paced.v1("GET", "/users/me")
    refused = await paced.v1("GET", "/users/me")
    assert (refused.status, refused.headers["x-ratelimit-reset"]) == (429, "1")
    paced.advance(seconds=0.5)
    answers = [(await paced.v1("GET", "/users/me")).status for _ in range(11)]
    assert answers == [200] * 10 + [429]


async def test_searches_have_a_window_of_ten(paced: Bench) -> None:
    for _ in range(10):
        reply = await paced.v2("GET", "/organizations/search", term="ab")
        assert reply.headers["x-ratelimit-limit"] == "10"
    assert (await paced.v2("GET", "/itemSearch", term="ab")).status == 429
    listed = await paced.v2("GET", "/organizations")
    assert (listed.status, listed.headers["x-ratelimit-remaining"]) == (200, "89")
    paced.advance(seconds=2)
    paced.switches["search_draws_on_burst"] = False
    await paced.v2("GET", "/organizations/search", term="ab")
    listed = await paced.v2("GET", "/organizations")
    assert listed.headers["x-ratelimit-remaining"] == "99"


async def test_the_days_budget_is_the_companys_and_ends_at_midnight_utc(paced: Bench) -> None:
    assert daily_tokens("growth", 3) == 180_000
    paced.switches.update(plan="lite", seats=1, burst_limit=False)
    paced.vendor.gateway.budget.spend(paced.now, 29_990)
    listed = await paced.v2("GET", "/organizations")
    assert listed.cost_tokens == 10
    assert listed.headers["x-daily-ratelimit-token-limit"] == "30000"
    assert listed.headers["x-daily-ratelimit-token-remaining"] == "0"
    app = paced.bearer()
    for headers in (paced.auth, app):
        spent = await paced.call("GET", "/v1/users/me", None, headers)
        assert (spent.status, spent.headers["x-daily-ratelimit-token-remaining"]) == (429, "0")
        paced.advance(seconds=3)
    paced.advance(hours=14, minutes=59)
    assert (await paced.v1("GET", "/users/me")).status == 429
    paced.advance(minutes=1)
    woken = await paced.v1("GET", "/users/me")
    assert woken.headers["x-daily-ratelimit-token-remaining"] == "29998"


async def test_headers_that_may_be_missing(bench: Bench) -> None:
    posted = await bench.v2("POST", "/organizations", {"name": "A"})
    assert "x-daily-requests-left" in posted.headers
    read = await bench.v2("GET", "/organizations")
    assert "x-daily-requests-left" not in read.headers
    bench.switches["token_headers"] = False
    read = await bench.v2("GET", "/organizations")
    assert not [name for name in read.headers if name.startswith("x-daily-ratelimit")]
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(read.headers)


async def test_failed_calls_cost_by_switch(bench: Bench) -> None:
    assert (await bench.v2("GET", "/organizations/4711")).cost_tokens == 1
    assert (await bench.v2("POST", "/organizations", {})).cost_tokens == 5
    bench.switches["failed_calls_cost"] = False
    before = bench.vendor.gateway.budget.spent
    assert (await bench.v2("POST", "/organizations", {})).cost_tokens == 0
    assert bench.vendor.gateway.budget.spent == before


async def test_firing_through_429_shuts_the_edge_for_api_tokens(paced: Bench) -> None:
    paced.switches.update(plan="lite", edge_block_after=5)
    answers = [(await paced.v1("GET", "/users/me")).status for _ in range(26)]
    assert answers == [200] * 20 + [429] * 5 + [403]
    paced.advance(seconds=10)
    blocked = await paced.v1("GET", "/users/me")
    assert blocked.status == 403
    assert blocked.headers["content-type"].startswith("text/html")
    assert "Cloudflare" in blocked.body
    paced.advance(seconds=60)
    assert (await paced.v1("GET", "/users/me")).status == 200


async def test_a_client_that_waits_is_never_blocked(paced: Bench) -> None:
    paced.switches.update(plan="lite", edge_block_after=2)
    for _ in range(6):
        answers = [(await paced.v1("GET", "/users/me")).status for _ in range(21)]
        assert answers[-1] == 429
        paced.advance(seconds=2.5)


async def test_retry_after_only_by_switch(paced: Bench) -> None:
    paced.switches.update(plan="lite", retry_after_header=True)
    for _ in range(21):
        last = await paced.v1("GET", "/users/me")
    assert (last.status, last.headers["retry-after"]) == (429, "2")


@pytest.mark.parametrize(
    ("switch", "status", "kind"),
    [
        ("account_closed", 402, "application/json"),
        ("maintenance", 503, "application/json"),
        ("edge_blocked", 403, "text/html; charset=UTF-8"),
    ],
)
async def test_doors_that_shut_by_switch(bench: Bench, switch: str, status: int, kind: str) -> None:
    bench.switches[switch] = True
    refused = await bench.v2("GET", "/organizations")
    assert (refused.status, refused.headers["content-type"]) == (status, kind)


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        ("base", "GET", "/api/v2/organizations", 403),
        ("base", "GET", "/v1/users/me", 200),
        ("base,contacts:read", "GET", "/api/v2/organizations", 200),
        ("base,contacts:read", "POST", "/api/v2/organizations", 403),
        ("base,contacts:full", "GET", "/api/v2/itemSearch/field", 403),
        ("base,contacts:full", "POST", "/api/v2/stages", 403),
        ("base,contacts:full", "GET", "/v1/webhooks", 403),
        ("base,contacts:full", "POST", "/api/v2/organizationFields", 403),
        ("base,admin", "GET", "/v1/webhooks", 200),
        ("base,admin", "GET", "/api/v2/activityFields", 200),
    ],
)
async def test_scopes(bench: Bench, scopes: str, method: str, path: str, status: int) -> None:
    bench.switches["scopes"] = scopes
    reply = await bench.call(method, path, {"name": "A"}, bench.bearer())
    if status == 403:
        assert reply.status == 403
        assert reply.error == "Scope and URL mismatch"
    else:
        assert reply.status == status
