"""Wave as the sandbox knows it: two businesses of one user, wired to the site around them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.types import ASGIApp

from ml_sandbox.oauth import GrantBook
from ml_sandbox.vendor import Human, Record, Site, VendorKind
from ml_sandbox.vendors.wave import customer_desk, invoice_desk
from ml_sandbox.vendors.wave.books import Books
from ml_sandbox.vendors.wave.consent import Consent
from ml_sandbox.vendors.wave.endpoint import (
    AUTHORIZE_PATH,
    STALE_SECONDS,
    TOKEN_PATH,
    Endpoint,
)
from ml_sandbox.vendors.wave.human import WaveHuman
from ml_sandbox.vendors.wave.ids import encode, new_uuid
from ml_sandbox.vendors.wave.seed import Seed
from ml_sandbox.vendors.wave.session import Caller, Session
from ml_sandbox.vendors.wave.switch_table import SWITCHES
from ml_sandbox.vendors.wave.webhooks import Portal


@dataclass
class User:
    id: str
    first_name: str
    last_name: str
    default_email: str
    created_at: datetime
    modified_at: datetime


@dataclass
class Application:
    id: str
    client_id: str
    name: str
    created_at: datetime
    modified_at: datetime


class Wave:
    """One user with two businesses, one app, one webhook in the portal."""

    auth_path = AUTHORIZE_PATH
    token_path = TOKEN_PATH

    def __init__(self, site: Site) -> None:
        self._site = site
        chance = site.random("ids")
        self._chance = chance
        self._businesses = Seed(self, site.random("seed"), site.clock.start.date()).businesses(
            site.business
        )
        began = self._businesses[0].created_at
        email = "owner@bluebird.example"
        self._user = User(
            encode(f"User:{new_uuid(chance)}"), "Robin", "Bluebird", email, began, began
        )
        self._book = GrantBook(site.random("tokens"))
        self._consent = Consent(site, self._book, self._businesses, self._user.id)
        self._application = Application(
            encode(f"Application:{new_uuid(chance)}"),
            self._consent.client_id,
            "ml-connector",
            began,
            began,
        )
        self._full_access_token = self._book.new_secret(30)
        self._grant = self._consent.first_grant()
        self._webhook_secret = self._book.new_secret(40)
        self._portal = Portal(site, self.new_uuid, self._consented)
        self._inserted = 0
        for books in self._businesses:
            books.listeners.append(self._portal.tell)
        site.clock.on_day(self._turn_day)
        self._endpoint = Endpoint(
            site,
            self._book,
            self._consent,
            self._full_access_token,
            self._new_session,
            self._insert_between_pages,
            self.new_uuid,
        )
        self._human = WaveHuman(self._businesses)

    # --- what books take from the sandbox ---

    def now(self) -> datetime:
        """To the millisecond, which is all that the API shows."""
        now = self._site.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def switch(self, name: str) -> Any:
        return self._site.switch(name)

    def new_uuid(self) -> str:
        return new_uuid(self._chance)

    # --- what the sandbox's frame asks ---

    @property
    def app(self) -> ASGIApp:
        return self._endpoint

    @property
    def human(self) -> Human:
        return self._human

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        return self._endpoint.operations(method, path, body)

    def credentials(self) -> dict[str, str]:
        return {
            "full_access_token": self._full_access_token,
            "client_id": self._consent.client_id,
            "client_secret": self._consent.client_secret,
            "refresh_token": self._grant.refresh_token,
            "webhook_secret": self._webhook_secret,
        }

    def settings(self) -> dict[str, str]:
        return {"business_id": self._businesses[0].id, "allow_private_addresses": "true"}

    def set_webhook(self, url: str, secret: str, events: list[str]) -> Record:
        return self._portal.register(url, secret, events)

    # --- wiring ---

    def _consented(self, books: Books, scope: str) -> bool:
        """Whether a living grant may hear of that business: else it is silently skipped."""
        return self._book.consented(books.id, scope)

    def _turn_day(self) -> None:
        for books in self._businesses:
            invoice_desk.fall_due(books)

    def _new_session(self, caller: Caller | None) -> Session:
        def seconds(kind: str) -> float:
            rule = self._site.fault(kind)
            if rule is None:
                return 0.0
            return STALE_SECONDS if rule.seconds is None else rule.seconds

        return Session(
            self._site,
            caller,
            self._businesses,
            self._user,
            self._application,
            seconds("stale_read"),
            seconds("index_lag"),
        )

    def _insert_between_pages(self, session: Session) -> None:
        """By switch, a human enters records in bulk while a reader turns the pages."""
        count = int(self._site.switch("insert_between_pages"))
        books = self._businesses[0]
        for _ in range(count if session.pages_read else 0):
            self._inserted += 1
            name = f"Walk-in customer {self._inserted}"
            customer = customer_desk.create(books, {"name": name})
            product = next(iter(books.products.values()))
            invoice_desk.create(
                books, {"customerId": customer.id, "items": [{"productId": product.id}]}
            )


WAVE = VendorKind("wave", SWITCHES, Wave)
