"""What is left of v1: users, currencies, activity types, webhooks, notes and merges.

v1 answers have 0/1 flags, times without a zone, and `start`/`limit` paging (sheet, sections 3, 4).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import BaseModel, ConfigDict, ValidationError

from . import clocktext
from .account import Account
from .calls import Answer, Call, Handler, ok
from .desk import Desk
from .entities import Entity
from .errors import Invalid, generic, webhook_fault
from .merging import merge
from .payloads import legacy_record
from .subscriptions import SubscriptionBody, Subscriptions, unreachable
from .tables import Record

MAX_LIMIT = 500
_NOTE_FILTERS = ("user_id", "deal_id", "person_id", "org_id", "lead_id", "project_id", "task_id")

#: Says whether the address of a subscription answers without redirecting.
Reachable = Callable[[SubscriptionBody], Awaitable[bool]]


class MergeBody(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    merge_with_id: int


class V1:
    """The v1 operations of one account."""

    def __init__(self, desk: Desk, subscriptions: Subscriptions) -> None:
        self.desk = desk
        self.subscriptions = subscriptions

    @property
    def account(self) -> Account:
        return self.desk.account

    def handlers(self) -> dict[str, Handler]:
        """The operations by `METHOD /path`; creating a webhook is apart, since it waits."""
        return {
            "GET /users": self.users,
            "GET /users/me": self.me,
            "GET /users/{id}": self.user,
            "GET /currencies": self.currencies,
            "GET /activityTypes": self.activity_types,
            "GET /webhooks": self.webhooks,
            "DELETE /webhooks/{id}": self.delete_webhook,
            "GET /notes": self.notes,
            "POST /notes": self.add_note,
            "GET /notes/{id}": self.note,
            "PUT /notes/{id}": self.change_note,
            "DELETE /notes/{id}": self.delete_note,
            "PUT /organizations/{id}/merge": self.merge_organization,
            "PUT /persons/{id}/merge": self.merge_person,
            "PUT /deals/{id}/merge": self.merge_deal,
        }

    def users(self, call: Call) -> Answer:
        return ok([_user(user, call.actor.user_id) for user in self.account.users.values()])

    def me(self, call: Call) -> Answer:
        company = self.account.company
        user = _user(self.account.users[call.actor.user_id], call.actor.user_id)
        extra = {
            "company_id": company["id"],
            "company_name": company["name"],
            "company_domain": company["domain"],
            "company_country": company["country"],
            "company_industry": company["industry"],
            "language": {"language_code": "en", "country_code": "GB"},
        }
        return ok({**user, **extra})

    def user(self, call: Call) -> Answer:
        user = self.account.users.get(_number(call))
        if user is None:
            raise generic(404, "User not found or not accessible.")
        return ok(_user(user, call.actor.user_id))

    def currencies(self, call: Call) -> Answer:
        term = call.query.get("term", "").casefold()
        return ok(
            [
                currency
                for currency in self.account.currencies.values()
                if term in currency["code"].casefold() or term in currency["name"].casefold()
            ]
        )

    def activity_types(self, call: Call) -> Answer:
        return ok(list(self.account.activity_types.values()))

    def webhooks(self, call: Call) -> Answer:
        data = self.subscriptions.visible_to(call.actor)
        return Answer({"status": "ok", "success": True, "data": data})

    async def add_webhook(self, call: Call, reachable: Reachable) -> Answer:
        """The one operation that talks to the outside before it answers."""
        body = self.subscriptions.read(call.body, call.actor)
        if self.account.switch("webhook_reachability_check"):
            if not await reachable(body):
                raise unreachable()
            # Others may have subscribed while the far end took its time.
            self.subscriptions.read(call.body, call.actor)
        hook = self.subscriptions.add(body, call.actor)
        return Answer({"status": "ok", "success": True, "data": dict(hook)}, 201)

    def delete_webhook(self, call: Call) -> Answer:
        text = call.names["id"]
        if not text.isdigit():
            raise webhook_fault(404, id="not found")
        self.subscriptions.delete(int(text), call.actor)
        return Answer({"status": "ok", "success": True})

    def notes(self, call: Call) -> Answer:
        start, limit = _paging(call)
        records = self._notes_of(call)
        data = [
            self.desk.notes.shown(r, call.actor.user_id) for r in records[start : start + limit]
        ]
        more = len(records) > start + limit
        paging: Record = {"start": start, "limit": limit, "more_items_in_collection": more}
        if more:
            paging["next_start"] = start + limit
        return Answer({"success": True, "data": data, "additional_data": {"pagination": paging}})

    def _notes_of(self, call: Call) -> list[Record]:
        wanted = {key: call.query[key] for key in _NOTE_FILTERS if key in call.query}
        since = call.query.get("updated_since")
        if since is not None:
            try:
                since = clocktext.parse_seconds(since)
            except ValueError as error:
                raise generic(400, f"Bad request: updated_since {error}") from None
        return [
            note
            for note in self.desk.notes.table.walk("id", "asc")
            if not note["is_deleted"]
            and all(str(note[key]) == value for key, value in wanted.items())
            and (since is None or note["update_time"] >= since)
        ]

    def add_note(self, call: Call) -> Answer:
        note = self.desk.notes.create(call.body, call.actor)
        return ok(self.desk.notes.shown(note, call.actor.user_id))

    def note(self, call: Call) -> Answer:
        note = self.desk.notes.find(_number(call))
        return ok(self.desk.notes.shown(note, call.actor.user_id))

    def change_note(self, call: Call) -> Answer:
        note = self.desk.notes.update(_number(call), call.body, call.actor)
        return ok(self.desk.notes.shown(note, call.actor.user_id))

    def delete_note(self, call: Call) -> Answer:
        self.desk.notes.delete(_number(call), call.actor)
        return ok(True)

    def merge_organization(self, call: Call) -> Answer:
        return ok({"id": self._merged(call, self.desk.organizations)["id"]})

    def merge_person(self, call: Call) -> Answer:
        return self._merge_answer(call, self.desk.persons)

    def merge_deal(self, call: Call) -> Answer:
        answer = self._merge_answer(call, self.desk.deals)
        data = answer.body["data"]
        data.update(active=data["status"] == "open", deleted=False)
        return answer

    def _merged(self, call: Call, entity: Entity) -> Record:
        try:
            body = MergeBody.model_validate_json(call.body or b"{}")
        except ValidationError:
            raise generic(400, "Bad request: merge_with_id is required") from None
        return merge(entity, _number(call), body.merge_with_id, call.actor)

    def _merge_answer(self, call: Call, entity: Entity) -> Answer:
        merged = legacy_record(self.account, entity.kind, self._merged(call, entity)) or {}
        return ok({**merged, "merge_what_id": _number(call)})


def _user(user: Record, asking: int) -> Record:
    return {**user, "is_you": user["id"] == asking}


def _number(call: Call) -> int:
    try:
        return call.number()
    except Invalid:
        raise generic(400, "Bad request: the id must be an integer") from None


def _paging(call: Call) -> tuple[int, int]:
    try:
        start, limit = int(call.query.get("start", 0)), int(call.query.get("limit", 100))
    except ValueError:
        raise generic(400, "Bad request: start and limit must be integers") from None
    if start < 0 or not 1 <= limit <= MAX_LIMIT:
        raise generic(400, f"Bad request: limit must be between 1 and {MAX_LIMIT}")
    return start, limit
