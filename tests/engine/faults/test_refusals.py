"""Each row of the table of faults at Pipedrive: what happens, what a person is shown and told, and
that everything is applied afterwards without them wherever that can be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from .scene import Scene, demand_in_step, picture

DAY = 86_400.0
TOO_MANY = {"vendor": "pipedrive", "kind": "status", "status": 429, "operation": "* /api/v2/*"}
PAGE = {"content-type": "text/html"}


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A flow in step, then one customer more, whose poll is due."""
    async with Scene(2, 3) as scene:
        await scene.install(since="all")
        await scene.sync()
        scene.alerts.clear()
        await another(scene, "Neu & Söhne")
        yield scene


async def another(scene: Scene, name: str) -> None:
    await scene.human("POST", "wave/customers", {"name": name, "email": f"{len(name)}@x.example"})
    await scene.clock.advance(301)


async def demand_arrived(scene: Scene, *names: str) -> None:
    there = [o["name"] for o in (await picture(scene))["organizations"]]
    for name in names:
        assert there.count(name) == 1, (name, there)
    await demand_in_step(scene, await picture(scene))


async def waits_for(scene: Scene) -> set[str]:
    return {row["waits_for"] for row in await scene.pending()}


async def test_a_full_window_is_waited_for_and_no_write_is_lost(scene: Scene) -> None:
    await scene.order({**TOO_MANY, "operation": "POST /api/v2/*", "times": 1})
    await scene.rounds(60, every=10)
    await demand_arrived(scene, "Neu & Söhne")
    assert (await scene.connection("pipedrive"))["state"] == "ok"
    assert scene.alerts == []


async def test_a_spent_day_pauses_the_company_until_midnight_and_its_slack(scene: Scene) -> None:
    await scene.order(
        {**TOO_MANY, "headers": {"x-daily-ratelimit-token-remaining": "0"}},
    )
    await scene.rounds(120)
    asked = await scene.refusals()
    assert asked == 1
    shown = await scene.connection("pipedrive")
    assert shown["state"] == "paused_until"
    assert shown["paused_until"] == "2026-05-05T00:05:00+00:00"
    assert await waits_for(scene) <= {"budget", "order"}
    await scene.rounds(3600, every=300)
    assert await scene.refusals() == asked  # nobody knocks meanwhile
    await scene.calm()
    await scene.clock.advance(DAY)
    await scene.rounds(60)
    await demand_arrived(scene, "Neu & Söhne")
    assert (await scene.connection("pipedrive"))["state"] == "ok"
    assert scene.alerts == []


async def test_a_second_refusal_after_a_silent_window_is_the_day(scene: Scene) -> None:
    await scene.switch(pipedrive__token_headers=False)
    await scene.order(TOO_MANY)
    await scene.rounds(60, every=10)
    assert await scene.refusals() == 2
    assert (await scene.connection("pipedrive"))["paused_until"] == "2026-05-05T00:05:00+00:00"
    await scene.calm()
    await scene.clock.advance(DAY)
    await scene.rounds(60)
    await demand_arrived(scene, "Neu & Söhne")


async def test_a_spent_day_stops_another_connection_to_the_company_too(scene: Scene) -> None:
    await scene.connect(
        "pipedrive", "second", secrets=["client_id", "client_secret", "refresh_token"]
    )
    await scene.order({**TOO_MANY, "headers": {"x-daily-ratelimit-token-remaining": "0"}})
    await scene.rounds(60)
    [told] = await scene.done("ping", names=["second"])
    assert not told["ok"]
    assert await scene.refusals() == 1


async def test_after_the_day_one_cheap_call_goes_ahead(scene: Scene) -> None:
    """The budget is still gone after midnight: one call shows it, not a batch of them."""
    await scene.order({**TOO_MANY, "headers": {"x-daily-ratelimit-token-remaining": "0"}})
    await scene.rounds(60)
    await scene.clock.advance(DAY)
    asked = await scene.refusals()
    await scene.rounds(60)
    assert await scene.refusals() == asked + 1


async def test_a_closed_account_is_told_once_and_asked_once_a_day(scene: Scene) -> None:
    await scene.switch(pipedrive__account_closed=True)
    await scene.rounds(60)
    shown = await scene.connection("pipedrive")
    assert shown["state"] == "paused_until"
    assert shown["paused_until"] == "2026-06-01T00:00:00+00:00"
    assert "trial or its payment has lapsed" in shown["reason"]
    assert len(scene.alerts) == 1
    assert await scene.refusals(status=402) == 1
    await scene.rounds(3 * DAY, every=3600)
    assert await scene.refusals(status=402) in (3, 4)
    await scene.restart()
    await scene.rounds(600)
    assert len(scene.alerts) == 1
    await scene.switch(pipedrive__account_closed=False)
    await scene.rounds(DAY + 3600, every=1200)
    await demand_arrived(scene, "Neu & Söhne")
    assert (await scene.connection("pipedrive"))["state"] == "ok"


async def test_an_outage_does_not_hide_that_an_account_was_closed(scene: Scene) -> None:
    await scene.switch(pipedrive__account_closed=True)
    await scene.rounds(60)
    await scene.switch(pipedrive__account_closed=False)
    await scene.order({"vendor": "pipedrive", "kind": "status", "status": 503, "probability": 1})
    await scene.rounds(DAY + 3600, every=1200)
    assert (await scene.connection("pipedrive"))["state"] == "paused_until"
    await scene.calm()
    await scene.rounds(DAY + 3600, every=1200)
    await demand_arrived(scene, "Neu & Söhne")
    assert (await scene.connection("pipedrive"))["state"] == "ok"


