"""The search: words and `key:value` pairs over what the index knows, which lags (sheet, 7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from .account import Account
from .errors import Refusal, plain
from .tables import Record

MOST_RESULTS = 1000
_TERM = re.compile(r'(-?)(?:(\w+)(:|<=|>=|<|>))?("(?:[^"\\]|\\.)*"|\S+)')
_TYPES = {"user": "users", "organization": "organizations", "ticket": "tickets"}
_DATES = {"created": "created_at", "updated": "updated_at"}
_WHOLE_TEXT = {
    "users": ("name", "email", "external_id", "phone", "notes", "details"),
    "organizations": ("name", "external_id", "details", "notes"),
    "tickets": ("subject", "description", "external_id"),
}
_CUSTOM = {"users": "user_fields", "organizations": "organization_fields"}


class Search:
    def __init__(self, account: Account) -> None:
        self.account = account

    def users(self, query: str) -> list[Record]:
        """As users/search does: one kind only, a bare word may be the beginning of an address."""
        return self._among("users", _terms(query))

    def everything(self, query: str, only: str | None = None) -> list[tuple[str, Record]]:
        """(result_type, record) by rising time of creation. Raises 422 without a query."""
        if not query.strip():
            raise plain(422, "invalid", "Query parameter is missing")
        terms = _terms(query)
        kinds = [value for _, key, _, value in terms if key == "type"]
        agreed = kinds == [only] and self.account.switch("export_type_in_query")
        if only is not None and kinds and not agreed:
            raise Refusal(
                400, {"error": "invalid", "description": "The type belongs to filter[type]"}
            )
        wanted = [only] if only else kinds or list(_TYPES)
        if any(kind not in _TYPES for kind in wanted):
            raise plain(400, "invalid", "Unknown type")
        rest = [term for term in terms if term[1] != "type"]
        found = [
            (kind, record) for kind in wanted for record in self._among(_TYPES[str(kind)], rest)
        ]
        return [
            (str(kind), record)
            for kind, record in sorted(found, key=lambda pair: pair[1]["created_at"])
        ]

    def _among(self, table: str, terms: list[tuple[str, str, str, str]]) -> list[Record]:
        tests = [self._test(table, *term) for term in terms]
        return [r for r in self.account.indexed(table) if all(test(r) for test in tests)]

    def _test(
        self, table: str, sign: str, key: str, operator: str, value: str
    ) -> Callable[[Record], bool]:
        wanted = value.casefold()
        if key in _DATES:
            fits = self._date_test(_DATES[key], operator, value)
        elif key:
            fits = _key_test(table, key, wanted)
        else:
            fits = _text_test(table, wanted)
        return (lambda record: not fits(record)) if sign else fits

    def _date_test(self, field: str, operator: str, value: str) -> Callable[[Record], bool]:
        relative = re.fullmatch(r"(\d+)(hours?|minutes?|days?)", value)
        if relative:
            unit = relative[2].rstrip("s") + "s"
            moment = self.account.now() - timedelta(**{unit: int(relative[1])})
            value = moment.strftime("%Y-%m-%dT%H:%M:%SZ")

        def fits(record: Record) -> bool:
            held = str(record[field])[: len(value)]
            return {
                ":": held == value,
                "<": held < value,
                ">": held > value,
                "<=": held <= value,
                ">=": held >= value,
            }[operator]

        return fits


def _terms(query: str) -> list[tuple[str, str, str, str]]:
    """(sign, key, operator, value) of each word; a quoted value is one."""
    found = []
    for sign, key, operator, value in _TERM.findall(query):
        quoted = value.startswith('"')
        meant = value[1:-1].replace('\\"', '"') if quoted else value
        found.append((sign, key, operator, meant))
    return found


def _key_test(table: str, key: str, wanted: str) -> Callable[[Record], bool]:
    names = {"organization": "organization_id", "requester": "requester_id"}

    def fits(record: Record) -> bool:
        held = record.get(names.get(key, key))
        if held is None and table in _CUSTOM:
            held = record[_CUSTOM[table]].get(key)
        if wanted == "none":
            return held in (None, "", [])
        if isinstance(held, list):
            return wanted in (str(item).casefold() for item in held)
        if key in ("name", "subject") and isinstance(held, str):
            return _like(wanted, held.casefold())
        return held is not None and _like(wanted, str(held).casefold(), whole=True)

    return fits


def _like(wanted: str, held: str, whole: bool = False) -> bool:
    if wanted.endswith("*"):
        return any(part.startswith(wanted[:-1]) for part in (held, *held.split()))
    return held == wanted if whole else wanted in held


def _text_test(table: str, wanted: str) -> Callable[[Record], bool]:
    fields = _WHOLE_TEXT[table]
    word = wanted.rstrip("*")
    return lambda record: any(word in str(record[name] or "").casefold() for name in fields)
