"""Listings: they end, show everything, and skip nothing that changes while they are read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ml_connector.core.objects import SourceObject, TargetObject
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand
from ml_connector.vendors import VENDORS

from .people import Hands, Obj, fill, hands, id_fields, key_of, of, raw_key
from .stand import Stand

MANY = 520
"""More than any vendor gives in one page."""

READERS = [v for v in VENDORS if any(obj.is_listed for obj in v.sources)]
WRITERS = [v for v in VENDORS if v.targets]


def named(vendor: Vendor) -> str:
    return vendor.name


BUSY_TURNS = 8
"""People go on changing records for so many pages; then they rest, so that a reader catches up."""


class Pages:
    """Counts the pages of one listing beyond the first, and lets people act between them."""

    def __init__(self, *, by: Hands | None = None, keys: tuple[str, ...] = ()) -> None:
        self.turns = 0
        self._by = by
        self._keys = keys

    async def __call__(self) -> None:
        self.turns += 1
        if self._by is not None and self.turns <= BUSY_TURNS:
            for key in (self._keys[0], self._keys[-1], self._keys[self.turns % len(self._keys)]):
                await self._by.touch(key)


async def whole(stand: Stand, obj: Obj, between: Pages | None = None) -> list[Any]:
    """The records of the object in its listing, from the very first on."""
    if isinstance(obj, TargetObject):
        return list(await stand.every(obj, between=between))
    told, _ = await stand.poll(obj, between=between)
    return of(stand.vendor, obj, told)


async def demand_nothing_lacks(stand: Stand, obj: Obj, listed: set[str]) -> None:
    """What the sandbox holds and the listing did not show must not be there for us: it is deleted,
    or another account's."""
    raws = await stand.raws(obj.name) or []
    names = id_fields(raws, listed)
    lacking = [key for key in (raw_key(raw, names) for raw in raws) if key not in listed]
    if not names:
        return
    there = await stand.read(obj, lacking)
    left = [k for k, record in there.items() if not getattr(record, "deleted", False)]
    assert left == [], f"{obj.path}: not listed, and there"


def listed_objects(vendor: Vendor) -> list[Obj]:
    """Those with a listing of their own."""
    own = (o for o in vendor.sources if o.is_listed and vendor.lister(o.name) is o)
    return [*own, *vendor.targets]


@pytest.mark.parametrize("vendor", VENDORS, ids=named)
async def test_a_listing_ends_and_shows_every_record_once(vendor: Vendor) -> None:
    async with Stand(vendor=vendor, customers=MANY, invoices=MANY, checked=False) as stand:
        await stand.set_up()
        turned = 0
        for obj in listed_objects(vendor):
            known = await whole(stand, obj)
            if known:
                await fill(stand, obj, known, MANY)
            pages = Pages()
            found = Counter(map(key_of, await whole(stand, obj, pages)))
            assert set(found) >= set(map(key_of, known)), obj.path
            repeated = sum(found.values()) - len(found)
            # A change feed begins its next page where the last one ended, that record included.
            allowed = pages.turns if isinstance(obj, SourceObject) else 0
            assert repeated <= allowed, f"{obj.path}: {repeated} records shown again"
            turned += pages.turns
            await demand_nothing_lacks(stand, obj, set(found))
            if isinstance(obj, SourceObject):
                keys = await stand.run(stand.client.all_keys(obj, Errand()))
                assert set(found) <= set(keys), obj.path
        assert turned > 1, "no listing was longer than a page, so nothing was shown"


async def demand_seen(seen: list[Any], by: Hands) -> None:
    """Each touched record was shown as it is now, by whichever reading."""
    latest = {
        key_of(record) for record in seen if key_of(record) in by.told and by.is_latest(record)
    }
    assert sorted(by.told.keys() - latest) == [], f"{by.obj.path}: changed, and not shown"


READ_TWICE_SECONDS = 300
"""Between two readings; more than any vendor withholds from its listings of changes."""


@pytest.mark.parametrize("vendor", READERS, ids=named)
async def test_a_cursor_skips_neither_ties_nor_what_changes_in_the_same_second(
    vendor: Vendor,
) -> None:
    async with Stand(vendor=vendor, customers=MANY, invoices=MANY, checked=False) as stand:
        tried = 0
        for obj in vendor.sources:
            if not obj.is_listed:
                continue
            lister = vendor.lister(obj.name)
            records, _ = await stand.poll(lister)
            await fill(stand, obj, of(vendor, obj, records), MANY)
            told, cursor = await stand.poll(lister)
            records = of(vendor, obj, told)
            by = await hands(stand, obj, records)
            if by is None:
                continue
            keys = tuple(sorted({key_of(record) for record in records}))
            await stand.clock.advance(READ_TWICE_SECONDS)
            for key in keys:
                await by.touch(key)
            pages = Pages(by=by, keys=keys)
            seen, cursor = await stand.poll(lister, cursor, pages)
            for key in keys[::100]:
                await by.touch(key)
            more, _ = await stand.poll(lister, cursor)
            await demand_seen(of(vendor, obj, seen + more), by)
            tried += 1
        assert tried > 0, "nothing was tried"


@pytest.mark.parametrize("vendor", WRITERS, ids=named)
async def test_what_changed_at_a_target_is_listed_whatever_changes_meanwhile(
    vendor: Vendor,
) -> None:
    async with Stand(vendor=vendor, customers=MANY, invoices=MANY, checked=False) as stand:
        await stand.set_up()
        tried = 0
        for obj in vendor.targets:
            records = await stand.every(obj)
            if records:
                await fill(stand, obj, records, MANY)
            records = await stand.every(obj)
            by = await hands(stand, obj, records) if records else None
            if by is None:
                continue
            keys = tuple(sorted(by.old))
            await stand.clock.advance(READ_TWICE_SECONDS)
            since = stand.clock.now()
            for key in keys:
                await by.touch(key)
            await stand.clock.advance(READ_TWICE_SECONDS)
            during = stand.clock.now()
            pages = Pages(by=by, keys=keys)
            seen = await stand.every(obj, since, pages)
            assert {key_of(r) for r in seen} >= set(keys), obj.path
            await stand.clock.advance(READ_TWICE_SECONDS)
            await demand_seen([*seen, *await stand.every(obj, during)], by)
            tried += 1
        assert tried > 0, "nothing was tried"
