"""Fifty rounds: the real server is killed −9 at every named step and at moments by chance, and
nothing is lost, nothing is there twice, nothing is stuck. `make crash` does the same for longer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.life import Life
from tests.crash.nursery import Nursery
from tests.crash.schedule import ROUNDS, schedule
from tests.crash.steps import KINDS
from tests.support.sandbox import SandboxProcess

SEEDS = range(1, len(KINDS) + 1)


@pytest.mark.parametrize("seed", SEEDS, ids=[f"{schedule(s).kind}" for s in SEEDS])
def test_ten_rounds(seed: int, sandbox: SandboxProcess, nursery: Nursery, tmp_path: Path) -> None:
    """Each named step of the life is where its server died: test_schedule.py adds them up."""
    plan = schedule(seed)
    result = Life(plan, sandbox, nursery, tmp_path).run(ROUNDS)
    told = [f"round {f.round}: {f.trouble}: {f.what} (after {f.deaths})" for f in result.findings]
    assert told == [], f"again: make crash ROUNDS={result.rounds} SEED={seed}"
    assert result.rounds == ROUNDS
    assert sorted(result.reached) == sorted(plan.steps)
