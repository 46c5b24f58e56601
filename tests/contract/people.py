"""People change records in their product. What they may change is found by trying: the sandbox's
control takes the vendor's own names, and those differ from vendor to vendor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_connector.core.objects import SourceModel, SourceObject, TargetObject, TargetRecord
from ml_connector.core.vendor import Vendor

from .raw import plain, texts, wrapped_like
from .stand import Raw, Stand

Obj = SourceObject | TargetObject


def key_of(record: SourceModel | TargetRecord) -> str:
    return record.id if isinstance(record, TargetRecord) else record.key()


def of(vendor: Vendor, obj: Obj, records: Sequence[Any]) -> list[Any]:
    """Those of the object, where its listing carries records of others; a record of which little
    could be read counts as one of its own."""
    if isinstance(obj, TargetObject):
        return list(records)
    others = tuple(o.model for o in vendor.sources if o.model is not obj.model)
    carrier = vendor.lister(obj.name)
    return [
        r
        for r in records
        if isinstance(r, obj.model) or (carrier is obj and not isinstance(r, others))
    ]


def shown(record: SourceModel | TargetRecord) -> dict[str, Any]:
    """What our side reads of a record."""
    return dict(record.fields if isinstance(record, TargetRecord) else record.model_dump())


def called(obj: Obj, record: SourceModel | TargetRecord) -> str:
    if isinstance(record, SourceModel):
        return record.called()
    return str(record.fields.get(obj.name_field if isinstance(obj, TargetObject) else "") or "")


def id_fields(raws: Sequence[Raw], keys: Iterable[str]) -> tuple[str, ...]:
    """The fields of raw records in which the parts of our keys stand; empty where there are none.

    A key of several parts, `type/number`, names several fields.
    """
    told = [key.split("/") for key in keys]
    if not raws or not told:
        return ()
    found = []
    for part in range(len(told[0])):
        wanted = {parts[part] for parts in told}
        name = next((n for n in raws[0] if wanted <= {str(plain(r.get(n))) for r in raws}), None)
        if name is None:
            return ()
        found.append(name)
    return tuple(found)


def raw_key(raw: Raw, names: Sequence[str]) -> str:
    return "/".join(str(plain(raw.get(name))) for name in names)


@dataclass
class Hands:
    """Somebody who may change one text of an object's records; `attribute` is how we read it."""

    stand: Stand
    obj: Obj
    name: str
    attribute: str
    old: dict[str, Any]
    """The text of each record, by our key."""
    wrapped: bool
    told: dict[str, str] = field(default_factory=dict)
    """What each touched record must show from now on, as our client read it."""
    _count: int = 0

    async def touch(self, key: str) -> None:
        """Give the record a text that no record has."""
        self._count += 1
        text = f"{self.old[key]} {self._count}"
        body = {self.name: {"value": text} if self.wrapped else text}
        assert await retouch(self.stand, self.obj.name, key, body) is not None, (self.obj.path, key)
        self.told[key] = f" {self._count}"

    def is_latest(self, record: SourceModel | TargetRecord) -> bool:
        """Whether it shows the last text that was given to it."""
        text = str(shown(record).get(self.attribute))
        return text.endswith(self.told[key_of(record)])


async def retouch(stand: Stand, noun: str, key: str, body: Raw) -> Raw | None:
    """Under the whole key, or by its last part where the product knows it by that alone."""
    for told in dict.fromkeys((key, key.rpartition("/")[2])):
        if (done := await stand.retouch(noun, told, body)) is not None:
            return done
    return None


async def hands(stand: Stand, obj: Obj, records: Sequence[Any]) -> Hands | None:
    """Somebody to change this object's records; None where no text of theirs may be changed."""
    raws = await stand.raws(obj.name) or []
    keys = [key_of(record) for record in records]
    names = id_fields(raws, keys)
    if not names:
        return None
    by_key = {raw_key(raw, names): raw for raw in raws}
    probe = records[0]
    before = (await stand.read(obj, [keys[0]]))[keys[0]]
    raw = by_key[keys[0]]
    ranked = sorted(texts(raw), key=lambda each: each[1] != called(obj, probe))
    for name, text in ranked:
        if name in names:
            continue
        body = {name: wrapped_like(raw[name], f"{text} 0")}
        if await retouch(stand, obj.name, keys[0], body) is None:
            continue
        after = (await stand.read(obj, [keys[0]])).get(keys[0])
        if after is None:
            continue
        was, now = shown(before), shown(after)
        moved = [n for n in now if now[n] != was.get(n) and str(now[n]).endswith(f"{text} 0")]
        if moved:
            old = {k: plain(r.get(name)) or "" for k, r in by_key.items() if k in set(keys)}
            return Hands(stand, obj, name, moved[0], old, isinstance(raw[name], dict))
        before = after
    return None


async def fill(stand: Stand, obj: Obj, records: Sequence[Any], at_least: int) -> None:
    """Have people enter records until there are so many, where the product takes a bare name."""
    raws = await stand.raws(obj.name) or []
    names = id_fields(raws, [key_of(record) for record in records])
    if not names:
        return
    wanted = called(obj, records[0])
    raw = next(r for r in raws if raw_key(r, names) == key_of(records[0]))
    name = next((n for n, text in texts(raw) if text == wanted and n not in names), "")
    for number in range(len(raws), at_least if name else 0):
        body = {name: wrapped_like(raw[name], f"Firm {number}")}
        path = f"/_sandbox/{stand.vendor.name}/{obj.name}"
        if (await stand.sandbox.call("POST", path, body)).status != 200:
            return
