"""The declaration: addresses, scopes and names, and a README that leaves none of them out."""

from __future__ import annotations

from pathlib import Path

import pytest

import ml_connector.vendors.freshbooks as folder
from ml_connector.vendors.freshbooks import VENDOR
from ml_connector.vendors.freshbooks.limits import PACE
from tests.vendors.freshbooks.given import spec

README = (Path(folder.__file__).parent / "README.md").read_text("utf-8")


def test_it_knows_freshbooks_addresses() -> None:
    assert VENDOR.api_base == "https://api.freshbooks.com"
    assert VENDOR.oauth.authorize_path == "https://auth.freshbooks.com/oauth/authorize/"
    token_url = VENDOR.auth_base + VENDOR.oauth.token_path
    assert token_url == "https://api.freshbooks.com/auth/oauth/token"
    assert set(VENDOR.hosts) == {"api.freshbooks.com"}  # consent is the browser's affair


def test_it_asks_for_reading_and_no_more() -> None:
    assert {scope.rpartition(":")[2] for scope in VENDOR.oauth.scope.split()} == {"read"}
    assert VENDOR.targets == ()


def test_one_grant_a_user_behind_https_and_no_static_token() -> None:
    assert VENDOR.oauth.one_live_grant
    assert VENDOR.oauth.https_redirect_only
    assert (VENDOR.token, VENDOR.oauth.client_auth) == (None, "form")
    assert VENDOR.endpoint_of == "callback"


def test_each_event_is_a_noun_of_the_catalogue() -> None:
    assert set(VENDOR.events) <= set(spec("webhook-events.json")["nouns"])


@pytest.mark.parametrize(
    "word",
    [
        *(setting.name for setting in VENDOR.settings),
        *(choice for setting in VENDOR.settings for choice in setting.choices),
        *(source.path for source in VENDOR.sources),
        *VENDOR.secrets,
        *(f"`{event}`" for event in VENDOR.events),
        VENDOR.oauth.scope,
        f"`{PACE}`",
    ],
)
def test_the_readme_speaks_of(word: str) -> None:
    assert word in README


def test_each_file_that_the_readme_names_is_there() -> None:
    named = {word.strip("`(),;:") for word in README.split() if ".py`" in word}
    assert named
    assert all((Path(folder.__file__).parent / name).exists() for name in named)
