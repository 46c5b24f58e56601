"""The tokens of both vendors: renewed before they end, kept before they are used, never lost by a
plan or a restart; what a refused renewal stops goes on after a reconnect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ml_connector.core.faults import Unreachable
from ml_connector.engine.recognizing import recognize
from ml_connector.http.auth import UNRECOGNIZED
from ml_connector.store import connections, lanes
from ml_connector.store.vault import get_secrets
from tests.support.mortal import Killed

from .scene import Scene, demand_in_step, picture

GRANT = ["client_id", "client_secret", "refresh_token"]
VENDORS = ["wave", "pipedrive"]
TOKEN_CALL = {"wave": "POST /oauth2/token/", "pipedrive": "POST /oauth/token"}


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A flow in step, both sides over OAuth."""
    async with Scene(2, 3) as scene:
        for vendor in VENDORS:
            await scene.connect(vendor, secrets=GRANT)
        await scene.add(since="all")
        await scene.sync()
        scene.alerts.clear()
        yield scene


async def another(scene: Scene, name: str) -> None:
    await scene.human("POST", "wave/customers", {"name": name, "email": f"{len(name)}@x.example"})
    await scene.clock.advance(301)


async def demand_arrived(scene: Scene, *names: str) -> None:
    there = [o["name"] for o in (await picture(scene))["organizations"]]
    for name in names:
        assert there.count(name) == 1, (name, there)
    await demand_in_step(scene, await picture(scene))


async def kept_tokens(scene: Scene, vendor: str) -> dict[str, str]:
    def work(conn: Any) -> dict[str, str]:
        row = connections.named(conn, "w", vendor)
        assert row is not None
        return get_secrets(conn, scene.vault, f"grant:{row.grant}")

    return await scene.store.read(work)


async def calls(scene: Scene, vendor: str) -> int:
    """Calls for the flow: whose the credentials are may be asked, and tokens are renewed."""
    asking = ("authorize", "token", "users/me")
    told = (await scene.counters())["requests"]
    return sum(
        r["n"]
        for r in told
        if r["vendor"] == vendor
        and r["operation"] not in ("business", "user")
        and not any(part in r["operation"] for part in asking)
    )


async def renewals(scene: Scene, vendor: str) -> int:
    told = (await scene.counters())["requests"]
    wanted = (vendor, TOKEN_CALL[vendor])
    return sum(r["n"] for r in told if (r["vendor"], r["operation"]) == wanted)


