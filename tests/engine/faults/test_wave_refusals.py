"""Each row of the table of faults at Wave, which is only read: nothing is lost, all is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from .scene import Scene, demand_in_step, picture

DAY = 86_400.0
GRANT = ["client_id", "client_secret", "refresh_token"]


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A flow in step over OAuth, then one customer more, whose poll is due."""
    async with Scene(2, 3) as scene:
        await scene.connect("wave", secrets=GRANT)
        await scene.connect("pipedrive")
        await scene.add(since="all")
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


def errors(code: str, message: str = "No.") -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"id": "ref-1", "code": code}}],
            "data": None}  # fmt: skip


def answering(body: Any, status: int = 200, **more: Any) -> dict[str, Any]:
    return {
        "vendor": "wave", "operation": "business*", "kind": "status", "status": status,
        "body": body, **more,
    }  # fmt: skip


@pytest.mark.parametrize("status", [200, 401])
async def test_an_ended_token_inside_an_answer_is_renewed_once_and_nobody_is_told(
    scene: Scene, status: int
) -> None:
    await scene.order(answering(errors("UNAUTHENTICATED"), status, times=1))
    await scene.rounds(30)
    await demand_arrived(scene, "Neu & Söhne")
    assert scene.alerts == []


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (answering(errors("INTERNAL_SERVER_ERROR", "Oops")), "Oops"),
        (answering(errors("SOMETHING_NEW", "Never heard of")), "Never heard of"),
        (answering("<html>Bad gateway</html>", 502), "502"),
        (answering("<html>Wave</html>", 200), "Is base_url the address of Wave's API?"),
        (answering({"data": None}), "Wave"),
    ],
    ids=["server error", "unknown code", "bad gateway", "a page", "nothing"],
)
async def test_an_answer_that_is_none_is_shown_and_asked_for_again(
    scene: Scene, rule: dict[str, Any], word: str
) -> None:
    await scene.order(rule)
    await scene.rounds(120)
    assert word in (await scene.connection("wave"))["reason"]
    await scene.calm()
    await scene.rounds(120)
    await demand_arrived(scene, "Neu & Söhne")
    assert (await scene.connection("wave"))["reason"] == ""


async def test_a_full_window_is_waited_for(scene: Scene) -> None:
    await scene.order(answering(None, 429, times=1, headers={"retry-after": "40"}))
    await scene.rounds(20, every=10)
    shown = await scene.connection("wave")
    assert shown["state"] == "paused_until"
    assert await scene.refusals("wave") == 1
    await scene.rounds(60)
    await demand_arrived(scene, "Neu & Söhne")
    assert scene.alerts == []


async def test_a_sync_waits_for_a_full_window_instead_of_ending(scene: Scene) -> None:
    await scene.order(answering(None, 429, times=1, headers={"retry-after": "40"}))
    summary = await scene.sync()
    assert summary["writes"] == 2
    await demand_arrived(scene, "Neu & Söhne")


async def test_an_hour_of_silence_is_made_good(scene: Scene) -> None:
    scene.line.is_down = lambda outgoing: "/wave/" in outgoing.url
    await scene.rounds(3600, every=60)
    assert "cannot be reached" in (await scene.connection("wave"))["reason"]
    scene.line.is_down = lambda outgoing: False
    await scene.rounds(120)
    await demand_arrived(scene, "Neu & Söhne")
    assert (await scene.connection("wave"))["reason"] == ""


async def test_wave_is_silent_while_records_are_read_and_nothing_is_taken_for_gone(
    scene: Scene,
) -> None:
    await scene.rounds(30)
    before = await picture(scene)
    invoice = (await scene.human("GET", "wave/customers"))[0]
    await scene.human("PATCH", f"wave/customers/{invoice['id']}", {"name": "Umbenannt"})
    await scene.clock.advance(301)
    await scene.order(answering(errors("NOT_FOUND", "Business could not be found."), times=20))
    await scene.rounds(240)
    after = await picture(scene)
    assert [o["Source state"] for o in after["organizations"]] == [
        o["Source state"] for o in before["organizations"]
    ]


async def test_a_missing_scope_stops_this_connection_only_and_is_told_once(scene: Scene) -> None:
    await scene.order(answering(errors("FORBIDDEN", "customer:read is missing")))
    await scene.rounds(3 * 3600, every=120)
    shown = await scene.connection("wave")
    assert shown["state"] == "needs_person"
    assert "customer:read is missing" in shown["reason"]
    assert len(scene.alerts) == 1
    assert (await scene.connection("pipedrive"))["state"] == "ok"
    await scene.calm()
    assert (await scene.consent("wave"))["exit"] == 0
    await scene.rounds(60)
    await demand_arrived(scene, "Neu & Söhne")


async def test_a_lapsed_plan_is_told_once_asked_daily_and_over_by_itself(scene: Scene) -> None:
    await scene.switch(wave__plan_lapsed=True)
    await scene.rounds(3 * 3600, every=120)
    shown = await scene.connection("wave")
    assert shown["state"] == "paused_until"
    assert "plan has lapsed" in shown["reason"]
    assert len(scene.alerts) == 1
    asked = await scene.refusals("wave", 403)
    assert asked == 1
    await scene.rounds(2 * DAY, every=3600)
    assert await scene.refusals("wave", 403) <= asked + 3
    assert len(scene.alerts) == 1
    await scene.switch(wave__plan_lapsed=False)
    await scene.rounds(DAY + 3600, every=1200)
    await demand_arrived(scene, "Neu & Söhne")
    assert (await scene.connection("wave"))["state"] == "ok"
