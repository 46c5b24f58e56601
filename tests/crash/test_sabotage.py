"""The harness sees what it is there to see: a program that breaks its promise is found out.

Each test breaks the program on purpose, in the processes of one life.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.life import Life
from tests.crash.nursery import Nursery
from tests.crash.reconcile import Trouble
from tests.crash.schedule import Death, Schedule
from tests.crash.steps import WAVE_PIPEDRIVE
from tests.support.sandbox import SandboxProcess

FEW = 60
"""A life that is whole is quiet again long before."""


@pytest.mark.parametrize(
    ("sabotage", "rounds", "trouble"),
    [
        ("answers_before_it_stores", ((), (Death(seconds=2.0),)), "lost"),
        # In a first sync the first write makes something, so this death leaves it made.
        ("never_looks_before_it_makes", ((Death("write: answered"),),), "duplicated"),
        ("leaves_what_the_dead_had_in_hand", ((), (Death("take: committed"),)), "stuck"),
    ],
)
def test_a_broken_promise_is_found(
    sabotage: str, rounds: tuple[tuple[Death, ...], ...], trouble: Trouble,
    sandbox: SandboxProcess, nursery: Nursery, tmp_path: Path,
) -> None:  # fmt: skip
    plan = Schedule(5001, WAVE_PIPEDRIVE, "posts", rounds)
    life = Life(plan, sandbox, nursery, tmp_path, sabotage)
    life.quiet_looks = FEW
    result = life.run(len(rounds))
    assert trouble in {finding.trouble for finding in result.findings}, result.findings
