"""The ways in that vendors have: what a token call says, what an answer means for how long, whose
grant it is, and where it all goes. A made-up vendor is declared anew for each."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ml_connector.core.faults import Mistake
from ml_connector.core.vendor import Vendor
from ml_connector.engine.looking import Look
from ml_connector.store import connections
from tests.engine.madeup import API, APP, HOOKS, SANDBOX, VENDOR, Bench, two_secrets, with_oauth

LOGIN = {**APP, "username": "ada", "password": "pass-word-ada"}
REDIRECT_ACCOUNT = with_oauth(account_key="realm", account_setting="ledger")
SIDES = replace(VENDOR, base_of=lambda s: SANDBOX if s.get("side") == "sandbox" else API)


async def consent_ends(bench: Bench, name: str = "books") -> str | None:
    """As `connections` shows it; `ping` and `status` must say the same."""
    look = Look(bench.res, HOOKS)
    (shown,) = [row for row in await look.connections("w") if row["name"] == name]
    (told,) = (await bench.do("ping", names=[name]))["result"]
    assert told["detail"]["consent_ends"] == shown["consent_ends"]
    status = [r for r in (await look.status("w"))["connections"] if r["name"] == name]
    assert status[0]["consent_ends"] == shown["consent_ends"]
    return None if shown["consent_ends"] is None else str(shown["consent_ends"])[:10]


# --- what goes into a token call, and where ------------------------------------------------------


async def test_a_token_call_says_what_the_vendor_wants() -> None:
    vendor = with_oauth(
        token_body="json", token_scope=True, token_extra={"expires_in": 900},
        token_headers={"x-include-end": "true"},
    )  # fmt: skip
    async with Bench(vendor) as bench:
        await bench.consent()
        host, headers, sent = bench.mill.token_calls[0]
        assert (headers["content-type"], headers["x-include-end"]) == ("application/json", "true")
        assert (sent["scope"], sent["expires_in"]) == ("all", 900)
        assert host == "id.mill.example"


async def test_addresses_that_are_the_same_for_all_are_used_whole() -> None:
    vendor = with_oauth(
        authorize_path="https://sandbox.mill.example/agree", token_path=f"{API}/token"
    )
    async with Bench(vendor) as bench:
        await bench.consent()
        assert bench.sent_to.startswith("https://sandbox.mill.example/agree?")
        assert bench.mill.token_calls[0][0] == "api.mill.example"


async def test_an_own_address_is_never_mixed_with_the_vendors() -> None:
    """A stand-in has the vendor's paths below one address."""
    vendor = with_oauth(authorize_path=f"{API}/agree", token_path=f"{API}/token")
    async with Bench(vendor) as bench:
        bench.mill.refreshes["r"] = "ada"
        await bench.connect(refresh_token="r", set_base_url="https://own.example", **APP)
        assert [host for host, _, _ in bench.mill.token_calls] == ["own.example"]


@pytest.mark.parametrize("base_of", [None, lambda settings: ""])
async def test_a_vendor_without_an_address_for_all_asks_for_yours(base_of: Any) -> None:
    vendor = replace(VENDOR, api_base="", auth_base="", base_of=base_of)
    async with Bench(vendor) as bench:
        assert "--base-url" in await bench.refused(refresh_token="r", **APP)
        bench.mill.refreshes["r"] = "ada"
        await bench.connect(refresh_token="r", set_base_url="https://own.example/", **APP)
        assert bench.mill.asked[-1] == ("GET", "own.example/me")
        assert bench.mill.token_calls[0][0] == "own.example"


async def test_sandbox_and_production_are_never_mixed() -> None:
    async with Bench(SIDES) as bench:
        await bench.consent(side="sandbox")
        assert bench.mill.asked[-1] == ("GET", "sandbox.mill.example/me")
        assert "never mixed" in await bench.refused(set_side="production")
        given = {"vendor": "mill", "name": "books", "settings": {"side": "production"}}
        done = await bench.do("consent", **given, secrets=APP)
        assert (done["exit"], "never mixed" in done["notes"][0]) == (2, True)
        assert await bench.answers()
        assert bench.mill.asked[-1] == ("GET", "sandbox.mill.example/me")


