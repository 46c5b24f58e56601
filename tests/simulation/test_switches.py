"""Every open point of a vendor's sheet is drawn by the simulation, or it is said why it is not."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from ml_sandbox.app import Sandbox
from ml_sandbox.options import SandboxOptions
from ml_sandbox.switches import Switches
from ml_sandbox.vendors import VENDORS
from tests.support.clock import VirtualClock
from tests.support.sandbox import URL

from .post import Post
from .script import draw_script
from .switches import LATER, SHUT, UNDRAWN, draw_shut
from .towns import TOWNS

MANY = range(1, 1500)


@pytest.fixture
async def known() -> Switches:
    """Those of all vendors, as the sandbox declares them."""
    clock = VirtualClock()
    sandbox = Sandbox(
        SandboxOptions(seed=1, customers=0, invoices=0, start=clock.now(), url=URL),
        list(VENDORS), clock, Post(clock, random.Random(1)),
    )  # fmt: skip
    await sandbox.close()
    return sandbox.world.switches


def test_every_switch_is_drawn_or_it_is_said_why_not(known: Switches) -> None:
    named = {each["name"] for each in known.listed()}
    drawn = {name for town in TOWNS.values() for name in town.switches} | {*LATER, *SHUT}
    assert named - drawn - UNDRAWN.keys() == set()
    assert drawn - named == set()
    assert UNDRAWN.keys() - named == set()
    assert drawn & UNDRAWN.keys() == set()
    assert all(UNDRAWN.values())


def test_what_is_drawn_is_allowed_and_another_value_than_the_usual_one(known: Switches) -> None:
    for name, values in _all_values():
        usual = known.value(name)
        for value in values:
            known.change({name: value})
        known.change({name: usual})
        assert any(value != usual for value in values), name


def test_seeds_draw_every_value() -> None:
    drawn = {pair for seed in MANY for pair in draw_script(seed).switches.items()}
    missing = [
        (name, value)
        for name, values in _all_values()
        for value in values
        if name not in SHUT and (name, value) not in drawn
    ]
    assert missing == []


def test_every_door_is_shut_by_some_draw() -> None:
    told = [draw_shut([v.name for v in VENDORS], random.Random(n)) for n in range(500)]
    assert {name for each in told for name in each} == set(SHUT)
    assert any(move.name == "shut" for seed in MANY for move in draw_script(seed).moves)


def _all_values() -> Iterator[tuple[str, tuple[object, ...]]]:
    for town in TOWNS.values():
        for name, values in town.switches.items():
            yield name, tuple(values)
    yield from LATER.items()
    yield from SHUT.items()
