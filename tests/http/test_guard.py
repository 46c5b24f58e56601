"""Which addresses a connection may call."""

from __future__ import annotations

import pytest

from ml_connector.core.faults import Mistake, NeedsPerson
from ml_connector.http.addresses import is_public, parse_ip
from ml_connector.http.guard import Guard, origin_of

HOSTS = ("*.pipedrive.com", "api.waveapps.com")


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.pipedrive.com/api/v2/deals?x=1", "https://API.waveapps.com/x",
        "https://oauth.pipedrive.com:443/oauth/token",
    ],
)  # fmt: skip
def test_the_vendors_hosts_pass(url: str) -> None:
    Guard(HOSTS).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.pipedrive.com/", "https://pipedrive.com.evil.example/",
        "https://evilpipedrive.com/", "https://evil.example/?.pipedrive.com",
        "https://evil.example#.pipedrive.com", "https://acme.pipedrive.com@evil.example/",
        "https://acme.pipedrive.com:8443/", "https://127.0.0.1/", "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/", "ftp://acme.pipedrive.com/", "nonsense",
        "https:///x", "https://localhost/", "https://x.localhost/",
    ],
)  # fmt: skip
def test_others_do_not(url: str) -> None:
    with pytest.raises(NeedsPerson):
        Guard(HOSTS).check(url)


def test_an_address_that_the_person_set_passes_if_it_is_https_and_public() -> None:
    guard = Guard(HOSTS, ("https://erp.example.com/Prod",))
    guard.check("https://erp.example.com/Prod/entity/Default")
    with pytest.raises(NeedsPerson):
        guard.check("https://erp.example.com:8443/Prod")
    with pytest.raises(NeedsPerson):
        Guard(HOSTS, ("http://erp.example.com/Prod",)).check("http://erp.example.com/Prod")


def test_private_addresses_only_with_the_setting_and_only_where_set() -> None:
    sandbox = "http://127.0.0.1:8000/pipedrive"
    with pytest.raises(NeedsPerson, match="allow_private_addresses"):
        Guard(HOSTS, (sandbox,)).check(sandbox)
    allowed = Guard(HOSTS, (sandbox,), private_allowed=True)
    allowed.check(f"{sandbox}/api/v2/deals")
    with pytest.raises(NeedsPerson):
        allowed.check("http://127.0.0.1:9000/")


@pytest.mark.parametrize(
    "url",
    ["http://erp.example.com", "https://10.0.0.5/", "https://user:pw@erp.example.com/", "erp", ""],
)
def test_a_setting_that_cannot_be_used_says_how_to_mend_it(url: str) -> None:
    with pytest.raises(Mistake) as caught:
        Guard(HOSTS).check_setting("base_url", url)
    assert caught.value.sentence.startswith("base_url: ")
    assert "pw" not in caught.value.sentence


def test_a_good_setting() -> None:
    Guard(HOSTS).check_setting("base_url", "https://erp.example.com/Prod")
    Guard(HOSTS, private_allowed=True).check_setting("base_url", "http://10.0.0.5/")


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "240.0.0.1", "::", "::1",
        "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_not_public(text: str) -> None:
    address = parse_ip(text)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public(text: str) -> None:
    address = parse_ip(text)
    assert address is not None
    assert is_public(address)


def test_origins() -> None:
    assert origin_of("HTTPS://Api.Example.com:443/x?y") == "https://api.example.com"
    assert origin_of("http://h:8080/x") == "http://h:8080"
    assert origin_of("http://h:99999/") == ""
