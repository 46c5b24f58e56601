"""Books are what customers are put together with: documents of the last twelve months and older
ones that are open, which customer stands above which, terms, the company's currency and day.

A query cannot ask for documents of certain customers (their CustomerRef is not among the properties
that filter), so one reading serves all customers. It is made anew once a day; in between the change
feed tells what changed, for one metered call, and polls bring it along for none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ml_connector.core.faults import Refused
from ml_connector.core.money import Money
from ml_connector.core.objects import id_of
from ml_connector.core.wire import Errand
from ml_connector.vendors.quickbooks_online.api import Api, Told, clock_of
from ml_connector.vendors.quickbooks_online.billing import Billing, Documents, billing_of
from ml_connector.vendors.quickbooks_online.documents import (
    CreditMemo,
    Document,
    Invoice,
    Payment,
)
from ml_connector.vendors.quickbooks_online.objects import DELETED, ENTITIES, Customer, listed
from ml_connector.vendors.quickbooks_online.times import year_before

OVERLAP = timedelta(minutes=3)
"""How far before the last answer the feed is asked: whether its border counts is not documented."""

PACIFIC = "America/Los_Angeles"
ALL_NAMES = "Active IN (true, false)"
"""Without it, a query of a list of names shows only active ones."""


BY_ID = "ORDERBY Id"


def everything(day: date) -> tuple[tuple[str, str], ...]:
    """All that counts on that day, as queries (entity, clauses): documents of a year, and of two
    days for the zones, and older invoices with something open."""
    since = (year_before(day) - timedelta(days=2)).isoformat()
    return (
        ("Customer", f"WHERE {ALL_NAMES} {BY_ID}"),
        ("Term", f"WHERE {ALL_NAMES} {BY_ID}"),
        ("Invoice", f"WHERE TxnDate >= '{since}' {BY_ID}"),
        ("Invoice", f"WHERE Balance > '0' AND TxnDate < '{since}' {BY_ID}"),
        ("CreditMemo", f"WHERE TxnDate >= '{since}' {BY_ID}"),
        ("Payment", f"WHERE TxnDate >= '{since}' {BY_ID}"),
    )


@dataclass
class Ledger:
    """What was read, as of `at` by the vendor's clock."""

    at: datetime
    zone: ZoneInfo
    home: str
    terms: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    """Customers that are inactive or gone, whose documents may be another's since."""
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    """By entity and id."""
    read_on: date = date.min

    @property
    def today(self) -> date:
        """The company's day."""
        return self.at.astimezone(self.zone).date()

    def follow(self, told: Told) -> bool:
        """Take over what the feed told; False where all must be read anew: a day has begun, more
        changed than is shown, or a customer left, whose documents may be another's now."""
        has_left = [self.take(entity, rows) for entity, rows in told.rows.items()]
        self.at = told.at
        return not (told.is_full or any(has_left) or self.today != self.read_on)

    def take(self, entity: str, rows: Iterable[Mapping[str, object]]) -> bool:
        """Take rows over; whether a customer left."""
        has_left = False
        for row in rows:
            key = str(row.get("Id"))
            is_gone = row.get("status") == DELETED
            if entity == "Customer":
                has_left |= self._place(key, row, is_gone)
            elif entity == "Term":
                self.terms[key] = str(row.get("Name") or self.terms.get(key, ""))
            elif is_gone:
                self.documents.pop((entity, key), None)
            elif isinstance(record := listed(entity, row), Document):
                self.documents[entity, key] = record
        return has_left

    def _place(self, key: str, row: Mapping[str, object], is_gone: bool) -> bool:
        above = row.get("ParentRef")
        self.parents.pop(key, None)
        if isinstance(above, dict) and above.get("value"):
            self.parents[key] = id_of(above["value"])
        is_left = is_gone or row.get("Active") is False
        has_left = is_left and key not in self.left
        (self.left.add if is_left else self.left.discard)(key)
        return has_left

    def root_of(self, key: str) -> str:
        """The customer at the top of its tree."""
        met = {key}
        while (above := self.parents.get(key)) is not None and above not in met:
            met.add(above)
            key = above
        return key

    def rooted(self, document: Document) -> Document:
        """The document with the root of its customer."""
        root = self.root_of(document.customer_id) if document.customer_id else ""
        return document.model_copy(update={"root_id": root})

    def composed(self, customers: Sequence[Customer]) -> list[Customer | Refused]:
        """The customers with their term's name and what their documents come to.

        Refused for one of whose documents could not be read.
        """
        wanted = {c.id for c in customers}
        own: dict[str, list[Document]] = {key: [] for key in wanted}
        whole: dict[str, list[Document]] = {key: [] for key in wanted}
        for document in self.documents.values():
            if document.customer_id in wanted:
                own[document.customer_id].append(document)
            if document.customer_id and (root := self.root_of(document.customer_id)) in wanted:
                whole[root].append(document)
        return [self._composed(c, own[c.id], whole[c.id]) for c in customers]

    def _composed(
        self, customer: Customer, own: list[Document], whole: list[Document]
    ) -> Customer | Refused:
        broken = [document for document in (*own, *whole) if not document.is_whole]
        if broken:
            name = f"{type(broken[0]).__name__} {broken[0].id}"
            return Refused(f"{name} of this customer cannot be read, so its billing is not known.")
        currency = customer.currency or self.home
        together = customer.balance_with_jobs
        balances = (customer.balance, customer.balance if together is None else together)
        one, all_ = (
            self._billing(papers, Money(balance, currency))
            for papers, balance in zip((own, whole), balances, strict=True)
        )
        update = {
            "root_id": self.root_of(customer.id),
            "term": self.terms.get(customer.term_id or "", ""),
            "currency": currency,
            "own": one,
            "whole": one if customer.is_job else all_,
        }
        return customer.model_copy(update=update)

    def _billing(self, papers: Sequence[Document], balance: Money) -> Billing:
        documents = Documents(
            [d for d in papers if isinstance(d, Invoice)],
            [d for d in papers if isinstance(d, CreditMemo)],
            [d for d in papers if isinstance(d, Payment)],
        )
        return billing_of(documents, balance, self.home, self.today)


