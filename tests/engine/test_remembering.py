"""What is remembered of a key once its outcome is known: its link, its review, its row in the
audit, and whom it wakes."""

from __future__ import annotations

import pytest

from tests.engine.rewriting import Retold
from tests.engine.scene import Scene, counts
from tests.engine.test_gone import stood_up

# --- the audit ------------------------------------------------------------------------------------


async def test_the_row_of_a_create_names_the_record_that_was_made() -> None:
    async with Scene() as s:
        acme, invoice = await stood_up(s)
        for route, record in (("customers", acme), ("invoices", invoice)):
            [row] = await s.told(record, route)
            assert row["decision"] == "create"
            assert row["target_id"] == (await s.link(route, record)).target_id
            assert (row["attempt"], [q["method"] for q in row["requests"]]) == (1, ["POST"])
            assert row["job"]


async def test_the_row_of_what_wrote_nothing_has_no_job_and_no_request() -> None:
    async with Scene() as s:
        acme, _ = await stood_up(s)
        await s.pass_time(60)
        await s.look("customers", acme)
        row = (await s.told(acme, "customers"))[0]
        assert (row["decision"], row["job"], row["requests"]) == ("unchanged", "", [])
        assert row["target_id"] == (await s.link("customers", acme)).target_id


async def test_a_second_attempt_says_that_it_is_the_second() -> None:
    async with Scene() as s:
        acme = await s.customer("Acme Ltd")
        await s.sandbox.order(
            {"vendor": "pipedrive", "operation": "POST /api/v2/organizations",
             "kind": "cut_before", "times": 1}
        )  # fmt: skip
        await s.install(since="all")
        await s.sync()
        made, lost = await s.told(acme, "customers")
        assert [(r["decision"], r["state"], r["attempt"]) for r in (lost, made)] == [
            ("create", "failed", 1),
            ("create", "done", 2),
        ]
        assert [q["status"] for q in lost["requests"]] == [0]


# --- links ----------------------------------------------------------------------------------------


async def test_a_link_keeps_the_day_it_was_made_and_the_version_that_was_written() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        first = await s.link("invoices", invoice)
        await s.pass_time(60)
        sent = await s.act("invoices", invoice, "send")
        await s.sync()
        link = await s.link("invoices", invoice)
        assert link.linked_at == first.linked_at == first.updated_at
        assert link.updated_at > first.updated_at
        assert "" < first.source_version < link.source_version
        assert link.source_version.startswith(sent["modifiedAt"][:16])
        assert (link.state, link.is_alias) == ("ok", False)


async def test_what_a_look_at_the_target_showed_is_not_looked_at_again() -> None:
    async with Scene() as s:
        acme, _ = await stood_up(s)
        organization = await s.organization(acme)
        await s.pass_time(60)
        await s.seller("PATCH", f"organizations/{organization['id']}", name="ACME Group")
        await s.look("customers", acme)
        before = await s.link("customers", acme)
        await s.pass_time(60)
        await s.seller("PATCH", f"organizations/{organization['id']}", name="ACME Group Inc")
        await s.look("customers", acme)
        after = await s.link("customers", acme)
        assert after.target_updated_at > before.target_updated_at > ""
        assert after.updated_at > before.updated_at


async def test_an_alias_is_remembered_as_one_with_what_it_shares() -> None:
    async with Scene() as s:
        one = await s.customer("One Ltd", email="both@shared.example")
        two = await s.customer("Two Ltd", email="both@shared.example")
        await s.install(since="all")
        await s.sync()
        links = [await s.link("contacts", customer) for customer in (one, two)]
        own, alias = sorted(links, key=lambda link: link.is_alias)
        assert (own.is_alias, alias.is_alias) == (False, True)
        assert (alias.state, alias.owns_standard, alias.target_updated_at) == ("ok", False, "")
        assert alias.target_id == own.target_id
        assert alias.source_version > ""
        assert [*alias.wrote.values()] == [["email:both@shared.example"]]
        [row] = await s.audit(route="contacts", record=alias.source_key)
        assert (row["decision"], row["target_id"]) == ("unchanged", own.target_id)


