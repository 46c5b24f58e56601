"""Zendesk: its organizations, end users and custom-object records follow an accounting system."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import date

from ml_connector.core.vendor import ConnectionSetting, OAuth, Token, Vendor
from ml_connector.vendors.zendesk.client import ZendeskClient
from ml_connector.vendors.zendesk.faults import zendesk_fault
from ml_connector.vendors.zendesk.limits import (
    DEFAULT_PLAN,
    PLANS,
    base_of,
    capabilities,
    zendesk_limits,
    zendesk_reading,
)
from ml_connector.vendors.zendesk.objects import (
    INVOICES,
    ORGANIZATIONS,
    PAYMENTS,
    TARGETS,
    USERS,
    record_object,
)
from ml_connector.vendors.zendesk.sidebar import packed
from ml_connector.vendors.zendesk.webhooks import NoWebhooks

__all__ = ["INVOICES", "ORGANIZATIONS", "PAYMENTS", "USERS", "VENDOR", "record_object"]

SETTINGS = (
    ConnectionSetting(
        "plan",
        DEFAULT_PLAN,
        "The account's plan, which sets its requests a minute and whether it has custom objects.",
        tuple(PLANS),
    ),
    ConnectionSetting(
        "pace",
        "0.8",
        "The part of the plan's requests a minute that may be used here; more than 1 with the "
        "High Volume add-on.",
    ),
)

ACCESS_SECONDS = 86_400
REFRESH_SECONDS = 7_776_000 - 1
"""Both are the longest that the API takes; without `expires_in` the answer does not tell it."""


def api_token(secrets: Mapping[str, str]) -> str:
    """Basic credentials of `<e-mail>/token` and the API token."""
    pair = f"{secrets['username']}/token:{secrets['api_token']}"
    return "Basic " + b64encode(pair.encode()).decode()


VENDOR = Vendor(
    name="zendesk",
    label="Zendesk",
    api_base="",  # each account has a host of its own
    auth_base="",
    hosts=(),
    sources=(),
    targets=TARGETS,
    settings=SETTINGS,
    secrets=("client_id", "client_secret", "refresh_token", "api_token", "username"),
    oauth=OAuth(
        authorize_path="/oauth/authorizations/new",
        token_path="/oauth/tokens",  # noqa: S106 - an address, no secret
        scope="read write",  # custom objects have no scope of their own
        client_auth="form",
        pkce=True,
        token_body="json",  # noqa: S106 - a form, no secret
        token_extra={"expires_in": ACCESS_SECONDS, "refresh_token_expires_in": REFRESH_SECONDS},
        token_scope=True,
        life_keys=("refresh_token_expires_in",),
    ),
    token=Token(("api_token", "username"), "Authorization", api_token, ends_on=date(2027, 4, 30)),
    client=ZendeskClient,
    limits=zendesk_limits,
    fault=zendesk_fault,
    reading=zendesk_reading,
    webhooks=NoWebhooks(),
    endpoint_of="connection",
    capabilities=capabilities,
    base_of=base_of,
    app_package=packed,
)
