"""The gateway stands before every API call: who are you, may you, and are you too fast.

Order: the edge, maintenance, identity, an open account, the windows and the day's budget, scopes.
Every answer past identity carries the rate headers (sheet, 8.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from . import limits
from .account import Account, Actor
from .costs import Price
from .errors import (
    Refusal,
    account_not_open,
    edge_block,
    maintenance,
    rate_limited,
    scope_mismatch,
    unauthorized,
)
from .grants import Grants
from .limits import DailyBudget, Meter


@dataclass
class Caller:
    """An identified request: the token's meter, the actor, and the scopes (None: all)."""

    actor: Actor
    meter: Meter
    limit: int
    scopes: tuple[str, ...] | None

    @property
    def is_app(self) -> bool:
        return self.scopes is not None


class Gateway:
    """One company's gateway. `api_tokens` maps each token to its user."""

    def __init__(self, account: Account, grants: Grants, api_tokens: dict[str, int]) -> None:
        self.account = account
        self.grants = grants
        self.api_tokens = api_tokens
        self.budget = DailyBudget()
        self._meters: dict[str, Meter] = {}

    def now_seconds(self) -> float:
        return self.account.now().timestamp()

    def check_doors(self) -> None:
        """What shuts everybody out."""
        if self.account.switch("edge_blocked"):
            raise edge_block()
        if self.account.switch("maintenance"):
            raise maintenance()

    def identify(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Caller:
        """Raises the gateway's 401, an HTML 403 for a token that ignored its 429s, or 402."""
        token = headers.get("x-api-token")
        if token is None and self.account.switch("api_token_in_query"):
            token = query.get("api_token")
        caller = self._by_bearer(headers) if token is None else self._by_token(token)
        if self.now_seconds() < caller.meter.blocked_until_seconds:
            raise edge_block()
        if self.account.switch("account_closed"):
            raise account_not_open()
        return caller

    def _by_token(self, token: str) -> Caller:
        user_id = self.api_tokens.get(token)
        if user_id is None or not self.account.exists("user", user_id):
            raise unauthorized()
        limit = limits.burst_limit(self.account.switch("plan"), oauth=False)
        return Caller(Actor(user_id), self._meter(f"token:{user_id}"), limit, None)

    def _by_bearer(self, headers: Mapping[str, str]) -> Caller:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        grant = self.grants.holder(token.strip()) if scheme.lower() == "bearer" else None
        if grant is None or not self.account.exists("user", grant.user_id):
            raise unauthorized()
        limit = limits.burst_limit(self.account.switch("plan"), oauth=True)
        actor = Actor(grant.user_id, "api", self.grants.client_id)
        return Caller(actor, self._meter(f"app:{grant.user_id}"), limit, grant.scopes)

    def _meter(self, key: str) -> Meter:
        return self._meters.setdefault(key, Meter())

    def check_pace(self, caller: Caller, price: Price) -> None:
        """Counts the request in and spends its tokens; raises 429, or the edge's HTML 403."""
        now = self.account.now()
        if self._too_fast(caller, price) or self._spent(now):
            raise self._refused(caller, price, now)
        self._take(caller, price)
        self.budget.spend(now, price.tokens)

    def check_scope(self, caller: Caller, price: Price) -> None:
        if caller.scopes is not None and not set(caller.scopes) & set(price.scopes):
            raise scope_mismatch()

    def settle(self, price: Price, status: int) -> int:
        """The tokens that the answered call cost after all."""
        if status < 400 or self.account.switch("failed_calls_cost"):
            return price.tokens
        self.budget.spend(self.account.now(), -price.tokens)
        return 0

    def _too_fast(self, caller: Caller, price: Price) -> bool:
        if not self.account.switch("burst_limit"):
            return False
        now = self.now_seconds()
        meter = caller.meter
        if price.is_search and meter.search.used(now) >= limits.SEARCHES_PER_WINDOW:
            return True
        counts = not price.is_search or self.account.switch("search_draws_on_burst")
        return bool(counts) and meter.general.used(now) >= caller.limit

    def _take(self, caller: Caller, price: Price) -> None:
        now = self.now_seconds()
        caller.meter.general.used(now)
        if price.is_search:
            caller.meter.search.take(now)
        if not price.is_search or self.account.switch("search_draws_on_burst"):
            caller.meter.general.take(now)

    def daily_limit(self) -> int:
        return limits.daily_tokens(self.account.switch("plan"), int(self.account.switch("seats")))

    def _spent(self, now: datetime) -> bool:
        enforced = bool(self.account.switch("daily_limit"))
        return enforced and self.budget.remaining(now, self.daily_limit()) <= 0

    def _refused(self, caller: Caller, price: Price, now: datetime) -> Refusal:
        if self.account.switch("refused_calls_cost"):
            self.budget.spend(now, price.tokens)
        block_after = 0 if caller.is_app else int(self.account.switch("edge_block_after"))
        block_seconds = float(self.account.switch("edge_block_seconds"))
        if caller.meter.refused(self.now_seconds(), block_after, block_seconds):
            return edge_block()
        refusal = rate_limited()
        if self.account.switch("retry_after_header"):
            refusal.headers["retry-after"] = str(self._window(caller, price)[2])
        return refusal

    def _window(self, caller: Caller, price: Price) -> tuple[int, int, int]:
        """Limit, what is left, and seconds to the reset, of the window this call counts in."""
        now = self.now_seconds()
        search = price.is_search
        window = caller.meter.search if search else caller.meter.general
        limit = limits.SEARCHES_PER_WINDOW if search else caller.limit
        return limit, max(0, limit - window.used(now)), window.reset_seconds(now)

    def headers(self, caller: Caller, price: Price, method: str) -> dict[str, str]:
        """The rate headers of an answer."""
        limit, left, reset = self._window(caller, price)
        sent = {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str(reset),
        }
        remaining = self.budget.remaining(self.account.now(), self.daily_limit())
        if self.account.switch("token_headers"):
            sent["x-daily-ratelimit-token-limit"] = str(self.daily_limit())
            sent["x-daily-ratelimit-token-remaining"] = str(remaining)
        if method in ("POST", "PUT") and not caller.is_app:
            # Its allowance is not documented; the token budget always ends first here.
            sent["x-daily-requests-left"] = str(remaining)
        return sent