# --- children -------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["create", "link"])
async def test_who_belonged_to_a_deleted_organization_belongs_to_the_one_in_its_place(
    choice: str,
) -> None:
    async with Scene(public=True) as s:
        acme, invoice = await stood_up(s)
        gone = await s.organization(acme)
        await s.seller("DELETE", f"organizations/{gone['id']}")
        await s.deliver()
        await s.round()
        chosen = await s.seller("POST", "organizations", name="Another") if choice == "link" else {}
        await s.resolve(choice, str(chosen.get("id", "")))
        await s.sync()
        organization = await s.organization(acme)
        assert organization["id"] != gone["id"]
        assert (await s.deal(invoice))["org_id"] == organization["id"]


# --- reviews --------------------------------------------------------------------------------------


async def test_a_review_that_stands_keeps_its_id_and_its_day_and_is_told_once() -> None:
    async with Scene() as s:
        for _ in range(2):
            await s.seller("POST", "organizations", name="Twin")
        customer = await s.customer("Twin")
        await s.install(since="all")
        await s.sync()
        [first] = await s.reviews()
        assert first["name"] == "Twin"
        await s.pass_time(3_600)
        await s.sync(full=True)
        assert await s.reviews() == [first]
        assert [r["decision"] for r in await s.told(customer, "customers")] == ["review"]


async def test_a_review_of_something_else_is_news_and_keeps_its_id() -> None:
    async with Scene() as s:
        for _ in range(2):
            await s.seller("POST", "organizations", name="Twin")
        customer = await s.customer("Twin")
        await s.install(since="all")
        await s.sync()
        [first] = await s.reviews()
        await s.pass_time(3_600)
        await s.seller("POST", "organizations", name="Twin")
        await s.sync(full=True)
        [second] = await s.reviews()
        assert (second["id"], len(first["candidates"]), len(second["candidates"])) == (
            first["id"], 2, 3,
        )  # fmt: skip
        assert second["opened_at"] > first["opened_at"]
        assert [r["state"] for r in await s.told(customer, "customers")] == ["review", "review"]


async def test_a_refusal_is_a_refusal_in_the_audit() -> None:
    async with Scene() as s:
        customer = await s.customer("x" * 300)
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "customers") == {"found": 1, "refused": 1}
        [row] = await s.told(customer, "customers")
        assert (row["decision"], row["state"]) == ("refuse", "review")
        [review] = await s.reviews()
        assert (review["kind"], review["name"]) == ("refused", "x" * 300)


async def test_a_review_that_is_over_is_gone_from_the_list_whatever_ended_it() -> None:
    async with Scene() as s:
        twins = [await s.seller("POST", "organizations", name="Twin") for _ in range(2)]
        customer = await s.customer("Twin")
        await s.install(since="all")
        await s.sync()
        assert len(await s.reviews()) == 1
        await s.seller("DELETE", f"organizations/{twins[0]['id']}")
        await s.look("customers", customer)
        await s.sync(full=True)
        assert (await s.organization(customer))["id"] == twins[1]["id"]
        assert await s.reviews() == []


@pytest.mark.parametrize("is_gone_there_too", [True, False])
async def test_what_is_gone_is_told_once_and_not_looked_for_again(is_gone_there_too: bool) -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        if is_gone_there_too:
            await s.seller("DELETE", f"deals/{(await s.deal(invoice))['id']}")
        await s.human("DELETE", f"wave/invoices/{invoice['id']}")
        await s.sync(full=True)
        link = await s.link("invoices", invoice)
        assert link.state == "source_gone"
        assert is_gone_there_too or link.source_version == ""
        assert [r for r in await s.reviews() if r["route"] == "invoices"] == []
        assert counts(await s.sync(full=True), "invoices") == {}


@pytest.mark.parametrize(("is_known", "name"), [(True, "Twin"), (False, "")])
async def test_a_record_that_cannot_be_read_is_called_as_before(is_known: bool, name: str) -> None:
    async with Retold() as s:
        for _ in range(2):
            await s.seller("POST", "organizations", name="Twin")
        await s.customer("Twin")
        await s.install(since="all")
        if is_known:
            await s.sync()
            assert [r["kind"] for r in await s.reviews()] == ["review"]
        s.words['"Twin"'] = "null"
        await s.sync(full=True)
        told = [r for r in await s.reviews() if r["route"] == "customers"]
        assert [(r["kind"], r["name"]) for r in told] == [("refused", name)]
