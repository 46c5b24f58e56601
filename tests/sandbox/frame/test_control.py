"""The control API: a person's hand on the records, switches, counters, the portal, a reset."""

from __future__ import annotations

from typing import Any

import pytest

from ml_sandbox.options import SandboxOptions
from tests.support.clock import START
from tests.support.sandbox import InProcessSandbox

from .toy import OTHER, TOY


async def test_records_as_a_bare_list_and_one_by_one(sandbox: InProcessSandbox) -> None:
    listed = await sandbox.control("GET", "toy/things")
    assert [thing["id"] for thing in listed] == ["c/1", "c/2", "c/3"]
    assert await sandbox.control("GET", "toy/things/c%2F2") == listed[1]


async def test_a_human_creates_changes_acts_and_deletes(sandbox: InProcessSandbox) -> None:
    made = await sandbox.control("POST", "toy/things", {"name": "Bell"})
    place = f"toy/things/{made['id']}"
    changed = await sandbox.control("PATCH", place, {"name": "Big bell"})
    assert changed == {**made, "name": "Big bell"}
    assert (await sandbox.control("POST", f"{place}/ring", {"loud": 1}))["did"] == "ring"
    assert (await sandbox.control("DELETE", place))["deleted"] is True
    assert (await sandbox.control("GET", place))["deleted"] is True


async def test_what_humans_do_is_not_counted_as_a_create(sandbox: InProcessSandbox) -> None:
    await sandbox.control("POST", "toy/things", {"name": "Bell"})
    counters = await sandbox.control("GET", "counters")
    assert (counters["requests"], counters["creates"]["toy"]) == ([], {})


@pytest.mark.parametrize(
    ("method", "path", "status", "exists"),
    [
        ("GET", "nobody/things", 404, "toy"),
        ("GET", "toy/stars", 404, "things"),
        ("GET", "toy", 404, "things"),
        ("GET", "toy/things/99", 404, None),
        ("POST", "toy/things/c%2F1/dance", 404, "ring"),
        ("POST", "toy/things/99/ring", 404, None),
        ("GET", "toy/things/c%2F1/ring", 404, "ring"),
        ("DELETE", "toy/things", 405, None),
        ("PUT", "toy/things", 405, "webhook"),
        ("PUT", "toy/webhook/x", 405, "webhook"),
        ("GET", "nothing", 404, "counters"),
    ],
)
async def test_a_wrong_address_says_what_there_is(
    sandbox: InProcessSandbox, method: str, path: str, status: int, exists: str | None
) -> None:
    refused = await sandbox.call(method, f"/_sandbox/{path}", {})
    assert (refused.status, bool(refused.body["error"])) == (status, True)
    if exists is not None:
        assert exists in refused.body["exists"]


@pytest.mark.parametrize("body", [b"{", [], "text"])
async def test_a_record_is_a_json_object(sandbox: InProcessSandbox, body: Any) -> None:
    refused = await sandbox.call("POST", "/_sandbox/toy/things", body)
    assert (refused.status, "error" in refused.body) == (400, True)


async def test_the_counters(sandbox: InProcessSandbox) -> None:
    await sandbox.call("POST", "/toy/things", {"name": "A"})
    await sandbox.call("GET", "/toy/things/4")
    await sandbox.call("GET", "/toy/things/5")
    await sandbox.call("GET", "/toy/things/12345678-1234-1234-1234-123456789abc")
    await sandbox.call("POST", "/other/graphql", {"fields": ["business", "business.invoices"]})
    counters = await sandbox.control("GET", "counters")
    assert counters["requests"] == [
        {"vendor": "other", "operation": "business", "status": 200, "n": 1},
        {"vendor": "toy", "operation": "GET /things/{id}", "status": 200, "n": 1},
        {"vendor": "toy", "operation": "GET /things/{id}", "status": 404, "n": 2},
        {"vendor": "toy", "operation": "POST /things", "status": 201, "n": 1},
    ]
    assert counters["tokens"] == 5
    assert counters["creates"] == {"toy": {"things": 1}, "other": {}}
    nothing = {"sent": 0, "answered": 0, "retried": 0, "dropped": 0}
    assert counters["webhooks"] == {"toy": nothing, "other": nothing}


async def test_switches_are_listed_with_one_sentence_each(sandbox: InProcessSandbox) -> None:
    listed = await sandbox.control("GET", "switches")
    assert [switch["name"] for switch in listed] == [
        "other.closed", "toy.closed", "toy.greeting", "toy.seats", "toy.share",
    ]  # fmt: skip
    assert listed[2] == {"name": "toy.greeting", "value": "hello", "sentence": "What the toy says."}


