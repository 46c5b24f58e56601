"""The audit: whatever was decided about a record has a row, and a row is never changed."""

from __future__ import annotations

import inspect

from ml_connector.store import audit
from tests.engine.scene import WRITES, Record, Scene

KEYS = {
    "at", "run", "job", "flow", "version", "route", "source_key", "target_id", "decision", "reason",
    "state", "source", "event_id", "correlation_id", "attempt", "changes", "requests",
}  # fmt: skip
DECISIONS = {"create", "update", "unchanged", "review", "refuse", "gone"}


async def lived(s: Scene) -> tuple[Record, Record]:
    """A first sync, a payment, a deletion and a review."""
    await s.seller("POST", "organizations", name="Twin")
    await s.seller("POST", "organizations", name="Twin")
    await s.customer("Twin")
    await s.customer("x" * 300)
    acme = await s.customer("Acme Ltd", email="ann@acme.example")
    invoice = await s.invoice(acme, dueDate="2026-07-01")
    draft = await s.invoice(acme, sent=False)
    await s.install(since="all")
    await s.sync()
    await s.deliver()
    await s.pass_time(60)
    await s.pay(invoice, "40.00")
    await s.human("DELETE", f"wave/invoices/{draft['id']}")
    await s.sync(full=True)
    return acme, invoice


async def test_every_write_has_a_row_with_its_request() -> None:
    async with Scene() as s:
        await lived(s)
        told = [
            request
            for row in await s.audit()
            for request in row["requests"]
            if request["method"] in WRITES
        ]
        counted = sum(
            q["n"]
            for q in (await s.counters())["requests"]
            if q["vendor"] == "pipedrive"
            and q["operation"].split(" ")[0] in WRITES
            and any(f"/{n}" in q["operation"] for n in ("organizations", "persons", "deals", "act"))
        )
        assert len(told) == counted > 6
        for request in told:
            assert set(request) == {"method", "path", "status", "ms", "tokens"}
            assert (request["status"], request["tokens"]) == (200, 5)
            assert "?" not in request["path"]
            assert "token" not in request["path"]


async def test_every_row_has_its_keys_and_belongs_to_a_run() -> None:
    async with Scene() as s:
        await lived(s)
        rows = await s.audit()
        for row in rows:
            assert set(row) >= KEYS
            assert row["run"]
            assert row["decision"] in DECISIONS
            assert row["state"] in ("done", "failed", "review")
            assert row["source"] in ("webhook", "poll", "replay", "person")
            assert row["reason"]
        assert {r["decision"] for r in rows} == DECISIONS
        assert rows == sorted(rows, key=lambda r: r["at"], reverse=True)


async def test_changes_tell_before_and_after_by_the_names_that_people_know() -> None:
    async with Scene() as s:
        _, invoice = await lived(s)
        update, create = [
            r for r in await s.told(invoice, "invoices") if r["decision"] in ("create", "update")
        ]
        assert create["changes"]["value"] == {"before": None, "after": "100.00"}
        assert create["job"]
        assert update["job"] not in ("", create["job"])
        paid = update["changes"]["Amount paid"]
        assert (paid["before"]["value"], paid["after"]["value"]) == (0, "40.00")
        assert update["changes"]["Invoice status"] == {"before": "Sent", "after": "Part paid"}
        assert "value" not in update["changes"]


async def test_nothing_that_was_looked_at_is_without_a_row() -> None:
    async with Scene() as s:
        await s.customer("Acme Ltd", email="ann@acme.example")
        await s.customer("x" * 300)
        await s.install(since="all")
        summary = await s.sync()
        rows = await s.audit(run=summary["run"])
        for route in summary["routes"]:
            decided = {r["source_key"] for r in rows if r["route"] == route["route"]}
            assert len(decided) == route["found"] - route["waiting"]


async def test_a_write_that_failed_has_a_row_that_says_so() -> None:
    async with Scene() as s:
        acme = await s.customer("Acme Ltd")
        await s.sandbox.order(
            {"vendor": "pipedrive", "operation": "POST /api/v2/organizations",
             "kind": "cut_after", "times": 1}
        )  # fmt: skip
        await s.install(since="all")
        await s.sync()
        rows = await s.told(acme, "customers")
        assert [(r["decision"], r["state"]) for r in rows] == [
            ("update", "done"), ("create", "failed"),
        ] or [(r["decision"], r["state"]) for r in rows] == [
            ("unchanged", "done"), ("create", "failed"),
        ]  # fmt: skip
        assert rows[1]["requests"][0]["status"] == 0
        assert len(await s.ours()) == 1


async def test_an_event_can_be_followed_to_its_write() -> None:
    async with Scene(public=True) as s:
        acme = await s.customer("Acme Ltd")
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        await s.deliver()
        await s.pass_time(60)
        deal = await s.deal(invoice)
        await s.seller("PATCH", f"deals/{deal['id']}", value=7)
        await s.deliver()
        await s.round()
        row = (await s.told(invoice, "invoices"))[0]
        assert (row["source"], row["changes"]["value"]["before"]) == ("webhook", 7)
        life = await s.why("invoices", invoice)
        event = next(e for e in life["events"] if e["event_id"] == row["event_id"])
        assert (event["event_type"], event["outcome"]) == ("change.deal", "pending")
        assert row["correlation_id"] == event["correlation_id"] != ""
        assert life["link"]["target_id"] == str(deal["id"])
        assert [d["decision"] for d in life["decisions"]][-1] == "create"


def test_the_store_offers_no_change_of_a_row() -> None:
    offered = {name for name, _ in inspect.getmembers(audit, inspect.isfunction)}
    written = {n for n in offered if not n.startswith("_") and n not in ("select", "delete")}
    assert written <= {"add", "read", "retain", "dataclass", "field", "insert"}


async def test_rows_are_found_by_what_a_person_asks() -> None:
    async with Scene() as s:
        acme, invoice = await lived(s)
        assert {r["route"] for r in await s.audit(record=invoice["id"])} == {
            "invoices", "activities",
        }  # fmt: skip
        assert all(r["decision"] == "gone" for r in await s.audit(decision="gone"))
        target = (await s.link("customers", acme)).target_id
        assert await s.audit(record=target, route="customers")
        assert len(await s.audit(limit=3)) == 3
