"""XML is what QuickBooks Online answers unless JSON is asked for: the same data, other clothes.

What JSON shows as plain properties (`domain`, `sparse`, a reference's `name`) are attributes here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPACE = "http://schema.intuit.com/finance/v3"
_ATTRIBUTES = (
    "domain", "sparse", "status", "startPosition", "maxResults", "totalCount", "bId", "code",
    "element",
)  # fmt: skip


def document(body: dict[str, Any], time: str) -> str:
    """An IntuitResponse holding these elements."""
    inner = "".join(_element(name, value) for name, value in body.items())
    return f'{HEAD}<IntuitResponse xmlns="{SPACE}" time={quoteattr(time)}>{inner}</IntuitResponse>'


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if not isinstance(value, dict):
        return f"<{name}>{escape(_text(value))}</{name}>"
    if "value" in value and set(value) <= {"value", "name", "type"}:
        return f"<{name}{_named(value, 'name', 'type')}>{escape(str(value['value']))}</{name}>"
    names = (*_ATTRIBUTES, "type") if name == "Fault" else _ATTRIBUTES
    attributes = [key for key in names if key in value]
    inner = "".join(_element(key, value[key]) for key in value if key not in attributes)
    return f"<{name}{_named(value, *attributes)}>{inner}</{name}>"


def _named(value: dict[str, Any], *names: str) -> str:
    return "".join(f" {name}={quoteattr(_text(value[name]))}" for name in names if name in value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
