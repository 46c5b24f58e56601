"""A forecast client reads as the real one does and only says what a write would have cost.

With it a plan goes the whole road, on a copy of the store, and no vendor notices.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any

from ml_connector.core.objects import (
    Page,
    SetupItem,
    SourceObject,
    TargetObject,
    TargetRecord,
)
from ml_connector.core.values import Values
from ml_connector.core.vendor import Handshake, Subscription
from ml_connector.core.wire import Errand, Sent


class ForecastClient:
    """Wraps a client of whatever kind: what it does not forecast, the real one answers."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._made = 0
        self._planned: set[str] = set()
        self._imagined: dict[tuple[str, str], TargetRecord] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _next(self) -> str:
        """Ids at vendors are above zero, where they are numbers."""
        self._made += 1
        return f"-{self._made}"

    async def page(self, obj: TargetObject, cursor: str | None, errand: Errand) -> Page:
        return await self._listed(obj, self._real.page(obj, cursor, errand), errand)

    async def changed_page(
        self, obj: TargetObject, since: datetime, cursor: str | None, errand: Errand
    ) -> Page:
        return await self._listed(obj, self._real.changed_page(obj, since, cursor, errand), errand)

    async def _listed(
        self, obj: TargetObject, listing: Coroutine[Any, Any, Page], errand: Errand
    ) -> Page:
        """Of a kind of record that is only going to be set up there is none yet."""
        if obj.name not in self._planned:
            return await listing
        listing.close()
        errand.sent.append(Sent("GET", obj.path, 0, 0, obj.costs.page))
        return Page((), None)

    async def read(
        self, obj: TargetObject | SourceObject, ids: Sequence[str], errand: Errand
    ) -> dict[str, Any]:
        """What was only planned is as it was imagined."""
        real = [id for id in ids if (obj.path, id) not in self._imagined]
        found: dict[str, Any] = {
            id: self._imagined[obj.path, id] for id in ids if (obj.path, id) in self._imagined
        }
        if real:
            told: dict[str, Any] = await self._real.read(obj, real, errand)
            return found | told
        if isinstance(obj, TargetObject) and ids:
            errand.sent.append(Sent("GET", obj.path, 0, 0, obj.costs.read))
        return found

    async def create(self, obj: TargetObject, fields: Values, errand: Errand) -> TargetRecord:
        """A record with an id that no vendor gives."""
        errand.sent += [Sent("GET", obj.path, 0, 0, 0)] * (obj.costs.create_calls - 1)
        errand.sent.append(Sent("POST", obj.path, 0, 0, obj.costs.create))
        made: TargetRecord = self._real.imagine(obj, self._next(), fields)
        self._imagined[obj.path, made.id] = made
        return made

    async def create_many(
        self, obj: TargetObject, writes: Sequence[Values], errand: Errand
    ) -> list[TargetRecord]:
        """A job, one look at its end, and one reading of what it made."""
        made = []
        for fields in writes:
            record: TargetRecord = self._real.imagine(obj, self._next(), fields)
            self._imagined[obj.path, record.id] = record
            made.append(record)
        errand.sent += [Sent(method, obj.path, 0, 0, 0) for method in ("POST", "GET", "GET")]
        return made

    async def update(
        self, obj: TargetObject, id: str, fields: Values, errand: Errand
    ) -> TargetRecord:
        errand.sent += [Sent("GET", obj.path, 0, 0, 0)] * (obj.costs.update_calls - 1)
        errand.sent.append(Sent("PATCH", obj.path, 0, 0, obj.costs.update))
        known = self._imagined.get((obj.path, id))
        told = {**known.fields, **fields} if known else fields
        made: TargetRecord = self._real.imagine(obj, id, told)
        if known is not None:
            self._imagined[obj.path, id] = made
        return made

    async def create_setup(self, item: SetupItem, parent_code: str, errand: Errand) -> str:
        errand.sent.append(Sent("POST", item.kind, 0, 0, self._real.setup_tokens(item)))
        if item.kind == "object":
            self._planned.add(item.key)
            return item.key
        return self._next()

    async def subscribe(
        self, event: str, url: str, secrets: Mapping[str, str], errand: Errand
    ) -> Subscription:
        errand.sent.append(Sent("POST", "webhooks", 0, 0, self._real.subscribe_tokens))
        return Subscription(f"planned:{event}", event, url, True)

    async def unsubscribe(self, id: str, errand: Errand) -> None:
        errand.sent.append(Sent("DELETE", "webhooks", 0, 0, self._real.unsubscribe_tokens))

    async def confirm(self, handshake: Handshake, errand: Errand) -> None:
        errand.sent.append(Sent("PUT", "webhooks", 0, 0, 0))

    async def introduce_again(self, id: str, errand: Errand) -> None:
        errand.sent.append(Sent("PUT", "webhooks", 0, 0, 0))
