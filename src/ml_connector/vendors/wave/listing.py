"""A listing is one offset page of records in an answer, and how its nodes become records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ml_connector.core.faults import Refused, Unreachable
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.vendors.wave.documents import PAGE_SIZE
from ml_connector.vendors.wave.envelope import Envelope
from ml_connector.vendors.wave.objects import Glimpse, Record

Node = Mapping[str, Any]


class Listing:
    """The page that a document calls `listing`. Raises Unreachable where the answer lacks it."""

    def __init__(self, envelope: Envelope) -> None:
        told = envelope.data["business"].get("listing")
        if not isinstance(told, dict):
            raise Unreachable("Wave's answer lacks the page that was asked for.")
        edges = told.get("edges")
        if not isinstance(edges, list):
            raise Unreachable("Wave's answer lacks the records of the page.")
        info: dict[str, Any] = told.get("pageInfo") or {}
        self.nodes: list[Node] = [edge["node"] for edge in edges if edge.get("node")]
        """Wave's schema lets a node be null; such a gap is left out."""
        self.total: int | None = info.get("totalCount")
        pages = info.get("totalPages")
        full = len(edges) >= PAGE_SIZE
        self.has_next = info.get("currentPage", 1) < pages if isinstance(pages, int) else full


def parsed(obj: SourceObject, node: Node, business: str) -> SourceModel:
    """The record in a node. Raises Refused, naming the field but not what it holds."""
    try:
        return obj.model.model_validate({**node, "business_id": business})
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        sentence = f"Wave's {obj.label} {node.get('id')} cannot be read: {field}: {reason}"
    raise Refused(sentence, field)


def listed(obj: SourceObject, node: Node, business: str) -> Record:
    """The record in a listed node, or a glimpse of it where a field of it cannot be read.

    So that one record does not stop a poll. Raises Refused where not even its id or time is told.
    """
    try:
        record = parsed(obj, node, business)
    except Refused:
        record = parsed(_GLIMPSES, node, business)
    if not isinstance(record, Record):
        raise TypeError(f"{obj.path} is no object of Wave")
    return record


_GLIMPSES = SourceObject("wave", "glimpses", Glimpse, "record", 1)
