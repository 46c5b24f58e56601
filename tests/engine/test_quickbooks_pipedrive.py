"""QuickBooks Online → Pipedrive whole: the engine, both simulated vendors, one virtual clock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.quickbooks_scene import FIRST, HOUR, Books
from tests.engine.scene import Record, counts, numbers
from tests.support.rehearsal import totals

READS = {"GET", "POST /oauth2/v1/tokens/bearer"}
LATE: dict[str, Any] = {"TxnDate": "2026-03-01", "DueDate": "2026-03-31"}


async def shows(s: Books, customer: Record, *names: str) -> list[Any]:
    """Those fields of a customer's organization; of an amount its number."""
    organization = await s.organization(customer)
    told = [organization[name] for name in names]
    return [value["value"] if isinstance(value, dict) else value for value in told]


async def stands(s: Books, customer: Record) -> list[Any]:
    return await shows(s, customer, "Billing status", "Balance", "Open invoices")


async def settle(s: Books) -> None:
    """Time for a poll, and for whatever it brings up."""
    for _ in range(3):
        await s.pass_time(5 * 60 + 1)
        await s.round()


# --- the first sync ------------------------------------------------------------------------------


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("since", ["open", "all"])
async def test_a_plan_is_the_sync_and_a_second_sync_writes_nothing(
    since: str, public: bool
) -> None:
    async with Books(customers=12, invoices=30, public=public) as s:
        await s.install(since=since)
        planned = await s.plan()
        first = await s.sync()
        assert numbers(planned) == numbers(first)
        assert first["writes"] > 10
        assert totals(first)["failed"] == 0
        await s.deliver()
        second = await s.sync()
        assert (second["writes"], second["setup_writes"]) == (0, 0)
        full = await s.sync(full=True)
        assert full["writes"] == 0
        assert totals(full)["found"] == totals(first)["found"]
        for _ in range(3):
            await s.pass_time(HOUR)
            await s.round()
        assert (await s.sync())["writes"] == 0
        requests = (await s.counters())["requests"]
        asked = {q["operation"] for q in requests if q["vendor"] == "quickbooks_online"}
        assert {a for a in asked if not ({a, a.split(" ")[0]} & READS)} == set()
        assert (await s.counters())["creates"].get("quickbooks_online", {}) == {}


async def test_a_customer_arrives_whole() -> None:
    async with Books() as s:
        acme = await s.customer(
            "Acme, Ltd. é", CompanyName="Acme Limited", GivenName="Ann", FamilyName="Lee",
            PrimaryEmailAddr={"Address": "ann@acme.example, office@acme.example"},
            PrimaryPhone={"FreeFormNumber": "555 1"}, SalesTermRef={"value": "3"},
            BillAddr={"Line1": "1 High St", "City": "Leeds", "PostalCode": "LS1 4AP",
                      "Country": "United Kingdom"},
        )  # fmt: skip
        invoice = await s.invoice(acme, "250.00", DocNumber="A-77")
        await s.act("invoices", invoice, "pay", amount=100, date="2026-05-03")
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "customers") == counts(summary, "contacts") == {
            "found": 1, "create": 1,
        }  # fmt: skip
        [organization] = await s.ours()
        assert organization["name"] == "Acme, Ltd. é"
        assert organization["address"]["value"] == "1 High St, LS1 4AP Leeds, United Kingdom"
        assert organization["Payment terms"] == "Net 30"
        assert organization["QuickBooks customer ID"] == (
            f"quickbooks_online:{FIRST}:customers:{acme['id']}"
        )
        assert await stands(s, acme) == ["Open", 150, 1]
        assert await shows(s, acme, "Balance in home currency", "Twelve-month total") == [150, 250]
        assert await shows(s, acme, "Last invoice number", "Last invoice date") == [
            "A-77", "2026-05-01",
        ]  # fmt: skip
        assert await shows(s, acme, "Last payment", "Last payment date") == [100, "2026-05-03"]
        assert organization["Source state"] == "Active"
        [person] = await s.all("persons")
        assert (person["name"], person["org_id"]) == ("Ann Lee", organization["id"])
        assert [e["value"] for e in person["emails"]] == ["ann@acme.example"]


