"""A delivery of Pipedrive: proven by Basic credentials that we chose, and read into hints.

Pipedrive signs nothing (Guide for Webhooks v2); a signature is checked where a connection asks for
it, for those who put a signing relay in front. A body is only a hint: the record is read again over
the API. v2 is what we subscribe to; v1 bodies, which may still arrive, are understood.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.http.signatures import check_basic, check_hex

SIGNATURE_HEADER = "x-pipedrive-signature"

_OBJECTS = {
    "organization": "organizations",
    "person": "persons",
    "deal": "deals",
    "activity": "activities",
    "product": "products",
}


class PipedriveWebhooks:
    """Implements `core.vendor.Webhooks`."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        """By the setting webhook_auth: basic, hmac, or both (either proof). Raises Forged."""
        how = proofs.settings.get("webhook_auth") or "basic"
        if how == "hmac":
            _check_signature(delivery, proofs)
            return
        if how == "both" and SIGNATURE_HEADER in delivery.headers:
            with suppress(Forged):
                _check_signature(delivery, proofs)
                return
        check_basic(
            delivery.headers.get("authorization", ""),
            proofs.secrets.get("webhook_user", ()),
            proofs.secrets.get("webhook_password", ()),
        )

    def read(self, delivery: Delivery) -> list[Hint]:
        """The event of a body; none in an empty one, a look at the address. Raises Unreadable."""
        try:
            body = json.loads(delivery.body or b"{}")
        except (ValueError, RecursionError):
            raise Unreadable("The body is not JSON.") from None
        if body == {}:
            return []
        meta = body.get("meta") if isinstance(body, dict) else None
        if not isinstance(meta, dict):
            raise Unreadable("The body has no `meta`, so it is no webhook of Pipedrive.")
        return [_hint_v2(body, meta) if "entity" in meta else _hint_v1(body, meta)]

    def is_probe(self, delivery: Delivery) -> bool:
        """Pipedrive's portal sends none; it only looks whether the address can be reached."""
        return False

    def same_account(self, told: str, account: str) -> bool:
        return told == account

    def is_whole_key(self, told: str) -> bool:
        """Ids are plain numbers everywhere."""
        return True

    def same_key(self, told: str, key: str) -> bool:
        return told == key


def _check_signature(delivery: Delivery, proofs: Proofs) -> None:
    """Lower-case hex over the raw body."""
    header = delivery.headers.get(SIGNATURE_HEADER, "")
    check_hex(header, proofs.secrets.get("webhook_secret", ()), delivery.body)


def _hint_v2(body: Mapping[str, Any], meta: Mapping[str, Any]) -> Hint:
    """Ids in `meta` are texts."""
    entity, action = _text(meta, "entity"), _text(meta, "action")
    merged_into = _text(meta, "merged_to_id")
    deleted = action == "delete"
    return Hint(
        event_id=_event_id(meta, _text(meta, "id"), entity, _text(meta, "entity_id"), action),
        event_type=f"{action}.{entity}",
        account=_text(meta, "company_id"),
        object=_OBJECTS.get(entity, ""),
        key=_text(meta, "entity_id"),
        version="" if deleted else _stamp(_mapping(body, "data")),
        correlation_id=_text(meta, "correlation_id"),
        fact="merged" if deleted and merged_into else "deleted" if deleted else "",
        merged_into=merged_into if deleted else "",
    )


def _stamp(data: Mapping[str, Any]) -> str:
    """The update time; it is null in the create of a deal, where the time of its birth stands."""
    return _text(data, "update_time") or _text(data, "add_time")


def _hint_v1(body: Mapping[str, Any], meta: Mapping[str, Any]) -> Hint:
    """`meta.id` is the record's id here; a time is `YYYY-MM-DD HH:MM:SS` in UTC."""
    entity, action = _text(meta, "object"), _text(meta, "action")
    deleted = action == "deleted"
    stamp = _text(_mapping(body, "current"), "update_time")
    return Hint(
        event_id=_event_id(meta, "", entity, _text(meta, "id"), action),
        event_type=f"{action}.{entity}",
        account=_text(meta, "company_id"),
        object=_OBJECTS.get(entity, ""),
        key=_text(meta, "id"),
        version=f"{stamp.replace(' ', 'T')}Z" if stamp and not deleted else "",
        correlation_id=_text(meta, "correlation_id"),
        fact="deleted" if deleted else "",
    )


def _event_id(meta: Mapping[str, Any], own: str, entity: str, key: str, action: str) -> str:
    """The same for each attempt to deliver one event to one webhook.

    `correlation_id` will not do: one operation may cause several events under it.
    """
    moment = _text(meta, "timestamp_micro") or _text(meta, "timestamp")
    event = own or f"{entity}:{key}:{action}:{moment}"
    return f"{_text(meta, 'company_id')}:{_text(meta, 'webhook_id')}:{event}"


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return "" if value is None else str(value)


def _mapping(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key)
    return value if isinstance(value, dict) else {}
