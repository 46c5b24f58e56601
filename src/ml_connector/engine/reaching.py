"""Reaching: which addresses a connection with these settings may call, and where it consents.

Every connection of every vendor has the common settings; the vendor declares its own beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from ml_connector.core.faults import Mistake
from ml_connector.core.vendor import Vendor
from ml_connector.engine.resources import Resources
from ml_connector.http.guard import Guard
from ml_connector.http.oauth import OAuthApp, OAuthDance

COMMON_SETTINGS: tuple[tuple[str, str], ...] = (
    ("base_url", "The address of the vendor's API, where it is not the usual one."),
    ("auth_url", "The address of the consent page, where it is not the usual one."),
    ("token_url", "The address for tokens, where it is not the usual one."),
    ("auth", "How to authenticate where several ways are given: oauth, token or password."),
    ("allow_private_addresses", "true lets this connection call this machine and its network."),
)
ADDRESSES = ("base_url", "auth_url", "token_url")


def guard_of(vendor: Vendor, settings: Mapping[str, str]) -> Guard:
    """Which addresses a connection with these settings may call."""
    own = [settings[name] for name in ADDRESSES if settings.get(name)]
    allowed = settings.get("allow_private_addresses") == "true"
    return Guard(vendor.hosts, own, private_allowed=allowed)


def dance_of(
    res: Resources,
    vendor: Vendor,
    settings: Mapping[str, str],
    app_secrets: Mapping[str, str],
    redirect_url: str = "",
) -> OAuthDance:
    """The OAuth dance of a connection: addresses from its settings, else the vendor's own.

    Raises Mistake where a setting lacks that names one of them.
    """
    guard = guard_of(vendor, settings)
    app = OAuthApp(
        client_id=app_secrets.get("client_id", ""),
        client_secret=app_secrets.get("client_secret", ""),
        redirect_url=redirect_url or app_secrets.get("redirect_url", ""),
        authorize_url=_address(vendor, settings, guard, "auth_url", vendor.oauth.authorize_path),
        token_url=_address(vendor, settings, guard, "token_url", vendor.oauth.token_path),
    )
    oauth = replace(vendor.oauth, scope=settings.get("scopes") or vendor.oauth.scope)
    return OAuthDance(
        vendor.label, oauth, app, transport=res.transport, guard=guard,
        redactor=res.redactor, clock=res.clock,
    )  # fmt: skip


def _address(
    vendor: Vendor, settings: Mapping[str, str], guard: Guard, name: str, path: str
) -> str:
    """As the person set it; else the vendor's one address for all, or the path below a base.

    What belongs to an address of the person's own never goes to the vendor's real one: the vendor's
    paths are expected below it.
    """
    own, base = settings.get(name), settings.get("base_url", "")
    if own:
        return own
    if path.startswith("https://"):
        if not base or guard.is_vendors(base):
            return path
        path = urlsplit(path).path
    base = base or vendor.auth_base
    if not base:
        raise Mistake(f"{vendor.label} needs the address of yours: give --base-url https://….")
    return base.rstrip("/") + path