async def test_jobs_count_with_the_customer_at_the_top() -> None:
    async with Books() as s:
        acme = await s.customer()
        job = await s.customer("Roof", Job=True, ParentRef={"value": acme["id"]})
        below = await s.customer("Gutter", Job=True, ParentRef={"value": job["id"]})
        await s.invoice(acme, "10.00")
        await s.invoice(job, "20.00", **LATE)
        await s.install(since="all")
        await s.sync()
        assert [o["name"] for o in await s.ours()] == ["Acme Ltd"]
        assert await stands(s, acme) == ["Overdue", 30, 2]
        await s.round()
        await s.invoice(below, "40.00")
        await settle(s)
        assert await stands(s, acme) == ["Overdue", 70, 3]


async def test_jobs_may_be_organizations_of_their_own() -> None:
    async with Books() as s:
        acme = await s.customer()
        job = await s.customer("Roof", Job=True, ParentRef={"value": acme["id"]})
        await s.invoice(job, "20.00")
        await s.install(since="all", jobs="separate")
        await s.sync()
        assert await stands(s, acme) == ["Paid up", 0, 0]
        assert await stands(s, job) == ["Open", 20, 1]
        await s.round()
        await s.invoice(job, "5.00")
        await settle(s)
        assert await stands(s, job) == ["Open", 25, 2]
        assert await stands(s, acme) == ["Paid up", 0, 0]


async def test_people_may_stay_away_and_the_words_of_the_status_are_chosen() -> None:
    async with Books() as s:
        await s.customer("Ann Lee", GivenName="Ann", FamilyName="Lee")
        firm = await s.customer("Firm", CompanyName="Firm Ltd")
        await s.invoice(firm, **LATE)
        await s.install(since="all", people="no", billing_status="open=Owes, paid_up=Even")
        await s.sync()
        assert [o["name"] for o in await s.ours()] == ["Firm"]
        assert await stands(s, firm) == ["Owes", 100, 1]


async def test_what_the_target_would_refuse_is_cut_left_out_or_put_before_a_person() -> None:
    async with Books() as s:
        await s.customer("A" * 300)
        body = {"success": True, "data": [{"code": "USD", "active_flag": True}]}
        rule = {
            "vendor": "pipedrive", "operation": "GET /api/v1/currencies", "kind": "status",
            "status": 200, "body": body, "times": 1,
        }  # fmt: skip
        await s.sandbox.order(rule)
        odd = await s.customer("Odd Money", CurrencyRef={"value": "SEK"})
        await s.install(since="all")
        summary = await s.sync()
        assert [o["name"] for o in await s.ours()] == ["A" * 255]
        assert counts(summary, "customers") == {"found": 2, "create": 1, "refused": 1}
        [review] = [r for r in await s.reviews() if r["route"] == "customers"]
        assert review["source_key"] == odd["id"]
        assert "'SEK' is not among the currencies" in review["reason"]
        told = [row["reason"] for row in await s.audit(decision="create")]
        assert any("cut to 255" in reason for reason in told)


# --- what happens afterwards, without a public address ------------------------------------------


async def test_a_paid_invoice_changes_balance_and_status_by_the_next_poll() -> None:
    async with Books() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, **LATE)
        await s.install(since="all")
        await s.sync()
        assert await stands(s, acme) == ["Overdue", 100, 1]
        await s.round()
        await s.act("invoices", invoice, "pay", amount=40)
        await settle(s)
        assert await stands(s, acme) == ["Overdue", 60, 1]
        await s.act("invoices", invoice, "pay")
        await settle(s)
        assert await stands(s, acme) == ["Paid up", 0, 0]
        [payment, _] = sorted(
            (await s.human("GET", "quickbooks_online/payments")), key=lambda p: -int(p["Id"])
        )[:2]
        await s.human("DELETE", f"quickbooks_online/payments/{payment['Id']}")
        await settle(s)
        assert await stands(s, acme) == ["Overdue", 60, 1]


