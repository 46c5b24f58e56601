"""An update whose answer was lost is applied exactly, never an older state over a newer one; what
it set is not taken for a person's doing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.mortal import Killed

from .scene import Scene, demand_in_step, doubles, picture

TROUBLES: dict[str, dict[str, Any]] = {
    "done, no answer": {"kind": "cut_after"},
    "not done, no answer": {"kind": "cut_before"},
    "half an answer": {"kind": "truncate"},
    "server error": {"kind": "status", "status": 500},
    "lands late": {"kind": "slow", "seconds": 45.0},
}


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Scene(2, 4) as scene:
        await scene.install(since="all")
        await scene.sync()
        yield scene


async def unpaid(scene: Scene) -> dict[str, Any]:
    invoices = await scene.human("GET", "wave/invoices")
    found: dict[str, Any] = next(
        i for i in invoices if i["status"] in ("SENT", "VIEWED", "OVERDUE")
    )
    return found


async def pay(scene: Scene, invoice: dict[str, Any], share: float = 1.0) -> None:
    due = int(invoice["amountDue"]["minorUnitValue"])
    exponent = invoice["currency"]["exponent"]
    amount = f"{int(due * share) / 10**exponent:.{exponent}f}"
    await scene.human("POST", f"wave/invoices/{quote(invoice['id'])}/pay", {"amount": amount})


async def deal_of(scene: Scene, invoice: dict[str, Any]) -> dict[str, Any]:
    deals = (await picture(scene))["deals"]
    return next(d for d in deals if d["key"].endswith(invoice["id"]))


@pytest.mark.parametrize("name", TROUBLES)
async def test_a_lost_update_is_applied_exactly(scene: Scene, name: str) -> None:
    invoice = await unpaid(scene)
    await pay(scene, invoice)
    await scene.order(
        {"vendor": "pipedrive", "operation": "PATCH /api/v2/deals/{id}", **TROUBLES[name],
         "times": 1}
    )  # fmt: skip
    await scene.clock.advance(301)
    await scene.rounds(240)
    deal = await deal_of(scene, invoice)
    assert (deal["stage"], deal["status"]) == ("Paid", "won")
    assert await scene.pending() == []
    await demand_in_step(scene, await picture(scene))


@pytest.mark.parametrize("name", TROUBLES)
async def test_what_a_lost_update_set_is_ours_and_follows_the_next_change(
    scene: Scene, name: str
) -> None:
    """Part paid by a lost write, then paid in full before it has settled."""
    invoice = await unpaid(scene)
    await pay(scene, invoice, 0.5)
    await scene.order(
        {"vendor": "pipedrive", "operation": "PATCH /api/v2/deals/{id}", **TROUBLES[name],
         "times": 1}
    )  # fmt: skip
    await scene.clock.advance(301)
    await scene.round()
    rest = await scene.human("GET", f"wave/invoices/{quote(invoice['id'])}")
    await pay(scene, rest)
    await scene.clock.advance(301)
    await scene.rounds(240)
    deal = await deal_of(scene, invoice)
    assert (deal["stage"], deal["status"]) == ("Paid", "won")
    told = await scene.audit(route="invoices")
    assert not any("as a person set it" in row["reason"] for row in told)
    await demand_in_step(scene, await picture(scene))


@pytest.mark.parametrize("name", TROUBLES)
async def test_what_a_lost_update_set_is_ours_after_it_has_settled(scene: Scene, name: str) -> None:
    """The address of a contact is ours until a person changes it: a lost write is no person."""
    customers = await scene.human("GET", "wave/customers")
    customer = next(c for c in customers if c["email"])
    where = f"wave/customers/{quote(customer['id'])}"
    await scene.order(
        {"vendor": "pipedrive", "operation": "PATCH /api/v2/persons/{id}", **TROUBLES[name],
         "times": 1}
    )  # fmt: skip
    for email in ("first@new.example", "second@new.example"):
        await scene.human("PATCH", where, {"email": email})
        await scene.clock.advance(301)
        await scene.rounds(240)
        persons = (await picture(scene))["persons"]
        person = next(p for p in persons if p["key"].endswith(customer["id"]))
        assert [e["value"] for e in person["emails"]] == [email]
    told = await scene.audit(route="contacts")
    assert not any("as a person set it" in row["reason"] for row in told)
    await demand_in_step(scene, await picture(scene))


async def test_what_the_one_before_the_last_lost_update_set_is_ours(scene: Scene) -> None:
    """The second one did not hold the address again, which stood there already."""
    customers = await scene.human("GET", "wave/customers")
    customer = next(c for c in customers if c["email"])
    where = f"wave/customers/{quote(customer['id'])}"

    async def person() -> dict[str, Any]:
        persons = (await picture(scene))["persons"]
        found: dict[str, Any] = next(p for p in persons if p["key"].endswith(customer["id"]))
        return found

    await scene.order(
        {"vendor": "pipedrive", "operation": "PATCH /api/v2/persons/{id}", "kind": "cut_after",
         "times": 2}
    )  # fmt: skip
    await scene.human("PATCH", where, {"email": "first@new.example"})
    await scene.clock.advance(301)
    await scene.round()
    assert [e["value"] for e in (await person())["emails"]] == ["first@new.example"]
    await scene.human("PATCH", where, {"firstName": "Renamed"})
    for _ in range(240):
        await scene.rounds(1)
        if "Renamed" in (await person())["name"]:
            break
    await scene.human("PATCH", where, {"email": "second@new.example"})
    await scene.clock.advance(301)
    await scene.rounds(240)
    assert [e["value"] for e in (await person())["emails"]] == ["second@new.example"]
    told = await scene.audit(route="contacts")
    assert not any("as a person set it" in row["reason"] for row in told)


async def test_a_person_who_edits_while_it_settles_is_seen(scene: Scene) -> None:
    """The lost write was about amounts; the title and the stage that a rep chooses stay theirs."""
    invoice = await unpaid(scene)
    await scene.human("PATCH", f"wave/invoices/{quote(invoice['id'])}", {"dueDate": "2027-01-31"})
    await scene.order(
        {"vendor": "pipedrive", "operation": "PATCH /api/v2/deals/{id}", "kind": "cut_before",
         "times": 1}
    )  # fmt: skip
    await scene.clock.advance(301)
    await scene.round()
    links = await scene.links("invoices")
    target = links[invoice["id"]].target_id
    await scene.human("PATCH", f"pipedrive/deals/{target}", {"title": "Renamed by the rep"})
    await scene.rounds(240)
    deal = await deal_of(scene, invoice)
    assert deal["title"] == "Renamed by the rep"
    assert deal["Due date"] == "2027-01-31"


@pytest.mark.parametrize("step", range(0, 28, 2))
async def test_a_death_in_the_middle_of_a_live_update_is_made_good(scene: Scene, step: int) -> None:
    invoice = await unpaid(scene)
    await pay(scene, invoice)
    await scene.clock.advance(301)
    left = [step]

    def dies(name: str) -> bool:
        left[0] -= 1
        return left[0] < 0

    await scene.restart()
    scene.process.dies_at = dies
    with contextlib.suppress(Killed):
        await scene.rounds(5, every=5)
    await scene.restart()
    await scene.rounds(240)
    deal = await deal_of(scene, invoice)
    assert (deal["stage"], deal["status"]) == ("Paid", "won")
    assert doubles(await picture(scene)) == []
    await demand_in_step(scene, await picture(scene))
