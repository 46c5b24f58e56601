"""A business is a set of books at FreshBooks, known by its account id; a connection reads one.

A user may be in several, and in some only as a client or without accounting: those have no account
id among the memberships ("Identity model").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_connector.core.faults import Mistake, NeedsPerson, Unreachable
from ml_connector.core.objects import Identity, id_of

Business = Mapping[str, Any]


def businesses_of(body: Any) -> tuple[Mapping[str, Any], dict[str, Business]]:
    """The user, and their businesses by account id. Raises Unreachable."""
    me = body.get("response") if isinstance(body, dict) else None
    if not isinstance(me, dict):
        raise Unreachable("The answer is none of FreshBooks'. Is base_url the address of its API?")
    found: dict[str, Business] = {}
    for membership in me.get("business_memberships") or []:
        business = membership.get("business") or {}
        if business.get("account_id"):
            role = {"role": membership.get("role")}
            found.setdefault(str(business["account_id"]), {**business, **role})
    return me, found


def choose_business(found: Mapping[str, Business], wanted: str) -> Business:
    """The wanted one, or the only one. Raises Mistake that lists them; NeedsPerson for none."""
    if not found:
        raise NeedsPerson("This FreshBooks user is in no business whose books may be read.")
    listed = "; ".join(f"{b.get('name') or '?'}: --set account_id={id}" for id, b in found.items())
    if wanted:
        if wanted not in found:
            raise Mistake(
                f"This FreshBooks user has no business {wanted}. Choose one of: {listed}."
            )
        return found[wanted]
    if len(found) > 1:
        raise Mistake(f"This FreshBooks user has several businesses. Choose one of: {listed}.")
    return next(iter(found.values()))


def describe(me: Mapping[str, Any], business: Business, count: int) -> Identity:
    """What `ping` shows. The user is the identity, whose newest consent alone keeps its refresh."""
    names = (me.get("first_name"), me.get("last_name"))
    return Identity(
        account=id_of(business["account_id"]),
        name=str(business.get("name") or ""),
        detail={
            "business": str(business.get("name") or ""),
            "account_id": str(business["account_id"]),
            "business_id": str(business.get("id") or ""),
            "role": str(business.get("role") or ""),
            "businesses": count,
            "user": " ".join(str(name) for name in names if name),
            "user_email": str(me.get("email") or ""),
        },
        user=str(me.get("identity_id") or me.get("id") or ""),
    )
