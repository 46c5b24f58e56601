"""The benchmarks, tiny: they run through, and count right. What they measure is not looked at."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from benchmarks.page import page, told
from benchmarks.spread import Bar, Finding, Spread

from benchmarks import answers, lag, memory, passes


def test_passes_create_every_record_and_write_none_twice(tmp_path: Path) -> None:
    new, unchanged, recognised = passes.measure(tmp_path / "passes", rounds=1, records=60)
    assert new.floor is not None
    assert new.ours.least > 0
    assert unchanged.ours.least > 0
    assert recognised.ours.least > 0
    held = memory.measure(
        tmp_path / "memory", passes.home_of(tmp_path / "passes", 0), records=60, starts=1
    )
    assert held.ours.least > 1


def test_every_change_arrives(tmp_path: Path) -> None:
    assert len(lag.measure(tmp_path / "lag", changes=3).ours.values) == 3


@pytest.mark.skipif(shutil.which("wrk") is None, reason="the Debian package wrk is not installed")
def test_every_answer_is_in_the_inbox(tmp_path: Path) -> None:
    found = answers.measure(tmp_path / "answers", rounds=1, seconds=1, invoices=20)
    assert found.ratio is not None
    assert found.ratio > 0


def test_the_page_names_each_bar_with_its_distance() -> None:
    bars = (Bar("a second", 100, 80.0), Bar("p99", 25, 10.0, "at most", "ms"))
    found = Finding("Answers", "answers/s", Spread((70.0, 90.0, 80.0)), Spread((160.0,)), bars=bars)
    text = page([found], ["wrk is missing."], "Two cores.", date(2026, 1, 31))
    assert "| Answers (answers/s) | 70.0 / 80.0 / 90.0 | 160 / 160 / 160 | **0.50** |  |" in text
    assert "| Answers: a second | at least 100 | 80.0 | short by 20% |" in text
    assert "| Answers: p99 | at most 25.0 ms | 10.0 ms | met |" in text
    assert "wrk is missing." in text
    assert told(found)[0] == (
        "Answers: 70.0 / 80.0 / 90.0 answers/s; floor 160 / 160 / 160; ratio 0.50"
    )
