"""Every document is valid against the published schema, and no argument is written into one."""

from __future__ import annotations

import pytest
from graphql import (
    ArgumentNode,
    EnumValueNode,
    ListValueNode,
    VariableNode,
    Visitor,
    build_schema,
    parse,
    validate,
    visit,
)

from ml_connector.vendors.wave import documents
from tests.vendors.wave.given import spec_text

NOUNS = (documents.OF_CUSTOMERS, documents.OF_INVOICES)
DOCUMENTS = {
    "identity": documents.IDENTITY,
    "open invoices": documents.OPEN_INVOICES,
    **{f"changes of {noun.many}": noun.changes() for noun in NOUNS},
    **{f"ids of {noun.many}": noun.ids() for noun in NOUNS},
    **{f"{n} {noun.many}": noun.several(n) for noun in NOUNS for n in (1, 25)},
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_valid_against_the_schema(name: str) -> None:
    schema = build_schema(spec_text("public_schema.graphql"))
    assert validate(schema, parse(DOCUMENTS[name])) == []


class _Literals(Visitor):
    """Collects arguments that hold something other than variables and enum values."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        value = node.value
        items = value.values if isinstance(value, ListValueNode) else [value]
        if not all(isinstance(item, VariableNode | EnumValueNode) for item in items):
            self.found.append(node.name.value)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_arguments_travel_as_variables(name: str) -> None:
    literals = _Literals()
    visit(parse(DOCUMENTS[name]), literals)
    assert literals.found == []


def test_statuses_of_the_slow_re_read_exist_in_the_schema() -> None:
    schema = build_schema(spec_text("public_schema.graphql"))
    known = getattr(schema.get_type("InvoiceStatus"), "values", {})
    assert set(documents.OPEN_STATUSES) < set(known)
