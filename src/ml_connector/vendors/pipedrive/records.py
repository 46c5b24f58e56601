"""A record as Pipedrive tells it, read into the engine's form with what it may be recognised by.

An organization is alike by name, and by its persons' e-mail; a product by its code. A deal speaks
for invoices of its organization: by references in its title and texts, and by its amount. The
values of those two are `<org id>:<token>` and `<org id>:<amount>:<currency>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ml_connector.core.keys import ExternalKey
from ml_connector.core.objects import Likeness, TargetObject, TargetRecord, id_of
from ml_connector.core.values import Value, Values, decimal_of, likeness
from ml_connector.vendors.pipedrive.values import from_wire

LONGEST_REFERENCE_TEXT = 255
"""A long text is prose; its numbers are no references."""

_PUNCTUATION = ".,;:!?#*'\"()[]{}<>-_/\\|=+&"
_NO_REFERENCE = re.compile(r"\d{4}-\d{2}-\d{2}$|https?://", re.IGNORECASE)


def record_of(obj: TargetObject, data: Mapping[str, Any]) -> TargetRecord:
    """The record of one object of a REST answer."""
    fields = from_wire(obj, data)
    likenesses = _LIKENESSES.get(obj.name, _none)(obj, fields)
    return TargetRecord(
        id=id_of(data["id"]),
        fields=fields,
        updated_at=str(data.get("update_time") or data.get("add_time") or ""),
        deleted=data.get("is_deleted") is True,
        likenesses=tuple(dict.fromkeys(likenesses)),
    )


def reference_tokens(text: str) -> Iterator[str]:
    """The words with a digit, which may be a reference, in `likeness` form and bare of marks."""
    for word in likeness(text).split():
        token = word.strip(_PUNCTUATION)
        if any(char.isdigit() for char in token) and not _NO_REFERENCE.match(token):
            yield token


def amount_text(value: Value) -> str:
    """An amount in its shortest decimal form: 1200.50 is `1200.5`. Empty where it is none."""
    number = decimal_of(value)
    return "" if number is None else format(number.normalize(), "f")


def _none(_obj: TargetObject, _fields: Values) -> Iterator[Likeness]:
    return iter(())


def _of_organization(_obj: TargetObject, fields: Values) -> Iterator[Likeness]:
    if name := likeness(str(fields.get("name") or "")):
        yield Likeness("name", name)


def _of_person(_obj: TargetObject, fields: Values) -> Iterator[Likeness]:
    emails = fields.get("emails")
    for entry in emails if isinstance(emails, list) else []:
        address = likeness(str(entry.get("value") or "")) if isinstance(entry, dict) else ""
        if address:
            yield Likeness("email", address)


def _of_product(_obj: TargetObject, fields: Values) -> Iterator[Likeness]:
    if code := likeness(str(fields.get("code") or "")):
        yield Likeness("code", code)


def _of_deal(obj: TargetObject, fields: Values) -> Iterator[Likeness]:
    organization = fields.get("org_id")
    if organization is None:
        return
    for text in _texts(obj, fields):
        for token in reference_tokens(text):
            yield Likeness("reference", f"{organization}:{token}")
    if amount := amount_text(fields.get("value") or ""):
        yield Likeness("amount", f"{organization}:{amount}:{fields.get('currency')}")


def _texts(obj: TargetObject, fields: Values) -> Iterator[str]:
    """Title and custom texts; an external key is no reference of a person's."""
    yield str(fields.get("title") or "")
    for name, value in fields.items():
        if not isinstance(value, str) or obj.field(name) is not None:
            continue
        if len(value) <= LONGEST_REFERENCE_TEXT and ExternalKey.parse(value) is None:
            yield value


_LIKENESSES: Mapping[str, Callable[[TargetObject, Values], Iterator[Likeness]]] = {
    "organizations": _of_organization,
    "persons": _of_person,
    "deals": _of_deal,
    "products": _of_product,
}
