"""An item is one key in hand with all that is known of it, and the step that is planned for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ml_connector.core.faults import Fault
from ml_connector.core.mapping import Desired
from ml_connector.core.objects import SourceModel, TargetRecord
from ml_connector.core.plan import Write
from ml_connector.core.values import Values
from ml_connector.store.audit import Decision
from ml_connector.store.cursors import Fact
from ml_connector.store.intents import Claim, Intent
from ml_connector.store.links import Link
from ml_connector.store.pending import Taken
from ml_connector.store.reviews import Review


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to write: `decision` and `reason` go to the audit.

    What is none of the flow's records does not count among those that were found.
    """

    decision: Decision
    reason: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class ToWrite:
    """One write. An empty `target_id` creates; `adopts` takes a record that was there before us.

    `claims` keep others from the same record or likeness meanwhile.
    """

    decision: Decision
    reason: str
    target_id: str
    write: Write
    adopts: bool = False
    claims: tuple[Claim, ...] = ()
    back: Values = field(default_factory=dict)
    """What travels back to the source's record first, by that record's field names."""


@dataclass(frozen=True, slots=True)
class ToUpdate:
    """A write that is planned in full only once the target has been read."""

    target_id: str
    adopts: bool = False
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class ToAlias:
    """The record stands for another source record already; this one becomes an alias of it.

    `alike` is what both of them are known by, for as long as that is so; empty where a merge or a
    person made them one.
    """

    target_id: str
    reason: str
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToReview:
    """A person must look. `target_gone`: its linked record was found to be gone. `settles_at`: when
    a write that was under way is over, where nobody knows whether it was sent."""

    kind: Literal["review", "refused"]
    reason: str
    candidates: tuple[dict[str, Any], ...] = ()
    target_gone: bool = False
    settles_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToWait:
    """For the link of a parent."""

    route: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class ToPostpone:
    """Until a moment; `waits_for` is what `status` says it waits for.

    `gone_target` is a record of the target that was found to be gone, so that no mirror shows it;
    `merged_into` is the one that stands in its place.
    """

    due_at: datetime
    waits_for: str
    reason: str
    outcome: Literal["failed", "waiting"]
    gone_target: str = ""
    merged_into: str = ""


Step = Done | ToWrite | ToUpdate | ToAlias | ToReview | ToWait | ToPostpone


@dataclass(slots=True)
class Item:
    """`fields` are by the flow's names, `desired` by the target's; `step` is None while
    undecided."""

    taken: Taken
    link: Link | None = None
    review: Review | None = None
    intents: list[Intent] = field(default_factory=list)
    source_fact: Fact | None = None
    target_fact: Fact | None = None
    record: SourceModel | None = None
    fault: Fault | None = None
    parents: dict[str, str] = field(default_factory=dict)
    named: Values = field(default_factory=dict)
    desired: Desired | None = None
    target: TargetRecord | None = None
    report: str = ""
    is_looked_for: bool = False
    """The target was listed for it since its writes that nobody answered are over."""
    parted: bool = False
    """It was an alias, and has something of its own by now."""
    step: Step | None = None

    @property
    def key(self) -> str:
        return self.taken.key

    @property
    def choice(self) -> str:
        """What a person decided about it in a review: link, create, ignore, or nothing."""
        decision = self.review.decision if self.review and self.review.state != "open" else None
        return str(decision["choice"]) if decision else ""
