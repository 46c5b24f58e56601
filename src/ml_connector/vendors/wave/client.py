"""The client of Wave: reads customers and invoices of one business. It declares no writes.

Wave could be written to, its invoices too; keeping it read-only is a choice of this product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ml_connector.core.faults import NeedsPerson, Refused, Unreachable
from ml_connector.core.objects import Identity, SourceModel, SourceObject, SourcePage, id_of
from ml_connector.core.values import Values
from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Request, Response, Wire
from ml_connector.vendors.wave import documents
from ml_connector.vendors.wave.business import choose_business, describe
from ml_connector.vendors.wave.cursor import Seen, Window
from ml_connector.vendors.wave.envelope import NOT_FOUND, Envelope, read_envelope
from ml_connector.vendors.wave.faults import NotFound
from ml_connector.vendors.wave.ids import parts
from ml_connector.vendors.wave.listing import Listing, Node, listed, parsed
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES, Customer, Invoice
from ml_connector.vendors.wave.statements import (
    PAYMENTS,
    STATEMENTS,
    Statement,
    invoice_of,
    looked_at,
    payments_of,
)

PATH = "/graphql/public"

_DOCUMENTS = {CUSTOMERS.name: documents.OF_CUSTOMERS, INVOICES.name: documents.OF_INVOICES}


class WaveClient:
    """Reads for one connection. Implements `core.vendor.SourceClient`."""

    def __init__(self, wire: Wire, facts: ConnectionFacts) -> None:
        self._wire = wire
        self._wanted = facts.settings.get("business_id") or facts.account
        self._business = facts.account
        self._open: set[str] = set()

    async def identify(self, errand: Errand) -> Identity:
        """The business of this connection. Raises NeedsPerson where it is not clear which."""
        variables: Values = {"size": documents.PAGE_SIZE}
        if parts(self._wanted):
            variables["business"] = self._wanted
        envelope, _ = await self._ask(documents.IDENTITY, variables, errand)
        business = choose_business(envelope.data, self._wanted)
        self._business = id_of(business["id"])
        return describe(business, envelope.data)

    async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
        """One page of changed records; invoices come without their payments."""
        window = Window.of(cursor)
        asked = {**window.arguments, "size": documents.PAGE_SIZE}
        document = _DOCUMENTS[obj.name].changes()
        envelope, response = await self._ask_business(document, asked, errand)
        listing = Listing(envelope)
        records = tuple(listed(obj, node, self._business) for node in listing.nodes)
        moments = [record.changed_at() for record in records]
        following, more = window.then(Seen(moments, listing.total, listing.has_next))
        return SourcePage(records, following, more, response.answered_at)

    async def read(
        self, obj: SourceObject, keys: Sequence[str], errand: Errand
    ) -> dict[str, SourceModel | None]:
        """The records as they are now, invoices with payments; None where Wave has no such id."""
        if not keys:
            return {}
        if obj is PAYMENTS:
            ids = list(dict.fromkeys(map(invoice_of, keys)))
            return payments_of(keys, await self.read(INVOICES, ids, errand))
        if obj is STATEMENTS:
            return await self._statements(keys, errand)
        asked: Values = {f"k{i}": key for i, key in enumerate(keys)}
        document = _DOCUMENTS[obj.name].several(len(keys))
        envelope, _ = await self._ask_business(document, asked, errand)
        aliases = {key: documents.alias_of(i) for i, key in enumerate(keys)}
        return {key: self._single(obj, key, alias, envelope) for key, alias in aliases.items()}

    async def _statements(
        self, keys: Sequence[str], errand: Errand
    ) -> dict[str, SourceModel | None]:
        """Each customer with all invoices; one listing a customer, for Wave lists by one only."""
        found = await self.read(CUSTOMERS, keys, errand)
        for key, customer in found.items():
            if not isinstance(customer, Customer):
                continue
            asked: Values = {"customer": key}
            nodes = await self._all(documents.CUSTOMER_INVOICES, asked, errand)
            listed = [parsed(INVOICES, node, self._business) for node in nodes]
            invoices = [i for i in listed if isinstance(i, Invoice)]
            single = await self.read(INVOICES, looked_at(invoices), errand)
            paid = tuple(i for i in single.values() if isinstance(i, Invoice))
            found[key] = Statement(customer=customer, invoices=tuple(invoices), paid=paid)
        return found

    async def open_keys(self, obj: SourceObject, errand: Errand) -> list[SourceModel]:
        """Open invoices, each once, without payments, and those that were open at the last look and
        are so no more. A customer has no such state."""
        if obj.name != INVOICES.name:
            return []
        found: dict[str, SourceModel] = {}
        for status in documents.OPEN_STATUSES:
            for node in await self._all(documents.OPEN_INVOICES, {"status": status}, errand):
                record = listed(obj, node, self._business)
                found[record.key()] = record
        left, self._open = sorted(self._open - found.keys()), set(found)
        for start in range(0, len(left), obj.read_batch):
            read = await self.read(obj, left[start : start + obj.read_batch], errand)
            found |= {  # as a listing would show it, else it were news there again
                key: record.model_copy(update={"payments": None})
                for key, record in read.items()
                if record is not None
            }
        return list(found.values())

    async def all_keys(self, obj: SourceObject, errand: Errand) -> Mapping[str, SourceModel | None]:
        """Every id, those of archived customers too. Invoices come as a listing shows them, for
        whether a payment of one that is paid moves its change stamp is not known."""
        document = _DOCUMENTS[obj.name]
        if obj.name != INVOICES.name:
            nodes = await self._all(document.ids(), {}, errand)
            return {id_of(node["id"]): None for node in nodes}
        nodes = await self._all(document.everything(), {}, errand)
        records = [listed(obj, node, self._business) for node in nodes]
        return {record.key(): record for record in records}

    async def _all(self, document: str, variables: Values, errand: Errand) -> list[Node]:
        """The nodes of all pages."""
        nodes: list[Node] = []
        page = 1
        while True:
            asked: Values = {**variables, "page": page, "size": documents.PAGE_SIZE}
            envelope, _ = await self._ask_business(document, asked, errand)
            listing = Listing(envelope)
            nodes.extend(listing.nodes)
            if not listing.has_next:
                return nodes
            page += 1

    def _single(
        self, obj: SourceObject, key: str, alias: str, envelope: Envelope
    ) -> SourceModel | None:
        """One alias of a batch; None where Wave says so of this very id.

        Raises Refused where something inside the record was not found, for half a record would
        empty fields at the target, or where an error does not say which record it speaks of.
        """
        for trouble in envelope.troubles:
            is_inside = trouble.path[:2] == ("business", alias) and len(trouble.path) > 2
            if is_inside or len(trouble.path) < 2:
                raise Refused(f"Wave's {obj.label} {key} cannot be read. {trouble.sentence}")
        node = envelope.data["business"].get(alias)
        return parsed(obj, node, self._business) if isinstance(node, dict) else None

    async def _ask_business(
        self, document: str, variables: Values, errand: Errand
    ) -> tuple[Envelope, Response]:
        """An answer that surely speaks of our business. Raises NeedsPerson where it is closed."""
        if not self._business:
            await self.identify(errand)
        asked: Values = {**variables, "business": self._business}
        envelope, response = await self._ask(document, asked, errand)
        if isinstance(envelope.data.get("business"), dict):
            return envelope, response
        for trouble in envelope.troubles:
            if trouble.code == NOT_FOUND:
                raise NeedsPerson(f"{trouble.sentence} Was it closed, or the grant withdrawn?")
        raise Unreachable("Wave's answer does not speak of the business.")

    async def _ask(
        self, document: str, variables: Values, errand: Errand
    ) -> tuple[Envelope, Response]:
        body = {"query": document, "variables": variables}
        try:
            response = await self._wire.send(Request("POST", PATH, json=body), errand)
        except NotFound as fault:
            response = fault.response
        envelope = read_envelope(response)
        if envelope is None:
            raise Unreachable("Wave's answer is not JSON.")
        return envelope, response
