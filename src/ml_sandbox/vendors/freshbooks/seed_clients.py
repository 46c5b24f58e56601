"""How a customer of the cast is written down as a client: names, address, and a few oddities."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from ml_sandbox.business.cast import Customer
from ml_sandbox.vendors.freshbooks.client_desk import DEFAULTS

_COUNTRIES = {
    "US": "United States", "CA": "Canada", "GB": "United Kingdom", "DE": "Germany", "FR": "France",
    "JP": "Japan", "BH": "Bahrain",
}  # fmt: skip
_PROVINCES = {
    "CA-ON": "Ontario", "CA-QC": "Quebec", "US-AZ": "Arizona", "US-TX": "Texas", "US-OR": "Oregon",
    "US-NY": "New York", "US-IL": "Illinois", "US-CO": "Colorado", "DE-BY": "Bayern",
    "JP-13": "Tokyo",
}  # fmt: skip
#: Customers, by number, that were entered carelessly.
WITHOUT_ORGANIZATION = 14
ONLY_EMAIL = 15
ONLY_SHIPPING_ADDRESS = 16
#: Changed at half past one of the night in which that hour came twice, before and after the clock
#: was put back: both show the same time.
FIRST_OF_REPEATED_HOUR = 11
SECOND_OF_REPEATED_HOUR = 13


def plain_of(person: Customer) -> dict[str, Any]:
    place = person.place
    address = {
        "street": person.street,
        "street2": "",
        "city": place.city,
        "province": _PROVINCES.get(place.province, ""),
        "country": _COUNTRIES[place.country],
        "code": place.postal_code,
    }
    kind = "s" if person.number == ONLY_SHIPPING_ADDRESS else "p"
    plain = {
        **DEFAULTS,
        "organization": person.name,
        "fname": person.person.first_name,
        "lname": person.person.last_name,
        "email": person.email or "",
        "bus_phone": person.phone,
        **{f"{kind}_{part}": value for part, value in address.items()},
        "currency_code": person.currency,
        "note": f"Website: {person.website}" if person.website else None,
    }
    if person.number == WITHOUT_ORGANIZATION:
        plain["organization"] = ""
    if person.number == ONLY_EMAIL and person.email:
        plain |= {"organization": "", "fname": "", "lname": ""}
    return plain


def repeated_hour(number: int, today: date) -> datetime | None:
    """When the two were changed, in the last autumn before today; None for everybody else."""
    hours = {FIRST_OF_REPEATED_HOUR: 5.5, SECOND_OF_REPEATED_HOUR: 6.5}
    if number not in hours:
        return None
    night = _clock_change(today.year)
    if night >= today:
        night = _clock_change(today.year - 1)
    return datetime(night.year, night.month, night.day, tzinfo=UTC) + timedelta(hours=hours[number])


def _clock_change(year: int) -> date:
    """The first Sunday of November, when New York puts its clocks back."""
    first = date(year, 11, 1)
    return first + timedelta(days=6 - first.weekday())
