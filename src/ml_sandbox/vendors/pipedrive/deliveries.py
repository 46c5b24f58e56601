"""A delivery carries one event to one subscription, in up to four attempts.

Builds what is sent and says when to try again; sending and waiting are the sandbox's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from ml_sandbox.deliveries import Delivery, Posting

from .account import Account, Event
from .payloads import body_v1, body_v2
from .subscriptions import TIMEOUT_SECONDS, Subscriptions
from .tables import Record


class Deliveries:
    """`secret` keys the signature that a switch adds."""

    def __init__(self, account: Account, subscriptions: Subscriptions, secret: str) -> None:
        self.account = account
        self.subscriptions = subscriptions
        self._secret = secret

    def of(self, event: Event) -> list[Delivery]:
        """The deliveries that an event causes, one for each subscription that wants it."""
        return [self._delivery(hook, event) for hook in self.subscriptions.wanting(event)]

    def _delivery(self, hook: Record, event: Event) -> Delivery:
        event_id = self.account.new_uuid()

        def prepare(attempt: int) -> Posting | None:
            # What happens during a ban is lost, while retries begun before it go on.
            mute = attempt == 1 and self.subscriptions.banned(hook)
            if mute or not hook["is_active"]:
                return None
            return self._posting(hook, event, event_id, attempt)

        def after(attempt: int, status: int | None) -> float | None:
            return self.subscriptions.attempted(hook, attempt, status)

        topic = f"{event.action}.{event.entity}"
        return Delivery("pipedrive", topic, prepare, after, TIMEOUT_SECONDS)

    def _posting(self, hook: Record, event: Event, event_id: str, attempt: int) -> Posting:
        if self.subscriptions.legacy(hook):
            body = body_v1(self.account, event, hook, attempt)
        else:
            fresh = bool(self.account.switch("webhook_id_per_attempt")) and attempt > 1
            used_id = self.account.new_uuid() if fresh else event_id
            body = body_v2(self.account, event, hook, used_id, attempt)
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return Posting(hook["subscription_url"], self.headers(hook, raw), raw)

    def headers(self, hook: Record, raw: bytes) -> dict[str, str]:
        """HTTP Basic as set at creation; the signature that nobody has seen only by switch."""
        headers = {"content-type": "application/json", "user-agent": "Pipedrive Webhooks"}
        if hook["http_auth_user"] is not None:
            pair = f"{hook['http_auth_user']}:{hook['http_auth_password'] or ''}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        if self.account.switch("webhook_hmac"):
            digest = hmac.new(self._secret.encode(), raw, hashlib.sha256).hexdigest()
            headers["x-pipedrive-signature"] = digest
        return headers
