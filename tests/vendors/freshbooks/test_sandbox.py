"""The real client against the sandbox's FreshBooks, whose records change between its pages."""

from __future__ import annotations

import pytest

from ml_connector.core.faults import (
    AccountClosed,
    Mistake,
    NeedsPerson,
    TooFast,
    Unreachable,
)
from ml_connector.core.objects import SourceModel
from ml_connector.core.vendor import Delivery, Handshake, Proofs
from ml_connector.core.wire import Errand
from ml_connector.vendors.freshbooks import VENDOR
from ml_connector.vendors.freshbooks.objects import CLIENTS, INVOICES, PAYMENTS, Client, Invoice
from tests.vendors.freshbooks.books import Books

MANY = 230
DAY = 86_400
OBJECTS = (CLIENTS, INVOICES, PAYMENTS)
HOOK = "http://127.0.0.1:8080/hooks/x"


def stamps(found: dict[str, SourceModel]) -> dict[str, str]:
    return {key: str(getattr(record, "updated", "")) for key, record in found.items()}


async def stored(books: Books, noun: str) -> dict[str, str]:
    return {key: row["updated"] for key, row in (await books.listed(noun)).items()}


async def test_who_we_are(books: Books) -> None:
    me = await books.run(books.client(account="", account_id=books.account).identify(Errand()))
    assert me.account == books.account
    assert me.user == "7788"
    with pytest.raises(Mistake, match=f"account_id={books.account}"):
        await books.run(books.client(account="").identify(Errand()))


async def test_the_first_poll_brings_everything_as_it_is(books: Books) -> None:
    for obj in OBJECTS:
        found, gone, _, _ = await books.poll(obj, {})
        assert stamps(found) == await stored(books, obj.name)
        assert gone == set()


async def test_every_record_of_the_world_can_be_read(books: Books) -> None:
    for obj in OBJECTS:
        keys = sorted(await books.listed(obj.name))[: obj.read_batch]
        found = await books.read(obj, *keys)
        assert sorted(found) == keys
        assert all(isinstance(record, obj.model) for record in found.values())


async def test_the_sums_are_those_of_the_vendor(books: Books) -> None:
    listed = await books.listed("invoices")
    found = await books.read(INVOICES, *list(listed)[:20])
    for key, record in found.items():
        assert isinstance(record, Invoice)
        row = listed[key]
        assert str(record.outstanding.amount) == row["outstanding"]["amount"]
        assert record.net is not None
        assert record.net.amount <= record.amount.amount


async def test_a_quiet_poll_is_two_calls(books: Books) -> None:
    _, _, cursor, _ = await books.poll(CLIENTS, {})
    _, _, again, calls = await books.poll(CLIENTS, cursor)
    assert (again, calls) == (cursor, 2)


async def test_a_change_is_seen_by_the_next_poll_and_an_archived_client_stays(books: Books) -> None:
    _, _, cursor, _ = await books.poll(CLIENTS, {})
    await books.sandbox.advance(3 * DAY)
    first, second = list(await books.listed("clients"))[:2]
    await books.human("PATCH", "clients", first, organization="Renamed Ltd")
    await books.human("PATCH", "clients", second, vis_state=2)
    found, gone, _, _ = await books.poll(CLIENTS, cursor)
    assert set(found) == {first, second}
    renamed, archived = found[first], found[second]
    assert isinstance(renamed, Client)
    assert isinstance(archived, Client)
    assert (renamed.name, archived.is_archived, gone) == ("Renamed Ltd", True, set())


@pytest.mark.parametrize("by_id", ["shown", "refused", "not_found"])
async def test_a_deleted_record_is_gone_from_poll_read_and_sweep(books: Books, by_id: str) -> None:
    await books.switch(deleted_by_id=by_id)
    for obj in OBJECTS:
        _, _, cursor, _ = await books.poll(obj, {})
        await books.sandbox.advance(3 * DAY)
        first, second = list(await books.listed(obj.name))[:2]
        await books.human("DELETE", obj.name, first)
        found, gone, cursor, _ = await books.poll(obj, cursor)
        assert (first in found, gone) == (False, {first})
        read = await books.read(obj, first, second)
        assert (read[first], read[second] is None) == (None, False)
        assert first not in await books.run(books.client().all_keys(obj, Errand()))
        await books.sandbox.advance(3600)
        await books.human("PATCH", obj.name, first, vis_state=0)
        found, gone, _, _ = await books.poll(obj, cursor)
        assert first in found
        assert await books.read(obj, first) != {first: None}


