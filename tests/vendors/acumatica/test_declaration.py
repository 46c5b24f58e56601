"""The declaration: addresses, settings, limits, and a README that leaves none of them out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import ml_connector.vendors.acumatica as folder
from ml_connector.core.faults import Mistake
from ml_connector.core.wire import Response
from ml_connector.vendors.acumatica import VENDOR, targets
from ml_connector.vendors.acumatica.api import TIMEOUT_SECONDS

README = (Path(folder.__file__).parent / "README.md").read_text("utf-8")
GUID = "4b9f8e2c-1a2b-3c4d-5e6f-708192a3b4c5"


def test_it_asks_for_one_session_that_outlives_its_tokens() -> None:
    oauth = VENDOR.oauth
    assert oauth.scope == "api offline_access"
    assert (oauth.pkce, oauth.password_grant, oauth.absolute_days) == (True, True, 30)
    assert oauth.busy_words == "API Login Limit"
    assert VENDOR.token is None


@pytest.mark.parametrize("client_id", [f"{GUID}@Prod", f"{GUID.upper()}@My Company"])
def test_a_client_id_names_its_tenant(client_id: str) -> None:
    folder.check_client_id(client_id)


@pytest.mark.parametrize("client_id", ["", GUID, f"{GUID}@", "abc@Prod", f"{GUID[:-1]}@Prod"])
def test_anything_else_is_no_client_id(client_id: str) -> None:
    with pytest.raises(Mistake, match="SM303010"):
        folder.check_client_id(client_id)


def test_a_write_settles_after_the_queue() -> None:
    for obj in VENDOR.targets:
        assert obj.settle >= timedelta(minutes=10) + timedelta(seconds=60)
        assert obj.key_field
        assert obj.field(obj.key_field) is not None
    assert TIMEOUT_SECONDS > 60


def test_we_stay_below_half_of_the_licence_in_one_lane() -> None:
    limits = VENDOR.limits({"base_url": "https://ERP.example.com/Prod/"}, "grant:1", "oauth")
    [window] = limits.windows
    assert (window.calls, window.seconds, limits.at_once) == (45, 60, 1)
    told = {"base_url": "https://erp.example.com/Prod", "requests_per_minute": "50", "pace": "0.4"}
    other = VENDOR.limits(told, "grant:2", "oauth")
    assert other.windows[0].calls == 20
    assert other.token_scope == limits.token_scope
    assert VENDOR.limits({}, "grant:2", "oauth").token_scope == "acumatica:grant:2"


@pytest.mark.parametrize("settings", [{"pace": "2"}, {"pace": "x"}, {"requests_per_minute": "0"}])
def test_a_limit_that_is_none_is_a_mistake(settings: dict[str, str]) -> None:
    with pytest.raises(Mistake, match=next(iter(settings))):
        VENDOR.limits(settings, "s", "oauth")


def test_no_header_tells_of_a_quota() -> None:
    told = VENDOR.reading(Response(200, {"x-ratelimit-remaining": "5"}, b""))
    assert (told.window_left, told.tokens_left) == (None, None)


def test_customers_are_shared_and_documents_are_not() -> None:
    assert {obj.name for obj in VENDOR.targets if obj.shared} == {"customers", "contacts"}
    assert targets.CUSTOMERS.key_field == "AccountRef"


@pytest.mark.parametrize(
    "word",
    [
        *(setting.name for setting in VENDOR.settings),
        *(source.name for source in VENDOR.sources),
        *(target.name for target in VENDOR.targets),
        *(target.key_field or "" for target in VENDOR.targets),
        *(secret for secret in VENDOR.secrets if secret != "refresh_token"),
        VENDOR.oauth.scope,
    ],
)
def test_the_readme_speaks_of(word: str) -> None:
    assert word in README


def test_each_file_that_the_readme_names_is_there() -> None:
    named = {word.strip("`,.") for word in README.split() if word.strip("`,.").endswith(".py")}
    assert named
    assert all((Path(folder.__file__).parent / name).exists() for name in named)
