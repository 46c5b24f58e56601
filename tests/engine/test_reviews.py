"""A review has a way out, is planned again when something changed, and keeps its children
waiting."""

from __future__ import annotations

from tests.engine.scene import Record, Scene, counts

DAY = 86_400


async def twins(s: Scene, **settings: str) -> tuple[Record, list[Record]]:
    """A customer who may be either of two organizations, and who has an invoice."""
    there = [await s.seller("POST", "organizations", name="Twin") for _ in range(2)]
    customer = await s.customer("Twin", email="twin@twin.example")
    await s.invoice(customer)
    await s.install(since="all", **settings)
    await s.sync()
    await s.deliver()
    return customer, there


async def test_children_wait_for_their_parent_in_review_and_wake_with_the_decision() -> None:
    async with Scene() as s:
        customer, there = await twins(s)
        assert [r["route"] for r in await s.reviews()] == ["customers"]
        assert await s.all("deals") == []
        answer = await s.resolve("link", str(there[1]["id"]))
        assert counts(answer["result"], "customers") == {"found": 1, "update": 1}
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 1, "create": 1}
        assert counts(summary, "activities") == {"found": 1, "create": 1}
        [deal] = await s.all("deals")
        assert deal["org_id"] == there[1]["id"]
        assert await s.reviews() == []
        rows = [r for r in await s.told(customer, "customers") if r["decision"] == "update"]
        assert [r["source"] for r in rows] == ["person"]


async def test_create_makes_a_third_beside_the_twins() -> None:
    async with Scene() as s:
        customer, there = await twins(s)
        await s.resolve("create")
        organization = await s.organization(customer)
        assert organization["id"] not in {t["id"] for t in there}
        assert await s.reviews() == []


async def test_ignore_leaves_the_record_alone_for_good() -> None:
    async with Scene() as s:
        customer, _ = await twins(s)
        await s.resolve("ignore")
        await s.pass_time(60)
        await s.edit("customers", customer, firstName="Tim")
        await s.sync()
        await s.sync(full=True)
        assert await s.reviews() == []
        assert await s.links("customers") == {}


async def test_retry_looks_again_and_asks_again_where_nothing_changed() -> None:
    async with Scene() as s:
        await twins(s)
        answer = await s.resolve("retry")
        assert counts(answer["result"], "customers") == {"found": 1, "review": 1}
        assert len(await s.reviews()) == 1


async def test_retry_goes_on_where_the_person_mended_the_cause() -> None:
    async with Scene() as s:
        customer, there = await twins(s)
        await s.seller("PATCH", f"organizations/{there[0]['id']}", name="Another")
        await s.resolve("retry")
        assert (await s.organization(customer))["id"] == there[1]["id"]


async def test_a_changed_candidate_is_noticed_by_its_webhook() -> None:
    async with Scene(public=True) as s:
        customer, there = await twins(s)
        await s.pass_time(60)
        await s.seller("PATCH", f"organizations/{there[0]['id']}", name="Another")
        await s.deliver()
        await s.round()
        assert (await s.organization(customer))["id"] == there[1]["id"]
        assert await s.reviews() == []


async def test_a_review_is_planned_again_every_day() -> None:
    async with Scene() as s:
        customer, there = await twins(s)
        await s.round()
        await s.seller("DELETE", f"organizations/{there[0]['id']}")
        await s.round()
        assert len(await s.reviews()) == 1
        await s.pass_time(DAY + 60)
        await s.round()
        await s.round()
        assert (await s.organization(customer))["id"] == there[1]["id"]


async def test_a_source_that_changed_plans_its_review_again() -> None:
    async with Scene() as s:
        customer, _ = await twins(s)
        await s.pass_time(60)
        await s.edit("customers", customer, name="Nobody's twin")
        await s.sync()
        assert (await s.organization(customer))["name"] == "Nobody's twin"
        assert await s.reviews() == []


async def test_the_same_finding_is_news_only_once() -> None:
    async with Scene() as s:
        customer, _ = await twins(s)
        for _ in range(3):
            assert (await s.do("sync", flow="invoices", full=True))["exit"] == 0
        rows = [r for r in await s.told(customer, "customers") if r["decision"] == "review"]
        assert len(rows) == 1


async def test_linking_a_second_customer_to_a_taken_organization_makes_it_an_alias() -> None:
    async with Scene() as s:
        there = await s.seller("POST", "organizations", name="Twin")
        one, two = await s.customer("Twin"), await s.customer("Twin")
        invoice = await s.invoice(two)
        await s.install(since="all")
        await s.sync()
        first = (await s.reviews())[0]["source_key"]
        await s.resolve("link", str(there["id"]))
        await s.resolve("link", str(there["id"]))
        linked = {k: await s.link("customers", {"id": k}) for k in (one["id"], two["id"])}
        assert {link.target_id for link in linked.values()} == {str(there["id"])}
        assert not linked[first].is_alias
        assert sorted(link.is_alias for link in linked.values()) == [False, True]
        await s.sync()
        assert (await s.deal(invoice))["org_id"] == there["id"]


async def test_an_organization_that_its_own_customer_leaves_goes_to_the_one_who_shares_it() -> None:
    async with Scene() as s:
        shared, chosen = [await s.seller("POST", "organizations", name="Twin") for _ in range(2)]
        customers = [await s.customer("Twin"), await s.customer("Twin")]
        await s.install(since="all")
        await s.sync()
        for _ in range(2):
            await s.resolve("link", str(shared["id"]))
        aliases = [(await s.link("customers", customer)).is_alias for customer in customers]
        own, other = customers[aliases.index(False)], customers[aliases.index(True)]
        refused = {"vendor": "pipedrive", "kind": "status", "status": 400}
        await s.sandbox.order({**refused, "operation": "PATCH /api/v2/organizations/*"})
        await s.edit("customers", own, email="own@twin.example")
        await s.sync()
        await s.human("DELETE", "faults")
        await s.resolve("link", str(chosen["id"]))
        await s.sync()
        assert (await s.organization(own))["id"] == chosen["id"]
        link = await s.link("customers", other)
        assert (link.target_id, link.is_alias) == (str(shared["id"]), False)
        assert (await s.organization(other))["Wave customer ID"].endswith(other["id"])
        assert (await s.sync(full=True))["writes"] == 0


async def test_a_decision_on_a_review_that_is_not_there_is_a_mistake() -> None:
    async with Scene() as s:
        await twins(s)
        answer = await s.do("resolve", id="nothing", choice="create")
        assert answer["exit"] == 2
        assert "review list" in answer["notes"][0]


async def test_a_new_review_ends_a_sync_with_1_and_a_known_one_with_0() -> None:
    async with Scene() as s:
        await s.seller("POST", "organizations", name="Twin")
        await s.seller("POST", "organizations", name="Twin")
        await s.customer("Twin")
        await s.install(since="all")
        assert (await s.do("sync", flow="invoices"))["exit"] == 1
        assert (await s.do("sync", flow="invoices"))["exit"] == 0
