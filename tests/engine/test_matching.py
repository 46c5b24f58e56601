"""Which record at Pipedrive a customer is: exactly one organization each, never guessed."""

from __future__ import annotations

import pytest

from tests.engine.scene import Scene, counts, numbers
from tests.support.rehearsal import Rehearsal


async def test_each_customer_has_an_organization_of_its_own() -> None:
    async with Scene(customers=20, invoices=0) as s:
        await s.install(since="all")
        await s.sync()
        links = await s.links("customers")
        targets = [link.target_id for link in links.values()]
        assert len(targets) == len(set(targets)) > 10


async def test_a_customer_known_by_its_exact_name_is_adopted() -> None:
    async with Scene() as s:
        there = await s.seller("POST", "organizations", name="Acme Ltd")
        acme = await s.customer("ACME  ltd")
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "customers") == {"found": 1, "update": 1}
        organization = await s.organization(acme)
        assert organization["id"] == there["id"]
        assert organization["name"] == "Acme Ltd"
        assert organization["Wave customer ID"].endswith(acme["id"])


async def test_a_name_that_differs_in_an_accent_is_another_firm() -> None:
    async with Scene() as s:
        await s.seller("POST", "organizations", name="Café Zoë")
        await s.customer("Cafe Zoe")
        await s.install(since="all")
        assert counts(await s.sync(), "customers") == {"found": 1, "create": 1}


async def test_twins_of_one_name_at_wave_become_two_organizations() -> None:
    async with Scene() as s:
        one, other = await s.customer("Twin"), await s.customer("Twin")
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "customers") == {"found": 2, "create": 2}
        assert (await s.organization(one))["id"] != (await s.organization(other))["id"]
        assert (await s.sync())["writes"] == 0


async def test_twins_at_wave_that_are_both_like_one_organization_wait_for_a_person() -> None:
    async with Scene() as s:
        there = await s.seller("POST", "organizations", name="Twin")
        await s.customer("Twin")
        await s.customer("Twin")
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "customers") == {"found": 2, "review": 2}
        for review in await s.reviews():
            assert [c["id"] for c in review["candidates"]] == [str(there["id"])]
        assert len(await s.ours()) == 1


async def test_twins_at_pipedrive_wait_for_a_person_with_both_as_candidates() -> None:
    async with Scene() as s:
        a = await s.seller("POST", "organizations", name="Twin")
        b = await s.seller("POST", "organizations", name="Twin")
        await s.customer("Twin")
        await s.install(since="all")
        assert counts(await s.sync(), "customers") == {"found": 1, "review": 1}
        [review] = await s.reviews()
        assert {c["id"] for c in review["candidates"]} == {str(a["id"]), str(b["id"])}
        assert all(c["why"] == "same name" for c in review["candidates"])


async def test_a_name_and_an_e_mail_that_point_apart_wait_for_a_person() -> None:
    async with Scene() as s:
        by_name = await s.seller("POST", "organizations", name="Acme Ltd")
        by_mail = await s.seller("POST", "organizations", name="Acme Holding")
        await s.seller(
            "POST", "persons", name="Ann", org_id=by_mail["id"],
            emails=[{"value": "Ann@acme.example", "primary": True, "label": "work"}],
        )  # fmt: skip
        await s.customer("Acme Ltd", email="ann@ACME.example")
        await s.install(since="all")
        assert counts(await s.sync(), "customers") == {"found": 1, "review": 1}
        [review] = await s.reviews()
        why = {c["id"]: c["why"] for c in review["candidates"]}
        assert why == {str(by_name["id"]): "same name", str(by_mail["id"]): "same email"}


async def test_an_organization_is_known_by_the_e_mail_of_its_person() -> None:
    async with Scene() as s:
        there = await s.seller("POST", "organizations", name="Acme Holding")
        person = await s.seller(
            "POST", "persons", name="Ann", org_id=there["id"],
            emails=[{"value": "ann@acme.example", "primary": True, "label": "work"}],
        )  # fmt: skip
        acme = await s.customer("Acme Ltd", email="ann@acme.example")
        await s.install(since="all")
        await s.sync()
        assert (await s.organization(acme))["id"] == there["id"]
        assert (await s.target("contacts", acme))["id"] == person["id"]
        assert len(await s.all("persons")) == 1


async def test_a_person_without_an_organization_is_adopted_by_e_mail_and_gets_one() -> None:
    async with Scene() as s:
        person = await s.seller(
            "POST", "persons", name="Ann",
            emails=[{"value": "ann@acme.example", "primary": True, "label": "work"}],
        )  # fmt: skip
        acme = await s.customer("Acme Ltd", email="ann@acme.example", firstName="Annette")
        await s.install(since="all")
        await s.sync()
        adopted = await s.target("contacts", acme)
        assert adopted["id"] == person["id"]
        assert adopted["name"] == "Ann"
        assert adopted["org_id"] == (await s.organization(acme))["id"]


