from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .bench import Bench


@pytest.fixture
async def wave() -> AsyncIterator[Bench]:
    """A fresh Wave of fourteen customers and forty invoices."""
    bench = Bench()
    yield bench
    await bench.close()
