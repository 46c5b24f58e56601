"""Pipedrive: its records follow an accounting system, and its won deals are handed over to one."""

from __future__ import annotations

from ml_connector.core.ports import Chance
from ml_connector.core.vendor import ConnectionSetting, OAuth, Token, Vendor
from ml_connector.vendors.pipedrive.client import PipedriveClient
from ml_connector.vendors.pipedrive.faults import pipedrive_fault
from ml_connector.vendors.pipedrive.limits import PLANS, pipedrive_limits, pipedrive_reading
from ml_connector.vendors.pipedrive.objects import (
    ACTIVITIES,
    DEALS,
    ORGANIZATIONS,
    PERSONS,
    PRODUCTS,
    TARGETS,
)
from ml_connector.vendors.pipedrive.sources import SOURCES
from ml_connector.vendors.pipedrive.subscriptions import EVENTS
from ml_connector.vendors.pipedrive.uninstall import read_uninstall
from ml_connector.vendors.pipedrive.webhooks import PipedriveWebhooks

__all__ = ["ACTIVITIES", "DEALS", "ORGANIZATIONS", "PERSONS", "PRODUCTS", "VENDOR"]

SETTINGS = (
    ConnectionSetting(
        "plan",
        "lite",
        "The company's plan, which sets its rate windows and its tokens a day.",
        tuple(PLANS),
    ),
    ConnectionSetting("seats", "1", "Paid seats of the company; each brings tokens a day."),
    ConnectionSetting(
        "budget_share", "0.5", "The part of the company's tokens a day that may be used here."
    ),
    ConnectionSetting(
        "billing_day",
        "1",
        "The day of the month on which Pipedrive bills, asked again after a 402.",
    ),
    ConnectionSetting(
        "webhook_auth",
        "basic",
        "How deliveries are proven: Basic credentials, an HMAC signature, or either of them.",
        ("basic", "hmac", "both"),
    ),
    ConnectionSetting("pace", "1.0", "Calls in a window, as a part of what the plan allows."),
)


def webhook_secrets(chance: Chance) -> dict[str, str]:
    """Basic credentials for a new subscription."""
    return {"webhook_user": chance.token(16), "webhook_password": chance.token(40)}


VENDOR = Vendor(
    name="pipedrive",
    label="Pipedrive",
    api_base="https://api.pipedrive.com",
    auth_base="https://oauth.pipedrive.com",
    hosts=("*.pipedrive.com",),
    sources=SOURCES,
    targets=TARGETS,
    settings=SETTINGS,
    secrets=(
        "api_token",
        "client_id",
        "client_secret",
        "refresh_token",
        "webhook_user",
        "webhook_password",
        "webhook_secret",
    ),
    oauth=OAuth(
        authorize_path="/oauth/authorize",
        token_path="/oauth/token",  # noqa: S106 - an address, no secret
        scope="",  # fixed where the app is registered
        client_auth="basic",
        pkce=False,
        life_days=60,
        api_base_key="api_domain",
    ),
    token=Token(("api_token",), "x-api-token", lambda given: given["api_token"]),
    client=PipedriveClient,
    limits=pipedrive_limits,
    fault=pipedrive_fault,
    reading=pipedrive_reading,
    webhooks=PipedriveWebhooks(),
    endpoint_of="connection",
    webhook_secrets=webhook_secrets,
    events=EVENTS,
    uninstalled=read_uninstall,
)