async def test_a_client_id_of_another_kind_is_told_before_anything_is_sent() -> None:
    def demand(client_id: str) -> None:
        if "@" not in client_id:
            raise Mistake("A client id looks like ID@Company.")

    async with Bench(with_oauth(check_client_id=demand)) as bench:
        told = await bench.refused(client_id="app-1", client_secret="s", refresh_token="r")
        assert "ID@Company" in told
        assert bench.mill.asked == []


async def test_a_renewal_names_the_address_that_the_consent_came_back_to() -> None:
    async with Bench() as bench:
        await bench.consent()
        await bench.clock.advance(3600)
        assert await bench.answers()
        bench.mill.refreshes["r"] = "ada"
        await bench.connect(refresh_token="r")
        told = [sent["redirect_uri"] for _, _, sent in bench.mill.token_calls]
        assert told == [f"{HOOKS}/oauth/callback"] * 3


# --- names and passwords -------------------------------------------------------------------------


async def test_a_name_and_a_password_connect_and_renew_what_is_refused() -> None:
    async with Bench(with_oauth(password_grant=True, absolute_days=30)) as bench:
        await bench.connect(**LOGIN)
        assert (await bench.grant()).kind == "password"
        assert await consent_ends(bench) is None
        kept = await bench.secrets(f"grant:{(await bench.grant()).id}")
        assert (kept["username"], kept["password"]) == ("ada", "pass-word-ada")
        bench.mill.refreshes.clear()
        bench.mill.accesses.clear()
        assert await bench.answers()
        assert [c[2]["grant_type"] for c in bench.mill.token_calls] == [
            "password", "refresh_token", "password",
        ]  # fmt: skip
        bench.mill.accesses.clear()
        bench.mill.refreshes.clear()
        bench.mill.passwords["ada"] = "another"
        assert not await bench.answers()
        assert (await bench.row()).state == connections.NEEDS_PERSON
        await bench.connect(password="another")
        assert await bench.answers()


async def test_an_answer_without_a_refresh_token_asks_with_the_password_again() -> None:
    async with Bench(with_oauth(password_grant=True)) as bench:
        bench.mill.answers = {"expires_in": 3600, "refresh_token": None}
        await bench.connect(**LOGIN)
        await bench.clock.advance(3590)
        assert await bench.answers()
        assert [c[2]["grant_type"] for c in bench.mill.token_calls] == ["password", "password"]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "oauth"),
        ({"set_auth": "oauth"}, "oauth"),
        ({"set_auth": "password"}, "password"),
        ({"set_auth": "token"}, "token"),
    ],
)
async def test_of_several_ways_the_chosen_one_is_taken(given: dict[str, str], kind: str) -> None:
    vendor = replace(with_oauth(password_grant=True), token=two_secrets())
    async with Bench(vendor) as bench:
        bench.mill.refreshes["r"] = "ada"
        bench.mill.static = "Basic " + b64encode(b"ada/token:api-token-1").decode()
        await bench.connect(refresh_token="r", api_token="api-token-1", **LOGIN, **given)
        assert (await bench.grant()).kind == kind
        assert await bench.answers()


@pytest.mark.parametrize(
    ("vendor", "given", "told"),
    [
        (VENDOR, {"set_auth": "token"}, "auth must be oauth for The Mill"),
        (with_oauth(password_grant=True), {"set_auth": "password"}, "username and password"),
        (replace(VENDOR, token=two_secrets()), {"api_token": "t-t-t-t"}, "needs the secret usern"),
        (replace(VENDOR, token=two_secrets()), {"set_auth": "password"}, "oauth or token"),
    ],
)
async def test_what_lacks_for_a_way_is_told(
    vendor: Vendor, given: dict[str, str], told: str
) -> None:
    async with Bench(vendor) as bench:
        app = {} if "api_token" in given else APP
        assert told in await bench.refused(**app, **given)
        assert bench.mill.asked == []


# --- static tokens -------------------------------------------------------------------------------


