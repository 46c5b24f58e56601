"""One bad record: named, kept for a person, and never in the way of the others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.engine.rewriting import Retold
from tests.engine.scene import Record, Scene, counts


@dataclass
class Broken(Retold):
    """The tax of the spoilt invoice is told in another currency than its total."""

    def retell(self, text: str) -> str:
        at = text.find("Spoilt")
        head, tail = text[:at], text[at:]
        return text if at < 0 else head + re.sub(_TAX_CURRENCY, r'\1"EUR"', tail, count=1)


_TAX_CURRENCY = re.compile(r'("taxTotal":\s*\{.*?"code":\s*)"USD"', re.DOTALL)


async def three(s: Scene, **settings: str) -> list[Record]:
    """Three invoices, the second of which a test spoils."""
    acme = await s.customer()
    made = [
        await s.invoice(acme, "100.00", title=title, dueDate="2026-07-01")
        for title in ("Good", "Spoilt", "Good")
    ]
    await s.install(since="all", **settings)
    return made


async def test_an_unknown_status_is_written_raw_leaves_the_stage_and_is_reported() -> None:
    async with Retold() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, dueDate="2026-07-01")
        await s.install(since="all")
        await s.sync()
        before = await s.deal(invoice)
        s.words['"SENT"'] = '"ESCALATED"'
        await s.pass_time(60)
        await s.edit("invoices", invoice, title="Moved")
        await s.sync()
        deal = await s.deal(invoice)
        assert deal["Invoice status"] == "ESCALATED"
        assert deal["stage_id"] == before["stage_id"]
        row = (await s.told(invoice, "invoices"))[0]
        assert "Wave calls the status 'ESCALATED', which is new" in row["reason"]
        assert await s.reviews() == []


async def test_amounts_tell_the_state_of_an_invoice_whose_status_is_unknown() -> None:
    async with Retold(words={'"PARTIAL"': '"ESCALATED"'}) as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, dueDate="2026-07-01")
        await s.pay(invoice, "40.00")
        await s.install(since="all")
        await s.sync()
        deal = await s.deal(invoice)
        assert deal["Invoice status"] == "ESCALATED"
        assert await s.stage(deal) == "Part paid"


async def test_a_currency_that_pipedrive_lacks_is_refused_by_name_and_taken_once_it_is_there() -> (
    None
):
    async with Scene() as s:
        only_euro = {"id": 1, "code": "EUR", "name": "Euro", "decimal_points": 2, "symbol": "€",
                     "active_flag": True, "is_custom_flag": False}  # fmt: skip
        await s.sandbox.order(
            {"vendor": "pipedrive", "operation": "GET /api/v1/currencies", "kind": "status",
             "status": 200, "body": {"success": True, "data": [only_euro]}}
        )  # fmt: skip
        acme, euro = await s.customer(), await s.customer("Euro", currency="EUR")
        refused = await s.invoice(acme)
        other = await s.invoice(euro, currency="EUR")
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 2, "create": 1, "refused": 1}
        assert (await s.deal(other))["currency"] == "EUR"
        [review] = await s.reviews()
        assert review["kind"] == "refused"
        assert "'USD' is not among the currencies of this account" in review["reason"]
        assert (await s.told(refused, "invoices"))[0]["decision"] == "refuse"
        await s.human("DELETE", "faults")
        answer = await s.resolve("retry")
        assert counts(answer["result"], "invoices") == {"found": 1, "create": 1}
        assert (await s.deal(refused))["currency"] == "USD"
        assert await s.reviews() == []


async def test_a_name_of_400_characters_is_refused_with_field_and_limit() -> None:
    async with Scene() as s:
        long, short = await s.customer("x" * 400), await s.customer("Short")
        await s.invoice(long)
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "customers") == {"found": 2, "create": 1, "refused": 1}
        assert counts(summary, "invoices") == {"found": 1, "waiting": 1}
        [review] = await s.reviews()
        assert review["reason"] == (
            "'name' has 400 characters and the target takes 255: shorten it at the source."
        )
        assert short["id"] in await s.links("customers")
        await s.pass_time(60)
        await s.edit("customers", long, name="y" * 255)
        await s.sync()
        assert (await s.organization(long))["name"] == "y" * 255
        assert len(await s.all("deals")) == 1


async def test_a_record_that_breaks_the_map_goes_to_review_with_an_id_and_the_others_go_on() -> (
    None
):
    """A tax in another currency than its total cannot be taken from it."""
    async with Broken() as s:
        made = await three(s, deal_value="net")
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 3, "create": 2, "refused": 1}
        [review] = await s.reviews()
        assert review["source_key"] == made[1]["id"]
        assert re.search(r"the log has it under \w{10,}", review["reason"])


async def test_a_record_that_cannot_be_read_is_refused_with_its_field_and_the_others_go_on() -> (
    None
):
    async with Retold(words={'"Spoilt"': "null"}) as s:
        made = await three(s)
        summary = await s.sync()
        assert counts(summary, "invoices")["create"] == 2
        assert counts(summary, "invoices")["refused"] == 1
        reviews = [r for r in await s.reviews() if r["route"] == "invoices"]
        assert [r["source_key"] for r in reviews] == [made[1]["id"]]
        assert "title" in reviews[0]["reason"]
        s.words.clear()
        await s.pass_time(60)
        await s.edit("invoices", made[1], memo="mended")
        await s.sync()
        assert (await s.deal(made[1]))["value"] == 100
        assert await s.reviews() == []


async def test_what_pipedrive_refuses_is_told_in_its_own_words() -> None:
    async with Scene() as s:
        made = await three(s)
        await s.sandbox.order(
            {"vendor": "pipedrive", "operation": "POST /api/v2/deals", "kind": "status",
             "times": 1, "after": 1, "status": 400,
             "body": {"success": False, "error": "Validation failed: title: must be shorter"}}
        )  # fmt: skip
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 3, "create": 2, "refused": 1}
        [review] = await s.reviews()
        assert "Pipedrive says: Validation failed: title: must be shorter" in review["reason"]
        await s.resolve("retry")
        assert len(await s.all("deals")) == len(made)
