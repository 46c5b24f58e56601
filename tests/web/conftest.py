"""A home of the test's own, and one sandbox for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    monkeypatch.delenv("ML_CONNECTOR_HOME", raising=False)
    return Program(tmp_path / "home", capsys, monkeypatch)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--customers", "6", "--invoices", "9", "--seed", "7") as running:
        yield running
