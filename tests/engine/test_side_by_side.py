"""Flows beside each other in one company: two businesses with the same numbers and names, and all
flows at once. Nothing mixes, and nothing triggers anything else."""

from __future__ import annotations

from typing import Any

import pytest

from ml_connector.core.flow import Flow
from ml_connector.flows import FLOWS
from tests.engine.beside import Firm, grown
from tests.engine.scene import Record, numbers
from tests.support.rehearsal import totals

QUIET_ROUNDS = 6
DAY = 86_400
KINDS = {flow.kind: flow for flow in FLOWS}
WAVE, QUICKBOOKS = "wave-pipedrive", "quickbooks-pipedrive"
NAMES = ("Acme Ltd", "Borealis", "Café Niño")
FIRST, SECOND = "first", "second"


async def demand_nothing_to_do(firm: Firm, *names: str) -> None:
    """A second sync of each writes nothing, whole too, and the lane's rounds write nothing."""
    before = await firm.written()
    for name in names:
        again = await firm.sync_of(name, full=True)
        assert (name, again["writes"], again["setup_writes"]) == (name, 0, 0)
    await firm.rounds(QUIET_ROUNDS)
    assert grown(await firm.written(), before) == {}


# --- two businesses of one vendor -----------------------------------------------------------------


async def two_businesses(firm: Firm) -> dict[str, dict[str, Record]]:
    """Customers of equal names, each with an invoice of an equal number, in two businesses; the
    amounts tell them apart. Invoices by customer's name, by flow."""
    ids = await firm.refusal("POST", "wave/customers", {"name": "x", "businessId": "?"})
    made: dict[str, dict[str, Record]] = {}
    for flow, business in ((FIRST, ids[0]), (SECOND, ids[1])):
        made[flow] = {}
        for number, name in enumerate(NAMES):
            given = {"name": name, "email": f"c{number}@x.example", "businessId": business}
            customer = await firm.human("POST", "wave/customers", given)
            amount = f"{(100 if flow == FIRST else 700) + number}.00"
            invoice = await firm.human("POST", "wave/invoices", {
                "businessId": business, "customerId": customer["id"],
                "invoiceNumber": f"X-{number}", "items": [{"unitPrice": amount, "quantity": "1"}],
            })  # fmt: skip
            path = f"wave/invoices/{invoice['id']}/send"
            made[flow][name] = await firm.human("POST", path, {})
        await firm.join("wave", flow, business_id=business)
    await firm.join("pipedrive")
    for flow in (FIRST, SECOND):
        await firm.put(KINDS[WAVE], flow, source=flow)
    return made


async def deals_of(firm: Firm, flow: str, invoices: dict[str, Record]) -> dict[str, Record]:
    """The deal of each invoice, by the customer's name, as that flow has linked them."""
    linked = await firm.links_of(flow, "invoices")
    return {
        name: await firm.human("GET", f"pipedrive/deals/{linked[invoice['id']].target_id}")
        for name, invoice in invoices.items()
    }


@pytest.mark.parametrize("public", [False, True])
async def test_two_wave_businesses_with_equal_numbers_and_names_do_not_mix(public: bool) -> None:
    async with Firm(customers=2, invoices=2, public=public) as firm:
        made = await two_businesses(firm)
        for flow in (FIRST, SECOND):
            planned = await firm.plan_of(flow)
            assert numbers(planned) == numbers(await firm.sync_of(flow))
        ids = {f: {link.target_id for link in (await firm.links_of(f, "customers")).values()}
               for f in made}  # fmt: skip
        assert ids[FIRST] & ids[SECOND] == set()
        deals = {flow: await deals_of(firm, flow, made[flow]) for flow in made}
        for flow, start in ((FIRST, 100), (SECOND, 700)):
            values = [deals[flow][name]["value"] for name in NAMES]
            assert values == [start, start + 1, start + 2]
            assert {str(deal["org_id"]) for deal in deals[flow].values()} <= ids[flow]
        assert len({deal["id"] for told in deals.values() for deal in told.values()}) == 6
        await demand_nothing_to_do(firm, FIRST, SECOND)

        await firm.human("POST", f"wave/invoices/{made[SECOND]['Borealis']['id']}/pay",
                         {"amount": "701.00"})  # fmt: skip
        await firm.rounds(2)
        after = {flow: await deals_of(firm, flow, made[flow]) for flow in made}
        assert after[SECOND]["Borealis"]["status"] == "won"
        assert after[FIRST] == deals[FIRST]
        await demand_nothing_to_do(firm, FIRST, SECOND)


async def two_realms(firm: Firm) -> dict[str, dict[str, Record]]:
    """Customers of equal ids in two companies; the balances tell them apart. By id, by flow."""
    companies = await firm.human("GET", "quickbooks_online/companies")
    live = [c for c in companies if c["environment"] == companies[0]["environment"]][:2]
    made: dict[str, dict[str, Record]] = {}
    for flow, company in zip((FIRST, SECOND), live, strict=True):
        made[flow] = {}
        for number, name in enumerate(NAMES):
            given = {"DisplayName": name, "realmId": company["Id"],
                     "PrimaryEmailAddr": {"Address": f"c{number}@x.example"}}  # fmt: skip
            customer = await firm.human("POST", "quickbooks_online/customers", given)
            amount = (100 if flow == FIRST else 700) + number
            await firm.human("POST", "quickbooks_online/invoices", {
                "realmId": company["Id"], "CustomerRef": {"value": customer["Id"]},
                "DocNumber": f"X-{number}", "TotalAmt": amount, "TxnDate": "2026-05-01",
                "DueDate": "2026-06-01",
            })  # fmt: skip
            made[flow][customer["Id"]] = customer
        await firm.join("quickbooks_online", flow, company["refresh_token"],
                        realm_id=company["Id"], pace="5")  # fmt: skip
    await firm.join("pipedrive")
    for flow in (FIRST, SECOND):
        await firm.put(KINDS[QUICKBOOKS], flow, source=flow)
    return made


