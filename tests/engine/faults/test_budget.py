"""What the vendors meter is never overrun: no window of the smallest plan, no day of a small share;
what is spent of it is counted as the vendor counts it, and survives a restart."""

from __future__ import annotations

from typing import Any

from ml_connector.store import allowances

from .scene import Scene, demand_in_step, picture

DAY = 86_400.0
SHARE = 600
"""Two hundredths of the smallest plan's day; four fifths of it are a backfill's."""


async def tokens(scene: Scene) -> int:
    """What the sandbox has counted since the connection was made."""
    told = (await scene.counters())["tokens"]
    return int(told["pipedrive"] if isinstance(told, dict) else told) - scene.connecting


async def living_invoices(scene: Scene) -> int:
    return sum(not i["isDeleted"] for i in await scene.human("GET", "wave/invoices"))


async def spent(scene: Scene) -> int:
    """What the store says is spent of today."""
    row = await scene.row("pipedrive")
    day = scene.clock.now().date().isoformat()
    return await scene.store.read(lambda c: allowances.spent(c, f"account:{row.account}", day))


async def small(scene: Scene) -> None:
    """A large business for a small budget."""
    await scene.switch(pipedrive__plan="lite", pipedrive__seats=1)
    await scene.connect("wave")
    await scene.connect("pipedrive", plan="lite", seats="1", budget_share="0.02")
    await scene.add(since="all")
    scene.connecting = await tokens(scene)


async def test_a_first_sync_on_the_smallest_plan_is_never_refused() -> None:
    async with Scene(12, 30) as scene:
        await scene.switch(
            pipedrive__plan="lite",
            pipedrive__seats=1,
            wave__rate_limit_per_minute=60,
            wave__concurrency_limit=2,
        )
        await scene.connect("wave")
        await scene.connect("pipedrive", plan="lite")
        await scene.add(since="all")
        before = await tokens(scene)
        summary = await scene.sync()
        assert await scene.refusals("pipedrive") == 0
        assert await scene.refusals("wave") == 0
        assert summary["tokens"] == await tokens(scene) - before
        assert len((await picture(scene))["deals"]) == await living_invoices(scene)


async def test_a_backfill_stops_at_its_part_and_goes_on_the_next_day() -> None:
    async with Scene(20, 60) as scene:
        await small(scene)
        summary = await scene.sync()
        waiting = sum(r["waiting"] for r in summary["routes"])
        assert waiting > 0
        assert await tokens(scene) <= SHARE
        rows = await scene.pending()
        assert {r["waits_for"] for r in rows} <= {"budget", "order"}
        assert all("2026-05-05" in r["reason"] for r in rows if r["waits_for"] == "budget")
        for day in range(1, 5):
            await scene.clock.advance(DAY)
            began = await tokens(scene)
            await scene.rounds(120)
            assert await tokens(scene) - began <= SHARE, day
        assert await scene.pending() == []
        await demand_in_step(scene, await picture(scene))
        assert len((await picture(scene))["deals"]) == await living_invoices(scene)


async def test_live_changes_go_on_when_a_backfill_has_spent_its_part() -> None:
    async with Scene(20, 60) as scene:
        await small(scene)
        await scene.sync()
        made = await scene.creates()
        await scene.human("POST", "wave/customers", {"name": "Live & Soon"})
        await scene.clock.advance(301)
        await scene.rounds(30, every=10)
        assert (await scene.creates())["organizations"] == made["organizations"] + 1
        there = [o["name"] for o in (await picture(scene))["organizations"]]
        assert "Live & Soon" in there
        assert await tokens(scene) <= SHARE


async def test_a_live_invoice_brings_its_customer_along_though_the_backfill_sleeps() -> None:
    async with Scene(20, 60) as scene:
        await small(scene)
        await scene.sync()
        asleep = [r for r in await scene.pending() if r["waits_for"] == "budget"]
        there = {d["key"] for d in (await picture(scene))["deals"]}
        invoices = await scene.human("GET", "wave/invoices")
        lacking = next(
            i for i in invoices
            if not any(key.endswith(i["id"]) for key in there) and i["status"] != "DRAFT"
        )  # fmt: skip
        assert asleep
        await scene.human(
            "PATCH", f"wave/invoices/{lacking['id'].replace('=', '%3D')}", {"memo": "Please hurry"}
        )
        await scene.clock.advance(301)
        await scene.rounds(60, every=10)
        there = {d["key"] for d in (await picture(scene))["deals"]}
        assert any(key.endswith(lacking["id"]) for key in there)
        assert await tokens(scene) <= SHARE


async def test_what_is_spent_survives_a_restart_and_is_never_less_than_the_truth() -> None:
    async with Scene(20, 60) as scene:
        await small(scene)
        before = await tokens(scene)
        for _ in range(6):
            await scene.do("sync", flow="invoices")
            await scene.restart()
        assert await spent(scene) >= await tokens(scene) - before
        assert await tokens(scene) <= SHARE


async def test_a_share_that_others_spend_is_noticed_from_the_headers() -> None:
    """Another integration empties the day: our own count is put right before we are refused."""
    async with Scene(4, 8) as scene:
        await scene.connect("wave")
        await scene.connect("pipedrive", plan="lite", seats="1", budget_share="0.5")
        await scene.add(since="all")
        rule: dict[str, Any] = {
            "vendor": "pipedrive", "operation": "GET /api/v2/pipelines", "kind": "status",
            "status": 200, "times": 1,
            "body": {"success": True, "data": [], "additional_data": {"next_cursor": None}},
            "headers": {
                "x-daily-ratelimit-token-remaining": "100",
                "x-daily-ratelimit-token-limit": "30000",
            },
        }  # fmt: skip
        await scene.order(rule)
        answer = await scene.do("sync", flow="invoices")
        assert answer["exit"] == 1
        assert "allowance of API calls is spent" in answer["notes"][0]
        assert await scene.refusals() == 0
