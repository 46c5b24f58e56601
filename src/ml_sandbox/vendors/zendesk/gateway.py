"""The gateway stands before every API call: who are you, may you, and are you too fast."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .account import Account, Actor
from .buckets import account_bucket
from .errors import Refusal, coded, forbidden, invalid_token, plain, unauthenticated
from .grants import AccessToken, Grants
from .limits import Bucket, Reading, Windows

#: The day after which no API token works, and how long one lives unused (sheet, 2.1).
TOKENS_END = datetime(2027, 4, 30, tzinfo=UTC)
UNUSED_LIFE = timedelta(days=30)
#: First segment of a path -> the resource of its scope.
_RESOURCES = {
    "users": "users",
    "user_fields": "users",
    "organizations": "organizations",
    "organization_fields": "organizations",
    "organization_memberships": "organizations",
    "organization_merges": "organizations",
    "tickets": "tickets",
    "apps": "apps",
    "webhooks": "webhooks",
    "custom_objects": "custom_objects",
}


@dataclass
class Caller:
    """An identified request; `token` is None for an API token, which may do all its user may."""

    actor: Actor
    token: AccessToken | None


class Gateway:
    def __init__(self, account: Account, grants: Grants, api_token: str) -> None:
        self.account = account
        self.grants = grants
        self.api_token = api_token
        self.token_used = account.now()
        self.windows = Windows()

    def check_door(self) -> None:
        if self.account.switch("maintenance"):
            raise Refusal(503, "Service Unavailable", {"retry-after": "60"})

    def identify(self, headers: Mapping[str, str]) -> Caller | None:
        """None where no credentials were sent at all. Raises 401."""
        scheme, _, text = headers.get("authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() == "bearer":
            return self._bearer(text.strip())
        if scheme.lower() == "basic":
            return self._basic(text.strip())
        raise unauthenticated()

    def _bearer(self, text: str) -> Caller:
        token = self.grants.live(text, self.account.now())
        user = None if token is None else self.account.tables["users"].alive(token.user_id)
        if token is None or user is None or user["suspended"]:
            raise invalid_token()
        return Caller(Actor(user["id"], user["role"]), token)

    def _basic(self, encoded: str) -> Caller:
        """`{email}/token:{api_token}`; a password is no way in any more."""
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise unauthenticated() from None
        email, slash, word = name.rpartition("/")
        right = hmac.compare_digest(secret.encode(), self.api_token.encode())
        if not slash or word != "token" or not right or not self._tokens_live():
            raise unauthenticated()
        user = self._user_of(email)
        self.token_used = self.account.now()
        return Caller(Actor(user, str(self.account.tables["users"].get(user)["role"])), None)  # type: ignore[index]  # it was found just now

    def _user_of(self, email: str) -> int:
        found = self.account.tables["identities"].find("value", email.casefold())
        user = self.account.tables["users"].alive(found[0]["user_id"]) if found else None
        if user is None or user["suspended"]:
            raise unauthenticated()
        return int(user["id"])

    def _tokens_live(self) -> bool:
        now = self.account.now()
        if not self.account.switch("api_tokens_end"):
            return True
        return now < TOKENS_END and now - self.token_used < UNUSED_LIFE

    def check_scope(self, caller: Caller, method: str, path: str) -> None:
        """403 where the token does not cover the call."""
        token = caller.token
        if token is None or path.startswith("/oauth/tokens/current"):
            return
        verb = "read" if method == "GET" else "write"
        resource = _RESOURCES.get(path.strip("/").split("/")[0])
        if resource == "custom_objects" and not self.account.switch("custom_object_scope"):
            resource = None
        if token.allows(verb) or (resource is not None and token.allows(f"{resource}:{verb}")):
            return
        raise self._scope_missing()

    def _scope_missing(self) -> Refusal:
        form = self.account.switch("missing_scope_body")
        if form == "object":
            return forbidden()
        if form == "text":
            return Refusal(403, "Forbidden")
        return plain(403, "Forbidden", "You do not have the required scope")

    def pace(self, buckets: list[Bucket]) -> dict[str, str]:
        """Counts the call in everywhere; the rate headers. Raises 429 and counts it nowhere."""
        now = self.account.now().timestamp()
        if not self.account.switch("rate_limits"):
            return {}
        whole = account_bucket(self.account)
        if self.windows.read(whole, now).remaining <= 0:
            raise self._too_fast(self.windows.read(whole, now), whole.key)
        for bucket in buckets:
            reading = self.windows.read(bucket, now)
            if reading.remaining <= 0:
                counted = self.windows.take(whole, now)
                raise self._too_fast(reading, bucket.key, self._headers([counted, reading]))
        taken = [self.windows.take(bucket, now) for bucket in (whole, *buckets)]
        return self._headers(taken)

    def _too_fast(
        self, reading: Reading, key: str, headers: dict[str, str] | None = None
    ) -> Refusal:
        waits = {"retry-after": str(reading.resets_seconds)}
        if key == "account":
            body = {
                "error": "APIRateLimitExceeded",
                "description": "Number of allowed API requests per minute exceeded",
            }
            return Refusal(429, body, {**self._headers([reading]), **waits})
        title = "Too many requests to update"
        return coded(429, "TooManyRequests", title, {**(headers or {}), **waits})

    def _headers(self, readings: list[Reading]) -> dict[str, str]:
        """The rate headers, by their names of today or of 2023."""
        old = self.account.switch("rate_limit_headers") == "2023"
        plain_names, named = ("rate-limit", "zendesk-rate-limit-") if old else (
            "ratelimit", "zendesk-ratelimit-"
        )  # fmt: skip
        sent: dict[str, str] = {}
        for reading in readings:
            limit, left = str(reading.bucket.limit), str(reading.remaining)
            if reading.bucket.key == "account":
                sent["x-rate-limit"] = limit
                sent["x-rate-limit-remaining"] = left
                sent[plain_names if old else f"{plain_names}-limit"] = limit
                sent[f"{plain_names}-remaining"] = left
                sent[f"{plain_names}-reset"] = str(reading.resets_seconds)
            elif reading.bucket.name is not None:
                sent[f"{named}{reading.bucket.name}"] = (
                    f"total={limit}; remaining={left}; resets={reading.resets_seconds}"
                )
        return sent

    def job_header(self, in_flight: int) -> dict[str, str]:
        """What a call that queues a job is told of the jobs in flight."""
        most = int(self.account.switch("jobs_in_flight"))
        old = self.account.switch("rate_limit_headers") == "2023"
        name = "zendesk-rate-limit-inflight-jobs" if old else "zendesk-ratelimit-inflight-jobs"
        return {name: f"total={most}; remaining={max(0, most - in_flight)}; resets=60"}
