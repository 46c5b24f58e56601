"""The endpoints of custom object records, and from a target back to its records (sheet, 5.2, 5.3).

Lists of records are by cursor only.
"""

from __future__ import annotations

from typing import Any

from .bulk import queued
from .calls import Answer, Call, Handler
from .desk import Desk
from .errors import coded, missing_parameter, not_found, plain, too_many_values
from .jobs import MOST_ITEMS
from .paging import by_cursor, listed
from .record_search import MOST_UNSORTED, by_filter, by_text, indexed
from .tables import Record

_ONE, _MANY = "custom_object_record", "custom_object_records"
_SORTS = ("id", "updated_at", "-id", "-updated_at")
_SEARCH_SORTS = ("name", "created_at", "updated_at", "-name", "-created_at", "-updated_at")
_TARGETS = {"zen:organization": "organizations", "zen:user": "users", "zen:ticket": "tickets"}
_ACTIONS = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "delete_by_external_id": "delete",
    "create_or_update_by_external_id": "upsert",
    "create_or_update_by_name": "upsert",
}


class RecordApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._account = desk.account
        self._rules = desk.records

    def handlers(self) -> list[tuple[str, Handler]]:
        path = "/custom_objects/{key}/records"
        return [
            (f"GET {path}", self.list_),
            (f"POST {path}", self.create),
            (f"PATCH {path}", self.upsert),
            (f"DELETE {path}", self.delete_by),
            (f"GET {path}/count", self.count),
            (f"GET {path}/search", self.search),
            (f"POST {path}/search", self.filtered),
            (f"GET {path}/autocomplete", self.autocomplete),
            (f"GET {path}/{{id}}", self.show),
            (f"PATCH {path}/{{id}}", self.update),
            (f"DELETE {path}/{{id}}", self.delete),
            ("POST /custom_objects/{key}/jobs", self.job),
            ("GET /{type}/{target}/relationship_fields/{field}/{source}", self.by_target),
        ]

    def _key(self, call: Call) -> str:
        call.need_agent()
        key: str = self.desk.objects.alive(call.names["key"])["key"]
        return key

    def _answer(self, record: Record, status: int = 200) -> Answer:
        headers = {"location": record["url"]} if status == 201 else {}
        return Answer({_ONE: self._rules.shown(record)}, status, headers)

    def _page(
        self, call: Call, found: list[Record], *path: object, sort: str = "id", count: bool = False
    ) -> Answer:
        """A page by cursor; asking by offset is refused."""
        if "page" in call.query or "per_page" in call.query:
            raise coded(400, "InvalidPaginationParameter", "Only cursor pagination is supported")
        url = f"{self._account.base_url}/api/v2/{'/'.join(map(str, path))}"
        body = by_cursor(_MANY, found, call.query, url, self._rules.shown, sort)
        return Answer({**body, "count": len(found)} if count else body)

    def list_(self, call: Call) -> Answer:
        key = self._key(call)
        sort = call.query.get("sort", "id")
        if sort not in _SORTS:
            raise coded(400, "InvalidSortParameter", f"sort must be one of {', '.join(_SORTS)}")
        found = self._account.listed_by(_MANY, "custom_object_key", key)
        for name, field in (("filter[ids]", "id"), ("filter[external_ids]", "external_id")):
            if name in call.query:
                wanted = [part for part in call.query[name].split(",") if part]
                if len(wanted) > MOST_ITEMS:
                    raise too_many_values("Parameter  cannot specify more than 100 values")
                found = [record for record in found if record[field] in wanted]
        return self._page(call, found, "custom_objects", key, "records", sort=sort)

    def show(self, call: Call) -> Answer:
        key = self._key(call)
        record = self._account.shown(_MANY, call.names["id"])
        if record is None or record["custom_object_key"] != key:
            raise not_found()
        return self._answer(record)

    def create(self, call: Call) -> Answer:
        key = self._key(call)
        return self._answer(
            self._rules.create(key, call.wrapped(_ONE), call.actor, call.unused), 201
        )

    def update(self, call: Call) -> Answer:
        old = self._rules.alive(self._key(call), call.names["id"])
        return self._answer(self._rules.update(old, call.wrapped(_ONE), call.actor, call.unused))

    def _reference(self, call: Call) -> tuple[str, str]:
        """Which of `external_id` and `name` the query gives. Raises 400 unless it is one."""
        given = [name for name in ("external_id", "name") if call.query.get(name)]
        if len(given) != 1:
            raise coded(
                400, "InvalidQueryParameter", "Specify either external_id or name in the query"
            )
        return given[0], call.query[given[0]]

    def upsert(self, call: Call) -> Answer:
        key = self._key(call)
        by, text = self._reference(call)
        record, is_new = self._rules.upsert(
            key, by, text, call.wrapped(_ONE), call.actor, call.unused
        )
        created = int(self._account.switch("upsert_create_status"))
        return self._answer(record, created if is_new else 200)

    def delete(self, call: Call) -> Answer:
        self._rules.delete(self._rules.alive(self._key(call), call.names["id"]))
        return Answer(None, 204)

    def delete_by(self, call: Call) -> Answer:
        key = self._key(call)
        by, text = self._reference(call)
        record = self._rules.by(by, key, text)
        if record is None:
            raise not_found()
        self._rules.delete(record)
        return Answer(None, 204)

    def count(self, call: Call) -> Answer:
        value = len(self._account.listed_by(_MANY, "custom_object_key", self._key(call)))
        return Answer({"count": {"refreshed_at": self._account.stamp(), "value": value}})

    # --- searching ---

    def search(self, call: Call) -> Answer:
        key = self._key(call)
        book = self.desk.objects.fields(key)
        found = by_text(self._account, book, key, call.query.get("query", ""))
        return self._hits(call, found, key, "search")

    def filtered(self, call: Call) -> Answer:
        key = self._key(call)
        body = call.body()
        if "filter" not in body:
            raise missing_parameter("filter")
        book = self.desk.objects.fields(key)
        return self._hits(call, by_filter(self._account, book, key, body["filter"]), key, "search")

    def _hits(self, call: Call, found: list[Record], key: str, last: str) -> Answer:
        sort = call.query.get("sort")
        if sort is None:
            found, sort = found[:MOST_UNSORTED], "id"
        elif sort not in _SEARCH_SORTS:
            raise coded(400, "InvalidSortParameter", "The sort is unknown")
        path = ("custom_objects", key, "records", last)
        return self._page(call, found, *path, sort=sort, count=True)

    def autocomplete(self, call: Call) -> Answer:
        key = self._key(call)
        start = call.query.get("name", "").casefold()
        if not start:
            raise missing_parameter("name")
        found = [r for r in indexed(self._account, key) if start in (r["name"] or "").casefold()]
        return self._hits(call, found, key, "autocomplete")

    def by_target(self, call: Call) -> Answer:
        """All records whose lookup field holds that target."""
        call.need_agent()
        target, source = call.names["type"], call.names["source"]
        self._check_target(target, call.names["target"])
        key = source.removeprefix("zen:custom_object:")
        if key == source:
            return self._people_by_target(call, source)
        self.desk.objects.alive(key)
        definition = self.desk.objects.fields(key).find(call.names["field"])
        if definition.get("relationship_target_type") != target:
            raise not_found()
        wanted = call.names["target"]
        found = [
            r
            for r in self._account.listed_by(_MANY, "custom_object_key", key)
            if r["custom_object_fields"].get(definition["key"]) == wanted
        ]
        url = f"{self._account.base_url}/api/v2{call.path}"
        return Answer(listed(_MANY, found, call.query, url, self._rules.shown))

    def _check_target(self, target: str, number: str) -> None:
        if target.startswith("zen:custom_object:"):
            self._rules.alive(target.removeprefix("zen:custom_object:"), number)
            return
        table = self._account.tables.get(_TARGETS.get(target, ""))
        if table is None or not number.isdigit() or table.alive(int(number)) is None:
            raise not_found()

    def _people_by_target(self, call: Call, source: str) -> Answer:
        """Sources that are users or organizations."""
        if source not in ("zen:user", "zen:organization"):
            raise not_found()
        noun = _TARGETS[source]
        rules = self.desk.users if noun == "users" else self.desk.organizations
        definition = rules.fields.find(call.names["field"])
        if definition.get("relationship_target_type") != call.names["type"]:
            raise not_found()
        held = rules.fields.values_key
        wanted = call.names["target"]
        every = self._account.listed(noun)
        found = [r for r in every if r[held].get(definition["key"]) == wanted]
        url = f"{self._account.base_url}/api/v2{call.path}"
        return Answer(listed(noun, found, call.query, url, rules.shown))

    # --- in bulk ---

    def job(self, call: Call) -> Answer:
        key = self._key(call)
        given = call.wrapped("job")
        action, things = given.get("action"), given.get("items")
        if not isinstance(action, str) or action not in _ACTIONS:
            raise coded(400, "InvalidAction", f"action must be one of {', '.join(_ACTIONS)}")
        if not isinstance(things, list) or not things:
            raise missing_parameter("job.items")
        if len(things) > MOST_ITEMS:
            raise too_many_values("Maximum 100 items may be specified per call", max_count=100)
        kind = "Custom Object Records Bulk"

        def work(item: Any) -> Record:
            return self._worked(key, action, item, call)

        return queued(self.desk, kind, _ONE, _ACTIONS[action], things, work, 201)

    def _worked(self, key: str, action: str, item: Any, call: Call) -> Record:
        if action.startswith("delete"):
            return self._deleted(key, action, item)
        body: Record = item if isinstance(item, dict) else {}
        if action == "create":
            made, is_new = self._rules.create(key, body, call.actor, []), True
        elif action == "update":
            old = self._rules.alive(key, str(body.get("id")))
            rest = {name: value for name, value in body.items() if name != "id"}
            made, is_new = self._rules.update(old, rest, call.actor, []), False
        else:
            by = action.removeprefix("create_or_update_by_")
            text = body.get(by)
            if not isinstance(text, str) or not text:
                raise plain(400, "InvalidItem", f"{by} is missing")
            made, is_new = self._rules.upsert(key, by, text, body, call.actor, [])
        status, verb = ("Created", "create") if is_new else ("Updated", "update")
        outcome: Record = {"id": made["id"], "status": status, "success": True, "action": verb}
        if made["external_id"] is not None:
            outcome["external_id"] = made["external_id"]
        return outcome

    def _deleted(self, key: str, action: str, item: Any) -> Record:
        if action == "delete":
            record = self._rules.alive(key, str(item))
        else:
            found = self._rules.by("external_id", key, str(item))
            if found is None:
                raise not_found()
            record = found
        self._rules.delete(record)
        return {"id": record["id"], "status": "Deleted", "success": True, "action": "delete"}
