"""A limit is what a vendor meters, declared in its folder: rate windows, calls at once, an
allowance.

A limiter belongs to what is metered (a token, a company, an app), so that all connections that
share it draw on the same one; `scope` names which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` starts within any `seconds`. `kind` is the kind of call it counts; "" is
    all."""

    calls: int
    seconds: float
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`tokens` for each period (a day, or a month), which begins at midnight UTC;
    `reset_slack_seconds` is waited after it.

    `belongs_to` tells whether the account or the developer app is metered.

    `share` is the part of it that we may use; `live_share` is the part of ours that is kept for
    live changes while a backfill uses the rest.
    """

    tokens: int
    share: float
    live_share: float
    reset_slack_seconds: int
    period: Literal["day", "month"] = "day"
    belongs_to: Literal["account", "app"] = "account"


@dataclass(frozen=True, slots=True)
class Limits:
    """All that paces one connection. `windows` and `at_once` belong to `token_scope`."""

    token_scope: str
    windows: tuple[Window, ...]
    at_once: int
    company_scope: str = ""
    allowance: Allowance | None = None

    def __str__(self) -> str:
        """In words, for a person."""
        told = [
            f"{w.calls} calls{f' of kind {w.kind}' if w.kind else ''} in {w.seconds:g} s"
            for w in self.windows
        ]
        if self.allowance is not None:
            ours = int(self.allowance.tokens * self.allowance.share)
            whose = " for the app" if self.allowance.belongs_to == "app" else ""
            told.append(
                f"{self.allowance.tokens:,} tokens a {self.allowance.period}{whose}, "
                f"{ours:,} of them ours"
            )
        return ", ".join([*told, f"{self.at_once} at once"])


@dataclass(frozen=True, slots=True)
class Price:
    """What one call draws: one start in each window of its kind, and tokens of the allowance."""

    tokens: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the vendor's own headers say is left, by which our count is corrected; None: not
    told."""

    window_left: int | None = None
    window_reset_seconds: float | None = None
    tokens_left: int | None = None
    tokens_limit: int | None = None
