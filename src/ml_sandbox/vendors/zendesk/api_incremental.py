"""The incremental exports: everything that changed since a moment, but the last minute (sheet, 7).

Times are whole seconds since 1970; a page never ends within a second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from .calls import Answer, Call, Handler
from .clocktext import stamp, unix_seconds
from .desk import Desk
from .errors import coded, missing_parameter, plain
from .paging import open_timed, timed_cursor
from .tables import Record

WITHHELD_SECONDS = 60
MOST = 1000


class IncrementalApi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._account = desk.account

    def handlers(self) -> list[tuple[str, Handler]]:
        return [
            ("GET /incremental/organizations", self.organizations),
            ("GET /incremental/users", self.users),
            ("GET /incremental/users/cursor", self.users_by_cursor),
            ("GET /incremental/tickets", self.tickets),
            ("GET /incremental/tickets/cursor", self.tickets_by_cursor),
            ("GET /incremental/custom_objects/{key}/cursor", self.records),
        ]

    def _now(self) -> int:
        return int(self._account.now().timestamp())

    def _start(self, call: Call) -> int:
        """Raises 400 for a start that is missing, no number, or younger than a minute."""
        text = call.query.get("start_time")
        if text is None:
            raise missing_parameter("start_time")
        if not text.isdigit():
            raise plain(400, "InvalidValue", "Invalid start_time")
        if int(text) > self._now() - WITHHELD_SECONDS:
            raise plain(
                400,
                "StartTimeTooRecent",
                "Too recent start_time. Use a start_time older than 60 seconds",
            )
        return int(text)

    def _changed(self, table: str, start: int) -> list[Record]:
        """(deleted ones included) by rising time of change; the last minute is withheld."""
        until = self._now() - WITHHELD_SECONDS
        found = [
            record
            for record in self._account.tables[table].every()
            if start <= unix_seconds(record["updated_at"]) <= until
        ]
        return sorted(found, key=lambda r: (r["updated_at"], r["id"]))

    def _page(self, found: list[Record], most: int) -> list[Record]:
        """The first of them; those of the last one's second come along."""
        page = found[:most]
        for record in found[most:]:
            if record["updated_at"] != page[-1]["updated_at"]:
                break
            page.append(record)
        return page

    def _per_page(self, call: Call) -> int:
        text = call.query.get("per_page", str(MOST))
        return min(MOST, int(text)) if text.isdigit() and int(text) else MOST

    def _by_time(self, call: Call, noun: str, found: list[Record], show: Any) -> Answer:
        page = self._page(found, self._per_page(call))
        more = len(page) < len(found)
        start = int(call.query["start_time"])
        end = unix_seconds(page[-1]["updated_at"]) + (1 if more else 0) if page else start
        url = self._account.url("incremental", noun)
        return Answer(
            {
                noun: [show(record) for record in page],
                "count": len(page),
                "end_time": end,
                "end_of_stream": not more,
                "next_page": f"{url}?{urlencode({'start_time': end})}",
            }
        )

    def organizations(self, call: Call) -> Answer:
        call.need_admin()
        found = self._changed("organizations", self._start(call))
        if not self._account.switch("incremental_shows_deleted"):
            found = [record for record in found if not record["deleted_at"]]
        rules = self.desk.organizations
        return self._by_time(call, "organizations", found, lambda r: rules.shown(r, deleted=True))

    def users(self, call: Call) -> Answer:
        call.need_admin()
        found = self._changed("users", self._start(call))
        return self._by_time(call, "users", found, self.desk.users.shown)

    def tickets(self, call: Call) -> Answer:
        call.need_admin()
        found = self._changed("tickets", self._start(call))
        return self._by_time(call, "tickets", found, self._ticket)

    def _ticket(self, record: Record) -> Record:
        shown = self.desk.tickets.shown(record)
        return {**shown, "status": "deleted"} if record["deleted_at"] else shown

    # --- by cursor ---

    def _by_cursor(self, call: Call, table: str, keep: Any) -> tuple[list[Record], Record]:
        """(records of the page, what is told of the way on)."""
        if "cursor" in call.query:
            after = open_timed(call.query["cursor"], self._account.now(), None)
            if not isinstance(after, list) or len(after) != 2:
                raise coded(400, "InvalidCursor", "The cursor is invalid")
            mark = tuple(after)
        else:
            began = datetime.fromtimestamp(self._start(call), UTC)
            mark = (stamp(began), -1)
        every = self._changed(table, unix_seconds(mark[0]))
        found = [r for r in every if _behind(r, mark) and keep(r)]
        page = found[: self._per_page(call)]
        if page:
            mark = (page[-1]["updated_at"], page[-1]["id"])
        cursor = timed_cursor(list(mark), self._account.now())
        return page, {"cursor": cursor, "more": len(page) < len(found)}

    def _cursor_answer(self, noun: str, shown: list[Any], way: Record, *path: str) -> Answer:
        url = f"{self._account.base_url}/api/v2/incremental/{'/'.join(path)}/cursor.json"
        body = {
            noun: shown,
            "after_url": f"{url}?{urlencode({'cursor': way['cursor']})}",
            "after_cursor": way["cursor"],
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": not way["more"],
        }
        return Answer(body)

    def users_by_cursor(self, call: Call) -> Answer:
        call.need_admin()
        page, way = self._by_cursor(call, "users", lambda r: True)
        shown = [self.desk.users.shown(record) for record in page]
        return self._cursor_answer("users", shown, way, "users")

    def tickets_by_cursor(self, call: Call) -> Answer:
        call.need_admin()
        page, way = self._by_cursor(call, "tickets", lambda r: True)
        return self._cursor_answer("tickets", [self._ticket(r) for r in page], way, "tickets")

    def records(self, call: Call) -> Answer:
        """Deleted records come with their values blotted out."""
        call.need_agent()
        key = self.desk.objects.alive(call.names["key"])["key"]
        table = "custom_object_records"
        page, way = self._by_cursor(call, table, lambda r: r["custom_object_key"] == key)
        shown = [self.desk.records.shown(record) for record in page]
        return self._cursor_answer(table, shown, way, "custom_objects", key)


def _behind(record: Record, mark: tuple[Any, ...]) -> bool:
    if record["updated_at"] != mark[0]:
        return bool(record["updated_at"] > mark[0])
    return mark[1] == -1 or bool(record["id"] > mark[1])
