"""A business is a set of books at Wave; one connection reads one of them.

A user may have several, and a token may be bound to one. Without an id, `business` answers the
bound one or the user's default, which is a guess, so with several a person has to choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_connector.core.faults import NeedsPerson
from ml_connector.core.objects import Identity, id_of
from ml_connector.core.values import Values
from ml_connector.vendors.wave.ids import same_id

Business = Mapping[str, Any]


def choose_business(data: Mapping[str, Any], wanted: str) -> Business:
    """The wanted business, in any form of its id, or the only one. Raises NeedsPerson."""
    named, others = data.get("business"), _listed(data)
    known = [named, *others] if isinstance(named, dict) else others
    if wanted:
        for business in known:
            if same_id(wanted, str(business["id"])):
                return business
        raise NeedsPerson(f"This Wave user has no business {wanted}. {_choices(known, data)}")
    if len(others) > 1:
        raise NeedsPerson(f"This Wave user has several businesses. {_choices(others, data)}")
    if not known:
        raise NeedsPerson("This Wave user has no business that may be read.")
    return others[0] if others else known[0]


def describe(business: Business, data: Mapping[str, Any]) -> Identity:
    """What `ping` shows. The account is the business's id, whole."""
    user = data.get("user") or {}
    names = (user.get("firstName"), user.get("lastName"))
    detail: Values = {
        "business": business.get("name"),
        "business_id": str(business["id"]),
        "currency": (business.get("currency") or {}).get("code"),
        "timezone": business.get("timezone"),
        "archived": bool(business.get("isArchived")),
        "businesses": _total(data),
        "user": " ".join(name for name in names if name),
        "user_email": user.get("defaultEmail"),
    }
    return Identity(id_of(business["id"]), str(business.get("name") or ""), detail)


def _listed(data: Mapping[str, Any]) -> list[Business]:
    edges = (data.get("businesses") or {}).get("edges") or []
    return [edge["node"] for edge in edges if edge.get("node")]


def _total(data: Mapping[str, Any]) -> int:
    told = ((data.get("businesses") or {}).get("pageInfo") or {}).get("totalCount")
    return told if isinstance(told, int) else len(_listed(data))


def _choices(known: list[Business], data: Mapping[str, Any]) -> str:
    """The ways out, in the words of the command that mends it."""
    unique = {str(business["id"]): str(business.get("name") or "?") for business in known}
    if not unique:
        return "It has no business that may be read."
    lines = "; ".join(f"{name}: --set business_id={id}" for id, name in unique.items())
    more = _total(data) - len(unique)
    return f"Choose one of: {lines}" + (f"; and {more} more." if more > 0 else ".")
