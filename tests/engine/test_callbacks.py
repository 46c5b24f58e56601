"""Subscriptions that a vendor has confirmed one by one: each with an address and a code of its own.
The code is believed only when the vendor took it back, and mended where it was lost."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ml_connector.engine.subscribing import try_subscriptions
from ml_connector.engine.tally import Tally
from ml_connector.store import connections, handshakes
from ml_connector.store.connections import Subscribed
from tests.engine.madeup import HOOKS, NOUNS, VENDOR, Bench, handshake

CALLBACKS = replace(VENDOR, endpoint_of="callback", events=NOUNS, handshake=handshake)
HOUR, DAY = 3600.0, 86_400.0


def bench(*, public: bool = True) -> Bench:
    return Bench(CALLBACKS, public=public)


async def look(b: Bench) -> str:
    """The lane's look at the subscriptions, of whatever flow they are."""
    return await b.clock.run(try_subscriptions(b.res, await b.opened(), Tally("", "check")))


async def subscribed(b: Bench) -> dict[str, Subscribed]:
    row = await b.row()
    return await b.store.read(lambda c: connections.subscriptions_of(c, row.id))


async def waiting(b: Bench) -> int:
    return len(await b.store.read(lambda c: handshakes.of_workspace(c, "w")))


async def introduced(b: Bench) -> list[tuple[str, str, str]]:
    """The vendor posts every code that it has not posted yet; what it posted."""
    posted, b.mill.introductions = b.mill.introductions, []
    for url, id, code in posted:
        assert (await b.deliver(url, "introduce", id=id, code=code)).status == 200
    return posted


async def confirmed(b: Bench) -> dict[str, tuple[str, str]]:
    """Two subscriptions that stand and are confirmed; address and code by event."""
    await b.consent()
    assert await look(b) == ""
    posted = await introduced(b)
    await b.clock.run(b.lane.round())
    events = {b.mill.callbacks[id]["event"]: (url, code) for url, id, code in posted}
    assert set(events) == set(NOUNS)
    return events


def healthy(b: Bench) -> list[bool]:
    return [row["verified"] for row in b.mill.callbacks.values()]


async def test_each_subscription_has_an_address_of_its_own_and_is_confirmed() -> None:
    async with bench() as b:
        there = await confirmed(b)
        (shown,) = await b.look.connections("w")
        addresses = {url for url, _ in there.values()}
        assert len(addresses) == 2
        assert all(url.startswith(shown["webhook_url"] + "/") for url in addresses)
        assert shown["webhook_url"].startswith(f"{HOOKS}/hooks/")
        assert healthy(b) == [True, True]
        assert {row.introductions for row in (await subscribed(b)).values()} == {0}
        assert await waiting(b) == 0


async def test_a_delivery_is_proven_by_the_code_of_its_own_subscription() -> None:
    async with bench() as b:
        there = await confirmed(b)
        (bill, bill_code), (payer, payer_code) = there["bill"], there["payer"]
        answers = [
            (await b.deliver(bill, "changed", bill_code)).status,
            (await b.deliver(bill, "changed", payer_code)).status,
            (await b.deliver(payer, "changed", payer_code)).status,
            (await b.deliver(payer, "changed")).status,
        ]
        assert answers == [200, 401, 200, 401]
        status = await b.look.status("w")
        assert status["connections"][0]["deliveries"]["forged"] == 2


async def test_an_address_that_is_not_ours_is_not_known() -> None:
    async with bench() as b:
        (bill, code), _ = (await confirmed(b)).values()
        whole, _, own = bill.rpartition("/")
        told = {
            "its own part alone": f"{HOOKS}/hooks/{own}",
            "another part": f"{whole}/somewhere",
            "below another": f"{HOOKS}/hooks/elsewhere/{own}",
        }
        for name, url in told.items():
            assert (await b.deliver(url, "changed", code)).status == 404, name
            assert (await b.deliver(url, "introduce", id="callback-9", code="x")).status == 404
        assert (await b.deliver(whole, "changed", code)).status == 401


