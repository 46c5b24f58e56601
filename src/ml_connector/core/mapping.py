"""Mapping turns a source record into what the target should hold: pure, by the words of the flow.

Two steps. `map_record` speaks the flow's field names; `resolve` puts the target's own codes in
their place and checks what the target would refuse, so that a refusal names the field and the
reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ml_connector.core.faults import Refused
from ml_connector.core.flow import FieldRule, Given, Leave, Owner, Route, value_at
from ml_connector.core.keys import with_key_line
from ml_connector.core.objects import Field, SetupItem, SourceModel, TargetObject
from ml_connector.core.values import Value, Values

CUSTOM_TEXT_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Desired:
    """What the target should hold, by wire name (a standard field's name or a custom field's code).

    `names` gives back the name that a person knows; `notes` are sentences for the audit.
    """

    fields: Values
    owners: Mapping[str, Owner]
    follows: Mapping[str, str]
    names: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Codes:
    """What the target calls what we set up there, and the values some of its fields take.

    `missing` are ids of items that a person removed at the target: their fields are left out.
    """

    items: Mapping[str, str]
    vocabularies: Mapping[str, frozenset[str]]
    missing: frozenset[str] = frozenset()

    def are_gone(self, target: TargetObject, fields: Values) -> bool:
        """Whether a write of these fields speaks of something that was removed."""
        gone = {(id.partition("/")[0], self.items[id]) for id in self.missing}
        return any(
            (standard.setup, value) in gone if standard.setup else False
            for wire, value in fields.items()
            if (standard := target.field(wire)) is not None
        ) or any(("field", wire) in gone for wire in fields)


def map_record(
    route: Route,
    record: SourceModel,
    given: Given,
    key: str,
    parents: Mapping[str, str],
) -> dict[str, Value]:
    """The desired value of each field by the flow's names; fields to be left alone are absent."""
    fields: dict[str, Value] = {}
    for name, rule in route.fields.items():
        value = _value_of(rule, record, given, key)
        if not isinstance(value, Leave):
            fields[name] = value
    for name, target_id in parents.items():
        fields[name] = target_id
    note = route.writes.note_field
    if note is not None:
        fields[note] = with_key_line(str(fields.get(note) or ""), key)
    return fields


def _value_of(rule: FieldRule, record: SourceModel, given: Given, key: str) -> Value | Leave:
    if rule.how == "key":
        return key
    if rule.how == "copy":
        return plain(value_at(record, rule.path))
    return rule.making(record, given) if rule.making else Leave.LEAVE


def plain(value: object) -> Value:
    """A model's value as it travels. Raises TypeError for what has no such form."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise TypeError(f"a {type(value).__name__} cannot travel as it is; make a value of it")


def resolve(
    route: Route, named: Mapping[str, Value], items: Mapping[str, SetupItem], codes: Codes
) -> Desired:
    """Wire names for flow names. Raises Refused with the field where the target would refuse.

    `items` are the flow's custom fields by name.
    """
    fields: Values = {}
    owners: dict[str, Owner] = {}
    follows: dict[str, str] = {}
    names: dict[str, str] = {}
    notes: list[str] = []
    for name, value in named.items():
        standard = route.writes.field(name)
        if standard is not None:
            if standard.setup is not None and _is_left_out(standard.setup, str(value), codes):
                notes.append(f"the {standard.setup} '{value}' was removed and is left out")
                continue
            wire, checked = name, _standard(standard, value, codes)
        else:
            item = items[name]
            if item.id in codes.missing:
                notes.append(f"the field '{name}' was removed at the target and is left out")
                continue
            wire, checked = codes.items[item.id], _custom(item, value, codes)
        rule = route.fields.get(name)
        fields[wire], names[wire] = checked, name
        parent = route.after.get(name)
        owners[wire] = rule.owner if rule else parent.owner if parent else Owner.SOURCE
        if rule and rule.follows:
            follows[wire] = rule.follows
    return Desired(fields, owners, follows, names, tuple(notes))


def _standard(field: Field, value: Value, codes: Codes) -> Value:
    if value is None:
        return None
    if field.setup is not None:
        return _code(field, str(value), codes)
    if field.vocabulary is not None:
        _check_word(field.name, field.vocabulary, value, codes)
    _check_length(field.name, value, field.max_length)
    return value


def _is_left_out(kind: str, name: str, codes: Codes) -> bool:
    """A removed part of something that stands is left out; the whole itself is refused."""
    return any(
        id.partition("/")[0] == kind and id.endswith(f"/{name}") and not id.startswith(f"{kind}//")
        for id in codes.missing
    )


def _code(field: Field, name: str, codes: Codes) -> Value:
    for item_id, code in codes.items.items():
        kind, _, rest = item_id.partition("/")
        if kind == field.setup and rest.endswith(name) and rest.removesuffix(name)[-1:] == "/":
            if item_id in codes.missing:
                break
            return code
    raise Refused(f"There is no {field.setup} '{name}' at the target.", field.name)


def _custom(item: SetupItem, value: Value, codes: Codes) -> Value:
    if item.vocabulary and isinstance(value, dict):
        _check_word(item.name, item.vocabulary, value.get("currency"), codes)
    if isinstance(value, str) and item.type.startswith("varchar"):
        _check_length(item.name, value, CUSTOM_TEXT_LENGTH)
    return value


def _check_word(name: str, vocabulary: str, value: Value, codes: Codes) -> None:
    if str(value) not in codes.vocabularies[vocabulary]:
        raise Refused(
            f"'{value}' is not among the {vocabulary} of this account: "
            "add it there, then retry this record.",
            name,
        )


def _check_length(name: str, value: Value, longest: int | None) -> None:
    if longest is not None and isinstance(value, str) and len(value) > longest:
        raise Refused(
            f"'{name}' has {len(value)} characters and the target takes {longest}: "
            "shorten it at the source.",
            name,
        )


def items_by_name(items: tuple[SetupItem, ...], target: TargetObject) -> dict[str, SetupItem]:
    """The custom fields among a flow's set-up items that belong to one target object."""
    return {i.name: i for i in items if i.kind == "field" and i.object == target.name}
