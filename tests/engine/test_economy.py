"""What keeping in step costs: a change is written once, and a quiet day stays within the smallest
plan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rehearsal import Rehearsal

CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "wave-pipedrive": ("wave/customers", "id", {"email": "new{n}@economy.example"}),
    "wave-zendesk": ("wave/customers", "id", {"email": "new{n}@economy.example"}),
    "freshbooks-pipedrive": ("freshbooks/clients", "id", {"p_city": "Town {n}"}),
    "quickbooks-pipedrive": (
        "quickbooks_online/customers", "Id", {"BillAddr": {"Line1": "{n} New Street"}},
    ),
}  # fmt: skip
MOST_WRITES = 1.05


def told(change: dict[str, Any], n: int) -> dict[str, Any]:
    return {
        k: told(v, n) if isinstance(v, dict) else v.replace("{n}", str(n))
        for k, v in change.items()
    }


@pytest.mark.parametrize("kind", sorted(CHANGES))
async def test_each_changed_record_is_written_once(kind: str) -> None:
    path, id, change = CHANGES[kind]
    async with Rehearsal(kind=kind, customers=24, invoices=10) as of:
        await of.install(since="all")
        await of.sync()
        await of.clock.advance(3600)
        await of.sync()
        linked = {link.target_id for link in (await of.links(_first(of))).values()}
        everybody = await of.sandbox.control("GET", path)
        known = set(await of.links(_first(of)))
        changed = [c for c in everybody if str(c[id]) in known][:16]
        assert len(changed) >= 10
        assert linked
        for n, record in enumerate(changed):
            await of.human("PATCH", f"{path}/{record[id]}", told(change, n))
        await of.clock.advance(400)
        before = await _written(of)
        done = await of.sync()
        records = await _written(of) - before
        assert records >= len(changed) // 2  # an address that somebody keeps there stays theirs
        assert done["writes"] <= MOST_WRITES * records
        await of.clock.advance(400)
        assert (await of.sync())["writes"] == 0


def _first(of: Rehearsal) -> str:
    return of.res.flows[of.kind].routes[0].name


async def _written(of: Rehearsal) -> int:
    """Records of the target that were written, each counted once in a run."""
    rows = await of.audit()
    written = ("update", "create")
    return len({(r["run"], r["route"], r["target_id"]) for r in rows if r["decision"] in written})


@pytest.mark.parametrize("kind", ["wave-pipedrive", "freshbooks-pipedrive", "quickbooks-pipedrive"])
async def test_a_quiet_day_of_polling_stays_far_below_the_smallest_plans_allowance(
    kind: str,
) -> None:
    """Pipedrive's smallest plan has 30,000 tokens a day, of which half are ours by default."""
    async with Rehearsal(kind=kind, customers=12, invoices=20) as of:
        await of.install(since="all", poll="5")
        await of.sync()
        spent = (await of.counters())["tokens"]
        for _ in range(288):
            await of.clock.advance(300)
            await of.round()
        assert (await of.counters())["tokens"] - spent <= 1_500
        assert (await of.sync())["writes"] == 0
