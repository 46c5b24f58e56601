"""The harness sees what it is there to see: a program that breaks its promise is found out.

Each test breaks the program on purpose, in the processes of one life.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.life import Life
from tests.crash.nursery import Nursery
from tests.crash.schedule import Death, Schedule, Telling
from tests.crash.steps import FRESHBOOKS_PIPEDRIVE, WAVE_PIPEDRIVE
from tests.support.sandbox import SandboxProcess

FEW = 60
"""A life that is whole is quiet again long before."""


FIRST = ((Death(seconds=1.0),),)
LATER = ((), (Death(seconds=2.0),))


@pytest.mark.parametrize(
    ("sabotage", "kind", "telling", "rounds", "trouble"),
    [
        ("answers_before_it_stores", WAVE_PIPEDRIVE, "posts", LATER, "lost"),
        # The polls bring all of it over there, so that only the inbox lacks it; that counts in the
        # first round as well, also where introductions are among what was answered.
        ("answers_before_it_stores", WAVE_PIPEDRIVE, "vendor", FIRST, "lost"),
        ("answers_before_it_stores", FRESHBOOKS_PIPEDRIVE, "vendor", LATER, "lost"),
        # In a first sync the first write makes something, so this death leaves it made.
        (
            "never_looks_before_it_makes", WAVE_PIPEDRIVE, "posts",
            ((Death("write: answered"),),), "duplicated",
        ),
        (
            "leaves_what_the_dead_had_in_hand", WAVE_PIPEDRIVE, "posts",
            ((), (Death("take: committed"),)), "stuck",
        ),
    ],
)  # fmt: skip
def test_a_broken_promise_is_found(
    sabotage: str, kind: str, telling: Telling, rounds: tuple[tuple[Death, ...], ...], trouble: str,
    sandbox: SandboxProcess, nursery: Nursery, tmp_path: Path,
) -> None:  # fmt: skip
    plan = Schedule(5001, kind, telling, rounds)
    life = Life(plan, sandbox, nursery, tmp_path, sabotage)
    life.quiet_looks = FEW
    result = life.run(len(rounds))
    assert trouble in {finding.trouble for finding in result.findings}, result.findings
    if telling == "vendor":
        assert [finding.round for finding in result.findings] == [1]
