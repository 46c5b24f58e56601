"""The client of FreshBooks: reads clients, invoices and payments of one business.

It writes no record; the only writes are those of its own callbacks. Invoices could be written,
their status 0 to 3 too; keeping them read-only is a choice of this product.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from ml_connector.core.faults import Missing
from ml_connector.core.limits import Price
from ml_connector.core.objects import Identity, SourceModel, SourceObject, SourcePage, id_of
from ml_connector.core.values import Values
from ml_connector.core.vendor import ConnectionFacts, Handshake, Subscription
from ml_connector.core.wire import Errand, Request, Response, Wire
from ml_connector.vendors.freshbooks.business import businesses_of, choose_business, describe
from ml_connector.vendors.freshbooks.callbacks import Callbacks
from ml_connector.vendors.freshbooks.limits import IDENTITY
from ml_connector.vendors.freshbooks.listing import (
    PER_PAGE,
    Listing,
    Row,
    listed,
    listing_of,
    parsed,
    result_of,
)
from ml_connector.vendors.freshbooks.objects import (
    CLIENTS,
    DELETED,
    INVOICES,
    PAYMENTS,
    Glimpse,
    Invoice,
)
from ml_connector.vendors.freshbooks.scan import Scan

IDENTITY_PATH = "/auth/api/v1/users/me"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an object stands: its path, its name in an answer, the filter that takes ids."""

    path: str
    one: str
    ids: str
    include: str = ""


_PLACES = {
    CLIENTS.name: _Place("users/clients", "client", "userids"),
    INVOICES.name: _Place("invoices/invoices", "invoice", "invoiceids", "lines"),
    PAYMENTS.name: _Place("payments/payments", "payment", "logids"),
}


