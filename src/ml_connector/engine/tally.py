"""A tally counts what one run did: each key once, by what became of it, and every call it cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ml_connector.core.wire import Errand, Work

Outcome = Literal["create", "update", "unchanged", "review", "refused", "gone", "failed", "waiting"]
OUTCOMES: tuple[Outcome, ...] = (
    "create", "update", "unchanged", "review", "refused", "gone", "failed", "waiting",
)  # fmt: skip

Id = tuple[str, str, str]
Progress = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Tally:
    """Of the run `run`. `shared` collects the calls that are made for many keys at once."""

    run: str
    kind: str
    shared: Errand = field(default_factory=Errand)
    outcomes: dict[Id, Outcome] = field(default_factory=dict)
    writes: int = 0
    setup_writes: int = 0
    calls: int = 0
    tokens: int = 0
    news: int = 0
    """Reviews that were not open before this run."""

    def errand(self, work: Work) -> Errand:
        """An errand of its own, to be handed back to `absorb`."""
        return Errand(work)

    def absorb(self, errand: Errand) -> None:
        self.calls += errand.calls
        self.tokens += errand.tokens

    def note(self, id: Id, outcome: Outcome) -> None:
        """What became of a key; a later word about the same key counts instead.

        A key that was written and then looked at again stays written.
        """
        before = self.outcomes.get(id)
        if outcome == "unchanged" and before in ("create", "update", "gone"):
            return
        if outcome == "update" and before == "create":
            return
        self.outcomes[id] = outcome

    def summary(self, flow: str, name: str, routes: tuple[str, ...]) -> dict[str, Any]:
        """As `plan` and `sync` print it."""
        return {
            "flow": name,
            "run": self.run,
            "routes": [self._route(flow, route) for route in routes],
            "writes": self.writes,
            "setup_writes": self.setup_writes,
            "calls": self.calls + self.shared.calls,
            "tokens": self.tokens + self.shared.tokens,
        }

    def count(self, *wanted: Outcome) -> int:
        return sum(1 for outcome in self.outcomes.values() if outcome in wanted)

    def _route(self, flow: str, route: str) -> dict[str, Any]:
        mine = [o for (f, r, _), o in self.outcomes.items() if (f, r) == (flow, route)]
        return {
            "route": route,
            "found": len(mine),
            **{outcome: mine.count(outcome) for outcome in OUTCOMES},
        }
