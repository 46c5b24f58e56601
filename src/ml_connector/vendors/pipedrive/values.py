"""A value of Pipedrive in two forms: as it travels through the engine, and as the wire takes it.

In the engine ids are texts, amounts decimal texts, custom fields stand under their code beside the
standard ones. REST v2 wants integers and numbers, and custom fields in an object of their own; a
webhook wraps each custom value in an object that names its type. Both are read into one form, so
that what we wrote can be compared with what came back. Pure.

Sources: Pipedrive's OpenAPI file v2, "API v2 migration guide", "Webhooks v2 migration guide".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ml_connector.core.faults import Refused
from ml_connector.core.objects import Field, TargetObject
from ml_connector.core.values import Value, Values, decimal_of

_ID_TYPES = ("enum", "org", "people", "user")
_UNREAD_PARTS = ("formatted_address", "timezone_id")
"""Made by Pipedrive itself, or a number in webhooks for what REST names."""

_UNREAD_OF_PRICES = ("product_id", "product_variation_id", "cost", "direct_cost", "notes")
"""Not ours: a price is compared by its currency and amount."""


def to_wire(obj: TargetObject, fields: Values, types: Mapping[str, str]) -> dict[str, Any]:
    """A request body. `types` names the type of custom fields by code, as far as it is known.

    Raises Refused where a value has no form that Pipedrive takes.
    """
    body: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, value in fields.items():
        field = obj.field(name)
        if field is not None:
            body[name] = _standard_to_wire(field, value)
        elif obj.key_home != "custom_field":
            raise Refused(f"Pipedrive's {obj.label} has no field '{name}'.", name)
        else:
            custom[name] = _custom_to_wire(name, value, types.get(name, ""))
    if custom:
        body["custom_fields"] = custom
    return body


def from_wire(obj: TargetObject, data: Mapping[str, Any]) -> Values:
    """The declared standard fields that the record holds, and its custom fields by code."""
    fields: Values = {
        field.name: _standard_from_wire(field, data[field.name])
        for field in obj.fields
        if field.name in data
    }
    for code, value in (data.get("custom_fields") or {}).items():
        fields[code] = custom_from_wire(value)
    return fields


def _standard_to_wire(field: Field, value: Value) -> Any:
    if value is None or (value == "" and field.kind != "text"):
        return None
    if field.kind == "number":
        return _number(field.name, value)
    if field.kind in ("reference", "setup"):
        return _whole(field.name, value)
    if field.kind == "instant":
        return _whole_seconds(str(value))
    if field.kind == "object":
        return _object_to_wire(field.name, value)
    return value


def _object_to_wire(name: str, value: Value) -> Any:
    """Texts become ids under names that end in `_id` or `_ids`; absent parts are left out.

    Pipedrive sets the parts of an address that a write leaves out to null.
    """
    if isinstance(value, dict):
        parts = {k: _object_to_wire(k, v) for k, v in value.items() if v is not None}
        return parts or None
    if isinstance(value, list):
        return [_object_to_wire(name.removesuffix("s"), item) for item in value]
    if name == "price":
        return _number(name, value)
    return _whole(name, value) if name.endswith("_id") and isinstance(value, str) else value


def _custom_to_wire(name: str, value: Value, type_: str) -> Any:
    if value in (None, "", []):
        return None  # clears it; an empty set is refused
    if isinstance(value, dict) and {"value", "currency"} == value.keys():
        return {"value": _number(name, value["value"]), "currency": value["currency"]}
    if isinstance(value, list):
        return [_whole(name, item) for item in value]
    if type_ == "double":
        return _number(name, value)
    if type_ in _ID_TYPES:
        return _whole(name, value)
    return _object_to_wire(name, value)


def _standard_from_wire(field: Field, value: Any) -> Value:
    if value is None:
        return None
    if field.kind in ("reference", "setup"):
        return str(value)
    if field.kind == "number" and isinstance(value, str):
        return _number(field.name, value)  # webhooks tell visible_to as a text
    return _object_from_wire(field.name, value) if field.kind == "object" else _plain(value)


def _object_from_wire(name: str, value: Any) -> Value:
    if isinstance(value, dict):
        unread = _UNREAD_OF_PRICES if name == "price" else _UNREAD_PARTS
        return {
            k: _object_from_wire(k, v)
            for k, v in value.items()
            if v is not None and k not in unread
        }
    if isinstance(value, list):
        return [_object_from_wire(name.removesuffix("s"), item) for item in value]
    return str(value) if name.endswith("_id") else _plain(value)


def custom_from_wire(value: Any) -> Value:
    """One form for a custom value of REST and of a webhook, where it stands in `{"type": …}`.

    A range is `{"value", "until"}`; the webhook's numeric time zone is left out, it has no name.
    """
    if not isinstance(value, dict):
        return _plain(value)
    parts = {k: v for k, v in value.items() if v is not None and k not in _UNREAD_PARTS}
    type_ = parts.pop("type", None)
    if type_ in _ID_TYPES:
        return _plain(parts.get("id"))
    if type_ == "set":
        return [_plain(option.get("id")) for option in parts.get("values") or []]
    if "from" in parts:
        parts["value"] = parts.pop("from")
    if type_ is not None and parts.keys() == {"value"} and type_ not in ("address", "time"):
        return _plain(parts["value"])
    return {k: _plain(v) for k, v in parts.items()}


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {str(k): _plain(v) for k, v in value.items()}


def _number(name: str, value: Value) -> int | float:
    """A JSON number that is exactly the decimal. Raises Refused where there is none."""
    number = decimal_of(value)
    if number is None:
        raise Refused(f"'{name}' must be a number, and is {value!r}.", name)
    if number == number.to_integral_value():
        return int(number)
    near = float(number)
    if Decimal(repr(near)) != number:
        raise Refused(f"'{name}' has more digits than Pipedrive's numbers keep: {value}.", name)
    return near


def _whole(name: str, value: Value) -> int:
    number = decimal_of(value)
    if number is None or number != number.to_integral_value():
        raise Refused(f"'{name}' must be an id of Pipedrive, a whole number: {value!r}.", name)
    return int(number)


def _whole_seconds(moment: str) -> str:
    """RFC 3339 in UTC without fractions, which Pipedrive refuses."""
    head, dot, rest = moment.partition(".")
    return head + rest.lstrip("0123456789") if dot else moment
