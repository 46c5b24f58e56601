"""Floods of what nobody can prove: cheap to refuse, told once, and never in a vendor's way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import func, select

from ml_connector.core.vendor import Delivery
from ml_connector.engine.strangers import MOST, MOST_OF_ALL
from ml_connector.http.signatures import hex_signature
from ml_connector.store.tables import endpoints, inbox
from tests.support.clock import settle
from tests.support.rehearsal import Rehearsal

from .counting import counted

FLOOD = 2_000
SECRET, OTHER = "s" * 40, "n" * 40


@pytest.fixture
async def books() -> AsyncIterator[Rehearsal]:
    """A connection to Wave whose deliveries are proven by the secret `webhook_secret`."""
    async with Rehearsal(public=True) as r:
        await r.connect("wave", secrets=["full_access_token", "webhook_secret"])
        await give_secret(r, SECRET)
        yield r


async def give_secret(r: Rehearsal, secret: str) -> None:
    await r.done(
        "connect", vendor="wave", name="wave", settings={}, secrets={"webhook_secret": secret}
    )


def genuine(r: Rehearsal, event: str = "e", secret: str = SECRET) -> Delivery:
    body = json.dumps({"event_id": event, "event_type": "invoice.sent", "data": {}}).encode()
    now = r.res.clock.now()
    at = str(int(now.timestamp()))
    proof = hex_signature(secret, at.encode() + b"." + body)
    return Delivery(body, {"x-wave-signature": f"t={at},v1={proof}"}, now)


def forged(r: Rehearsal, n: int = 0) -> Delivery:
    now = r.res.clock.now()
    at = int(now.timestamp())
    body = json.dumps({"event_type": "invoice.paid", "n": n}).encode()
    return Delivery(body, {"x-wave-signature": f"t={at},v1={n:064x}"}, now)


async def stored(r: Rehearsal) -> tuple[int, int]:
    """Deliveries kept, forged ones counted."""

    def work(conn: Any) -> tuple[int, int]:
        rows = conn.execute(select(func.count()).select_from(inbox)).scalar()
        return rows, conn.execute(select(func.sum(endpoints.c.forged))).scalar()

    return await r.store.read(work)


async def test_forged_deliveries_become_cheap_and_are_counted_all_the_same(
    books: Rehearsal,
) -> None:
    ingest, store = counted(books.res)
    token = await books.hook_token("wave")
    told = [await ingest.take(token, forged(books, n)) for n in range(MOST)]
    assert {answer.status for answer in told} == {401}
    assert not any(answer.cheap for answer in told)
    asked = store.asked
    told = [await ingest.take(token, forged(books, n)) for n in range(FLOOD)]
    assert {(answer.status, answer.cheap) for answer in told} == {(401, True)}
    assert store.asked - asked <= 1, "the store was asked for what is refused from memory"
    await books.clock.advance(2)
    await settle()
    assert store.asked - asked <= 3
    assert await stored(books) == (0, MOST + FLOOD)


async def test_genuine_deliveries_are_taken_while_somebody_forges(books: Rehearsal) -> None:
    ingest, _ = counted(books.res)
    token = await books.hook_token("wave")
    for n in range(FLOOD):
        assert (await ingest.take(token, forged(books, n))).status == 401
        if n % 100 == 0:
            assert (await ingest.take(token, genuine(books, str(n)))).status == 200
    rows, _ = await stored(books)
    assert rows == FLOOD // 100


async def test_a_secret_that_is_replaced_during_a_flood_counts_at_once(books: Rehearsal) -> None:
    """By another process, so that this one must look it up anew: once a second is enough."""
    ingest, store = counted(books.res)
    token = await books.hook_token("wave")
    for n in range(FLOOD):
        await ingest.take(token, forged(books, n))
    await give_secret(books, OTHER)
    await books.clock.advance(1)
    assert (await ingest.take(token, genuine(books, secret=OTHER))).status == 200
    asked = store.reads
    for n in range(FLOOD):
        await ingest.take(token, forged(books, n))
    assert store.reads - asked <= 1


async def test_a_person_is_told_once_of_each_and_again_after_a_day(books: Rehearsal) -> None:
    """Though genuine deliveries come in between."""
    token = await books.hook_token("wave")
    for n in range(FLOOD):
        await books.ingest.take(token, forged(books, n))
        if n % 50 == 0:
            await books.ingest.take(token, genuine(books))
    assert len(books.alerts) == 2
    assert "could not be proven" in books.alerts[0]
    assert "rotate-webhook wave" in books.alerts[1]
    await books.clock.advance(3_600)
    for n in range(FLOOD):
        await books.ingest.take(token, forged(books, n))
    assert len(books.alerts) == 2
    await books.clock.advance(86_400)
    for n in range(FLOOD):
        await books.ingest.take(token, forged(books, n))
    assert len(books.alerts) == 4


async def test_after_the_window_each_is_looked_at_again(books: Rehearsal) -> None:
    token = await books.hook_token("wave")
    for n in range(MOST + 1):
        last = await books.ingest.take(token, forged(books, n))
    assert last.cheap
    await books.clock.advance(61)
    assert not (await books.ingest.take(token, forged(books))).cheap


async def test_addresses_that_do_not_exist_become_cheap(books: Rehearsal) -> None:
    ingest, store = counted(books.res)
    for n in range(MOST):
        assert (await ingest.take(f"guess-{n}", forged(books), "192.0.2.1")).status == 404
    asked = store.asked
    for n in range(FLOOD):
        assert (await ingest.take(f"more-{n}", forged(books), "192.0.2.1")).status == 404
    assert store.asked - asked <= 1
    for n in range(FLOOD):  # another sender each time: together they are too many as well
        await ingest.take(f"other-{n}", forged(books), f"198.51.{n // 250}.{n % 250}")
    assert store.asked - asked <= MOST_OF_ALL + 2


async def test_an_address_that_is_there_is_found_while_others_are_guessed(
    books: Rehearsal,
) -> None:
    """By a process that has not met it yet, from the guesser's own network even."""
    ingest, _ = counted(books.res)
    for n in range(FLOOD):
        await ingest.take(f"guess-{n}", forged(books), "192.0.2.1")
    token = await books.hook_token("wave")
    for path in (token, f"{token}/subscription"):
        fresh, _ = counted(books.res)
        for n in range(FLOOD):
            await fresh.take(f"guess-{n}", forged(books), "192.0.2.1")
        assert (await fresh.take(path, genuine(books), "192.0.2.1")).status == 200


async def test_guessing_is_told_once(books: Rehearsal) -> None:
    for n in range(FLOOD):
        await books.ingest.take(f"guess-{n}", forged(books), "192.0.2.1")
    assert len(books.alerts) == 1
    assert "192.0.2.1" in books.alerts[0]


@pytest.mark.parametrize("path", ["x" * 5_000, "a/" + "x" * 5_000, "", "/", "a/b", "%00"])
async def test_what_cannot_be_an_address_is_not_looked_up(books: Rehearsal, path: str) -> None:
    ingest, store = counted(books.res)
    assert (await ingest.take(path, forged(books))).status == 404
    assert store.asked <= 1
    assert len(path) < 5_000 or store.asked == 0


async def test_memory_stays_flat_whatever_is_posted_below_an_address(books: Rehearsal) -> None:
    ingest, _ = counted(books.res)
    token = await books.hook_token("wave")
    for n in range(FLOOD):
        assert (await ingest.take(f"{token}/{n}", genuine(books))).status == 200
        await ingest.take(f"guess-{n}/{n}", forged(books), f"2001:db8:{n:x}::1")
    assert len(ingest._doors._known) == 1
