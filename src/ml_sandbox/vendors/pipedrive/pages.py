"""Pipedrive's own pages: what a human does there, free of tokens and limits.

Records come and go in v2 names; changes are told to webhooks with `change_source` app. Deleted
records stay visible here, marked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from . import bodies
from .account import Account, Actor
from .api_fields import PATHS, Fields
from .calls import Call
from .clocktext import to_v1
from .desk import Desk
from .entities import Entity
from .errors import generic, not_found
from .faults import read_body
from .fields import FieldBook
from .merging import merge
from .subscriptions import Subscriptions
from .tables import Record

FIELD_OBJECTS = {f"{entity}_fields": entity for entity in PATHS}
Body = Mapping[str, Any]


class Pages:
    """The records as bare dictionaries, by object name and id."""

    def __init__(self, desk: Desk, subscriptions: Subscriptions, user_id: int) -> None:
        self.desk = desk
        self.subscriptions = subscriptions
        self.human = Actor(user_id, "app")

    @property
    def account(self) -> Account:
        return self.desk.account

    def records_of(self, name: str) -> list[Record]:
        if name in FIELD_OBJECTS:
            book = self._book(name)
            living = [{**d, "is_deleted": False} for d in book.definitions.values()]
            return living + [{**d, "is_deleted": True} for d in book.gone.values()]
        if name == "webhooks":
            return list(self.subscriptions.records.values())
        if name == "users":
            return list(self.account.users.values())
        return [self._bare(name, record) for record in self._table(name).walk("id", "asc")]

    def read(self, name: str, key: str) -> Record:
        for record in self._one(name, key):
            return record
        raise not_found()

    def _one(self, name: str, key: str) -> list[Record]:
        if name in self.account.tables and name != "notes":
            found = self._table(name).get(_number(key))
            return [] if found is None else [self._bare(name, found)]
        field = "field_code" if name in FIELD_OBJECTS else "id"
        return [record for record in self.records_of(name) if str(record[field]) == key]

    def create(self, name: str, body: Body) -> Record:
        if name in FIELD_OBJECTS:
            created = self._fields(name).create(self._call({}, body)).body["data"]
            return dict(created)
        if name == "webhooks":
            request = self.subscriptions.read(_raw(body), self.human)
            return self.subscriptions.add(request, self.human)
        if name == "notes":
            return self.desk.notes.create(_raw(body), self.human)
        if name == "deal_products":
            return self._add_line(dict(body))
        entity = self._entity(name)
        given = read_body(entity.post, _raw(body)).given()
        return self._bare(name, entity.create(given, self.human))

    def _add_line(self, body: dict[str, Any]) -> Record:
        deal_id = body.pop("deal_id", None)
        if not isinstance(deal_id, int):
            raise generic(400, "deal_id is needed")
        given = read_body(bodies.DealProductPost, _raw(body)).given()
        return self.desk.lines.add(deal_id, [given], self.human)[0]

    def change(self, name: str, key: str, body: Body) -> Record:
        if name in FIELD_OBJECTS:
            changed = self._fields(name).change(self._call({"field_code": key}, body))
            return dict(changed.body["data"])
        if name == "notes":
            return self.desk.notes.update(_number(key), _raw(body), self.human)
        if name == "users":
            return self._change_user(key, body)
        entity = self._entity(name)
        given = read_body(entity.patch, _raw(body)).given()
        if name == "deal_products":
            line = self._line(key)
            return self.desk.lines.change(line["deal_id"], line["id"], given, self.human)
        return self._bare(name, entity.update(_number(key), given, self.human))

    def _change_user(self, key: str, body: Body) -> Record:
        """Only what an administrator does here: a name, or a user out of service."""
        user = self.account.users.get(_number(key))
        if user is None:
            raise not_found()
        kinds = {"name": str, "active_flag": bool}
        if not all(key in kinds and isinstance(value, kinds[key]) for key, value in body.items()):
            raise generic(400, "a user's name and active_flag can be changed")
        changed = {**user, **body, "modified": to_v1(self.account.stamp())}
        self.account.users[user["id"]] = changed
        self.account.publish("change", "user", changed, user, self.human)
        return dict(changed)

    def delete(self, name: str, key: str) -> Record:
        """The record as it was left: marked deleted, or its last state where it is gone."""
        last = self.read(name, key)
        if name in FIELD_OBJECTS:
            self._book(name).delete(key)
        elif name == "webhooks":
            self.subscriptions.remove(self.subscriptions.records[_number(key)], "deleted")
        elif name == "notes":
            self.desk.notes.delete(_number(key), self.human)
        elif name == "deal_products":
            self.desk.lines.remove(last["deal_id"], [last["id"]], self.human)
            return last
        else:
            self._entity(name).delete(_number(key), self.human)
        return self.read(name, key)

    def act(self, name: str, key: str, action: str, body: Body) -> Record:
        """`merge {into}` of contacts and deals; `win`, `lose` and `reopen` of deals."""
        if action == "merge" and name in ("organizations", "persons", "deals"):
            into = body.get("into")
            if not isinstance(into, int):
                raise generic(400, "into is needed: the id of the record that stays")
            merged = merge(self._entity(name), _number(key), into, self.human)
            return self._bare(name, merged)
        changes = _DEAL_ACTIONS.get(action)
        if name != "deals" or changes is None:
            raise generic(404, f"no action {action} of {name}")
        return self.change(name, key, {**changes(body), "status": _STATUS[action]})

    def _bare(self, name: str, record: Record) -> Record:
        """Every field, unset custom ones as null."""
        if "custom_fields" not in record:
            return dict(record)
        book = self.account.fields[self._entity(name).kind]
        shown = book.render(record["custom_fields"], None, nulls=True, labels=False)
        return {**record, "custom_fields": shown}

    def _entity(self, name: str) -> Entity:
        entity = self.desk.entities.get(name)
        if entity is None:
            raise generic(404, f"no object {name}")
        return entity

    def _table(self, name: str) -> Any:
        if name not in self.account.tables:
            raise generic(404, f"no object {name}")
        return self.account.tables[name]

    def _line(self, key: str) -> Record:
        line = self.desk.lines.table.get(_number(key))
        if line is None:
            raise not_found()
        return line

    def _book(self, name: str) -> FieldBook:
        return self.account.fields[FIELD_OBJECTS[name]]

    def _fields(self, name: str) -> Fields:
        return Fields(self._book(name))

    def _call(self, names: Mapping[str, str], body: Body) -> Call:
        return Call(self.human, names, {}, _raw(body))


def _lost(body: Body) -> dict[str, Any]:
    return {"lost_reason": body["lost_reason"]} if "lost_reason" in body else {}


def _nothing(_body: Body) -> dict[str, Any]:
    return {}


_DEAL_ACTIONS: dict[str, Callable[[Body], dict[str, Any]]] = {
    "win": _nothing,
    "lose": _lost,
    "reopen": _nothing,
}
_STATUS = {"win": "won", "lose": "lost", "reopen": "open"}


def _number(key: str) -> int:
    if not key.isdigit():
        raise not_found()
    return int(key)


def _raw(body: Body) -> bytes:
    return json.dumps(dict(body)).encode()
