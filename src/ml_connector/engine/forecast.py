"""A forecast client reads as the real one does and only says what a write would have cost.

With it a plan goes the whole road, on a copy of the store, and no vendor notices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_connector.core.objects import SetupItem, TargetObject, TargetRecord
from ml_connector.core.values import Values
from ml_connector.core.vendor import Handshake, Subscription
from ml_connector.core.wire import Errand, Sent


class ForecastClient:
    """Wraps a client of whatever kind: what it does not forecast, the real one answers."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._made = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _next(self) -> str:
        """Ids at vendors are above zero, where they are numbers."""
        self._made += 1
        return f"-{self._made}"

    async def create(self, obj: TargetObject, fields: Values, errand: Errand) -> TargetRecord:
        """A record with an id that no vendor gives."""
        errand.sent.append(Sent("POST", obj.path, 0, 0, obj.costs.create))
        made: TargetRecord = self._real.imagine(obj, self._next(), fields)
        return made

    async def update(
        self, obj: TargetObject, id: str, fields: Values, errand: Errand
    ) -> TargetRecord:
        errand.sent.append(Sent("PATCH", obj.path, 0, 0, obj.costs.update))
        made: TargetRecord = self._real.imagine(obj, id, fields)
        return made

    async def create_setup(self, item: SetupItem, parent_code: str, errand: Errand) -> str:
        errand.sent.append(Sent("POST", item.kind, 0, 0, self._real.setup_tokens(item)))
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