async def test_an_id_that_never_was_is_gone(books: Books) -> None:
    assert await books.read(INVOICES, "999999999") == {"999999999": None}


async def test_many_records_over_pages_that_slide(books: Books) -> None:
    """Some leave and some come while the listing is read; none that stays is missed."""
    for number in range(MANY):
        await books.new_client(organization=f"Imported {number}")
    leaving = iter(list(await books.listed("clients"))[-8:])

    async def happen() -> None:
        await books.sandbox.advance(1)
        for _ in range(2):
            if key := next(leaving, None):
                await books.human("DELETE", "clients", key)
        await books.new_client(organization="Late GmbH")

    found, _, cursor, calls = await books.poll(CLIENTS, {}, happen)
    again, gone, _, _ = await books.poll(CLIENTS, cursor)
    there = await stored(books, "clients")
    assert {k: v for k, v in stamps(found | again).items() if k not in gone} == there
    assert calls < 15


async def test_all_ids_are_those_of_active_and_archived_records(books: Books) -> None:
    first, *_ = await books.listed("clients")
    await books.human("PATCH", "clients", first, vis_state=2)
    for obj in OBJECTS:
        keys = await books.run(books.client().all_keys(obj, Errand()))
        assert set(keys) == set(await books.listed(obj.name))


async def test_open_invoices_are_those_with_something_outstanding(books: Books) -> None:
    found = await books.run(books.client().open_keys(INVOICES, Errand()))
    listed = await books.listed("invoices")
    sent = {key: row for key, row in listed.items() if row["v3_status"] != "draft"}
    owed = {key for key, row in sent.items() if float(row["outstanding"]["amount"]) > 0}
    assert {record.key() for record in found} == owed
    assert 0 < len(owed) < len(sent)


@pytest.mark.parametrize("zone", ["eastern", "utc"])
async def test_an_invoice_becomes_overdue_by_the_calendar_without_a_change_stamp(
    books: Books, zone: str
) -> None:
    await books.switch(day_boundary_zone=zone, overdue_touches_updated=False)
    client = await books.new_client(organization="Acme")
    made = await books.human("POST", "invoices", customerid=client["id"], amount="100.00",
                             create_date="2026-05-01", due_offset_days=4)  # fmt: skip
    key = str(made["id"])
    await books.human("POST", "invoices", key, "send")

    async def seen() -> Invoice:
        open_ones = await books.run(books.client().open_keys(INVOICES, Errand()))
        record = next(r for r in open_ones if r.key() == key)
        assert isinstance(record, Invoice)
        return record

    before = await seen()
    assert not before.past_due
    await books.sandbox.advance(2 * DAY)
    after = await seen()
    assert after.past_due
    assert after.updated == before.updated
    assert after.model_dump() != before.model_dump()


async def test_callbacks_are_made_confirmed_and_prove_their_deliveries(books: Books) -> None:
    api, errand = books.client(), Errand()
    for event in VENDOR.events:
        await books.run(api.subscribe(event, HOOK, {}, errand))
    standing = await books.run(api.subscriptions(errand))
    assert sorted(s.event for s in standing) == sorted(VENDOR.events)
    assert not any(s.healthy for s in standing)
    codes = await handshakes(books)
    assert set(codes) == {s.id for s in standing}
    for id, code in codes.items():
        await books.run(api.confirm(Handshake(id, code), errand))
    assert all(s.healthy for s in await books.run(api.subscriptions(errand)))
    client = await books.new_client(organization="Acme")
    posted = await outbox(books)
    assert [VENDOR.webhooks.read(delivery)[0].event_type for delivery in posted] == [
        "client.create"
    ]
    hint = VENDOR.webhooks.read(posted[0])[0]
    assert (hint.account, hint.object, hint.key) == (books.account, "clients", str(client["id"]))
    verifiers = tuple(codes.values())
    VENDOR.webhooks.verify(posted[0], Proofs({"webhook_secret": verifiers}, {}))
    await books.run(api.introduce_again(standing[0].id, errand))
    assert set(await handshakes(books)) == {standing[0].id}
    for subscription in standing:
        await books.run(api.unsubscribe(subscription.id, errand))
    assert await books.run(api.subscriptions(errand)) == []