async def test_switches_are_changed_several_at_once(sandbox: InProcessSandbox) -> None:
    changes = {"toy.greeting": "bonjour", "toy.share": 1, "toy.closed": True, "toy.seats": 9}
    changed = await sandbox.control("PATCH", "switches", changes)
    values = {switch["name"]: switch["value"] for switch in changed}
    assert values == {**changes, "other.closed": False}
    assert await sandbox.control("GET", "switches") == changed


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("toy.unknown", 1, 404),
        ("greeting", "hello", 404),
        ("toy.greeting", "moin", 400),
        ("toy.seats", 1.5, 400),
        ("toy.seats", True, 400),
        ("toy.seats", "9", 400),
        ("toy.closed", 1, 400),
        ("toy.closed", None, 400),
    ],
)
async def test_a_wrong_switch_changes_none(
    sandbox: InProcessSandbox, name: str, value: Any, status: int
) -> None:
    before = await sandbox.control("GET", "switches")
    refused = await sandbox.call("PATCH", "/_sandbox/switches", {"other.closed": True, name: value})
    assert (refused.status, name in refused.body["error"]) == (status, True)
    assert await sandbox.control("GET", "switches") == before


async def test_the_portal_takes_an_address(sandbox: InProcessSandbox) -> None:
    chosen = {"url": "http://127.0.0.1:8000/h", "secret": "s", "events": ["thing.created"]}
    assert await sandbox.control("PUT", "toy/webhook", chosen) == chosen


@pytest.mark.parametrize(
    "change",
    [{"url": 1}, {"secret": None}, {"events": "x"}, {"events": [1]}, {"more": 1},
     {"url": "http://example.com/"}],
)  # fmt: skip
async def test_what_the_portal_refuses(sandbox: InProcessSandbox, change: dict[str, Any]) -> None:
    chosen = {"url": "http://127.0.0.1:8000/h", "secret": "s", "events": [], **change}
    refused = await sandbox.call("PUT", "/_sandbox/toy/webhook", chosen)
    assert (refused.status, "error" in refused.body) == (400, True)


async def test_a_reset_is_a_new_world(sandbox: InProcessSandbox) -> None:
    first = await sandbox.control("GET", "toy/things")
    await sandbox.control("POST", "toy/things", {"name": "Bell"})
    await sandbox.call("GET", "/toy/things")
    await sandbox.order({"kind": "slow"})
    await sandbox.control("PATCH", "switches", {"toy.seats": 9})
    await sandbox.advance(86_400)
    await sandbox.control("POST", "reset", {"seed": 1, "customers": 3, "invoices": 3})
    assert await sandbox.control("GET", "toy/things") == first
    assert (await sandbox.control("GET", "counters"))["requests"] == []
    assert await sandbox.control("GET", "faults") == {"rules": []}
    assert {s["value"] for s in await sandbox.control("GET", "switches")} >= {3}
    assert await sandbox.control("GET", "clock") == {"now": "2026-05-04T09:00:00.000Z"}


async def test_a_reset_may_change_seed_and_size(sandbox: InProcessSandbox) -> None:
    before = await sandbox.control("GET", "ready")
    after = await sandbox.control("POST", "reset", {"seed": 2, "customers": 30, "invoices": 0})
    assert len(await sandbox.control("GET", "toy/things")) == 30
    toys = before["vendors"]["toy"], after["vendors"]["toy"]
    assert toys[0]["credentials"] != toys[1]["credentials"]
    assert toys[0]["base_url"] == toys[1]["base_url"] == "http://sandbox/toy"


@pytest.mark.parametrize(
    "body",
    [{"seed": "1"}, {"customers": -1}, {"customers": 10**9}, {"invoices": 1.5},
     {"customers": True}, {"customer": 1}, {"customers": 0, "invoices": 1}],
)  # fmt: skip
async def test_a_reset_that_cannot_be(sandbox: InProcessSandbox, body: dict[str, Any]) -> None:
    await sandbox.control("POST", "toy/things", {"name": "Bell"})
    refused = await sandbox.call("POST", "/_sandbox/reset", body)
    assert (refused.status, "error" in refused.body) == (400, True)
    assert len(await sandbox.control("GET", "toy/things")) == 4


async def test_the_ready_line_names_everything_that_connect_needs(
    sandbox: InProcessSandbox,
) -> None:
    ready = await sandbox.control("GET", "ready")
    assert ready["url"] == "http://sandbox"
    toy = ready["vendors"]["toy"]
    assert toy == {
        "base_url": "http://sandbox/toy",
        "auth_url": "http://sandbox/toy/oauth/authorize",
        "token_url": "http://sandbox/toy/oauth/token",
        "credentials": toy["credentials"],
        "settings": {"allow_private_addresses": "true"},
    }


async def test_vendors_of_one_world_do_not_share_chance() -> None:
    """Leaving a vendor out changes nothing for the others."""
    options = SandboxOptions(customers=3, invoices=3, start=START)
    both = InProcessSandbox(options, (OTHER, TOY))
    alone = InProcessSandbox(options, (TOY,))
    ready = [(await s.control("GET", "ready"))["vendors"]["toy"] for s in (both, alone)]
    assert ready[0] == ready[1]
