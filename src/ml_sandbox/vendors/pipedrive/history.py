"""The history is what people have put into the account before anybody connected it.

Drawn from the cast that all vendors share, so that matching has something to find: customers known
by exactly their name, twins of one name, persons who hold a customer's e-mail at an organization
of another name, and open deals that carry a purchase order's number.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ml_sandbox.business.bills import Bill
from ml_sandbox.business.cast import Business, Customer
from ml_sandbox.business.names import GOODS

from .account import Account, Actor
from .desk import Desk
from .furniture import FIRST_USER_ID, HUMAN_USER_ID
from .tables import Record

AGE = timedelta(days=240)
#: Modest in number, however large the cast is.
MOST_KNOWN = 24
MOST_BY_MAIL = 4
MOST_DEALS = 12
NAMED_BY_INVOICE = 2
KNOWN_SHARE = 0.3
TWINS = 2
_STRANGERS = (
    "Aldergate Brewing",
    "Blackwater Marine Ltd",
    "Cobblestone Events",
    "Dunmore & Hale Solicitors",
    "Everglade Optics",
    "Fenwick Robotics Group",
)
_SALES = ("Website relaunch", "Yearly retainer", "Brochure print run", "Workshop series")


def move_in(desk: Desk, business: Business, chance: random.Random) -> None:
    """Fills the account; the records are dated over the months before now."""
    with _dated(desk.account) as calendar:
        _Movers(desk, business, chance, calendar).work()


class _Calendar:
    """The account's clock while history is written."""

    def __init__(self, account: Account) -> None:
        self.moment = account.now() - AGE

    def now(self) -> datetime:
        return self.moment

    def pass_hours(self, hours: float) -> None:
        self.moment += timedelta(hours=hours)


@contextmanager
def _dated(account: Account) -> Iterator[_Calendar]:
    present = account.now
    calendar = _Calendar(account)
    account.now = calendar.now
    try:
        yield calendar
    finally:
        account.now = present


class _Movers:
    def __init__(
        self, desk: Desk, business: Business, chance: random.Random, calendar: _Calendar
    ) -> None:
        self.desk = desk
        self.business = business
        self.chance = chance
        self.calendar = calendar

    def work(self) -> None:
        for good in GOODS[:3]:
            self._product(*good)
        for name in _STRANGERS:
            self._organization(name)
        living = [customer for customer in self.business.customers if not customer.archived]
        drawn = [c for c in living if self.chance.random() < KNOWN_SHARE]
        known = (drawn or living[:1])[:MOST_KNOWN]
        taken = {customer.number for customer in known}
        by_name = {customer.number: self._known(customer) for customer in known}
        self._twins(known)
        others = [c for c in living if c.number not in taken and c.email is not None]
        for customer in others[:MOST_BY_MAIL]:
            self._known_by_mail(customer)
        self._deals(by_name)

    def _actor(self) -> Actor:
        """Whoever of the sales people was at the screen; an hour or some pass each time."""
        self.calendar.pass_hours(self.chance.uniform(1, 30))
        return Actor(self.chance.randrange(FIRST_USER_ID, HUMAN_USER_ID + 3), "app")

    def _organization(self, name: str, customer: Customer | None = None) -> Record:
        body: Record = {"name": name[:255]}
        if customer is not None:
            street, place = customer.street, customer.place
            body["address"] = {
                "value": f"{street}, {place.postal_code} {place.city}, {place.country}",
                "locality": place.city,
                "postal_code": place.postal_code,
                "country": place.country,
            }
        return self.desk.organizations.create(body, self._actor())

    def _person(self, customer: Customer, org_id: int, *, with_mail: bool) -> Record:
        person = customer.person
        body: Record = {"name": f"{person.first_name} {person.last_name}", "org_id": org_id}
        if with_mail and customer.email is not None:
            body["emails"] = [{"value": customer.email, "primary": True, "label": "work"}]
        body["phones"] = [{"value": customer.phone, "primary": True, "label": "work"}]
        return self.desk.persons.create(body, self._actor())

    def _known(self, customer: Customer) -> Record:
        """An organization of exactly the customer's name, often with a contact."""
        found = self._organization(customer.name, customer)
        if self.chance.random() < 0.6:
            self._person(customer, found["id"], with_mail=self.chance.random() < 0.5)
        return found

    def _twins(self, known: list[Customer]) -> None:
        """A second organization of the same name, which only a person can tell apart."""
        names = Counter(customer.name for customer in self.business.customers)
        for customer in [c for c in known if names[c.name] == 1][-TWINS:]:
            self._organization(customer.name)

    def _known_by_mail(self, customer: Customer) -> None:
        """The customer under another name, to be recognised by its contact's e-mail only."""
        other = f"{customer.person.last_name} {self.chance.choice(('Holding', 'Partners'))}"
        self._person(customer, self._organization(other)["id"], with_mail=True)

    def _deals(self, by_name: dict[int, Record]) -> None:
        """Open deals of known customers: most name a purchase order, some the invoice itself."""
        billed = [bill for bill in self.business.bills if bill.customer in by_name]
        ordered = [bill for bill in billed if bill.order_number][-MOST_DEALS:]
        for bill in ordered:
            self._deal(bill, by_name[bill.customer], f"({bill.order_number})")
        plain = [bill for bill in billed if not bill.order_number]
        for bill in plain[-NAMED_BY_INVOICE:]:
            self._deal(bill, by_name[bill.customer], f"- invoice {bill.number}")
        for org in list(by_name.values())[:3]:
            body = {"title": f"{org['name']} deal"[:255], "org_id": org["id"], "value": 1500.0}
            self.desk.deals.create(body, self._actor())

    def _deal(self, bill: Bill, org: Record, reference: str) -> None:
        worth = sum(line.quantity * line.unit_price for line in bill.lines)
        body: Record = {
            "title": f"{self.chance.choice(_SALES)} {reference}",
            "org_id": org["id"],
            "value": round(float(worth), 2),
            "currency": bill.currency,
        }
        if bill.order_number and self.chance.random() < 0.5:
            body["custom_fields"] = {self._order_field(): bill.order_number}
        self._follow_up(self.desk.deals.create(body, self._actor()), org)

    def _order_field(self) -> str:
        fields = self.desk.account.fields["deal"].custom.values()
        return next(str(f["field_code"]) for f in fields if f["field_name"] == "PO number")

    def _follow_up(self, deal: Record, org: Record) -> None:
        due = (self.calendar.moment + timedelta(days=7)).date().isoformat()
        body = {
            "subject": "Call about the order",
            "type": "call",
            "deal_id": deal["id"],
            "org_id": org["id"],
            "due_date": due,
            "done": self.chance.random() < 0.5,
        }
        self.desk.activities.create(body, self._actor())

    def _product(self, name: str, price: str, service: bool) -> None:
        code = name.upper().replace(",", "").replace(" ", "-")[:20]
        body = {
            "name": name,
            "code": code,
            "unit": "hour" if service else "piece",
            "prices": [{"currency": "USD", "price": float(price)}],
        }
        self.desk.products.create(body, self._actor())