class Books:
    """Keeps one company's ledger, and brings it up to date for whoever asks."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ledger: Ledger | None = None
        self._lock = asyncio.Lock()
        self._begun = 0

    async def known(self, errand: Errand) -> Ledger:
        """The ledger as it was last read, which is soon enough for what a listing shows."""
        return self._ledger or await self.fresh(errand)

    async def fresh(self, errand: Errand) -> Ledger:
        """The ledger as of now. Several that ask together share a reading that began after."""
        asked = self._begun
        async with self._lock:
            if self._ledger is None or self._begun <= asked:
                self._begun += 1
                self._ledger = await self._brought_up(errand) or await self._read(errand)
            return self._ledger

    def follow(self, since: datetime, told: Told) -> None:
        """A poll has asked the feed: what it told is taken over, where nothing lies between."""
        if self._ledger is not None and since <= self._ledger.at and not self._ledger.follow(told):
            self._ledger = None

    async def _brought_up(self, errand: Errand) -> Ledger | None:
        """What there is with what changed since; None where all must be read anew."""
        ledger = self._ledger
        if ledger is None:
            return None
        try:
            told = await self._api.changes(tuple(ENTITIES), ledger.at - OVERLAP, errand)
        except Refused:
            return None  # older than the feed reaches back
        return ledger if ledger.follow(told) else None

    async def _read(self, errand: Errand) -> Ledger:
        """All of it. The clock is that of the first answer, so that nothing is missed."""
        company = await self._api.get(f"companyinfo/{self._api.realm}", errand)
        preferences = await self._api.get("preferences", errand)
        left = self._ledger.left if self._ledger is not None else set[str]()
        ledger = Ledger(clock_of(company), _zone_of(company), _home_of(preferences), left=left)
        ledger.read_on = ledger.today
        for entity, clauses in everything(ledger.today):
            ledger.take(entity, [row async for row in self._api.rows(entity, clauses, errand)])
        return ledger


def _zone_of(body: Mapping[str, object]) -> ZoneInfo:
    company = body.get("CompanyInfo")
    told = company.get("DefaultTimeZone") if isinstance(company, dict) else None
    try:
        return ZoneInfo(str(told or PACIFIC))
    except (KeyError, ValueError, OSError):
        return ZoneInfo(PACIFIC)


def _home_of(body: Mapping[str, object]) -> str:
    """The company's currency; the dollar where it does not tell one, being of one currency."""
    preferences = body.get("Preferences")
    told = preferences.get("CurrencyPrefs") if isinstance(preferences, dict) else None
    home = told.get("HomeCurrency") if isinstance(told, dict) else None
    return str(home.get("value") or "USD") if isinstance(home, dict) else "USD"
