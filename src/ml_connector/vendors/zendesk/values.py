"""A value of Zendesk in two forms: as it travels through the engine, and as the wire takes it.

In the engine ids are texts, amounts decimal texts, dates `YYYY-MM-DD`, and custom fields stand
under their key beside the standard ones. Zendesk takes numbers for decimals and may give texts
back, takes a date and gives back an instant at midnight, and gives lookups as texts. Both are read
into one form, so that what we wrote can be compared with what came back. Pure.

Sources: "Custom objects" and "Organizations" in Zendesk's developer pages; its OpenAPI file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ml_connector.core.faults import Refused
from ml_connector.core.objects import Field, Likeness, TargetObject, TargetRecord, id_of
from ml_connector.core.values import Value, Values, decimal_of, likeness
from ml_connector.vendors.zendesk.api import Json, place_of

END_USER = "end-user"
_NUMBERS = ("decimal", "integer")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?(?:Z|\+00:00)")


def to_wire(obj: TargetObject, fields: Values, types: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a request body. `types` names the type of custom fields by key, as far as it
    is known. Raises Refused where a value has no form that Zendesk takes."""
    body: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, value in fields.items():
        field = obj.field(name)
        if field is not None:
            body[name] = _standard(field, value)
        else:
            custom[name] = _custom(name, value, types.get(name, ""))
    if custom:
        body[place_of(obj.name).custom] = custom
    return body


def record_of(obj: TargetObject, data: Json, types: Mapping[str, str]) -> TargetRecord:
    """The record of an answer: the declared standard fields that it holds, custom ones by key."""
    fields: Values = {f.name: _told(f, data[f.name]) for f in obj.fields if f.name in data}
    for name, value in (data.get(place_of(obj.name).custom) or {}).items():
        fields[name] = _custom_told(value, types.get(name, ""))
    return TargetRecord(
        id=id_of(data["id"]),
        fields=fields,
        updated_at=str(data.get("updated_at") or data.get("created_at") or ""),
        deleted=data.get("active") is False or bool(data.get("deleted_at")),
        likenesses=tuple(_likenesses(obj, data)),
    )


def _likenesses(obj: TargetObject, data: Json) -> Iterator[Likeness]:
    """Organizations are alike by name, ignoring case as Zendesk does; users by e-mail. That of an
    agent or admin is told apart, since no upsert may touch them."""
    if obj.name == "organizations" and (name := likeness(data.get("name"))):
        yield Likeness("name", name)
    if obj.name == "users" and (email := likeness(data.get("email"))):
        is_staff = data.get("role") not in (END_USER, None)
        yield Likeness("staff_email" if is_staff else "email", email)


def _standard(field: Field, value: Value) -> Any:
    if field.kind != "reference":
        return value
    return None if value in (None, "") else _whole(field.name, value)


def _custom(name: str, value: Value, type_: str) -> Any:
    if value in (None, "", []):
        return None  # clears it
    return _number(name, value) if type_ in _NUMBERS else value


def _told(field: Field, value: Any) -> Value:
    if field.kind == "reference":
        return None if value is None else str(value)
    if isinstance(value, list):
        return [*sorted(map(str, value))]  # tags are kept in no order
    return _plain(value)


def _custom_told(value: Any, type_: str) -> Value:
    """A number's text becomes a number where the field holds numbers, midnight becomes its day."""
    if not isinstance(value, str):
        return str(value) if type_ == "lookup" and isinstance(value, int) else _plain(value)
    number = decimal_of(value) if type_ in _NUMBERS else None
    if number is not None and (exact := _exact(number)) is not None:
        return exact
    if type_ in ("date", "") and (day := _MIDNIGHT.fullmatch(value)):
        return day.group(1)
    return value


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {str(k): _plain(v) for k, v in value.items()}


def _exact(number: Decimal) -> int | float | None:
    """The JSON number that is exactly the decimal; None where there is none."""
    if number == number.to_integral_value():
        return int(number)
    near = float(number)
    return near if Decimal(repr(near)) == number else None


def _number(name: str, value: Value) -> int | float:
    number = decimal_of(value)
    if number is None:
        raise Refused(f"'{name}' must be a number, and is {value!r}.", name)
    exact = _exact(number)
    if exact is None:
        raise Refused(f"'{name}' has more digits than Zendesk's numbers keep: {value}.", name)
    return exact


def _whole(name: str, value: Value) -> int:
    number = decimal_of(value)
    if number is None or number != number.to_integral_value():
        raise Refused(f"'{name}' must be an id of Zendesk, a whole number: {value!r}.", name)
    return int(number)
