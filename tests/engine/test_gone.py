"""What is deleted, archived or merged on one side: said on the other, never blindly made again."""

from __future__ import annotations

import pytest

from tests.engine.scene import Record, Scene, counts

DAY = 86_400


async def stood_up(s: Scene) -> tuple[Record, Record]:
    acme = await s.customer("Acme Ltd", email="ann@acme.example")
    invoice = await s.invoice(acme, sent=False, dueDate="2026-07-01")
    await s.install(since="all")
    await s.sync()
    await s.round()
    await s.pass_time(60)
    await s.deliver()
    return acme, invoice


# --- at Wave -----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["full", "lane"])
async def test_a_deleted_draft_is_marked_at_its_deal_and_not_deleted_there(how: str) -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        await s.human("DELETE", f"wave/invoices/{invoice['id']}")
        if how == "full":
            summary = await s.sync(full=True)
            assert counts(summary, "invoices") == {"found": 1, "gone": 1}
            assert counts(summary, "activities") == {"found": 1, "gone": 1}
        else:
            await s.pass_time(DAY + 60)
            await s.round()
        deal = await s.deal(invoice)
        assert not deal["is_deleted"]
        assert deal["Source state"] == "Deleted"
        row = (await s.told(invoice, "invoices"))[0]
        assert (row["decision"], row["state"]) == ("gone", "done")
        assert row["reason"] == "the invoice was deleted at the source"
        assert (await s.sync(full=True))["writes"] == 0


async def test_absence_alone_is_no_deletion_while_wave_does_not_answer_for_the_record() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        await s.human("DELETE", f"wave/invoices/{invoice['id']}")
        rule = {"vendor": "wave", "operation": "business.invoice", "kind": "status", "status": 500}
        await s.sandbox.order(rule)
        summary = await s.sync(full=True)
        assert counts(summary, "invoices") == {"found": 1, "failed": 1}
        assert (await s.deal(invoice))["Source state"] == "Active"
        await s.human("DELETE", "faults")
        await s.pass_time(60)
        await s.sync()
        assert (await s.deal(invoice))["Source state"] == "Deleted"


async def test_an_archived_customer_is_marked_and_an_active_one_again_too() -> None:
    async with Scene() as s:
        acme, _ = await stood_up(s)
        await s.act("customers", acme, "archive")
        await s.sync()
        assert (await s.organization(acme))["Source state"] == "Archived"
        await s.pass_time(60)
        await s.act("customers", acme, "restore")
        await s.sync()
        assert (await s.organization(acme))["Source state"] == "Active"


async def swept(s: Scene) -> None:
    """The lane's daily look around, and the round in which it does what it found."""
    await s.pass_time(DAY + 60)
    await s.round()
    await s.round()


# --- at Pipedrive: deleted ---------------------------------------------------------------------


async def deal_deleted(s: Scene, how: str) -> Record:
    """A deal that a sales person deleted, and that we have noticed."""
    _, invoice = await stood_up(s)
    deal = await s.deal(invoice)
    await s.seller("DELETE", f"deals/{deal['id']}")
    if how == "webhook":
        await s.deliver()
        await s.round()
    elif how == "sweep":
        await swept(s)
    else:
        await s.act("invoices", invoice, "send")
        await s.sync()
    return invoice


@pytest.mark.parametrize("how", ["webhook", "sweep", "next change"])
async def test_a_deal_deleted_by_hand_waits_for_a_person_and_is_not_made_again(how: str) -> None:
    async with Scene(public=how == "webhook") as s:
        invoice = await deal_deleted(s, how)
        reviews = [r for r in await s.reviews() if r["route"] == "invoices"]
        assert len(reviews) == 1
        assert "was deleted at the target" in reviews[0]["reason"]
        assert "create it again, link another, or ignore it" in reviews[0]["reason"]
        assert await s.all("deals") == []
        await s.act("invoices", invoice, "send")
        await s.sync()
        await s.sync(full=True)
        assert await s.all("deals") == []
        assert len([r for r in await s.reviews() if r["route"] == "invoices"]) == 1


async def test_a_deleted_deal_is_created_again_when_a_person_says_so() -> None:
    async with Scene(public=True) as s:
        invoice = await deal_deleted(s, "webhook")
        answer = await s.resolve("create")
        assert counts(answer["result"], "invoices") == {"found": 1, "create": 1}
        [deal] = await s.all("deals")
        assert (await s.deal(invoice))["id"] == deal["id"]
        assert [r for r in await s.reviews() if r["route"] == "invoices"] == []
        assert (await s.told(invoice, "invoices"))[0]["source"] == "person"


async def test_a_deleted_deal_is_linked_to_another_when_a_person_says_so() -> None:
    async with Scene(public=True) as s:
        invoice = await deal_deleted(s, "webhook")
        other = await s.seller("POST", "deals", title="The right one", value=5, currency="USD")
        await s.resolve("link", str(other["id"]))
        deal = await s.deal(invoice)
        assert (deal["id"], deal["title"], deal["value"]) == (other["id"], "The right one", 100)
        assert len(await s.all("deals")) == 1


