"""Writes: what is created is found, an update changes only what it names, and nothing unknown is
written in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ml_connector.core.faults import Missing, Refused
from ml_connector.core.objects import TargetObject, TargetRecord
from ml_connector.core.values import Values, same
from ml_connector.core.vendor import Vendor

from .making import maker
from .people import id_fields, raw_key
from .raw import is_moment, leaves
from .stand import WRITTEN, Raw, Stand

UNKNOWN = "no_such_field_of_anyone"
LATER_SECONDS = 300
"""More than any vendor withholds from its listings of changes."""

every_written = pytest.mark.parametrize(
    ("vendor", "obj"), WRITTEN, ids=[obj.path for _, obj in WRITTEN]
)


def differing(fields: Values, record: TargetRecord) -> Values:
    """What of the written fields came back as something else."""
    told = record.fields
    return {n: told.get(n) for n, value in fields.items() if not same(value, told.get(n))}


@every_written
async def test_a_created_record_is_found_as_it_was_written(
    vendor: Vendor, obj: TargetObject
) -> None:
    async with Stand(vendor=vendor, obj=obj) as stand:
        made = await maker(stand, obj, await stand.set_up())
        since = stand.clock.now()
        await stand.clock.advance(LATER_SECONDS)
        fields = made.values()
        created = await stand.create(obj, fields)
        await stand.clock.advance(LATER_SECONDS)
        read = (await stand.read(obj, [created.id]))[created.id]
        [listed] = [r for r in await stand.every(obj) if r.id == created.id]
        changed = [r for r in await stand.every(obj, since) if r.id == created.id]
        assert changed, "it is in the listing of what changed"
        for record in (created, read):
            assert differing(fields, record) == {}
        for record in (listed, changed[-1]):
            assert record.likenesses == read.likenesses
            assert record.updated_at == read.updated_at
            assert not record.deleted
        assert (await stand.read(obj, [created.id, f"{created.id}9999"])).keys() == {created.id}


@every_written
async def test_creates_of_equal_names_stay_apart_by_their_keys(
    vendor: Vendor, obj: TargetObject
) -> None:
    async with Stand(vendor=vendor, obj=obj) as stand:
        made = await maker(stand, obj, await stand.set_up())
        first, second = (
            await stand.create(obj, made.values()),
            await stand.create(obj, made.values()),
        )
        assert first.id != second.id


@every_written
async def test_an_update_changes_only_the_fields_it_is_given(
    vendor: Vendor, obj: TargetObject
) -> None:
    async with Stand(vendor=vendor, obj=obj) as stand:
        made = await maker(stand, obj, await stand.set_up())
        own = await stand.create(obj, made.values())
        fields: Values = {obj.name_field: TEXT}
        changed = 0
        for id in [own.id, *(record.id for record in made.known[:MOST_EXAMPLES])]:
            await stand.clock.advance(LATER_SECONDS)
            before = (await stand.read(obj, [id]))[id]
            shown = await raw_of(stand, obj, id)
            try:
                updated = await stand.update(obj, id, fields)
            except Refused:
                assert id != own.id
                continue  # a record that the vendor has closed
            after = (await stand.read(obj, [id]))[id]
            assert differing(fields, updated) == differing(fields, after) == {}
            assert others(after, fields) == others(before, fields)
            assert strayed(shown, await raw_of(stand, obj, id), TEXT) == {}
            changed += 1
        assert changed


TEXT = "Contract Renamed"
MOST_EXAMPLES = 4


def others(record: TargetRecord, fields: Values) -> Values:
    return {name: value for name, value in record.fields.items() if name not in fields}


async def raw_of(stand: Stand, obj: TargetObject, id: str) -> Raw:
    """The record as the sandbox keeps it; nothing where it keeps it under another name."""
    raws = await stand.raws(obj.name) or []
    names = id_fields(raws, [id])
    return next((raw for raw in raws if names and raw_key(raw, names) == id), {})


def strayed(before: Raw, after: Raw, text: str) -> Mapping[tuple[str, ...], Any]:
    """What differs beside the new text, or a part of it, and the stamps and counts of a change."""
    was, now = leaves(before), leaves(after)
    return {
        path: (was.get(path), now.get(path))
        for path in {**was, **now}
        if was.get(path) != now.get(path)
        and not (now.get(path) and str(now.get(path)) in text)
        and text not in str(now.get(path))
        and not is_moment(now.get(path))
    }


@every_written
async def test_an_unknown_field_is_refused_by_its_name(vendor: Vendor, obj: TargetObject) -> None:
    """Where the vendor drops what it does not know in silence, the folder tells it."""
    async with Stand(vendor=vendor, obj=obj) as stand:
        made = await maker(stand, obj, await stand.set_up())
        with pytest.raises(Refused) as refused:
            await stand.create(obj, {**made.values(), UNKNOWN: "x"})
        assert UNKNOWN in f"{refused.value.field} {refused.value.sentence}"
        created = await stand.create(obj, made.values())
        with pytest.raises(Refused) as refused:
            await stand.update(obj, created.id, {UNKNOWN: "x"})
        assert UNKNOWN in f"{refused.value.field} {refused.value.sentence}"


@every_written
async def test_what_is_not_there_is_missing(vendor: Vendor, obj: TargetObject) -> None:
    async with Stand(vendor=vendor, obj=obj) as stand:
        made = await maker(stand, obj, await stand.set_up())
        created = await stand.create(obj, made.values())
        absent = f"{created.id}9999"
        assert await stand.read(obj, [absent]) == {}
        with pytest.raises((Missing, Refused)):
            await stand.update(obj, absent, {obj.name_field: "Contract Nobody"})
