"""The client of QuickBooks Online: reads the customers of one company, and what speaks for them.

It writes nothing: the flow is one-way, and there is no scope for reading alone, so this is a
promise of ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.core.faults import Missing, Refused
from ml_connector.core.objects import Identity, SourceModel, SourceObject, SourcePage, id_of
from ml_connector.core.values import Values
from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Wire
from ml_connector.vendors.quickbooks_online.api import Api, Row, Told, quoted
from ml_connector.vendors.quickbooks_online.books import (
    ALL_NAMES,
    BY_ID,
    OVERLAP,
    Books,
    Ledger,
)
from ml_connector.vendors.quickbooks_online.documents import Document, Record
from ml_connector.vendors.quickbooks_online.objects import (
    CUSTOMERS,
    DELETED,
    ENTITIES,
    Customer,
    Glimpse,
    listed,
    parsed,
)
from ml_connector.vendors.quickbooks_online.scan import NAMES, REACH, Scan

_ENTITY_OF = {obj.name: entity for entity, obj in ENTITIES.items()}


class QuickBooksClient:
    """For one connection. Implements `core.vendor.SourceClient`."""

    def __init__(self, wire: Wire, facts: ConnectionFacts) -> None:
        self._facts = facts
        self._api = Api(wire, facts.settings.get("realm_id") or facts.account)
        self._books = Books(self._api)

    async def identify(self, errand: Errand) -> Identity:
        """The company of this connection."""
        realm = self._api.realm
        company = (await self._api.get(f"companyinfo/{realm}", errand)).get("CompanyInfo") or {}
        name = str(company.get("CompanyName") or company.get("LegalName") or realm)
        return Identity(
            account=realm,
            name=name,
            detail={
                "company": name,
                "realm_id": realm,
                "environment": self._facts.settings.get("environment") or "production",
                "country": str(company.get("Country") or ""),
                "time_zone": str(company.get("DefaultTimeZone") or ""),
            },
        )

    async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
        """What changed of customers, documents and terms. See `Scan`."""
        scan = Scan.of(cursor)
        page = await self._feed(scan, errand) if scan.step is None else None
        if page is not None:
            return page
        return await self._query(scan if scan.step is not None else Scan(step=0), errand)

    async def read(
        self, obj: SourceObject, keys: Sequence[str], errand: Errand
    ) -> dict[str, SourceModel | None]:
        """The records as they are now; None where QuickBooks says of this id that it is not there.

        A listing by ids leaves out what is gone: each id that it lacks is read by itself.
        """
        entity = _ENTITY_OF[obj.name]
        ledger = await self._books.fresh(errand)
        rows = await self._rows(entity, keys, errand)
        for key in keys:
            if key not in rows:
                row = await self._row(entity, key, errand)
                rows |= {key: row} if row is not None else {}
        records = [parsed(entity, row) for row in rows.values()]
        found: dict[str, SourceModel | None] = dict.fromkeys(keys)
        for record in _composed(ledger, records):
            if isinstance(record, Refused):
                raise record
            found[record.key()] = record
        return found

    async def open_keys(self, obj: SourceObject, errand: Errand) -> list[SourceModel]:
        """Customers that may turn while nothing tells of it: their billing with the calendar or a
        balance, their terms with another name for them. The others keep to the poll's cadence."""
        if obj.name != CUSTOMERS.name:
            return []
        ledger = await self._books.fresh(errand)
        clauses = f"WHERE {ALL_NAMES} {BY_ID}"
        rows = [row async for row in self._api.rows("Customer", clauses, errand)]
        composed = _composed(ledger, [listed("Customer", row) for row in rows])
        return [r for r in composed if isinstance(r, Customer) and _may_turn(r)]

    async def all_keys(self, obj: SourceObject, errand: Errand) -> dict[str, None]:
        """Every id, those of inactive ones too."""
        entity = _ENTITY_OF[obj.name]
        clauses = f"WHERE {ALL_NAMES} {BY_ID}" if entity in NAMES else BY_ID
        return {id_of(row["Id"]): None async for row in self._api.rows(entity, clauses, errand)}

    # --- listing ---

    async def _feed(self, scan: Scan, errand: Errand) -> SourcePage | None:
        """What the feed tells since the mark; None where it does not look back so far."""
        if scan.mark is None:
            return None
        since = scan.mark - OVERLAP
        try:
            told = await self._api.changes(tuple(ENTITIES), since, errand)
        except Refused:
            return None  # it is asked in the same words always, but for the moment
        if told.at - since > REACH:
            return None
        self._books.follow(since, told)
        records, gone = await self._shown(told, errand)
        if told.is_full:
            following = Scan(told.at, scan.mark, step=0)
            return SourcePage(records, following.cursor, True, told.at, gone)
        return SourcePage(records, Scan(told.at).cursor, False, told.at, gone)

    async def _query(self, scan: Scan, errand: Errand) -> SourcePage:
        entity, clauses = scan.query()
        rows, following, at = await self._api.page(entity, clauses, scan.start, errand)
        records, gone = await self._shown(Told({entity: rows}, at), errand)
        then = scan.then(following, at)
        return SourcePage(records, then.cursor, then.step is not None, at, gone)

    async def _shown(
        self, told: Told, errand: Errand
    ) -> tuple[tuple[SourceModel, ...], tuple[tuple[str, str], ...]]:
        """The records, put together, and what is gone. A quiet answer needs no books."""
        there: list[Record] = []
        gone: list[tuple[str, str]] = []
        for entity, rows in told.rows.items():
            for row in rows:
                if row.get("status") == DELETED:
                    gone.append((ENTITIES[entity].name, str(row.get("Id"))))
                else:
                    there.append(listed(entity, row))
        if not there:
            return (), tuple(gone)
        composed = _composed(await self._books.known(errand), there)
        shown = (
            _glimpse(record) if isinstance(one, Refused) else one
            for record, one in zip(there, composed, strict=True)
        )
        return tuple(shown), tuple(gone)

    async def _rows(self, entity: str, keys: Sequence[str], errand: Errand) -> dict[str, Row]:
        active = f" AND {ALL_NAMES}" if entity in NAMES else ""
        clauses = f"WHERE Id IN ({quoted(keys)}){active} {BY_ID}"
        rows, _, _ = await self._api.page(entity, clauses, 1, errand)
        return {str(row.get("Id")): row for row in rows if str(row.get("Id")) in keys}

    async def _row(self, entity: str, key: str, errand: Errand) -> Row | None:
        if not key.isalnum():
            return None
        try:
            body = await self._api.get(f"{entity.lower()}/{key}", errand)
        except Missing:
            return None
        row = body.get(entity)
        return row if isinstance(row, dict) and row.get("status") != DELETED else None


def _composed(ledger: Ledger, records: Sequence[Record]) -> list[Record | Refused]:
    """Each record put together with the books, in the same order."""
    customers = [record for record in records if isinstance(record, Customer)]
    whole = dict(zip((c.id for c in customers), ledger.composed(customers), strict=True))
    return [
        whole[record.id]
        if isinstance(record, Customer)
        else ledger.rooted(record)
        if isinstance(record, Document)
        else record
        for record in records
    ]


def _glimpse(record: Record) -> Record:
    return Glimpse.model_validate(record.model_dump(include={"id", "sync_token", "updated"}))


def _may_turn(customer: Customer) -> bool:
    bills = [bill for bill in (customer.own, customer.whole) if bill is not None]
    is_billed = any(b.balance.amount or b.open_invoices or b.invoiced.amount for b in bills)
    return is_billed or customer.term_id is not None
