from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .bench import Bench


@pytest.fixture
async def erp() -> AsyncIterator[Bench]:
    """A fresh site without a limit of requests, signed in by a bearer token."""
    bench = Bench()
    await bench.switch(requests_per_minute=0)
    await bench.sign_in()
    yield bench
    await bench.close()
