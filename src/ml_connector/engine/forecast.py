"""A forecast target reads as the real one does and only says what a write would have cost.

With it a plan goes the whole road, on a copy of the store, and no vendor notices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ml_connector.core.objects import Identity, Page, SetupItem, TargetObject, TargetRecord
from ml_connector.core.values import Values
from ml_connector.core.vendor import SubscribingTarget, Subscription
from ml_connector.core.wire import Errand, Sent


class ForecastTarget:
    """Wraps the client of a target. Implements `core.vendor.SubscribingTarget`."""

    def __init__(self, real: SubscribingTarget) -> None:
        self._real = real
        self._made = 0
        self.subscribe_tokens = real.subscribe_tokens
        self.unsubscribe_tokens = real.unsubscribe_tokens

    def _next(self) -> str:
        """Ids at vendors are above zero, where they are numbers."""
        self._made += 1
        return f"-{self._made}"

    async def identify(self, errand: Errand) -> Identity:
        return await self._real.identify(errand)

    async def page(self, obj: TargetObject, cursor: str | None, errand: Errand) -> Page:
        return await self._real.page(obj, cursor, errand)

    async def changed_page(
        self, obj: TargetObject, since: datetime, cursor: str | None, errand: Errand
    ) -> Page:
        return await self._real.changed_page(obj, since, cursor, errand)

    async def read(
        self, obj: TargetObject, ids: Sequence[str], errand: Errand
    ) -> dict[str, TargetRecord]:
        return await self._real.read(obj, ids, errand)

    async def create(self, obj: TargetObject, fields: Values, errand: Errand) -> TargetRecord:
        """A record with an id that no vendor gives."""
        errand.sent.append(Sent("POST", obj.path, 0, 0, obj.costs.create))
        return self._real.imagine(obj, self._next(), fields)

    async def update(
        self, obj: TargetObject, id: str, fields: Values, errand: Errand
    ) -> TargetRecord:
        errand.sent.append(Sent("PATCH", obj.path, 0, 0, obj.costs.update))
        return self._real.imagine(obj, id, fields)

    async def vocabulary(self, name: str, errand: Errand) -> list[str]:
        return await self._real.vocabulary(name, errand)

    async def find_setup(self, items: Sequence[SetupItem], errand: Errand) -> dict[str, str]:
        return await self._real.find_setup(items, errand)

    async def create_setup(self, item: SetupItem, parent_code: str, errand: Errand) -> str:
        errand.sent.append(Sent("POST", item.kind, 0, 0, self._real.setup_tokens(item)))
        return self._next()

    def know_setup(self, items: Mapping[str, SetupItem]) -> None:
        self._real.know_setup(items)

    def setup_tokens(self, item: SetupItem) -> int:
        return self._real.setup_tokens(item)

    def imagine(self, obj: TargetObject, id: str, fields: Values) -> TargetRecord:
        return self._real.imagine(obj, id, fields)

    async def subscriptions(self, errand: Errand) -> list[Subscription]:
        return await self._real.subscriptions(errand)

    async def subscribe(
        self, event: str, url: str, secrets: Mapping[str, str], errand: Errand
    ) -> Subscription:
        errand.sent.append(Sent("POST", "webhooks", 0, 0, self._real.subscribe_tokens))
        return Subscription(f"planned:{event}", event, url, True)

    async def unsubscribe(self, id: str, errand: Errand) -> None:
        errand.sent.append(Sent("DELETE", "webhooks", 0, 0, self._real.unsubscribe_tokens))
