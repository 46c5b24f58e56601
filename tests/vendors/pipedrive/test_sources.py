"""Pipedrive as a source: the real client over the real wire, against the simulated Pipedrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from ml_connector.core.money import Money
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.core.values import Values
from ml_connector.vendors import pipedrive
from ml_connector.vendors.pipedrive import PRODUCTS, sources
from ml_connector.vendors.pipedrive.reading import OVERLAP
from ml_connector.vendors.pipedrive.sources import DEALS, ORGANIZATIONS, PERSONS, Deal, Person
from ml_sandbox.vendors.pipedrive.kind import KIND
from tests.support.clock import VirtualClock
from tests.support.sandbox import InProcessSandbox
from tests.vendors.pipedrive.given import Bench, Script, answered, as_source, bench

KEY = "wave:B1:invoices:I1"


@dataclass(frozen=True)
class Stand:
    """A sandbox and a client of it."""

    sandbox: InProcessSandbox
    on: Bench

    async def make(self, obj: str, **fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.sandbox.control("POST", f"pipedrive/{obj}", fields)
        return made

    async def poll(self, obj: SourceObject, cursor: Values) -> tuple[list[SourceModel], Values]:
        """Everything that one poll shows, and where the next one begins."""
        records: list[SourceModel] = []
        while True:
            page = await as_source(self.on).changes(obj, cursor, self.on.errand)
            records += page.records
            cursor = page.cursor
            if not page.more:
                return records, cursor

    async def read(self, obj: SourceObject, *keys: object) -> dict[str, Any]:
        found: dict[str, Any] = await as_source(self.on).read(
            obj, [str(key) for key in keys], self.on.errand
        )
        return found


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    clock = VirtualClock()
    sandbox = InProcessSandbox(kinds=[KIND], clock=clock)
    ready = sandbox.app.world.ready["vendors"]["pipedrive"]
    settings = {**ready["settings"], "base_url": ready["base_url"], "auth": "token"}
    on = bench(sandbox.transport, settings, ready["credentials"]["api_token"], clock)
    yield Stand(sandbox, on)
    await sandbox.close()


async def test_the_first_poll_shows_everything_and_the_next_one_what_changed(stand: Stand) -> None:
    first, cursor = await stand.poll(ORGANIZATIONS, {})
    there = await as_source(stand.on).all_keys(ORGANIZATIONS, stand.on.errand)
    assert {r.key() for r in first} == set(there)
    await stand.on.clock.advance(3600)
    made = await stand.make("organizations", name="Ateliers Münch, Söhne")
    again, cursor = await stand.poll(ORGANIZATIONS, cursor)
    assert str(made["id"]) in {r.key() for r in again}
    await stand.on.clock.advance(3600)
    await stand.make("persons", name="Somebody else")
    once_more, _ = await stand.poll(ORGANIZATIONS, cursor)
    assert [r.called() for r in once_more] == ["Ateliers Münch, Söhne"]


async def test_an_archived_deal_is_seen_too(stand: Stand) -> None:
    _, cursor = await stand.poll(DEALS, {})
    await stand.on.clock.advance(7200)
    deal = await stand.make("deals", title="Won and put away", status="won")
    archived: Values = {"is_archived": True}
    await stand.on.client.update(pipedrive.DEALS, str(deal["id"]), archived, stand.on.errand)
    await stand.make("deals", title="Another")
    shown, cursor = await stand.poll(DEALS, cursor)
    assert {"Won and put away", "Another"} <= {r.called() for r in shown}
    before = stand.on.errand.calls
    await stand.poll(DEALS, cursor)
    assert stand.on.errand.calls == before + 1


async def test_a_deal_is_read_with_its_lines_and_their_codes(stand: Stand) -> None:
    on = stand.on
    product = await on.client.create(
        PRODUCTS,
        {"name": "Pump", "code": "PUMP-10", "prices": [{"currency": "EUR", "price": "199.50"}]},
        on.errand,
    )
    assert product.fields["prices"] == [{"currency": "EUR", "price": 199.5}]
    assert [(like.kind, like.value) for like in product.likenesses] == [("code", "pump-10")]
    plain = await stand.make("deals", title="No lines", value=10, currency="USD")
    won = await stand.make("deals", title="Pumps", value=600, currency="EUR", status="won")
    line = {"product_id": int(product.id), "item_price": 199.5, "quantity": 3}
    await stand.make("deal_products", deal_id=won["id"], **line)
    found = await stand.read(DEALS, won["id"], plain["id"], 999_999)
    deal = found[str(won["id"])]
    assert isinstance(deal, Deal)
    assert (deal.status, deal.value.currency) == ("won", "EUR")
    assert [(x.code, x.quantity, x.price) for x in deal.lines or ()] == [
        ("PUMP-10", Decimal(3), Decimal("199.5"))
    ]
    assert deal.won_time
    assert found[str(plain["id"])].lines == ()
    assert found["999999"] is None


async def test_a_deleted_record_is_not_there(stand: Stand) -> None:
    made = await stand.make("persons", name="Gone")
    assert (await stand.read(PERSONS, made["id"]))[str(made["id"])].called() == "Gone"
    await stand.sandbox.control("DELETE", f"pipedrive/persons/{made['id']}")
    assert await stand.read(PERSONS, made["id"]) == {str(made["id"]): None}


def test_of_custom_fields_only_external_keys_are_kept() -> None:
    told = {
        "id": 7,
        "title": "Deal",
        "status": "open",
        "value": 12.5,
        "currency": "EUR",
        "add_time": "2026-05-04T09:00:00Z",
        "custom_fields": {"a" * 40: KEY, "b" * 40: "Blue", "c" * 40: 5, "d" * 40: None},
    }
    deal = Deal.model_validate(told)
    assert (deal.key(), deal.external_keys) == ("7", (KEY,))
    assert deal.value == Money(Decimal("12.5"), "EUR")
    assert deal.version() == "2026-05-04T09:00:00Z"


def test_a_person_has_the_primary_address() -> None:
    told = {
        "id": 7,
        "name": "Ada",
        "add_time": "2026-05-04T09:00:00Z",
        "emails": [{"value": "old@a.example"}, {"value": "ada@a.example", "primary": True}],
        "phones": [],
    }
    person = Person.model_validate(told)
    assert (person.email, person.phone) == ("ada@a.example", None)


async def test_a_record_that_cannot_be_read_does_not_stop_a_poll() -> None:
    item = {"id": 1, "add_time": "2026-05-04T09:00:00Z", "update_time": "2026-05-04T09:00:00Z"}
    script = Script({"GET /api/v2/persons": answered([{**item, "name": None}])})
    on = bench(script)
    page = await as_source(on).changes(PERSONS, {"mark": "2026-05-04T09:00:00Z"}, on.errand)
    assert [(type(r), r.key()) for r in page.records] == [(sources.Glimpse, "1")]
    assert OVERLAP.total_seconds() == 120
    assert "updated_since=2026-05-04T08%3A58%3A00Z" in script.targets[0]


async def test_a_poll_goes_on_at_the_vendors_cursor() -> None:
    item = {"id": 1, "name": "A", "add_time": "2026-05-04T09:00:00Z"}
    later = {"id": 2, "name": "B", "add_time": "2026-05-04T10:00:00Z"}
    pages = [answered([item], next_cursor="c"), answered([later])]
    script = Script({"GET /api/v2/persons": pages})
    on = bench(script)
    first = await as_source(on).changes(PERSONS, {"mark": "2026-05-04T09:00:00Z"}, on.errand)
    assert first.more
    last = await as_source(on).changes(PERSONS, first.cursor, on.errand)
    assert not last.more
    assert last.cursor["mark"] == "2026-05-04T10:00:00Z"
    assert "cursor=c" in script.targets[1]
    assert "updated_since=2026-05-04T08%3A58%3A00Z" in script.targets[1]
