"""A filter in OData version 3 as the guide shows it, compiled into a test of rows.

Known are and, or, not, the six comparisons, parentheses, substringof, startswith, endswith, typed
literals and `cf.Type(f='View.Field')`. The database compares texts without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, Protocol

from ml_sandbox.vendors.acumatica.errors import odata
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.values import GUID, parse_moment

Getter = Callable[[Row], Any]
Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<typed>(?:datetimeoffset|datetime|date|guid)'[^']*')|(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>-?\d+(?:\.\d+)?[mMdDfFlL]?)"
    r"|(?P<name>[A-Za-z_][\w.]*(?:/[A-Za-z_]\w*)*)|(?P<sign>[(),=]))"
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(a == b),
    "ne": lambda a, b: bool(a != b),
    "gt": lambda a, b: bool(a > b),
    "ge": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
}
_FUNCTIONS: dict[str, tuple[int, Callable[[str, str], bool]]] = {
    "substringof": (1, lambda text, part: part in text),
    "startswith": (0, lambda text, part: text.startswith(part)),
    "endswith": (0, lambda text, part: text.endswith(part)),
}
_EDM = {
    **dict.fromkeys(("Int", "Short", "Long", "Byte", "Decimal", "Double"), "number"),
    "Boolean": "flag",
    "DateTime": "moment",
    "Guid": "guid",
    "String": "text",
}


@dataclass(frozen=True)
class Operand:
    """`kind` is text, number, flag, moment, guid or null."""

    kind: str
    get: Getter


class Paths(Protocol):
    """What a filter may name: each gives the value's type and how it is read from a row.

    Raises the failure that is answered for an unknown name or a path through details.
    """

    def path(self, path: str) -> tuple[str, Getter]: ...

    def custom(self, kind: str, name: str) -> Getter: ...


def compiled(text: str, paths: Paths, site_zone: timezone) -> Test:
    """The test. Raises the failure that an unreadable filter is answered with."""
    return _Reader(text, paths, site_zone).whole()


class _Reader:
    def __init__(self, text: str, paths: Paths, site_zone: timezone) -> None:
        self._text = text
        self._paths = paths
        self._zone = site_zone
        self._tokens = self._split(text)
        self._at = 0

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise odata(f"Syntax error at position {place} in '{text}'.")
            tokens.append((found.lastgroup, found.group(found.lastgroup)))
            place = found.end()
        return [*tokens, ("end", "")]

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self, sign: str | None = None) -> tuple[str, str]:
        token = self._tokens[self._at]
        if token[0] == "end" or (sign is not None and token != ("sign", sign)):
            raise odata(f"Expression expected at position {len(self._text)} in '{self._text}'.")
        self._at += 1
        return token

    def _word(self, word: str) -> bool:
        if self._peek() == ("name", word):
            self._at += 1
            return True
        return False

    def whole(self) -> Test:
        test = self._either()
        if self._peek()[0] != "end":
            raise odata(f"Syntax error: unexpected '{self._peek()[1]}' in '{self._text}'.")
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._word("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._word("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._word("not"):
            test = self._one()
            return lambda row: not test(row)
        if self._peek() == ("sign", "("):
            self._take("(")
            inner = self._either()
            self._take(")")
            return inner
        left = self._operand()
        kind, word = self._peek()
        if kind == "name" and word in _COMPARISONS:
            self._at += 1
            return _compared(left, word, self._operand())
        if left.kind == "flag":
            return lambda row: left.get(row) is True
        raise odata(f"The $filter expression must evaluate to a single boolean value: {self._text}")

    def _operand(self) -> Operand:
        kind, text = self._take()
        match kind:
            case "text":
                return _constant("text", text[1:-1].replace("''", "'").casefold())
            case "number":
                return _constant("number", Decimal(text.rstrip("mMdDfFlL")))
            case "typed":
                return self._typed(text)
            case "name":
                return self._named(text)
        raise odata(f"Syntax error: unexpected '{text}' in '{self._text}'.")

    def _typed(self, text: str) -> Operand:
        name, _, rest = text.partition("'")
        value = rest[:-1]
        if name == "guid" and GUID.fullmatch(value):
            return _constant("guid", value.lower())
        try:
            return _constant("moment", parse_moment(value, self._zone))
        except ValueError:
            raise odata(f"Unrecognized '{name}' literal '{text}' in '{self._text}'.") from None

    def _named(self, name: str) -> Operand:
        if name in ("true", "false"):
            return _constant("flag", name == "true")
        if name == "null":
            return _constant("null", None)
        if self._peek() == ("sign", "("):
            return self._custom(name[3:]) if name.startswith("cf.") else self._function(name)
        kind, get = self._paths.path(name)
        return Operand(_EDM[kind], self._readable(get))

    def _custom(self, kind: str) -> Operand:
        """cf.String(f='View.Field')"""
        self._take("(")
        if not self._word("f"):
            raise odata(f"Syntax error in the custom field of '{self._text}'.")
        self._take("=")
        found, text = self._take()
        self._take(")")
        if found != "text" or kind not in _EDM:
            raise odata(f"Syntax error in the custom field of '{self._text}'.")
        return Operand(_EDM[kind], self._readable(self._paths.custom(kind, text[1:-1])))

    def _function(self, name: str) -> Operand:
        if name not in _FUNCTIONS:
            raise odata(f"An unknown function with name '{name}' was found.")
        self._take("(")
        first = self._operand()
        self._take(",")
        second = self._operand()
        self._take(")")
        if {first.kind, second.kind} != {"text"}:
            raise odata(f"No function signature for the function with name '{name}' matches.")
        which, test = _FUNCTIONS[name]
        whole, part = (second, first) if which else (first, second)
        return Operand("flag", lambda row: test(whole.get(row) or "", part.get(row) or ""))

    def _readable(self, get: Getter) -> Getter:
        """A stored value in the form in which values are compared."""

        def read(row: Row) -> Any:
            value = get(row)
            if isinstance(value, str):
                return value.casefold()
            if isinstance(value, date) and not isinstance(value, datetime):
                return datetime(value.year, value.month, value.day, tzinfo=self._zone)
            return value

        return read


def _constant(kind: str, value: Any) -> Operand:
    return Operand(kind, lambda row: value)


def _compared(left: Operand, word: str, right: Operand) -> Test:
    kinds = {left.kind, right.kind} - {"null"}
    if len(kinds) > 1:
        named = f"'Edm.{left.kind}' and 'Edm.{right.kind}'"
        raise odata(
            "A binary operator with incompatible types was detected. Found operand types "
            f"{named} for operator kind '{word}'."
        )
    compare = _COMPARISONS[word]

    def test(row: Row) -> bool:
        a, b = left.get(row), right.get(row)
        if word in ("eq", "ne"):
            return compare(_empty(a, left.kind), _empty(b, right.kind))
        return a is not None and b is not None and compare(a, b)

    return test


def _empty(value: Any, kind: str) -> Any:
    """An unticked box is false, and an empty text is none."""
    if kind == "flag":
        return value is True
    return None if value == "" else value
