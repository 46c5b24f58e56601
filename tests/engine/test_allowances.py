"""An allowance that a developer app has for a month: one row for all connections of that app, kept
over restarts, shown to a person, and never in the way of what is not metered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import pytest

from ml_connector.core.faults import OutOfBudget
from ml_connector.core.limits import Allowance, Limits, Price, Window
from ml_connector.core.vendor import Client, ConnectionFacts, Vendor
from ml_connector.core.wire import Errand, Request, Response, Wire
from ml_connector.engine.looking import Look
from ml_connector.engine.resources import Resources
from ml_connector.store import connections, lanes
from tests.engine.madeup import APP, VENDOR, Bench
from tests.engine.scene import Scene

DAY = 86_400.0


def metered(period: Any = "month", belongs_to: Any = "app") -> Vendor:
    """A vendor that grants 100 tokens, of which 60 are ours."""
    allowance = Allowance(100, 0.6, 0.0, 0, period, belongs_to)

    def limits(settings: object, scope: str, how: object) -> Limits:
        return Limits(scope, (Window(1000, 1.0),), 10, allowance=allowance)

    return replace(VENDOR, limits=limits)


async def spend(bench: Bench, name: str, tokens: int) -> None:
    client = (await bench.opened(name)).client
    await bench.clock.run(client.metered(tokens, Errand("live")))


async def budget(bench: Bench, name: str) -> dict[str, Any]:
    rows = (await bench.look.status("w"))["connections"]
    told: dict[str, Any] = next(row["budget"] for row in rows if row["name"] == name)
    return told


async def test_connections_of_one_app_draw_on_one_row() -> None:
    async with Bench(metered()) as bench:
        await bench.consent("one", user="ada", ledger="L1")
        await bench.consent("two", user="bob", ledger="L2")
        await spend(bench, "one", 35)
        await spend(bench, "two", 25)
        for name in ("one", "two"):
            with pytest.raises(OutOfBudget, match="month"):
                await spend(bench, name, 1)
            assert await bench.answers(name)  # costs no token
        await bench.start()
        told = await budget(bench, "two")
        assert (told["spent"], told["ours"], told["limit"]) == (60, 60, 100)
        assert (told["period"], told["day"]) == ("month", "2026-05")
        with pytest.raises(OutOfBudget):
            await spend(bench, "two", 1)
        await bench.clock.advance(28 * DAY)
        await spend(bench, "two", 1)
        assert (await budget(bench, "one"))["day"] == "2026-06"


async def test_the_same_app_in_another_workspace_draws_on_it_too() -> None:
    async with Bench(metered()) as bench:
        await bench.consent("one", ledger="L1")
        await spend(bench, "one", 60)
        await bench.store.write(lambda c: lanes.put_workspace(c, "v", "other"))
        bench.lane.workspace = "v"
        await bench.consent("two", user="bob", ledger="L2")
        row = await bench.store.read(lambda c: connections.named(c, "v", "two"))
        assert row is not None
        opened = await bench.lane.opener.connection(row)
        with pytest.raises(OutOfBudget):
            await bench.clock.run(opened.client.metered(1, Errand("live")))


async def test_an_allowance_of_the_account_is_each_accounts_own() -> None:
    async with Bench(metered("day", "account")) as bench:
        await bench.consent("one", user="ada", ledger="L1")
        await bench.consent("two", user="bob", ledger="L2")
        await spend(bench, "one", 60)
        await spend(bench, "two", 60)
        with pytest.raises(OutOfBudget, match="day"):
            await spend(bench, "two", 1)
        assert (await budget(bench, "one"))["day"] == "2026-05-04"
        await bench.clock.advance(DAY)
        await spend(bench, "two", 1)


async def test_ping_tells_the_limits_and_what_is_spent() -> None:
    async with Bench(metered()) as bench:
        bench.mill.refreshes["r"] = "ada"
        await bench.connect(refresh_token="r", **APP)
        await spend(bench, "books", 20)
        (told,) = (await bench.do("ping", names=[]))["result"]
        assert "100 tokens a month for the app, 60 of them ours" in told["detail"]["limits"]
        assert told["detail"]["spent"].endswith("of 60 tokens in this month")


class Priced:
    """A wire on which each call costs a token, as at a vendor that meters reads."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def send(self, request: Request, errand: Errand) -> Response:
        return await self._wire.send(replace(request, price=Price(1)), errand)


class MeteredSource(Scene):
    """The scene's source is one that meters its reads by the day."""

    def wired(self) -> Resources:
        wired = super().wired()
        source = wired.vendors["wave"]
        limits = metered("day", "account").limits

        def client(wire: Wire, facts: ConnectionFacts) -> Client:
            return source.client(Priced(wire), facts)

        priced = replace(source, client=client, limits=limits)
        return replace(wired, vendors={**wired.vendors, "wave": priced})


async def test_the_forecast_counts_the_polls_to_come() -> None:
    async with MeteredSource() as scene:
        await scene.install(since="all", poll="60")
        await scene.sync()
        await scene.pass_time(3600)
        await scene.round()
        look = Look(scene.res, "http://127.0.0.1:1")
        told = {r["name"]: r for r in (await look.status("w"))["connections"]}["wave"]["budget"]
        objects = 2  # customers and invoices, one call each: nothing has changed
        left = datetime(2026, 5, 5, tzinfo=UTC) - scene.clock.now()
        polls = ceil(left / timedelta(hours=1)) - 1
        assert polls > 10
        assert told["forecast"] == told["spent"] + objects * polls


async def test_what_connecting_cost_counts_for_the_account() -> None:
    async with MeteredSource() as scene:
        await scene.connect("wave")
        rows = (await Look(scene.res, "http://127.0.0.1:1").status("w"))["connections"]
        told = next(row["budget"] for row in rows if row["name"] == "wave")
        assert told["spent"] == 1  # the one read that showed whose the credentials are
