"""A ticket and its comments: as much of them as a sidebar and private notes need (sheet, 11)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from .account import END_USER, Account, Actor
from .errors import Invalid, Refusal, forbidden, not_found, plain
from .shapes import COMMENT, TICKET, read
from .tables import Record
from .users import Users

NOUN = "tickets"
STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("urgent", "high", "normal", "low", None)
TYPES = ("problem", "incident", "question", "task", None)
KEY_LIFE = timedelta(hours=2)
MOST_KEY_LENGTH = 255
_NOT_STORED = ("comment", "requester", "safe_update", "updated_stamp")


class Tickets:
    def __init__(self, account: Account, users: Users) -> None:
        self.account = account
        self._users = users
        self._table = account.tables[NOUN]
        self._keys: dict[str, tuple[datetime, str, int]] = {}

    def alive(self, number: int) -> Record:
        record = self._table.alive(number)
        if record is None:
            raise not_found()
        return record

    def create_once(
        self, given: Record, actor: Actor, unused: list[str], key: str | None
    ) -> tuple[Record, str | None]:
        """The ticket, and `hit` or `miss` where an idempotency key was sent."""
        if key is None:
            return self.create(given, actor, unused), None
        if not key or len(key) > MOST_KEY_LENGTH:
            raise plain(400, "IdempotentRequestError", "The idempotency key is invalid")
        digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
        now = self.account.now()
        known = self._keys.get(key)
        if known is not None and now - known[0] < KEY_LIFE:
            if known[1] != digest:
                sentence = "Request parameters don't match the given idempotency key"
                raise plain(400, "IdempotentRequestError", sentence)
            return self.alive(known[2]), "hit"
        made = self.create(given, actor, unused)
        self._keys[key] = (now, digest, made["id"])
        return made, "miss"

    def create(self, given: Record, actor: Actor, unused: list[str]) -> Record:
        values = _read(given, unused)
        comment = values.get("comment") or {}
        faults = self._faults(values)
        if not (comment.get("body") or comment.get("html_body")):
            faults.append(self.account.fault("base", "BlankValue", title="Description"))
        if faults:
            raise Invalid(faults)
        requester_id = self._requester(values, actor, unused)
        record = self._fresh(values, comment, requester_id, actor)
        record["requester_id"] = requester_id
        self.account.note_created(NOUN, actor)
        made = self.account.add(NOUN, record)
        self._comment(made, comment, actor)
        return made

    def _fresh(self, values: Record, comment: Record, requester_id: int, actor: Actor) -> Record:
        """What a new ticket holds."""
        requester = self._users.alive(requester_id)
        now = self.account.stamp()
        number = 1 + len(self._table)
        subject = values.get("subject") or str(comment.get("body", ""))[:150]
        return {
            "url": self.account.url(NOUN, number),
            "id": number,
            "external_id": None,
            "via": {"channel": "api" if actor.over_api else "web", "source": {"from": {}}},
            "created_at": now,
            "updated_at": now,
            "type": None,
            "subject": subject,
            "raw_subject": subject,
            "description": comment.get("body", ""),
            "priority": None,
            "status": "new" if not values.get("assignee_id") else "open",
            "recipient": None,
            "requester_id": requester_id,
            "submitter_id": actor.user_id,
            "assignee_id": None,
            "organization_id": requester["organization_id"],
            "group_id": None,
            "collaborator_ids": [],
            "follower_ids": [],
            "email_cc_ids": [],
            "problem_id": None,
            "has_incidents": False,
            "is_public": comment.get("public", True),
            "due_at": None,
            "tags": [],
            "custom_fields": [],
            "satisfaction_rating": None,
            "sharing_agreement_ids": [],
            **{k: v for k, v in values.items() if k not in _NOT_STORED},
        }

    def _requester(self, values: Record, actor: Actor, unused: list[str]) -> int:
        """By id, or as a user that is made where the address is unknown."""
        if values.get("requester_id"):
            return int(values["requester_id"])
        if "requester" not in values:
            return actor.user_id
        found = self._users.matched(values["requester"])
        if found is not None:
            return int(found["id"])
        human = Actor(self.account.owner_id, "admin", actor.over_api)
        return int(self._users.create(values["requester"], human, unused)["id"])

    def update(self, number: int, given: Record, actor: Actor, unused: list[str]) -> Record:
        """409 where `safe_update` meets another `updated_at` (sheet, section 10)."""
        old = self.alive(number)
        if old["status"] == "closed":
            raise Invalid([self.account.fault("status", "InvalidValue", value="closed")])
        values = _read(given, unused)
        if values.get("safe_update") and values.get("updated_stamp") != old["updated_at"]:
            body = {"error": "UpdateConflict", "description": "Safe Update prevented the update"}
            raise Refusal(409, body)
        faults = self._faults(values)
        if faults:
            raise Invalid(faults)
        if values.get("comment"):
            self._comment(old, values["comment"], actor)
        changes = {k: v for k, v in values.items() if k not in _NOT_STORED}
        return self.account.put(NOUN, old, **changes)

    def _faults(self, values: Record) -> list[tuple[str, str, str]]:
        fault, faults = self.account.fault, []
        for key, known in (("status", STATUSES), ("priority", PRIORITIES), ("type", TYPES)):
            if key in values and values[key] not in known:
                faults.append(fault(key, "InvalidValue", value=values[key]))
        for key, table in (
            ("requester_id", "users"),
            ("assignee_id", "users"),
            ("organization_id", "organizations"),
            ("group_id", "groups"),
        ):
            target = values.get(key)
            if target is not None and self.account.tables[table].alive(target) is None:
                faults.append(fault(key, "InvalidValue", value=target))
        return faults

    def delete(self, number: int, actor: Actor) -> Record:
        if actor.role == END_USER:
            raise forbidden()
        return self.account.bury(NOUN, self.alive(number))

    def _comment(self, ticket: Record, given: Record, actor: Actor) -> Record:
        """Public unless it says otherwise."""
        text = given.get("body") or given.get("html_body") or ""
        now = self.account.stamp()
        return self.account.add(
            "comments",
            {
                "id": self.account.ids.number(),
                "ticket_id": ticket["id"],
                "type": "Comment",
                "author_id": _author(given, actor),
                "body": text,
                "html_body": given.get("html_body") or f"<p>{text}</p>",
                "plain_body": text,
                "public": given.get("public", True),
                "attachments": [],
                "audit_id": self.account.ids.number(),
                "via": ticket["via"],
                "metadata": {"system": {}, "custom": {}},
                "created_at": now,
                "updated_at": now,
            },
        )

    def comments(self, number: int) -> list[Record]:
        found = self.account.tables["comments"].find("ticket_id", str(self.alive(number)["id"]))
        return [_comment_shown(comment) for comment in found]

    def shown(self, record: Record) -> Record:
        return {key: value for key, value in record.items() if key != "deleted_at"}


def _read(given: Record, unused: list[str]) -> Record:
    """What is permitted of a ticket and of its comment. Raises 400 for wrong types."""
    values = read(given, TICKET, "ticket", unused)
    if "comment" in values:
        values["comment"] = read(values["comment"], COMMENT, "ticket.comment", unused)
    return values


def _author(given: Record, actor: Actor) -> int:
    author = given.get("author_id")
    return author if isinstance(author, int) else actor.user_id


def _comment_shown(comment: Record) -> Record:
    hidden = ("deleted_at", "ticket_id", "updated_at")
    shown: dict[str, Any] = {k: v for k, v in comment.items() if k not in hidden}
    return shown
