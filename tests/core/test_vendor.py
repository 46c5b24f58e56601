"""A vendor's objects are found by their names, and a listing by what it carries."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ml_connector.core.objects import Costs, SourceModel, SourceObject, TargetObject
from ml_connector.vendors import VENDORS


def source(name: str, *carries: str) -> SourceObject:
    return SourceObject("mill", name, SourceModel, name, read_batch=1, carries=carries)


def target(name: str) -> TargetObject:
    costs = Costs(1, 1, 1, 1)
    return TargetObject("mill", name, name, (), "custom_field", costs, timedelta(), read_batch=1)


TERMS, BILLS, FEED = source("terms"), source("bills"), source("changes", "payers", "bills")
PAYERS, DEALS, PEOPLE = source("payers"), target("deals"), target("people")
MILL = replace(VENDORS[0], sources=(TERMS, BILLS, FEED, PAYERS), targets=(DEALS, PEOPLE))


def test_an_object_is_found_by_its_name() -> None:
    assert MILL.source("bills") is BILLS
    assert MILL.target("people") is PEOPLE
    assert MILL.target("deals") is DEALS


def test_changes_come_in_the_listing_that_carries_them_or_in_an_objects_own() -> None:
    listers = [MILL.lister(name) for name in ("terms", "bills", "changes", "payers")]
    assert listers == [TERMS, FEED, FEED, FEED]
