"""When the database cannot be written, work stops and goes on when it can; nothing is lost, and no
write that may have been done is repeated."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection

from ml_connector.core.faults import StoreUnavailable
from ml_connector.core.vendor import Delivery
from ml_connector.store import connections, reviews
from tests.support.rehearsal import WORKSPACE

from .scene import Scene, demand_in_step, picture

SENTENCE = "The disk that the database is on is full; free some space, then try again."


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    return {}


@pytest.fixture
async def calm(undisturbed: dict[str, Any]) -> dict[str, Any]:
    """What Pipedrive holds after a first sync in which nothing went wrong."""
    if not undisturbed:
        async with Scene(2, 3) as scene:
            await scene.install(since="all")
            await scene.sync()
            undisturbed.update(await picture(scene))
    return undisturbed


def failing(scene: Scene, first: int, many: int) -> None:
    """The commits numbered from `first` fail, so many of them."""
    count = [0]

    def trouble() -> StoreUnavailable | None:
        count[0] += 1
        return StoreUnavailable(SENTENCE) if first <= count[0] < first + many else None

    scene.cord.trouble = trouble


@pytest.mark.parametrize("first", range(1, 68, 6))
async def test_a_sync_that_could_not_be_stored_goes_on_in_the_same_process(
    first: int, calm: dict[str, Any]
) -> None:
    async with Scene(2, 3) as scene:
        await scene.install(since="all")
        failing(scene, first, 4)
        answer = await scene.do("sync", flow="invoices")
        assert answer["exit"] == 1
        assert answer["notes"][0] == SENTENCE
        while answer["exit"] != 0:
            answer = await scene.do("sync", flow="invoices")
        failing(scene, 1, 0)
        await scene.sync()
        await demand_in_step(scene, calm)


@pytest.mark.parametrize("first", [1, 2, 3, 4, 5, 6, 8, 10, 13])
async def test_a_lane_whose_store_fails_goes_on_when_it_is_over(first: int) -> None:
    async with Scene(2, 3) as scene:
        await scene.install(since="all")
        await scene.sync()
        made = await scene.creates()
        customer = {"name": "Full Disk Ltd", "email": "a@b.example"}
        await scene.human("POST", "wave/customers", customer)
        await scene.clock.advance(301)
        failing(scene, first, 3)
        for _ in range(8):
            try:
                await scene.round()
            except StoreUnavailable as fault:
                assert fault.sentence == SENTENCE  # noqa: PT017 - the lane logs it and goes on
            await scene.clock.advance(31)
        now = await scene.creates()
        assert {n: now[n] - made[n] for n in ("organizations", "persons", "deals")} == {
            "organizations": 1, "persons": 1, "deals": 0,
        }  # fmt: skip
        await demand_in_step(scene, await picture(scene))


@pytest.mark.parametrize("first", range(1, 31))
async def test_no_record_and_no_connection_is_blamed_for_the_store(first: int) -> None:
    """Whatever was under way when one commit failed."""
    async with Scene(2, 3) as scene:
        await scene.install(since="all")
        await scene.sync()
        await scene.human("POST", "wave/customers", {"name": "Full Disk Ltd"})
        await scene.clock.advance(301)
        failing(scene, first, 1)
        for _ in range(4):
            with suppress(StoreUnavailable):
                await scene.round()
            await scene.clock.advance(31)
        assert await scene.store.read(lambda c: reviews.listing(c, WORKSPACE)) == []
        rows = await scene.store.read(lambda c: connections.listing(c, WORKSPACE))
        assert [row.state for row in rows] == ["ok", "ok"]


async def test_a_disk_that_is_really_full_is_named_and_nothing_is_lost(
    calm: dict[str, Any],
) -> None:
    def pragma(words: str) -> Any:
        def run(conn: Connection) -> Any:
            return conn.exec_driver_sql(f"PRAGMA {words}").scalar()

        return run

    async with Scene(2, 3) as scene:
        await scene.install(since="all")
        pages = await scene.store.write(pragma("page_count"))
        await scene.store.write(pragma(f"max_page_count={pages + 4}"))
        answer = await scene.do("sync", flow="invoices")
        assert answer["exit"] == 1
        assert "is full; free some space" in answer["notes"][0]
        await scene.store.write(pragma("max_page_count=1000000"))
        await scene.sync()
        await demand_in_step(scene, calm)


async def test_a_delivery_that_cannot_be_stored_is_answered_500() -> None:
    async with Scene(2, 3, public=True) as scene:
        await scene.install(since="all")
        await scene.sync()
        token = await scene.hook_token("pipedrive")
        await scene.deliver()
        scene.sandbox.outbox.posted.clear()
        await scene.human(
            "PATCH", f"pipedrive/organizations/{(await living(scene))['id']}", {"name": "Renamed"}
        )
        await scene.clock.advance(2)
        [posted, *_] = scene.sandbox.outbox.posted
        headers = {name.lower(): value for name, value in posted.headers.items()}
        delivery = Delivery(posted.body, headers, scene.clock.now())
        failing(scene, 1, 1)
        assert (await scene.ingest.take(token, delivery)).status == 500
        assert (await scene.ingest.take(token, delivery)).status == 200


async def living(scene: Scene) -> dict[str, Any]:
    records = await scene.human("GET", "pipedrive/organizations")
    return next(r for r in records if not r["is_deleted"])
