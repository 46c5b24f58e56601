"""The endpoints of tickets, comments and tags: as much as a sidebar and notes need (sheet, 11)."""

from __future__ import annotations

from functools import partial

from .bulk import ids_asked
from .calls import Answer, Call, Handler
from .desk import Desk
from .errors import missing_parameter, not_found
from .paging import by_offset, listed
from .tables import Record

_TAGGED = ("organizations", "users", "tickets")


class TicketApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._account = desk.account
        self._rules = desk.tickets

    def handlers(self) -> list[tuple[str, Handler]]:
        found: list[tuple[str, Handler]] = [
            ("GET /tickets", self.list_),
            ("POST /tickets", self.create),
            ("GET /tickets/count", self.count),
            ("GET /tickets/show_many", self.show_many),
            ("GET /tickets/{id}", self.show),
            ("PUT /tickets/{id}", self.update),
            ("DELETE /tickets/{id}", self.delete),
            ("GET /tickets/{id}/comments", self.comments),
            ("GET /users/{id}/tickets/requested", self.requested),
            ("GET /groups", self.groups),
        ]
        for noun in _TAGGED:
            path = f"/{noun}/{{id}}/tags"
            for method in ("GET", "POST", "PUT", "DELETE"):
                found.append((f"{method} {path}", partial(self._tags, noun)))
        return found

    def _answer(self, record: Record, status: int = 200, **headers: str) -> Answer:
        if status == 201:
            headers["location"] = record["url"]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer({"ticket": self._rules.shown(record)}, status, named)

    def list_(self, call: Call) -> Answer:
        call.need_agent()
        found = self._account.listed("tickets")
        url = self._account.url("tickets")
        return Answer(listed("tickets", found, call.query, url, self._rules.shown))

    def show(self, call: Call) -> Answer:
        call.need_agent()
        record = self._account.shown("tickets", call.number())
        if record is None:
            raise not_found()
        return self._answer(record)

    def create(self, call: Call) -> Answer:
        call.need_agent()
        key = call.headers.get("idempotency-key")
        given = call.wrapped("ticket")
        made, lookup = self._rules.create_once(given, call.actor, call.unused, key)
        if lookup is None:
            return self._answer(made, 201)
        return self._answer(made, 201, x_idempotency_lookup=lookup)

    def update(self, call: Call) -> Answer:
        call.need_agent()
        number, given = call.number(), call.wrapped("ticket")
        return self._answer(self._rules.update(number, given, call.actor, call.unused))

    def delete(self, call: Call) -> Answer:
        self._rules.delete(call.number(), call.actor)
        return Answer(None, 204)

    def count(self, call: Call) -> Answer:
        call.need_agent()
        value = len(self._account.listed("tickets"))
        return Answer({"count": {"refreshed_at": self._account.stamp(), "value": value}})

    def show_many(self, call: Call) -> Answer:
        call.need_agent()
        numbers = ids_asked(call)
        if numbers is None:
            raise missing_parameter("ids")
        shown = [self._account.shown("tickets", number) for number in numbers]
        found = [record for record in shown if record is not None]
        url = f"{self._account.base_url}/api/v2/tickets/show_many.json"
        return Answer(by_offset("tickets", found, call.query, url, self._rules.shown))

    def comments(self, call: Call) -> Answer:
        call.need_agent()
        number = call.number()
        url = self._account.url("tickets", number, "comments")
        found = self._rules.comments(number)
        return Answer(listed("comments", found, call.query, url, lambda comment: comment))

    def requested(self, call: Call) -> Answer:
        call.need_agent()
        number = self.desk.users.alive(call.number())["id"]
        found = self._account.listed_by("tickets", "requester_id", number)
        url = self._account.url("users", number, "tickets", "requested")
        return Answer(listed("tickets", found, call.query, url, self._rules.shown))

    def groups(self, call: Call) -> Answer:
        call.need_agent()
        found = self._account.listed("groups")
        url = self._account.url("groups")
        return Answer(listed("groups", found, call.query, url, _plain))

    def _tags(self, noun: str, call: Call) -> Answer:
        """POST sets them, PUT adds, DELETE takes away."""
        call.need_agent()
        record = self._account.tables[noun].alive(call.number())
        if record is None:
            raise not_found()
        old = record["tags"]
        if call.method == "GET":
            return Answer({"tags": old})
        given = [str(tag).casefold() for tag in call.wrapped_list("tags")]
        changed = {
            "POST": given,
            "PUT": [*old, *given],
            "DELETE": [tag for tag in old if tag not in given],
        }[call.method]
        tags = list(dict.fromkeys(changed))
        changed_record = self._account.put(noun, record, tags=tags)
        if noun == "organizations" and tags != old:
            change = {"previous": old, "current": tags}
            self._account.publish("organization.tags_changed", changed_record, **change)
        return Answer({"tags": tags}, 201 if call.method == "POST" else 200)


def _plain(record: Record) -> Record:
    return {key: value for key, value in record.items() if key != "deleted_at"}
