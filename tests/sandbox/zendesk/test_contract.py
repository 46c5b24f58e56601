"""The published contract is really looked at: a wrong answer is noticed, a right one passes."""

from __future__ import annotations

import re

import pytest

from ml_sandbox.vendors.zendesk.kind import Zendesk

from . import contract
from .bench import Bench

#: Published operations below the nouns that the sandbox plays, and that it does not.
LEFT_OUT = re.compile(
    r"PUT /api/v2/account/settings"
    r"|.*/triggers.*"
    r"|POST /api/v2/groups|.*/groups/.*"
    r"|.*/incremental/(routing/|ticket_events|ticket_metric_events|\{).*"
    r"|.*/incremental/(ticket_events|ticket_metric_events)"
    r"|.*/oauth/(clients|global_clients).*"
    r"|.*/organization_subscriptions.*"
    r"|.*/relationships/definitions/.*"
    r"|.*/tickets/\{ticket_id\}/(?!comments$|tags$).+"
    r"|POST /api/v2/tickets/create_many"
    r"|.*/users/\{user_id\}/(password|sessions|skips|compliance_deletion|group_memberships).*"
    r"|.*/users/(me/logout|me/session.*|logout_many|request_create)"
)
PLAYED = re.compile(
    r"/api/v2/(organization|users|user_fields|custom_objects|job_statuses|incremental|search"
    r"|tickets/\{|groups|oauth|account/settings|\{target_type\})"
)


def test_a_wrong_answer_is_noticed() -> None:
    contract.published()
    path = "/api/v2/organizations/1"
    right = {"organization": {"name": "A", "tags": ["a"], "group_id": None}}
    assert contract.problems("GET", path, 200, right) == []
    assert contract.problems("GET", path, 200, {"organization": {"tags": []}})
    assert contract.problems("GET", path, 200, {"organization": {"name": "A", "tags": "a"}})
    job = {"job_status": {"status": 7}}
    assert contract.problems("GET", "/api/v2/job_statuses/V3-1", 200, job)
    page = {"custom_object_records": [{"name": 5}]}
    assert contract.problems("GET", "/api/v2/custom_objects/k/records", 200, page)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
async def test_what_is_published_is_played_or_named_here(method: str) -> None:
    bench = Bench()
    vendor = bench.sandbox.app.world.vendors["zendesk"]
    assert isinstance(vendor, Zendesk)
    await bench.begin()
    missing = []
    for template, item in contract.published()["paths"].items():
        operation = f"{method.upper()} {template}"
        if method not in item or not PLAYED.match(template) or LEFT_OUT.fullmatch(operation):
            continue
        path = re.sub(r"\{[^}]+\}", "1", template).removeprefix("/api/v2")
        reply = await bench.raw(method.upper(), f"/api/v2{path}", {}, bench.headers)
        if reply.status == 405 or (reply.status == 404 and "InvalidEndpoint" in str(reply.body)):
            missing.append(operation)
    assert missing == []
    await bench.close()