async def test_a_code_that_comes_before_the_answer_to_the_creation_waits_for_it() -> None:
    async with bench() as b:
        await b.consent()
        await look(b)
        row = await b.row()
        known = await subscribed(b)
        early = [replace(one, remote_id="") for one in known.values()]

        def before_the_answer(conn: Any) -> None:
            for one in early:
                connections.put_subscription(conn, one)

        await b.store.write(before_the_answer)
        await introduced(b)
        await b.clock.run(b.lane.round())
        assert healthy(b) == [False, False]
        assert await waiting(b) == 2
        await b.start()  # it is kept durably
        for one in known.values():
            await b.store.write(partial(connections.put_subscription, row=one))
        await b.clock.run(b.lane.round())
        assert healthy(b) == [True, True]
        assert row.state == connections.OK


async def test_a_code_for_another_subscription_is_never_confirmed_and_forgotten() -> None:
    async with bench() as b:
        there = await confirmed(b)
        bill, code = there["bill"]
        other = next(id for id, row in b.mill.callbacks.items() if row["event"] == "payer")
        asked = len(b.mill.asked)
        for id in (other, "callback-99"):
            await b.deliver(bill, "introduce", id=id, code="forged")
        await b.clock.run(b.lane.round())
        assert len(b.mill.asked) == asked
        assert (await b.deliver(bill, "changed", "forged")).status == 401
        assert (await b.deliver(bill, "changed", code)).status == 200
        await b.clock.advance(HOUR + 1)
        await b.clock.run(b.lane.round())
        assert await waiting(b) == 0


async def test_a_forged_code_fails_at_the_vendor_and_the_true_one_is_taken() -> None:
    async with bench() as b:
        await b.consent()
        await look(b)
        bill = next(id for id, row in b.mill.callbacks.items() if row["event"] == "bill")
        url = b.mill.callbacks[bill]["url"]
        await introduced(b)
        told = [
            (await b.deliver(url, "introduce", id=bill, code=f"forged-{n}")).status
            for n in range(12)
        ]
        assert told == [200] * 9 + [429] * 3
        assert await waiting(b) == 10 + 1
        await b.clock.run(b.lane.round())
        assert await waiting(b) == 0
        assert healthy(b) == [True, True]
        assert sum("Many codes" in alert for alert in b.alerts) == 1


async def test_forged_codes_cost_few_calls_and_the_true_one_is_taken_an_hour_later() -> None:
    async with bench() as b:
        await b.consent()
        await look(b)
        bill = next(id for id, row in b.mill.callbacks.items() if row["event"] == "bill")
        url = b.mill.callbacks[bill]["url"]
        asked = len(b.mill.asked)
        for n in range(200):
            await b.deliver(url, "introduce", id=bill, code=f"forged-{n}")
            if n % 20 == 0:
                await b.clock.run(b.lane.round())
        assert len(b.mill.asked) - asked <= 10
        posted, b.mill.introductions = b.mill.introductions, []
        told = {u: (await b.deliver(u, "introduce", id=i, code=c)).status for u, i, c in posted}
        assert told[url] == 429
        assert sorted(told.values()) == [200, 429]
        await b.clock.run(b.lane.round())
        assert sorted(healthy(b)) == [False, True]
        await b.clock.advance(HOUR + 1)
        await look(b)
        await introduced(b)
        await b.clock.run(b.lane.round())
        assert healthy(b) == [True, True]


async def test_the_code_before_is_good_until_the_new_one_proved_a_delivery() -> None:
    async with bench() as b:
        there = await confirmed(b)
        url, old = there["bill"]
        assert (await b.deliver(url, "changed", old)).status == 200
        id = next(id for id, row in b.mill.callbacks.items() if row["event"] == "bill")
        b.mill.introduce(id)
        ((_, _, new),) = await introduced(b)
        assert (await b.deliver(url, "changed", new)).status == 401
        await b.clock.run(b.lane.round())
        await b.start()
        assert (await b.deliver(url, "changed", old)).status == 200
        assert (await b.deliver(url, "changed", new)).status == 200
        assert (await b.deliver(url, "changed", old)).status == 401
        assert (await b.deliver(url, "changed", new)).status == 200
        await b.start()
        assert (await b.deliver(url, "changed", old)).status == 401


