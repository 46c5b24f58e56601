"""What the tests of the product's texts share: a home for the real command, and a quiet log, since
thousands of calls are made."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.support.program import Program


@pytest.fixture(autouse=True, scope="session")
def _quiet_log() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    """The real command on a home of the test's own."""
    monkeypatch.delenv("ML_CONNECTOR_HOME", raising=False)
    return Program(tmp_path / "home", capsys, monkeypatch)
