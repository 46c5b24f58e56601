"""A subscription is a webhook at Pipedrive: an address, an event such as `deal.*`, a secret.

Managed over v1, which has no way to change one (OpenAPI file v1, tag Webhooks).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_connector.core.objects import id_of
from ml_connector.core.vendor import Subscription
from ml_connector.core.wire import Errand
from ml_connector.vendors.pipedrive import calls
from ml_connector.vendors.pipedrive.api import Api

EVENTS = ("organization.*", "person.*", "deal.*", "activity.*")


class Subscriptions:
    """Those that the connection's user or app made."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def list(self, errand: Errand) -> list[Subscription]:
        envelope = await self._api.send(calls.LIST_WEBHOOKS, errand)
        return [_subscription(webhook) for webhook in envelope.items]

    async def create(
        self, event: str, url: str, secrets: Mapping[str, str], errand: Errand
    ) -> Subscription:
        """Raises Refused where Pipedrive cannot reach the address, or 40 stand already."""
        object_, _, action = event.partition(".")
        json = {
            "subscription_url": url,
            "event_object": object_,
            "event_action": action,
            "name": f"ml-connector {event}",
            "version": "2.0",
            "http_auth_user": secrets["webhook_user"],
            "http_auth_password": secrets["webhook_password"],
        }
        envelope = await self._api.send(calls.CREATE_WEBHOOK, errand, json=json)
        return _subscription(envelope.data)

    async def delete(self, id: str, errand: Errand) -> None:
        """Raises Missing where it is gone already."""
        await self._api.send(calls.DELETE_WEBHOOK, errand, id=id)


def _subscription(webhook: Mapping[str, Any]) -> Subscription:
    reason, status = webhook.get("remove_reason"), webhook.get("last_http_status")
    return Subscription(
        id=id_of(webhook["id"]),
        event=f"{webhook['event_object']}.{webhook['event_action']}",
        url=str(webhook["subscription_url"]),
        healthy=bool(webhook.get("is_active")),
        detail=str(reason or (f"last answered {status}" if status else "")),
    )
