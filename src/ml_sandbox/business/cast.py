"""The business: one invented firm's customers and the bills it wrote to them over three years.

All vendors of a world draw from this one cast, so that a customer known to an accounting vendor is
the same company that a sales vendor may know already. The same seed gives the same cast.
"""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ml_sandbox.business.bills import HISTORY_DAYS, Bill, write_bills
from ml_sandbox.business.names import (
    AWKWARD_FIRMS,
    FIRST_NAMES,
    FORMS,
    MANAMA,
    PLACES,
    STREETS,
    SURNAMES,
    TOKYO,
    TRADES,
    Place,
)

OWNER_NAME = "Bluebird & Daughters"
OWNER_CURRENCY = "USD"


@dataclass(frozen=True)
class Person:
    first_name: str
    last_name: str


@dataclass(frozen=True)
class Customer:
    """A real-world customer. `number` counts from 1 and never changes for a seed.

    `email` may be missing, and may be shared with another customer; `name` may be another's too.
    """

    number: int
    name: str
    person: Person
    email: str | None
    phone: str
    website: str | None
    street: str
    place: Place
    currency: str
    since: date
    archived: bool = False


@dataclass(frozen=True)
class Business:
    """Customers by rising number, bills by rising date."""

    customers: tuple[Customer, ...]
    bills: tuple[Bill, ...]


def found_business(chance: random.Random, customers: int, bills: int, today: date) -> Business:
    """A business with that many customers and bills, its history ending today."""
    cast = _mend([_customer(chance, number, today) for number in range(1, customers + 1)])
    return Business(tuple(cast), tuple(write_bills(chance, cast, bills, today)))


def _customer(chance: random.Random, number: int, today: date) -> Customer:
    person = Person(chance.choice(FIRST_NAMES), chance.choice(SURNAMES))
    place = chance.choice(PLACES)
    name = _firm(chance, number, place)
    host = f"{_slug(name)}{number}.example"
    box = chance.choice(("billing", "accounts", _slug(person.first_name)))
    return Customer(
        number=number,
        name=name,
        person=person,
        email=f"{box}@{host}" if chance.random() > 0.06 else None,
        phone=f"{place.dialing} 555 {chance.randrange(1000, 9999)}",
        website=f"https://{host}" if chance.random() > 0.5 else None,
        street=f"{chance.randrange(1, 400)} {chance.choice(STREETS)}",
        place=place,
        currency=place.currency,
        since=today - timedelta(days=chance.randrange(30, HISTORY_DAYS)),
        archived=chance.random() < 0.02,
    )


def _firm(chance: random.Random, number: int, place: Place) -> str:
    """The awkward names come first; the number's own town keeps the many others apart."""
    if number <= len(AWKWARD_FIRMS):
        return AWKWARD_FIRMS[number - 1]
    base = f"{chance.choice(SURNAMES)} {chance.choice(TRADES)}{chance.choice(FORMS)}"
    return f"{base} {place.city}" if number > 400 else base


def _mend(cast: list[Customer]) -> list[Customer]:
    """What every world of a fair size holds, whatever its seed: one of each peculiarity."""
    changes: dict[int, dict[str, object]] = {
        1: {"email": "rechnung@haeberle.example", "archived": False},
        4: {
            "place": TOKYO,
            "currency": "JPY",
            "archived": False,
            "email": "keiri@shinonome.example",
        },
        5: {"place": MANAMA, "currency": "BHD", "archived": False, "email": "ap@alnoor.example"},
        6: {"email": "owner@harborlane.example", "archived": False},
        7: {"email": "portland@harborlane.example", "archived": False},
        8: {"email": "office@nunez.example", "archived": False},
        10: {"email": "office@nunez.example", "archived": False},
        9: {"email": None, "archived": False},
        12: {"archived": True},
    }
    return [replace(c, **changes.get(c.number, {})) for c in cast]  # type: ignore[arg-type]  # each value fits its field


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "", plain)[:24] or "firm"
