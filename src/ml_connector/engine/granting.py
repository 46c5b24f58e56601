"""Keeping grants fresh: renewed once for all who share one, under a lease of the grant's own row.

The new pair is stored before it is used. A refused refresh is believed only if the row has not
moved on meanwhile; then this connection stops, a person is told once, and a reconnect starts it
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ml_connector.core.faults import NeedsPerson, UnknownOutcome, Unreachable
from ml_connector.core.vendor import OAuth
from ml_connector.engine.resources import Resources
from ml_connector.http.auth import HeldTokens
from ml_connector.http.oauth import OAuthDance
from ml_connector.http.tokens import Tokens
from ml_connector.store import connections, grants
from ml_connector.store.database import Connection
from ml_connector.store.grants import Grant
from ml_connector.store.vault import get_secrets, put_secret

LEASE = timedelta(seconds=60)
LEASE_POLL_SECONDS = 0.5


class GrantKeeper:
    """Implements `http.auth.TokenKeeper` on the grant's row and its secrets."""

    def __init__(
        self, res: Resources, grant_id: str, oauth: OAuth, dance: Callable[[], OAuthDance]
    ) -> None:
        self._res = res
        self._id = grant_id
        self._oauth = oauth
        self._dance = dance
        self._owner = res.chance.new_id()

    async def current(self) -> HeldTokens:
        """What is stored now. Raises NeedsPerson where the grant was refused."""
        grant, tokens, _ = await self._load()
        if grant.refused:
            raise NeedsPerson(grant.refused)
        return HeldTokens(tokens, grant.version)

    async def renew(self, stale_version: int) -> HeldTokens:
        """Newer tokens than that version, stored before they are returned."""
        while True:
            held = await self.current()
            if held.version != stale_version:
                return held
            if await self._leased():
                break
            await self._res.clock.sleep(LEASE_POLL_SECONDS)
        try:
            return await self._renew(held)
        finally:
            await self._res.store.write(lambda c: grants.release(c, self._id, self._owner))

    async def _leased(self) -> bool:
        now = self._res.clock.now()
        return await self._res.store.write(
            lambda c: grants.lease(c, self._id, self._owner, now, now + LEASE)
        )

    async def _renew(self, held: HeldTokens) -> HeldTokens:
        grant, tokens, secrets = await self._load()
        if grant.version != held.version:
            return HeldTokens(tokens, grant.version)
        try:
            fresh = await self._asked(grant, tokens, secrets)
        except NeedsPerson as fault:
            return await self._refused(grant, fault.sentence)
        return await self._store(grant, fresh)

    async def _asked(self, grant: Grant, tokens: Tokens, secrets: Mapping[str, str]) -> Tokens:
        """New tokens for the refresh token; for the name and password where it is of no use."""
        may_log_in = grant.kind == "password"
        if tokens.refresh_token:
            try:
                return await self._refresh(tokens.refresh_token)
            except NeedsPerson:
                if not may_log_in:
                    raise
        if may_log_in:
            return await self._dance().password(secrets["username"], secrets["password"])
        raise NeedsPerson("The token has ended and there is no refresh token.")

    async def _refresh(self, refresh_token: str) -> Tokens:
        """With the old token once more at once, where the answer to the rotation was lost."""
        try:
            return await self._dance().refresh(refresh_token)
        except UnknownOutcome:
            return await self._dance().refresh(refresh_token)

    async def _store(self, grant: Grant, fresh: Tokens) -> HeldTokens:
        row = granted(grant, fresh, self._oauth, self._res.clock.now())

        def work(conn: Connection) -> bool:
            stored = grants.renew(conn, row, grant.version)
            if stored:
                put_tokens(conn, self._res, self._id, fresh)
            return stored

        if not await self._res.store.write(work):
            return await self.current()
        return HeldTokens(fresh, grant.version + 1)

    async def _refused(self, grant: Grant, sentence: str) -> HeldTokens:
        """Stop the connections of this grant, unless somebody renewed it meanwhile."""
        now_there, tokens, _ = await self._load()
        if now_there.version != grant.version:
            return HeldTokens(tokens, now_there.version)

        def work(conn: Connection) -> list[str]:
            grants.refuse(conn, self._id, grant.version, sentence)
            rows = connections.of_grant(conn, self._id)
            state = connections.NEEDS_PERSON
            return [r.name for r in rows if connections.set_state(conn, r.id, state, sentence)]

        for name in await self._res.store.write(work):
            self._res.alert(
                f"Connection {name} has stopped: {sentence} "
                f"`ml-connector connect` with the same name starts it again."
            )
        raise NeedsPerson(sentence)

    async def _load(self) -> tuple[Grant, Tokens, Mapping[str, str]]:
        """The grant, its pair, and all its secrets."""

        def work(conn: Connection) -> tuple[Grant | None, dict[str, str]]:
            found = grants.get(conn, self._id)
            return found, get_secrets(conn, self._res.vault, f"grant:{self._id}")

        grant, secrets = await self._res.store.read(work)
        if grant is None:
            raise Unreachable("The grant of this connection is not in the store.")
        return grant, _tokens(grant, secrets), secrets


def _tokens(grant: Grant, secrets: dict[str, str]) -> Tokens:
    extras: dict[str, object] = {}
    if grant.expires_at and grant.renewed_at:
        extras["expires_in"] = (grant.expires_at - grant.renewed_at).total_seconds()
    return Tokens(
        access_token=secrets.get("access_token", ""),
        refresh_token=secrets.get("refresh_token"),
        expires_at=grant.expires_at,
        refresh_expires_at=grant.refresh_expires_at,
        scope=grant.scope,
        api_base=grant.api_base,
        extras=extras,
    )


def put_tokens(conn: Connection, res: Resources, grant_id: str, tokens: Tokens) -> None:
    """Seal the pair into the vault."""
    owner = f"grant:{grant_id}"
    put_secret(conn, res.vault, owner, "access_token", tokens.access_token)
    if tokens.refresh_token:
        put_secret(conn, res.vault, owner, "refresh_token", tokens.refresh_token)


def granted(grant: Grant, fresh: Tokens, oauth: OAuth, now: datetime) -> Grant:
    """The grant as these tokens make it, with the nearest end that the vendor gives it.

    Where an answer does not tell the end, what an earlier one told stays. One that rests on a name
    and a password has no end: it is asked for anew.
    """
    told = fresh.refresh_expires_at or grant.refresh_expires_at
    ends = [told] if told is not None else []
    if oauth.absolute_days and grant.consented_at is not None:
        ends.append(grant.consented_at + timedelta(days=oauth.absolute_days))
    return replace(
        grant,
        expires_at=fresh.expires_at,
        refresh_expires_at=None if grant.kind == "password" else min(ends, default=None),
        renewed_at=now,
        scope=fresh.scope or grant.scope,
        api_base=fresh.api_base or grant.api_base,
        refused=None,
    )
