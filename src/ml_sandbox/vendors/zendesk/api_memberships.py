"""The endpoints of organization memberships (sheet, section 4)."""

from __future__ import annotations

from typing import Any

from .bulk import ids_asked, items, queued
from .calls import Answer, Call, Handler
from .desk import Desk
from .errors import missing_parameter, not_found
from .paging import listed
from .tables import Record

_ONE, _MANY = "organization_membership", "organization_memberships"


class MembershipApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._account = desk.account
        self._rules = desk.memberships

    def handlers(self) -> list[tuple[str, Handler]]:
        of_user = "/users/{id}/organization_memberships"
        return [
            ("GET /organization_memberships", self.list_),
            ("POST /organization_memberships", self.create),
            ("POST /organization_memberships/create_many", self.create_many),
            ("DELETE /organization_memberships/destroy_many", self.destroy_many),
            ("GET /organization_memberships/{id}", self.show),
            ("DELETE /organization_memberships/{id}", self.delete),
            (f"GET {of_user}", self.of_user),
            (f"PUT {of_user}/{{membership}}/make_default", self.make_default),
            ("PUT /users/{id}/organizations/{organization}/make_default", self.make_default_by),
            ("DELETE /users/{id}/organizations/{organization}", self.leave),
            ("GET /organizations/{id}/organization_memberships", self.of_organization),
        ]

    def _answer(self, record: Record, status: int = 200) -> Answer:
        headers = {"location": record["url"]} if status == 201 else {}
        return Answer({_ONE: self._rules.shown(record)}, status, headers)

    def _page(self, call: Call, found: list[Record], *path: object) -> Answer:
        call.need_agent()
        url = self._account.url(*path, _MANY)
        return Answer(listed(_MANY, found, call.query, url, self._rules.shown))

    def list_(self, call: Call) -> Answer:
        return self._page(call, self._account.listed("memberships"))

    def of_user(self, call: Call) -> Answer:
        number = self.desk.users.alive(call.number())["id"]
        found = self._account.listed_by("memberships", "user_id", number)
        return self._page(call, found, "users", number)

    def of_organization(self, call: Call) -> Answer:
        number = self.desk.organizations.alive(call.number())["id"]
        found = self._account.listed_by("memberships", "organization_id", number)
        return self._page(call, found, "organizations", number)

    def show(self, call: Call) -> Answer:
        call.need_agent()
        return self._answer(self._rules.alive(call.number()))

    def create(self, call: Call) -> Answer:
        call.need_agent()
        return self._answer(self._rules.create(call.wrapped(_ONE), call.actor, call.unused), 201)

    def create_many(self, call: Call) -> Answer:
        call.need_agent()
        actor = call.actor

        def work(item: Any) -> Record:
            made = self._rules.create(item if isinstance(item, dict) else {}, actor, [])
            return {"id": made["id"], "status": "Created", "success": True, "action": "create"}

        kind = "Bulk Create OrganizationMembership"
        return queued(self.desk, kind, _ONE, "create", items(call, _MANY), work)

    def destroy_many(self, call: Call) -> Answer:
        call.need_agent()
        numbers = ids_asked(call)
        if numbers is None:
            raise missing_parameter("ids")

        def work(number: Any) -> Record:
            self._rules.end(self._rules.alive(number))
            return {"action": "delete", "id": number, "status": "Deleted", "success": True}

        kind = "Bulk Delete OrganizationMembership"
        return queued(self.desk, kind, _ONE, "delete", numbers, work)

    def delete(self, call: Call) -> Answer:
        call.need_agent()
        self._rules.end(self._rules.alive(call.number()))
        return Answer(None, 204)

    def make_default(self, call: Call) -> Answer:
        call.need_agent()
        record = self._rules.alive(call.number("membership"))
        if record["user_id"] != call.number():
            raise not_found()
        self._rules.make_default(record)
        return self.of_user(call)

    def make_default_by(self, call: Call) -> Answer:
        call.need_agent()
        self._rules.make_default(self._between(call))
        return self.of_user(call)

    def leave(self, call: Call) -> Answer:
        call.need_agent()
        self._rules.end(self._between(call))
        return Answer(None, 204)

    def _between(self, call: Call) -> Record:
        user_id, organization_id = call.number(), call.number("organization")
        for record in self._rules.of_user(user_id):
            if record["organization_id"] == organization_id:
                return record
        raise not_found()
