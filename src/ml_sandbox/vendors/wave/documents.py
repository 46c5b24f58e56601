"""A document is one GraphQL text, parsed and validated once, with the names of what it asks for.

Documents and variables are checked before the caller is (sheet, section 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    parse,
    validate,
)
from graphql.language import Visitor, visit

from ml_sandbox.vendors.wave.errors import VALIDATION_FAILED
from ml_sandbox.vendors.wave.schema import executable_schema

REMEMBERED = 500
MAX_TOKENS = 15_000


@dataclass(frozen=True)
class Document:
    """`errors` are empty where the document may be executed."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    has_inline_strings: bool = False

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation to run; None where the name fits none, or several and no name."""
        found = [
            node
            for node in (self.node.definitions if self.node else ())
            if isinstance(node, OperationDefinitionNode)
            and (name is None or (node.name is not None and node.name.value == name))
        ]
        return found[0] if len(found) == 1 else None

    def asked(self, name: str | None) -> tuple[str, ...]:
        """Root fields, and `root.child` for what is asked of each, without repeats."""
        operation = self.operation(name)
        if operation is None:
            return ()
        names: dict[str, None] = {}
        finer: dict[str, None] = {}
        for root in self._fields(operation.selection_set):
            names[root.name.value] = None
            if root.selection_set is not None and not root.name.value.startswith("__"):
                for child in self._fields(root.selection_set):
                    finer[f"{root.name.value}.{child.name.value}"] = None
        return (*names, *finer)

    def _fields(self, selections: SelectionSetNode, depth: int = 0) -> Iterator[FieldNode]:
        fragments = {
            node.name.value: node.selection_set
            for node in (self.node.definitions if self.node else ())
            if isinstance(node, FragmentDefinitionNode)
        }
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                yield from self._fields(selection.selection_set, depth + 1)
            elif isinstance(selection, FragmentSpreadNode) and depth < 10:
                inner = fragments.get(selection.name.value)
                if inner is not None:
                    yield from self._fields(inner, depth + 1)


class _InlineStrings(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        self.found = True


class Library:
    """Documents by their text; the last few hundred are remembered."""

    def __init__(self) -> None:
        self._known: dict[str, Document] = {}

    def read(self, text: str) -> Document:
        known = self._known.pop(text, None) or _read(text)
        self._known[text] = known
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        return known


def _read(text: str) -> Document:
    try:
        node = parse(text, max_tokens=MAX_TOKENS)
    except GraphQLError as error:
        return Document(None, (_coded(error),))
    except RecursionError:
        return Document(None, (_coded(GraphQLError("The document is nested too deeply.")),))
    errors = validate(executable_schema(), node)
    visitor = _InlineStrings()
    visit(node, visitor)
    return Document(node, tuple(_coded(error) for error in errors), visitor.found)


def _coded(error: GraphQLError) -> GraphQLError:
    error.extensions = {**(error.extensions or {}), "code": VALIDATION_FAILED}
    return error
