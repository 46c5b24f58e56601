"""A fault rule is trouble ordered in advance: where it strikes, what it does, how often.

A rule names a vendor and an operation (globs), a kind, and either `times`, or `probability`, or
neither: then it holds until it is deleted. `after` matching calls are let through first.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ml_sandbox.refusal import Refusal

Kind = Literal[
    "status",
    "slow",
    "cut_before",
    "cut_after",
    "truncate",
    "webhook_drop",
    "webhook_duplicate",
    "webhook_reorder",
    "webhook_delay",
    "expire_access_token",
    "revoke_refresh_token",
    "revoke_scope",
    "index_lag",
    "stale_read",
]
KINDS: tuple[str, ...] = get_args(Kind)

#: The operation names of the request at hand, set around each vendor's application.
current_operations: ContextVar[tuple[str, ...]] = ContextVar("current_operations", default=())


class FaultRule(BaseModel):
    """One rule as it is posted. `seconds` belongs to slow, webhook_delay, webhook_reorder,
    index_lag and stale_read; `status`, `body` and `headers` to status; `scope` to revoke_scope.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    vendor: str = "*"
    operation: str = "*"
    kind: Kind
    times: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    after: int = Field(default=0, ge=0)
    status: int = Field(default=500, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    seconds: float | None = Field(default=None, ge=0)
    scope: str | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> FaultRule:
        if self.times is not None and self.probability is not None:
            raise ValueError("times and probability exclude each other")
        return self


class _Standing:
    """A rule in force, with what it has seen and done."""

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.seen = 0
        self.fired = 0

    def matches(self, vendor: str, operations: Iterable[str]) -> bool:
        rule = self.rule
        if not fnmatchcase(vendor, rule.vendor):
            return False
        return rule.operation == "*" or any(
            operation == rule.operation or fnmatchcase(operation, rule.operation)
            for operation in operations
        )

    def spent(self) -> bool:
        return self.rule.times is not None and self.fired >= self.rule.times

    def strikes(self, chance: random.Random) -> bool:
        """Counts this matching call and says whether the rule fires on it."""
        self.seen += 1
        if self.seen <= self.rule.after or self.spent():
            return False
        if self.rule.probability is not None and chance.random() >= self.rule.probability:
            return False
        self.fired += 1
        return True


class Faults:
    """The rules in force, in the order in which they were posted."""

    def __init__(self, chance: random.Random, vendors: Sequence[str]) -> None:
        self._chance = chance
        self._vendors = tuple(vendors)
        self._standing: list[_Standing] = []

    def add(self, posted: Any) -> None:
        """Takes `{"rules": [...]}`, all or none. Raises Refusal with what is wrong."""
        rules = posted.get("rules") if isinstance(posted, Mapping) else None
        if not isinstance(rules, list):
            raise Refusal(400, 'the body is {"rules": [...]}')
        self._standing += [_Standing(self._read(rule)) for rule in rules]

    def _read(self, posted: Any) -> FaultRule:
        try:
            rule = FaultRule.model_validate(posted)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "rule"
            raise Refusal(400, f"{place}: {first['msg']}", KINDS) from None
        if not any(fnmatchcase(vendor, rule.vendor) for vendor in self._vendors):
            raise Refusal(400, f"no vendor is named {rule.vendor!r}", self._vendors)
        return rule

    def clear(self) -> None:
        self._standing.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [
            {**s.rule.model_dump(exclude_defaults=True), "seen": s.seen, "fired": s.fired}
            for s in self._standing
        ]

    def strike(
        self, vendor: str, kinds: Sequence[str], operations: Sequence[str]
    ) -> FaultRule | None:
        """The first rule of these kinds that fires on this call, which counts for the rules asked.

        A rule posted behind the one that fires is not asked, so its counts stay as they are.
        """
        for standing in self._standing:
            if standing.rule.kind not in kinds or not standing.matches(vendor, operations):
                continue
            if standing.strikes(self._chance):
                return standing.rule
        return None
