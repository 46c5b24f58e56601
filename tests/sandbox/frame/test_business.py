"""The cast that all vendors draw from: the same for a seed, with the troubles of real data."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest

from ml_sandbox.business.bills import Fate
from ml_sandbox.business.cast import Business, found_business

TODAY = date(2026, 5, 4)


def found(seed: int, customers: int, bills: int) -> Business:
    return found_business(random.Random(seed), customers, bills, TODAY)


@pytest.fixture(scope="module")
def business() -> Business:
    return found(1, 40, 120)


def test_the_seed_decides() -> None:
    assert found(1, 40, 120) == found(1, 40, 120)
    assert found(1, 40, 120) != found(2, 40, 120)


def test_more_bills_leave_the_customers_as_they_are(business: Business) -> None:
    assert found(1, 40, 500).customers == business.customers


@pytest.mark.parametrize(("customers", "bills"), [(0, 0), (1, 0), (1, 5), (6, 9), (13, 1)])
def test_small_worlds(customers: int, bills: int) -> None:
    small = found(7, customers, bills)
    assert (len(small.customers), len(small.bills)) == (customers, bills)


@pytest.mark.parametrize("seed", range(5))
def test_every_seed_holds_the_troubles(seed: int) -> None:
    cast = found(seed, 40, 120).customers
    names = Counter(customer.name for customer in cast)
    emails = Counter(customer.email for customer in cast if customer.email)
    assert max(names.values()) > 1, "twins of one name"
    assert max(emails.values()) > 1, "a shared address"
    assert any(customer.email is None for customer in cast)
    assert any("," in customer.name for customer in cast)
    assert any(not customer.name.isascii() for customer in cast)
    assert any(customer.archived for customer in cast)
    assert {"USD", "JPY", "BHD"} <= {customer.currency for customer in cast}


@pytest.mark.parametrize("seed", range(5))
def test_every_seed_holds_every_fate(seed: int) -> None:
    assert {bill.fate for bill in found(seed, 40, 120).bills} == set(Fate)


def test_bills_stand_in_order_and_fit_their_customers(business: Business) -> None:
    by_number = {customer.number: customer for customer in business.customers}
    assert [bill.number for bill in business.bills] == list(range(1, 121))
    assert [bill.on for bill in business.bills] == sorted(bill.on for bill in business.bills)
    for bill in business.bills:
        assert bill.currency == by_number[bill.customer].currency
        assert bill.lines
        assert bill.on <= bill.due
        assert all(bill.on <= receipt.on <= TODAY for receipt in bill.receipts)


def test_no_sum_has_more_digits_than_its_currency(business: Business) -> None:
    places = {"JPY": 0, "BHD": 3}
    for bill in business.bills:
        for line in bill.lines:
            exponent = line.unit_price.as_tuple().exponent
            assert isinstance(exponent, int)
            assert -exponent <= places.get(bill.currency, 2)


def test_nothing_leads_out_of_this_machine(business: Business) -> None:
    for customer in found(3, 500, 0).customers:
        assert customer.email is None or customer.email.endswith(".example")
        assert customer.website is None or customer.website.endswith(".example")


def test_many_customers_are_still_told_apart() -> None:
    cast = found(1, 10_000, 0).customers
    assert len({customer.name for customer in cast}) > 9_000
    assert len({customer.email for customer in cast if customer.email}) > 9_000
