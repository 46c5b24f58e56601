"""The real client over the real wire, against the simulated Pipedrive in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from ml_connector.core.faults import (
    AccountClosed,
    Missing,
    OutOfBudget,
    Refused,
    TooFast,
    UnknownOutcome,
)
from ml_connector.core.keys import ExternalKey, key_in_note, with_key_line
from ml_connector.core.objects import SetupItem, TargetObject
from ml_connector.core.values import Values, same
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.http.asgi_transport import AsgiTransport
from ml_connector.vendors.pipedrive import ACTIVITIES, DEALS, ORGANIZATIONS, PERSONS, VENDOR
from ml_sandbox.app import Sandbox
from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendor import Human
from ml_sandbox.vendors.pipedrive.kind import KIND
from tests.support.clock import VirtualClock, settle
from tests.vendors.pipedrive.given import Bench, bench

URL = "http://sandbox"
HOOK_URL = "http://127.0.0.1:9/hooks/token/1"
SECRETS = {"webhook_user": "u-sample", "webhook_password": "p-sample"}
KEY = ExternalKey("wave", "B1", "invoices", "I1")

KEY_FIELD = SetupItem("field", "Wave customer ID", object="organizations", type="varchar")
NUMBER = SetupItem("field", "Invoice number", object="deals", type="varchar")
PAID = SetupItem("field", "Amount paid", object="deals", type="monetary")
RATE = SetupItem("field", "Rate", object="deals", type="double")
DUE = SetupItem("field", "Due date", object="deals", type="date")
PIPELINE = SetupItem("pipeline", "Wave invoices")
SENT = SetupItem("stage", "Sent", parent="Wave invoices")
ITEMS = (KEY_FIELD, NUMBER, PAID, RATE, DUE, PIPELINE, SENT)


@dataclass
class Inbox:
    """Implements the sandbox's `Sender`: keeps what it would post."""

    deliveries: list[Delivery] = field(default_factory=list)
    clock: VirtualClock = field(default_factory=VirtualClock)

    def accepts(self, url: str) -> bool:
        return url == HOOK_URL

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> int | None:
        lowered = {name.lower(): value for name, value in headers.items()}
        self.deliveries.append(Delivery(body, lowered, self.clock.now()))
        return 200

    async def close(self) -> None:
        self.deliveries.clear()


@dataclass(frozen=True)
class Stand:
    """A sandbox, a client of it, and the human before its screens."""

    sandbox: Sandbox
    on: Bench
    inbox: Inbox

    @property
    def human(self) -> Human:
        return self.sandbox.world.vendors["pipedrive"].human

    def order(self, **rule: Any) -> None:
        self.sandbox.world.faults.add({"rules": [{"vendor": "pipedrive", **rule}]})

    def switch(self, **values: Any) -> None:
        self.sandbox.world.switches.change({f"pipedrive.{k}": v for k, v in values.items()})

    async def set_up(self) -> dict[str, str]:
        """Every item's code, made in order."""
        codes: dict[str, str] = {}
        for item in ITEMS:
            parent = codes[PIPELINE.id] if item.kind == "stage" else ""
            codes[item.id] = await self.on.client.create_setup(item, parent, self.on.errand)
        return codes

    async def hints(self) -> list[Hint]:
        """The hints of everything that arrived, each delivery proven first."""
        await settle()
        await self.on.clock.advance(1)
        found: list[Hint] = []
        proofs = Proofs({name: (value,) for name, value in SECRETS.items()}, {})
        for delivery in self.inbox.deliveries:
            VENDOR.webhooks.verify(delivery, proofs)
            found += VENDOR.webhooks.read(delivery)
        self.inbox.deliveries.clear()
        return found


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    clock = VirtualClock()
    inbox = Inbox(clock=clock)
    sandbox = Sandbox(SandboxOptions(url=URL), [KIND], clock, inbox)
    ready = sandbox.world.ready["vendors"]["pipedrive"]
    settings = {**ready["settings"], "base_url": ready["base_url"], "auth": "token"}
    transport = AsgiTransport({URL: sandbox})
    on = bench(transport, settings, ready["credentials"]["api_token"], clock)
    yield Stand(sandbox, on, inbox)
    await sandbox.close()


async def write_and_compare(on: Bench, obj: TargetObject, fields: Values) -> str:
    """Create it; what comes back, then and later, is the same as what was written."""
    created = await on.client.create(obj, fields, on.errand)
    read = await on.client.read(obj, [created.id], on.errand)
    for record in (created, read[created.id]):
        differing = {
            n: record.fields.get(n) for n in fields if not same(fields[n], record.fields.get(n))
        }
        assert differing == {}
    assert read[created.id].likenesses == created.likenesses
    return created.id


