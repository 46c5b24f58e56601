"""A record that a drain has read is not read again for a key that was marked before that."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ml_connector.core.wire import Errand
from ml_connector.engine.opening import Opener
from ml_connector.engine.reading import Reader
from ml_connector.store import flows
from tests.engine.scene import Scene
from tests.support.clock import SkewedClock
from tests.support.rehearsal import FLOW, WORKSPACE


@pytest.mark.parametrize(
    ("ahead_seconds", "marked_seconds", "calls"),
    [
        (0.0, -1.0, 0),  # marked before it was read
        (0.0, 5.0, 1),  # marked since
        (-3600.0, 5.0, 1),  # marked since, by a clock that was set back meanwhile
        (3600.0, -1.0, 1),  # a clock that was set proves nothing
    ],
)
async def test_a_kept_record_is_read_again_unless_it_was_read_since_its_mark(
    ahead_seconds: float, marked_seconds: float, calls: int
) -> None:
    async with Scene() as s:
        customer = await s.customer()
        await s.install(since="all")
        row = await s.store.read(lambda c: flows.named(c, WORKSPACE, FLOW))
        assert row is not None
        opened = await Opener(s.res).flow(row)
        route = opened.flow.route("customers")
        clock = SkewedClock(s.clock, 0.0)
        reader, source = Reader(clock), opened.reading(route)

        async def read(marked_at: datetime) -> int:
            errand = Errand()
            wanted = [(customer["id"], marked_at)]
            found = await s.clock.run(reader.read(source, route.reads, wanted, errand))
            assert found[customer["id"]] is not None
            return len(errand.sent)

        assert await read(clock.now() - timedelta(seconds=1)) == 1
        clock.ahead_seconds = ahead_seconds
        began = clock.now()
        await s.clock.advance(10.0)
        assert await read(began + timedelta(seconds=marked_seconds)) == calls
