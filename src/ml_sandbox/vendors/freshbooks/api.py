"""The API as a whole: a request finds its family, its caller and its limit, and is answered.

Whatever goes wrong is shown in the family's own shape.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.freshbooks import api_elsewhere, errors
from ml_sandbox.vendors.freshbooks.api_accounting import AccountingApi
from ml_sandbox.vendors.freshbooks.api_events import EventsApi
from ml_sandbox.vendors.freshbooks.callbacks import Callbacks
from ml_sandbox.vendors.freshbooks.caller import Answer, Caller, Request
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row
from ml_sandbox.vendors.freshbooks.identity import Identity, shown_identity
from ml_sandbox.vendors.freshbooks.limits import Limits
from ml_sandbox.vendors.freshbooks.tokens import Pair, TokenBook

STALE_SECONDS = 30.0
LOST_SCOPE = "user:invoices:read"


def family_of(parts: list[str]) -> str:
    """Which family a path belongs to; empty for none."""
    heads = {
        ("auth", "api"): "auth",
        ("accounting", "account"): "accounting",
        ("accounting", "businesses"): "ledger",
        ("events", "account"): "events",
        ("projects", "business"): "business",
        ("timetracking", "business"): "business",
        ("payments", "account"): "payments",
    }
    return heads.get((parts[0], parts[1]), "") if len(parts) > 1 else ""


class Api:
    """`identity(user_id)` gives the identity behind a token."""

    def __init__(
        self,
        site: Site,
        book: TokenBook,
        identity: Callable[[int], Identity],
        callbacks: Callbacks,
    ) -> None:
        self._site = site
        self._book = book
        self._identity = identity
        self._limits = Limits()
        self._accounting = AccountingApi(site.created)
        self._events = EventsApi(callbacks, site.created)

    async def answer(self, request: Request) -> Answer:
        family = family_of(request.parts)
        headers: dict[str, str] = {}
        try:
            if not family:
                raise ApiError(404, Row(404, errors.NOT_FOUND))
            pair = self._authenticated(request)
            headers = self._admitted(family, request, pair)
            found = await self._routed(family, request, self._caller(pair))
            return Answer(found.status, found.body, {**headers, **found.headers})
        except ApiError as error:
            return self._refused(family, request, error, headers)

    def _authenticated(self, request: Request) -> Pair:
        """Lets ordered faults strike at the token first. Raises ApiError 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        now = self._site.now()
        token = token.strip()
        if self._site.fault("expire_access_token") is not None:
            self._book.expire(token)
        pair = self._book.access(token, now) if scheme.lower() == "bearer" else None
        if pair is None:
            raise errors.unauthorized()
        if self._site.fault("revoke_refresh_token") is not None:
            self._book.kill_refresh_tokens(pair.consent.user_id)
        lost = self._site.fault("revoke_scope")
        if lost is not None:
            pair.consent.lost_scopes.add(lost.scope or LOST_SCOPE)
        return pair

    def _admitted(self, family: str, request: Request, pair: Pair) -> dict[str, str]:
        """The headers of the limit. Raises ApiError 429, which carries them too."""
        identity = family == "auth"
        switch = "identity_limit_per_minute" if identity else "limit_per_minute"
        by = self._site.switch("limit_counts_by")
        account_id = "/".join(request.parts[1:3])
        key = {"token": pair.access_token, "account": account_id, "app": ""}[by]
        admitted, headers = self._limits.admit(
            "identity" if identity else "api", key, int(self._site.switch(switch)), self._site.now()
        )
        if not admitted:
            raise _TooFast(headers)
        return headers if self._site.switch("limit_headers") else {}

    def _caller(self, pair: Pair) -> Caller:
        def lag(*kinds: str) -> timedelta | None:
            for kind in kinds:
                rule = self._site.fault(kind)
                if rule is not None:
                    seconds = STALE_SECONDS if rule.seconds is None else rule.seconds
                    return timedelta(seconds=seconds)
            return None

        stale = lag("stale_read")
        identity = self._identity(pair.consent.user_id)
        return Caller(identity, pair.consent, stale, stale or lag("index_lag"))

    async def _routed(self, family: str, request: Request, caller: Caller) -> Answer:
        if family == "auth":
            return _me(request, caller)
        if family == "accounting":
            return self._accounting.answer(request, caller)
        if family == "events":
            return await self._events.answer(request, caller)
        if family == "business":
            return api_elsewhere.business(request, caller)
        if family == "payments":
            return api_elsewhere.online_payments(request, caller)
        return api_elsewhere.ledger(request, caller)

    def _refused(
        self, family: str, request: Request, error: ApiError, headers: dict[str, str]
    ) -> Answer:
        if isinstance(error, _TooFast):
            headers = error.headers
            if self._site.switch("limit_body") == "empty":
                return Answer(429, None, headers)
        status = error.status
        if family == "accounting":
            as_object = bool(self._site.switch("errors_as_object"))
            body = errors.accounting_body(error, request.newer_errors, as_object)
            if self._site.switch("errors_with_status_200") and status != 401:
                status = 200
        elif family == "events":
            body = errors.events_body(error, request.newer_errors)
        else:
            shapes = {
                "auth": errors.auth_body,
                "business": errors.business_body,
                "payments": errors.payments_body,
                "ledger": errors.ledger_body,
            }
            body = shapes.get(family, errors.business_body)(error)
        return Answer(status, body, headers)


class _TooFast(ApiError):
    """429; what the body of it is at FreshBooks is unknown, so it is the family's own shape."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__(429, Row(429, "Rate limit exceeded."))
        self.headers = headers


def _me(request: Request, caller: Caller) -> Answer:
    if request.method != "GET" or request.parts != ["auth", "api", "v1", "users", "me"]:
        raise ApiError(404, Row(404, errors.NOT_FOUND))
    caller.need("user:profile:read")
    return Answer(200, {"response": shown_identity(caller.identity)})
