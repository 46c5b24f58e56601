"""The types that the sandbox serves are those that are known of Wave."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    print_type,
)

from ml_sandbox.vendors.wave.mutations import resolver
from ml_sandbox.vendors.wave.queries import RESOLVERS
from ml_sandbox.vendors.wave.schema import executable_schema, schema_text, snake
from ml_sandbox.vendors.wave.words import SUBTYPES

from .bench import Bench

GIVEN = Path(__file__).resolve().parents[4] / "shared/specs/wave/public_schema.graphql"


def by_type(schema: GraphQLSchema) -> dict[str, str]:
    """Each type as text, fields and arguments in alphabetical order."""
    ordered = lexicographic_sort_schema(schema)
    return {
        name: print_type(kind)
        for name, kind in ordered.type_map.items()
        if not name.startswith("__")
    }


def test_every_type_is_the_published_one() -> None:
    if not GIVEN.exists():
        pytest.skip("the given Wave schema is not beside this checkout")
    published = build_schema(GIVEN.read_text("utf-8"))
    assert by_type(build_schema(schema_text())) == by_type(published)
    ours = {str(directive.name) for directive in build_schema(schema_text()).directives}
    assert ours == {str(directive.name) for directive in published.directives}


async def test_introspection_needs_no_token(wave: Bench) -> None:
    reply = await wave.ask(get_introspection_query(), token="")
    served = build_client_schema(reply.body["data"])
    assert by_type(served) == by_type(build_schema(schema_text()))


def test_resolvers_belong_to_fields() -> None:
    kinds = executable_schema().type_map
    for type_name, fields in RESOLVERS.items():
        assert fields.keys() <= kinds[type_name].fields.keys()  # type: ignore[attr-defined]  # object types have fields


def test_every_mutation_has_an_answer() -> None:
    mutation = executable_schema().mutation_type
    assert mutation is not None
    assert all(callable(resolver(name)) for name in mutation.fields)


def test_every_account_subtype_has_its_type() -> None:
    subtypes = executable_schema().type_map["AccountSubtypeValue"]
    assert set(subtypes.values) == set(SUBTYPES)  # type: ignore[attr-defined]  # an enumeration has values


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("minorUnitValue", "minor_unit_value"), ("attachPDF", "attach_pdf"), ("id", "id")],
)
def test_names_in_snake_case(theirs: str, ours: str) -> None:
    assert snake(theirs) == ours
