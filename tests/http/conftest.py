"""Pacing under a virtual clock."""

from __future__ import annotations

import pytest

from ml_connector.http.pacing import Pacing
from tests.http.book import MemoryBook
from tests.http.calls import Calls
from tests.support.clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def book() -> MemoryBook:
    return MemoryBook()


@pytest.fixture
def calls(clock: VirtualClock, book: MemoryBook) -> Calls:
    return Calls(clock, Pacing(clock, book))
