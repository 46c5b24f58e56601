"""A query is one statement of Intuit's query language, read into its parts.

`SELECT * | COUNT(*) FROM Entity [WHERE a op v [AND …]] [ORDERBY p [ASC|DESC]] [STARTPOSITION n]
[MAXRESULTS m]`: no OR, no JOIN, no GROUP BY, no != (sheet, section 3). Words in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import Fault, invalid_query, unparsed

USUAL_RESULTS, MOST_RESULTS = 100, 1000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<sign><=|>=|[=<>*(),]))",
    re.DOTALL,
)
_OPERATORS = ("=", "<", ">", "<=", ">=", "LIKE", "IN")


@dataclass(frozen=True)
class Value:
    """A literal: its text, and whether it stood in quotes."""

    text: str
    quoted: bool


@dataclass(frozen=True)
class Condition:
    """`operator` in capitals; only IN has other than one value."""

    name: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Query:
    """`columns` is empty for `*`; `order` pairs a property with whether it descends."""

    entity: str
    is_count: bool
    columns: tuple[str, ...]
    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]
    start: int
    most: int


def parse(statement: str, curly_breaks: bool) -> Query:
    """The parts of a statement. Raises Fault 4000 for grammar and 4001 for bounds.

    `curly_breaks`: a typographic apostrophe ends in a lexical error (quickbooks-ruby#54).
    """
    return _Parser(_tokens(statement, curly_breaks)).query()


def _tokens(statement: str, curly_breaks: bool) -> list[tuple[str, str]]:
    if curly_breaks and "\u2019" in statement:
        raise _lexical(statement, statement.index("\u2019"))
    found, position = [], 0
    rest = statement.rstrip().rstrip(";")
    while position < len(rest):
        match = _TOKEN.match(rest, position)
        if match is None:
            raise _lexical(rest, position + len(rest[position:]) - len(rest[position:].lstrip()))
        kind = str(match.lastgroup)
        found.append((kind, match.group(kind)))
        position = match.end()
    return found


def _lexical(statement: str, position: int) -> Fault:
    sign = statement[position : position + 1]
    place = f"line 1, column {position + 1}"
    shown = f"{sign.encode('ascii', 'backslashreplace').decode()} ({ord(sign) if sign else 0})"
    return unparsed(f"Lexical error at {place}. Encountered: {shown}")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def _peek(self) -> str:
        """The next word in capitals, or the sign; empty at the end or before a literal."""
        if self._at >= len(self._tokens):
            return ""
        kind, text = self._tokens[self._at]
        return text.upper() if kind in ("word", "sign") else ""

    def _fail(self) -> Fault:
        if self._at >= len(self._tokens):
            return unparsed("Encountered <EOF>")
        return unparsed(f'Encountered " {self._tokens[self._at][1]} " at position {self._at + 1}')

    def _take(self, *wanted: str) -> bool:
        """Passes these words if they come next."""
        before = self._at
        for word in wanted:
            if self._peek() != word:
                self._at = before
                return False
            self._at += 1
        return True

    def _need(self, *wanted: str) -> None:
        if not self._take(*wanted):
            raise self._fail()

    def _word(self) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "word":
            self._at += 1
            return self._tokens[self._at - 1][1]
        raise self._fail()

    def query(self) -> Query:
        self._need("SELECT")
        is_count, columns = self._selection()
        self._need("FROM")
        entity = self._word()
        conditions = self._conditions() if self._take("WHERE") else ()
        ordered = self._take("ORDERBY") or self._take("ORDER", "BY")
        order = self._order() if ordered else ()
        start = self._number("STARTPOSITION", 1, None)
        most = self._number("MAXRESULTS", USUAL_RESULTS, MOST_RESULTS)
        if self._at < len(self._tokens):
            raise self._fail()
        return Query(entity, is_count, columns, conditions, order, start, most)

    def _selection(self) -> tuple[bool, tuple[str, ...]]:
        if self._take("COUNT"):
            self._need("(", "*", ")")
            return True, ()
        everything = self._take("*")
        names = [] if everything else [self._word()]
        while self._take(","):
            names.append(self._word())
        return False, () if everything else tuple(names)

    def _conditions(self) -> tuple[Condition, ...]:
        found = [self._condition()]
        while self._take("AND"):
            found.append(self._condition())
        return tuple(found)

    def _condition(self) -> Condition:
        name = self._word()
        operator = self._peek()
        if operator not in _OPERATORS:
            raise self._fail()
        self._at += 1
        if operator != "IN":
            return Condition(name, operator, (self._value(),))
        self._need("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return Condition(name, operator, tuple(values))

    def _value(self) -> Value:
        if self._at >= len(self._tokens):
            raise self._fail()
        kind, text = self._tokens[self._at]
        if kind == "text":
            self._at += 1
            return Value(re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL), True)
        if kind == "number" or text.lower() in ("true", "false"):
            self._at += 1
            return Value(text.lower(), False)
        raise self._fail()

    def _order(self) -> tuple[tuple[str, bool], ...]:
        found = []
        while True:
            name = self._word()
            descends = self._take("DESC")
            if not descends:
                self._take("ASC")
            found.append((name, descends))
            if not self._take(","):
                return tuple(found)

    def _number(self, word: str, usual: int, most: int | None) -> int:
        if not self._take(word):
            return usual
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != "number":
            raise self._fail()
        text = self._tokens[self._at][1]
        self._at += 1
        if "." in text:
            raise invalid_query(f"value {text} is not a whole number")
        number = int(text)
        if number < 1:
            raise invalid_query(f"value {number} is too small. Min allowed value is 1")
        if most is not None and number > most:
            raise invalid_query(f"value {number} is too large. Max allowed value is {most}")
        return number
