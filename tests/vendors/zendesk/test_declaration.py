"""The declaration: limits, what the headers say of them, capabilities, credentials, no webhooks."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, date, datetime, timedelta

import pytest

from ml_connector.core.faults import Forged, Mistake
from ml_connector.core.limits import Reading, Window
from ml_connector.core.vendor import Delivery, Proofs
from ml_connector.core.wire import Response
from ml_connector.vendors.zendesk import INVOICES, ORGANIZATIONS, USERS, VENDOR, record_object
from tests.vendors.zendesk.given import SETTINGS

PER_MINUTE = {
    "suite_team": 200, "suite_growth": 400, "suite_professional": 400, "suite_enterprise": 700,
    "suite_enterprise_plus": 2500, "support_team": 200, "support_professional": 400,
    "support_enterprise": 700,
}  # fmt: skip


@pytest.mark.parametrize("plan", PER_MINUTE)
def test_each_plan_sets_the_accounts_minute(plan: str) -> None:
    limits = VENDOR.limits({**SETTINGS, "plan": plan, "pace": "1"}, "grant:1", "oauth")
    assert limits.windows == (
        Window(PER_MINUTE[plan], 60),
        Window(1, 1, "user"),
        Window(10, 60, "incremental"),
    )
    assert limits.allowance is None
    told = next(setting for setting in VENDOR.settings if setting.name == "plan")
    assert set(told.choices) == set(PER_MINUTE)


def test_connections_of_one_account_share_its_limit_and_leave_a_part_to_others() -> None:
    one = VENDOR.limits(SETTINGS, "grant:1", "oauth")
    other = VENDOR.limits({"base_url": "https://ACME.zendesk.com/"}, "token:2", "token")
    assert one.token_scope == other.token_scope
    assert one.windows[0] == Window(160, 60)
    assert VENDOR.limits({"base_url": "https://b.zendesk.com"}, "", "oauth") != one


@pytest.mark.parametrize("settings", [{"pace": "fast"}, {"pace": "0"}, {"pace": "nan"}])
def test_a_pace_that_is_none_is_a_mistake(settings: dict[str, str]) -> None:
    with pytest.raises(Mistake, match="pace"):
        VENDOR.limits({**SETTINGS, **settings}, "", "oauth")


def test_the_address_is_asked_for() -> None:
    with pytest.raises(Mistake, match="--base-url"):
        VENDOR.limits({}, "", "oauth")
    assert VENDOR.base_of is not None
    assert VENDOR.base_of(SETTINGS) == SETTINGS["base_url"]


@pytest.mark.parametrize(
    ("headers", "reading"),
    [
        ({}, Reading()),
        ({"x-rate-limit": "700", "x-rate-limit-remaining": "699"}, Reading(699)),
        ({"ratelimit-limit": "700", "ratelimit-remaining": "5", "ratelimit-reset": "41"},
         Reading(5, 41)),
        ({"rate-limit-remaining": "0", "rate-limit-reset": "3"}, Reading(0, 3)),
        ({"x-rate-limit-remaining": "9", "ratelimit-reset": "41"}, Reading(9, 41)),
        ({"x-rate-limit-remaining": "some", "ratelimit-remaining": "8"}, Reading(8)),
        ({"zendesk-ratelimit-update-organization": "total=5; remaining=0; resets=60"}, Reading()),
    ],
)  # fmt: skip
def test_the_headers_of_each_family_are_read(headers: dict[str, str], reading: Reading) -> None:
    assert VENDOR.reading(Response(200, headers, b"")) == reading


def test_custom_objects_come_with_the_plan() -> None:
    assert VENDOR.capabilities is not None
    for plan in PER_MINUTE:
        has = VENDOR.capabilities({"plan": plan}) == frozenset({"custom_objects"})
        assert has is (plan not in ("support_team", "support_professional"))
    assert VENDOR.capabilities({}) == {"custom_objects"}


def test_an_api_token_travels_with_its_users_address_and_has_an_end() -> None:
    assert VENDOR.token is not None
    value = VENDOR.token.value({"api_token": "t", "username": "ada@acme.example"})
    assert b64decode(value.removeprefix("Basic ")) == b"ada@acme.example/token:t"
    assert VENDOR.token.ends_on == date(2027, 4, 30)


def test_the_grant_asks_for_the_longest_lives() -> None:
    asked = VENDOR.oauth.token_extra
    assert asked == {"expires_in": 86_400, "refresh_token_expires_in": 7_775_999}
    assert VENDOR.oauth.token_body == "json"
    assert VENDOR.oauth.token_scope


def test_no_delivery_is_taken() -> None:
    delivery = Delivery(b"{}", {}, datetime(2026, 5, 4, tzinfo=UTC))
    with pytest.raises(Forged):
        VENDOR.webhooks.verify(delivery, Proofs({}, {}))
    assert VENDOR.webhooks.read(delivery) == []
    assert not VENDOR.webhooks.is_probe(delivery)
    assert VENDOR.events == ()


def test_our_key_stands_in_the_external_id() -> None:
    for obj in (ORGANIZATIONS, USERS, INVOICES, record_object("any", "any")):
        assert (obj.key_home, obj.key_field, obj.key_form) == ("field", "external_id", "readable")
        assert obj.field("external_id") is not None
    assert ORGANIZATIONS.spacing == timedelta(seconds=15)
    assert ORGANIZATIONS.shared
    assert not INVOICES.shared
