"""A made-up source: a ledger of things with a name each, so that any object that a vendor declares
written can be written by the engine itself, whatever the real flows write there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ml_connector.core.flow import FieldRule, Flow, MatchRule, Route, key, keyed, linked, make
from ml_connector.core.flow import copy as copied
from ml_connector.core.limits import Limits, Reading, Window
from ml_connector.core.objects import (
    Identity,
    SetupItem,
    SourceModel,
    SourceObject,
    SourcePage,
    TargetObject,
)
from ml_connector.core.values import Value, Values
from ml_connector.core.vendor import ConnectionFacts, Delivery, Hint, OAuth, Proofs, Token, Vendor
from ml_connector.core.wire import Errand, Wire
from ml_connector.flows.common import COMMON

LEDGER = "ledger"
KIND = "ledger-contract"
ROUTE = "things"
START = datetime.fromisoformat("2026-05-01T00:00:00+00:00")


class Thing(SourceModel):
    """One line of the ledger."""

    id: str
    name: str
    changed: str

    def key(self) -> str:
        return self.id

    def version(self) -> str:
        return self.changed

    def called(self) -> str:
        return self.name

    def changed_at(self) -> datetime:
        return datetime.fromisoformat(self.changed)


THINGS = SourceObject(LEDGER, ROUTE, Thing, "thing", 100)


@dataclass
class Ledger:
    """Implements `core.vendor.SourceClient`; whoever holds it may enter things."""

    things: dict[str, Thing] = field(default_factory=dict)

    def enter(self, *names: str) -> None:
        for name in names:
            number = len(self.things) + 1
            changed = (START + timedelta(seconds=number)).isoformat()
            self.things[f"t{number}"] = Thing(id=f"t{number}", name=name, changed=changed)

    async def identify(self, errand: Errand) -> Identity:
        return Identity("a1", "The ledger")

    async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
        mark = str(cursor.get("mark") or "")
        found = tuple(t for t in self.things.values() if t.changed > mark)
        return SourcePage(found, {"mark": max([mark, *(t.changed for t in found)])}, False)

    async def read(
        self, obj: SourceObject, keys: Sequence[str], errand: Errand
    ) -> dict[str, SourceModel | None]:
        return {key: self.things.get(key) for key in keys}

    async def open_keys(self, obj: SourceObject, errand: Errand) -> list[SourceModel]:
        return []

    async def all_keys(self, obj: SourceObject, errand: Errand) -> dict[str, None]:
        return dict.fromkeys(self.things)

    @property
    def vendor(self) -> Vendor:
        """Declared as vendors are; it is connected by a token that nobody looks at."""

        def client(wire: Wire, facts: ConnectionFacts) -> Ledger:
            return self

        return Vendor(
            name=LEDGER, label="The ledger", api_base="https://ledger.example",
            auth_base="https://ledger.example", hosts=("ledger.example",), sources=(THINGS,),
            targets=(), settings=(), secrets=("api_token",),
            oauth=OAuth("/authorize", "/token", "", "form", False),
            token=Token(("api_token",), "x-token", lambda given: given["api_token"]),
            client=client, limits=lambda *_: Limits(LEDGER, (Window(1000, 1.0),), 10),
            fault=lambda *_: None, reading=lambda response: Reading(), webhooks=_NoHooks(),
            endpoint_of="connection",
        )  # fmt: skip


class _NoHooks:
    """Implements `core.vendor.Webhooks`: nothing is delivered."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        return None

    def read(self, delivery: Delivery) -> list[Hint]:
        return []

    def is_probe(self, delivery: Delivery) -> bool:
        return False

    def same_account(self, told: str, account: str) -> bool:
        return told == account

    def is_whole_key(self, told: str) -> bool:
        return True

    def same_key(self, told: str, key: str) -> bool:
        return told == key


def flow_into(obj: TargetObject, lent: Mapping[str, Value], items: tuple[SetupItem, ...]) -> Flow:
    """Things → records of the object: the name, our key, and constants."""
    home, rules = _key_rules(obj, items)
    fields = {
        **{name: make(_constant(value)) for name, value in lent.items()},
        obj.name_field: copied("name"),
        **rules,
    }
    match: tuple[MatchRule, ...] = (linked(), keyed(home))
    route = Route(ROUTE, THINGS, obj, fields, match, "Things")
    return Flow(
        KIND, LEDGER, obj.vendor, (route,), COMMON, lambda settings: items, lambda settings: ()
    )


def _key_rules(obj: TargetObject, items: tuple[SetupItem, ...]) -> tuple[str, dict[str, FieldRule]]:
    """The field in which our key lives, and what is written there."""
    if obj.key_field:
        return obj.key_field, {obj.key_field: key()}
    if obj.note_field:
        return obj.note_field, {obj.note_field: make(_constant("Entered by the ledger"))}
    name = next(item.name for item in items if item.is_key and item.object == obj.name)
    return name, {name: key()}


def _constant(value: Value) -> Any:
    return lambda record, given: value
