"""The endpoints of organization fields and user fields (sheet, 3.3)."""

from __future__ import annotations

from typing import Any

from .calls import Answer, Call, Handler
from .desk import Desk
from .errors import invalid_attribute, not_found
from .fields import FieldBook, shown_definition
from .paging import listed
from .shapes import FIELD, read
from .tables import Record


class FieldApi:
    """One of the two kinds: `noun` is `organization_fields` or `user_fields`."""

    def __init__(self, desk: Desk, noun: str, book: FieldBook) -> None:
        self._account = desk.account
        self._noun = noun
        self._one = noun[:-1]
        self._book = book

    def handlers(self) -> list[tuple[str, Handler]]:
        path = f"/{self._noun}"
        found: list[tuple[str, Handler]] = [
            (f"GET {path}", self.list_),
            (f"POST {path}", self.create),
            (f"PUT {path}/reorder", self.reorder),
            (f"GET {path}/{{id}}", self.show),
            (f"PUT {path}/{{id}}", self.update),
            (f"DELETE {path}/{{id}}", self.delete),
        ]
        if self._noun == "user_fields":
            found += [
                (f"GET {path}/{{id}}/options", self.options),
                (f"POST {path}/{{id}}/options", self.put_option),
                (f"GET {path}/{{id}}/options/{{option}}", self.option),
                (f"DELETE {path}/{{id}}/options/{{option}}", self.delete_option),
            ]
        return found

    def list_(self, call: Call) -> Answer:
        call.need_agent()
        url = self._account.url(self._noun)
        found = self._book.definitions()
        if "page[size]" in call.query:
            found = sorted(found, key=lambda f: int(f["id"]))
        return Answer(listed(self._noun, found, call.query, url, shown_definition))

    def _answer(self, record: Record, status: int = 200) -> Answer:
        headers = {"location": record["url"]} if status == 201 else {}
        return Answer({self._one: shown_definition(record)}, status, headers)

    def show(self, call: Call) -> Answer:
        call.need_agent()
        return self._answer(self._book.find(call.names["id"]))

    def create(self, call: Call) -> Answer:
        call.need_admin()
        given = read(call.wrapped(self._one), FIELD, self._one, call.unused)
        return self._answer(self._book.create(given, call.actor), 201)

    def update(self, call: Call) -> Answer:
        call.need_admin()
        given = read(call.wrapped(self._one), FIELD, self._one, call.unused)
        return self._answer(self._book.update(call.names["id"], given, call.unused))

    def delete(self, call: Call) -> Answer:
        call.need_admin()
        self._book.delete(call.names["id"])
        return Answer(None, 204)

    def reorder(self, call: Call) -> Answer:
        call.need_admin()
        self._book.reorder(numbers_of(call, f"{self._one}_ids"))
        return Answer("")

    def options(self, call: Call) -> Answer:
        call.need_agent()
        found = self._options(call)
        return Answer({"custom_field_options": found, "count": len(found)})

    def _options(self, call: Call) -> list[Record]:
        found: list[Record] = self._book.find(call.names["id"]).get("custom_field_options", [])
        return found

    def _option(self, call: Call) -> Record:
        for option in self._options(call):
            if str(option["id"]) == call.names["option"]:
                return option
        raise not_found()

    def option(self, call: Call) -> Answer:
        call.need_agent()
        return Answer({"custom_field_option": self._option(call)})

    def put_option(self, call: Call) -> Answer:
        """A new option, or with the `id` of one that is there a changed one."""
        call.need_admin()
        given = call.wrapped("custom_field_option")
        old = self._options(call)
        kept = [given if o["id"] == given.get("id") else o for o in old]
        is_new = given not in kept
        change = {"custom_field_options": [*kept, given] if is_new else kept}
        changed = self._book.update(call.names["id"], change, call.unused)
        made = [o for o in changed["custom_field_options"] if o["value"] == given["value"]]
        return Answer({"custom_field_option": made[0]}, 201 if is_new else 200)

    def delete_option(self, call: Call) -> Answer:
        call.need_admin()
        gone = self._option(call)
        left = [option for option in self._options(call) if option["id"] != gone["id"]]
        self._book.update(call.names["id"], {"custom_field_options": left}, call.unused)
        return Answer(None, 204)


def numbers_of(call: Call, name: str) -> list[int]:
    """The list of ids under that key of the body."""
    found: list[Any] = call.wrapped_list(name)
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in found):
        raise invalid_attribute(name, "an array of integers")
    return found
