"""The declaration: addresses, limits and names, and a README that leaves none of them out."""

from __future__ import annotations

from pathlib import Path

import pytest

import ml_connector.vendors.quickbooks_online as folder
from ml_connector.core.faults import Mistake
from ml_connector.vendors.quickbooks_online import VENDOR, base_of
from ml_connector.vendors.quickbooks_online.objects import CUSTOMERS

README = (Path(folder.__file__).parent / "README.md").read_text("utf-8")


def test_it_knows_intuits_addresses() -> None:
    assert base_of({}) == base_of({"environment": "production"}) == VENDOR.api_base
    assert base_of({"environment": "sandbox"}) == "https://sandbox-quickbooks.api.intuit.com"
    assert VENDOR.oauth.token_path == "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
    assert VENDOR.oauth.authorize_path == "https://appcenter.intuit.com/connect/oauth2"
    for address in (VENDOR.api_base, VENDOR.oauth.token_path, base_of({"environment": "sandbox"})):
        assert address.split("/")[2] in VENDOR.hosts


def test_a_consent_names_its_company_and_the_ends_of_its_life() -> None:
    oauth = VENDOR.oauth
    assert (oauth.account_key, oauth.account_setting) == ("realmId", "realm_id")
    assert oauth.token_headers == {"x-include-refresh-token-hard-expires-in": "true"}
    assert oauth.life_keys == (
        "x_refresh_token_expires_in", "x_refresh_token_hard_expires_in",
    )  # fmt: skip
    assert (oauth.client_auth, oauth.pkce, oauth.https_redirect_only) == ("basic", False, True)
    assert (VENDOR.token, VENDOR.targets, VENDOR.endpoint_of) == (None, (), "app")


def test_one_listing_carries_what_speaks_for_customers() -> None:
    carried = {source.name for source in VENDOR.sources} - {CUSTOMERS.name}
    assert set(CUSTOMERS.carries) == carried
    assert all(VENDOR.lister(name) is CUSTOMERS for name in carried)
    assert VENDOR.lister(CUSTOMERS.name) is CUSTOMERS


def test_reads_are_metered_by_the_month_of_the_app_and_not_in_the_sandbox() -> None:
    limits = VENDOR.limits({"realm_id": "7"}, "grant:1", "oauth")
    assert limits.token_scope == "intuit:7"
    assert limits.allowance is not None
    assert (limits.allowance.period, limits.allowance.belongs_to) == ("month", "app")
    assert limits.allowance.tokens == 500_000
    assert [(w.calls, w.seconds) for w in limits.windows] == [(8, 1), (450, 60)]
    for settings in ({"environment": "sandbox"}, {"monthly_reads": "0"}):
        assert VENDOR.limits(settings, "grant:1", "oauth").allowance is None
    slow = VENDOR.limits({"pace": "0.5"}, "grant:1", "oauth")
    assert [(w.calls, w.seconds) for w in slow.windows] == [(1, 2), (30, 60)]
    assert slow.token_scope == "grant:1"


@pytest.mark.parametrize("settings", [{"pace": "0"}, {"pace": "fast"}, {"monthly_reads": "-1"}])
def test_a_limit_that_is_no_number_is_a_mistake(settings: dict[str, str]) -> None:
    with pytest.raises(Mistake, match=next(iter(settings))):
        VENDOR.limits(settings, "grant:1", "oauth")


@pytest.mark.parametrize(
    "word",
    [
        *(setting.name for setting in VENDOR.settings),
        *(choice for setting in VENDOR.settings for choice in setting.choices),
        *(setting.default for setting in VENDOR.settings),
        *(source.path for source in VENDOR.sources),
        *VENDOR.secrets,
        VENDOR.oauth.scope,
    ],
)
def test_the_readme_speaks_of(word: str) -> None:
    assert word in README


def test_each_file_that_the_readme_names_is_there() -> None:
    named = {word.strip("`(),;:") for word in README.split() if ".py`" in word}
    assert named
    assert all((Path(folder.__file__).parent / name).exists() for name in named)