async def test_no_code_is_shown_or_kept_in_the_clear() -> None:
    async with bench() as b:
        _, code = (await confirmed(b))["bill"]
        b.mill.introduce(next(iter(b.mill.callbacks)))
        await introduced(b)

        def dumped(conn: Any) -> str:
            return "\n".join(conn.connection.driver_connection.iterdump())

        text = await b.store.read(dumped)
        assert code not in text
        assert "code-of-callback" not in text
        assert code not in b.res.redactor.text(code)


async def test_subscriptions_are_looked_at_once_a_day_and_mended() -> None:
    async with bench() as b:
        there = await confirmed(b)
        asked = len(b.mill.asked)
        await b.clock.advance(DAY - HOUR)
        await look(b)
        assert len(b.mill.asked) == asked
        lost, ill = sorted(b.mill.callbacks, key=lambda id: str(b.mill.callbacks[id]["event"]))
        del b.mill.callbacks[lost]
        b.mill.callbacks[ill]["verified"] = False
        await b.clock.advance(HOUR)
        assert await look(b) == ""
        assert {row["event"] for row in b.mill.callbacks.values()} == set(NOUNS)
        assert ill in b.mill.callbacks
        assert lost not in b.mill.callbacks
        await introduced(b)
        await b.clock.run(b.lane.round())
        assert healthy(b) == [True, True]
        assert {row["url"] for row in b.mill.callbacks.values()} == {u for u, _ in there.values()}


async def test_one_that_never_answers_is_introduced_again_then_made_anew_and_told_of() -> None:
    async with bench() as b:
        await b.consent()
        first = await look(b)
        made = set(b.mill.callbacks)
        await b.clock.advance(HOUR)
        second = await look(b)
        assert set(b.mill.callbacks) == made
        assert len(b.mill.introductions) == 4
        await b.clock.advance(HOUR)
        third = await look(b)
        assert not set(b.mill.callbacks) & made
        assert (first, second) == ("", "")
        assert "Can that address be reached" in third
        await b.clock.advance(HOUR)
        await look(b)
        asked = len(b.mill.asked)
        await b.clock.advance(DAY - 2 * HOUR)
        await look(b)
        assert len(b.mill.asked) == asked
        await introduced(b)
        await b.clock.run(b.lane.round())
        assert healthy(b) == [True, True]
        assert await look(b) == ""


async def test_what_was_made_for_another_address_and_a_second_one_are_removed() -> None:
    async with bench() as b:
        there = await confirmed(b)
        url, _ = there["bill"]
        b.mill.callbacks["twin"] = {"id": "twin", "event": "bill", "url": url, "verified": True}
        stranger = {"id": "strange", "event": "bill", "url": "https://else.where", "verified": True}
        b.mill.callbacks["strange"] = stranger
        await b.clock.advance(DAY)
        await look(b)
        assert set(b.mill.callbacks) >= {"strange"}
        assert len(b.mill.callbacks) == 3
        b.res = replace(b.res, public_url="https://moved.example")
        await look(b)
        urls = [row["url"] for id, row in b.mill.callbacks.items() if id != "strange"]
        assert len(urls) == 2
        assert all(url.startswith("https://moved.example/hooks/") for url in urls)


async def test_without_a_public_address_nothing_is_asked_for() -> None:
    async with bench(public=False) as b:
        await b.consent()
        asked = len(b.mill.asked)
        assert await look(b) == ""
        assert len(b.mill.asked) == asked
        (shown,) = await b.look.connections("w")
        assert shown["webhook_url"].startswith(f"{HOOKS}/hooks/")


@pytest.mark.parametrize("trouble", [401, 503])
async def test_a_code_waits_while_the_vendor_cannot_be_asked(trouble: int) -> None:
    async with bench() as b:
        await b.consent()
        await look(b)
        await introduced(b)
        if trouble == 401:
            b.mill.accesses.clear()
            b.mill.refreshes.clear()
        else:
            b.mill.is_down = True
        await b.clock.run(b.lane.round())
        assert await waiting(b) == 2
        b.mill.is_down = False
        if trouble == 401:
            await b.consent()
        await b.clock.advance(60)
        await b.clock.run(b.lane.round())
        assert healthy(b) == [True, True]
        assert await waiting(b) == 0
