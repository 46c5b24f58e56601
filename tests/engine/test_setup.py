"""Custom fields that an administrator removed: noticed, told once, done without, brought back."""

from __future__ import annotations

from tests.engine.scene import Record, Scene, counts


async def stood_up(s: Scene, count: int = 3) -> tuple[Record, list[Record]]:
    acme = await s.customer("Acme Ltd")
    invoices = [await s.invoice(acme, f"{n + 1}00.00") for n in range(count)]
    await s.install(since="all")
    await s.sync()
    await s.pass_time(60)
    return acme, invoices


async def remove_field(s: Scene, noun: str, name: str) -> None:
    fields = {"deals": "deal_fields", "organizations": "organization_fields"}[noun]
    await s.seller("DELETE", f"{fields}/{await s.code(noun, name)}")


async def test_a_removed_field_is_told_once_and_the_work_goes_on_without_it() -> None:
    async with Scene() as s:
        _, invoices = await stood_up(s)
        await remove_field(s, "deals", "Amount paid")
        for invoice in invoices:
            await s.pay(invoice, "50.00")
        summary = await s.sync()
        assert counts(summary, "invoices")["update"] == 3
        assert await s.reviews() == []
        for invoice in invoices:
            assert (await s.deal(invoice))["Invoice status"] == "Part paid"
            reason = (await s.told(invoice, "invoices"))[0]["reason"]
            assert "the field 'Amount paid' was removed at the target and is left out" in reason
        [alert] = s.alerts
        assert "'Amount paid' was removed in Pipedrive" in alert
        assert "--yes" in alert
        await s.pass_time(60)
        await s.pay(invoices[0])
        await s.sync()
        await s.start()
        await s.pay(invoices[1])
        await s.sync()
        assert len(s.alerts) == 1
        status = await s.status()
        assert "'Amount paid' was removed" in status["flows"][0]["reason"]


async def test_yes_brings_a_removed_field_back_and_writes_it_anew() -> None:
    async with Scene() as s:
        _, invoices = await stood_up(s)
        await remove_field(s, "deals", "Amount due")
        await s.pay(invoices[0], "50.00")
        await s.sync()
        summary = await s.sync(yes=True)
        assert summary["setup_writes"] == 1
        assert counts(summary, "invoices") == {"found": 3, "update": 3}
        dues = [(await s.deal(i))["Amount due"]["value"] for i in invoices]
        assert dues == [50, 200, 300]
        assert (await s.status())["flows"][0]["reason"] == ""
        assert (await s.sync(full=True))["writes"] == 0


async def test_without_a_persons_word_a_removed_field_stays_away() -> None:
    async with Scene() as s:
        _, invoices = await stood_up(s)
        await remove_field(s, "deals", "Amount due")
        await s.pay(invoices[0], "50.00")
        await s.sync()
        summary = await s.sync(full=True)
        assert (summary["setup_writes"], summary["writes"]) == (0, 0)


async def test_without_its_key_field_nothing_is_created_until_it_is_back() -> None:
    async with Scene() as s:
        acme, invoices = await stood_up(s, 1)
        await remove_field(s, "deals", "Wave invoice ID")
        late = [await s.invoice(acme, "400.00"), await s.invoice(acme, "500.00")]
        summary = await s.sync()
        assert counts(summary, "invoices")["waiting"] == 2
        assert len(await s.all("deals")) == 1
        assert "'Wave invoice ID' was removed" in s.alerts[0]
        status = await s.status()
        assert status["flows"][0]["waits_for"]["person"] == 2
        await s.pay(invoices[0], "10.00")
        await s.sync()
        assert (await s.deal(invoices[0]))["Invoice status"] == "Part paid"
        await s.sync(yes=True)
        assert len(await s.all("deals")) == 3
        for invoice in (*invoices, *late):
            assert (await s.deal(invoice))["Wave invoice ID"].endswith(invoice["id"])


async def test_a_field_of_the_same_name_and_another_type_is_left_alone() -> None:
    async with Scene() as s:
        theirs = await s.seller(
            "POST", "deal_fields", field_name="Invoice status", field_type="double"
        )
        acme = await s.customer("Acme Ltd")
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        deal = await s.one("deals", (await s.deal(invoice))["id"])
        assert deal["custom_fields"][theirs["field_code"]] is None
        assert deal["custom_fields"][await s.code("deals", "Invoice status")] == "Sent"


async def test_a_field_of_the_same_name_and_type_is_used() -> None:
    async with Scene() as s:
        theirs = await s.seller(
            "POST", "deal_fields", field_name="Invoice status", field_type="varchar"
        )
        acme = await s.customer("Acme Ltd")
        invoice = await s.invoice(acme)
        await s.install(since="all")
        assert (await s.sync())["setup_writes"] == 19
        deal = await s.deal(invoice)
        assert deal["custom_fields"][theirs["field_code"]] == "Sent"


async def test_a_removed_stage_is_left_out_and_told() -> None:
    async with Scene() as s:
        _, invoices = await stood_up(s, 2)
        stages = await s.human("GET", "pipedrive/stages")
        paid = next(stage for stage in stages if stage["name"] == "Paid")
        await s.seller("DELETE", f"stages/{paid['id']}")
        for invoice in invoices:
            await s.pay(invoice)
        await s.sync()
        assert await s.reviews() == []
        for invoice in invoices:
            assert (await s.deal(invoice))["Invoice status"] == "Paid"
        assert "'Paid' was removed in Pipedrive" in s.alerts[0]
