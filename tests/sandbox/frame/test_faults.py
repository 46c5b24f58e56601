"""Fault rules in-process: which calls they match, how often they fire, and what each kind does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ml_connector.http.transport import NoAnswer
from ml_sandbox.faults import KINDS
from tests.support.clock import settle
from tests.support.sandbox import InProcessSandbox

LIST = "/toy/things"


async def statuses(sandbox: InProcessSandbox, count: int, path: str = LIST) -> list[int]:
    return [(await sandbox.call("GET", path)).status for _ in range(count)]


async def names(sandbox: InProcessSandbox) -> list[str]:
    return [thing["name"] for thing in await sandbox.control("GET", "toy/things")]


async def test_until_deleted(sandbox: InProcessSandbox) -> None:
    await sandbox.order({"vendor": "toy", "kind": "status", "status": 503})
    assert await statuses(sandbox, 4) == [503] * 4
    assert await sandbox.control("DELETE", "faults") == {"rules": []}
    assert await statuses(sandbox, 2) == [200] * 2


async def test_times_and_after(sandbox: InProcessSandbox) -> None:
    await sandbox.order({"kind": "status", "status": 500, "times": 2, "after": 1})
    assert await statuses(sandbox, 5) == [200, 500, 500, 200, 200]


async def test_rules_fire_in_their_order(sandbox: InProcessSandbox) -> None:
    first = {"kind": "status", "status": 429, "times": 1}
    await sandbox.order(first, {"kind": "status", "status": 502, "times": 2})
    assert await statuses(sandbox, 4) == [429, 502, 502, 200]


async def test_a_probability_is_the_seeds(sandbox: InProcessSandbox) -> None:
    rule = {"kind": "status", "status": 500, "probability": 0.5}
    await sandbox.order(rule)
    seen = await statuses(sandbox, 40)
    assert 5 < seen.count(500) < 35
    await sandbox.control("POST", "reset", {})
    await sandbox.order(rule)
    assert await statuses(sandbox, 40) == seen


@pytest.mark.parametrize(("probability", "status"), [(0, 200), (1, 500)])
async def test_the_ends_of_probability(
    sandbox: InProcessSandbox, probability: float, status: int
) -> None:
    await sandbox.order({"kind": "status", "probability": probability})
    assert await statuses(sandbox, 8) == [status] * 8


@pytest.mark.parametrize(
    ("vendor", "operation", "struck"),
    [
        ("toy", "GET /things/{id}", ["/toy/things/7"]),
        ("toy", "GET /things*", ["/toy/things", "/toy/things/7"]),
        ("toy", "* /struck", ["/toy/struck"]),
        ("toy", "POST *", []),
        ("*", "GET /things", ["/toy/things", "/other/things"]),
        ("o*", "*", ["/other/things"]),
    ],
)
async def test_what_a_rule_matches(
    sandbox: InProcessSandbox, vendor: str, operation: str, struck: list[str]
) -> None:
    rule = {"vendor": vendor, "operation": operation, "kind": "status", "status": 599}
    await sandbox.order(rule)
    paths = ["/toy/things", "/toy/things/7", "/toy/struck", "/other/things"]
    answers = {path: (await sandbox.call("GET", path)).status for path in paths}
    assert [path for path, status in answers.items() if status == 599] == struck


@pytest.mark.parametrize("operation", ["business", "business.invoices", "*.invoices"])
async def test_any_name_of_an_operation_may_match(
    sandbox: InProcessSandbox, operation: str
) -> None:
    await sandbox.order({"vendor": "toy", "operation": operation, "kind": "status"})
    asked = {"fields": ["business", "business.invoices"]}
    assert (await sandbox.call("POST", "/toy/graphql", asked)).status == 500
    assert (await sandbox.call("POST", "/toy/graphql", {"fields": ["user"]})).status == 200


@pytest.mark.parametrize(
    ("body", "content", "kind"),
    [
        ({"error": "x"}, b'{"error": "x"}', "application/json"),
        ("<html>", b"<html>", "text/plain"),
        (None, b"", "text/plain"),
    ],
)
async def test_a_status_carries_its_body_and_headers(
    sandbox: InProcessSandbox, body: Any, content: bytes, kind: str
) -> None:
    headers = {"Retry-After": "17"}
    await sandbox.order({"kind": "status", "status": 429, "body": body, "headers": headers})
    answer = await sandbox.call("POST", LIST, {"name": "New"})
    assert (answer.status, answer.content) == (429, content)
    assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("17", kind)
    assert "New" not in await names(sandbox)


async def test_slow_is_in_sandbox_time(sandbox: InProcessSandbox) -> None:
    await sandbox.order({"kind": "slow", "seconds": 30, "times": 1})
    asked = asyncio.create_task(sandbox.call("GET", LIST))
    await settle()
    await sandbox.advance(29)
    assert not asked.done()
    await sandbox.advance(1)
    assert (await asked).status == 200


@pytest.mark.parametrize(("kind", "done"), [("cut_before", False), ("cut_after", True)])
async def test_a_cut_leaves_no_answer(sandbox: InProcessSandbox, kind: str, done: bool) -> None:
    await sandbox.order({"vendor": "toy", "kind": kind, "operation": "POST /things"})
    with pytest.raises(NoAnswer):
        await sandbox.call("POST", LIST, {"name": "New"})
    assert ("New" in await names(sandbox)) is done


async def test_truncated_is_done_but_half_said(sandbox: InProcessSandbox) -> None:
    await sandbox.order({"vendor": "toy", "kind": "truncate", "times": 1})
    with pytest.raises(NoAnswer):
        await sandbox.call("POST", LIST, {"name": "New"})
    assert "New" in await names(sandbox)
    assert (await sandbox.call("GET", LIST)).status == 200


async def test_vendors_ask_for_the_kinds_that_only_they_understand(
    sandbox: InProcessSandbox,
) -> None:
    await sandbox.order(
        {"vendor": "toy", "kind": "index_lag", "times": 1, "seconds": 9},
        {"vendor": "toy", "kind": "stale_read", "operation": "GET /struck", "after": 1},
        {"vendor": "toy", "kind": "expire_access_token", "operation": "GET /things"},
    )
    asked = [(await sandbox.call("GET", "/toy/struck")).body for _ in range(2)]
    assert asked == [["index_lag"], ["stale_read"]]


async def test_the_answer_lists_the_rules_and_what_they_did(sandbox: InProcessSandbox) -> None:
    rule = {"vendor": "toy", "operation": "GET *", "kind": "status", "status": 418, "times": 3}
    posted = await sandbox.control("POST", "faults", {"rules": [rule]})
    assert posted == {"rules": [{**rule, "seen": 0, "fired": 0}]}
    await statuses(sandbox, 2)
    listed = await sandbox.control("GET", "faults")
    assert listed == {"rules": [{**rule, "seen": 2, "fired": 2}]}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_can_be_ordered(sandbox: InProcessSandbox, kind: str) -> None:
    await sandbox.order({"vendor": "toy", "kind": kind})


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({}, "kind"),
        ({"kind": "explode"}, "cut_before"),
        ({"kind": "status", "times": 1, "probability": 0.5}, "exclude"),
        ({"kind": "status", "times": 0}, "times"),
        ({"kind": "status", "times": True}, "times"),
        ({"kind": "status", "probability": 1.5}, "probability"),
        ({"kind": "status", "status": 99}, "status"),
        ({"kind": "slow", "second": 1}, "second"),
        ({"kind": "slow", "vendor": "nobody"}, "toy"),
    ],
)
async def test_a_wrong_rule_is_named_and_nothing_is_taken(
    sandbox: InProcessSandbox, rule: dict[str, Any], word: str
) -> None:
    both = {"rules": [{"kind": "slow"}, rule]}
    refused = await sandbox.call("POST", "/_sandbox/faults", both)
    assert refused.status == 400
    assert word in str(refused.body)
    assert await sandbox.control("GET", "faults") == {"rules": []}


@pytest.mark.parametrize("body", [{}, [], {"rules": {}}, b"no"])
async def test_what_is_not_a_list_of_rules(sandbox: InProcessSandbox, body: object) -> None:
    refused = await sandbox.call("POST", "/_sandbox/faults", body)
    assert (refused.status, "error" in refused.body) == (400, True)
