from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .bench import Bench


@pytest.fixture
async def desk() -> AsyncIterator[Bench]:
    """A fresh account of twelve customers, without pacing."""
    bench = Bench()
    await bench.begin()
    yield bench
    await bench.close()


@pytest.fixture
async def paced() -> AsyncIterator[Bench]:
    """The same with the limits on."""
    bench = Bench()
    await bench.begin(calm=False)
    yield bench
    await bench.close()
