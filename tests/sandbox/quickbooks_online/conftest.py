from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .bench import Bench


@pytest.fixture
async def qbo() -> AsyncIterator[Bench]:
    """A fresh QuickBooks Online of twenty customers and sixty invoices."""
    bench = Bench()
    yield bench
    await bench.close()


@pytest.fixture(scope="session")
def still() -> Bench:
    """The same, for all tests that neither change a record nor move its clock."""
    return Bench()
