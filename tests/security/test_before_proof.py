"""Nothing of a delivery is read or kept before it is proven, for every vendor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import text

from ml_connector.core.vendor import Delivery, Vendor
from ml_connector.engine.ingest import Answer
from ml_connector.store.tables import metadata
from ml_connector.vendors import VENDORS
from tests.contract.stand import NAME, Stand
from tests.contract.test_webhooks import PROVEN, happenings, named, subscribe
from tests.support.sandbox import Posted

SMALL_BYTES = {"freshbooks": 65_536}
"""Of what is not proven so much is read at most. FreshBooks signs what a form says, not its bytes:
it has to be read to be proven."""

HANDSHAKE_BYTES = 4_096
"""Elsewhere: a probe's form, a subscription's code."""

FORM = b"name=callback.verify&object_id=1&account_id=a&verifier=" + b"v" * 5_000
HUGE = [
    json.dumps({"event_type": "", "padding": "x" * 500_000}).encode(),
    b'{"event_type":' + b"[" * 500_000,
    b"a=b&" * 200_000,
    FORM,
    b"\xff" * 500_000,
    b"",
]


@dataclass
class Parsing:
    """How many bytes were handed to the parsers that vendors' folders use."""

    sizes: list[int] = field(default_factory=list)


@contextmanager
def watched(patch: pytest.MonkeyPatch) -> Iterator[Parsing]:
    """Counts what the vendors' folders give to json and urllib to read."""
    seen = Parsing()

    def counted(parse: Any) -> Any:
        def read(told: Any, *more: Any, **named: Any) -> Any:
            seen.sizes.append(len(told))
            return parse(told, *more, **named)

        return read

    reader = SimpleNamespace(loads=counted(json.loads), dumps=json.dumps)
    with patch.context() as within:
        for vendor in VENDORS:
            module = import_module(f"ml_connector.vendors.{vendor.name}.webhooks")
            if hasattr(module, "json"):
                within.setattr(module, "json", reader)
            if hasattr(module, "parse_qsl"):
                within.setattr(module, "parse_qsl", counted(parse_qsl))
        yield seen


async def rows(stand: Stand) -> dict[str, int]:
    """How many rows each table has."""

    def work(conn: Any) -> dict[str, int]:
        return {
            name: conn.execute(text(f"SELECT count(*) FROM {name}")).scalar()  # noqa: S608 - our own names
            for name in sorted(metadata.tables)
        }

    return await stand.store.read(work)


async def take(stand: Stand, posted: Posted, body: bytes, headers: dict[str, str]) -> Answer:
    path = posted.url.split("/hooks/")[1]
    lowered = {name.lower(): value for name, value in headers.items()}
    return await stand.ingest.take(path, Delivery(body, lowered, stand.res.clock.now()))


async def a_delivery(stand: Stand) -> Posted:
    await subscribe(stand)
    posted = await happenings(stand)
    return posted[0]


@pytest.mark.parametrize("vendor", PROVEN, ids=named)
async def test_what_is_not_proven_is_neither_read_nor_kept(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a proof, with a wrong one, and with another delivery's."""
    async with Stand(vendor=vendor, public=True) as stand:
        genuine = await a_delivery(stand)
        before = await rows(stand)
        wrong = dict.fromkeys(genuine.headers, "AAAA")
        with watched(monkeypatch) as parsed:
            for body in HUGE:
                for headers in ({}, wrong, {**genuine.headers, "content-encoding": "gzip"}):
                    if headers.get("content-encoding") and not covers(vendor):
                        continue
                    answer = await take(stand, genuine, body, headers)
                    assert answer.status in ((200, 401) if not body else (401,))
        most = SMALL_BYTES.get(vendor.name, HANDSHAKE_BYTES)
        assert max(parsed.sizes, default=0) <= most
        assert await rows(stand) == before


def covers(vendor: Vendor) -> bool:
    """Whether the proof is over the body: that of one delivery then proves no other."""
    return vendor.name in ("wave", "freshbooks", "quickbooks_online")


async def test_a_handshake_and_a_probe_are_read_only_while_they_are_small() -> None:
    freshbooks, wave = (next(v for v in VENDORS if v.name == n) for n in ("freshbooks", "wave"))
    async with Stand(vendor=freshbooks, public=True) as stand:
        genuine = await a_delivery(stand)
        before = await rows(stand)
        assert (await take(stand, genuine, FORM, {})).status == 401
        assert await rows(stand) == before
        small = b"name=callback.verify&object_id=1&account_id=a&verifier=v"
        assert (await take(stand, genuine, small, {})).status == 200
        assert (await rows(stand))["handshakes"] == before["handshakes"] + 1
    async with Stand(vendor=wave, public=True) as stand:
        genuine = await a_delivery(stand)
        before = await rows(stand)
        probe = json.dumps({"hello": "x" * 100}).encode()
        assert (await take(stand, genuine, probe, {})).status == 200
        assert (
            await take(stand, genuine, json.dumps({"hello": "x" * 5_000}).encode(), {})
        ).status == 401
        assert (await take(stand, genuine, b'{"event_type": "invoice.paid"}', {})).status == 401
        assert await rows(stand) == before


async def test_a_probe_gives_nothing_away_and_marks_nothing() -> None:
    """It is greeted in the same words whatever the address is for; a flood of it is cheap."""
    wave = next(v for v in VENDORS if v.name == "wave")
    async with Stand(vendor=wave, public=True) as stand:
        genuine = await a_delivery(stand)
        told = [await take(stand, genuine, b"{}", {}) for _ in range(200)]
        assert {(answer.status, answer.text, answer.woken) for answer in told} == {
            (200, "Hello.", ())
        }
        assert told[-1].cheap
        assert stand.alerts == []


@pytest.mark.parametrize("vendor", [v for v in VENDORS if v not in PROVEN], ids=named)
async def test_a_vendor_that_posts_nothing_has_nothing_read(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Stand(vendor=vendor, public=True) as stand:
        token = await stand.hook_token(NAME)
        posted = Posted(f"/hooks/{token}", {}, b"", 0.0)
        with watched(monkeypatch) as parsed:
            for body in HUGE:
                assert (await take(stand, posted, body, {})).status == 401
        assert parsed.sizes == []