async def outbox(books: Books) -> list[Delivery]:
    """What FreshBooks has posted since the last look."""
    await books.sandbox.advance(5)
    posted, books.sandbox.outbox.posted = books.sandbox.outbox.posted, []
    now = books.sandbox.clock.now()
    return [
        Delivery(p.body, {name.lower(): value for name, value in p.headers.items()}, now)
        for p in posted
    ]


async def handshakes(books: Books) -> dict[str, str]:
    assert VENDOR.handshake is not None
    found = [VENDOR.handshake(delivery) for delivery in await outbox(books)]
    return {each.subscription: each.code for each in found if each is not None}


@pytest.mark.parametrize("is_object", [True, False])
@pytest.mark.parametrize("with_200", [True, False])
async def test_error_bodies_of_every_form_mean_the_same(
    books: Books, is_object: bool, with_200: bool
) -> None:
    await books.switch(errors_as_object=is_object, errors_with_status_200=with_200)
    assert await books.read(CLIENTS, "999999999") == {"999999999": None}
    await books.switch(account_inactive=True)
    with pytest.raises(AccountClosed):
        await books.poll(CLIENTS, {})


async def test_a_foreign_account_needs_a_person(books: Books) -> None:
    api = books.client(account="Nobody1")
    with pytest.raises(NeedsPerson, match="account_id"):
        await books.run(api.changes(CLIENTS, {}, Errand()))


async def test_faults_of_the_transport(books: Books) -> None:
    def ordered(**rule: object) -> dict[str, object]:
        return {"vendor": "freshbooks", "operation": "*", "times": 9, **rule}

    told: list[tuple[dict[str, object], type[Exception]]] = [
        (ordered(kind="status", status=503), Unreachable),
        (ordered(kind="truncate"), Unreachable),
        (ordered(kind="cut_before"), Unreachable),
        (ordered(kind="status", status=429, headers={"Retry-After": "900"}), TooFast),
    ]
    for rule, fault in told:
        await books.sandbox.order(rule)
        with pytest.raises(fault):
            await books.poll(CLIENTS, {})
        await books.sandbox.control("DELETE", "faults")


async def test_the_vendors_own_limit_is_never_met(books: Books) -> None:
    """At the usual pace 500 a minute are never reached, nor 20 of the identity."""
    api, errand = books.client(pace="5.0"), Errand()

    async def many() -> None:
        for _ in range(40):
            await api.identify(errand)
        for _ in range(700):
            await api.changes(PAYMENTS, {}, errand)

    await books.run(many())
    assert {sent.status for sent in errand.sent} == {200}


async def test_a_token_that_ended_is_told(books: Books) -> None:
    """Of a static token, as the wire has it here, a person is told; a grant renews it."""
    await books.sandbox.advance(91 * DAY)
    with pytest.raises(NeedsPerson, match="token"):
        await books.poll(CLIENTS, {})


async def test_no_record_is_written(books: Books) -> None:
    for obj in OBJECTS:
        _, _, cursor, _ = await books.poll(obj, {})
        await books.poll(obj, cursor)
        await books.run(books.client().all_keys(obj, Errand()))
        await books.run(books.client().open_keys(obj, Errand()))
    counted = await books.sandbox.control("GET", "counters")
    assert counted["creates"].get("freshbooks", {}) == {}
    methods = {row["operation"].split(" ")[0] for row in counted["requests"]}
    assert methods == {"GET", "POST"}  # POST is the token call of this test
    posts = [r["operation"] for r in counted["requests"] if r["operation"].startswith("POST")]
    assert posts == ["POST /auth/oauth/token"]