async def test_two_quickbooks_realms_with_equal_ids_do_not_mix() -> None:
    async with Firm(customers=0, invoices=0) as firm:
        made = await two_realms(firm)
        assert made[FIRST].keys() == made[SECOND].keys(), "equal ids, or nothing is shown"
        for flow in (FIRST, SECOND):
            planned = await firm.plan_of(flow)
            assert numbers(planned) == numbers(await firm.sync_of(flow))
        await demand_nothing_to_do(firm, FIRST, SECOND)
        balances = {flow: await balances_of(firm, flow, made[flow]) for flow in made}
        assert balances == {FIRST: [100, 101, 102], SECOND: [700, 701, 702]}

        id = next(iter(made[SECOND]))
        realm = (await firm.human("GET", "quickbooks_online/companies"))[1]["Id"]
        await firm.human("PATCH", f"quickbooks_online/customers/{realm}:{id}",
                         {"DisplayName": "Renamed in the second"})  # fmt: skip
        await firm.rounds(2)
        names = {flow: (await organizations_of(firm, flow))[id]["name"] for flow in made}
        assert names == {FIRST: NAMES[0], SECOND: "Renamed in the second"}
        await demand_nothing_to_do(firm, FIRST, SECOND)


async def organizations_of(firm: Firm, flow: str) -> dict[str, Record]:
    linked = await firm.links_of(flow, "customers")
    return {
        key: await firm.human("GET", f"pipedrive/organizations/{link.target_id}")
        for key, link in linked.items()
    }


async def balances_of(firm: Firm, flow: str, customers: dict[str, Record]) -> list[Any]:
    fields = await firm.human("GET", "pipedrive/organization_fields")
    code = next(f["field_code"] for f in fields if f["field_name"] == "Balance")
    there = await organizations_of(firm, flow)
    return [there[id]["custom_fields"][code]["value"] for id in customers]


# --- all flows at once ----------------------------------------------------------------------------


async def all_flows(firm: Firm) -> None:
    for vendor in dict.fromkeys(v for flow in FLOWS for v in (flow.source, flow.target)):
        await firm.join(vendor)
    for flow in FLOWS:
        await firm.put(flow, flow.kind)


async def sync_all(firm: Firm) -> None:
    """Plan and sync one after the other: what the plan says is what is done."""
    for flow in FLOWS:
        planned = await firm.plan_of(flow.kind)
        done = await firm.sync_of(flow.kind)
        assert numbers(planned) == numbers(done), flow.kind
        assert totals(done)["failed"] == 0
        await firm.deliver()


@pytest.mark.parametrize("public", [False, True])
async def test_all_flows_in_one_company_plan_what_they_do_and_then_rest(public: bool) -> None:
    async with Firm(customers=6, invoices=10, public=public) as firm:
        await all_flows(firm)
        await sync_all(firm)
        await firm.rounds(QUIET_ROUNDS)
        await demand_nothing_to_do(firm, *KINDS)


WRITING = ("create", "update", "gone")


@pytest.mark.parametrize("public", [False, True])
async def test_what_changes_in_one_system_moves_no_flow_but_its_own(public: bool) -> None:
    """A person who renames what a flow reads; in the company itself that is theirs to say."""
    async with Firm(customers=5, invoices=8, public=public) as firm:
        await all_flows(firm)
        await sync_all(firm)
        await firm.rounds(2)
        moved = set()
        for flow in FLOWS:
            read_at = flow.routes[0].reads.vendor
            before, since = await firm.written(), firm.clock.now()
            await rename_some(firm, flow, read_at)
            await firm.rounds(3)
            wrote = grown(await firm.written(), before)
            assert [place for place in wrote if place.startswith(f"{read_at} ")] == []
            told = [r for r in await firm.audit(since=since) if r["decision"] in WRITING]
            reached = {f.kind for f in FLOWS if read_at == f.source}
            assert {row["flow"] for row in told} <= reached
            moved |= {row["flow"] for row in told}
        await demand_nothing_to_do(firm, *KINDS)
        assert moved == {flow.kind for flow in FLOWS if flow.routes[0].reads.vendor == flow.source}


TEXTS = ("invoiceNumber", "invoice_number", "DocNumber", "name", "organization", "DisplayName")


async def rename_some(firm: Firm, flow: Flow, vendor: str) -> None:
    """Of each object that the flow reads there, as far as the product lets a person do it."""
    nouns = [r.reads.name for r in flow.readers if r.reads.vendor == vendor and r.reads.is_listed]
    for noun in dict.fromkeys(nouns):
        for raw in (await firm.human("GET", f"{vendor}/{noun}"))[-MOST_RENAMED:]:
            name = next((n for n in TEXTS if raw.get(n)), "")
            place = f"/_sandbox/{vendor}/{noun}/{raw.get('id') or raw.get('Id')}"
            await firm.sandbox.call("PATCH", place, {name: f"{raw.get(name)} B"})


MOST_RENAMED = 4
