"""A session is one GraphQL request of one caller: what it may see, and how fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from ml_sandbox.oauth import Grant
from ml_sandbox.vendors.wave.books import Books, RecordT, Table
from ml_sandbox.vendors.wave.errors import coded, not_found, unauthenticated
from ml_sandbox.vendors.wave.records import Customer, Invoice, Payment


class SessionSite(Protocol):
    """What a session asks of the sandbox."""

    def switch(self, name: str) -> Any: ...
    def now(self) -> datetime: ...
    def created(self, noun: str) -> None: ...


@dataclass
class Caller:
    """An identified request: `grant` is None for the full access token, which may do all."""

    token: str
    grant: Grant | None


@dataclass
class Session:
    """`stale_seconds` and `list_lag_seconds` are how old single reads and lists are on purpose."""

    site: SessionSite
    caller: Caller | None
    businesses: Sequence[Books]
    user: Any
    application: Any
    stale_seconds: float = 0.0
    list_lag_seconds: float = 0.0
    pages_read: int = 0

    def identified(self) -> Caller:
        """Raises the UNAUTHENTICATED error where nobody is."""
        if self.caller is None:
            raise unauthenticated()
        return self.caller

    def need(self, scope: str) -> None:
        """Raises where the token was not granted `resource:operation`, nor `resource:*`."""
        grant = self.identified().grant
        if grant is None:
            return
        resource = scope.partition(":")[0]
        lost = scope in grant.lost_scopes
        if lost or not (grant.allows(scope) or grant.allows(f"{resource}:*")):
            code = str(self.site.switch("missing_scope_code"))
            raise coded(f"The scope {scope} is required.", code)

    def visible(self) -> list[Books]:
        """The businesses of this token: one if it is bound to one, else all of the user's."""
        grant = self.identified().grant
        bound = grant is not None and grant.account
        return [b for b in self.businesses if not bound or (grant and b.id == grant.account)]

    def business(self, key: str | None) -> Books:
        """A business by id, or the token's own. Raises NOT_FOUND."""
        visible = self.visible()
        if key is None:
            return visible[0]
        for books in visible:
            if books.id == key:
                return books
        raise not_found("Business", key)

    def customer(self, key: str) -> Customer:
        return self._find("Customer", key, [books.customers for books in self.visible()])

    def invoice(self, key: str) -> Invoice:
        return self._find("Invoice", key, [books.invoices for books in self.visible()])

    def payment(self, key: str) -> Payment:
        return self._find("Payment", key, [books.payments for books in self.visible()])

    def _find(self, kind: str, key: str, tables: Sequence[Table[RecordT]]) -> RecordT:
        for table in tables:
            record = table.by_id(key)
            if record is not None and not record.is_deleted:
                return record
        raise not_found(kind, key)

    def single_moment(self) -> datetime | None:
        """The moment that a stale single read shows, None for now."""
        return self._ago(self.stale_seconds)

    def list_moment(self) -> datetime | None:
        """The moment that a stale or lagging list shows, None for now."""
        return self._ago(max(self.stale_seconds, self.list_lag_seconds))

    def _ago(self, seconds: float) -> datetime | None:
        return self.site.now() - timedelta(seconds=seconds) if seconds > 0 else None
