"""A delivery carries one event to one subscription, in up to four attempts.

Builds what is sent and says when to try again; sending and waiting are someone else's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from .account import Account, Event
from .payloads import body_v1, body_v2
from .subscriptions import Subscriptions
from .tables import Record


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one subscription; `event_id` stays the same over its attempts."""

    hook: Record
    event: Event
    event_id: str


@dataclass(frozen=True)
class Posting:
    """One attempt as it goes over the wire."""

    url: str
    headers: dict[str, str]
    body: bytes


class Deliveries:
    def __init__(self, account: Account, subscriptions: Subscriptions, secret: str) -> None:
        self.account = account
        self.subscriptions = subscriptions
        self._secret = secret

    def of(self, event: Event) -> list[Delivery]:
        """The deliveries that an event causes; what is banned right now is lost for good."""
        return [
            Delivery(hook, event, self.account.new_uuid())
            for hook in self.subscriptions.wanting(event)
            if not self.subscriptions.banned(hook)
        ]

    def posting(self, delivery: Delivery, attempt: int) -> Posting:
        hook = delivery.hook
        if self.subscriptions.legacy(hook):
            body = body_v1(self.account, delivery.event, hook, attempt)
        else:
            fresh = bool(self.account.switch("webhook_id_per_attempt")) and attempt > 1
            event_id = self.account.new_uuid() if fresh else delivery.event_id
            body = body_v2(self.account, delivery.event, hook, event_id, attempt)
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"content-type": "application/json", "user-agent": "Pipedrive Webhooks"}
        if hook["http_auth_user"] is not None:
            pair = f"{hook['http_auth_user']}:{hook['http_auth_password'] or ''}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        if self.account.switch("webhook_hmac"):
            digest = hmac.new(self._secret.encode(), raw, hashlib.sha256).hexdigest()
            headers["x-pipedrive-signature"] = digest
        return Posting(hook["subscription_url"], headers, raw)

    def outcome(self, delivery: Delivery, attempt: int, status: int | None) -> float | None:
        """Seconds until the next attempt; None where there is none to come."""
        return self.subscriptions.attempted(delivery.hook, attempt, status)
