"""Values for a new record, from what the folder declares and what a listing of its own shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ml_connector.core.keys import ExternalKey, with_key_line
from ml_connector.core.objects import SetupItem, TargetObject, TargetRecord
from ml_connector.core.values import Value, Values

from .stand import Stand

GIVEN_KINDS = ("reference", "object")
"""Fields that a listed record lends to a new one: what they point to is there."""


@dataclass
class Maker:
    """Makes values for one object. `known` are the listed records, the fullest first; `items` are
    what was set up, by code."""

    obj: TargetObject
    known: Sequence[TargetRecord]
    items: Mapping[str, SetupItem]
    _number: int = field(default=0)

    def values(self) -> Values:
        """A name and a key that no record has, and what the example lends."""
        self._number += 1
        key = str(ExternalKey("contract", "a1", self.obj.name, f"n{self._number}"))
        named: Values = {self.obj.name_field: f"Contract {self._number}"}
        return self.lent() | named | self._keyed(key)

    def lent(self) -> Values:
        """What the example lends."""
        told = {each.name: self._lent(each.name, each.kind) for each in self.obj.fields}
        return {name: value for name, value in told.items() if value is not None}

    def _keyed(self, key: str) -> Values:
        """Where our key lives in a record of this object."""
        if self.obj.key_field:
            return {self.obj.key_field: key}
        if self.obj.note_field:
            return {self.obj.note_field: with_key_line("", key)}
        for code, item in self.items.items():
            if item.is_key and item.object == self.obj.name:
                return {code: key}
        return {}

    def _lent(self, name: str, kind: str) -> Value:
        if not self.known or kind not in GIVEN_KINDS:
            return None
        example = self.known[0]
        value = example.fields.get(name)
        return None if value in (example.id, [], {}) else value


async def maker(stand: Stand, obj: TargetObject, items: Mapping[str, SetupItem]) -> Maker:
    """With what the listing shows as examples."""
    return Maker(obj, sorted(await stand.every(obj), key=_weight, reverse=True), items)


def _weight(record: TargetRecord) -> tuple[int, str]:
    filled = [value for value in record.fields.values() if value not in (None, "", [], {})]
    return len(filled), record.id