async def test_customers_who_share_an_e_mail_share_one_person() -> None:
    async with Scene() as s:
        one = await s.customer("One", email="office@shared.example")
        two = await s.customer("Two", email="office@shared.example")
        await s.install(since="all")
        await s.sync()
        links = await s.links("contacts")
        assert links[one["id"]].target_id == links[two["id"]].target_id
        assert sorted(link.is_alias for link in links.values()) == [False, True]
        assert len(await s.all("persons")) == 1
        assert len(await s.ours()) == 2
        assert (await s.sync(full=True))["writes"] == 0


async def test_an_alias_writes_nothing_when_its_customer_changes() -> None:
    async with Scene() as s:
        await s.customer("One", email="office@shared.example")
        await s.customer("Two", email="office@shared.example")
        await s.install(since="all")
        await s.sync()
        links = await s.links("contacts")
        alias = next(key for key, link in links.items() if link.is_alias)
        await s.pass_time(60)
        await s.edit("customers", {"id": alias}, firstName="Changed")
        summary = await s.sync()
        assert counts(summary, "contacts").get("update", 0) == 0
        assert "Changed" not in (await s.all("persons"))[0]["name"]


@pytest.mark.parametrize("who", ["alias", "owner"])
async def test_who_no_longer_shares_an_e_mail_has_a_person_of_their_own(who: str) -> None:
    async with Scene() as s:
        await s.customer("One", email="office@shared.example")
        await s.customer("Two", email="office@shared.example")
        await s.install(since="all")
        await s.sync()
        before = await s.links("contacts")
        owner = next(key for key, link in before.items() if not link.is_alias)
        alias = next(key for key, link in before.items() if link.is_alias)
        moving = alias if who == "alias" else owner
        await s.pass_time(60)
        await s.edit("customers", {"id": moving}, email="own@x.example")
        await s.sync()
        await s.sync()
        links = await s.links("contacts")
        assert [link.is_alias for link in links.values()] == [False, False]
        assert links[owner].target_id == before[owner].target_id
        told = {p["id"]: p["emails"][0]["value"] for p in await s.all("persons")}
        assert told[int(links[moving].target_id)] == "own@x.example"
        assert sorted(told.values()) == ["office@shared.example", "own@x.example"]
        assert (await s.sync(full=True))["writes"] == 0


async def test_an_organization_that_carries_another_customers_key_is_no_candidate() -> None:
    async with Scene() as s:
        first = await s.customer("Acme Ltd")
        await s.install(since="all")
        await s.sync()
        second = await s.customer("Acme Ltd")
        summary = await s.sync()
        assert counts(summary, "customers")["create"] == 1
        assert (await s.organization(first))["id"] != (await s.organization(second))["id"]


@pytest.mark.parametrize("seed", [1, 4])
async def test_a_home_that_lost_its_links_adopts_everything_by_key(seed: int) -> None:
    async with (
        Rehearsal(customers=12, invoices=24, seed=seed) as first,
        Rehearsal(beside=first, seed=99) as second,
    ):
        await first.install(since="all")
        await first.sync()
        await second.install(since="all")
        planned = await second.plan()
        summary = await second.sync()
        assert numbers(planned) == numbers(summary)
        assert summary["setup_writes"] == 0
        for route in ("customers", "contacts", "invoices", "activities"):
            ours = {k: x.target_id for k, x in (await first.links(route)).items()}
            theirs = {k: x.target_id for k, x in (await second.links(route)).items()}
            # A review of the first home may be clear by now; nothing that it linked is lost.
            assert theirs.items() >= ours.items()
            made = await second.audit(route=route, decision="create")
            assert {row["source_key"] for row in made}.isdisjoint(ours)


async def test_a_record_that_was_deleted_behind_our_back_is_no_endless_candidate() -> None:
    async with Scene() as s:
        await s.customer("First")
        there = await s.seller("POST", "organizations", name="Acme Ltd")
        await s.seller(
            "POST", "persons", name="Ann", org_id=there["id"],
            emails=[{"value": "ann@acme.example", "primary": True, "label": "work"}],
        )  # fmt: skip
        await s.install(since="all")
        await s.sync()
        await s.seller("DELETE", f"organizations/{there['id']}")
        acme = await s.customer("Acme Ltd", email="ann@acme.example")
        summary = await s.sync()
        assert counts(summary, "customers")["create"] == 1
        assert (await s.organization(acme))["id"] != there["id"]
