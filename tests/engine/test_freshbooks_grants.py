"""FreshBooks' tokens: twelve hours, single refreshes, one live grant of a user and an app."""

from __future__ import annotations

import re

from ml_connector.store import connections
from tests.engine.freshbooks_scene import HOUR, PAID, Books
from tests.support.rehearsal import FLOW, GRANT, WORKSPACE, Rehearsal


async def test_a_token_is_renewed_within_its_twelve_hours_and_the_pair_is_kept() -> None:
    async with Books() as s:
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        await s.sync()
        await s.switch(freshbooks__refresh_keeps_created_at=True)
        for _ in range(4):
            await s.pass_time(11 * HOUR)
            assert (await s.sync())["writes"] == 0
        await s.start()
        await s.act("invoices", invoice, "pay")
        await s.sync()
        assert await s.shows(invoice) == PAID
        assert s.alerts == []


async def test_a_refused_refresh_stops_only_this_connection_and_says_so() -> None:
    async with Books() as s:
        await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.sandbox.order({"vendor": "freshbooks", "kind": "revoke_refresh_token"})
        await s.pass_time(13 * HOUR)
        await s.round()
        states = {c["name"]: c["state"] for c in (await s.status())["connections"]}
        assert states == {"freshbooks": "needs_person", "pipedrive": "ok"}
        assert any("FreshBooks" in told for told in s.alerts)


async def test_a_lost_answer_to_a_rotation_needs_a_person() -> None:
    """A refresh token works once, and FreshBooks forgives nothing: outside of the promise."""
    async with Books() as s:
        await s.customer()
        await s.install(since="all")
        await s.sync()
        operation = "POST /auth/oauth/token"
        await s.sandbox.order(
            {"vendor": "freshbooks", "operation": operation, "kind": "cut_after", "times": 1}
        )
        await s.pass_time(13 * HOUR)
        await s.round()
        states = {c["name"]: c["state"] for c in (await s.status())["connections"]}
        assert states["freshbooks"] == "needs_person"
        assert (await s.consent(account_id=(await s.ready())["settings"]["account_id"]))[
            "exit"
        ] == 0
        await s.customer("Late GmbH")
        await s.sync()
        assert len(await s.ours()) == 2


async def test_a_scope_that_is_missing_is_named() -> None:
    async with Books() as s:
        await s.customer()
        await s.install(since="all")
        rule = {"vendor": "freshbooks", "kind": "revoke_scope", "scope": "user:clients:read"}
        await s.sandbox.order(rule)
        answer = await s.do("sync", flow=FLOW)
        assert answer["exit"] == 3
        assert any("scope" in note for note in answer["notes"])


async def test_consent_of_one_user_to_one_app_is_one_grant_for_all_their_businesses() -> None:
    async with Books() as s:
        first, second = await businesses(s)
        assert (await s.consent("one", account_id=first))["result"]["account"] == first
        assert (await s.consent("two", account_id=second))["result"]["account"] == second
        rows = await s.store.read(
            lambda c: [connections.named(c, WORKSPACE, name) for name in ("one", "two")]
        )
        assert len({row.grant for row in rows if row is not None}) == 1
        await s.pass_time(13 * HOUR)
        assert [told["ok"] for told in await s.done("ping", names=["one", "two"])] == [True, True]


async def test_a_user_in_several_businesses_is_asked_which() -> None:
    async with Books() as s:
        first, second = await businesses(s)
        answer = await s.consent()
        assert answer["exit"] == 2
        assert all(f"account_id={id}" in answer["notes"][0] for id in (first, second))


async def businesses(s: Books) -> tuple[str, str]:
    """The account ids of the two businesses that the sandbox's owner is in."""
    notes = (await s.consent("which"))["notes"][0]
    first, second = re.findall(r"account_id=(\w+)", notes)
    return first, second


async def test_freshbooks_takes_only_an_https_address_to_come_back_to() -> None:
    async with Books() as s:
        ready = await s.ready()
        begun = await s.do(
            "consent", vendor="freshbooks", name="books", settings={"base_url": ready["base_url"],
            "allow_private_addresses": "true"}, redirect_url="http://127.0.0.1:8765/callback",
            secrets={n: ready["credentials"][n] for n in ("client_id", "client_secret")},
        )  # fmt: skip
        assert begun["exit"] == 2
        assert "--paste" in begun["notes"][0]


async def test_a_user_with_several_businesses_chooses_one_and_need_not_give_the_grant_again() -> (
    None
):
    async with Rehearsal(kind="freshbooks-pipedrive", customers=4, invoices=4) as of:
        ready = (await of.sandbox.control("GET", "ready"))["vendors"]["freshbooks"]
        settings = {"base_url": ready["base_url"], **ready["settings"]}
        account = settings.pop("account_id")
        secrets = {name: ready["credentials"][name] for name in GRANT}
        told = await of.do(
            "connect", vendor="freshbooks", name="fresh", settings=settings, secrets=secrets
        )
        assert told["exit"] == 2
        assert f"--set account_id={account}" in told["notes"][0]
        chosen = {"account_id": account}
        done = await of.do(
            "connect", vendor="freshbooks", name="fresh", settings=chosen, secrets={}
        )
        assert done["exit"] == 0
