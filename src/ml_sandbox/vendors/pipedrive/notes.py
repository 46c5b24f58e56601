"""A note is free text on a deal, a person or an organization; it lives on in v1 alone.

Bodies here are v1: flags are 0 or 1 (or booleans), times `YYYY-MM-DD HH:MM:SS`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from .account import Account, Actor
from .clocktext import from_v1, to_v1
from .errors import generic
from .tables import Record

PARENTS = {"deal_id": "deals", "person_id": "people", "org_id": "org"}
PIN_FLAGS = tuple(
    f"pinned_to_{name}_flag"
    for name in ("lead", "deal", "organization", "person", "project", "task")
)
CONTENT_MAX = 100_000
_SCRIPT = re.compile(r"<(script|style|iframe)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_HANDLER = re.compile(r"\son\w+\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)

Flag = int | bool


class NoteBody(BaseModel):
    """v1 is lenient about unknown keys but not about types."""

    model_config = ConfigDict(extra="ignore", strict=True)

    content: str | None = None
    lead_id: str | None = None
    deal_id: int | None = None
    person_id: int | None = None
    org_id: int | None = None
    project_id: int | None = None
    task_id: int | None = None
    user_id: int | None = None
    add_time: str | None = None
    pinned_to_lead_flag: Flag = False
    pinned_to_deal_flag: Flag = False
    pinned_to_organization_flag: Flag = False
    pinned_to_person_flag: Flag = False
    pinned_to_project_flag: Flag = False
    pinned_to_task_flag: Flag = False


def sanitised(html: str) -> str:
    """The server strips what could run (sheet, 5.8)."""
    return _HANDLER.sub("", _SCRIPT.sub("", html))


class Notes:
    """Create, change, delete and show notes in the v1 form."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.table = account.tables["notes"]

    def create(self, raw: bytes, actor: Actor) -> Record:
        given = self._read(raw)
        if not given.get("content"):
            raise generic(400, "Note content is missing")
        if all(given.get(parent) is None for parent in (*PARENTS, "lead_id", "project_id")):
            raise generic(400, "One of lead_id, deal_id, person_id, org_id or project_id is needed")
        now = self.account.stamp()
        record: Record = {
            "id": self.table.take_id(),
            "is_deleted": False,
            "add_time": now,
            "update_time": now,
            "user_id": actor.user_id,
            "last_update_user_id": None,
            "lead_id": None,
            "deal_id": None,
            "person_id": None,
            "org_id": None,
            "project_id": None,
            "task_id": None,
            **dict.fromkeys(PIN_FLAGS, False),
            **given,
        }
        self.table.add(record)
        self.account.publish("create", "note", record, None, actor)
        return record

    def update(self, note_id: int, raw: bytes, actor: Actor) -> Record:
        old = self.find(note_id)
        changes = self._read(raw)
        now = self.account.stamp()
        record = {**old, **changes, "update_time": now, "last_update_user_id": actor.user_id}
        self.table.replace(record)
        self.account.publish("change", "note", record, old, actor)
        return record

    def delete(self, note_id: int, actor: Actor) -> None:
        old = self.find(note_id)
        now = self.account.stamp()
        self.table.replace({**old, "is_deleted": True, "update_time": now})
        self.table.note_deleted(note_id, now)
        self.account.publish("delete", "note", None, old, actor)

    def find(self, note_id: int) -> Record:
        record = self.table.alive(note_id)
        if record is None:
            raise generic(404, "Note not found")
        return record

    def _read(self, raw: bytes) -> Record:
        try:
            given = NoteBody.model_validate_json(raw or b"{}").model_dump(exclude_unset=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ".".join(str(part) for part in first["loc"]) or "body"
            raise generic(400, f"Bad request: {name}: {first['msg']}") from None
        self._check_parents(given)
        if "content" in given:
            given["content"] = sanitised(given["content"] or "")[:CONTENT_MAX]
        if given.get("add_time") is not None:
            try:
                given["add_time"] = from_v1(given["add_time"])
            except ValueError as error:
                raise generic(400, f"Bad request: add_time {error}") from None
        for flag in PIN_FLAGS:
            if flag in given:
                given[flag] = bool(given[flag])
        return given

    def _check_parents(self, given: Mapping[str, Any]) -> None:
        for name, kind in PARENTS.items():
            key = given.get(name)
            if key is not None and not self.account.exists(kind, key):
                raise generic(400, f"Bad request: {name}: not found")
        if given.get("user_id") is not None and given["user_id"] not in self.account.users:
            raise generic(400, "Bad request: user_id: not found")

    def shown(self, note: Record, user_id: int) -> Record:
        """The v1 answer, with the names of what the note hangs on."""
        account = self.account
        deal = account.tables["deals"].get(note["deal_id"] or 0)
        person = account.tables["persons"].get(note["person_id"] or 0)
        organization = account.tables["organizations"].get(note["org_id"] or 0)
        user = account.users[note["user_id"]]
        shown = {key: value for key, value in note.items() if key != "is_deleted"}
        return {
            **shown,
            "active_flag": not note["is_deleted"],
            "add_time": to_v1(note["add_time"]),
            "update_time": to_v1(note["update_time"]),
            "deal": None if deal is None else {"title": deal["title"]},
            "person": None if person is None else {"name": person["name"]},
            "organization": None if organization is None else {"name": organization["name"]},
            "project": None,
            "user": {
                "email": user["email"],
                "name": user["name"],
                "icon_url": user["icon_url"],
                "is_you": user["id"] == user_id,
            },
        }
