"""Wave → Zendesk, end to end: the real engine between both sandboxes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.rehearsal import Rehearsal, totals

KIND = "wave-zendesk"


def rehearsal(**how: Any) -> Rehearsal:
    return Rehearsal(kind=KIND, **{"customers": 6, "invoices": 14, **how})


async def organizations(of: Rehearsal) -> dict[str, dict[str, Any]]:
    """Those that carry our key, by it."""
    told = await of.sandbox.control("GET", "zendesk/organizations")
    return {
        o["external_id"]: o
        for o in told
        if str(o["external_id"]).startswith("wave:") and not o.get("deleted_at")
    }


async def records(of: Rehearsal, kind: str) -> dict[str, dict[str, Any]]:
    told = await of.sandbox.control("GET", "zendesk/custom_object_records")
    return {r["external_id"]: r for r in told if r["custom_object_key"] == kind}


async def invoices_of_wave(of: Rehearsal) -> list[dict[str, Any]]:
    told = await of.sandbox.control("GET", "wave/invoices")
    return [i for i in told if i["status"] != "DRAFT"]


async def an_open_invoice(of: Rehearsal) -> dict[str, Any]:
    found = await invoices_of_wave(of)
    return next(i for i in found if Decimal(i["amountDue"]["value"]) > 0)


async def test_a_plan_says_call_by_call_what_the_first_sync_does() -> None:
    async with rehearsal() as of:
        await of.install(since="all")
        plan = await of.plan()
        assert (await of.creates("zendesk")) == {}
        done = await of.sync()
        assert {k: v for k, v in plan.items() if k != "run"} == {
            k: v for k, v in done.items() if k != "run"
        }
        assert totals(done)["create"] > 20
        assert (await of.sync())["writes"] == 0


async def test_a_first_sync_may_be_a_full_one() -> None:
    """What holds the records is not made yet, so that their listing would not be found."""
    async with rehearsal() as of:
        await of.install(since="all")
        assert totals(await of.plan(full=True)) == totals(await of.sync(full=True))
        assert totals(await of.sync(full=True))["unchanged"] > 20
        assert len(await organizations(of)) > 3


async def test_every_customer_is_an_organization_with_its_contact_as_an_end_user() -> None:
    async with rehearsal() as of:
        await of.install(since="all")
        await of.sync()
        wave = await of.sandbox.control("GET", "wave/customers")
        there = await organizations(of)
        assert sorted(o["name"] for o in there.values()) == sorted(c["name"] for c in wave)
        users = await of.sandbox.control("GET", "zendesk/users")
        ours = [u for u in users if str(u["external_id"]).startswith("wave:")]
        assert {u["email"] for u in ours} == {c["email"].lower() for c in wave if c["email"]}
        assert {u["role"] for u in ours} == {"end-user"}


async def test_invoices_and_payments_stand_as_records_that_point_to_the_organization() -> None:
    async with rehearsal() as of:
        await of.install(since="all")
        await of.sync()
        wave = await invoices_of_wave(of)
        there = await records(of, "wave_invoice")
        assert sorted(r["name"] for r in there.values()) == sorted(i["invoiceNumber"] for i in wave)
        ids = {str(o["id"]) for o in (await organizations(of)).values()}
        assert {r["custom_object_fields"]["organization"] for r in there.values()} <= ids
        paid = await records(of, "wave_payment")
        told = await of.sandbox.control("GET", "wave/payments")
        numbers = {i["id"] for i in wave}
        assert len(paid) == len([p for p in told if p["invoice"]["id"] in numbers])


async def test_a_payment_updates_the_record_in_place_and_the_account_of_the_organization() -> None:
    async with rehearsal(public=True) as of:
        await of.install(since="all")
        await of.sync()
        before = await records(of, "wave_invoice")
        invoice = await an_open_invoice(of)
        due = Decimal(invoice["amountDue"]["value"])
        await of.clock.advance(600)
        await of.human(
            "POST", f"wave/invoices/{invoice['id']}/pay", {"amount": str(due), "date": "2026-11-21"}
        )
        await of.round()
        after = await records(of, "wave_invoice")
        changed = [k for k in after if after[k] != before[k]]
        assert [after[k]["name"] for k in changed] == [invoice["invoiceNumber"]]
        assert after[changed[0]]["id"] == before[changed[0]]["id"]
        assert after[changed[0]]["custom_object_fields"]["status"] == "paid"
        organization = after[changed[0]]["custom_object_fields"]["organization"]
        account = next(
            o["organization_fields"]
            for o in (await organizations(of)).values()
            if str(o["id"]) == organization
        )
        assert account["wave_last_payment"].startswith("2026-11-21")
        assert invoice["invoiceNumber"] in account["wave_recent_changes"]


async def test_a_payment_that_was_given_back_whole_stays_among_the_changes_of_the_account() -> None:
    async with rehearsal() as of:
        await of.install(since="all")
        await of.sync()
        invoice = next(
            i for i in await invoices_of_wave(of) if not Decimal(i["amountPaid"]["value"])
        )
        for action, day in (("pay", "2026-05-03"), ("refund", "2026-05-04")):
            await of.clock.advance(600)
            path = f"wave/invoices/{invoice['id']}/{action}"
            await of.human("POST", path, {"amount": "5.00", "date": day})
            await of.round()
            await of.clock.advance(30)
            await of.round()
        record = (await of.links("customers"))[invoice["customer"]["id"]].target_id
        shown = await of.sandbox.control("GET", f"zendesk/organizations/{record}")
        changes = shown["organization_fields"]["wave_recent_changes"].splitlines()
        number = invoice["invoiceNumber"]
        assert f"2026-05-04 Invoice {number}: refund" in changes[0]
        assert any(f"2026-05-03 Invoice {number}: payment" in line for line in changes)


@pytest.mark.parametrize("plan", ["support_team", "suite_team"])
async def test_on_a_plan_without_custom_objects_the_account_is_in_the_organization_alone(
    plan: str,
) -> None:
    async with rehearsal() as of:
        await of.sandbox.control("PATCH", "switches", {"zendesk.plan": plan})
        await of.connect("wave")
        await of.connect("zendesk", plan=plan)
        await of.add(since="all")
        done = await of.sync()
        found = {r["route"]: r["found"] for r in done["routes"]}
        assert (found["invoices"] > 0) == (plan == "suite_team")
        accounts = [o["organization_fields"] for o in (await organizations(of)).values()]
        assert any(a["wave_invoice_list"] for a in accounts)
        assert {a["wave_billing_status"] for a in accounts} <= {
            "wave_clear", "wave_open", "wave_overdue",
        }  # fmt: skip
        assert (await of.sync())["writes"] == 0


async def test_an_organization_of_the_same_name_is_taken_over_or_another_one_is_made() -> None:
    for choice, count in (("adopt", 1), ("suffix", 2)):
        async with rehearsal() as of:
            customer = (await of.sandbox.control("GET", "wave/customers"))[0]
            await of.human("POST", "zendesk/organizations", {"name": customer["name"]})
            await of.install(since="all", same_name=choice)
            await of.sync()
            told = await of.sandbox.control("GET", "zendesk/organizations")
            named = [o["name"] for o in told if o["name"].startswith(customer["name"])]
            assert len(named) >= count, (choice, named)
            assert len(set(named)) == len(named)
            assert (await of.sync())["writes"] == 0


async def test_an_agent_who_is_also_a_contact_is_left_alone() -> None:
    async with rehearsal() as of:
        customer = next(c for c in await of.sandbox.control("GET", "wave/customers") if c["email"])
        agent = await of.human(
            "POST",
            "zendesk/users",
            {"name": "Helpful Agent", "email": customer["email"], "role": "agent"},
        )
        before = await of.sandbox.control("GET", f"zendesk/users/{agent['id']}")
        await of.install(since="all")
        await of.sync()
        after = await of.sandbox.control("GET", f"zendesk/users/{agent['id']}")
        assert after == before
        assert (after["name"], after["external_id"]) == ("Helpful Agent", None)
        told = await of.audit()
        assert any("left alone" in row["reason"] for row in told if row["route"] == "contacts")


async def test_an_agents_new_name_for_an_organization_stays() -> None:
    async with rehearsal() as of:
        await of.install(since="all")
        await of.sync()
        key, there = next(iter((await organizations(of)).items()))
        await of.human("PATCH", f"zendesk/organizations/{there['id']}", {"name": "As agents say"})
        customer = next(
            c
            for c in await of.sandbox.control("GET", "wave/customers")
            if c["name"] == there["name"]
        )
        await of.clock.advance(600)
        await of.human("PATCH", f"wave/customers/{customer['id']}", {"name": "As Wave says"})
        await of.round()
        assert (await organizations(of))[key]["name"] == "As agents say"


async def test_customers_whose_organizations_agents_merged_share_one_account() -> None:
    async with rehearsal() as of:
        await of.install(since="all")
        await of.sync()
        told = await of.links("customers")
        (first, loser), (second, winner) = sorted(told.items())[:2]
        path = f"zendesk/organizations/{loser.target_id}/merge"
        await of.human("POST", path, {"into": winner.target_id})
        await of.clock.advance(86_500)
        for _ in range(4):
            await of.round()
            await of.clock.advance(60)
        accounts = await of.links("summaries")
        assert {accounts[key].target_id for key in (first, second)} == {winner.target_id}
        assert [accounts[key].is_alias for key in (first, second)] == [True, False]
        assert await of.reviews() == []


async def test_an_organization_that_agents_merged_goes_on_as_the_winner() -> None:
    async with rehearsal() as of:
        await of.install(since="all")
        await of.sync()
        there = await organizations(of)
        winner = await of.human("POST", "zendesk/organizations", {"name": "The winner"})
        _, loser = next(iter(there.items()))
        await of.human("POST", f"zendesk/organizations/{loser['id']}/merge", {"into": winner["id"]})
        await of.clock.advance(86_500)
        for _ in range(4):
            await of.round()
            await of.clock.advance(60)
        ids = {link.target_id for link in (await of.links("customers")).values()}
        assert str(winner["id"]) in ids
        assert str(loser["id"]) not in ids
        assert await of.reviews() == []
        told = await of.sandbox.control("GET", "zendesk/organizations")
        assert not [o for o in told if o["name"] == loser["name"] and not o.get("deleted_at")]


@pytest.mark.parametrize("is_ours", [True, False])
async def test_records_of_a_merged_organization_point_to_the_winner(is_ours: bool) -> None:
    """Zendesk moves users and tickets, and leaves lookups pointing to what is deleted."""
    async with rehearsal() as of:
        await of.install(since="all")
        await of.sync()
        shown = (await records(of, "wave_invoice")).values()
        loser = next(iter(shown))["custom_object_fields"]["organization"]
        stranger = await of.human("POST", "zendesk/organizations", {"name": "The winner"})
        others = [str(o["id"]) for o in (await organizations(of)).values()]
        winner = next(o for o in others if o != loser) if is_ours else str(stranger["id"])
        mine = {
            r["external_id"] for r in shown if r["custom_object_fields"]["organization"] == loser
        }
        await of.human("POST", f"zendesk/organizations/{loser}/merge", {"into": winner})
        await of.clock.advance(86_500)
        for _ in range(4):
            await of.round()
            await of.clock.advance(60)
        for noun in ("wave_invoice", "wave_payment"):
            after = (await records(of, noun)).values()
            assert loser not in {r["custom_object_fields"]["organization"] for r in after}
        kept = await records(of, "wave_invoice")
        assert {kept[key]["custom_object_fields"]["organization"] for key in mine} == {winner}
        assert (await of.sync())["writes"] == 0


async def test_a_burst_on_one_customer_is_few_puts_of_its_organization() -> None:
    async with rehearsal() as of:
        await of.install(since="all", poll="1")
        await of.sync()
        customer = (await of.sandbox.control("GET", "wave/customers"))[0]
        await of.clock.advance(600)
        await of.round()
        puts = await _puts(of)
        for number in range(12):
            told = {"email": f"a{number}@x.example"}
            await of.human("PATCH", f"wave/customers/{customer['id']}", told)
            await of.clock.advance(20)
            await of.round()
        for _ in range(3):
            await of.clock.advance(70)
            await of.round()
        assert 1 <= await _puts(of) - puts <= 6
        id = (await of.links("customers"))[customer["id"]].target_id
        there = await of.sandbox.control("GET", f"zendesk/organizations/{id}")
        assert there["organization_fields"]["billing_email"] == "a11@x.example"


async def _puts(of: Rehearsal) -> int:
    told = (await of.counters())["requests"]
    wanted = "PUT /api/v2/organizations/{id}"
    return sum(r["n"] for r in told if r["operation"] == wanted and r["vendor"] == "zendesk")


async def test_nothing_is_ever_written_at_wave() -> None:
    async with rehearsal() as of:
        await of.install(since="all")
        await of.sync()
        told = (await of.counters())["requests"]
        operations = {r["operation"] for r in told if r["vendor"] == "wave"}
        assert not [o for o in operations if "Create" in o or "Patch" in o or "Delete" in o]
        assert not (await of.counters())["creates"].get("wave")
