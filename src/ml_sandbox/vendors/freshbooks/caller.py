"""A caller is one identified request: who, with which token, at which account, and how fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ml_sandbox.vendors.freshbooks import errors
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row
from ml_sandbox.vendors.freshbooks.identity import Identity
from ml_sandbox.vendors.freshbooks.tokens import Consent


@dataclass(frozen=True)
class Answer:
    """A status, a JSON body (None for none) and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Caller:
    """`read_lag` and `list_lag` are how old single reads and lists are on purpose."""

    identity: Identity
    consent: Consent
    read_lag: timedelta | None = None
    list_lag: timedelta | None = None

    def need(self, scope: str) -> None:
        """Raises ApiError 403, which names the scopes that are held and the one that is not."""
        if self.consent.allows(scope):
            return
        held = " ".join(s for s in self.consent.scopes if self.consent.allows(s))
        message = f"Token has scopes: {held}; the request needs scopes: {scope}"
        raise ApiError(403, Row(errors.ACCESS_DENIED, message))

    def account(self, account_id: str) -> Account:
        """Raises ApiError 404 with errno 404 for an account that is not the caller's."""
        found = self.identity.account(account_id)
        if found is None:
            raise ApiError(404, Row(404, "Account not found."))
        if found.switch("account_inactive"):
            raise ApiError(403, Row(errors.INACTIVE_ACCOUNT, "The account is inactive."))
        return found


@dataclass(frozen=True)
class Request:
    """What came in, below the vendor's prefix; header names are in lower case."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def parts(self) -> list[str]:
        return [part for part in self.path.split("/") if part]

    @property
    def newer_errors(self) -> bool:
        """Whether a version header chooses the newer bodies; any value of it does."""
        return any(self.headers.get(name) for name in ("x-api-version", "api-version"))
