"""FreshBooks: a source of clients, invoices and the payments on them."""

from __future__ import annotations

from ml_connector.core.vendor import ConnectionSetting, OAuth, Vendor
from ml_connector.vendors.freshbooks.callbacks import EVENTS
from ml_connector.vendors.freshbooks.client import FreshBooksClient
from ml_connector.vendors.freshbooks.faults import freshbooks_fault
from ml_connector.vendors.freshbooks.limits import PACE, freshbooks_limits, freshbooks_reading
from ml_connector.vendors.freshbooks.objects import CLIENTS, INVOICES, PAYMENTS
from ml_connector.vendors.freshbooks.webhooks import FreshBooksWebhooks, read_handshake

SCOPES = "user:profile:read user:clients:read user:invoices:read user:payments:read"
"""A fixed list: one that the app lacks makes FreshBooks refuse the whole consent, unnamed."""

VENDOR = Vendor(
    name="freshbooks",
    label="FreshBooks",
    api_base="https://api.freshbooks.com",
    auth_base="https://api.freshbooks.com",
    hosts=("api.freshbooks.com",),
    sources=(CLIENTS, INVOICES, PAYMENTS),
    targets=(),
    settings=(
        ConnectionSetting(
            "account_id",
            "",
            "The business to read, by its account id; needed where the user is in several.",
        ),
        ConnectionSetting(
            "webhook_signature",
            "verifier",
            "How deliveries are signed: by the callback's verifier over the form as JSON, or raw: "
            "by webhook_secret over the raw body.",
            ("verifier", "raw"),
        ),
        ConnectionSetting(
            "scopes", SCOPES, "What is asked for at the consent; the app must enable each of them."
        ),
        ConnectionSetting("pace", PACE, "Requests per second."),
    ),
    secrets=("client_id", "client_secret", "refresh_token", "webhook_secret"),
    oauth=OAuth(
        authorize_path="https://auth.freshbooks.com/oauth/authorize/",
        token_path="/auth/oauth/token",  # noqa: S106 - an address, no secret
        scope=SCOPES,
        client_auth="form",
        pkce=True,
        https_redirect_only=True,
        one_live_grant=True,
        account_setting="account_id",
    ),
    token=None,
    client=FreshBooksClient,
    limits=freshbooks_limits,
    fault=freshbooks_fault,
    reading=freshbooks_reading,
    webhooks=FreshBooksWebhooks(),
    endpoint_of="callback",
    events=EVENTS,
    handshake=read_handshake,
)
