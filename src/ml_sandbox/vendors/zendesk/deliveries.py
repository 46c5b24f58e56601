"""A delivery is one event on its way to one webhook: its body, its signature, its retries.

Signed: base64 of the HMAC-SHA256 over the time and the raw body (sheet, section 12).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from typing import Any

from ml_sandbox.deliveries import Delivery, Posting, is_success

from .account import Account, Event
from .tables import Record
from .webhooks import PREFIX, Webhooks

TIMEOUT_SECONDS = 12.0
_RETRIED = (409, 429, 503, None)
_DETAILS = {
    "organization": (
        "created_at", "external_id", "group_id", "id", "name", "shared_comments",
        "shared_tickets", "updated_at",
    ),
    "user": (
        "created_at", "default_group_id", "email", "external_id", "id", "organization_id", "role",
        "updated_at",
    ),
}  # fmt: skip


class Deliveries:
    def __init__(self, vendor: str, account: Account, webhooks: Webhooks) -> None:
        self._vendor = vendor
        self._account = account
        self._webhooks = webhooks

    def of(self, event: Event) -> list[Delivery]:
        """One for each webhook that wants the event."""
        wanting = self._webhooks.wanting(event.kind)
        if not wanting:
            return []
        raw = json.dumps(self._body(event), ensure_ascii=False, separators=(",", ":")).encode()
        return [self._delivery(hook["id"], event.kind, raw) for hook in wanting]

    def _delivery(self, hook_id: str, kind: str, raw: bytes) -> Delivery:
        invocation = self._account.ids.ulid(self._account.now())

        def prepare(attempt: int) -> Posting | None:
            hook = self._webhooks.account.tables["webhooks"].alive(hook_id)
            if hook is None or hook["status"] != "active":
                return None
            headers = {
                **(hook["custom_headers"] or {}),
                "content-type": "application/json; charset=utf-8",
                "user-agent": "Zendesk Webhook",
                "x-zendesk-account-id": str(self._account.account_id),
                "x-zendesk-webhook-id": hook_id,
                "x-zendesk-webhook-invocation-id": invocation,
                **signature(hook["secret"], self._account.stamp(), raw),
            }
            return Posting(hook["endpoint"], headers, raw)

        return Delivery(self._vendor, kind, prepare, self._pause, TIMEOUT_SECONDS)

    def _pause(self, attempt: int, status: int | None) -> float | None:
        delays = [float(d) for d in str(self._account.switch("webhook_retry_delays")).split(",")]
        retried = status in _RETRIED or self._account.switch("webhook_retries_any_failure")
        if is_success(status) or not retried or attempt > len(delays):
            return None
        return delays[attempt - 1]

    def _body(self, event: Event) -> Record:
        noun = event.kind.partition(".")[0]
        bits = self._account.chance.getrandbits(128)
        detail = {key: _as_detail(key, event.record[key]) for key in _DETAILS[noun]}
        change: dict[str, Any] = dict(event.change)
        if "into" in change:
            change = {"user": {"id": str(change["into"])}}
        return {
            "account_id": self._account.account_id,
            "detail": detail,
            "event": change,
            "id": str(uuid.UUID(int=bits, version=4)),
            "subject": f"zen:{noun}:{event.record['id']}",
            "time": self._account.stamp(),
            "type": f"{PREFIX}{event.kind}",
            "zendesk_event_version": "2022-06-20",
        }


def signature(secret: str, time: str, raw: bytes) -> dict[str, str]:
    """The headers that prove a body."""
    digest = hmac.new(secret.encode(), time.encode() + raw, hashlib.sha256).digest()
    return {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": time,
    }


def _as_detail(key: str, value: Any) -> Any:
    """Ids are text in events."""
    is_id = key.endswith("id") and key != "external_id"
    return str(value) if is_id and value is not None else value
