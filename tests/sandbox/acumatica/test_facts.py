"""The sandbox's own facts against the published field lists, where these lie beside the project."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ml_sandbox.vendors.acumatica.catalogue import contract, keys_of, top_level, versions
from ml_sandbox.vendors.acumatica.screens import SCREENS

from .bench import Bench

SPECS = Path(__file__).resolve().parents[4] / "shared" / "specs" / "acumatica"
TYPED = ("20.200.001", "22.200.001", "23.200.001", "24.200.001")
BARE = {"id", "rowNumber", "note", "custom", "files", "_links"}
PYTHON = {
    "String": str, "Guid": str, "DateTime": str, "Boolean": bool, "Decimal": float,
    "Int": int, "Short": int, "Long": int, "Double": float,
}  # fmt: skip


@cache
def published() -> dict[str, Any]:
    """The field lists; skips the test where the given material is absent."""
    path = SPECS / "core-entities.json"
    if not path.exists():
        pytest.skip(f"the published field lists are not beside the repository: {path}")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("version", TYPED)
def test_entities_fields_and_actions_are_the_published_ones(version: str) -> None:
    listed = published()["endpoints"][f"Default/{version}"]
    known = contract(version)
    assert set(known.entities) == {n for n, e in listed["entities"].items() if e["fields"]}
    for name, fields in known.entities.items():
        theirs = listed["entities"][name]["fields"]
        assert set(fields) == set(theirs), name
        for field in fields.values():
            fact = theirs[field.name]
            assert field.kind == fact["kind"]
            assert field.type == (fact["type"] if field.kind == "value" else fact["entity"])
    theirs = {(a["entity"], a["action"]): a["parameters"] for a in listed["actions"]}
    ours = {(e, a): p for e, named in known.actions.items() for a, p in named.items()}
    assert ours == theirs


def test_the_newest_version_is_the_one_before_with_the_documented_delta() -> None:
    delta = published()["deltas"]["Default/25.200.001"]
    old, new = contract("24.200.001"), contract("25.200.001")
    for name, fields in new.entities.items():
        added = set(delta["new_fields"].get(name, ()))
        removed = set(delta["removed_fields"].get(name, ()))
        assert set(fields) == (set(old.entities[name]) | added) - removed


def test_every_entity_with_an_address_has_a_form() -> None:
    assert set(SCREENS) == top_level()
    keys = {n: tuple(k) for n, k in published()["key_fields"].items() if n in top_level()}
    assert {n: keys_of(n) for n in keys} == keys
    assert versions()[-1] == "25.200.001"


@pytest.mark.parametrize("version", TYPED)
async def test_answers_hold_exactly_the_published_fields_and_types(
    erp: Bench, version: str
) -> None:
    listed = published()["endpoints"][f"Default/{version}"]["entities"]
    await erp.switch(not_optimizable="")
    for entity in sorted(top_level() - {"CompaniesStructure"}):
        below = [n for n, f in listed[entity]["fields"].items() if f["kind"] != "value"]
        for record in await erp.get(entity, version=version, expand=",".join(below), top=5):
            check(listed, entity, record, set(below))


def check(listed: dict[str, Any], entity: str, record: dict[str, Any], below: set[str]) -> None:
    fields = listed[entity]["fields"]
    values = {n for n, f in fields.items() if f["kind"] == "value"}
    assert set(record) - BARE == values | below, entity
    for name, shown in record.items():
        if name in BARE or shown is None:
            continue
        fact = fields[name]
        if fact["kind"] == "details":
            for row in shown:
                check(listed, fact["entity"], row, set())
        elif fact["kind"] == "linked":
            check(listed, fact["entity"], shown, set())
        elif shown:
            assert set(shown) == {"value"}
            assert type(shown["value"]) is PYTHON[fact["type"]], (entity, name, shown)
