"""The endpoints of organizations and their memberships (sheet, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from .account import Actor
from .bulk import external_ids_asked, ids_asked, items, queued, targets
from .calls import Answer, Call, Handler
from .desk import Desk
from .errors import missing_parameter, not_found, plain
from .paging import by_offset, listed
from .tables import Record

_ONE, _MANY = "organization", "organizations"


class OrganizationApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._account = desk.account
        self._rules = desk.organizations

    def handlers(self) -> list[tuple[str, Handler]]:
        return [
            ("GET /organizations", self.list_),
            ("POST /organizations", self.create),
            ("GET /organizations/count", self.count),
            ("GET /organizations/search", self.search),
            ("GET /organizations/autocomplete", self.autocomplete),
            ("GET /organizations/show_many", self.show_many),
            ("POST /organizations/create_or_update", self.upsert),
            ("POST /organizations/create_many", self.create_many),
            ("PUT /organizations/update_many", self.update_many),
            ("DELETE /organizations/destroy_many", self.destroy_many),
            ("GET /organizations/{id}", self.show),
            ("PUT /organizations/{id}", self.update),
            ("DELETE /organizations/{id}", self.delete),
            ("GET /organizations/{id}/related", self.related),
            ("GET /organizations/{id}/users", self.users),
            ("GET /organizations/{id}/tickets", self.tickets),
            ("POST /organizations/{id}/merge", self.merge),
            ("GET /organizations/{id}/merges", self.merges),
            ("GET /organization_merges/{id}", self.show_merge),
            ("GET /users/{id}/organizations", self.of_user),
        ]

    def _shown(self, record: Record) -> Record:
        return self._rules.shown(record)

    def _answer(self, record: Record, status: int = 200) -> Answer:
        headers = {"location": record["url"]} if status == 201 else {}
        return Answer({_ONE: self._shown(record)}, status, headers)

    def list_(self, call: Call) -> Answer:
        call.need_agent()
        url = self._account.url(_MANY)
        return Answer(listed(_MANY, self._account.listed(_MANY), call.query, url, self._shown))

    def show(self, call: Call) -> Answer:
        call.need_agent()
        record = self._account.shown(_MANY, call.number())
        if record is None:
            raise not_found()
        return self._answer(record)

    def create(self, call: Call) -> Answer:
        made = self._rules.create(call.wrapped(_ONE), call.actor, call.unused)
        return self._answer(made, 201)

    def update(self, call: Call) -> Answer:
        call.need_agent()
        number = call.number()
        return self._answer(self._rules.update(number, call.wrapped(_ONE), call.actor, call.unused))

    def upsert(self, call: Call) -> Answer:
        call.need_agent()
        record, is_new = self._rules.upsert(call.wrapped(_ONE), call.actor, call.unused)
        return self._answer(record, 201 if is_new else 200)

    def delete(self, call: Call) -> Answer:
        self._rules.delete(call.number(), call.actor)
        return Answer(None, 204)

    def count(self, call: Call) -> Answer:
        call.need_agent()
        value = len(self._account.listed(_MANY))
        return Answer({"count": {"refreshed_at": self._account.stamp(), "value": value}})

    def search(self, call: Call) -> Answer:
        """Exact, without regard to case, by one of the two."""
        call.need_admin()
        given = [name for name in ("external_id", "name") if name in call.query]
        if len(given) != 1:
            raise plain(400, "InvalidSearch", "Specify either external_id or name")
        key = given[0]
        wanted = call.query[key].casefold()
        if self._account.switch("organization_search_uses_index"):
            every = self._account.indexed(_MANY)
            found = [r for r in every if (r[key] or "").casefold() == wanted]
        else:
            found = self._account.listed_by(_MANY, key, wanted)
        url = f"{self._account.base_url}/api/v2/organizations/search.json"
        return Answer(by_offset(_MANY, found, call.query, url, self._shown))

    def autocomplete(self, call: Call) -> Answer:
        call.need_agent()
        start = call.query.get("name", "").casefold()
        if len(start) < 2:
            raise plain(400, "InvalidQuery", "name must have at least 2 characters")
        found = [
            r
            for r in self._account.indexed(_MANY)
            if any(
                p.startswith(start) for p in (r["name"].casefold(), *r["name"].casefold().split())
            )
        ]
        url = f"{self._account.base_url}/api/v2/organizations/autocomplete.json"
        return Answer(by_offset(_MANY, found, call.query, url, self._shown))

    def show_many(self, call: Call) -> Answer:
        call.need_agent()
        numbers, texts = ids_asked(call), external_ids_asked(call)
        if numbers is None and texts is None:
            raise missing_parameter("ids")
        if numbers is not None:
            shown = [self._account.shown(_MANY, number) for number in dict.fromkeys(numbers)]
        else:
            shown = [r for t in texts or [] for r in self._by_external_id(t)]
        records = [record for record in shown if record is not None]
        url = f"{self._account.base_url}/api/v2/organizations/show_many.json"
        return Answer(by_offset(_MANY, records, call.query, url, self._shown))

    def _by_external_id(self, text: str) -> list[Record | None]:
        found = self._account.listed_by(_MANY, "external_id", text.casefold())
        return list(found)

    def create_many(self, call: Call) -> Answer:
        call.need_admin()
        actor, given = call.actor, items(call, _MANY)

        def work(item: Any) -> Record:
            made = self._rules.create(_object(item), actor, [])
            return {"id": made["id"], "status": "Created", "success": True, "action": "create"}

        return queued(self.desk, "Bulk Create Organization", _ONE, "create", given, work)

    def update_many(self, call: Call) -> Answer:
        call.need_agent()
        actor = call.actor
        found = targets(call, self._rules.with_external_id, self._rules.alive)
        if found is None:
            given = items(call, _MANY)
            return self._queue_update(given, lambda item: self._batch(_object(item), actor))
        change = call.wrapped(_ONE)
        return self._queue_update(
            found, lambda number: self._updated(_whole(number), change, actor)
        )

    def _queue_update(self, given: list[Any], work: Any) -> Answer:
        return queued(self.desk, "Bulk Update Organization", _ONE, "update", given, work)

    def _batch(self, item: Record, actor: Actor) -> Record:
        rest = {key: value for key, value in item.items() if key != "id"}
        if "id" in item:
            return self._updated(_whole(item["id"]), rest, actor)
        known = self._rules.with_external_id(str(item.get("external_id", "")))
        if not known:
            raise not_found()
        return self._updated(known[0]["id"], rest, actor)

    def _updated(self, number: int, change: Record, actor: Actor) -> Record:
        self._rules.update(number, change, actor, [])
        return {"action": "update", "id": number, "status": "Updated", "success": True}

    def destroy_many(self, call: Call) -> Answer:
        call.need_admin()
        actor = call.actor
        found = targets(call, self._rules.with_external_id, self._rules.alive)
        if found is None:
            raise missing_parameter("ids")

        def work(number: Any) -> Record:
            self._rules.delete(_whole(number), actor)
            return {"action": "delete", "id": number, "status": "Deleted", "success": True}

        return queued(self.desk, "Bulk Delete Organization", _ONE, "delete", found, work)

    def related(self, call: Call) -> Answer:
        call.need_agent()
        number = self._rules.alive(call.number())["id"]
        tickets = self._account.tables["tickets"].find("organization_id", str(number))
        users = self.desk.memberships.of_organization(number)
        counted = {"tickets_count": len(tickets), "users_count": len(users)}
        return Answer({"organization_related": counted})

    def users(self, call: Call) -> Answer:
        call.need_agent()
        number = self._rules.alive(call.number())["id"]
        members = self._account.listed_by("memberships", "organization_id", number)
        ids = {member["user_id"] for member in members}
        found = [u for u in self._account.listed("users") if u["id"] in ids]
        url = self._account.url(_MANY, number, "users")
        return Answer(listed("users", found, call.query, url, self.desk.users.shown))

    def tickets(self, call: Call) -> Answer:
        call.need_agent()
        number = self._rules.alive(call.number())["id"]
        found = self._account.listed_by("tickets", "organization_id", number)
        url = self._account.url(_MANY, number, "tickets")
        return Answer(listed("tickets", found, call.query, url, self.desk.tickets.shown))

    def of_user(self, call: Call) -> Answer:
        call.need_agent()
        user = self.desk.users.alive(call.number())
        ids = {m["organization_id"] for m in self.desk.memberships.of_user(user["id"])}
        found = [r for r in self._account.listed(_MANY) if r["id"] in ids]
        url = self._account.url("users", user["id"], _MANY)
        return Answer(listed(_MANY, found, call.query, url, self._shown))

    def merge(self, call: Call) -> Answer:
        given = call.wrapped("organization_merge")
        merge = self._rules.begin_merge(call.number(), given, call.actor)
        return Answer({"organization_merge": _merge_shown(merge)})

    def merges(self, call: Call) -> Answer:
        call.need_admin()
        number = call.number()
        every = self._account.tables["organization_merges"].living()
        found = [_merge_shown(m) for m in every if number in (m["loser_id"], m["winner_id"])]
        return Answer({"organization_merges": found})

    def show_merge(self, call: Call) -> Answer:
        call.need_admin()
        merge = self._account.tables["organization_merges"].alive(call.names["id"])
        if merge is None:
            raise not_found()
        return Answer({"organization_merge": _merge_shown(merge)})


def _merge_shown(merge: Record) -> Record:
    return {key: merge[key] for key in ("id", "url", "loser_id", "winner_id", "status")}


def _object(item: Any) -> Record:
    return item if isinstance(item, dict) else {}


def _whole(number: Any) -> int:
    """Raises 404 for what is no id, such as an external id that nobody bears."""
    if isinstance(number, bool) or not str(number).isdigit():
        raise not_found()
    return int(number)