class FreshBooksClient:
    """For one connection. Implements `core.vendor.SourceClient` and `ConfirmingClient`."""

    subscribe_tokens = 0
    unsubscribe_tokens = 0

    def __init__(self, wire: Wire, facts: ConnectionFacts) -> None:
        self._wire = wire
        self._wanted = facts.settings.get("account_id") or facts.account
        self._account = facts.account or self._wanted

    async def identify(self, errand: Errand) -> Identity:
        """The business of this connection. Raises Mistake where it is not clear which."""
        request = Request("GET", IDENTITY_PATH, price=Price(kind=IDENTITY))
        me, found = businesses_of((await self._wire.send(request, errand)).json())
        business = choose_business(found, self._wanted)
        self._account = id_of(business["account_id"])
        return describe(me, business, len(found))

    async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
        """One page of what changed; invoices come without their lines. See `Scan`."""
        scan = Scan.of(cursor)
        listing = await self._page(obj, scan.search, scan.page, errand)
        records = [listed(obj, row, listing.at) for row in listing.rows]
        moments = [r.changed_at() for r in records if not isinstance(r, Glimpse)]
        following, more = scan.then(listing, moments)
        gone = tuple(
            (obj.name, record.key())
            for record in records
            if record.is_deleted and not scan.is_told(record.changed_at())
        )
        there = tuple(record for record in records if not record.is_deleted)
        return SourcePage(there, following, more, listing.at, gone)

    async def read(
        self, obj: SourceObject, keys: Sequence[str], errand: Errand
    ) -> dict[str, SourceModel | None]:
        """The records as they are now; None where FreshBooks says that this id is deleted.

        A listing by ids leaves deleted ones out, and would show anything if its filter were not
        known: only rows that were asked for count, and each missing id is read by itself.
        """
        known = [key for key in keys if key.isascii() and key.isdecimal()]
        found: dict[str, SourceModel | None] = dict.fromkeys(keys)
        shown: dict[str, SourceModel] = {}
        if len(known) > 1:
            place = _PLACES[obj.name]
            asked = [(f"search[{place.ids}][]", key) for key in known]
            listing = await self._listing(obj, [*asked, *_included(place)], 1, errand)
            rows = {str(row.get("id")): row for row in listing.rows}
            shown = {k: parsed(obj, rows[k], listing.at) for k in known if _is_there(rows.get(k))}
        for key in known:
            found[key] = shown[key] if key in shown else await self._read_one(obj, key, errand)
        return found

    async def open_keys(self, obj: SourceObject, errand: Errand) -> list[SourceModel]:
        """Invoices with something open, whose day may have come. Others have no such state."""
        if obj.name != INVOICES.name:
            return []
        found: dict[str, SourceModel] = {}
        async for listing in self._pages(obj, {"outstanding": "true"}, errand):
            for row in listing.rows:
                record = listed(obj, row, listing.at)
                if isinstance(record, Invoice) and record.is_open and not record.is_deleted:
                    found[record.key()] = record
        return list(found.values())

    async def all_keys(self, obj: SourceObject, errand: Errand) -> dict[str, None]:
        """Every id, those of archived records too; deleted ones are in no plain listing."""
        found: dict[str, None] = {}
        async for listing in self._pages(obj, {}, errand):
            found |= {id_of(row["id"]): None for row in listing.rows if _is_there(row)}
        return found

    async def subscriptions(self, errand: Errand) -> list[Subscription]:
        """Every callback of the business that this app sees."""
        return await (await self._callbacks(errand)).list(errand)

    async def subscribe(
        self, event: str, url: str, secrets: Mapping[str, str], errand: Errand
    ) -> Subscription:
        """`event` is a noun such as `invoice`. It counts once it is confirmed."""
        return await (await self._callbacks(errand)).create(event, url, errand)

    async def unsubscribe(self, id: str, errand: Errand) -> None:
        """Raises Missing where it is gone already."""
        await (await self._callbacks(errand)).delete(id, errand)

    async def confirm(self, handshake: Handshake, errand: Errand) -> None:
        """Raises Refused where the code is wrong."""
        await (await self._callbacks(errand)).confirm(handshake, errand)

    async def introduce_again(self, id: str, errand: Errand) -> None:
        """Ask for the code once more; whether it is a new one is not documented."""
        await (await self._callbacks(errand)).resend(id, errand)

    async def _callbacks(self, errand: Errand) -> Callbacks:
        return Callbacks(self._wire, await self._known_account(errand))

    async def _known_account(self, errand: Errand) -> str:
        if not self._account:
            await self.identify(errand)
        return self._account

    async def _read_one(self, obj: SourceObject, key: str, errand: Errand) -> SourceModel | None:
        """By its own address. A deleted one is shown there, or refused: which is not documented."""
        place = _PLACES[obj.name]
        try:
            response = await self._get(f"{place.path}/{key}", _included(place), errand)
        except Missing:
            return None
        row = result_of(response).get(place.one)
        if not isinstance(row, dict) or not _is_there(row):
            return None
        return parsed(obj, row, response.answered_at)

    async def _pages(
        self, obj: SourceObject, search: Mapping[str, str], errand: Errand
    ) -> AsyncIterator[Listing]:
        """All pages; one that slid back by what left is read again, as a scan does."""
        scan = Scan()
        more = True
        while more:
            listing = await self._page(obj, search, scan.page, errand)
            yield listing
            following, more = scan.then(listing, ())
            scan = Scan.of(following)

    async def _page(
        self, obj: SourceObject, search: Mapping[str, str], page: int, errand: Errand
    ) -> Listing:
        asked = [(f"search[{name}]", value) for name, value in search.items()]
        return await self._listing(obj, asked, page, errand)

    async def _listing(
        self, obj: SourceObject, asked: Sequence[tuple[str, str]], page: int, errand: Errand
    ) -> Listing:
        pairs = [*asked, ("page", str(page)), ("per_page", str(PER_PAGE))]
        response = await self._get(_PLACES[obj.name].path, pairs, errand)
        return listing_of(response, obj.name, page)

    async def _get(self, path: str, pairs: Sequence[tuple[str, str]], errand: Errand) -> Response:
        """Names may repeat in FreshBooks' queries, so the whole of it stands in the address."""
        account = await self._known_account(errand)
        query = f"?{urlencode(pairs)}" if pairs else ""
        return await self._wire.send(
            Request("GET", f"/accounting/account/{account}/{path}{query}"), errand
        )


def _included(place: _Place) -> list[tuple[str, str]]:
    return [("include[]", place.include)] if place.include else []


def _is_there(row: Row | None) -> bool:
    return row is not None and row.get("vis_state") != DELETED
