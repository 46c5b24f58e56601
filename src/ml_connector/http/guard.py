"""A guard says which addresses a connection may call, before anything is sent there.

A token goes with every call, so an address is trusted only where the vendor declared it or the
person set it, and where it is not inside the person's own network unless that was allowed too.
Names are looked up by the transport, which refuses private addresses by the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from ml_connector.core.faults import Mistake, NeedsPerson
from ml_connector.core.vendor import Vendor
from ml_connector.http.addresses import is_public, parse_ip

_ALLOW = "To call an address of your own network, set allow_private_addresses=true."


class Guard:
    """The addresses of one connection.

    `hosts` are the vendor's, as globs (`*.example.com`); `own_urls` are those that the person set
    (`base_url`, `auth_url`, `token_url`).
    """

    def __init__(
        self, hosts: Sequence[str], own_urls: Sequence[str] = (), *, private_allowed: bool = False
    ) -> None:
        self._hosts = tuple(host.lower() for host in hosts)
        self._own_origins = frozenset(origin_of(url) for url in own_urls if url)
        self.private_allowed = private_allowed
        self._passed: set[str] = set()

    def check_setting(self, name: str, url: str) -> None:
        """Whether a person may set this address. Raises Mistake, which says how to mend it."""
        why = self._why_not_http(url)
        if why:
            raise Mistake(f"{name}: {why}")

    def check(self, url: str) -> None:
        """Whether a call may go there. Raises NeedsPerson with a sentence on how to mend it."""
        spelled = "/".join(url.split("/", 3)[:3])
        if spelled in self._passed:
            return
        why = self._why_not_http(url) or self._why_foreign(url)
        if why:
            raise NeedsPerson(why)
        if spelled == origin_of(url):
            self._passed.add(spelled)

    def is_vendors(self, url: str) -> bool:
        """Whether it is an address that the vendor declared as its own."""
        parts = urlsplit(url)
        host, standard_port = (parts.hostname or "").lower(), parts.port in (None, 443)
        return standard_port and any(fnmatchcase(host, glob) for glob in self._hosts)

    def _why_not_http(self, url: str) -> str:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not host:
            return "It is not a web address such as https://api.example.com."
        if parts.username is not None:
            return "an address must not hold a user name or a password."
        if self.private_allowed:
            return ""
        if parts.scheme != "https":
            return f"{_shown(url)} is not https, so a token would travel in the clear. {_ALLOW}"
        address = parse_ip(host)
        if host == "localhost" or host.endswith(".localhost"):
            return f"{host} is this machine itself. {_ALLOW}"
        if address is not None and not is_public(address):
            return f"{host} is not a public address. {_ALLOW}"
        return ""

    def _why_foreign(self, url: str) -> str:
        if origin_of(url) in self._own_origins:
            return ""
        if self.is_vendors(url):
            return ""
        return (
            f"{_shown(url)} is not an address of this vendor ({', '.join(self._hosts)}). "
            "If it is right, set it as base_url."
        )


def declared_base(vendor: Vendor, settings: Mapping[str, str]) -> str:
    """The API's address by settings and declaration; empty where only a grant tells it.

    Raises Mistake where the vendor has no address for all and the person set none.
    """
    base = settings.get("base_url") or (vendor.base_of(settings) if vendor.base_of else "")
    base = base or vendor.api_base
    if not base and not vendor.oauth.api_base_key:
        raise Mistake(
            f"{vendor.label} has no address that is the same for everybody. Give the address of "
            "yours with --base-url https://…, which is the setting base_url."
        )
    return base.rstrip("/")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, in lower case, a standard port left out."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    try:
        port = parts.port
    except ValueError:
        return ""
    standard = {"https": 443, "http": 80}.get(scheme)
    return f"{scheme}://{host}" if port in (None, standard) else f"{scheme}://{host}:{port}"


def _shown(url: str) -> str:
    """An address as it may be shown: no user, no query."""
    return origin_of(url) or "The address"