async def test_identify_and_currencies(stand: Stand) -> None:
    on = stand.on
    identity = await on.client.identify(on.errand)
    assert identity.account.isdecimal()
    assert identity.name
    assert identity.detail["is_admin"] is True
    assert {"USD", "EUR"} <= set(await on.client.vocabulary("currencies", on.errand))


async def test_set_up_is_found_as_it_was_made(stand: Stand) -> None:
    on = stand.on
    assert await on.client.find_setup(ITEMS, on.errand) == {}
    codes = await stand.set_up()
    assert await on.client.find_setup(ITEMS, on.errand) == codes
    assert len(codes[KEY_FIELD.id]) == 40


async def test_everything_written_comes_back_the_same(stand: Stand) -> None:
    on, codes = stand.on, await stand.set_up()
    organization = await write_and_compare(
        on,
        ORGANIZATIONS,
        {
            "name": "Northwind Tools",
            "address": {"value": "5 Quay St, Bristol", "locality": "Bristol", "country": None},
            codes[KEY_FIELD.id]: "wave:B1:customers:C1",
        },
    )
    person = await write_and_compare(
        on,
        PERSONS,
        {
            "name": "Ada Byron",
            "org_id": organization,
            "emails": [{"value": "ada@northwind.example", "primary": True, "label": "work"}],
            "phones": [{"value": "+44 117", "primary": True, "label": "mobile"}],
        },
    )
    deal = await write_and_compare(
        on,
        DEALS,
        {
            "title": "Invoice 1042",
            "org_id": organization,
            "person_id": person,
            "value": "1200.50",
            "currency": "EUR",
            "pipeline_id": codes[PIPELINE.id],
            "stage_id": codes[SENT.id],
            "status": "won",
            "won_time": "2026-04-30T12:00:00Z",
            "expected_close_date": "2026-06-01",
            codes[NUMBER.id]: "1042",
            codes[PAID.id]: {"value": "200.00", "currency": "EUR"},
            codes[RATE.id]: "12.50",
            codes[DUE.id]: "2026-06-01",
        },
    )
    await write_and_compare(
        on,
        ACTIVITIES,
        {
            "subject": "Payment of invoice 1042",
            "type": "task",
            "deal_id": deal,
            "org_id": organization,
            "participants": [{"person_id": person, "primary": True}],
            "due_date": "2026-06-01",
            "done": False,
            "note": with_key_line("Sent", str(KEY)),
        },
    )
    [activity] = (await on.client.page(ACTIVITIES, None, on.errand)).records[-1:]
    assert key_in_note(str(activity.fields["note"])) == str(KEY)


async def test_an_update_changes_only_what_it_names(stand: Stand) -> None:
    on, codes = stand.on, await stand.set_up()
    key = codes[KEY_FIELD.id]
    made = await on.client.create(ORGANIZATIONS, {"name": "Northwind", key: "k"}, on.errand)
    updated = await on.client.update(ORGANIZATIONS, made.id, {"name": "Northwind Ltd"}, on.errand)
    assert (updated.fields["name"], updated.fields[key]) == ("Northwind Ltd", "k")
    cleared = await on.client.update(ORGANIZATIONS, made.id, {key: ""}, on.errand)
    assert cleared.fields.get(key) is None


async def test_a_listing_holds_everything_once_and_changes_only_what_changed(stand: Stand) -> None:
    on = stand.on
    for number in range(501):
        stand.human.create("organizations", {"name": f"Firm {number}"})
    ids = list[str]()
    cursor = None
    while True:
        page = await on.client.page(ORGANIZATIONS, cursor, on.errand)
        ids += [record.id for record in page.records]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(ids) == len(set(ids)) >= 501
    await on.clock.advance(60)
    since = on.clock.now() - timedelta(seconds=10)
    stand.human.change("organizations", ids[7], {"name": "Changed"})
    changed = await on.client.changed_page(ORGANIZATIONS, since, None, on.errand)
    assert [record.id for record in changed.records] == [ids[7]]


async def test_archived_deals_are_listed_last_and_read_like_others(stand: Stand) -> None:
    on = stand.on
    made = [stand.human.create("deals", {"title": f"Deal {n}"}) for n in range(11)]
    ids = [str(deal["id"]) for deal in made]
    await on.client.update(DEALS, ids[3], {"is_archived": True}, on.errand)
    first = await on.client.page(DEALS, None, on.errand)
    assert ids[3] not in {record.id for record in first.records}
    last = await on.client.page(DEALS, first.next_cursor, on.errand)
    assert ids[3] in {record.id for record in last.records}
    assert last.next_cursor is None
    stand.human.delete("deals", ids[4])
    found = await on.client.read(DEALS, ids, on.errand)
    assert {id for id in ids if id in found and not found[id].deleted} == {*ids} - {ids[4]}


