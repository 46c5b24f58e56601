"""Acumatica Cloud ERP: orders, invoices and payments are read; customers, contacts and documents
are written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ml_connector.core.faults import Mistake
from ml_connector.core.vendor import ConnectionSetting, OAuth, Vendor
from ml_connector.vendors.acumatica.client import AcumaticaClient
from ml_connector.vendors.acumatica.entities import DEFAULT_VERSION, SINCE
from ml_connector.vendors.acumatica.faults import LOGIN_LIMIT, acumatica_fault
from ml_connector.vendors.acumatica.limits import acumatica_limits, acumatica_reading
from ml_connector.vendors.acumatica.objects import SOURCES
from ml_connector.vendors.acumatica.targets import TARGETS
from ml_connector.vendors.acumatica.webhooks import DEFAULT_HEADER, AcumaticaWebhooks

_CLIENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@\S.*", re.IGNORECASE)

SETTINGS = (
    ConnectionSetting(
        "endpoint_version",
        DEFAULT_VERSION,
        "The version of the Default endpoint; the instance must serve it, and ping lists those.",
    ),
    ConnectionSetting(
        "tenant", "", "The tenant, as it stands behind the @ of the client id; always needed."
    ),
    ConnectionSetting(
        "push_header", DEFAULT_HEADER, "The header by which push notifications are proven."
    ),
    ConnectionSetting(
        "requests_per_minute", "100", "What the licence allows, as form SM604000 says."
    ),
    ConnectionSetting("pace", "0.45", "The part of it that is used; Acumatica slows from 0.5 on."),
    ConnectionSetting(
        "direct_invoices",
        "no",
        "Whether sales invoices may be entered without an order (Advanced SO Invoices).",
        ("no", "yes"),
    ),
)


def check_client_id(client_id: str) -> None:
    """Raises Mistake unless it is `{GUID}@{tenant}`."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise Mistake(
            "This is no client id of Acumatica: it looks like "
            "4B9F8E2C-0000-0000-0000-000000000000@Tenant and stands on form SM303010."
        )


def capabilities(settings: Mapping[str, str]) -> frozenset[str]:
    """`contacts`: a contact can hold our key; `direct_invoices`: so can an invoice of its own."""
    version = settings.get("endpoint_version") or DEFAULT_VERSION
    able = {"contacts"} if version >= SINCE["Contact", "ExtRefNbr"] else set()
    if settings.get("direct_invoices") == "yes" and version >= SINCE["SalesInvoice", "ExternalRef"]:
        able.add("direct_invoices")
    return frozenset(able)


VENDOR = Vendor(
    name="acumatica",
    label="Acumatica",
    api_base="",
    auth_base="",
    hosts=(),
    sources=SOURCES,
    targets=TARGETS,
    settings=SETTINGS,
    secrets=(
        "client_id",
        "client_secret",
        "refresh_token",
        "username",
        "password",
        "webhook_secret",
    ),
    oauth=OAuth(
        authorize_path="/identity/connect/authorize",
        token_path="/identity/connect/token",  # noqa: S106 - an address, no secret
        scope="api offline_access",
        client_auth="form",
        pkce=True,
        password_grant=True,
        absolute_days=30,
        account_setting="tenant",
        check_client_id=check_client_id,
        busy_words=LOGIN_LIMIT,
    ),
    token=None,
    client=AcumaticaClient,
    limits=acumatica_limits,
    fault=acumatica_fault,
    reading=acumatica_reading,
    webhooks=AcumaticaWebhooks(),
    endpoint_of="connection",
    capabilities=capabilities,
)
