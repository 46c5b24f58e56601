"""Intuit's deliveries: how they are proven, and which records an event may have changed.

Two forms, told apart by their JSON: an array of CloudEvents, or the classic object that ended in
2026. An event names a company, an entity and an id, never what changed; one delivery may mix
several companies. There is no time stamp to check: a replay is recognised by its event's id.
Source: "Webhooks" and "Understanding the data object" of the developer pages, the .NET SDK's tests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ml_connector.core.faults import Unreadable
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.http.signatures import check_base64

HEADER = "intuit-signature"

_OBJECTS = {
    "customer": "customers",
    "invoice": "invoices",
    "payment": "payments",
    "creditmemo": "credit_memos",
    "term": "terms",
}
_CUSTOMERS = "customers"


class QuickBooksWebhooks:
    """Implements `core.vendor.Webhooks`."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        """By the app's verifier token, over the raw bytes. Raises Forged."""
        secrets = proofs.secrets.get("webhook_secret", ())
        check_base64(delivery.headers.get(HEADER, ""), secrets, delivery.body)

    def read(self, delivery: Delivery) -> list[Hint]:
        """Its events. Raises Unreadable."""
        try:
            body = json.loads(delivery.body)
        except (ValueError, RecursionError):
            raise Unreadable("The delivery is no JSON.") from None
        if isinstance(body, list):
            return [hint for event in body for hint in _cloud_event(_dict(event))]
        notified = _dict(body).get("eventNotifications")
        if not isinstance(notified, list):
            raise Unreadable("The delivery has neither of the two forms of Intuit's events.")
        return [hint for one in notified for hint in _classic(_dict(one))]

    def is_probe(self, delivery: Delivery) -> bool:
        """The portal's test events are signed as all others."""
        return False

    def same_account(self, told: str, account: str) -> bool:
        return told == account

    def is_whole_key(self, told: str) -> bool:
        return True

    def same_key(self, told: str, key: str) -> bool:
        return told == key


def _cloud_event(event: Mapping[str, Any]) -> Iterator[Hint]:
    """`qbo.customer.merged.v1` of the survivor, with `data.deletedid`; `data` may be missing."""
    kind = _text(event, "type")
    entity = kind.split(".")[1] if kind.count(".") >= 2 else ""
    data = event.get("data")
    lost = _text(data, "deletedid") if isinstance(data, dict) else ""
    yield from _hints(
        _text(event, "id"), kind, _text(event, "intuitaccountid"), entity,
        _text(event, "intuitentityid"), lost,
    )  # fmt: skip


def _classic(notification: Mapping[str, Any]) -> Iterator[Hint]:
    """These events have no id: what they say is their id."""
    realm = _text(notification, "realmId")
    changed = notification.get("dataChangeEvent")
    entities = changed.get("entities") if isinstance(changed, dict) else None
    for told in entities if isinstance(entities, list) else ():
        event = _dict(told)
        name, key = _text(event, "name"), _text(event, "id")
        verb, at = _text(event, "operation"), _text(event, "lastUpdated")
        id = hashlib.sha256("\n".join((realm, name, key, verb, at)).encode()).hexdigest()[:32]
        kind, entity = f"{name}.{verb}", name.lower()
        yield from _hints(id, kind, realm, entity, key, _text(event, "deletedId"))


def _hints(id: str, kind: str, realm: str, entity: str, key: str, lost: str) -> Iterator[Hint]:
    """One for the record, and one for a customer that was merged into it."""
    obj = _OBJECTS.get(entity, "") if key else ""
    yield Hint(event_id=id, event_type=kind, account=realm, object=obj, key=key)
    if lost and obj == _CUSTOMERS:
        yield Hint(
            event_id=f"{id}:{lost}" if id else "", event_type=kind, account=realm, object=obj,
            key=lost, fact="merged", merged_into=key,
        )  # fmt: skip


def _dict(told: object) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise Unreadable("An event of the delivery is none of Intuit's.")
    return told


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
