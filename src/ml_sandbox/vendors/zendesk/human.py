"""The human before Zendesk's screens, as the sandbox's controls know one: an administrator.

Bodies are the API's own, without their envelope. A custom object record is made and filed under its
`custom_object_key`; deleted records stay listed, with `deleted_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ml_sandbox import refusal
from ml_sandbox.vendor import Record

from .account import ADMIN, Actor
from .desk import Desk
from .errors import Refusal, no_custom_object, not_found
from .fields import FieldBook
from .shapes import FIELD, read

T = TypeVar("T")
_MERGE = ("merge",)
OBJECTS: Mapping[str, tuple[str, ...]] = {
    "organizations": _MERGE,
    "users": (*_MERGE, "suspend", "make_admin"),
    "organization_memberships": ("make_default",),
    "organization_fields": (),
    "user_fields": (),
    "custom_objects": (),
    "custom_object_fields": (),
    "custom_object_records": (),
    "tickets": ("comment",),
    "webhooks": (),
    "apps": (),
    "installations": (),
}
_TABLES = {"organization_memberships": "memberships"}
_KEYED = ("custom_objects", "organization_fields", "user_fields", "custom_object_fields")
_TEXT_IDS = ("custom_object_records", "webhooks")


class ZendeskHuman:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._account = desk.account

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        return OBJECTS

    @property
    def _actor(self) -> Actor:
        return Actor(self._account.owner_id, ADMIN, over_api=False)

    # --- looking ---

    def records(self, noun: str) -> list[Record]:
        self._desk.settle()
        return [self._shown(noun, record) for record in self._table(noun).every()]

    def record(self, noun: str, key: str) -> Record:
        self._desk.settle()
        return self._shown(noun, self._find(noun, key))

    def _table(self, noun: str) -> Any:
        return self._account.tables[_TABLES.get(noun, noun)]

    def _find(self, noun: str, key: str) -> Record:
        """The record, deleted or not; an object by its key, a field by key or id."""
        table = self._table(noun)
        if noun in _KEYED and not key.isdigit():
            named = [r for r in table.every() if r["key"] == key]
            record = named[-1] if named else None
        else:
            record = table.get(key if noun in _TEXT_IDS else _number(key))
        if record is None:
            raise refusal.Refusal(404, f"no {noun} with id {key}")
        found: Record = record
        return found

    def _shown(self, noun: str, record: Record) -> Record:
        """As the API shows it, and whether it is deleted."""
        desk = self._desk
        shows: dict[str, Callable[[Record], Record]] = {
            "organizations": desk.organizations.shown,
            "users": desk.users.shown,
            "organization_memberships": desk.memberships.shown,
        }
        if noun == "custom_object_records" and not record["deleted_at"]:
            shown = desk.records.shown(record)
        else:
            shown = shows.get(noun, dict)(record)
        return {**shown, "deleted_at": record["deleted_at"]}

    # --- doing ---

    def create(self, noun: str, body: Record) -> Record:
        return self._done(noun, lambda: self._created(noun, dict(body)))

    def _created(self, noun: str, body: Record) -> Record:
        desk, actor = self._desk, self._actor
        match noun:
            case "organizations":
                return desk.organizations.create(body, actor, [])
            case "users":
                return desk.users.create(body, actor, [])
            case "organization_memberships":
                return desk.memberships.create(body, actor, [])
            case "organization_fields" | "user_fields" | "custom_object_fields":
                book = self._book(noun, body.pop("custom_object_key", None))
                return book.create(read(body, FIELD, noun[:-1], []), actor)
            case "custom_objects":
                return desk.objects.create(body, actor, [])
            case "custom_object_records":
                key = str(body.pop("custom_object_key", ""))
                return desk.records.create(key, body, actor, [])
            case "tickets":
                return desk.tickets.create(body, actor, [])
            case "webhooks":
                return desk.webhooks.create(body, actor)
        raise refusal.Refusal(400, f"{noun} are not made by hand here")

    def _book(self, noun: str, object_key: Any) -> FieldBook:
        if noun == "custom_object_fields":
            if not object_key:
                raise no_custom_object()
            self._desk.objects.alive(str(object_key))
            return self._desk.objects.fields(str(object_key))
        desk = self._desk
        return desk.user_fields if noun == "user_fields" else desk.organization_fields

    def change(self, noun: str, key: str, body: Record) -> Record:
        return self._done(noun, lambda: self._changed(noun, self._living(noun, key), dict(body)))

    def _living(self, noun: str, key: str) -> Record:
        self._desk.settle()
        record = self._find(noun, key)
        if record["deleted_at"]:
            raise not_found()
        return record

    def _changed(self, noun: str, old: Record, body: Record) -> Record:
        desk, actor = self._desk, self._actor
        match noun:
            case "organizations":
                return desk.organizations.update(old["id"], body, actor, [])
            case "users":
                return self._changed_user(old, body)
            case "organization_fields" | "user_fields" | "custom_object_fields":
                given = read(body, FIELD, noun[:-1], [])
                book = self._book(noun, old["custom_object_key"])
                return book.update(str(old["id"]), given, [])
            case "custom_objects":
                return desk.objects.update(old["key"], body, actor, [])
            case "custom_object_records":
                return desk.records.update(old, body, actor, [])
            case "tickets":
                return desk.tickets.update(old["id"], body, actor, [])
            case "webhooks":
                return desk.webhooks.update(old["id"], body)
            case "installations":
                return desk.apps.change_installation(old["id"], body)
        raise refusal.Refusal(400, f"{noun} are not changed by hand here")

    def _changed_user(self, old: Record, body: Record) -> Record:
        """At the screens an e-mail that is typed in becomes the primary one."""
        desk = self._desk
        changed = desk.users.update(old["id"], body, self._actor, [])
        for identity in desk.identities.of_user(old["id"]):
            if body.get("email") and identity["value"] == body["email"].casefold():
                desk.identities.make_primary(identity)
                changed = desk.users.alive(old["id"])
        return changed

    def delete(self, noun: str, key: str) -> Record:
        return self._done(noun, lambda: self._deleted(noun, self._living(noun, key)))

    def _deleted(self, noun: str, old: Record) -> Record:
        desk, actor = self._desk, self._actor
        match noun:
            case "organizations":
                return desk.organizations.delete(old["id"], actor)
            case "users":
                return desk.users.delete(old["id"], actor)
            case "organization_memberships":
                desk.memberships.end(old)
            case "organization_fields" | "user_fields" | "custom_object_fields":
                self._book(noun, old["custom_object_key"]).delete(str(old["id"]))
            case "custom_objects":
                return desk.objects.delete(old["key"])
            case "custom_object_records":
                return desk.records.delete(old)
            case "tickets":
                return desk.tickets.delete(old["id"], actor)
            case "webhooks":
                return desk.webhooks.delete(old["id"])
            case "apps":
                desk.apps.delete(old["id"])
            case _:
                return self._account.bury(noun, old)
        buried: Record = self._table(noun).get(old["id"])
        return buried

    def act(self, noun: str, key: str, action: str, body: Record) -> Record:
        return self._done(noun, lambda: self._acted(noun, self._living(noun, key), action, body))

    def _acted(self, noun: str, old: Record, action: str, body: Record) -> Record:
        desk, actor = self._desk, self._actor
        match (noun, action):
            case ("organizations", "merge"):
                return desk.organizations.merge_now(old["id"], _into(body), actor)
            case ("users", "merge"):
                return desk.users.merge(old["id"], _into(body), actor)
            case ("users", "suspend"):
                return desk.users.update(old["id"], {"suspended": True}, actor, [])
            case ("users", "make_admin"):
                return desk.users.update(old["id"], {"role": ADMIN}, actor, [])
            case ("organization_memberships", "make_default"):
                return desk.memberships.make_default(old)
        return desk.tickets.update(old["id"], {"comment": body}, actor, [])

    def _done(self, noun: str, gesture: Callable[[], Record]) -> Record:
        try:
            self._desk.settle()
            return self._shown(noun, gesture())
        except Refusal as refused:
            status = 404 if refused.status == 404 else 400
            raise refusal.Refusal(status, refused.content.decode()) from None


def _into(body: Record) -> int:
    """The id of the record that stays."""
    return _number(body.get("into"))


def _number(key: Any) -> int:
    text = str(key)
    if not text.isdigit():
        raise refusal.Refusal(404, f"{text!r} is no id")
    return int(text)