async def test_a_ping_finds_that_a_closed_account_is_open_again(scene: Scene) -> None:
    await scene.switch(pipedrive__account_closed=True)
    await scene.rounds(60)
    await scene.switch(pipedrive__account_closed=False)
    [told] = await scene.done("ping", names=["pipedrive"])
    assert told["ok"]
    await scene.rounds(120)
    await demand_arrived(scene, "Neu & Söhne")


async def test_a_door_that_the_edge_shut_is_left_alone_for_a_while(scene: Scene) -> None:
    await scene.switch(pipedrive__edge_blocked=True)
    await scene.rounds(600, every=20)
    assert await scene.refusals(status=403) == 1
    shown = await scene.connection("pipedrive")
    assert (shown["state"], "edge" in shown["reason"]) == ("paused_until", True)
    await scene.switch(pipedrive__edge_blocked=False)
    await scene.rounds(900)
    await demand_arrived(scene, "Neu & Söhne")
    assert scene.alerts == []


async def test_a_server_error_at_a_write_is_settled(scene: Scene) -> None:
    await scene.order(
        {"vendor": "pipedrive", "operation": "POST /api/v2/organizations", "kind": "status",
         "status": 503, "times": 1},
    )  # fmt: skip
    await scene.rounds(120)
    await demand_arrived(scene, "Neu & Söhne")


async def test_an_hour_of_silence_is_made_good(scene: Scene) -> None:
    scene.line.is_down = lambda outgoing: "/pipedrive/" in outgoing.url
    await scene.rounds(1800)
    await another(scene, "Während der Störung")
    await scene.rounds(1800)
    shown = await scene.connection("pipedrive")
    assert (shown["state"], "cannot be reached" in shown["reason"]) == ("ok", True)
    assert await waits_for(scene) <= {"retry", "order"}
    scene.line.is_down = lambda outgoing: False
    await scene.rounds(1000)
    await demand_arrived(scene, "Neu & Söhne", "Während der Störung")
    assert (await scene.connection("pipedrive"))["reason"] == ""
    assert scene.alerts == []


async def test_html_instead_of_the_api_is_said_in_one_sentence(scene: Scene) -> None:
    await scene.order(
        {"vendor": "pipedrive", "operation": "GET *", "kind": "status", "status": 200,
         "body": "<html>Our shop</html>", "headers": PAGE},
    )  # fmt: skip
    await scene.rounds(60)
    shown = await scene.connection("pipedrive")
    assert "Is base_url the address of the vendor's API?" in shown["reason"]
    await scene.calm()
    await scene.rounds(120)
    await demand_arrived(scene, "Neu & Söhne")


async def test_a_missing_scope_is_named_and_told_once() -> None:
    async with Scene(2, 3) as scene:
        await scene.connect("wave")
        await scene.connect("pipedrive", secrets=["client_id", "client_secret", "refresh_token"])
        await scene.add(since="all")
        await scene.sync()
        scene.alerts.clear()
        await scene.order(
            {"vendor": "pipedrive", "kind": "revoke_scope", "scope": "contacts:full", "times": 1,
             "operation": "*/organizations"},
        )  # fmt: skip
        await another(scene, "Ohne Recht")
        await scene.rounds(3 * 3600, every=120)
        shown = await scene.connection("pipedrive")
        assert shown["state"] == "needs_person"
        assert "contacts:full" in shown["reason"]
        assert len(scene.alerts) == 1
        assert await waits_for(scene) <= {"person", "order"}
        assert (await scene.consent("pipedrive"))["exit"] == 0
        await scene.rounds(60)
        await demand_arrived(scene, "Ohne Recht")


async def test_a_refused_static_token_is_told_once_and_a_new_one_goes_on(scene: Scene) -> None:
    await scene.order(
        {"vendor": "pipedrive", "kind": "status", "status": 401,
         "body": {"success": False, "error": "unauthorized access", "errorCode": 401}},
    )  # fmt: skip
    await scene.rounds(3 * 3600, every=120)
    assert (await scene.connection("pipedrive"))["state"] == "needs_person"
    assert len(scene.alerts) == 1
    await scene.calm()
    await scene.connect("pipedrive")
    await scene.rounds(60)
    await demand_arrived(scene, "Neu & Söhne")


async def test_trouble_at_one_company_leaves_the_polls_and_other_flows_going(
    scene: Scene,
) -> None:
    """Pipedrive is closed; Wave is polled all the same, so nothing is missed meanwhile."""
    await scene.switch(pipedrive__account_closed=True)
    await scene.rounds(60)
    await another(scene, "Später dazu")
    await scene.rounds(600)
    assert {"Später dazu"} <= await names_waiting(scene)
    assert (await scene.connection("wave"))["state"] == "ok"


async def names_waiting(scene: Scene) -> set[str]:
    customers: list[dict[str, Any]] = await scene.human("GET", "wave/customers")
    waiting = {row["key"] for row in await scene.pending()}
    return {c["name"] for c in customers if c["id"] in waiting}
