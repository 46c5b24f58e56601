"""Hosts and addresses: which ones a vendor's connection may call at all, whatever the spelling."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.faults import Mistake, NeedsPerson
from ml_connector.core.vendor import Vendor
from ml_connector.http.addresses import is_plain, is_public, parse_ip
from ml_connector.http.guard import Guard
from ml_connector.vendors import VENDORS

FORBIDDEN_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
]  # fmt: skip
FORBIDDEN_V6 = [
    "::/128", "::1/128", "::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32",
    "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fd00:ec2::254/128", "fe80::/10",
    "fec0::/10", "ff00::/8",
]  # fmt: skip
"""From the special-purpose registries of IANA; the addresses of cloud metadata are within."""

PUBLIC_V4 = ["1.0.0.0/24", "8.8.8.0/24", "52.0.0.0/10", "104.16.0.0/13", "185.0.0.0/9"]
PUBLIC_V6 = ["2400::/12", "2600::/12", "2a00::/12"]


def within(networks: list[str]) -> st.SearchStrategy[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    def of(network: str) -> st.SearchStrategy[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        there = ipaddress.ip_network(network)
        numbers = st.integers(int(there.network_address), int(there.broadcast_address))
        return numbers.map(type(there.network_address))

    return st.sampled_from(networks).flatmap(of)


def wrapped(address: ipaddress.IPv4Address) -> list[str]:
    """IPv6 addresses that lead to this IPv4 one."""
    number = int(address)
    return [
        str(ipaddress.IPv6Address((0xFFFF << 32) | number)),  # mapped
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),  # NAT64
        str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))),  # 6to4
        str(ipaddress.IPv6Address(number)),  # compatible, as of long ago
        str(ipaddress.IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF))),  # Teredo
    ]


def odd_spellings(address: ipaddress.IPv4Address) -> list[str]:
    """What the C library takes for the same address, and browsers did."""
    a, b, c, d = address.packed
    return [
        str(int(address)), hex(int(address)), f"0{int(address):o}",
        f"{a}.{(b << 16) + (c << 8) + d}", f"{a}.{b}.{(c << 8) + d}", f"0x{a:x}.{b}.{c}.{d}",
        f"0{a:o}.{b}.{c}.{d}",
        f"{a}.{b}.{c}.{d}.", f"{a:03}.{b}.{c}.{d}", f"{a}.{b}.{c}.0x{d:x}",
    ]  # fmt: skip


def may_call(host: str, guard: Guard | None = None) -> bool:
    """Whether a connection that has this very address as its own may call it."""
    url = f"https://[{host}]/" if ":" in host else f"https://{host}/"
    try:
        (guard or Guard((), (url,))).check(url)
    except NeedsPerson:
        return False
    return True


@given(within(FORBIDDEN_V4), st.integers(0, 200))
def test_no_spelling_of_an_address_that_is_not_public_is_called(
    address: ipaddress.IPv4Address, pick: int
) -> None:
    forms = [str(address), *wrapped(address), *odd_spellings(address)]
    form = forms[pick % len(forms)]
    assert not may_call(form), form


@given(within(FORBIDDEN_V6))
def test_no_ipv6_address_that_is_not_public_is_called(address: ipaddress.IPv6Address) -> None:
    for form in (str(address), address.exploded, f"{address}%25eth0", address.exploded.upper()):
        assert not may_call(form), form


@given(within(PUBLIC_V4), within(PUBLIC_V6))
def test_public_addresses_are_called_in_their_usual_spelling_only(
    four: ipaddress.IPv4Address, six: ipaddress.IPv6Address
) -> None:
    assert may_call(str(four))
    assert may_call(str(six))
    mapped, nat64, *tunnels = wrapped(four)
    assert is_public(ipaddress.ip_address(mapped))
    assert is_public(ipaddress.ip_address(nat64))
    assert not any(is_public(ipaddress.ip_address(tunnel)) for tunnel in tunnels)
    plain = [form for form in odd_spellings(four) if may_call(form) and form != str(four)]
    assert plain == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST", "localhost.", "x.localhost", "localhost.localdomain",
        "api.example.com.", "api..example.com", ".example.com", "-a.example.com", "a-.example.com",
        "api.example.com%2e", "api%2eexample.com", "api.exam ple.com", "api_.exämple.com",
        "api.example。com", "ⅼocalhost", "①②⑦.0.0.1", "127。0。0。1",
        "api.example.com\\.evil.example", "api.example.com:0443", "api.example.com:+443",
        "evil.example\\api.example.com", "api.example.com:443:80", "api.example.com:99999",
        "user@api.example.com", "user:pw@api.example.com", "@api.example.com",
        "api.example.com@evil.example", "x" * 64 + ".com", "a." * 127 + "com", "0x7f.1", "127.1",
        "1.2.3.4.5", "example.0x1", "example.123", "[::1", "::1]", "[::1]x", "[v1.fe80::a]", "",
    ],
)  # fmt: skip
def test_a_host_that_may_be_read_in_two_ways_is_refused(host: str) -> None:
    """Even where a person set it, and where private addresses are allowed."""
    url = f"https://{host}/"
    with pytest.raises(NeedsPerson):
        Guard(("api.example.com", "*.example.com"), (url,)).check(url)
    if "localhost" not in host.lower() or host.endswith("."):
        allowed = Guard(("*.example.com",), (url,), private_allowed=True)
        with pytest.raises(NeedsPerson):
            allowed.check(url)


@given(st.text(max_size=80))
def test_any_text_is_checked_or_refused_and_breaks_nothing(text: str) -> None:
    guard = Guard(("*.example.com",), (text,))
    for url in (text, f"https://{text}", f"https://{text}/", f"https://a.example.com{text}"):
        try:
            guard.check(url)
        except NeedsPerson:
            continue
        host = urlsplit(url).hostname or ""
        assert is_plain(host)
        address = parse_ip(host)
        assert address is None or is_public(address)
    try:
        guard.check_setting("base_url", text)
    except Mistake:
        return
    assert text.lower().startswith("https://")


def test_an_address_that_cannot_be_read_does_not_open_the_door_for_another() -> None:
    guard = Guard(("*.example.com",), ("https://erp.example.net:99999/",))
    with pytest.raises(NeedsPerson):
        guard.check("https://evil.example:99998/")


def test_a_star_stands_for_one_part_of_a_name() -> None:
    guard = Guard(("*.example.com",))
    guard.check("https://acme.example.com/")
    for host in ("a.b.example.com", "example.com", "acmeexample.com", "acme.example.com.evil.org"):
        with pytest.raises(NeedsPerson):
            guard.check(f"https://{host}/")


def test_the_vendors_own_hosts_are_called_over_https_only_even_from_a_private_network() -> None:
    guard = Guard(("*.example.com",), ("http://10.0.0.5/",), private_allowed=True)
    guard.check("http://10.0.0.5/x")
    guard.check("https://api.example.com/x")
    with pytest.raises(NeedsPerson):
        guard.check("http://api.example.com/x")


# --- what each vendor declares --------------------------------------------------------------------

EACH_CUSTOMER_HAS_A_HOST = {"pipedrive": "*.pipedrive.com"}
"""Where a star is needed: the token's answer names the company's own host."""

SANDBOXES = {"quickbooks_online": "sandbox-quickbooks.api.intuit.com"}
PLAIN_SETTINGS = {"base_url": "https://acme.example"}


def called_hosts(vendor: Vendor) -> set[str]:
    """The hosts that carry a credential of ours where a person set no address: API and tokens."""
    hosts = {urlsplit(vendor.api_base).hostname or ""}
    token = vendor.oauth.token_path
    hosts.add(urlsplit(token if token.startswith("https://") else vendor.auth_base).hostname or "")
    hosts.add(SANDBOXES.get(vendor.name, ""))
    return hosts - {""}


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_a_vendor_declares_the_hosts_that_it_needs_and_no_other(vendor: Vendor) -> None:
    needed = called_hosts(vendor)
    star = EACH_CUSTOMER_HAS_A_HOST.get(vendor.name)
    if star is not None:
        assert vendor.hosts == (star,)
        assert all(host.endswith(star[1:]) for host in needed)
    else:
        assert set(vendor.hosts) == needed
    assert not any("*" in host.removeprefix("*.") for host in vendor.hosts)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_no_other_host_is_called_and_none_of_another_vendor(vendor: Vendor) -> None:
    guard = Guard(vendor.hosts)
    for host in called_hosts(vendor):
        guard.check(f"https://{host}/x")
    others = {host for other in VENDORS if other is not vendor for host in called_hosts(other)}
    for host in sorted(others | {"example.com", "xn--pipedrive-x.com", "pipedrive.com.evil.org"}):
        with pytest.raises(NeedsPerson):
            guard.check(f"https://{host}/x")
