"""The declaration: addresses, scopes and names, and a README that leaves none of them out."""

from __future__ import annotations

from pathlib import Path

import pytest

import ml_connector.vendors.wave as folder
from ml_connector.core.wire import Response
from ml_connector.vendors.wave import VENDOR
from ml_connector.vendors.wave.documents import OPEN_STATUSES
from ml_connector.vendors.wave.limits import AT_ONCE, REQUESTS_PER_MINUTE

README = (Path(folder.__file__).parent / "README.md").read_text("utf-8")


def test_it_knows_waves_addresses() -> None:
    assert VENDOR.api_base == "https://gql.waveapps.com"
    authorize = VENDOR.auth_base + VENDOR.oauth.authorize_path
    assert authorize == "https://api.waveapps.com/oauth2/authorize/"
    assert VENDOR.auth_base + VENDOR.oauth.token_path == "https://api.waveapps.com/oauth2/token/"
    assert {VENDOR.api_base, VENDOR.auth_base} == {f"https://{host}" for host in VENDOR.hosts}


def test_it_asks_for_reading_and_no_more() -> None:
    scopes = VENDOR.oauth.scope.split()
    assert scopes.pop() == "offline_access"
    assert {scope.partition(":")[2] for scope in scopes} == {"read"}
    assert VENDOR.targets == ()


def test_no_header_tells_of_a_quota() -> None:
    told = VENDOR.reading(Response(200, {"x-ratelimit-remaining": "5"}, b""))
    assert (told.window_left, told.tokens_left) == (None, None)


@pytest.mark.parametrize(
    "word",
    [
        *(setting.name for setting in VENDOR.settings),
        *(choice for setting in VENDOR.settings for choice in setting.choices),
        *(source.path for source in VENDOR.sources),
        *(secret for secret in VENDOR.secrets if secret != "refresh_token"),
        *OPEN_STATUSES,
        VENDOR.oauth.scope,
        f"{REQUESTS_PER_MINUTE} a minute",
    ],
)
def test_the_readme_speaks_of(word: str) -> None:
    assert word in README


def test_two_calls_at_once() -> None:
    assert AT_ONCE == 2
    assert "two at once" in README


def test_each_file_that_the_readme_names_is_there() -> None:
    named = {word.strip("`") for word in README.split() if word.strip("`").endswith(".py")}
    assert named
    assert all((Path(folder.__file__).parent / name).exists() for name in named)
