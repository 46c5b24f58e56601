"""A portion is the part of a batch whose intents share one commit and that is sent together.

The larger it is, the fewer commits; but what was read for it ages while it is being sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.core.limits import Limits
from ml_connector.engine.item import Item, ToWrite

READ_BEFORE = 20
"""So few records are read before they are written that the reading is still young at the write."""

CREATING_SECONDS = 2.0
"""As many creates are sent together as the target's window lets out within that time."""


def portions(loud: Sequence[Item], limits: Limits) -> list[Sequence[Item]]:
    """Creates, which need no reading of the target, and then the rest."""
    creates = [item for item in loud if is_create(item)]
    rest = [item for item in loud if not is_create(item)]
    rates = [window.calls / window.seconds for window in limits.windows if not window.kind]
    at_once = max(READ_BEFORE, int(min(rates, default=0.0) * CREATING_SECONDS))
    return [*_parts(creates, at_once), *_parts(rest, READ_BEFORE)]


def is_create(item: Item) -> bool:
    return isinstance(item.step, ToWrite) and not item.step.target_id


def _parts(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
