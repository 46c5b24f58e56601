"""A guard says which addresses a connection may call, before anything is sent there.

A token goes with every call, so an address is trusted only where the vendor declared it or the
person set it, and where it is not inside the person's own network unless that was allowed too.
Names are looked up by the transport, which refuses private addresses by the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from ml_connector.core.faults import Mistake, NeedsPerson
from ml_connector.core.vendor import Vendor
from ml_connector.http.addresses import is_plain, is_public, is_this_machine, parse_ip

_PORTS = {"https": 443, "http": 80}
_ALLOW = "To call an address of your own network, set allow_private_addresses=true."


class Guard:
    """The addresses of one connection.

    `hosts` are the vendor's; `*.example.com` stands for one more part, as each customer has one.
    `own_urls` are those that the person set (`base_url`, `auth_url`, `token_url`).
    """

    def __init__(
        self, hosts: Sequence[str], own_urls: Sequence[str] = (), *, private_allowed: bool = False
    ) -> None:
        self._hosts = tuple(host.lower() for host in hosts)
        self._own_origins = frozenset(filter(None, map(origin_of, own_urls)))
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
        """Whether it is an address that the vendor declared as its own, over https."""
        scheme, _, host = origin_of(url).partition("://")
        if scheme != "https" or ":" in host:
            return False
        above = f"*.{host.partition('.')[2]}"
        return host in self._hosts or ("." in host and above in self._hosts)

    def _why_not_http(self, url: str) -> str:
        if not origin_of(url):
            return "It is not a web address such as https://api.example.com."
        parts = urlsplit(url)
        host = parts.hostname or ""
        if "@" in parts.netloc:
            return "an address must not hold a user name or a password."
        if not is_plain(host):
            return f"{host[:80]} is not a host in its usual spelling."
        if self.private_allowed:
            return ""
        if parts.scheme.lower() != "https":
            return f"{_shown(url)} is not https, so a token would travel in the clear. {_ALLOW}"
        address = parse_ip(host)
        if is_this_machine(host):
            return f"{host} is this machine itself. {_ALLOW}"
        if address is not None and not is_public(address):
            return f"{host} is not a public address. {_ALLOW}"
        return ""

    def _why_foreign(self, url: str) -> str:
        if origin_of(url) in self._own_origins:
            return ""
        if self.is_vendors(url):
            return ""
        known = f" ({', '.join(self._hosts)})" if self._hosts else ""
        return (
            f"{_shown(url)} is not an address of this vendor{known}. "
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
    """Scheme, host and port of a web address, in lower case, a standard port left out; empty where
    it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme not in _PORTS or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    if parts.netloc.rpartition("@")[2].lower() not in (host, f"{host}:", f"{host}:{port}"):
        return ""  # there is more in it than was understood
    return f"{scheme}://{host}" if port in (None, _PORTS[scheme]) else f"{scheme}://{host}:{port}"


def _shown(url: str) -> str:
    """An address as it may be shown: no user, no query."""
    return origin_of(url) or "The address"
