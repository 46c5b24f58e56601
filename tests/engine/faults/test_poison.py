"""A record that ends the program is set aside after three deaths on its own; the others go on."""

from __future__ import annotations

import pytest

from tests.support.mortal import Killed

from .scene import Scene


@pytest.mark.parametrize("where", ["read", "write"])
async def test_a_record_that_kills_the_process_goes_to_review(where: str) -> None:
    async with Scene(3, 4) as scene:
        await scene.install(since="all")
        victim = (await scene.human("GET", "wave/customers"))[1]
        poison = victim["id"] if where == "read" else victim["name"]

        def dies(step: str) -> bool:
            body = (scene.line.asked.body or b"") if scene.line.asked else b""
            is_write = b"custom_fields" in body
            is_list = scene.line.asked is not None and b"changes" in body
            hits = poison.encode() in body and not is_list
            return step.startswith("send") and hits and (where == "read" or is_write)

        deaths = 0
        for _ in range(12):
            try:
                await scene.restart(dies_at=dies)
                await scene.sync()
            except Killed:
                deaths += 1
                continue
            break
        set_aside = [
            r["route"]
            for r in sorted(await scene.reviews(), key=lambda r: str(r["route"]))
            if "ended the program three times" in r["reason"] and r["source_key"] == victim["id"]
        ]
        assert set_aside == (["contacts", "customers"] if where == "read" else ["customers"])
        assert deaths == 4 * len(set_aside)  # with the others of its batch, then alone
        assert len(await scene.links("customers")) == 2
