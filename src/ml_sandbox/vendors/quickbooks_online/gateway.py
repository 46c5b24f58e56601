"""The gateway stands before the services: whose token, which company, how fast, how many reads.

It refuses in its own words, not in a service's (sheet, section 8), and knows nothing of records.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ml_sandbox.vendor import Site

from .clocktext import today
from .company import Company
from .consent import ACCOUNTING
from .errors import GatewayNo
from .keys import Grant, Keyring
from .limits import Limits

_FORMS = ("json", "xml", "empty")


@dataclass(frozen=True)
class Caller:
    """An identified request."""

    company: Company
    grant: Grant


class Gateway:
    def __init__(self, site: Site, ring: Keyring, companies: Sequence[Company]) -> None:
        self._site = site
        self._ring = ring
        self._companies = {company.realm: company for company in companies}
        self._limits = Limits()
        self._refused = 0

    def identify(self, headers: Mapping[str, str], realm: str) -> Caller:
        """Raises GatewayNo: 401 without a living token, 403 for another's company."""
        grant = self.grant(headers)
        if grant is None:
            raise self._unauthorized()
        lost = self._site.fault("revoke_scope")
        if lost is not None:
            grant.lost_scopes.append(lost.scope or ACCOUNTING)
        if self._site.fault("revoke_refresh_token") is not None:
            self._ring.drop_refresh_token(grant)
        if grant.app.environment != self._site.switch("host_environment"):
            if self._site.switch("wrong_environment_answer") == "100":
                raise self._general()
            raise _forbidden()
        company = self._companies.get(realm)
        if company is None or grant.realm != realm or not grant.allows(ACCOUNTING):
            raise _forbidden()
        return Caller(company, grant)

    def grant(self, headers: Mapping[str, str]) -> Grant | None:
        """The grant of the bearer token. An ordered fault may end the token here."""
        kind, _, text = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        if self._site.fault("expire_access_token") is not None:
            self._ring.expire(text.strip())
        return self._ring.access(text.strip(), self._site.now())

    def _unauthorized(self) -> GatewayNo:
        form = str(self._site.switch("unauthorized_form"))
        if form == "code_100":
            return self._general()
        detail = "Token expired"
        return GatewayNo(401, "3200", "AuthenticationFailed", detail, "AUTHENTICATION", form)

    def _general(self) -> GatewayNo:
        """Code 100 was recorded in XML (PQ#120)."""
        word = "General Authentication Error"
        return GatewayNo(401, "100", word, None, "AUTHENTICATION", "xml")

    # --- pace ---

    def enter(self, caller: Caller, is_batch: bool, reads: int) -> None:
        """Counts a request in. Raises GatewayNo 429 where a limit or the month's reads are out."""
        app = caller.grant.app
        month = today(self._site.now()).strftime("%Y-%m")
        most = int(self._site.switch("monthly_reads"))
        metered = bool(reads) and app.environment == "production"
        if metered and most and app.reads.get(month, 0) + reads > most:
            raise self._throttled(None)
        if self._site.switch("rate_limits"):
            hold = timedelta(seconds=float(self._site.switch("throttle_seconds")))
            now = self._site.now()
            wait = self._limits.enter(caller.company.realm, app.client_id, is_batch, now, hold)
            if wait is not None:
                raise self._throttled(wait)
        if metered:
            app.reads[month] = app.reads.get(month, 0) + reads

    def begin(self, caller: Caller) -> None:
        self._limits.begin(caller.company.realm, caller.grant.app.client_id)

    def end(self, caller: Caller) -> None:
        self._limits.end(caller.company.realm, caller.grant.app.client_id)

    def throttled_mail(self) -> GatewayNo:
        """Sandbox companies send forty e-mails a day."""
        return self._throttled(None)

    def _throttled(self, wait: timedelta | None) -> GatewayNo:
        form = str(self._site.switch("throttle_form"))
        if form == "varied":
            form = _FORMS[self._refused % len(_FORMS)]
        self._refused += 1
        headers = {}
        if wait is not None and self._site.switch("retry_after_header"):
            headers["retry-after"] = str(math.ceil(wait.total_seconds()))
        detail = "The request limit was reached.  Try again later"
        return GatewayNo(429, "3001", "ThrottleExceeded", detail, "SERVICE", form, headers)


def _forbidden() -> GatewayNo:
    return GatewayNo(403, "3100", "AuthorizationFailed", None, "SERVICE")
