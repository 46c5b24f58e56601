"""A webhook is an address that hears of events, with a secret of its own (sheet, section 12)."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from .account import Account, Actor
from .errors import coded, missing_parameter
from .tables import Record

NOUN = "webhooks"
PREFIX = "zen:event-type:"
EVENTS = tuple(
    f"{PREFIX}{noun}.{verb}"
    for noun, verbs in {
        "organization": "created deleted name_changed external_id_changed tags_changed "
        "custom_field_changed",
        "user": "created deleted merged name_changed external_id_changed role_changed "
        "notes_changed details_changed active_changed",
    }.items()
    for verb in verbs.split()
)


class Webhooks:
    def __init__(self, account: Account) -> None:
        self.account = account
        self._table = account.tables[NOUN]

    def alive(self, webhook_id: str) -> Record:
        record = self._table.alive(webhook_id)
        if record is None:
            raise coded(404, "WebhookNotFound", "Webhook not found")
        return record

    def living(self) -> list[Record]:
        return list(self._table.living())

    def create(self, given: Record, actor: Actor, secret: str | None = None) -> Record:
        """A new webhook. Raises 400 for what is missing or unknown."""
        _check(given)
        events = given.get("subscriptions", [])
        now = self.account.stamp()
        record: Record = {
            "id": self.account.ids.ulid(self.account.now()),
            "name": given["name"],
            "description": given.get("description", ""),
            "endpoint": given["endpoint"],
            "http_method": given["http_method"],
            "request_format": given["request_format"],
            "status": given["status"],
            "subscriptions": list(events),
            "custom_headers": given.get("custom_headers"),
            "created_at": now,
            "created_by": str(actor.user_id),
            "updated_at": now,
            "updated_by": str(actor.user_id),
            "secret": secret or self._new_secret(),
        }
        self.account.note_created(NOUN, actor)
        return self.account.add(NOUN, record)

    def _new_secret(self) -> str:
        return base64.b64encode(self.account.chance.randbytes(40)).decode()

    def reset_secret(self, webhook_id: str) -> Record:
        return self.account.put(NOUN, self.alive(webhook_id), secret=self._new_secret())

    def update(self, webhook_id: str, given: Record) -> Record:
        known = ("name", "description", "endpoint", "status", "subscriptions", "custom_headers")
        changes = {name: value for name, value in given.items() if name in known}
        old = self.alive(webhook_id)
        _check({**old, **changes})
        return self.account.put(NOUN, old, **changes)

    def delete(self, webhook_id: str) -> Record:
        return self.account.bury(NOUN, self.alive(webhook_id))

    def shown(self, record: Record) -> Record:
        hidden = ("secret", "deleted_at")
        return {key: value for key, value in record.items() if key not in hidden}

    def wanting(self, kind: str) -> list[Record]:
        """Active webhooks that subscribed to an event such as `organization.created`."""
        return [
            hook
            for hook in self.living()
            if hook["status"] == "active" and f"{PREFIX}{kind}" in hook["subscriptions"]
        ]


def _check(given: Record) -> None:
    """Raises 400 for what is missing or unknown."""
    for name in ("name", "endpoint", "http_method", "request_format", "status"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise missing_parameter(f"webhook.{name}")
    parts = urlsplit(given["endpoint"])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise coded(400, "InvalidWebhook", "endpoint is not a valid URL")
    events = given.get("subscriptions", [])
    headers = given.get("custom_headers")
    if not isinstance(events, list) or not isinstance(headers, dict | None):
        raise coded(400, "InvalidWebhook", "subscriptions is a list, custom_headers an object")
    unknown = [e for e in events if e not in EVENTS and e != "conditional_ticket_events"]
    if unknown:
        raise coded(400, "InvalidWebhook", f"unknown subscription {unknown[0]}")
    fixed = {"http_method": "POST", "request_format": "json"}
    if events and any(given[name] != value for name, value in fixed.items()):
        raise coded(400, "InvalidWebhook", "Event subscriptions are sent by POST as json")
    if given["status"] not in ("active", "inactive"):
        raise coded(400, "InvalidWebhook", "status must be active or inactive")