@pytest.mark.parametrize("not_found", [False, True])
async def test_what_a_human_deleted_is_gone(stand: Stand, not_found: bool) -> None:
    on = stand.on
    stand.switch(deleted_by_id_not_found=not_found)
    id = str(stand.human.create("organizations", {"name": "Gone"})["id"])
    stand.human.delete("organizations", id)
    found = await on.client.read(ORGANIZATIONS, [id, "999999"], on.errand)
    assert all(record.deleted for record in found.values())
    with pytest.raises(Missing):
        await on.client.update(ORGANIZATIONS, id, {"name": "Back"}, on.errand)


async def test_what_pipedrive_refuses_names_its_field(stand: Stand) -> None:
    on = stand.on
    with pytest.raises(Refused) as refused:
        await on.client.create(DEALS, {"title": "x", "f" * 40: "unknown"}, on.errand)
    assert refused.value.field == "f" * 40
    assert "Pipedrive says" in refused.value.sentence


async def test_a_write_whose_answer_is_lost_is_done_and_unknown(stand: Stand) -> None:
    on = stand.on
    stand.order(operation="POST /api/v2/organizations", kind="cut_after", times=1)
    with pytest.raises(UnknownOutcome):
        await on.client.create(ORGANIZATIONS, {"name": "Lost"}, on.errand)
    page = await on.client.page(ORGANIZATIONS, None, on.errand)
    assert [record.fields["name"] for record in page.records].count("Lost") == 1


async def test_closed_shut_and_spent_accounts_are_told_apart(stand: Stand) -> None:
    on = stand.on
    stand.switch(account_closed=True)
    with pytest.raises(AccountClosed):
        await on.client.identify(on.errand)
    stand.switch(account_closed=False)
    await on.clock.advance(40 * 86_400)
    stand.switch(edge_blocked=True)
    with pytest.raises(TooFast):
        await on.client.identify(on.errand)
    stand.switch(edge_blocked=False)
    await on.clock.advance(3600)
    await on.client.identify(on.errand)


async def test_a_spent_day_is_known_by_its_header(stand: Stand) -> None:
    on = stand.on
    spent = {"x-daily-ratelimit-token-remaining": "0"}
    stand.order(operation="GET /api/v2/deals", kind="status", status=429, headers=spent, times=1)
    with pytest.raises(OutOfBudget) as refused:
        await on.client.page(DEALS, None, on.errand)
    assert refused.value.until.hour == 0


async def test_subscriptions_tell_of_changes_deletes_and_merges(stand: Stand) -> None:
    on = stand.on
    for event in VENDOR.events:
        made = await on.client.subscribe(event, HOOK_URL, SECRETS, on.errand)
        assert (made.event, made.url, made.healthy) == (event, HOOK_URL, True)
    standing = await on.client.subscriptions(on.errand)
    assert [subscription.event for subscription in standing] == list(VENDOR.events)
    assert await stand.hints() == []
    account = (await on.client.identify(on.errand)).account

    kept, lost = (str(stand.human.create("organizations", {"name": n})["id"]) for n in "ab")
    deal = str(stand.human.create("deals", {"title": "x", "org_id": int(lost)})["id"])
    created = await stand.hints()
    assert {(h.object, h.key, h.account) for h in created} == {
        ("organizations", kept, account),
        ("organizations", lost, account),
        ("deals", deal, account),
    }
    stand.human.change("deals", deal, {"title": "y"})
    [changed] = await stand.hints()
    read = await on.client.read(DEALS, [deal], on.errand)
    assert read[deal].updated_at == changed.version

    stand.human.act("organizations", lost, "merge", {"into": int(kept)})
    merged = [hint for hint in await stand.hints() if hint.fact]
    assert [(h.fact, h.key, h.merged_into) for h in merged] == [("merged", lost, kept)]
    stand.human.delete("deals", deal)
    assert [(h.fact, h.key) for h in await stand.hints()] == [("deleted", deal)]

    for subscription in standing:
        await on.client.unsubscribe(subscription.id, on.errand)
    assert await on.client.subscriptions(on.errand) == []


async def test_the_signature_and_the_bodies_that_are_described_are_understood(
    stand: Stand,
) -> None:
    on = stand.on
    await on.client.subscribe("deal.*", HOOK_URL, SECRETS, on.errand)
    await stand.hints()
    stand.switch(webhook_hmac=True, webhook_v1_bodies=True)
    deal = str(stand.human.create("deals", {"title": "x"})["id"])
    await settle()
    await on.clock.advance(1)
    [delivery] = stand.inbox.deliveries
    secret = stand.sandbox.world.vendors["pipedrive"].credentials()["webhook_secret"]
    VENDOR.webhooks.verify(
        delivery, Proofs({"webhook_secret": (secret,)}, {"webhook_auth": "hmac"})
    )
    [hint] = VENDOR.webhooks.read(delivery)
    assert (hint.object, hint.key, hint.event_type) == ("deals", deal, "added.deal")
    read = await on.client.read(DEALS, [deal], on.errand)
    assert hint.version in ("", read[deal].updated_at)
