"""Pipedrive as the sandbox knows it: built from a site, wired to its faults and its way out."""

from __future__ import annotations

from starlette.types import ASGIApp

from ml_sandbox import operations, refusal
from ml_sandbox.business.cast import OWNER_CURRENCY
from ml_sandbox.vendor import Record, Site, VendorKind

from .account import Event
from .history import move_in
from .http import HttpFace
from .human import PipedriveHuman
from .subscriptions import SubscriptionBody
from .switch_table import SWITCHES
from .vendor import Pipedrive

DEFAULT_LAG_SECONDS = 5.0


class SitedPipedrive:
    """The `Vendor` of the sandbox's frame."""

    auth_path = "/oauth/authorize"
    token_path = "/oauth/token"

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lag_seconds = 0.0
        self._stale_seconds = 0.0
        self.vendor = Pipedrive(
            now=site.now,
            switch=site.switch,
            randomness=site.random("account"),
            api_domain=lambda: site.base_url,
            index_lag_seconds=lambda: self._lag_seconds or float(site.switch("index_lag_seconds")),
            stale_seconds=lambda: self._stale_seconds,
            reachable=self._reachable,
            default_currency=OWNER_CURRENCY,
        )
        move_in(self.vendor.desk, site.business, site.random("history"))
        self.vendor.account.listeners.append(self._deliver)
        self._face = HttpFace(self.vendor, self._strike, site.spend_tokens, self._created)
        self._human = PipedriveHuman(self.vendor.pages)

    @property
    def app(self) -> ASGIApp:
        return self._face

    @property
    def human(self) -> PipedriveHuman:
        return self._human

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        return (operations.of_path(method, path),)

    def credentials(self) -> dict[str, str]:
        return self.vendor.credentials()

    def settings(self) -> dict[str, str]:
        return {
            "plan": str(self._site.switch("plan")),
            "seats": str(self._site.switch("seats")),
            "allow_private_addresses": "true",
        }

    def set_webhook(self, url: str, secret: str, events: list[str]) -> Record:
        raise refusal.Refusal(404, "Pipedrive has no such portal: POST to its webhooks instead")

    def _deliver(self, event: Event) -> None:
        for delivery in self.vendor.deliveries.of(event):
            self._site.deliver(delivery)

    def _created(self, noun: str, how_many: int) -> None:
        for _ in range(how_many):
            self._site.created(noun)

    async def _reachable(self, asked: SubscriptionBody) -> bool:
        """Any answer that is no redirect will do; what is posted shows the credentials agreed."""
        if not self._site.accepts_receiver(asked.subscription_url):
            return False
        headers = self.vendor.deliveries.headers(asked.model_dump(), b"{}")
        status = await self._site.reaches(asked.subscription_url, headers, b"{}")
        return status is not None and not 300 <= status < 400

    def _strike(self, headers: dict[str, str], form: dict[str, str]) -> None:
        """Lets ordered faults strike at this request: its tokens, its index, its reads."""
        grants = self.vendor.grants
        access = headers.get("authorization", "").partition(" ")[2].strip()
        if self._site.fault("expire_access_token") is not None:
            grants.expire(access)
        if self._site.fault("revoke_refresh_token") is not None:
            grants.drop_refresh_token(access, form.get("refresh_token", ""))
        scope = self._site.fault("revoke_scope")
        if scope is not None:
            grants.drop_scope(access, scope.scope)
        lag = self._site.fault("index_lag")
        self._lag_seconds = 0.0 if lag is None else _seconds(lag.seconds)
        stale = self._site.fault("stale_read")
        self._stale_seconds = 0.0 if stale is None else _seconds(stale.seconds)


def _seconds(ordered: float | None) -> float:
    return DEFAULT_LAG_SECONDS if ordered is None else ordered


KIND = VendorKind("pipedrive", SWITCHES, SitedPipedrive)