async def test_a_static_token_may_take_several_secrets_and_end_on_a_day() -> None:
    vendor = replace(VENDOR, token=two_secrets(date(2026, 5, 24)))
    async with Bench(vendor) as bench:
        await bench.connect(api_token="api-token-1", username="ada@x.example")
        assert await bench.answers()
        assert await consent_ends(bench) == "2026-05-24"
        assert bench.alerts == []
        await bench.days(7)
        (told,) = bench.alerts
        assert "static token of connection books ends in 13 days" in told
        assert "consent instead" in told
        bench.mill.static = "Basic " + b64encode(b"ada@x.example/token:api-token-2").decode()
        assert not await bench.answers()
        await bench.connect(api_token="api-token-2")  # the name is known still
        assert await bench.answers()
        hidden = bench.res.redactor.text("api-token-2 " + bench.mill.static)
        assert "api-token-2" not in hidden
        assert "YWRh" not in hidden


async def test_another_way_in_leaves_nothing_of_the_earlier_one() -> None:
    async with Bench(replace(VENDOR, token=two_secrets(date(2026, 5, 24)))) as bench:
        await bench.connect(api_token="api-token-1", username="ada@x.example")
        await bench.consent()
        assert set(await bench.secrets(f"grant:{(await bench.grant()).id}")) == {
            "access_token", "refresh_token",
        }  # fmt: skip
        assert await consent_ends(bench) is None


# --- how long a consent lasts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oauth", "said", "ends"),
    [
        ({}, {}, None),
        ({"life_days": 60}, {}, "2026-07-03"),
        ({"absolute_days": 30}, {}, "2026-06-03"),
        ({"life_keys": ("rolling", "hard")}, {"rolling": 864_000, "hard": 8_640_000}, "2026-05-14"),
        ({"life_keys": ("rolling", "hard")}, {"rolling": 8_640_000, "hard": 864_000}, "2026-05-14"),
        ({"life_keys": ("rolling",), "absolute_days": 5}, {"rolling": 864_000}, "2026-05-09"),
        ({"life_keys": ("rolling",), "life_days": 3}, {"rolling": 864_000}, "2026-05-14"),
    ],
)
async def test_the_nearest_end_counts(
    oauth: dict[str, Any], said: dict[str, int], ends: str | None
) -> None:
    async with Bench(with_oauth(**oauth)) as bench:
        bench.mill.answers |= said
        await bench.consent()
        assert await consent_ends(bench) == ends


async def test_renewals_move_a_rolling_end_and_never_an_absolute_one() -> None:
    vendor = with_oauth(life_keys=("rolling",), absolute_days=30)
    async with Bench(vendor) as bench:
        bench.mill.answers["rolling"] = 20 * 86_400
        await bench.consent()
        assert await consent_ends(bench) == "2026-05-24"
        await bench.days(5)
        assert await bench.answers()
        assert await consent_ends(bench) == "2026-05-29"
        await bench.days(14)
        assert await bench.answers()
        assert await consent_ends(bench) == "2026-06-03"
        del bench.mill.answers["rolling"]
        await bench.clock.advance(3600)
        assert await bench.answers()
        assert await consent_ends(bench) == "2026-06-03"
        await bench.consent()
        assert await consent_ends(bench) == "2026-06-22"


async def test_the_end_is_told_at_14_3_and_1_days_once_each_over_restarts() -> None:
    async with Bench(with_oauth(absolute_days=30)) as bench:
        await bench.consent()
        days = []
        for day in range(1, 32):
            if day % 4 == 0:
                await bench.start()
            before = len(bench.alerts)
            await bench.days(1)
            days += [day] * (len(bench.alerts) - before)
        assert days == [16, 27, 29]
        assert "ends in 14 days (2026-06-03)" in bench.alerts[0]
        assert "ends in 3 days" in bench.alerts[1]
        assert "ends in 1 day (" in bench.alerts[2]
        await bench.consent()
        await bench.days(1)
        assert len(bench.alerts) == 3
        await bench.days(25)
        assert "ends in 4 days" in bench.alerts[3]


# --- whose account it is -------------------------------------------------------------------------


