"""Wave's schema made executable: scalars that check, and a resolver on every field."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
)

from ml_sandbox.clocktext import iso
from ml_sandbox.vendors.wave import mutations
from ml_sandbox.vendors.wave.lists import Info, Resolver
from ml_sandbox.vendors.wave.queries import RESOLVERS


def schema_text() -> str:
    return files(__package__).joinpath("schema.graphql").read_text(encoding="utf-8")


def snake(name: str) -> str:
    """`minorUnitValue` to `minor_unit_value`, `attachPDF` to `attach_pdf`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _read_date(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise GraphQLError(f"Date cannot represent {value!r}: it is yyyy-MM-dd.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"Date cannot represent {value!r}.") from None


def _read_moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"DateTime cannot represent {value!r}.") from None
    if moment.tzinfo is None:
        raise GraphQLError(f"DateTime cannot represent {value!r} without its offset.")
    return moment.astimezone(UTC)


def _read_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise GraphQLError(f"Decimal cannot represent {value!r}.")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise GraphQLError(f"Decimal cannot represent {value!r}.") from None
    if not number.is_finite() or abs(number) >= 10**15:
        raise GraphQLError(f"Decimal cannot represent {value!r}.")
    return number


def _write_decimal(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


_SCALARS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "Date": (date.isoformat, _read_date),
    "DateTime": (iso, _read_moment),
    "Decimal": (_write_decimal, _read_decimal),
}


def _attribute(name: str) -> Resolver:
    """Reads a field off a record or a dictionary; what this sandbox does not keep is null."""
    key = snake(name)

    def resolve(source: Any, info: Info, **_: Any) -> Any:
        if isinstance(source, dict):
            return source.get(key)
        return getattr(source, key, None)

    return resolve


def _for_the_identified(resolve: Resolver) -> Resolver:
    """Every field of the root needs a token; only introspection does not (sheet, section 1)."""

    def guarded(source: Any, info: Info, **args: Any) -> Any:
        info.context.identified()
        return resolve(source, info, **args)

    return guarded


def _discount_type(discount: Any, *_: Any) -> str:
    percentage = discount.percentage_value is not None
    return "PercentageInvoiceDiscount" if percentage else "FixedInvoiceDiscount"


def _resolver(type_name: str, field: str) -> Resolver:
    if type_name == "Mutation":
        return _for_the_identified(mutations.resolver(field))
    resolve = RESOLVERS.get(type_name, {}).get(field) or _attribute(field)
    return _for_the_identified(resolve) if type_name == "Query" else resolve


def _set_scalar(kind: Any, write: Callable[[Any], Any], read: Callable[[Any], Any]) -> None:
    """A schema built from text has scalars that check nothing; 3.2 and 3.3 name them otherwise."""
    kind.serialize = kind.coerce_output_value = write
    kind.parse_value = kind.coerce_input_value = read


@cache
def executable_schema() -> GraphQLSchema:
    """Built once: it holds no state of any world."""
    schema = build_schema(schema_text())
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLScalarType) and name in _SCALARS:
            _set_scalar(kind, *_SCALARS[name])
        elif isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            for field_name, field in kind.fields.items():
                field.resolve = _resolver(name, field_name)
        elif isinstance(kind, GraphQLInterfaceType) and name == "InvoiceDiscount":
            kind.resolve_type = _discount_type
    return schema
