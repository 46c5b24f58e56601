"""What searching found, kept as it was found, through the whole engine."""

from __future__ import annotations

import pytest

from tests.engine.quickbooks_scene import DAY, Books


@pytest.mark.parametrize("left", ["gone", "inactive_shell"])
async def test_a_chain_of_merges_that_is_told_backwards_leaves_one_live_organization(
    left: str,
) -> None:
    """Acme was merged into Beta and that into Gamma, which is told first: Gamma was made anew, and
    Acme's organization went on as that of Beta, which is no more."""
    async with Books(public=True) as s:
        await s.switch(quickbooks_online__merged_customer=left)
        acme = await s.customer("Acme Ltd", CompanyName="Acme Ltd")
        await s.install(since="all", people="no")
        beta = await s.customer("Beta Lee", GivenName="Ann", FamilyName="Lee")
        gamma = await s.customer("Gamma Lee", GivenName="Cay", FamilyName="Lee")
        await s.sync()
        await s.told_to_post()
        s.sandbox.outbox.posted.clear()
        await s.act("customers", acme, "merge", into=beta["id"])
        await s.edit("customers", gamma, CompanyName="Gamma Ltd")
        await s.act("customers", beta, "merge", into=gamma["id"])
        await s.pass_time(3)
        for posted in reversed(list(s.sandbox.outbox.posted)):
            s.sandbox.outbox.posted[:] = [posted]
            await s.deliver()
            await s.round()
        for _ in range(3):
            await s.pass_time(DAY)
            await s.round()
        shown = {o["name"]: o["Source state"] for o in await s.ours()}
        assert shown.pop("Gamma Lee") == "Active"
        assert set(shown.values()) == {"Deleted" if left == "gone" else "Inactive"}
        assert not (await s.link("customers", gamma)).is_alias
