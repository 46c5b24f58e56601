"""A value is what a field holds while it travels: plain JSON, so that it can be stored and
compared.

Amounts travel as text with the currency's own decimals, dates as `YYYY-MM-DD`, instants as RFC 3339
in UTC; a vendor's client turns them into what the vendor takes.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
Values = dict[str, Value]

MOST_DIGITS = 400
"""More than any number of JSON has before or after its point."""


def canonical(value: Value | Mapping[str, Value]) -> str:
    """One text for one value, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(value: Value | Mapping[str, Value]) -> str:
    """A short fingerprint of a value, for telling whether something changed."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:32]


def same(one: Value, other: Value) -> bool:
    """Whether two values mean the same: 10, 10.0 and "10.00" do; an absent and an empty text do."""
    if one in (None, "", []) and other in (None, "", []):
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(k), other.get(k)) for k in sorted({*one, *other}))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, int | float) or isinstance(other, int | float):
        return decimal_of(one) is not None and decimal_of(one) == decimal_of(other)
    return one == other


def decimal_of(told: object) -> Decimal | None:
    """The number in a JSON number or a text; None where there is none that anybody could mean.

    `sNaN` cannot be compared, and `1e999999999` written out fills the memory.
    """
    if isinstance(told, bool) or not isinstance(told, int | float | str | Decimal):
        return None
    try:
        number = told if isinstance(told, Decimal) else Decimal(str(told))
    except (InvalidOperation, ValueError):
        return None
    is_sane = number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS
    return number if is_sane else None


def likeness(text: str | None) -> str:
    """A name or e-mail as people compare it: case, width, outer and doubled blanks do not count.

    Accents do count: two firms may differ only there, and a wrong match costs more than a review.
    """
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())
