"""FreshBooks as the sandbox knows it: two accounts, two identities, one app, wired to the site."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.types import ASGIApp

from ml_sandbox import operations
from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Human, Record, Site, VendorKind
from ml_sandbox.vendors.freshbooks import invoice_desk
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.api import Api
from ml_sandbox.vendors.freshbooks.callbacks import Callbacks
from ml_sandbox.vendors.freshbooks.consent import ConsentDesk
from ml_sandbox.vendors.freshbooks.http import HttpFace
from ml_sandbox.vendors.freshbooks.human import FreshBooksHuman
from ml_sandbox.vendors.freshbooks.identity import Identity, Membership
from ml_sandbox.vendors.freshbooks.records import Actor
from ml_sandbox.vendors.freshbooks.seed import Seed
from ml_sandbox.vendors.freshbooks.switch_table import SWITCHES
from ml_sandbox.vendors.freshbooks.times import day_of
from ml_sandbox.vendors.freshbooks.tokens import TokenBook

OWNER_ID, ACCOUNTANT_ID = 7788, 9034
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class FreshBooks:
    """The `Vendor` of the sandbox's frame."""

    auth_path = "/oauth/authorize"
    token_path = "/auth/oauth/token"

    def __init__(self, site: Site) -> None:
        self._site = site
        self._chance = site.random("ids")
        seed = Seed(self, site.random("seed"), site.clock.start.date())
        self._accounts = seed.accounts(site.business, Actor(OWNER_ID, 1))
        self._identities = {one.id: one for one in self._people()}
        book = TokenBook(site.random("tokens"))
        self._consent = ConsentDesk(site, book, self._consenting)
        self._refresh_token = self._consent.first_pair(OWNER_ID).refresh_token
        self._webhook_secret = book.hexadecimal()
        self._callbacks = Callbacks(site, self._webhook_secret)
        for account in self._accounts:
            account.listeners.append(self._callbacks.tell)
        api = Api(site, book, self._identities.__getitem__, self._callbacks)
        self._face = HttpFace(api, self._consent)
        self._human = FreshBooksHuman(self._accounts, self._callbacks)
        self._last_day = day_of(self.now(), str(site.switch("day_boundary_zone")))
        site.clock.on_day(self._turn_day)

    def _people(self) -> list[Identity]:
        """The owner is also the client of a business that has no account to show."""
        first, second = self._accounts
        far = Membership(
            140_777, "client", 6733, self.new_uuid(), "Harbor Lane Bakery Supplies", None
        )
        own = [_member(140_130, "owner", first), _member(140_135, "owner", second), far]
        lent = [_member(151_002, "business_accountant", second)]
        robin = ("Robin", "Bluebird", "owner@bluebird.example")
        noor = ("Noor", "Castellanos", "noor@ledgerly.example")
        return [
            Identity(OWNER_ID, self.new_uuid(), *robin, 1, own),
            Identity(ACCOUNTANT_ID, self.new_uuid(), *noor, 7, lent),
        ]

    def _consenting(self) -> int:
        return OWNER_ID if self._site.switch("consent_user") == "owner" else ACCOUNTANT_ID

    # --- what accounts take from the sandbox ---

    def now(self) -> datetime:
        return self._site.now()

    def switch(self, name: str) -> Any:
        return self._site.switch(name)

    def new_uuid(self) -> str:
        digits = f"{self._chance.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def new_word(self, length: int) -> str:
        return "".join(self._chance.choices(_LETTERS, k=length))

    # --- what the sandbox's frame asks ---

    @property
    def app(self) -> ASGIApp:
        return self._face

    @property
    def human(self) -> Human:
        return self._human

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        """The short account id, too short to be told from a word, is an id here."""
        parts = path.split("/")
        for place, part in enumerate(parts[:-1]):
            if part in ("account", "business", "businesses") and place in (2, 3):
                parts[place + 1] = "{id}"
        return (operations.of_path(method, "/".join(parts).rstrip("/") or "/"),)

    def credentials(self) -> dict[str, str]:
        return {
            "client_id": self._consent.client_id,
            "client_secret": self._consent.client_secret,
            "refresh_token": self._refresh_token,
            "webhook_secret": self._webhook_secret,
        }

    def settings(self) -> dict[str, str]:
        return {"account_id": self._accounts[0].id, "allow_private_addresses": "true"}

    def set_webhook(self, url: str, secret: str, events: list[str]) -> Record:
        raise Refusal(404, "FreshBooks has no such portal: register callbacks through its API")

    def _turn_day(self) -> None:
        for account in self._accounts:
            self._fall_due(account)
        self._last_day = self._accounts[0].today()

    def _fall_due(self, account: Account) -> None:
        today = account.today()
        if today > self._last_day:
            invoice_desk.fall_due(account, self._last_day, today)


def _member(number: int, role: str, account: Account) -> Membership:
    return Membership(
        number, role, account.business_id, account.business_uuid, account.name, account
    )


FRESHBOOKS = VendorKind("freshbooks", SWITCHES, FreshBooks)
