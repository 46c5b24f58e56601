"""Bodies and queries of any shape are answered, never with a fault of the sandbox's own."""

from __future__ import annotations

import random
from typing import Any

from ml_sandbox.vendors.zendesk.api import Api
from ml_sandbox.vendors.zendesk.kind import Zendesk

from .bench import Bench

_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", "x", "1", "a,b", [], [None], ["x"], {}, {"x": 1}, [{}],
    [[]], {"id": 1}, {"body": 5}, {"value": None}, "2026-01-01", "external_id:x", "\x00", "😀",
)  # fmt: skip
_KEYS = (
    "name", "email", "external_id", "id", "ids", "key", "type", "title", "tags", "organization_id",
    "organization_fields", "user_fields", "custom_object_fields", "custom_field_options", "comment",
    "requester", "identities", "properties", "winner_id", "user_id", "action", "items", "settings",
    "upload_id", "app_id", "subscriptions", "endpoint", "http_method", "request_format", "status",
    "custom_headers", "domain_names", "organization", "value", "client_id", "scopes", "position",
    "relationship_target_type", "regexp_for_validation", "title_pluralized", "due_at", "role",
)  # fmt: skip
_ENVELOPES = (
    "organization", "organizations", "user", "users", "identity", "organization_membership",
    "organization_memberships", "organization_field", "user_field", "custom_object", "ticket",
    "custom_object_field", "custom_object_record", "job", "filter", "organization_merge", "webhook",
    "token", "tags", "custom_field_option", "user_field_ids", "organization_field_ids",
    "custom_object_field_ids",
)  # fmt: skip
_QUERIES = (
    "ids", "external_ids", "external_id", "name", "query", "page", "per_page", "page[size]",
    "page[after]", "page[before]", "start_time", "cursor", "sort", "filter[type]", "filter[ids]",
)  # fmt: skip


def _body(chance: random.Random) -> Any:
    if chance.random() < 0.1:
        return chance.choice(_VALUES)
    inner = {key: chance.choice(_VALUES) for key in chance.sample(_KEYS, 12)}
    body: dict[str, Any] = {**inner}
    for name in _ENVELOPES:
        one = dict(inner) if chance.random() < 0.7 else chance.choice(_VALUES)
        body[name] = [one] if name.endswith("s") and chance.random() < 0.8 else one
    return body


def _query(chance: random.Random) -> dict[str, str]:
    asked = chance.sample(_QUERIES, chance.randrange(5))
    return {name: str(chance.choice(("", "x", "1", "0", "-1", "é", "9" * 30))) for name in asked}


async def _world() -> tuple[Bench, Api, dict[str, list[str]]]:
    """The bench, its API, and real ids for the variable parts of paths."""
    bench = Bench()
    await bench.begin()
    await bench.invoices()
    await bench.record("a")
    vendor = bench.sandbox.app.world.vendors["zendesk"]
    assert isinstance(vendor, Zendesk)
    desk = vendor.desk
    ids = {
        noun: [str(r["id"]) for r in desk.account.tables[noun].every()][-3:]
        for noun in ("organizations", "users", "tickets", "organization_fields", "user_fields")
    }
    return bench, vendor.api, ids


async def test_no_request_makes_it_fall_over() -> None:
    bench, api, ids = await _world()
    chance = random.Random(11)
    statuses: set[int] = set()
    for method, template in api.operations():
        for _ in range(8):
            path = _filled(template, ids, chance)
            body = _body(chance) if method != "GET" else None
            query = {} if chance.random() < 0.5 else _query(chance)
            reply = await bench.call(method, path, body, None, **query)
            statuses.add(reply.status)
            assert reply.status < 500, (method, path, body, query, reply.body)
            if reply.status == 401:  # the token of the caller was among what was deleted
                await _again(bench)
    assert {200, 201, 204, 400, 404, 422} <= statuses
    await bench.close()


async def _again(bench: Bench) -> None:
    granted = await bench.token(grant_type="client_credentials", scope="read write")
    bench.headers = {"authorization": f"Bearer {granted.body['access_token']}"}


def _filled(template: str, ids: dict[str, list[str]], chance: random.Random) -> str:
    parts = template.strip("/").split("/")
    noun = parts[0]
    filled = []
    for part in parts:
        known = ids.get(noun, ["1"]) if part == "{id}" else ["1", "wave_invoice"]
        if part == "{key}":
            known = ["wave_invoice"]
        filled.append(chance.choice(known) if part.startswith("{") else part)
    return "/" + "/".join(filled)