def lost(vendor: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"vendor": vendor, "operation": TOKEN_CALL[vendor], "kind": kind, **more}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_token_is_renewed_ahead_of_its_end(scene: Scene, vendor: str) -> None:
    before, asked = await kept_tokens(scene, vendor), await renewals(scene, vendor)
    await scene.clock.advance(7200 - 100 if vendor == "wave" else 3599 - 100)
    await another(scene, "Neu")
    await scene.rounds(60)
    after = await kept_tokens(scene, vendor)
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert await renewals(scene, vendor) == asked + 1
    assert await scene.refusals(vendor, 401) == 0
    await demand_arrived(scene, "Neu")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_token_that_dies_in_the_middle_of_a_sync_is_renewed_once(vendor: str) -> None:
    async with Scene(3, 5) as scene:
        for each in VENDORS:
            await scene.connect(each, secrets=GRANT)
        await scene.add(since="all")
        asked = await renewals(scene, vendor)
        operation = "business.invoices" if vendor == "wave" else "POST /api/v2/deals"
        await scene.order(
            {"vendor": vendor, "operation": operation, "kind": "expire_access_token", "times": 1}
        )
        await scene.sync()
        assert await renewals(scene, vendor) == asked + 1
        await demand_in_step(scene, await picture(scene))
        assert len((await picture(scene))["deals"]) == 5


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_new_pair_is_kept_before_it_is_used(scene: Scene, vendor: str) -> None:
    """The process dies before the first call with a new pair, which must be on the disk by then."""
    await scene.clock.advance(7200)
    await another(scene, "Neu")
    path = "/oauth2/token/" if vendor == "wave" else "/oauth/token"

    def dies(step: str) -> bool:
        asked = scene.line.asked
        is_use = asked is not None and path not in asked.url and f"/{vendor}/" in asked.url
        return step.startswith("send") and is_use

    await scene.restart(dies_at=dies)
    with pytest.raises(Killed):
        await scene.sync()
    await scene.restart()
    await scene.rounds(120)
    assert scene.alerts == []
    await demand_arrived(scene, "Neu")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_lost_answer_to_a_rotation_that_was_not_done_is_made_good(
    scene: Scene, vendor: str
) -> None:
    await scene.clock.advance(7200)
    await another(scene, "Neu")
    await scene.order(lost(vendor, "cut_before", times=1))
    await scene.rounds(120)
    assert scene.alerts == []
    await demand_arrived(scene, "Neu")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_lost_answer_to_a_rotation_that_was_done_needs_a_person_who_is_told_once(
    scene: Scene, vendor: str
) -> None:
    """The vendor put the old token out of use: this lies outside of the promise, and is said."""
    await scene.clock.advance(7200)
    await another(scene, "Neu")
    await scene.order(lost(vendor, "cut_after", times=1))
    await scene.rounds(3600, every=120)
    assert (await scene.connection(vendor))["state"] == "needs_person"
    assert len(scene.alerts) == 1
    assert "connect" in scene.alerts[0].lower()
    assert (await scene.consent(vendor))["exit"] == 0
    await scene.rounds(60)
    await demand_arrived(scene, "Neu")
    assert (await scene.connection(vendor))["state"] == "ok"


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_refused_renewal_stops_one_connection_and_a_reconnect_applies_what_waited(
    scene: Scene, vendor: str
) -> None:
    await scene.order(lost(vendor, "revoke_refresh_token", times=1))
    await scene.clock.advance(7200)
    await another(scene, "Neu")
    await scene.rounds(600)
    await another(scene, "Noch einer")
    await scene.rounds(7200, every=300)
    other = next(v for v in VENDORS if v != vendor)
    assert (await scene.connection(vendor))["state"] == "needs_person"
    assert (await scene.connection(other))["state"] == "ok"
    assert len(scene.alerts) == 1
    await scene.restart()
    await scene.rounds(600)
    assert len(scene.alerts) == 1
    assert (await scene.consent(vendor))["exit"] == 0
    await scene.rounds(60)
    await demand_arrived(scene, "Neu", "Noch einer")
    assert (await scene.connection(vendor))["state"] == "ok"


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_sync_without_a_good_grant_ends_with_3_and_writes_nothing(
    scene: Scene, vendor: str
) -> None:
    await scene.order(lost(vendor, "revoke_refresh_token", times=1))
    await scene.clock.advance(7200)
    await another(scene, "Neu")
    made = await scene.creates()
    answer = await scene.do("sync", flow="invoices")
    assert answer["exit"] == 3
    assert "Connect again" in answer["notes"][0]
    assert await scene.creates() == made


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_plan_never_loses_a_rotated_token(scene: Scene, vendor: str) -> None:
    """A plan plays on a copy of the store; the tokens it renews are kept in the real one."""
    before = await kept_tokens(scene, vendor)
    await scene.clock.advance(7200)
    await another(scene, "Neu")
    await scene.plan()
    after = await kept_tokens(scene, vendor)
    assert after["refresh_token"] != before["refresh_token"]
    await scene.restart()
    await scene.rounds(60)
    assert scene.alerts == []
    await demand_arrived(scene, "Neu")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_grant_that_nobody_uses_is_kept_alive(scene: Scene, vendor: str) -> None:
    asked = await renewals(scene, vendor)
    await scene.done("flow_state", name="invoices", state="paused")
    for _ in range(10):
        await scene.clock.advance(8 * 86_400)
        await scene.round()
    assert await renewals(scene, vendor) >= asked + 10
    assert scene.alerts == []


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_consent_that_was_denied_is_said_and_keeps_nothing(vendor: str) -> None:
    async with Scene(2, 3) as scene:
        await scene.switch(**{f"{vendor}__consent_denied": True})
        answer = await scene.consent(vendor)
        assert answer["exit"] == 3
        assert "Consent was refused" in answer["notes"][0]
        assert (await scene.done("ping")) == []
        await scene.switch(**{f"{vendor}__consent_denied": False})
        assert (await scene.consent(vendor))["exit"] == 0


async def test_a_consent_works_once() -> None:
    async with Scene(2, 3) as scene:
        ready = (await scene.human("GET", "ready"))["vendors"]["wave"]
        begun = await scene.done(
            "consent", vendor="wave", name="wave",
            settings={"base_url": ready["base_url"], **ready["settings"]},
            secrets={n: ready["credentials"][n] for n in ("client_id", "client_secret")},
            redirect_url="http://127.0.0.1:9/callback",
        )  # fmt: skip
        page = await scene.sandbox.call(
            "GET", begun["authorize_url"].removeprefix("http://sandbox")
        )
        url = {"url": page.headers["location"]}
        assert (await scene.do("exchange", state=begun["state"], secrets=url))["exit"] == 0
        again = await scene.do("exchange", state=begun["state"], secrets=url)
        assert again["exit"] == 2
        assert "Start connect again" in again["notes"][0]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_another_companys_credentials_are_refused_at_a_reconnect(
    scene: Scene, vendor: str
) -> None:
    """The account that a connection has is never exchanged behind a flow's back."""
    before = await kept_tokens(scene, vendor)

    def work(conn: Any) -> None:
        row = connections.named(conn, "w", vendor)
        assert row is not None
        assert row.account
        account = connections.account(conn, row.account)
        assert account is not None
        connections.put_account(
            conn,
            connections.Account(account.id, "w", vendor, "somebody-else", "Somebody Else"),
        )

    await scene.store.write(work)
    answer = await scene.consent(vendor)
    assert answer["exit"] == 2
    assert "under another name" in answer["notes"][0]
    assert await kept_tokens(scene, vendor) == before


