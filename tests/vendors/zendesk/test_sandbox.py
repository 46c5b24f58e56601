"""The real client over the real wire, against the simulated Zendesk in this process.

Every request and every good answer is held against Zendesk's published contract on the way.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from ml_connector.core.faults import Missing, NeedsPerson, Refused, UnknownOutcome
from ml_connector.core.objects import TargetObject, TargetRecord
from ml_connector.core.values import Values, same
from ml_connector.vendors.zendesk import INVOICES, ORGANIZATIONS, PAYMENTS, USERS
from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendor import Human
from ml_sandbox.vendors.zendesk.kind import KIND
from tests.support.clock import START
from tests.support.sandbox import InProcessSandbox
from tests.vendors.zendesk.contract import SPECS, Checked
from tests.vendors.zendesk.given import ITEMS, Bench, bench

URL = "http://sandbox"
ORG_KEY, OTHER_KEY = "wave:9f0c:c:7", "wave:9f0c:c:8"


@dataclass(frozen=True)
class Stand:
    """A sandbox, a client of it, and the human before its screens."""

    sandbox: InProcessSandbox
    on: Bench
    proof: str

    @property
    def human(self) -> Human:
        return self.sandbox.app.world.vendors["zendesk"].human

    def order(self, **rule: Any) -> None:
        self.sandbox.app.world.faults.add({"rules": [{"vendor": "zendesk", **rule}]})

    def switch(self, **values: Any) -> None:
        self.sandbox.app.world.switches.change({f"zendesk.{k}": v for k, v in values.items()})

    async def merge(self, loser: str, winner: str) -> None:
        """As another tool of the firm does, over the API."""
        path = f"/zendesk/api/v2/organizations/{loser}/merge"
        body = {"organization_merge": {"winner_id": int(winner)}}
        reply = await self.sandbox.call("POST", path, body, {"authorization": self.proof})
        assert reply.status == 200

    async def set_up(self) -> None:
        for item in ITEMS:
            assert await self.on.client.create_setup(item, "", self.on.errand) == item.key

    async def every(self, obj: TargetObject) -> dict[str, TargetRecord]:
        """The whole listing."""
        found: dict[str, TargetRecord] = {}
        cursor = None
        while True:
            page = await self.on.client.page(obj, cursor, self.on.errand)
            assert not found.keys() & {record.id for record in page.records}
            found |= {record.id: record for record in page.records}
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def changed(self, obj: TargetObject, seconds: float) -> dict[str, TargetRecord]:
        """What the listing of changes tells of the last seconds."""
        since = self.on.clock.now() - timedelta(seconds=seconds)
        found: dict[str, TargetRecord] = {}
        cursor = None
        while True:
            page = await self.on.client.changed_page(obj, since, cursor, self.on.errand)
            found |= {record.id: record for record in page.records}
            cursor = page.next_cursor
            if cursor is None:
                return found


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    options = SandboxOptions(customers=3, invoices=3, start=START, url=URL)
    within = InProcessSandbox(options, [KIND])
    ready = within.app.world.ready["vendors"]["zendesk"]
    settings = {**ready["settings"], "base_url": ready["base_url"]}
    checked = Checked(within.transport) if SPECS.is_dir() else None
    keys = ready["credentials"]
    pair = f"{keys['username']}/token:{keys['api_token']}".encode()
    proof = f"Basic {b64encode(pair).decode()}"
    on = bench(checked or within.transport, settings, proof, within.clock)
    yield Stand(within, on, proof)
    await within.close()
    assert checked is None or checked.problems == []


@contextmanager
def refused(field: str | None) -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.field == field


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


async def test_identify(stand: Stand) -> None:
    identity = await stand.on.client.identify(stand.on.errand)
    assert identity.account
    assert identity.detail["role"] == "admin"


async def test_set_up_is_found_as_it_was_made(stand: Stand) -> None:
    on = stand.on
    assert await on.client.find_setup(ITEMS, on.errand) == {}
    await stand.set_up()
    codes = {item.id: item.key for item in ITEMS}
    assert await on.client.find_setup(ITEMS, on.errand) == codes
    with refused("key"):
        await on.client.create_setup(ITEMS[0], "", on.errand)
    [id] = [f["id"] for f in stand.human.records("organization_fields")
            if f["key"] == "wave_oldest_due"]  # fmt: skip
    stand.human.delete("organization_fields", str(id))
    found = await on.client.find_setup(ITEMS, on.errand)
    assert codes.keys() - found.keys() == {"field/organizations/Wave: oldest due"}


@pytest.mark.parametrize("as_text", [False, True])
async def test_everything_written_comes_back_the_same(stand: Stand, as_text: bool) -> None:
    on = stand.on
    stand.switch(numbers_as_text=as_text)
    await stand.set_up()
    organization = await write_and_compare(
        on,
        ORGANIZATIONS,
        {
            "name": "Northwind Tools", "external_id": ORG_KEY, "details": "5 Quay St",
            "tags": ["wave_archived"], "wave_open_balance": "420.50",
            "wave_oldest_due": "2026-10-30", "wave_billing_status": "wave_overdue",
        },
    )  # fmt: skip
    await write_and_compare(
        on,
        USERS,
        {
            "name": "Ada Byron", "email": "ada@northwind.example", "external_id": ORG_KEY,
            "organization_id": organization, "phone": "+44 117 496 0000",
        },
    )  # fmt: skip
    invoice = await write_and_compare(
        on,
        INVOICES,
        {
            "name": "INV-1042", "external_id": "wave:9f0c:i:1", "organization": organization,
            "total": "1200.00", "due_date": "2026-10-30",
        },
    )  # fmt: skip
    await write_and_compare(
        on, PAYMENTS, {"name": "P-1", "external_id": "wave:9f0c:p:1", "invoice": invoice}
    )


async def test_creating_again_by_the_same_key_makes_no_second_record(stand: Stand) -> None:
    on = stand.on
    await stand.set_up()
    cases: list[tuple[TargetObject, Values]] = [
        (ORGANIZATIONS, {"name": "Northwind", "external_id": ORG_KEY}),
        (INVOICES, {"name": "INV-1", "external_id": "wave:9f0c:i:1"}),
    ]
    for obj, fields in cases:
        first = await on.client.create(obj, fields, on.errand)
        again = await on.clock.run(on.client.create(obj, fields, on.errand))
        assert again.id == first.id
    user: Values = {"name": "Ada", "external_id": ORG_KEY}
    await on.client.create(USERS, user, on.errand)
    with pytest.raises(Refused, match="external id already"):
        await on.clock.run(on.client.create(USERS, user, on.errand))


@pytest.mark.parametrize("obj", [ORGANIZATIONS, INVOICES], ids=lambda obj: obj.name)
async def test_a_job_makes_many_and_tells_which_it_did_not_make(
    stand: Stand, obj: TargetObject
) -> None:
    on = stand.on
    await stand.set_up()
    stand.switch(job_item_fails_every=5)
    writes: list[Values] = [{"name": f"N{n}", "external_id": f"wave:9f0c:x:{n}"} for n in range(10)]
    made = await on.clock.run(on.client.create_many(obj, writes, on.errand))
    failed = [n for n, one in enumerate(made) if isinstance(one, Refused)]
    assert failed == [4, 9]
    for fields, one in zip(writes, made, strict=True):
        if isinstance(one, TargetRecord):
            assert one.fields["external_id"] == fields["external_id"]
    found = (await stand.every(obj)).values()
    keys = [r.fields["external_id"] for r in found]
    assert sorted(str(k) for k in keys if str(k).startswith("wave:")) == [
        f"wave:9f0c:x:{n}" for n in range(10) if n not in failed
    ]


async def test_an_update_changes_only_what_it_names_and_null_clears(stand: Stand) -> None:
    on = stand.on
    await stand.set_up()
    fields: Values = {"name": "Northwind", "external_id": ORG_KEY, "wave_open_balance": "5"}
    made = await on.client.create(ORGANIZATIONS, fields, on.errand)
    updated = await on.client.update(ORGANIZATIONS, made.id, {"name": "Northwind Ltd"}, on.errand)
    assert updated.fields["external_id"] == ORG_KEY
    assert updated.fields["wave_open_balance"] == 5
    cleared = await on.client.update(ORGANIZATIONS, made.id, {"wave_open_balance": None}, on.errand)
    assert cleared.fields["wave_open_balance"] is None


async def test_a_listing_holds_everything_once(stand: Stand) -> None:
    for number in range(130):
        stand.human.create("organizations", {"name": f"Firm {number}"})
    found = await stand.every(ORGANIZATIONS)
    assert len([r for r in found.values() if str(r.fields["name"]).startswith("Firm")]) == 130
    assert any(like.kind == "staff_email" for r in (await stand.every(USERS)).values()
               for like in r.likenesses)  # fmt: skip


async def test_changes_are_told_and_deletions_marked(stand: Stand) -> None:
    on = stand.on
    await stand.set_up()
    cases: list[tuple[TargetObject, Values]] = [
        (ORGANIZATIONS, {"name": "Northwind", "external_id": ORG_KEY}),
        (USERS, {"name": "Ada", "email": "ada@x.example", "external_id": ORG_KEY}),
        (INVOICES, {"name": "INV-1", "external_id": "wave:9f0c:i:1"}),
    ]
    made = {o.name: await on.client.create(o, fields, on.errand) for o, fields in cases}
    await on.clock.advance(3600)
    for obj in (ORGANIZATIONS, USERS, INVOICES):
        assert made[obj.name].id not in await stand.changed(obj, 5)
    stand.human.change("organizations", made["organizations"].id, {"notes": "x"})
    stand.human.change("users", made["users"].id, {"notes": "x"})
    stand.human.change("custom_object_records", made["wave_invoice"].id, {"name": "INV-1b"})
    # The exports withhold the last minute: nothing is told yet, and nothing is lost.
    assert made["wave_invoice"].id in await stand.changed(INVOICES, 5)
    await on.clock.advance(90)
    for obj in (ORGANIZATIONS, USERS, INVOICES):
        told = await stand.changed(obj, 95)
        assert not told[made[obj.name].id].deleted
    stand.human.delete("organizations", made["organizations"].id)
    stand.human.delete("users", made["users"].id)
    await on.clock.advance(90)
    for obj in (ORGANIZATIONS, USERS):
        assert (await stand.changed(obj, 95))[made[obj.name].id].deleted


async def test_what_a_human_deleted_or_merged_is_gone(stand: Stand) -> None:
    on = stand.on
    await stand.set_up()
    one, other = (str(stand.human.create("organizations", {"name": n})["id"]) for n in "ab")
    await stand.merge(one, other)
    await on.clock.advance(60)
    found = await on.client.read(ORGANIZATIONS, [one, other], on.errand)
    assert {id: (r.deleted, r.merged_into) for id, r in found.items()} == {
        one: (True, other),
        other: (False, None),
    }
    stand.human.delete("organizations", other)
    assert other not in await on.client.read(ORGANIZATIONS, [other], on.errand)
    for id in (one, other):
        with pytest.raises(Missing):
            await on.client.update(ORGANIZATIONS, id, {"name": "Back"}, on.errand)
    record = await on.client.create(INVOICES, {"name": "I", "external_id": "k"}, on.errand)
    stand.human.delete("custom_object_records", record.id)
    assert await on.client.read(INVOICES, [record.id], on.errand) == {}
    with pytest.raises(Missing):
        await on.client.update(INVOICES, record.id, {"name": "Back"}, on.errand)


async def test_a_name_that_is_taken_is_refused_in_any_language(stand: Stand) -> None:
    on = stand.on
    stand.human.create("organizations", {"name": "Northwind"})
    fields: Values = {"name": "northWIND", "external_id": ORG_KEY}
    for language in ("en", "es"):
        stand.switch(language=language)
        with pytest.raises(Refused, match="another organization has this name already") as clash:
            await on.client.create(ORGANIZATIONS, fields, on.errand)
        assert clash.value.field == "name"


async def test_agents_are_never_written(stand: Stand) -> None:
    on = stand.on
    pat = {"name": "Pat", "email": "pat@desk.example", "role": "agent"}
    agent = str(stand.human.create("users", pat)["id"])
    await on.clock.advance(10)
    for email in ("pat@desk.example", "PAT@desk.example"):
        fields: Values = {"name": "Other", "email": email, "external_id": ORG_KEY}
        with pytest.raises(Refused, match="another user") as taken:
            await on.clock.run(on.client.create(USERS, fields, on.errand))
        assert taken.value.field == "email"
    with pytest.raises(Refused, match="left alone"):
        await on.client.update(USERS, agent, {"name": "Other"}, on.errand)
    assert stand.human.record("users", agent)["name"] == "Pat"


async def test_a_user_who_has_the_address_as_a_second_one_is_never_taken_over(stand: Stand) -> None:
    on = stand.on
    fields: Values = {"name": "Ada", "email": "office@x.example", "external_id": ORG_KEY}
    made = await on.client.create(USERS, fields, on.errand)
    await on.clock.advance(60)
    await on.client.update(USERS, made.id, {"email": "ada@x.example"}, on.errand)
    await on.clock.advance(60)
    other: Values = {"name": "Bob", "email": "office@x.example", "external_id": OTHER_KEY}
    with pytest.raises(Refused, match="another user"):
        await on.client.create(USERS, other, on.errand)
    there = stand.human.record("users", made.id)
    assert (there["name"], there["external_id"]) == ("Ada", ORG_KEY)


async def test_a_new_email_becomes_the_primary_one(stand: Stand) -> None:
    on = stand.on
    fields: Values = {"name": "Ada", "email": "ada@x.example", "external_id": ORG_KEY}
    made = await on.client.create(USERS, fields, on.errand)
    await on.clock.advance(60)
    changed = await on.client.update(USERS, made.id, {"email": "ada@y.example"}, on.errand)
    assert changed.fields["email"] == "ada@y.example"
    read = await on.client.read(USERS, [made.id], on.errand)
    assert read[made.id].fields["email"] == "ada@y.example"
    other = {"name": "Bob", "email": "bob@x.example", "external_id": OTHER_KEY}
    stand.human.create("users", other)
    with pytest.raises(Refused):
        await on.client.update(USERS, made.id, {"email": "bob@x.example"}, on.errand)


@pytest.mark.parametrize("how", ["warn", "error"])
async def test_a_field_that_a_human_removed_is_refused_however_zendesk_tells(
    stand: Stand, how: str
) -> None:
    on = stand.on
    stand.switch(unknown_field_key=how)
    made = await on.client.create(ORGANIZATIONS, {"name": "x", "external_id": "k"}, on.errand)
    with pytest.raises(Refused):
        await on.client.update(ORGANIZATIONS, made.id, {"wave_gone": "x"}, on.errand)


async def test_a_write_whose_answer_is_lost_is_done_and_found_by_its_key(stand: Stand) -> None:
    on = stand.on
    create = "POST /api/v2/organizations/create_or_update"
    stand.order(operation=create, kind="cut_after", times=1)
    fields: Values = {"name": "Lost", "external_id": ORG_KEY}
    with pytest.raises(UnknownOutcome):
        await on.client.create(ORGANIZATIONS, fields, on.errand)
    await on.clock.advance(ORGANIZATIONS.settle.total_seconds())
    told = await stand.changed(ORGANIZATIONS, ORGANIZATIONS.settle.total_seconds() + 5)
    assert [r.fields["external_id"] for r in told.values()].count(ORG_KEY) == 1


async def test_an_account_without_custom_objects_says_so(stand: Stand) -> None:
    on = stand.on
    stand.switch(custom_objects_enabled=False)
    with pytest.raises(NeedsPerson, match="Custom objects are switched on"):
        await on.client.find_setup(ITEMS, on.errand)


async def test_the_accounts_minute_is_kept_without_a_refusal(stand: Stand) -> None:
    on = stand.on
    stand.switch(plan="suite_team")

    async def burst() -> None:
        for _ in range(500):
            await on.client.page(ORGANIZATIONS, None, on.errand)

    await on.clock.run(burst())
    assert {sent.status for sent in on.errand.sent} == {200}


async def test_users_are_written_one_a_second_without_a_refusal(stand: Stand) -> None:
    on = stand.on

    async def many() -> None:
        for number in range(20):
            fields: Values = {"name": f"U{number}", "email": f"u{number}@x.example"}
            await on.client.create(USERS, fields, on.errand)

    await on.clock.run(many())
    assert 429 not in {sent.status for sent in on.errand.sent}
