"""A door is what is known of one address that vendors post to: whose deliveries it takes, and how
these are proven. Doors that were found are kept in memory; nothing in them outlives its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from ml_connector.core.vendor import Proofs, Vendor
from ml_connector.engine import proving
from ml_connector.engine.confirming import CODE, CODE_BEFORE
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import secrets_owner
from ml_connector.store import connections, formers
from ml_connector.store.connections import Endpoint
from ml_connector.store.database import Connection
from ml_connector.store.vault import get_secrets

MOST_DOORS = 20_000
LONGEST_PART = 200
"""Characters. Nothing that we give out is longer."""

KEPT_SECONDS = 60.0
"""So long another process's change of a secret or an address may stay unseen here."""

LISTED_SECONDS = 1.0

Names = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Door:
    """`ends_at` is when its address or one of its secrets ends, None where none does."""

    endpoint: Endpoint
    vendor: Vendor
    rows: tuple[connections.Row, ...]
    proofs: Proofs
    accounts: tuple[str, ...]
    """The vendor's own ids of the accounts that are connected."""
    newest: Proofs | None
    """The newest proof alone, where the one before it is still believed."""
    ends_at: datetime | None
    read_at: float
    """By the monotonic clock."""

    @property
    def is_callback(self) -> bool:
        return self.endpoint.owner.startswith("callback:")

    @property
    def leads_on(self) -> bool:
        """Whether there are other doors below it; else what stands below its address means
        nothing."""
        return self.vendor.endpoint_of == "callback" and not self.is_callback


@dataclass(frozen=True, slots=True)
class Ended:
    """An address that was replaced, and whose time is over."""

    endpoint: Endpoint


class Doors:
    """Those of this process. A path is an endpoint's token, and one of its subscriptions' after a
    slash."""

    def __init__(self, res: Resources) -> None:
        self._res = res
        self._known: dict[str, Door] = {}
        self._listed: Mapping[str, str] = {}
        self._listed_at: float | None = None

    def forget(self) -> None:
        """Connections or secrets changed."""
        self._known.clear()
        self._listed_at = None

    def drop(self, door: Door) -> None:
        """Its secrets changed."""
        self._known = {path: one for path, one in self._known.items() if one is not door}

    def known(self, path: str) -> Door | None:
        """The door, where it was found before and nothing in it has ended."""
        token, _, below = path.partition("/")
        door = self._known.get(path)
        if door is None and below:
            whole = self._known.get(token)
            door = None if whole is None or whole.leads_on else whole
        if door is None or self._res.clock.monotonic() - door.read_at > KEPT_SECONDS:
            return None
        is_over = door.ends_at is not None and door.ends_at <= self._res.clock.now()
        return None if is_over else door

    async def find(self, path: str) -> Door | Ended | None:
        """The door as it is now."""
        token, _, below = path.partition("/")
        if len(token) > LONGEST_PART or len(below) > LONGEST_PART:
            return None
        found = await self._res.store.read(lambda c: self._find(c, token, below))
        if isinstance(found, Door):
            for proof in (one for proofs in found.proofs.secrets.values() for one in proofs):
                self._res.redactor.learn(proof)
            if len(self._known) >= MOST_DOORS:
                self._known.clear()
            self._known[path if found.is_callback else token] = found
        return found

    async def may_exist(self, path: str) -> bool:
        """Whether every part is one that we gave out, as of a second ago; the store is asked no
        more than once in that time, however often this is."""
        now = self._res.clock.monotonic()
        if self._listed_at is None or now - self._listed_at >= LISTED_SECONDS:
            self._listed_at = now
            self._listed = await self._res.store.read(formers.all_tokens)
        token, _, below = path.partition("/")
        vendor = self._listed.get(token)
        if vendor is None:
            return False
        leads_on = self._res.vendors[vendor].endpoint_of == "callback"
        return not below or not leads_on or below in self._listed

    # --- one look into the store ----------------------------------------------------------------

    def _find(self, conn: Connection, token: str, below: str) -> Door | Ended | None:
        endpoint, until = connections.endpoint_by_token(conn, token), None
        now = self._res.clock.now()
        if endpoint is None:
            former = formers.find(conn, token)
            if former is None:
                return None
            endpoint, until = former
            if until <= now:
                return Ended(endpoint)
        vendor = self._res.vendors[endpoint.vendor]
        kind, _, id = endpoint.owner.partition(":")
        if kind == "callback":
            return None  # it is met only below its connection's address
        if vendor.endpoint_of == "callback" and below:
            callbacks = connections.callbacks_of(conn, id).values()
            own = [e for e in callbacks if compare_digest(e.token.encode(), below.encode())]
            if not own:
                return None
            endpoint = own[0]
        rows = connections.of_app(conn, id) if kind == "app" else _alone(conn, id)
        return self._door(conn, endpoint, vendor, rows, until)

    def _door(
        self, conn: Connection, endpoint: Endpoint, vendor: Vendor,
        rows: Sequence[connections.Row], until: datetime | None,
    ) -> Door:  # fmt: skip
        now, vault = self._res.clock.now(), self._res.vault
        codes: tuple[str, ...] = ()
        if endpoint.owner.startswith("callback:"):
            known = get_secrets(conn, vault, endpoint.owner)
            codes = tuple(known[name] for name in (CODE, CODE_BEFORE) if name in known)
        names: Names = {CODE: codes} if codes else {}
        ends = [until] if until is not None else []
        for owner in dict.fromkeys(secrets_owner(row, vendor.endpoint_of) for row in rows):
            told, end = proving.good(conn, vault, owner, now)
            names |= {name: (*names.get(name, ()), *values) for name, values in told.items()}
            ends += [end] if end is not None else []
        settings = {k: v for row in rows for k, v in row.settings.items()}
        accounts = [connections.account(conn, row.account) for row in rows if row.account]
        return Door(
            endpoint, vendor, tuple(rows), Proofs(names, settings),
            tuple(account.external_id for account in accounts if account),
            Proofs({CODE: codes[:1]}, settings) if len(codes) > 1 else None,
            min(ends, default=None), self._res.clock.monotonic(),
        )  # fmt: skip


def _alone(conn: Connection, id: str) -> list[connections.Row]:
    row = connections.get(conn, id)
    return [] if row is None else [row]
