"""The client of Acumatica: reads what a ledger knows, writes customers, contacts and documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import overload
from urllib.parse import urlsplit

from ml_connector.core.faults import Fault, Mistake, NeedsPerson, Refused, UnknownOutcome
from ml_connector.core.objects import (
    Identity,
    Page,
    SetupItem,
    SourceModel,
    SourceObject,
    SourcePage,
    TargetObject,
    TargetRecord,
)
from ml_connector.core.values import Values
from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Wire
from ml_connector.vendors.acumatica.api import Api
from ml_connector.vendors.acumatica.entities import CUSTOMER, SALES_INVOICE, Entity
from ml_connector.vendors.acumatica.moments import text_of
from ml_connector.vendors.acumatica.objects import SALES_INVOICES
from ml_connector.vendors.acumatica.reading import ENTITIES as SOURCE_ENTITIES
from ml_connector.vendors.acumatica.reading import Reading
from ml_connector.vendors.acumatica.targets import (
    ACTION,
    ENTITIES,
    LINES,
    line_paths,
    record_of,
    to_wire,
)
from ml_connector.vendors.acumatica.values import plain, value_at, wrapped
from ml_connector.vendors.acumatica.windows import OVERLAP, Window


class AcumaticaClient:
    """For one connection. Implements `core.vendor.SourceClient` and `core.vendor.TargetClient`."""

    def __init__(self, wire: Wire, facts: ConnectionFacts) -> None:
        self._api = Api(wire, facts.settings)
        self._reading = Reading(self._api)
        self._settings = facts.settings

    async def identify(self, errand: Errand) -> Identity:
        """The instance and its tenant; raises NeedsPerson where something has to be set first.

        The list of endpoints needs no token, so a customer is asked for too.
        """
        tenant = self._settings.get("tenant", "")
        if not tenant:
            raise NeedsPerson(
                "One address may hold several tenants: say --set tenant=…, the name that stands "
                "behind the @ of the client id."
            )
        build, served = await self._api.served(errand)
        await self._api.listing(CUSTOMER, "", errand, limit=1)
        if self._settings.get("direct_invoices") == "yes":
            await self._api.listing(SALES_INVOICE, "", errand, limit=1)
        detail: Values = {
            "tenant": tenant,
            "endpoint_version": self._api.version,
            "endpoint_versions": ", ".join(served),
            "build": build,
        }
        base = urlsplit(self._settings.get("base_url", ""))
        place = f"{base.netloc}{base.path.rstrip('/')}".lower().replace(":", "_")
        return Identity(f"{place}@{tenant}", f"{tenant} at {base.netloc}", detail)

    # --- as a source ----------------------------------------------------------------------------

    async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
        """One window of one entity; the entities of an object are read in turn."""
        entities = self._reading.polled(obj)
        turn = int(str(cursor.get("turn", 0)))
        entity = entities[turn]
        window = Window.of(cursor.get(entity.name))
        listing = await self._api.listing(
            entity,
            window.filter(entity.stamp, entity.number),
            errand,
            window.limit,
            self._reading.beside(obj, entity),
        )
        following = window.then([entity.placed(row) for row in listing.rows])
        rows = listing.rows if window.is_whole(listing.rows) else ()
        told = [(entity, row) for row in rows]
        records = await self._reading.records(
            obj, told, errand, is_first=window.is_first, is_listing=True
        )
        turn = (turn + following.is_at_rest) % len(entities)
        at: Values = {**cursor, entity.name: following.cursor, "turn": turn}
        more = not following.is_at_rest or turn > 0
        return SourcePage(tuple(records), at, more, listing.read_at)

    @overload
    async def read(
        self, obj: SourceObject, keys: Sequence[str], errand: Errand, /
    ) -> dict[str, SourceModel | None]: ...

    @overload
    async def read(
        self, obj: TargetObject, ids: Sequence[str], errand: Errand, /
    ) -> dict[str, TargetRecord]: ...

    async def read(
        self, obj: SourceObject | TargetObject, keys: Sequence[str], errand: Errand, /
    ) -> dict[str, SourceModel | None] | dict[str, TargetRecord]:
        """As either side asks; what is not there is None for a source, and absent for a target."""
        if isinstance(obj, TargetObject):
            entity = ENTITIES[obj.name]
            there = await self._reading.found([entity], keys, line_paths(obj), errand)
            return {key: record_of(obj, row) for key, (_, row) in there.items()}
        own = SOURCE_ENTITIES[obj.name]
        rows = await self._reading.found(own, keys, self._reading.beside(obj, own[0]), errand)
        records = await self._reading.records(obj, rows.values(), errand)
        none: dict[str, SourceModel | None] = dict.fromkeys(keys)
        return none | {record.key(): record for record in records}

    async def open_keys(self, obj: SourceObject, errand: Errand) -> list[SourceModel]:
        """Open invoices: whether a payment moves an invoice's stamp is not documented."""
        if obj.name != SALES_INVOICES.name:
            return []
        extra = self._reading.beside(obj, SALES_INVOICE)
        listing = await self._api.listing(SALES_INVOICE, "Balance gt 0M", errand, extra=extra)
        rows = [(SALES_INVOICE, row) for row in listing.rows]
        return await self._reading.records(obj, rows, errand, is_listing=True)

    async def all_keys(self, obj: SourceObject, errand: Errand) -> dict[str, None]:
        """Every key, window by window."""
        keys: dict[str, None] = {}
        for entity in self._reading.polled(obj):
            slim, window = Entity(entity.name, entity.keys, stamp=entity.stamp), Window()
            while not window.is_at_rest:
                listing = await self._api.listing(
                    slim, window.filter(slim.stamp, slim.number), errand, window.limit
                )
                keys |= {key: None for row in listing.rows if (key := slim.key_of(row))}
                window = window.then([slim.placed(row) for row in listing.rows])
        return keys

    # --- as a target ----------------------------------------------------------------------------

    async def page(self, obj: TargetObject, cursor: str | None, errand: Errand) -> Page:
        """Every record, a window at a time."""
        return await self._window(obj, Window.of(json.loads(cursor or "{}")), errand)

    async def changed_page(
        self, obj: TargetObject, since: datetime, cursor: str | None, errand: Errand
    ) -> Page:
        """From before `since`, for a change may be committed minutes after it was stamped."""
        first = Window(after=text_of(since - OVERLAP))
        return await self._window(obj, Window.of(json.loads(cursor)) if cursor else first, errand)

    async def create(self, obj: TargetObject, fields: Values, errand: Errand) -> TargetRecord:
        """Insert it, and never change one that is there. Raises Refused.

        Where its action fails then, the outcome is unknown, so that the record is found and kept.
        """
        entity, body = ENTITIES[obj.name], to_wire(obj, fields)
        row = await self._api.write(entity, body, errand, extra=line_paths(obj))
        record = record_of(obj, row)
        if action := str(fields.get(ACTION) or ""):
            try:
                await self._api.act(entity, action, record.id, errand)
            except Fault as fault:
                raise UnknownOutcome(
                    f"The {obj.label} {record.id} was made, but {action} failed: {fault.sentence}"
                ) from None
        return record

    async def update(
        self, obj: TargetObject, id: str, fields: Values, errand: Errand
    ) -> TargetRecord:
        """Write only these fields, then run the action. Raises Missing, Refused.

        What empties a field, null or an empty text, is not documented: null is tried first.
        """
        if LINES in fields:
            raise Refused(
                f"The lines of a {obj.label} are given when it is made, not later.", LINES
            )
        entity, body = ENTITIES[obj.name], to_wire(obj, fields)
        row = await self._api.write(entity, body, errand, key=id) if body else None
        left = {n: "" for n, v in body.items() if v is None and row and value_at(row, n)}
        if left:
            row = await self._api.write(entity, left, errand, key=id)
        if action := str(fields.get(ACTION) or ""):
            await self._api.act(entity, action, id, errand)
        if row is None:
            return (await self.read(obj, [id], errand))[id]
        return record_of(obj, row)

    async def vocabulary(self, name: str, errand: Errand) -> list[str]:
        raise LookupError(f"Acumatica has no vocabulary {name!r}")

    async def find_setup(self, items: Sequence[SetupItem], errand: Errand) -> dict[str, str]:
        """Nothing is set up at Acumatica: our key has a standard field of each record."""
        return {}

    async def create_setup(self, item: SetupItem, parent_code: str, errand: Errand) -> str:
        raise Mistake(f"Nothing is set up at Acumatica, and no {item.kind} '{item.name}'.")

    def know_setup(self, items: Mapping[str, SetupItem]) -> None:
        return None

    def setup_tokens(self, item: SetupItem) -> int:
        return 0

    def imagine(self, obj: TargetObject, id: str, fields: Values) -> TargetRecord:
        """The record as it would come back. Raises Refused as a write would."""
        body = to_wire(obj, fields)
        row = plain(wrapped(body)) if body else {}  # an action alone
        return replace(record_of(obj, row, id), updated_at="")

    async def _window(self, obj: TargetObject, window: Window, errand: Errand) -> Page:
        entity = ENTITIES[obj.name]
        wanted = window.filter(entity.stamp, entity.number)
        listing = await self._api.listing(entity, wanted, errand, window.limit)
        following = window.then([entity.placed(row) for row in listing.rows])
        rows = listing.rows if window.is_whole(listing.rows) else ()
        cursor = None if following.is_at_rest else json.dumps(following.cursor)
        return Page(tuple(record_of(obj, row) for row in rows), cursor)
