"""The endpoints that define custom objects: objects, their fields, their limits (sheet, 5.1)."""

from __future__ import annotations

from .api_fields import numbers_of
from .calls import Answer, Call, Handler
from .custom_objects import NAME_PROPERTIES, shown_object
from .desk import Desk
from .errors import Refusal, not_found
from .fields import shown_definition
from .shapes import FIELD, read
from .tables import Record

_FIELDS_PER_OBJECT = 100
_NAME = "standard::name"


class ObjectApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._account = desk.account
        self._rules = desk.objects

    def handlers(self) -> list[tuple[str, Handler]]:
        fields = "/custom_objects/{key}/fields"
        return [
            ("GET /custom_objects", self.list_),
            ("POST /custom_objects", self.create),
            ("GET /custom_objects/limits/object_limit", self.object_limit),
            ("GET /custom_objects/limits/record_limit", self.record_limit),
            ("GET /custom_objects/{key}", self.show),
            ("PATCH /custom_objects/{key}", self.update),
            ("DELETE /custom_objects/{key}", self.delete),
            ("GET /custom_objects/{key}/limits/field_limit", self.field_limit),
            (f"GET {fields}", self.list_fields),
            (f"POST {fields}", self.create_field),
            (f"PUT {fields}/reorder", self.reorder_fields),
            (f"GET {fields}/{{id}}", self.show_field),
            (f"PATCH {fields}/{{id}}", self.update_field),
            (f"DELETE {fields}/{{id}}", self.delete_field),
        ]

    def _key(self, call: Call) -> str:
        call.need_agent()
        key: str = self._rules.alive(call.names["key"])["key"]
        return key

    def list_(self, call: Call) -> Answer:
        call.need_agent()
        self._rules.check_feature()
        return Answer({"custom_objects": [shown_object(o) for o in self._rules.living()]})

    def create(self, call: Call) -> Answer:
        call.need_admin()
        made = self._rules.create(call.wrapped("custom_object"), call.actor, call.unused)
        return Answer({"custom_object": shown_object(made)}, 201, {"location": made["url"]})

    def show(self, call: Call) -> Answer:
        return Answer({"custom_object": shown_object(self._rules.alive(self._key(call)))})

    def update(self, call: Call) -> Answer:
        call.need_admin()
        given = call.wrapped("custom_object")
        changed = self._rules.update(self._key(call), given, call.actor, call.unused)
        return Answer({"custom_object": shown_object(changed)})

    def delete(self, call: Call) -> Answer:
        call.need_admin()
        self._rules.delete(self._key(call))
        return Answer(None, 204)

    def object_limit(self, call: Call) -> Answer:
        call.need_agent()
        self._rules.check_feature()
        count = len(self._rules.living())
        return Answer({"count": count, "limit": self._account.plan.objects})

    def record_limit(self, call: Call) -> Answer:
        call.need_agent()
        self._rules.check_feature()
        count = self._account.tables["custom_object_records"].living_count
        return Answer({"count": count, "limit": int(self._account.switch("record_limit"))})

    def field_limit(self, call: Call) -> Answer:
        count = len(self._rules.fields(self._key(call)).definitions())
        return Answer({"count": count, "limit": _FIELDS_PER_OBJECT})

    # --- fields ---

    def list_fields(self, call: Call) -> Answer:
        key = self._key(call)
        found = [shown_definition(f) for f in self._rules.fields(key).definitions()]
        if call.query.get("include_standard_fields") == "true":
            found = [*self._rules.standard_fields(self._rules.alive(key)), *found]
        return Answer({"custom_object_fields": found})

    def _field(self, record: Record, status: int = 200) -> Answer:
        headers = {"location": record["url"]} if status == 201 else {}
        return Answer({"custom_object_field": shown_definition(record)}, status, headers)

    def create_field(self, call: Call) -> Answer:
        call.need_admin()
        key = self._key(call)
        given = read(call.wrapped("custom_object_field"), FIELD, "custom_object_field", call.unused)
        return self._field(self._rules.fields(key).create(given, call.actor), 201)

    def show_field(self, call: Call) -> Answer:
        key = self._key(call)
        for standard in self._rules.standard_fields(self._rules.alive(key)):
            if call.names["id"] in (standard["key"], str(standard["id"])):
                return Answer({"custom_object_field": standard})
        return self._field(self._rules.fields(key).find(call.names["id"]))

    def update_field(self, call: Call) -> Answer:
        call.need_admin()
        key = self._key(call)
        given = read(call.wrapped("custom_object_field"), FIELD, "custom_object_field", call.unused)
        if call.names["id"] == _NAME:
            changed = self._rules.set_name_behaviour(key, given.get("properties", NAME_PROPERTIES))
            return Answer({"custom_object_field": self._rules.standard_fields(changed)[0]})
        return self._field(self._rules.fields(key).update(call.names["id"], given, call.unused))

    def delete_field(self, call: Call) -> Answer:
        call.need_admin()
        key = self._key(call)
        if call.names["id"].startswith("standard::"):
            raise Refusal(403, {"error": "Forbidden", "description": "Standard fields stay"})
        self._rules.fields(key).delete(call.names["id"])
        return Answer(None, 204)

    def reorder_fields(self, call: Call) -> Answer:
        call.need_admin()
        book = self._rules.fields(self._key(call))
        known = {f["id"] for f in book.definitions()}
        numbers = numbers_of(call, "custom_object_field_ids")
        if set(numbers) - known:
            raise not_found()
        book.reorder(numbers)
        return Answer("")