@pytest.mark.parametrize("vendor", VENDORS)
async def test_an_account_of_another_workspace_is_refused(scene: Scene, vendor: str) -> None:
    await scene.store.write(lambda c: lanes.put_workspace(c, "other", "other"))
    scene.lane.workspace = "other"
    answer = await scene.consent(vendor, "mine")
    assert answer["exit"] == 2
    assert "belongs to another workspace" in answer["notes"][0]


# --- whose the credentials are --------------------------------------------------------------------

WHO = {"wave": "business*", "pipedrive": "*users/me"}


async def unasked(scene: Scene, vendor: str, name: str | None = None) -> str:
    """A consent after which nobody can be asked whose it is; what a person is told."""
    await scene.order({"vendor": vendor, "operation": WHO[vendor], "kind": "status", "status": 503})
    answer = await scene.consent(vendor, name)
    await scene.calm()
    assert answer["exit"] == 3
    return str(answer["notes"][0])


async def exchanged(scene: Scene, vendor: str) -> None:
    """Its connection is of another account than the one that its new credentials lead to."""
    row = await scene.row(vendor)
    other = connections.Account(str(row.account), "w", vendor, "somebody-else", "Somebody Else")
    await scene.store.write(lambda c: connections.put_account(c, other))


async def asked(scene: Scene, vendor: str) -> dict[str, Any]:
    [told] = (await scene.do("ping", names=[vendor]))["result"]
    return dict(told)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_credentials_of_another_account_are_never_worked_with(
    scene: Scene, vendor: str
) -> None:
    """Though nobody could be asked whose they are when they were given."""
    await exchanged(scene, vendor)
    assert f"ping {vendor}" in await unasked(scene, vendor)
    assert (await scene.row(vendor)).reason == UNRECOGNIZED
    before = await calls(scene, vendor)
    await another(scene, "Acme Ltd")
    await scene.rounds(3 * 3600, every=300)
    await scene.do("sync", flow="invoices")
    told = await asked(scene, vendor)
    assert (told["ok"], "under another name" in told["detail"]) == (False, True)
    assert f"Connect {vendor} itself again" in told["detail"]
    row = await scene.row(vendor)
    assert (row.state, row.reason) == (connections.NEEDS_PERSON, told["detail"])
    assert await calls(scene, vendor) == before
    assert any("under another name" in alert for alert in scene.alerts)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("by", ["ping", "lane"])
async def test_credentials_are_worked_with_once_their_account_answered(
    scene: Scene, vendor: str, by: str
) -> None:
    await unasked(scene, vendor)
    await another(scene, "Acme Ltd")
    if by == "ping":
        assert (await asked(scene, vendor))["ok"]
    await scene.rounds(3600)
    assert (await scene.row(vendor)).state == connections.OK
    await demand_arrived(scene, "Acme Ltd")


async def test_a_new_connection_has_its_account_once_that_can_be_asked() -> None:
    async with Scene(2, 3) as scene:
        await scene.connect("wave", secrets=GRANT)
        await unasked(scene, "pipedrive")
        assert (await scene.row("pipedrive")).account is None
        told = await asked(scene, "pipedrive")
        assert (told["ok"], told["account"]) == (True, "1234567")
        row = await scene.row("pipedrive")
        assert (row.state, row.identity["name"]) == (connections.OK, told["detail"]["name"])
        await scene.add(since="all")
        await scene.sync()
        await demand_in_step(scene, await picture(scene))


async def test_an_answer_to_earlier_credentials_says_nothing_of_new_ones(scene: Scene) -> None:
    await unasked(scene, "pipedrive")
    opened = await scene.lane.opener.connection(await scene.row("pipedrive"))
    slow = {"vendor": "pipedrive", "operation": WHO["pipedrive"], "kind": "slow", "seconds": 60.0}
    await scene.order({**slow, "times": 1})
    asking = asyncio.ensure_future(recognize(scene.res, opened))
    for _ in range(100):
        await asyncio.sleep(0)
    await unasked(scene, "pipedrive")
    assert not asking.done()
    await scene.clock.advance(60)
    with pytest.raises(Unreachable, match="ask again"):
        await asking
    assert (await scene.row("pipedrive")).identity == {}
