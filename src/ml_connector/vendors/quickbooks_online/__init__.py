"""QuickBooks Online: a source of customers and what they owe."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.core.vendor import ConnectionSetting, OAuth, Vendor
from ml_connector.vendors.quickbooks_online.client import QuickBooksClient
from ml_connector.vendors.quickbooks_online.faults import quickbooks_fault
from ml_connector.vendors.quickbooks_online.limits import (
    MONTHLY_READS,
    PACE,
    quickbooks_limits,
    quickbooks_reading,
)
from ml_connector.vendors.quickbooks_online.objects import (
    CREDIT_MEMOS,
    CUSTOMERS,
    INVOICES,
    PAYMENTS,
    TERMS,
)
from ml_connector.vendors.quickbooks_online.webhooks import QuickBooksWebhooks

PRODUCTION, SANDBOX = "quickbooks.api.intuit.com", "sandbox-quickbooks.api.intuit.com"


def base_of(settings: Mapping[str, str]) -> str:
    """The API's host of the environment, which the app's keys belong to as well."""
    is_sandbox = settings.get("environment") == "sandbox"
    return f"https://{SANDBOX if is_sandbox else PRODUCTION}"


VENDOR = Vendor(
    name="quickbooks_online",
    label="QuickBooks Online",
    api_base=f"https://{PRODUCTION}",
    auth_base="https://appcenter.intuit.com",
    hosts=(PRODUCTION, SANDBOX, "oauth.platform.intuit.com"),
    sources=(CUSTOMERS, INVOICES, PAYMENTS, CREDIT_MEMOS, TERMS),
    targets=(),
    settings=(
        ConnectionSetting(
            "realm_id", "", "The company, by its realm id; the consent tells it by itself."
        ),
        ConnectionSetting(
            "environment",
            "production",
            "Whose keys these are: production for live companies, sandbox for Intuit's test ones.",
            ("production", "sandbox"),
        ),
        ConnectionSetting(
            "monthly_reads",
            MONTHLY_READS,
            "Reads a month that Intuit allows the app, over all companies; 0 where it meters none.",
        ),
        ConnectionSetting("pace", PACE, "Requests per second."),
    ),
    secrets=("client_id", "client_secret", "refresh_token", "webhook_secret"),
    oauth=OAuth(
        authorize_path="https://appcenter.intuit.com/connect/oauth2",
        token_path="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 - an address, no secret
        scope="com.intuit.quickbooks.accounting",
        client_auth="basic",
        pkce=False,
        token_headers={"x-include-refresh-token-hard-expires-in": "true"},
        life_days=100,
        life_keys=("x_refresh_token_expires_in", "x_refresh_token_hard_expires_in"),
        account_key="realmId",
        account_setting="realm_id",
        https_redirect_only=True,
    ),
    token=None,
    client=QuickBooksClient,
    limits=quickbooks_limits,
    fault=quickbooks_fault,
    reading=quickbooks_reading,
    webhooks=QuickBooksWebhooks(),
    endpoint_of="app",
    base_of=base_of,
)