async def test_a_deleted_deal_is_ignored_when_a_person_says_so() -> None:
    async with Scene(public=True) as s:
        invoice = await deal_deleted(s, "webhook")
        await s.resolve("ignore")
        assert [r for r in await s.reviews() if r["route"] == "invoices"] == []
        await s.act("invoices", invoice, "send")
        await s.sync()
        await s.sync(full=True)
        assert await s.all("deals") == []
        row = (await s.told(invoice, "invoices"))[0]
        assert row["reason"] == "a person said to leave this record alone"


async def test_a_link_to_a_record_that_is_not_there_asks_again() -> None:
    async with Scene(public=True) as s:
        await deal_deleted(s, "webhook")
        answer = await s.resolve("link", "4711")
        assert counts(answer["result"], "invoices") == {"found": 1, "review": 1}
        [review] = [r for r in await s.reviews() if r["route"] == "invoices"]
        assert "4711 that a person chose is not there" in review["reason"]


async def test_a_deleted_organization_keeps_its_children_waiting_until_a_person_decides() -> None:
    async with Scene(public=True) as s:
        acme, _ = await stood_up(s)
        organization = await s.organization(acme)
        await s.seller("DELETE", f"organizations/{organization['id']}")
        await s.deliver()
        await s.round()
        later = await s.invoice(acme)
        summary = await s.sync()
        assert counts(summary, "invoices")["waiting"] >= 1
        assert later["id"] not in await s.links("invoices")
        await s.resolve("create")
        await s.sync()
        assert (await s.deal(later))["org_id"] == (await s.organization(acme))["id"]


# --- at Pipedrive: merged ----------------------------------------------------------------------


@pytest.mark.parametrize("public", [True, False])
async def test_a_merged_organization_goes_on_as_the_one_it_was_merged_into(public: bool) -> None:
    async with Scene(public=public) as s:
        acme, invoice = await stood_up(s)
        winner = await s.seller("POST", "organizations", name="ACME Group")
        loser = await s.organization(acme)
        await s.seller("POST", f"organizations/{loser['id']}/merge", into=winner["id"])
        if public:
            await s.deliver()
            await s.round()
        else:
            await swept(s)
        organization = await s.organization(acme)
        assert (organization["id"], organization["name"]) == (winner["id"], "ACME Group")
        assert [r for r in await s.reviews() if r["route"] == "customers"] == []
        await s.pass_time(60)
        await s.act("invoices", invoice, "send")
        await s.sync()
        deal = await s.deal(invoice)
        assert (deal["org_id"], deal["Invoice status"]) == (winner["id"], "Sent")
        assert "org_id" not in (await s.told(invoice, "invoices"))[0]["reason"]


async def test_two_organizations_of_ours_that_are_merged_share_the_winner() -> None:
    async with Scene(public=True) as s:
        one, two = await s.customer("One"), await s.customer("Two")
        await s.install(since="all")
        await s.sync()
        await s.deliver()
        await s.pass_time(60)
        loser, winner = await s.organization(one), await s.organization(two)
        await s.seller("POST", f"organizations/{loser['id']}/merge", into=winner["id"])
        await s.deliver()
        await s.round()
        links = await s.links("customers")
        assert links[one["id"]].target_id == links[two["id"]].target_id == str(winner["id"])
        assert (links[one["id"]].is_alias, links[two["id"]].is_alias) == (True, False)
        invoice = await s.invoice(one)
        await s.sync()
        assert (await s.deal(invoice))["org_id"] == winner["id"]


async def test_what_is_refused_for_its_deleted_parent_waits_for_the_word_on_that() -> None:
    """The invoice is new, and Pipedrive takes no deal of an organization that is not there."""
    async with Scene() as s:
        acme, _ = await stood_up(s)
        await s.seller("DELETE", f"organizations/{(await s.organization(acme))['id']}")
        await s.pass_time(60)
        new = await s.invoice(acme)
        await s.sync()
        assert [r["route"] for r in await s.reviews()] == ["customers"]
        await s.resolve("create")
        await s.sync()
        deal, organization = await s.deal(new), await s.organization(acme)
        assert deal["org_id"] == organization["id"]
        assert await s.reviews() == []


async def test_what_is_refused_for_a_parent_that_was_merged_goes_to_the_survivor() -> None:
    async with Scene() as s:
        acme, _ = await stood_up(s)
        other = await s.seller("POST", "organizations", name="ACME Group")
        loser = (await s.organization(acme))["id"]
        await s.seller("POST", f"organizations/{loser}/merge", into=other["id"])
        await s.pass_time(60)
        new = await s.invoice(acme)
        await s.sync()
        assert (await s.deal(new))["org_id"] == other["id"]
        assert await s.reviews() == []


async def test_a_read_that_lags_behind_our_create_is_no_deletion() -> None:
    """The seller's event about our own create has us look, and the read shows what was before."""
    async with Scene(public=True) as s:
        await s.install(since="all")
        await s.sync()
        await s.round()
        acme = await s.customer("Acme Ltd")
        await s.sync()
        await s.sandbox.order(
            {"vendor": "pipedrive", "operation": "*", "kind": "stale_read",
             "seconds": 25}
        )  # fmt: skip
        await s.look("customers", acme)
        await s.round()
        await s.pass_time(5)
        await s.round()
        assert await s.reviews() == []
        await s.human("DELETE", "faults")
        await s.pass_time(60)
        await s.round()
        assert await s.reviews() == []
        assert (await s.link("customers", acme)).state == "ok"
