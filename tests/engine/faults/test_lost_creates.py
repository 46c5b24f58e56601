"""A create whose answer was lost is made once: its key sleeps for the settle time, then the target
is looked at, and what stands there is adopted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from ml_connector.vendors.pipedrive import DEALS
from tests.support.mortal import Killed

from .scene import Scene, demand_in_step, doubles, picture

RECORDS = {
    "customers": "organizations",
    "contacts": "persons",
    "invoices": "deals",
    "activities": "activities",
}
TROUBLES: dict[str, dict[str, Any]] = {
    "done, no answer": {"kind": "cut_after"},
    "not done, no answer": {"kind": "cut_before"},
    "half an answer": {"kind": "truncate"},
    "server error": {"kind": "status", "status": 500},
    "bad gateway": {
        "kind": "status", "status": 502, "body": "<html>Bad gateway</html>",
        "headers": {"content-type": "text/html"},
    },
    "a page in place of an answer": {
        "kind": "status", "status": 200, "body": "<html>Welcome</html>",
        "headers": {"content-type": "text/html"},
    },
    "an empty answer": {"kind": "status", "status": 200},
}  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """Filled by the first test that asks for it."""
    return {}


@pytest.fixture
async def calm(undisturbed: dict[str, Any]) -> dict[str, Any]:
    """What Pipedrive holds after a first sync in which nothing went wrong."""
    if not undisturbed:
        async with Scene(2, 3) as scene:
            await scene.install(since="all")
            await scene.sync()
            undisturbed.update(await picture(scene))
            undisturbed["creates"] = await scene.creates()
    return undisturbed


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Scene(2, 3) as scene:
        await scene.install(since="all")
        yield scene


def trouble(name: str, operation: str, **more: Any) -> dict[str, Any]:
    return {"vendor": "pipedrive", "operation": operation, **TROUBLES[name], "times": 1, **more}


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("route", RECORDS)
async def test_a_lost_create_is_made_once(
    scene: Scene, calm: dict[str, Any], route: str, name: str
) -> None:
    noun = RECORDS[route]
    await scene.order(trouble(name, f"POST /api/v2/{noun}"))
    await scene.sync()
    await demand_in_step(scene, calm)
    assert (await scene.creates())[noun] == calm["creates"][noun]
    told = await scene.audit(route=route)
    failed = [row for row in told if row["state"] == "failed"]
    assert len(failed) == 1
    assert "nobody knows" in failed[0]["reason"]
    key = failed[0]["source_key"]
    after = next(row for row in told if row["source_key"] == key and row["state"] == "done")
    was_done = name in ("done, no answer", "half an answer")
    assert after["decision"] == ("update" if was_done else "create")
    assert (after["reason"] == "our own create, which nobody answered, is found") == was_done
    assert after["changes"]


@pytest.mark.parametrize("name", ["done, no answer", "not done, no answer", "server error"])
async def test_a_lost_create_settles_before_the_target_is_looked_at(
    scene: Scene, name: str
) -> None:
    await scene.order(trouble(name, "POST /api/v2/deals"))
    await scene.sync()
    told = await scene.audit(route="invoices")
    [failed] = [r for r in told if r["state"] == "failed"]
    [done] = [r for r in told if r["state"] == "done" and r["source_key"] == failed["source_key"]]
    waited = datetime.fromisoformat(done["at"]) - datetime.fromisoformat(failed["at"])
    assert waited >= DEALS.settle


async def test_until_it_settles_the_key_says_that_it_waits_for_that(scene: Scene) -> None:
    await scene.sync()
    await scene.order(trouble("done, no answer", "POST /api/v2/organizations"))
    await scene.human("POST", "wave/customers", {"name": "Late and Lost Ltd"})
    await scene.clock.advance(301)
    await scene.round()
    [waiting] = [row for row in await scene.pending() if row["waits_for"] == "settle"]
    assert "nobody knows" in waiting["reason"]
    made = (await scene.creates())["organizations"]
    await scene.rounds(120)
    assert await scene.pending() == []
    assert (await scene.creates())["organizations"] == made


async def test_a_create_that_lands_late_is_not_repeated(scene: Scene, calm: dict[str, Any]) -> None:
    """The answer takes longer than we wait, and the record appears after we stopped waiting."""
    await scene.order(
        {"vendor": "pipedrive", "operation": "POST /api/v2/deals", "kind": "slow",
         "seconds": 45.0, "times": 1},
    )  # fmt: skip
    await scene.sync()
    await demand_in_step(scene, calm)
    assert (await scene.creates())["deals"] == calm["creates"]["deals"]
    [failed] = [r for r in await scene.audit(route="invoices") if r["state"] == "failed"]
    assert "no answer in time" in failed["reason"]


async def test_many_lost_creates_at_once_are_all_made_once(
    scene: Scene, calm: dict[str, Any]
) -> None:
    for noun in RECORDS.values():
        await scene.order(trouble("done, no answer", f"POST /api/v2/{noun}", times=2))
    for _ in range(4):
        answer = await scene.do("sync", flow="invoices")
        if not any(r["waiting"] or r["failed"] for r in answer["result"]["routes"]):
            break
    await demand_in_step(scene, calm)
    assert {k: v for k, v in (await scene.creates()).items() if k in calm["creates"]} == calm[
        "creates"
    ]


async def test_an_adopted_record_of_ours_goes_on_following_its_source(scene: Scene) -> None:
    """The invoice is paid before its lost create is found: nobody there touched the stage."""

    def dies(step: str) -> bool:
        return step == "answer POST" and scene.line.sent[-1].url.endswith("/api/v2/deals")

    await scene.restart(dies_at=dies)
    with pytest.raises(Killed):
        await scene.sync()
    for invoice in await scene.human("GET", "wave/invoices"):
        if invoice["status"] not in ("DRAFT", "PAID", "OVERPAID"):
            amount = invoice["amountDue"]["value"].replace(",", "")
            await scene.human(
                "POST", f"wave/invoices/{quote(invoice['id'])}/pay", {"amount": amount}
            )
            paid = invoice
    await scene.restart()
    await scene.sync()
    shown = await picture(scene)
    assert doubles(shown) == []
    deal = next(d for d in shown["deals"] if d["key"].endswith(paid["id"]))
    assert (deal["stage"], deal["status"]) == ("Paid", "won")


SETUP = {
    "a custom field": "POST /api/v2/dealFields",
    "the pipeline": "POST /api/v2/pipelines",
    "a stage": "POST /api/v2/stages",
}


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("what", SETUP)
async def test_a_lost_set_up_call_is_made_once(
    scene: Scene, calm: dict[str, Any], what: str, name: str
) -> None:
    await scene.order(trouble(name, SETUP[what]))
    await scene.sync()
    await demand_in_step(scene, calm)
    assert await scene.creates() == calm["creates"]