@pytest.mark.parametrize("deed", ["void", "DELETE", "credit"])
async def test_void_deleted_and_credited_invoices_count_no_more(deed: str) -> None:
    async with Books() as s:
        acme = await s.customer()
        await s.invoice(acme, "10.00")
        invoice = await s.invoice(acme, "100.00", DocNumber="A-2", TxnDate="2026-05-02")
        await s.install(since="all")
        await s.sync()
        await s.round()
        if deed == "void":
            await s.act("invoices", invoice, "void")
        elif deed == "DELETE":
            await s.human("DELETE", f"quickbooks_online/invoices/{invoice['id']}")
        else:
            await s.keep("POST", "credit_memos", CustomerRef={"value": acme["id"]}, TotalAmt=100)
        await settle(s)
        [balance, total] = await shows(s, acme, "Balance", "Twelve-month total")
        assert (balance, total) == (10, 10)


async def test_an_overpayment_is_a_credit() -> None:
    async with Books() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.act("invoices", invoice, "pay", amount=130)
        await s.install(since="all")
        await s.sync()
        assert await stands(s, acme) == ["Credit", -30, 0]


async def test_overdue_comes_with_the_companys_calendar() -> None:
    async with Books() as s:
        acme = await s.customer()
        await s.invoice(acme, DueDate="2026-05-04")
        await s.install(since="all")
        await s.sync()
        await s.round()
        assert await stands(s, acme) == ["Open", 100, 1]
        for _ in range(26):
            await s.pass_time(HOUR)
            await s.round()
        assert await stands(s, acme) == ["Overdue", 100, 1]
        rows = [r for r in await s.told(acme, "customers") if r["at"] > "2026-05-05"]
        assert [set(row["changes"]) for row in rows] == [{"Billing status"}]


@pytest.mark.parametrize("event", ["updated", "deleted"])
async def test_an_inactive_customer_keeps_its_organization_and_its_name(event: str) -> None:
    async with Books() as s:
        await s.switch(quickbooks_online__deactivation_event=event)
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.act("customers", acme, "deactivate")
        await settle(s)
        assert await shows(s, acme, "name", "Source state", "Billing status") == [
            "Acme Ltd", "Inactive", "Inactive",
        ]  # fmt: skip
        await s.act("customers", acme, "reactivate")
        await settle(s)
        assert await shows(s, acme, "name", "Source state") == ["Acme Ltd", "Active"]


async def test_a_deleted_customer_is_marked() -> None:
    async with Books() as s:
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.human("DELETE", f"quickbooks_online/customers/{acme['id']}")
        await settle(s)
        assert await shows(s, acme, "Source state") == ["Deleted"]
        assert (await s.told(acme, "customers"))[0]["decision"] == "gone"


@pytest.mark.parametrize("is_billed", [True, False])
async def test_a_term_that_is_renamed_shows_within_the_hour(is_billed: bool) -> None:
    async with Books() as s:
        acme = await s.customer(SalesTermRef={"value": "3"})
        if is_billed:
            await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        await s.human("PATCH", "quickbooks_online/terms/3", {"Name": "Thirty days"})
        for _ in range(14):
            await s.pass_time(5 * 60)
            await s.round()
        assert await shows(s, acme, "Payment terms") == ["Thirty days"]


