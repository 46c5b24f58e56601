"""The endpoints of users (sheet, section 4)."""

from __future__ import annotations

from typing import Any

from .account import ADMIN, END_USER
from .bulk import external_ids_asked, ids_asked, items, queued, targets
from .calls import Answer, Call, Handler
from .desk import Desk
from .errors import forbidden, missing_parameter, not_found
from .paging import by_offset, listed
from .tables import Record

_TOO_MANY = "Maximum 100 users may be created per call"


class UserApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._account = desk.account
        self._rules = desk.users

    def handlers(self) -> list[tuple[str, Handler]]:
        return [
            ("GET /users", self.list_),
            ("POST /users", self.create),
            ("GET /users/me", self.me),
            ("GET /users/count", self.count),
            ("GET /users/search", self.search),
            ("GET /users/autocomplete", self.autocomplete),
            ("GET /users/show_many", self.show_many),
            ("POST /users/create_or_update", self.upsert),
            ("POST /users/create_many", self.create_many),
            ("POST /users/create_or_update_many", self.upsert_many),
            ("PUT /users/update_many", self.update_many),
            ("DELETE /users/destroy_many", self.destroy_many),
            ("GET /users/{id}", self.show),
            ("PUT /users/{id}", self.update),
            ("DELETE /users/{id}", self.delete),
            ("PUT /users/{id}/merge", self.merge),
            ("GET /users/{id}/related", self.related),
        ]

    def _shown(self, record: Record) -> Record:
        return self._rules.shown(record)

    def _answer(self, record: Record, status: int = 200, with_location: bool = False) -> Answer:
        headers = {"location": record["url"]} if with_location else {}
        return Answer({"user": self._shown(record)}, status, headers)

    def me(self, call: Call) -> Answer:
        record = self._rules.alive(call.actor.user_id)
        shown = {**self._shown(record), "authenticity_token": "q" * 44}
        return Answer({"user": shown})

    def list_(self, call: Call) -> Answer:
        call.need_agent()
        found = self._account.listed("users")
        if "external_id" in call.query:
            wanted = call.query["external_id"].casefold()
            found = self._account.listed_by("users", "external_id", wanted)
        roles = [value for name, value in call.query.items() if name in ("role", "role[]")]
        if roles:
            found = [u for u in found if u["role"] in roles[0].split(",")]
        return Answer(listed("users", found, call.query, self._account.url("users"), self._shown))

    def show(self, call: Call) -> Answer:
        """A deleted user is still shown, inactive."""
        number = call.number()
        if call.actor.user_id != number:
            call.need_agent()
        record = self._account.shown("users", number) or self._account.tables["users"].get(number)
        if record is None:
            raise not_found()
        return self._answer(record)

    def create(self, call: Call) -> Answer:
        made = self._rules.create(call.wrapped("user"), call.actor, call.unused)
        return self._answer(made, 201, with_location=True)

    def update(self, call: Call) -> Answer:
        number = call.number()
        changed = self._rules.update(number, call.wrapped("user"), call.actor, call.unused)
        return self._answer(changed)

    def upsert(self, call: Call) -> Answer:
        record, is_new = self._rules.upsert(call.wrapped("user"), call.actor, call.unused)
        return self._answer(record, 201 if is_new else 200, with_location=True)

    def delete(self, call: Call) -> Answer:
        return self._answer(self._rules.delete(call.number(), call.actor))

    def merge(self, call: Call) -> Answer:
        """The user of the path goes into the one of the body."""
        winner = call.wrapped("user").get("id")
        if isinstance(winner, bool) or not isinstance(winner, int):
            raise missing_parameter("user.id")
        return self._answer(self._rules.merge(call.number(), winner, call.actor))

    def count(self, call: Call) -> Answer:
        call.need_agent()
        value = len(self._account.listed("users"))
        return Answer({"count": {"refreshed_at": self._account.stamp(), "value": value}})

    def search(self, call: Call) -> Answer:
        """By the index, but an external id is looked up exactly."""
        call.need_agent()
        if "external_id" in call.query:
            wanted = call.query["external_id"].casefold()
            found = self._account.listed_by("users", "external_id", wanted)
        elif "query" in call.query:
            found = self.desk.search.users(call.query["query"])
        else:
            raise missing_parameter("query")
        url = f"{self._account.base_url}/api/v2/users/search.json"
        return Answer(by_offset("users", found, call.query, url, self._shown))

    def autocomplete(self, call: Call) -> Answer:
        call.need_agent()
        start = call.query.get("name", "").casefold()
        if not start:
            raise missing_parameter("name")
        found = [
            u
            for u in self._account.indexed("users")
            if any(part.startswith(start) for part in u["name"].casefold().split())
        ]
        url = f"{self._account.base_url}/api/v2/users/autocomplete.json"
        return Answer(by_offset("users", found, call.query, url, self._shown))

    def show_many(self, call: Call) -> Answer:
        call.need_agent()
        numbers, texts = ids_asked(call), external_ids_asked(call)
        if numbers is None and texts is None:
            raise missing_parameter("ids")
        shown: list[Record | None] = []
        for number in dict.fromkeys(numbers or []):
            shown.append(self._account.shown("users", number))
        for text in texts or []:
            shown += self._account.listed_by("users", "external_id", text.casefold())
        records = [record for record in shown if record is not None]
        url = f"{self._account.base_url}/api/v2/users/show_many.json"
        return Answer(by_offset("users", records, call.query, url, self._shown))

    def related(self, call: Call) -> Answer:
        call.need_agent()
        user = self._rules.alive(call.number())
        tickets = self._account.tables["tickets"].find("requester_id", str(user["id"]))
        counted = {
            "assigned_tickets": 0,
            "requested_tickets": len(tickets),
            "ccd_tickets": 0,
            "organization_subscriptions": 0,
        }
        return Answer({"user_related": counted})

    # --- in bulk ---

    def _need_import(self, call: Call) -> None:
        if call.actor.role != ADMIN or not self._account.switch("bulk_user_import"):
            raise forbidden()

    def create_many(self, call: Call) -> Answer:
        self._need_import(call)
        actor = call.actor

        def work(item: Any) -> Record:
            made = self._rules.create(_object(item), actor, [])
            return {"id": made["id"], "status": "Created", "success": True, "action": "create"}

        given = items(call, "users", _TOO_MANY)
        return queued(self.desk, "Bulk Create User", "user", "create", given, work)

    def upsert_many(self, call: Call) -> Answer:
        self._need_import(call)
        actor = call.actor

        def work(item: Any) -> Record:
            record, is_new = self._rules.upsert(_object(item), actor, [])
            status, action = ("Created", "create") if is_new else ("Updated", "update")
            return {"id": record["id"], "status": status, "success": True, "action": action}

        given = items(call, "users", _TOO_MANY)
        return queued(self.desk, "Bulk Create Or Update User", "user", "upsert", given, work)

    def update_many(self, call: Call) -> Answer:
        call.need_admin()
        found = targets(call, self._rules.with_external_id, self._rules.alive)
        if found is None:
            pairs = [(_object(i).get("id"), _object(i)) for i in items(call, "users", _TOO_MANY)]
        else:
            change = call.wrapped("user")
            pairs = [(number, change) for number in found]
        actor = call.actor

        def work(pair: Any) -> Record:
            number, change = pair
            if isinstance(number, bool) or not str(number).isdigit():
                raise not_found()
            rest = {key: value for key, value in change.items() if key != "id"}
            self._rules.update(int(number), rest, actor, [])
            return {"action": "update", "id": number, "status": "Updated", "success": True}

        return queued(self.desk, "Bulk Update User", "user", "update", pairs, work)

    def destroy_many(self, call: Call) -> Answer:
        call.need_admin()
        actor = call.actor
        found = targets(call, self._rules.with_external_id, self._rules.alive)
        if found is None:
            raise missing_parameter("ids")

        def work(number: Any) -> Record:
            if not str(number).isdigit():
                raise not_found()
            self._rules.delete(int(number), actor)
            return {"action": "delete", "id": number, "status": "Deleted", "success": True}

        return queued(self.desk, "Bulk Delete User", "user", "delete", found, work)


def _object(item: Any) -> Record:
    return item if isinstance(item, dict) else {}


def anonymous() -> Record:
    """What users/me answers to nobody (sheet, 2.4)."""
    return {
        "id": None,
        "url": None,
        "name": "Anonymous user",
        "email": "invalid@example.com",
        "created_at": None,
        "updated_at": None,
        "time_zone": "Eastern Time (US & Canada)",
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": END_USER,
        "verified": False,
        "active": True,
        "authenticity_token": "q" * 44,
    }
