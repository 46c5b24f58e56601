"""The books that the tests against the sandbox share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.vendors.quickbooks_online.books import Books


@pytest.fixture
async def books() -> AsyncIterator[Books]:
    found = Books()
    await found.open()
    yield found
    await found.sandbox.close()
