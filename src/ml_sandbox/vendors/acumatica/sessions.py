"""A session is an open sign-in: by cookie, or behind a token. The licence allows a few at once.

Which token shares a session with which is the sheet's table in section 2: one per access token,
one per grant with `offline_access`, and with `api:concurrent_access` one per cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica.errors import Failure

LIMIT_TEXT = "API Login Limit"


@dataclass
class Session:
    """`branch` is where its documents are entered. One with `idle_seconds` ends when not used."""

    key: str
    tenant: str
    branch: str
    until: datetime
    idle_seconds: float | None


class Sessions:
    """All sessions of the site, oldest first."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._open: dict[str, Session] = {}
        self._chance = site.random("sessions")

    def open_count(self) -> int:
        self._forget_ended()
        return len(self._open)

    def _forget_ended(self) -> None:
        now = self._site.now()
        for key in [k for k, session in self._open.items() if session.until <= now]:
            del self._open[key]

    def by_cookie(self, key: str) -> Session | None:
        """A living session, which the call keeps alive."""
        self._forget_ended()
        session = self._open.get(key)
        if session is not None and session.idle_seconds is not None:
            session.until = self._site.now() + timedelta(seconds=session.idle_seconds)
        return session

    def new_key(self) -> str:
        letters = "abcdefghijklmnopqrstuvwxyz012345"
        return "".join(self._chance.choices(letters, k=24))

    def open(self, key: str, tenant: str, branch: str, until: datetime | None = None) -> Session:
        """The session of that key, opened if it is not; raises the login limit's failure.

        Without an end it is one that ends when it is not used.
        """
        self._forget_ended()
        idle = None if until is not None else float(self._site.switch("session_idle_seconds"))
        if until is None:
            until = self._site.now() + timedelta(seconds=idle or 0)
        if key in self._open:
            self._open[key].until = until
            return self._open[key]
        self.check_slot()
        session = Session(key, tenant, branch, until, idle)
        self._open[key] = session
        return session

    def check_slot(self) -> None:
        """Raises the failure of a sign-in that finds no free slot."""
        slots = int(self._site.switch("login_slots"))
        if slots and self.open_count() >= slots:
            raise self.limit_failure()

    def limit_failure(self) -> Failure:
        status = int(self._site.switch("login_limit_status"))
        text = f"{LIMIT_TEXT}. The maximum number of API users is signed in."
        if self._site.switch("login_limit_body") == "text":
            return Failure(status, text)
        kind = "PX.Data.PXException"
        return Failure(status, {"message": text, "exceptionMessage": text, "exceptionType": kind})

    def close(self, key: str) -> None:
        self._open.pop(key, None)
