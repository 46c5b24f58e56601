"""A write that nobody answered stays unknown until the target is looked at, whatever ends the work
on its record before that: it left the flow's scope, was refused, or met what nobody foresaw."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Connection, select

from ml_connector.store.tables import claims, intents, links

from .scene import Scene, living, picture

HELD_UP: dict[str, dict[str, Any]] = {
    "done, no answer": {"kind": "cut_after"},
    "not done, no answer": {"kind": "cut_before"},
}
OLD, LOST, NEW = "old@solo.example", "lost@solo.example", "new@solo.example"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Scene(0, 0) as scene:
        yield scene


async def solo(scene: Scene, email: str = OLD) -> str:
    """A customer who is reached by an e-mail alone; the contact leaves the scope without it."""
    made = await scene.human("POST", "wave/customers", {"name": "Solo", "email": email})
    return str(made["id"])


async def reached_by(scene: Scene, id: str, email: str) -> None:
    await scene.human("PATCH", f"wave/customers/{quote(id)}", {"email": email})


async def person(scene: Scene) -> Any:
    [found] = (await picture(scene))["persons"]
    return [e["value"] for e in found["emails"]]


async def unanswered(scene: Scene, operation: str, **how: Any) -> None:
    await scene.order({"vendor": "pipedrive", "operation": operation, **how, "times": 1})


def left_behind(conn: Connection) -> tuple[list[str], int]:
    """The states of all intents, and how many claims there are."""
    states = [row.state for row in conn.execute(select(intents))]
    return states, len(conn.execute(select(claims)).all())


@pytest.mark.parametrize("name", HELD_UP)
@pytest.mark.parametrize("back", [OLD, LOST, NEW])
async def test_what_left_the_scope_before_it_settled_is_in_step_once_it_is_back(
    scene: Scene, name: str, back: str
) -> None:
    """Neither is the lost value left standing, nor is it taken for a person's."""
    id = await solo(scene)
    await scene.install(since="all")
    await scene.sync()
    await unanswered(scene, "PATCH /api/v2/persons/{id}", **HELD_UP[name])
    await reached_by(scene, id, LOST)
    await scene.clock.advance(301)
    await scene.round()
    await reached_by(scene, id, "")
    await scene.clock.advance(301)
    await scene.rounds(240)
    assert await scene.pending() == []
    assert await scene.store.read(left_behind) == (["unknown"], 0)
    await reached_by(scene, id, back)
    await scene.clock.advance(301)
    await scene.rounds(240)
    assert await person(scene) == [back]
    assert await scene.store.read(left_behind) == ([], 0)
    told = await scene.audit(route="contacts")
    assert not any("as a person set it" in row["reason"] for row in told)


async def test_a_lost_create_that_left_the_scope_is_found_once_it_is_back(scene: Scene) -> None:
    await scene.install(since="all")
    await scene.sync()
    await unanswered(scene, "POST /api/v2/persons", kind="cut_after")
    id = await solo(scene)
    await scene.clock.advance(301)
    await scene.round()
    await reached_by(scene, id, "")
    await scene.clock.advance(301)
    await scene.rounds(240)
    assert await scene.store.read(left_behind) == (["unknown"], 0)
    await reached_by(scene, id, NEW)
    await scene.clock.advance(301)
    await scene.rounds(240)
    assert await person(scene) == [NEW]
    assert await scene.store.read(left_behind) == ([], 0)


@pytest.mark.parametrize("route", ["customers", "contacts"])
async def test_a_lost_create_is_found_though_its_record_is_gone_at_the_source(
    scene: Scene, route: str
) -> None:
    """Else it would stand there as if the customer did, and nobody would know of it."""
    await scene.install(since="all")
    await scene.sync()
    noun = {"customers": "organizations", "contacts": "persons"}[route]
    await unanswered(scene, f"POST /api/v2/{noun}", kind="cut_after")
    id = await solo(scene)
    await scene.clock.advance(301)
    await scene.round()
    await scene.human("DELETE", f"wave/customers/{quote(id)}")
    await scene.rounds(240)
    assert await scene.pending() == []
    if route == "customers":  # the daily sweep of customers has not come yet to the other one
        [organization] = (await picture(scene))["organizations"]
        assert organization["Source state"] == "Deleted"
    told = await scene.audit(record=id, route=route)
    assert told[0]["decision"] == "gone"
    [made] = await living(scene, noun)
    linked = await scene.store.read(lambda c: [*c.execute(select(links).filter_by(route=route))])
    assert [(x.target_id, x.state) for x in linked] == [(str(made["id"]), "source_gone")]
    assert await scene.store.read(left_behind) == ([], 0)


@pytest.mark.parametrize("name", HELD_UP)
async def test_what_is_refused_before_it_settled_is_in_step_once_it_is_mended(
    scene: Scene, name: str
) -> None:
    """The update that follows the lost one is refused, and a person is asked; then it is taken."""
    id = await solo(scene)
    await scene.install(since="all")
    await scene.sync()
    await unanswered(scene, "PATCH /api/v2/persons/{id}", **HELD_UP[name])
    await reached_by(scene, id, LOST)
    await scene.clock.advance(301)
    await scene.round()
    await unanswered(
        scene, "PATCH /api/v2/persons/{id}", kind="status", status=400,
        body={"success": False, "error": "This address is not liked"},
    )  # fmt: skip
    await reached_by(scene, id, NEW)
    await scene.clock.advance(301)
    await scene.rounds(240)
    assert [r["route"] for r in await scene.reviews()] == ["contacts"]
    await reached_by(scene, id, OLD)
    await scene.clock.advance(301)
    await scene.rounds(240)
    assert await person(scene) == [OLD]
    assert await scene.reviews() == []
    assert await scene.store.read(left_behind) == ([], 0)


async def test_the_audit_tells_what_a_lost_create_made(scene: Scene) -> None:
    await scene.install(since="all")
    await scene.sync()
    await unanswered(scene, "POST /api/v2/persons", kind="cut_after")
    id = await solo(scene)
    await scene.clock.advance(301)
    await scene.rounds(240)
    found, lost = await scene.audit(record=id, route="contacts")
    assert (lost["decision"], lost["state"]) == ("create", "failed")
    assert found["reason"] == "our own create, which nobody answered, is found"
    assert found["changes"]["emails"]["after"][0]["value"] == OLD
    assert found["changes"]["name"] == {"before": None, "after": "Solo"}


async def test_the_audit_tells_what_a_lost_update_set(scene: Scene) -> None:
    id = await solo(scene)
    await scene.install(since="all")
    await scene.sync()
    await unanswered(scene, "PATCH /api/v2/persons/{id}", kind="cut_after")
    await reached_by(scene, id, LOST)
    await scene.clock.advance(301)
    await scene.rounds(240)
    found, lost = (await scene.audit(record=id, route="contacts"))[:2]
    assert (lost["decision"], lost["state"]) == ("update", "failed")
    assert found["reason"].endswith("; what a write that nobody answered has set is found")
    [before], [after] = (found["changes"]["emails"][when] for when in ("before", "after"))
    assert (before["value"], after["value"]) == (OLD, LOST)
