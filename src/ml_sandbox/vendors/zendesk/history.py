"""The history is what people have put into the account before anybody connected it.

Drawn from the cast that all vendors share: customers that are organizations here already, by
exactly their name or in capitals, contacts without one, an address that is an agent's, tickets.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ml_sandbox.business.cast import Business, Customer

from .account import ADMIN, Account, Actor
from .desk import Desk
from .tables import Record

AGE = timedelta(days=3 * 365)
KNOWN_SHARE = 0.35
BY_MAIL_SHARE = 0.1
#: However large the cast is, the account stays one that a small firm has.
MOST_KNOWN, MOST_TICKETS = 5_000, 5_000
#: From here on the cast has no peculiar customers left, so these may play the parts below.
_PLAIN_FROM = 13
_STRANGERS = ("Aldergate Brewing", "Blackwater Marine Ltd", "Fenwick Robotics Group")
_SUBJECTS = (
    "Invoice question", "Cannot open the attachment", "Change of address", "Où est ma commande ?",
    "Please call back", "Login does not work", "Copy of last month's invoice",
)  # fmt: skip


def move_in(desk: Desk, business: Business, chance: random.Random) -> None:
    """Fills the account; the records are dated over the years before now."""
    with _dated(desk.account) as calendar:
        _Movers(desk, business, chance, calendar).work()


class _Calendar:
    """The account's clock while history is written: it runs towards now and never reaches it."""

    def __init__(self, now: datetime) -> None:
        self.end = now - timedelta(minutes=5)
        self.moment = now - AGE

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, share: float) -> None:
        """A share of what is left goes by."""
        left = (self.end - self.moment).total_seconds()
        self.moment += timedelta(seconds=int(left * share))


@contextmanager
def _dated(account: Account) -> Iterator[_Calendar]:
    present = account.now
    calendar = _Calendar(present())
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
        self.actor = Actor(desk.account.owner_id, ADMIN, over_api=False)
        self._steps = 40 + len(business.customers) + len(business.bills) // 4

    def _pause(self) -> None:
        self.calendar.pass_time(self.chance.uniform(0.2, 1.8) / self._steps)

    def work(self) -> None:
        for number, name in enumerate(_STRANGERS):
            self._organization(name, external_id=f"crm-{number + 1:05d}")
        living = [c for c in self.business.customers if not c.archived]
        drawn = [c for c in living if self.chance.random() < KNOWN_SHARE]
        known = (drawn or living[:1])[:MOST_KNOWN]
        organizations = {c.number: self._known(c) for c in known}
        taken = set(organizations)
        plain = [c for c in living if c.number not in taken and c.email]
        self._agent_with_a_customers_mail([c for c in plain if c.number >= _PLAIN_FROM][:1])
        for customer in plain[1:]:
            if self.chance.random() < BY_MAIL_SHARE:
                self._contact(customer, None)
        self._in_two([r for r in organizations.values() if r is not None])
        self._tickets()

    def _organization(self, name: str, **more: object) -> Record | None:
        """None where the name is taken: twins of the cast are one organization here."""
        self._pause()
        if self.desk.organizations.with_name(name):
            return None
        return self.desk.organizations.create({"name": name, **more}, self.actor, [])

    def _known(self, customer: Customer) -> Record | None:
        """Of exactly the customer's name, or in capitals; some with domain, fields and contacts."""
        name = customer.name.upper() if self.chance.random() < 0.1 else customer.name
        more: Record = {}
        if self.chance.random() < 0.3:
            more["organization_fields"] = {"region": self.chance.choice(("north", "south"))}
        if customer.website and self.chance.random() < 0.5:
            more["domain_names"] = [customer.website.removeprefix("https://")]
        if self.chance.random() < 0.4:
            more["details"] = f"{customer.street}, {customer.place.city}"
        if self.chance.random() < 0.15:
            more["external_id"] = f"crm-{customer.number + 1000:05d}"
        if self.chance.random() < 0.2:
            more["notes"] = "Prefers to be called in the morning."
        made = self._organization(name, **more)
        if made is not None and self.chance.random() < 0.7:
            self._contact(customer, made["id"])
        return made

    def _contact(self, customer: Customer, organization_id: int | None) -> Record | None:
        """A person of the customer's; the address may be known here already, or be missing."""
        self._pause()
        person = customer.person
        given: Record = {"name": f"{person.first_name} {person.last_name}"}
        if organization_id is not None:
            given["organization_id"] = organization_id
        if customer.email and self.desk.identities.owner_of(customer.email) is None:
            given["email"] = customer.email
        elif organization_id is None:
            return None
        if self.chance.random() < 0.5:
            given["phone"] = customer.phone
        made = self.desk.users.create(given, self.actor, [])
        if self.chance.random() < 0.15 and customer.email:
            second = f"private.{made['id'] % 10_000}@mail.example"
            self.desk.identities.put(made["id"], "email", second, verified=True)
        if self.chance.random() < 0.04:
            self.desk.users.update(made["id"], {"suspended": True}, self.actor, [])
        return made

    def _agent_with_a_customers_mail(self, customers: list[Customer]) -> None:
        """Somebody who works here is known to the accounts under his own address."""
        for customer in customers:
            self._pause()
            person = customer.person
            given = {
                "name": f"{person.first_name} {person.last_name}",
                "email": customer.email,
                "role": "agent",
                "verified": True,
            }
            self.desk.users.create(given, self.actor, [])

    def _in_two(self, organizations: list[Record]) -> None:
        """One contact belongs to two organizations."""
        if len(organizations) < 2:
            return
        first, second = organizations[0], organizations[-1]
        person = {"name": "Imran Holloway", "email": "imran@holloway-advisers.example"}
        given = {**person, "organization_id": first["id"]}
        user = self.desk.users.create(given, self.actor, [])
        self.desk.memberships.join(user["id"], second["id"], default=False)

    def _tickets(self) -> None:
        """Over the years, some of people without an organization."""
        people = [u for u in self.desk.account.tables["users"].living() if u["role"] == "end-user"]
        if not people:
            return
        for _ in range(min(MOST_TICKETS, 6 + len(self.business.bills) // 4)):
            self._pause()
            requester = self.chance.choice(people)
            subject = self.chance.choice(_SUBJECTS)
            given: Record = {
                "subject": subject,
                "comment": {"body": f"{subject}.", "author_id": requester["id"]},
                "requester_id": requester["id"],
                "status": self.chance.choice(("new", "open", "pending", "solved", "solved")),
                "priority": self.chance.choice((None, "normal", "high")),
            }
            self.desk.tickets.create(given, self.actor, [])
