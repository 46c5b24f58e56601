"""Reading a request body field by field: each has a reader that says what it takes.

The rows of all wrong fields are answered together; a read-only field is refused before anything
else is looked at, with 403 and errno 1038 (seen live for `due_date`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ml_sandbox.vendors.freshbooks import errors
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row
from ml_sandbox.vendors.freshbooks.money import PLACES, rounded


class Wrong(Exception):  # a reader's no
    def __init__(self, errno: int, message: str) -> None:
        super().__init__(message)
        self.errno = errno
        self.message = message


Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Form:
    """What a body of one noun may hold: readers by field, and fields that are only read."""

    noun: str
    readers: Mapping[str, Reader]
    read_only: frozenset[str] = frozenset()

    def read(self, given: Mapping[str, Any], ignore_unknown: bool) -> dict[str, Any]:
        """The fields that were given, as read. Raises ApiError 403 or 422."""
        frozen = sorted(self.read_only & given.keys())
        if frozen:
            rows = (self._row(errors.READ_ONLY, f, "is read-only.", given[f]) for f in frozen)
            raise ApiError(403, *rows)
        found: dict[str, Any] = {}
        wrong: list[Row] = []
        for field, value in given.items():
            reader = self.readers.get(field)
            if reader is None:
                if not ignore_unknown:
                    message = "is not a field of this resource."
                    wrong.append(self._row(errors.MAPPING_ERROR, field, message, value))
                continue
            try:
                found[field] = reader(value)
            except Wrong as no:
                wrong.append(self._row(no.errno, field, no.message, value))
        if wrong:
            raise ApiError(422, *wrong)
        return found

    def need(self, found: Mapping[str, Any], *fields: str) -> None:
        """Raises ApiError 422, errno 1001, for what is missing or null."""
        missing = [field for field in fields if found.get(field) is None]
        if missing:
            rows = (self._row(errors.REQUIRED, f, "is required.", None) for f in missing)
            raise ApiError(422, *rows)

    def invalid(self, field: str, message: str, value: Any, errno: int = 0) -> ApiError:
        return ApiError(422, self._row(errno or errors.INVALID_VALUE, field, message, value))

    def _row(self, errno: int, field: str, message: str, value: Any) -> Row:
        shown = None if value is None or isinstance(value, dict | list) else str(value)
        return Row(errno, f"{field} {message}", field, self.noun, shown)


def text(most: int) -> Reader:
    """Text or null, at most so many characters."""

    def read(value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise Wrong(errors.WRONG_KIND, "must be a string.")
        if len(value) > most:
            raise Wrong(errors.TOO_LONG, f"must be at most {most} characters.")
        return value

    return read


def email(value: Any) -> str | None:
    found: str | None = text(255)(value)
    if found and (found.count("@") != 1 or " " in found or "." not in found.partition("@")[2]):
        raise Wrong(errors.INVALID_VALUE, "must be a valid email address.")
    return found


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(errors.NOT_BOOLEAN, "must be a boolean.")
    return value


def whole(least: int | None = None) -> Reader:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Wrong(errors.NOT_A_NUMBER, "must be a number.")
        if least is not None and value < least:
            raise Wrong(errors.NEGATIVE, f"must be at least {least}.")
        return value

    return read


def one_of(*allowed: Any, numeric: bool = False) -> Reader:
    def read(value: Any) -> Any:
        if numeric:
            value = whole()(value)
        if value not in allowed or isinstance(value, bool):
            choices = ", ".join(map(str, allowed))
            raise Wrong(errors.INVALID_VALUE, f"must be one of {choices}.")
        return value

    return read


def day(value: Any) -> date | None:
    if value is None:
        return None
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError:
        raise Wrong(errors.NOT_A_DATE, "must be a date, YYYY-MM-DD.") from None


def currency(value: Any) -> str:
    if not isinstance(value, str) or value not in PLACES:
        raise Wrong(errors.INVALID_VALUE, "must be a known currency code.")
    return value


def decimal(value: Any) -> Decimal:
    """Decimal text, as money and quantities are; a JSON number is not taken."""
    if not isinstance(value, str):
        raise Wrong(errors.INVALID_VALUE, "must be a decimal string.")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise Wrong(errors.INVALID_VALUE, "must be a decimal string.") from None
    if not found.is_finite() or abs(found) > 10**12:
        raise Wrong(errors.INVALID_VALUE, "is out of range.")
    return found


def quantity(value: Any) -> Decimal:
    """Read back as text, and written as text or, by the official Node SDK, as a number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return decimal(str(value) if number else value)


def percent(value: Any) -> Decimal:
    """Percentages must be decimal text (errno 1018)."""
    try:
        found = decimal("0" if value is None else value)
    except Wrong:
        raise Wrong(errors.INVALID_PERCENT, "must be a percentage as decimal text.") from None
    if not 0 <= found <= 100:
        raise Wrong(errors.INVALID_PERCENT, "must be between 0 and 100.")
    return found


def money(value: Any) -> tuple[Decimal, str | None]:
    """`{"amount": "12.50", "code": "USD"}`, the code may be left out."""
    if not isinstance(value, dict) or "amount" not in value or value.keys() - {"amount", "code"}:
        raise Wrong(errors.WRONG_KIND, "must be an object with amount and code.")
    code = None if value.get("code") is None else currency(value["code"])
    found = decimal(value["amount"])
    if code is not None and rounded(found, code) != found:
        raise Wrong(errors.INVALID_VALUE, f"has more decimals than {code}.")
    return found, code


def passed(value: Any) -> Any:
    """Anything: for objects that are stored as they came."""
    return value


def texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Wrong(errors.WRONG_KIND, "must be a list of strings.")
    return value
