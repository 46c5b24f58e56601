"""The simulated Pipedrive as one object: account, API, OAuth, pages and subscriptions, wired."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from .account import Account, Actor, ReadSwitch
from .api import Api
from .api_v1 import Reachable
from .deliveries import Deliveries
from .desk import Desk
from .furniture import FIRST_USER_ID, HUMAN_USER_ID, OPENED_AGO, furnish, set_up
from .gateway import Gateway
from .grants import Grants
from .oauth import OAuth
from .pages import Pages
from .subscriptions import Subscriptions


class Pipedrive:
    """One account of one world.

    `now()` is the sandbox's clock, `switch(name)` reads a switch without its prefix, `api_domain()`
    is the vendor's own base address, `index_lag_seconds()` how far the search lags right now.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        switch: ReadSwitch,
        randomness: random.Random,
        api_domain: Callable[[], str],
        index_lag_seconds: Callable[[], float],
        stale_seconds: Callable[[], float],
        reachable: Reachable,
        default_currency: str = "USD",
    ) -> None:
        opened = now() - OPENED_AGO
        self.account = Account(lambda: opened, switch, randomness)
        furnish(self.account, default_currency)
        self.desk = Desk(self.account, index_lag_seconds, stale_seconds)
        self.subscriptions = Subscriptions(self.account)
        self.api_token = f"{randomness.getrandbits(160):040x}"
        self.webhook_secret = f"{randomness.getrandbits(256):064x}"
        client_id = f"{randomness.getrandbits(64):016x}"
        client_secret = f"{randomness.getrandbits(160):040x}"
        self.grants = Grants(self.account, client_id, client_secret)
        self.gateway = Gateway(self.account, self.grants, {self.api_token: FIRST_USER_ID})
        self.api = Api(self.desk, self.gateway, self.subscriptions, reachable)
        self.oauth = OAuth(self.account, self.grants, api_domain, self.subscriptions.uninstall)
        self.pages = Pages(self.desk, self.subscriptions, HUMAN_USER_ID)
        self.deliveries = Deliveries(self.account, self.subscriptions, self.webhook_secret)
        set_up(self.desk, Actor(FIRST_USER_ID, "app"))
        self.account.now = now
        self.refresh_token = self.grants.new_grant(FIRST_USER_ID).refresh_token

    def credentials(self) -> dict[str, str]:
        """The ready line's credentials, with a grant that is consented already."""
        return {
            "api_token": self.api_token,
            "client_id": self.grants.client_id,
            "client_secret": self.grants.client_secret,
            "refresh_token": self.refresh_token,
            "webhook_secret": self.webhook_secret,
        }
