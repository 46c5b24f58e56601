"""An authenticator puts the proof of who we are on each request, and renews it when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ml_connector.core.faults import (
    AccountClosed,
    NeedsPerson,
    UnknownOutcome,
    Unreachable,
    Waiting,
)
from ml_connector.core.ports import Clock
from ml_connector.http.redaction import Redactor
from ml_connector.http.tokens import Tokens

AHEAD_SECONDS = 120.0
AHEAD_SHARE = 0.1
"""A token is renewed two minutes before its end, or in the last tenth of a shorter life."""

UNRECOGNIZED = (
    "The vendor could not be asked yet whose these credentials are; it is asked now and then."
)

AGAIN_SECONDS = 15.0
"""After a failed renewal ahead of the end, the still valid token is used for so long."""


class Authenticator(Protocol):
    """Authenticates the calls of one connection."""

    async def headers(self) -> Mapping[str, str]:
        """The headers that a request carries now, names in lower case."""
        ...

    async def api_base(self) -> str | None:
        """The API's address as the grant tells it, where it does."""
        ...

    async def expired(self, used: Mapping[str, str]) -> None:
        """These headers were not accepted: renew, unless somebody has already.

        Raises NeedsPerson where only a person can, Unreachable where it did not work now.
        """
        ...


class StaticToken:
    """A token that a person made at the vendor; it has no end that we know and no renewal.

    `refused` is the sentence that says how to mend it when it is taken no longer; `api_base` is the
    API's address, where the vendor told one with the token.
    """

    def __init__(
        self,
        header: str,
        value: str,
        redactor: Redactor,
        refused: str = "The token is not accepted; look whether all of it was given to connect.",
        api_base: str | None = None,
    ) -> None:
        self._headers = {header.lower(): value}
        self._refusal = refused
        self._api_base = api_base
        redactor.learn(value.rpartition(" ")[2])

    async def headers(self) -> Mapping[str, str]:
        return self._headers

    async def api_base(self) -> str | None:
        return self._api_base

    async def expired(self, used: Mapping[str, str]) -> None:
        raise NeedsPerson(self._refusal)


class Recognized:
    """Credentials that are used once it is known whose they are: those of another account would
    mix two firms. `is_known` tells whether it is by now."""

    def __init__(self, inner: Authenticator, is_known: Callable[[], bool]) -> None:
        self._inner = inner
        self._is_known = is_known

    async def headers(self) -> Mapping[str, str]:
        if not self._is_known():
            raise NeedsPerson(UNRECOGNIZED)
        return await self._inner.headers()

    async def api_base(self) -> str | None:
        return await self._inner.api_base()

    async def expired(self, used: Mapping[str, str]) -> None:
        await self._inner.expired(used)


@dataclass(frozen=True, slots=True)
class HeldTokens:
    """Tokens as they are stored; `version` changes whenever they are replaced."""

    tokens: Tokens
    version: int


class TokenKeeper(Protocol):
    """Keeps the tokens of one grant for all processes."""

    async def current(self) -> HeldTokens:
        """What is stored now."""
        ...

    async def renew(self, stale_version: int) -> HeldTokens:
        """Newer tokens than that version: those that somebody stored meanwhile, or renewed ones.

        New tokens are stored before they are returned. Raises NeedsPerson where the grant is
        refused; UnknownOutcome, Unreachable or Waiting where it did not work now.
        """
        ...


class GrantToken:
    """The access token of a grant as a bearer token, renewed ahead of its end, once at a time."""

    def __init__(self, keeper: TokenKeeper, clock: Clock, redactor: Redactor) -> None:
        self._keeper = keeper
        self._clock = clock
        self._redactor = redactor
        self._held: HeldTokens | None = None
        self._renewal: asyncio.Task[HeldTokens] | None = None
        self._not_before = 0.0
        self._closed: AccountClosed | None = None
        """A lapsed plan is not asked again before its day, ahead of a token's end or after it."""

    async def headers(self) -> Mapping[str, str]:
        return _bearer(await self._fresh())

    async def api_base(self) -> str | None:
        return (await self._known()).tokens.api_base

    async def expired(self, used: Mapping[str, str]) -> None:
        held = await self._known()
        if _bearer(held) == dict(used):
            try:
                await self._renew(held.version)
            except UnknownOutcome as fault:
                raise _not_renewed(fault) from None

    def notice(self, version: int) -> None:
        """Tokens of that version are stored: where others are held, they are asked for anew."""
        if self._held is not None and self._held.version != version and self._renewal is None:
            self._drop()

    def _drop(self) -> None:
        if self._held is not None:
            self._redactor.forget(self._held.tokens.access_token)
            self._redactor.forget(self._held.tokens.refresh_token or "")
        self._held = None

    async def _fresh(self) -> HeldTokens:
        """Tokens that are good for a while, renewed where that is needed."""
        held = await self._known()
        left = self._seconds_left(held.tokens)
        if left is None or left > _ahead_seconds(held.tokens):
            return held
        if left > 0 and self._clock.monotonic() < self._not_before:
            return held
        if self._closed is not None and self._clock.now() < self._closed.until:
            if left > 0:
                return held
            raise self._closed
        try:
            return await self._renew(held.version)
        except (Unreachable, UnknownOutcome, Waiting) as fault:
            self._closed = fault if isinstance(fault, AccountClosed) else None
            if left <= 0:
                raise _not_renewed(fault) from None
            self._not_before = self._clock.monotonic() + AGAIN_SECONDS
            return held

    async def _known(self) -> HeldTokens:
        if self._held is None:
            self._take(await self._keeper.current())
        return self._held  # type: ignore[return-value]  # set above

    async def _renew(self, stale_version: int) -> HeldTokens:
        """One renewal serves all who wait; it goes on if a caller is cancelled, for the vendor may
        have replaced the token already."""
        if self._held is not None and self._held.version != stale_version:
            return self._held
        if self._renewal is None:
            self._renewal = asyncio.ensure_future(self._keeper.renew(stale_version))
            self._renewal.add_done_callback(self._renewed)
        return await asyncio.shield(self._renewal)

    def _renewed(self, renewal: asyncio.Task[HeldTokens]) -> None:
        self._renewal = None
        if not renewal.cancelled() and renewal.exception() is None:
            self._take(renewal.result())

    def _take(self, held: HeldTokens) -> None:
        self._drop()
        self._held = held
        self._redactor.learn(held.tokens.access_token)
        self._redactor.learn(held.tokens.refresh_token or "")

    def _seconds_left(self, tokens: Tokens) -> float | None:
        if tokens.expires_at is None:
            return None
        return (tokens.expires_at - self._clock.now()) / timedelta(seconds=1)


def _bearer(held: HeldTokens) -> dict[str, str]:
    return {"authorization": f"Bearer {held.tokens.access_token}"}


def _ahead_seconds(tokens: Tokens) -> float:
    life = tokens.extras.get("expires_in")
    if isinstance(life, int | float) and life > 0:
        return min(AHEAD_SECONDS, AHEAD_SHARE * life)
    return AHEAD_SECONDS


def _not_renewed(fault: Exception) -> Exception:
    """A wait stays a wait; else nothing was sent to the API, whatever became of the token call."""
    if isinstance(fault, Waiting):
        return fault
    return Unreachable(f"The access token could not be renewed now. {fault}")
