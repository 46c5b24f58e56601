"""A subscription sends one kind of event to one address, and suffers Pipedrive's rules for it.

Retries after 3, 30 and 150 s; a ban counter of first attempts that failed, which at ten mutes the
subscription for half an hour in which events are lost; removal after three days without a single
success (sheet, 9.5). Pure bookkeeping: sending is someone else's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from . import clocktext
from .account import Account, Actor, Event
from .errors import Refusal, scope_mismatch, webhook_fault, webhook_forbidden
from .payloads import is_admin, permitted_users, v1_action
from .tables import Record

RETRY_DELAYS_SECONDS = (3.0, 30.0, 150.0)
TIMEOUT_SECONDS = 10.0
BAN_AT = 10
BAN_TIME = timedelta(minutes=30)
REMOVED_AFTER = timedelta(days=3)
MAX_PER_USER = 40
ACTIONS = ("create", "change", "delete", "*")
V1_ACTIONS = ("added", "updated", "deleted", "merged")
#: The published enum, and the objects that the guides have added since.
OBJECTS = (
    "activity",
    "deal",
    "lead",
    "note",
    "organization",
    "person",
    "pipeline",
    "product",
    "stage",
    "user",
    "*",
    "deal_product",
    "deal_installment",
    "board",
    "phase",
    "project",
    "task",
)


class SubscriptionBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    subscription_url: str
    event_action: str
    event_object: str
    name: str = Field(min_length=1, max_length=255)
    user_id: int | None = None
    http_auth_user: str | None = None
    http_auth_password: str | None = None
    version: Literal["1.0", "2.0"] = "2.0"


class Subscriptions:
    """All subscriptions of the company, removed ones included (marked inactive)."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.records: dict[int, Record] = {}
        self._next_id = 555
        self._failed_firsts: dict[int, int] = {}
        self._banned_until: dict[int, datetime] = {}
        self._failing_since: dict[int, datetime] = {}

    def read(self, raw: bytes, actor: Actor) -> SubscriptionBody:
        """A checked request to subscribe; what the far end answers is not looked at here."""
        try:
            body = SubscriptionBody.model_validate_json(raw or b"{}")
        except ValidationError as error:
            raise _body_refusal(error) from None
        actions = (*ACTIONS, *V1_ACTIONS) if body.version == "1.0" else ACTIONS
        if body.event_action not in actions:
            raise webhook_fault(400, event_action=f"must be one of {', '.join(actions)}")
        if body.event_object not in OBJECTS:
            raise webhook_fault(400, event_object=f"must be one of {', '.join(OBJECTS)}")
        if body.user_id is not None and not self.account.exists("user", body.user_id):
            raise webhook_fault(400, user_id="not found")
        self._check_address(body.subscription_url)
        owner = body.user_id or actor.user_id
        alive = [hook for hook in self.alive() if hook["owner_id"] == owner]
        if len(alive) >= MAX_PER_USER:
            raise webhook_fault(422, user_id="webhooks limit reached")
        return body

    def _check_address(self, address: str) -> None:
        parts = urlsplit(address)
        host = parts.hostname or ""
        own = host == "pipedrive.com" or host.endswith(".pipedrive.com")
        if parts.scheme not in ("http", "https") or not host or own:
            raise unreachable()
        if parts.scheme == "http" and self.account.switch("webhook_plain_http_refused"):
            raise scope_mismatch()

    def add(self, body: SubscriptionBody, actor: Actor) -> Record:
        hook: Record = {
            "id": self._next_id,
            "company_id": self.account.company["id"],
            "owner_id": body.user_id or actor.user_id,
            "user_id": body.user_id or actor.user_id,
            "event_action": body.event_action,
            "event_object": body.event_object,
            "subscription_url": body.subscription_url,
            "version": body.version,
            "is_active": 1,
            "add_time": clocktext.stamp_ms(self.account.now()),
            "remove_time": None,
            "type": "application" if actor.client_id else "general",
            "http_auth_user": body.http_auth_user,
            "http_auth_password": body.http_auth_password,
            "remove_reason": None,
            "last_delivery_time": None,
            "last_http_status": None,
            "admin_id": actor.user_id,
            "name": body.name,
        }
        self.records[hook["id"]] = hook
        self._next_id += 1
        return hook

    def alive(self) -> list[Record]:
        return [hook for hook in self.records.values() if hook["is_active"]]

    def visible_to(self, actor: Actor) -> list[Record]:
        """An app sees its own, a user the general ones: all of them only as an admin."""
        kind = "application" if actor.client_id else "general"
        admin = is_admin(self.account.users[actor.user_id])
        return [
            hook
            for hook in self.alive()
            if hook["type"] == kind and (admin or hook["owner_id"] == actor.user_id)
        ]

    def delete(self, hook_id: int, actor: Actor) -> None:
        hook = self.records.get(hook_id)
        if hook is None or not hook["is_active"]:
            raise webhook_fault(404, id="not found")
        if hook not in self.visible_to(actor):
            raise webhook_forbidden()
        self.remove(hook, "deleted")

    def remove(self, hook: Record, reason: str) -> None:
        moment = clocktext.stamp_ms(self.account.now())
        hook.update(is_active=0, remove_time=moment, remove_reason=reason)

    def uninstall(self) -> None:
        """Subscriptions made by an app go when it is uninstalled."""
        for hook in self.alive():
            if hook["type"] == "application":
                self.remove(hook, "app uninstalled")

    def wanting(self, event: Event) -> list[Record]:
        """Subscriptions whose object, action and user let the event through."""
        seen = event.current if event.current is not None else event.previous
        permitted = permitted_users(self.account, seen or {})
        return [
            hook
            for hook in self.alive()
            if hook["event_object"] in ("*", event.entity)
            and self._wants_action(hook, event)
            and hook["user_id"] in permitted
        ]

    def legacy(self, hook: Record) -> bool:
        return hook["version"] == "1.0" or bool(self.account.switch("webhook_v1_bodies"))

    def _wants_action(self, hook: Record, event: Event) -> bool:
        if self.legacy(hook) and v1_action(event) is None:
            return False
        names = ("*", event.action, v1_action(event) if hook["version"] == "1.0" else None)
        return hook["event_action"] in names

    def banned(self, hook: Record) -> bool:
        """Whether the subscription is mute right now; a ban that is over starts from zero."""
        until = self._banned_until.get(hook["id"])
        if until is None:
            return False
        if self.account.now() < until:
            return True
        del self._banned_until[hook["id"]]
        self._failed_firsts[hook["id"]] = 0
        return False

    def attempted(self, hook: Record, attempt: int, status: int | None) -> float | None:
        """Notes the outcome of an attempt (`None`: no answer in time); seconds to the retry."""
        now = self.account.now()
        hook["last_delivery_time"] = clocktext.stamp_ms(now)
        hook["last_http_status"] = status
        if status is not None and 200 <= status < 300:
            self._failing_since.pop(hook["id"], None)
            if attempt == 1 and self.account.switch("webhook_ban_resets_on_success"):
                self._failed_firsts[hook["id"]] = 0
            return None
        self._note_failure(hook, attempt, now)
        if attempt > len(RETRY_DELAYS_SECONDS) or not hook["is_active"]:
            return None
        return RETRY_DELAYS_SECONDS[attempt - 1]

    def _note_failure(self, hook: Record, attempt: int, now: datetime) -> None:
        since = self._failing_since.setdefault(hook["id"], now)
        if now - since >= REMOVED_AFTER:
            self.remove(hook, "no successful deliveries on 3 consecutive days")
        if attempt != 1:
            return
        failed = self._failed_firsts.get(hook["id"], 0) + 1
        self._failed_firsts[hook["id"]] = failed
        if failed >= BAN_AT:
            self._banned_until[hook["id"]] = now + BAN_TIME


def unreachable() -> Refusal:
    return webhook_fault(400, subscription_url="invalid or non-reachable URL")


def _body_refusal(error: ValidationError) -> Refusal:
    faults: dict[str, Any] = {}
    for fault in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in fault["loc"]) or "body"
        text = "is required" if fault["type"] == "missing" else fault["msg"]
        faults[name] = text
    return webhook_fault(400, **faults)
