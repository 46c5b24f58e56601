"""What a write that failed leaves behind: an intent while its outcome is unknown, else nothing, so
that nobody waits for a key that has come to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, select

from ml_connector.store.tables import claims, intents

from .scene import Scene, living


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Scene(0, 0) as scene:
        await scene.install(since="all")
        await scene.sync()
        yield scene


def left_behind(conn: Connection) -> tuple[list[str], int]:
    """The states of all intents, and how many claims there are."""
    states = [row.state for row in conn.execute(select(intents))]
    return states, len(conn.execute(select(claims)).all())


async def entered(scene: Scene, name: str) -> str:
    """A customer whom the bookkeeper enters, and the next poll brings."""
    customer = await scene.human("POST", "wave/customers", {"name": name})
    await scene.clock.advance(301)
    await scene.round()
    return str(customer["id"])


async def test_a_write_that_was_refused_for_now_leaves_no_intent_and_no_claim(scene: Scene) -> None:
    await scene.order(
        {"vendor": "pipedrive", "operation": "POST /api/v2/organizations", "kind": "status",
         "status": 429, "headers": {"x-daily-ratelimit-token-remaining": "0"}}
    )  # fmt: skip
    await entered(scene, "Acme Ltd")
    assert [row["waits_for"] for row in await scene.pending()] == ["budget"]
    assert await scene.store.read(left_behind) == ([], 0)
    await scene.calm()
    await scene.clock.advance(86_400)
    await scene.rounds(120)
    assert len(await living(scene, "organizations")) == 1


async def test_a_lost_create_of_what_was_deleted_meanwhile_keeps_nobody_waiting(
    scene: Scene,
) -> None:
    await scene.order(
        {"vendor": "pipedrive", "operation": "POST /api/v2/organizations", "kind": "cut_before",
         "times": 1}
    )  # fmt: skip
    lost = await entered(scene, "Acme Ltd")
    states, claimed = await scene.store.read(left_behind)
    assert (states, claimed > 0) == (["unknown"], True)
    await scene.human("DELETE", f"wave/customers/{lost}")
    await scene.rounds(120)
    assert await scene.store.read(left_behind) == ([], 0)
    again = await entered(scene, "Acme Ltd")
    await scene.rounds(120)
    assert [*await scene.links("customers")] == [again]
    assert len(await living(scene, "organizations")) == 1
