"""A portion is the part of a batch whose intents share one commit and that is sent together.

The larger it is, the fewer commits; but what was read for it ages while it is being sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.core.limits import Limits
from ml_connector.engine.item import Item, ToWrite
from ml_connector.store.pending import BACKFILL

READ_BEFORE = 20
"""So few records are read before they are written that the reading is still young at the write."""

CREATING_SECONDS = 2.0
"""As many creates are sent together as the target's window lets out within that time."""


LEAST_IN_BULK = 5
"""Fewer than these are made sooner one by one than by a job that has to be asked for its end."""


def portions(loud: Sequence[Item], limits: Limits, bulk: int) -> list[Sequence[Item]]:
    """Creates, which need no reading of the target, and then the rest.

    A backfill's creates go in portions of `bulk`, where the target makes so many with one job.
    """
    creates = [item for item in loud if is_create(item)]
    rest = [item for item in loud if not is_create(item)]
    rates = [window.calls / window.seconds for window in limits.windows if not window.kind]
    at_once = max(READ_BEFORE, int(min(rates, default=0.0) * CREATING_SECONDS))
    at_once = bulk if goes_in_bulk(creates, bulk) else at_once
    return [*_parts(creates, at_once), *_parts(rest, READ_BEFORE)]


def goes_in_bulk(creates: Sequence[Item], bulk: int) -> bool:
    """A live change is somebody's who waits; it does not go by a job."""
    return (
        bulk > 0
        and len(creates) >= LEAST_IN_BULK
        and all(is_create(i) and i.taken.work == BACKFILL for i in creates)
    )


def is_create(item: Item) -> bool:
    return isinstance(item.step, ToWrite) and not item.step.target_id


def _parts(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