async def test_the_redirect_names_the_account_and_a_reconnect_keeps_to_it() -> None:
    async with Bench(REDIRECT_ACCOUNT) as bench:
        assert "did not say for which account" in await bench.consent(expect=3)
        await bench.consent(extra="&realm=L7")
        row = await bench.row()
        assert row.settings["ledger"] == "L7"
        calls = len(bench.mill.token_calls)
        told = await bench.consent(extra="&realm=L8", expect=2)
        assert "given for account L8" in told
        assert "under another name" in told
        assert len(bench.mill.token_calls) == calls
        assert await bench.answers()
        await bench.consent(extra="&realm=L7")
        assert (await bench.row()).account == row.account


async def test_without_a_consent_the_account_must_be_said() -> None:
    async with Bench(REDIRECT_ACCOUNT) as bench:
        told = await bench.refused(refresh_token="r", **APP)
        assert "--set ledger=" in told
        bench.mill.refreshes["r"] = "ada"
        await bench.connect(refresh_token="r", set_ledger="L2", **APP)
        assert (await bench.row()).settings["ledger"] == "L2"


async def test_a_setting_that_leads_to_another_account_is_refused() -> None:
    async with Bench() as bench:
        await bench.consent(ledger="L1")
        assert "under another name" in await bench.refused(set_ledger="L2")
        assert (await bench.row()).settings["ledger"] == "L1"
        await bench.connect(set_side="sandbox")
        assert (await bench.row()).settings["side"] == "sandbox"


# --- one live grant of a user and an app ---------------------------------------------------------


async def two_ledgers(bench: Bench) -> None:
    """Two businesses of one user, at a vendor where a new consent ends the earlier one."""
    bench.mill.one_live = True
    await bench.consent("one", ledger="L1")
    await bench.consent("two", ledger="L2")


ONE_LIVE = with_oauth(one_live_grant=True)


async def test_two_ledgers_of_one_user_share_the_one_live_grant() -> None:
    async with Bench(ONE_LIVE) as bench:
        await two_ledgers(bench)
        one, two = await bench.row("one"), await bench.row("two")
        assert one.grant == two.grant
        assert one.account != two.account
        for _ in range(3):
            await bench.clock.advance(3600)
            assert await bench.answers("one")
            assert await bench.answers("two")
        assert (await bench.grant("one")).refused is None


async def test_without_that_rule_each_has_a_grant_of_its_own() -> None:
    async with Bench() as bench:
        await bench.consent("one", ledger="L1")
        await bench.consent("two", ledger="L2")
        assert (await bench.row("one")).grant != (await bench.row("two")).grant


async def test_a_second_consent_renews_the_shared_grant_for_all() -> None:
    async with Bench(ONE_LIVE) as bench:
        await two_ledgers(bench)
        bench.mill.refreshes.clear()
        bench.mill.accesses.clear()
        assert not await bench.answers("one")
        assert {(await bench.row(n)).state for n in ("one", "two")} == {connections.NEEDS_PERSON}
        assert len(bench.alerts) == 2
        await bench.consent("two", ledger="L2")
        assert (await bench.row("one")).state == connections.OK
        assert await bench.answers("one")
        assert await bench.answers("two")


async def test_another_user_leaves_the_shared_grant_to_the_others() -> None:
    async with Bench(ONE_LIVE) as bench:
        await two_ledgers(bench)
        shared = (await bench.row("one")).grant
        await bench.consent("two", user="bob", ledger="L2")
        own = (await bench.row("two")).grant
        assert (await bench.row("one")).grant == shared != own
        assert await bench.answers("one")
        assert await bench.answers("two")
        await bench.consent("two", user="ada", ledger="L2")
        assert (await bench.row("two")).grant == shared
        assert await bench.secrets(f"grant:{own}") == {}
        await bench.clock.advance(3600)
        assert await bench.answers("one")


async def test_the_ends_of_a_shared_grant_are_told_once_for_all() -> None:
    async with Bench(with_oauth(one_live_grant=True, absolute_days=10)) as bench:
        await two_ledgers(bench)
        await bench.days(0.1)
        (told,) = bench.alerts
        assert "connections one and two ends in 10 days" in told
