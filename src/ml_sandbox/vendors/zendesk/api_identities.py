"""The endpoints of a user's identities (sheet, section 4)."""

from __future__ import annotations

from .calls import Answer, Call, Handler
from .desk import Desk
from .paging import listed
from .tables import Record


class IdentityApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._rules = desk.identities

    def handlers(self) -> list[tuple[str, Handler]]:
        path = "/users/{id}/identities"
        return [
            (f"GET {path}", self.list_),
            (f"POST {path}", self.create),
            (f"GET {path}/{{identity}}", self.show),
            (f"PUT {path}/{{identity}}", self.update),
            (f"DELETE {path}/{{identity}}", self.delete),
            (f"PUT {path}/{{identity}}/make_primary", self.make_primary),
            (f"PUT {path}/{{identity}}/verify", self.verify),
            (f"PUT {path}/{{identity}}/request_verification", self.request_verification),
        ]

    def _user(self, call: Call) -> int:
        call.need_agent()
        return int(self.desk.users.alive(call.number())["id"])

    def _one(self, call: Call) -> Record:
        return self._rules.one(self._user(call), call.number("identity"))

    def _page(self, call: Call, user_id: int) -> Answer:
        url = self.desk.account.url("users", user_id, "identities")
        found = self._rules.of_user(user_id)
        return Answer(listed("identities", found, call.query, url, _identity_shown))

    def list_(self, call: Call) -> Answer:
        return self._page(call, self._user(call))

    def show(self, call: Call) -> Answer:
        return Answer({"identity": _identity_shown(self._one(call))})

    def create(self, call: Call) -> Answer:
        user_id = self._user(call)
        made = self._rules.create(user_id, call.wrapped("identity"), call.actor, call.unused)
        headers = {"location": made["url"]}
        return Answer({"identity": _identity_shown(made)}, 201, headers)

    def update(self, call: Call) -> Answer:
        changed = self._rules.update(self._one(call), call.wrapped("identity"), call.unused)
        return Answer({"identity": _identity_shown(changed)})

    def delete(self, call: Call) -> Answer:
        self._rules.delete(self._one(call))
        return Answer(None, 204)

    def make_primary(self, call: Call) -> Answer:
        record = self._rules.make_primary(self._one(call))
        return self._page(call, record["user_id"])

    def verify(self, call: Call) -> Answer:
        return Answer({"identity": _identity_shown(self._rules.verify(self._one(call)))})

    def request_verification(self, call: Call) -> Answer:
        """A mail would be sent; here nothing is."""
        self._one(call)
        return Answer({})


def _identity_shown(record: Record) -> Record:
    return {key: value for key, value in record.items() if key != "deleted_at"}
