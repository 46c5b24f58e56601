"""The API of one company: pages of queries, the change feed, single reads.

Everything is a read, and each is metered. Nothing is ever written here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from ml_connector.core.faults import Unreachable
from ml_connector.core.limits import Price
from ml_connector.core.wire import Errand, Request, Response, Wire, parsed
from ml_connector.vendors.quickbooks_online.times import format_instant, parse_instant

MINOR_VERSION = "75"
"""Lower ones are ignored since August 2025; a higher one would bring changes that break."""

PAGE = 1000
"""As many rows as a query shows at most, and objects that the change feed shows in all."""

SLIP = 20
"""Pages are by offset and rows may leave while they are read: so many are read twice."""

METERED = Price(tokens=1)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """Rows by entity, in the order of the answer, and the vendor's clock."""

    rows: Mapping[str, Sequence[Row]]
    at: datetime

    @property
    def is_full(self) -> bool:
        """Whether more may have changed than is shown. That the cap is for all entities together
        is not documented; it is the safe reading."""
        return sum(len(rows) for rows in self.rows.values()) >= PAGE


class Api:
    """Of the company of that realm."""

    def __init__(self, wire: Wire, realm: str) -> None:
        self._wire = wire
        self.realm = realm

    async def get(self, path: str, errand: Errand, **params: str) -> dict[str, Any]:
        """The answer's body. Blanks in a query go as %20, which every reader takes for a blank."""
        query = urlencode({**params, "minorversion": MINOR_VERSION}, quote_via=quote)
        address = f"/v3/company/{quote(self.realm, safe='')}/{path}?{query}"
        response = await self._wire.send(Request("GET", address, price=METERED), errand)
        return _body(response)

    async def page(
        self, entity: str, clauses: str, start: int, errand: Errand
    ) -> tuple[Sequence[Row], int | None, datetime]:
        """Rows from `start` (1 is the first), where to go on if there is more, and the clock."""
        statement = f"SELECT * FROM {entity} {clauses} STARTPOSITION {start} MAXRESULTS {PAGE}"  # noqa: S608 - not SQL; values are quoted by `quoted`
        body = await self.get("query", errand, query=statement)
        found = body.get("QueryResponse")
        if not isinstance(found, dict):
            raise Unreachable("QuickBooks' answer to a query lacks what was asked for.")
        rows = _rows(found, entity)
        following = start + len(rows) - SLIP if len(rows) >= PAGE else None
        return rows, following, clock_of(body)

    async def rows(self, entity: str, clauses: str, errand: Errand) -> AsyncIterator[Row]:
        """All of them; one may come twice."""
        start: int | None = 1
        while start is not None:
            found, start, _ = await self.page(entity, clauses, start, errand)
            for row in found:
                yield row

    async def changes(self, entities: Sequence[str], since: datetime, errand: Errand) -> Told:
        """What changed after that moment; deleted rows have the status Deleted and little else."""
        asked = {"entities": ",".join(entities), "changedSince": format_instant(since)}
        body = await self.get("cdc", errand, **asked)
        told = body.get("CDCResponse")
        if not isinstance(told, list):
            raise Unreachable("QuickBooks' change feed answered without changes.")
        answers = [a for part in told for a in part.get("QueryResponse") or []]
        rows = {entity: [r for a in answers for r in _rows(a, entity)] for entity in entities}
        return Told(rows, clock_of(body))


def quoted(values: Sequence[str]) -> str:
    """For `IN (…)`: quotes and backslashes are escaped by a backslash."""
    escaped = (value.replace("\\", "\\\\").replace("'", "\\'") for value in values)
    return ", ".join(f"'{value}'" for value in escaped)


def _rows(answer: Mapping[str, Any], entity: str) -> list[Row]:
    """An entity without rows is left out of the answer. Raises Unreachable where it is no list of
    them: a row that were passed over would seem to be gone."""
    found = answer.get(entity, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreachable(f"QuickBooks' answer is no listing of {entity}.")
    return found


def _body(response: Response) -> dict[str, Any]:
    """Amounts as decimals. Raises Unreachable for what is none of QuickBooks' answers."""
    try:
        body = parsed(response.body, Decimal)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Unreachable("The answer is none of QuickBooks'. Is base_url the address of its API?")
    return body


def clock_of(body: Mapping[str, Any]) -> datetime:
    """The vendor's clock when it answered. Raises Unreachable where it is not told."""
    try:
        return parse_instant(str(body.get("time")))
    except ValueError:
        raise Unreachable("QuickBooks' answer does not tell its time.") from None