# --- merges --------------------------------------------------------------------------------------


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("left", ["gone", "inactive_shell"])
async def test_a_merge_that_only_the_feed_shows(left: str, moves: bool) -> None:
    async with Books() as s:
        await s.switch(
            quickbooks_online__merged_customer=left,
            quickbooks_online__merge_moves_transactions=moves,
        )
        acme, other = await s.customer(), await s.customer("Acme Limited")
        await s.invoice(other, "30.00")
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.act("customers", other, "merge", into=acme["id"])
        await settle(s)
        assert await stands(s, acme) == ["Open", 30, 1]
        state = "Deleted" if left == "gone" else "Inactive"
        assert await shows(s, other, "Source state") == [state]
        assert len(await s.ours()) == 2


@pytest.mark.parametrize("form", ["cloudevents", "classic"])
async def test_a_merge_into_a_customer_that_came_over_is_told_as_such(form: str) -> None:
    async with Books(public=True) as s:
        await s.switch(quickbooks_online__webhook_format=form)
        acme, other = await s.customer(), await s.customer("Acme Limited")
        await s.invoice(other, "30.00")
        await s.install(since="all")
        await s.sync()
        await s.told_to_post()
        await s.act("customers", other, "merge", into=acme["id"])
        await s.deliver()
        await s.round()
        assert await stands(s, acme) == ["Open", 30, 1]
        assert await shows(s, other, "Source state") == ["Deleted"]
        told = (await s.told(other, "customers"))[0]
        assert (told["decision"], told["source"]) == ("gone", "webhook")
        assert f"merged into {acme['id']}" in told["reason"]


@pytest.mark.parametrize("left", ["gone", "inactive_shell"])
async def test_a_survivor_goes_on_with_the_organization_that_is_there(left: str) -> None:
    async with Books(public=True) as s:
        await s.switch(quickbooks_online__merged_customer=left)
        other = await s.customer("Acme Limited", GivenName="Ann")
        await s.install(since="all", people="no")
        person = await s.customer("Ann Lee", GivenName="Ann", FamilyName="Lee")
        await s.sync()
        assert [o["name"] for o in await s.ours()] == []
        await s.edit("customers", other, CompanyName="Acme Limited")
        await s.sync()
        [organization] = await s.ours()
        await s.told_to_post()
        await s.edit("customers", person, CompanyName="Acme Ltd")
        s.sandbox.outbox.posted.clear()
        await s.act("customers", other, "merge", into=person["id"])
        await s.deliver()
        await s.round()
        [only] = await s.ours()
        assert (only["id"], only["name"]) == (organization["id"], "Ann Lee")
        assert only["QuickBooks customer ID"].endswith(f":customers:{person['id']}")
        assert (await s.link("customers", other)).is_alias
        assert "merged into" in (await s.told(other, "customers"))[0]["reason"]
        assert (await s.sync(full=True))["writes"] == 0


async def test_what_a_person_takes_from_the_survivor_of_a_merge_is_marked() -> None:
    """The organization of the merged one was the survivor's until a person chose another."""
    async with Books(public=True) as s:
        chosen, _ = [await s.seller("POST", "organizations", name="Acme Ltd") for _ in range(2)]
        survivor, other = await s.customer(), await s.customer("Other")
        await s.install(since="all")
        await s.sync()
        left = await s.organization(other)
        await s.told_to_post()
        s.sandbox.outbox.posted.clear()
        locked = {"vendor": "pipedrive", "kind": "status", "status": 503}
        await s.sandbox.order({**locked, "operation": "PATCH /api/v2/organizations/*"})
        await s.act("customers", other, "merge", into=survivor["id"])
        await s.deliver()
        await s.round()
        await s.human("DELETE", "faults")
        await s.resolve("link", str(chosen["id"]))
        await settle(s)
        assert (await s.link("customers", survivor)).target_id == str(chosen["id"])
        assert (await s.organization(other))["id"] == left["id"]
        assert await shows(s, other, "Source state") == ["Deleted"]
        assert await shows(s, survivor, "Source state") == ["Active"]
        assert (await s.sync(full=True))["writes"] == 0


# --- webhooks ------------------------------------------------------------------------------------
