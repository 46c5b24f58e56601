"""What could go wrong with feeds, roll-ups, two ways and settings that change, tried from end to
end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ml_connector.engine.looking import Look
from ml_connector.engine.opened import place
from ml_connector.store import flows, pending
from ml_connector.store.pending import Mark
from ml_connector.store.queued import rows_of
from tests.support.rehearsal import FLOW, WORKSPACE, Rehearsal


def desk(**how: Any) -> Rehearsal:
    return Rehearsal(kind="wave-zendesk", **{"customers": 6, "invoices": 14, **how})


async def rounds(of: Rehearsal, count: int = 3, seconds: float = 330) -> None:
    for _ in range(count):
        await of.clock.advance(seconds)
        await of.round()


async def an_invoice(of: Rehearsal, *, is_open: bool) -> dict[str, Any]:
    """An old one that is owed, or an old one with payments that is not."""
    told = await of.sandbox.control("GET", "wave/invoices")
    paid_on = {p["invoice"]["id"] for p in await of.sandbox.control("GET", "wave/payments")}
    return next(
        i
        for i in told
        if i["status"] != "DRAFT"
        and (Decimal(i["amountDue"]["value"]) > 0) == is_open
        and (is_open or i["id"] in paid_on)
        and i["invoiceDate"] < "2026-05-01"
    )


async def pay(of: Rehearsal, invoice: dict[str, Any]) -> None:
    body = {"amount": invoice["amountDue"]["value"], "date": "2026-05-04"}
    await of.human("POST", f"wave/invoices/{invoice['id']}/pay", body)


async def payments_of(of: Rehearsal, invoice: dict[str, Any]) -> list[str]:
    return [key for key in await of.links("payments") if key.startswith(invoice["id"])]


@pytest.mark.parametrize("public", [False, True])
async def test_the_payment_that_settles_an_old_open_invoice_is_brought_over(public: bool) -> None:
    async with desk(public=public) as of:
        await of.install()
        await of.sync()
        invoice = await an_invoice(of, is_open=True)
        before = await payments_of(of, invoice)
        await of.clock.advance(600)
        await pay(of, invoice)
        await rounds(of)
        assert len(await payments_of(of, invoice)) == len(before) + 1


async def test_an_event_about_an_invoice_outside_the_scope_does_not_bring_it_in() -> None:
    async with desk(public=True) as of:
        await of.install()
        await of.sync()
        invoice = await an_invoice(of, is_open=False)
        assert invoice["id"] not in await of.links("invoices")
        await of.store.write(lambda c: mark(c, of, "invoice_payments", invoice["id"]))
        await rounds(of)
        assert invoice["id"] not in await of.links("invoices")
        assert await payments_of(of, invoice) == []


def mark(conn: Any, of: Rehearsal, reader: str, key: str, at_least: str = "") -> None:
    row = _row(conn)
    flow = of.res.flows[row.kind]
    where, rank = place(row, flow, reader), flow.rank(reader)
    one = Mark(row.id, reader, key, where, rank, "webhook", at_least=at_least)
    pending.mark(conn, [one], of.clock.now())


def _row(conn: Any) -> flows.Row:
    row = flows.named(conn, WORKSPACE, FLOW)
    assert row is not None
    return row


async def test_a_feed_waits_for_what_a_listing_has_shown_already() -> None:
    async with desk() as of:
        await of.install(since="all")
        await of.sync()
        invoice = await an_invoice(of, is_open=True)
        await of.store.write(lambda c: mark(c, of, "invoice_payments", invoice["id"], "9999"))
        absent = invoice["id"][:-4] + "OTk="
        await of.store.write(lambda c: mark(c, of, "invoice_payments", absent, "9999"))
        await of.round()
        told = {r["reason"] for r in await of.store.read(lambda c: rows_of(c, _row(c).id))}
        assert told == {
            "The source shows an older version than it did before.",
            "A listing showed the invoice, and a read does not find it.",
        }


async def test_a_record_is_known_by_its_bare_id_while_a_feed_waits_under_it() -> None:
    async with desk() as of:
        await of.install(since="all")
        await of.sync()
        invoice = await an_invoice(of, is_open=True)
        await of.done("flow_state", name=FLOW, state="paused")
        await of.store.write(lambda c: mark(c, of, "invoice_payments", invoice["id"]))
        told = await Look(of.res, "http://x").why("w", FLOW, invoice["id"])
        assert told["record"] == f"invoices:{invoice['id']}"


async def test_a_suffixed_name_is_kept_when_the_record_changes() -> None:
    async with desk() as of:
        customer = (await of.sandbox.control("GET", "wave/customers"))[0]
        await of.human("POST", "zendesk/organizations", {"name": customer["name"]})
        await of.install(since="all", same_name="suffix")
        await of.sync()
        await of.clock.advance(600)
        await of.human("PATCH", f"wave/customers/{customer['id']}", {"email": "new@x.example"})
        await rounds(of)
        assert await of.reviews() == []
        id = (await of.links("customers"))[customer["id"]].target_id
        there = await of.sandbox.control("GET", f"zendesk/organizations/{id}")
        assert there["organization_fields"]["billing_email"] == "new@x.example"
        assert there["name"].startswith(f"{customer['name']} (Wave ")


async def test_an_account_follows_its_organization_when_that_is_made_anew() -> None:
    async with desk() as of:
        await of.install(since="all")
        await of.sync()
        accounts = await of.links("summaries")
        customer, old = next((k, x.target_id) for k, x in accounts.items())
        await of.human("DELETE", f"zendesk/organizations/{old}")
        await of.clock.advance(86_500)
        await rounds(of, 4, 70)
        told = await of.reviews()
        assert [r["route"] for r in told if r["route"] in ("customers", "summaries")] == [
            "customers"
        ]
        id = next(r["id"] for r in told if r["route"] == "customers")
        await of.done("resolve", id=id, choice="create")
        await rounds(of, 4, 70)
        new = (await of.links("customers"))[customer].target_id
        assert new != old
        assert (await of.links("summaries"))[customer].target_id == new


async def test_organizations_merged_without_a_word_leave_nobody_a_question() -> None:
    async with desk() as of:
        await of.install(since="all")
        await of.sync()
        winner = await of.human("POST", "zendesk/organizations", {"name": "The winner"})
        customer, link = next(iter((await of.links("customers")).items()))
        await of.human(
            "POST", f"zendesk/organizations/{link.target_id}/merge", {"into": winner["id"]}
        )
        await of.clock.advance(86_500)
        await rounds(of, 6, 70)
        assert (await of.links("customers"))[customer].target_id == str(winner["id"])
        assert [r["reason"] for r in await of.reviews()] == []
        assert (await of.links("summaries"))[customer].target_id == str(winner["id"])


async def test_a_better_plan_of_the_target_brings_over_what_it_can_hold_now() -> None:
    async with desk() as of:
        await of.sandbox.control("PATCH", "switches", {"zendesk.plan": "support_team"})
        await of.connect("wave")
        await of.connect("zendesk", plan="support_team")
        await of.add(since="all")
        await of.sync()
        assert await of.links("invoices") == {}
        await of.sandbox.control("PATCH", "switches", {"zendesk.plan": "suite_team"})
        await of.connect("zendesk", plan="suite_team")
        await rounds(of)
        assert await of.links("invoices") != {}
        assert await of.links("payments") != {}


async def test_a_wider_scope_brings_the_payments_over_too() -> None:
    async with desk() as of:
        await of.install()
        await of.sync()
        await of.add(since="all")
        await rounds(of)
        numbers = set(await of.links("invoices"))
        told = await of.sandbox.control("GET", "wave/payments")
        wanted = {p["id"] for p in told if p["invoice"]["id"] in numbers}
        assert len(await of.links("payments")) == len(wanted)


async def test_a_removed_flow_keeps_no_other_from_the_records_that_it_meant_to_write() -> None:
    async with desk() as of:
        await of.install(since="all")
        await of.sandbox.order(
            {"vendor": "zendesk", "operation": "POST /api/v2/organizations*", "kind": "cut_after",
             "times": 50}
        )  # fmt: skip
        await of.sync()
        await of.done("flow_state", name=FLOW, state="removed")
        await of.human("DELETE", "faults")
        await of.add(since="all")
        await of.clock.advance(1_000)
        done = await of.sync()
        assert sum(r["waiting"] for r in done["routes"]) == 0
        assert len(await of.links("customers")) == 6


async def test_failed_records_are_replayed_though_a_feed_failed_too() -> None:
    async with desk() as of:
        await of.install(since="all")
        await of.sync()
        invoice = await an_invoice(of, is_open=True)
        await of.store.write(lambda c: mark(c, of, "invoice_payments", invoice["id"], "9999"))
        await of.round()
        assert (await of.do("replay", flow=FLOW, failed=True))["exit"] == 0
