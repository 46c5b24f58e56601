"""How far the tests that search for a counter-example go: the same way each time, or deep.

In `make test` every search is derandomised, so that a green run stays green. With
`HYPOTHESIS_PROFILE=deep` it is random and goes `DEEPER` times as far; what it finds is printed, and
is kept with `@example` or as a test of its own.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

VARIABLE = "HYPOTHESIS_PROFILE"
USUAL, DEEP = "usual", "deep"
DEEPER = 25

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
"""What takes long on a busy machine is no fault of an example."""


def is_deep() -> bool:
    return os.environ.get(VARIABLE, USUAL) == DEEP


def searching(examples: int, steps: int = 50) -> settings:
    """The settings of one search: so many examples, each of at most so many steps."""
    deep = is_deep()
    return settings(
        max_examples=examples * (DEEPER if deep else 1),
        stateful_step_count=steps,
        derandomize=not deep,
        database=None,
        deadline=None,
        print_blob=deep,
        suppress_health_check=_SLOW,
    )
