"""The services of one company: reads, writes, queries, the feed and batches, behind the gateway."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import errors, feed, sales_desk, writes
from .batch import Batch
from .company import Company
from .entities import Entity, by_path
from .query_run import Queries
from .tables import Record


@dataclass(frozen=True)
class Call:
    """A request below `/v3/company/{realm}/`: `parts` of its path, `moment` what it sees.

    `moment` is None for now; ordered staleness names an earlier one, `listed` for lists.
    """

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    content_type: str
    body: bytes
    moment: datetime | None = None
    listed: datetime | None = None


class Services:
    """Answers calls to one company. `now()` is exact; `created(entity)` counts records made.

    `mailed()` is asked before an e-mail leaves and may raise.
    """

    def __init__(
        self,
        company: Company,
        chance: random.Random,
        now: Callable[[], datetime],
        created: Callable[[str], None],
        mailed: Callable[[], None],
    ) -> None:
        self._company = company
        self._now = now
        self._created = created
        self._mailed = mailed
        self._queries = Queries(company)
        self._chance = chance

    def answer(self, call: Call) -> Record:
        """The body of a 200, without its time. Raises Fault."""
        company = self._company
        if company.switch("subscription_ended"):
            raise errors.subscription_ended()
        lost = str(company.switch("user_lost_access"))
        if lost != "no":
            raise errors.lost_access(int(lost))
        match (call.method, call.parts):
            case ("GET", ("query",)):
                return self._query(call.query.get("query", ""), call)
            case ("POST", ("query",)):
                return self._query(self._statement(call), call)
            case ("GET", ("cdc",)):
                return {"CDCResponse": self._feed(call)}
            case ("POST", ("batch",)):
                return {"BatchItemResponse": self._batch(call)}
            case ("GET", ("preferences",)):
                return self._single("Preferences")
            case ("GET", ("companyinfo", key)) if key in ("1", company.realm):
                return self._single("CompanyInfo")
            case ("GET", (name, key)):
                return self._read(_entity(name), key, call)
            case ("POST", (name,)):
                return self._write(_entity(name), call)
            case ("POST", (name, key, "send")):
                return self._send(_entity(name), key, call)
        raise errors.unsupported("/".join(call.parts) or call.method)

    def _single(self, entity: str) -> Record:
        return {entity: next(iter(self._company.rows(entity))).data}

    def _read(self, entity: Entity, key: str, call: Call) -> Record:
        row = self._company.tables[entity.name].get(key)
        data = None if row is None else row.at(call.moment)
        if data is None:
            raise errors.not_found()
        return {entity.name: data}

    # --- lists ---

    def _statement(self, call: Call) -> str:
        if call.content_type not in ("application/text", "text/plain"):
            raise errors.unsupported(f"query with content type {call.content_type}")
        return _text(call.body)

    def _query(self, statement: str, call: Call) -> Record:
        if not statement.strip():
            raise errors.unparsed("Encountered <EOF>")
        return {"QueryResponse": self._queries.answer(statement, call.listed)}

    def _feed(self, call: Call) -> list[Record]:
        return self._changes(call.query.get("entities"), call.query.get("changedSince"), call)

    def _changes(self, entities: Any, since: Any, call: Call) -> list[Record]:
        return feed.answer(self._company, entities, since, self._now(), call.listed)

    def _batch(self, call: Call) -> list[Record]:
        batch = Batch(
            self._company,
            self._chance,
            lambda statement: self._queries.answer(statement, call.listed),
            lambda entities, since: self._changes(entities, since, call),
            self._created,
        )
        return batch.answer(_json(call))

    # --- writes ---

    def _write(self, entity: Entity, call: Call) -> Record:
        body = _json(call)
        operation = call.query.get("operation", "")
        voids = operation == "void" or call.query.get("include") == "void"
        if operation == "delete":
            return {entity.name: writes.delete(self._company, entity, body)}
        if voids:
            # An invoice is voided by its own operation, a payment by an update that includes it.
            form = "void" if entity.name == "Invoice" else "update"
            if operation != form:
                raise errors.unsupported(f"{operation} of {entity.name}")
            return {entity.name: writes.void(self._company, entity, body).data}
        if operation not in ("", "update", "create"):
            raise errors.unsupported(operation)
        row, is_new = writes.save(self._company, entity, body)
        if is_new:
            self._created(entity.name)
        return {entity.name: row.data}

    def _send(self, entity: Entity, key: str, call: Call) -> Record:
        if "send" not in entity.writes:
            raise errors.unsupported(f"send of {entity.name}")
        row = self._company.row(entity.name, key)
        self._mailed()
        return {entity.name: sales_desk.send(self._company, row, call.query.get("sendTo")).data}


def _entity(name: str) -> Entity:
    entity = by_path(name)
    if entity is None:
        raise errors.unsupported(name)
    return entity


def _text(raw: bytes) -> str:
    """Raises Fault 500 for what is not UTF-8 (ERRDOC)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise errors.unsupported("with a body that is not UTF-8") from None


def _json(call: Call) -> Any:
    if call.content_type != "application/json":
        raise errors.unsupported(f"with content type {call.content_type or 'none'}")
    text = _text(call.body)
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        raise errors.unsupported_property("the body", " : it is not JSON") from None
