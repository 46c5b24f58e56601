from __future__ import annotations

import pytest

from .bench import Bench


@pytest.fixture
def bench() -> Bench:
    """A fresh account without pacing; tests of the limits turn them on again."""
    fresh = Bench()
    fresh.no_limits()
    return fresh
