"""A batch is up to thirty operations in one request, each answered for itself inside a 200.

The order of the answers is not promised, so they come shuffled unless a switch keeps it (sheet,
section 5).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from . import errors, writes
from .company import Company
from .entities import ENTITIES, Entity
from .errors import Fault
from .tables import Record

MOST_ITEMS = 30


class Batch:
    """Runs batches for one company. `ask(statement)` and `feed(entities, since)` answer reads.

    `created(entity)` is told of every record made.
    """

    def __init__(
        self,
        company: Company,
        chance: random.Random,
        ask: Callable[[str], Record],
        feed: Callable[[Any, Any], list[Record]],
        created: Callable[[str], None],
    ) -> None:
        self._company = company
        self._chance = chance
        self._ask = ask
        self._feed = feed
        self._created = created

    def answer(self, body: Any) -> list[Record]:
        """The BatchItemResponse. Raises Fault for the batch as a whole."""
        items = items_of(body)
        answers = [self._item(item) for item in items]
        if self._company.switch("batch_order") == "shuffled":
            self._chance.shuffle(answers)
        return answers

    def _item(self, item: Record) -> Record:
        try:
            return {**self._done(item), "bId": item["bId"]}
        except Fault as fault:
            return {"Fault": fault.body(), "bId": item["bId"]}

    def _done(self, item: Record) -> Record:
        if "Query" in item:
            return {"QueryResponse": self._ask(str(item["Query"]))}
        if "CDCQuery" in item:
            asked = item["CDCQuery"] if isinstance(item["CDCQuery"], dict) else {}
            return {"CDCResponse": self._feed(asked.get("Entities"), asked.get("ChangedSince"))}
        entity = _entity(item)
        body = item[entity.name]
        operation = item.get("operation")
        if operation == "delete":
            return {entity.name: writes.delete(self._company, entity, body)}
        if operation == "update" and item.get("optionsData") == "void":
            return {entity.name: writes.void(self._company, entity, body).data}
        if operation not in ("create", "update"):
            raise errors.bad_enumeration("operation", operation)
        has_id = bool(isinstance(body, dict) and body.get("Id"))
        if has_id is not (operation == "update"):
            raise errors.missing("Id") if not has_id else errors.unsupported_property("Id")
        row, is_new = writes.save(self._company, entity, body)
        if is_new:
            self._created(entity.name)
        return {entity.name: row.data}


def items_of(body: Any) -> list[Record]:
    """The items of a batch's body. Raises Fault where it is none, or too large."""
    items = body.get("BatchItemRequest") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise Fault("400", "Batch Request is Empty", "Batch Request is Empty")
    strange = [name for name in body if name != "BatchItemRequest"]
    if strange:
        raise errors.unsupported_property(strange[0])
    if len(items) > MOST_ITEMS:
        detail = f"The maximum number of batch items is {MOST_ITEMS}; supplied {len(items)}"
        raise Fault("1040", "Batch item count exceeded", detail)
    names = [str(item.get("bId") or "") if isinstance(item, dict) else "" for item in items]
    if not all(names):
        raise errors.missing("bId")
    if len(set(names)) < len(names):
        raise Fault("2010", "Duplicate bId", "Each bId stands once in a batch", "bId")
    return items


def _entity(item: Record) -> Entity:
    known = ("bId", "operation", "optionsData")
    named = [name for name in item if name not in known]
    if len(named) != 1 or named[0] not in ENTITIES:
        raise errors.unsupported_property(named[0] if named else "BatchItemRequest")
    return ENTITIES[named[0]]
