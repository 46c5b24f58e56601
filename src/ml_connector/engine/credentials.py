"""Credentials are what a person gave for one connection: settings, secrets, and so the way in.

A way is oauth (a person's consent), token (a static one that a person made at the vendor) or
password (a user's own name and password, where the vendor still has this grant).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ml_connector.core.faults import Mistake
from ml_connector.core.vendor import Vendor
from ml_connector.engine.reaching import ADDRESSES, COMMON_SETTINGS, guard_of
from ml_connector.engine.resources import Resources
from ml_connector.http.guard import declared_base
from ml_connector.store import connections
from ml_connector.store.vault import get_secrets

APP_SECRETS = ("client_id", "client_secret")
LOGIN_SECRETS = ("username", "password")
OPEN_SECRETS = ("client_id", "username")
"""Kept like secrets, but they only name somebody and open nothing: a consent's address shows one,
and a person is told the other. Hiding them everywhere would hide parts of ordinary words."""
How = Literal["oauth", "token", "password"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person gave for one connection."""

    workspace: str
    vendor: str
    name: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    redirect_url: str = ""

    @property
    def proofs(self) -> list[str]:
        """The names of the secrets by which we authenticate; those of webhooks are others."""
        return [name for name in self.secrets if not name.startswith("webhook_")]


def vendor_named(res: Resources, name: str) -> Vendor:
    """The vendor of that name. Raises Mistake that lists them all."""
    vendor = res.vendors.get(name)
    if vendor is None:
        raise Mistake(f"There is no vendor {name}. There are: {', '.join(sorted(res.vendors))}.")
    return vendor


def ways(vendor: Vendor) -> dict[How, tuple[str, ...]]:
    """The ways in that a vendor has, with the secrets that each takes from the start."""
    known: dict[How, tuple[str, ...]] = {"oauth": APP_SECRETS}
    if vendor.token is not None:
        known["token"] = vendor.token.secrets
    if vendor.oauth.password_grant:
        known["password"] = (*APP_SECRETS, *LOGIN_SECRETS)
    return known


def check(res: Resources, vendor: Vendor, given: Credentials) -> None:
    """Raises Mistake for a setting or secret that the vendor does not have, or a bad value."""
    _check_settings(vendor, given)
    unknown = [name for name in given.secrets if name not in vendor.secrets]
    if unknown:
        raise Mistake(
            f"{vendor.label} takes no secret {', '.join(unknown)}. "
            f"It takes: {', '.join(vendor.secrets)}."
        )
    if vendor.oauth.check_client_id is not None and given.secrets.get("client_id"):
        vendor.oauth.check_client_id(given.secrets["client_id"])
    guard = guard_of(vendor, given.settings)
    for name in ADDRESSES:
        if given.settings.get(name):
            guard.check_setting(name, given.settings[name])
    declared_base(vendor, given.settings)
    vendor.limits(given.settings, "", "token")


def _check_settings(vendor: Vendor, given: Credentials) -> None:
    choices = {s.name: s.choices for s in vendor.settings}
    known = {**dict.fromkeys((name for name, _ in COMMON_SETTINGS), ()), **choices}
    for name, value in given.settings.items():
        if name not in known:
            raise Mistake(f"{vendor.label} has no setting {name}. It has: {', '.join(known)}.")
        if known[name] and value not in known[name]:
            raise Mistake(f"{name} must be one of {', '.join(known[name])}, not {value}.")


def way(vendor: Vendor, given: Credentials) -> How:
    """How to authenticate: as the person chose, else OAuth where it is given, else what else is.

    Raises Mistake where a secret lacks that this way takes.
    """
    needs = ways(vendor)
    chosen = given.settings.get("auth")
    if chosen is not None:
        if chosen not in needs:
            raise Mistake(f"auth must be {' or '.join(needs)} for {vendor.label}, not {chosen}.")
        if chosen != "oauth":
            _demand(given, chosen, needs[chosen])
        return chosen
    if given.secrets.get("refresh_token"):
        return "oauth"
    if "password" in needs and not _lacking(given, needs["password"]):
        return "password"
    if vendor.token is None or given.secrets.get("client_id"):
        return "oauth"
    if not given.secrets.get(vendor.token.secrets[0]):
        return "oauth"
    _demand(given, "token", vendor.token.secrets)
    return "token"


def _demand(given: Credentials, how: How, names: tuple[str, ...]) -> None:
    lacking = _lacking(given, names)
    if lacking:
        raise Mistake(
            f"auth={how} needs the secret {' and '.join(lacking)} "
            f"(--secret {lacking[0]}=env:VAR …)."
        )


def _lacking(given: Credentials, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not given.secrets.get(name)]


async def completed(
    res: Resources, vendor: Vendor, given: Credentials, known: connections.Row | None
) -> Credentials:
    """A reconnect need not repeat what is known: its settings, and its app, token or name."""
    if known is None:
        return given
    if known.vendor != vendor.name:
        raise Mistake(f"{given.name} is a connection to {known.vendor}; take another name.")
    settings = dict(known.settings)
    if given.proofs:
        settings.pop("auth", None)  # it told how the credentials before these were used
    if known.account is None and vendor.oauth.account_key:
        settings.pop(vendor.oauth.account_setting, None)  # it was never seen to be that one
    kept = await _kept(res, vendor, given, known)
    redirect_url = kept.pop("redirect_url", "")
    return replace(
        given, settings={**settings, **given.settings}, secrets={**kept, **given.secrets},
        redirect_url=given.redirect_url or redirect_url,
    )  # fmt: skip


async def _kept(
    res: Resources, vendor: Vendor, given: Credentials, known: connections.Row
) -> dict[str, str]:
    """What the vault holds of the ways in that this reconnect can mean."""
    names = set() if "client_id" in given.secrets else {"redirect_url"}
    for needed in ways(vendor).values():
        if not given.proofs or set(given.proofs) & set(needed):
            names |= set(needed)
    if known.account is None and not given.proofs:
        names.add("refresh_token")  # what the vendor gave before it was clear whose it is
    if "client_id" in given.secrets:
        names -= {"client_secret"}  # that of another app
    if "refresh_token" in given.secrets:
        names |= set(APP_SECRETS)
    vault = res.vault
    told = await res.store.read(
        lambda c: {
            **get_secrets(c, vault, f"app:{known.app}"),
            **get_secrets(c, vault, f"grant:{known.grant}"),
        }
    )
    return {name: value for name, value in told.items() if name in names}
