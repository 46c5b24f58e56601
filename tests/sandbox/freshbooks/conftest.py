from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .bench import Bench


@pytest.fixture
async def books() -> AsyncIterator[Bench]:
    """A fresh FreshBooks of eighteen customers and sixty invoices, logged in to read and write."""
    bench = Bench()
    await bench.login()
    yield bench
    await bench.close()
