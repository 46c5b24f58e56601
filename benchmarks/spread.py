"""A spread is several measurements of one number; a bar is what the number should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True, slots=True)
class Spread:
    """In the order in which they were measured."""

    values: tuple[float, ...]

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def middle(self) -> float:
        return float(median(self.values))

    @property
    def most(self) -> float:
        return max(self.values)

    def __str__(self) -> str:
        """Minimum / median / maximum."""
        return " / ".join(figure(v) for v in (self.least, self.middle, self.most))


@dataclass(frozen=True, slots=True)
class Bar:
    """`wanted` is the least or the most that `got` may be."""

    name: str
    wanted: float
    got: float
    sense: Literal["at least", "at most"] = "at least"
    unit: str = ""

    @property
    def is_met(self) -> bool:
        return self.got >= self.wanted if self.sense == "at least" else self.got <= self.wanted

    @property
    def distance(self) -> str:
        """How far it is, as a part of what is wanted."""
        if self.is_met:
            return "met"
        apart = abs(self.got - self.wanted) / self.wanted
        word = "short" if self.sense == "at least" else "over"
        return f"{word} by {apart:.0%}"


@dataclass(frozen=True, slots=True)
class Effort:
    """Processor milliseconds for one unit: what noise on a shared machine changes least."""

    ours: float
    floor: float

    @property
    def ratio(self) -> float:
        """The floor's effort to ours, so that it reads as the ratio of rates does."""
        return self.floor / self.ours


@dataclass(frozen=True, slots=True)
class Finding:
    """What one benchmark found. `floor` is empty where there is nothing to measure against."""

    title: str
    unit: str
    ours: Spread
    floor: Spread | None = None
    floor_is: str = ""
    bars: tuple[Bar, ...] = ()
    notes: tuple[str, ...] = ()
    effort: Effort | None = None

    @property
    def ratio(self) -> float | None:
        """Ours to the floor, by the medians."""
        return self.ours.middle / self.floor.middle if self.floor else None


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which that part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def figure(value: float) -> str:
    """As many digits as mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
