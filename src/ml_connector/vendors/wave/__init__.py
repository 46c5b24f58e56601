"""Wave Accounting: a source of customers, invoices and the payments on them."""

from __future__ import annotations

from ml_connector.core.vendor import ConnectionSetting, OAuth, Token, Vendor
from ml_connector.vendors.wave.client import WaveClient
from ml_connector.vendors.wave.faults import wave_fault
from ml_connector.vendors.wave.ids import external_key
from ml_connector.vendors.wave.limits import wave_limits, wave_reading
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES
from ml_connector.vendors.wave.statements import PAYMENTS, STATEMENTS
from ml_connector.vendors.wave.webhooks import WaveWebhooks

VENDOR = Vendor(
    name="wave",
    label="Wave Accounting",
    api_base="https://gql.waveapps.com",
    auth_base="https://api.waveapps.com",
    hosts=("gql.waveapps.com", "api.waveapps.com"),
    sources=(CUSTOMERS, INVOICES, PAYMENTS, STATEMENTS),
    targets=(),
    settings=(
        ConnectionSetting(
            "business_id",
            "",
            "The business to read; needed where the Wave user has several.",
        ),
        ConnectionSetting(
            "webhook_signature",
            "timestamped",
            "How deliveries are signed: t and v1 over time and body, or bare hex over the body.",
            ("timestamped", "bare"),
        ),
        ConnectionSetting(
            "scopes",
            "user:read business:read customer:read invoice:read offline_access",
            "What is asked for at the consent; leave out offline_access where Wave refuses it.",
        ),
        ConnectionSetting("pace", "1.0", "Requests per second; 45 times as many in a minute."),
    ),
    secrets=(
        "full_access_token",
        "client_id",
        "client_secret",
        "refresh_token",
        "webhook_secret",
    ),
    oauth=OAuth(
        authorize_path="/oauth2/authorize/",
        token_path="/oauth2/token/",  # noqa: S106 - an address, no secret
        scope="user:read business:read customer:read invoice:read offline_access",
        client_auth="form",
        pkce=True,
        lapsed_status=403,
        account_setting="business_id",
    ),
    token=Token(
        ("full_access_token",),
        "Authorization",
        lambda given: f"Bearer {given['full_access_token']}",
    ),
    client=WaveClient,
    limits=wave_limits,
    fault=wave_fault,
    reading=wave_reading,
    webhooks=WaveWebhooks(),
    endpoint_of="app",
    readable_key=external_key,
)
