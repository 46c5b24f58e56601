"""Identities: who may log in, which businesses they belong to, and what `/users/me` tells of it.

The owner belongs to two businesses with an account and is a mere client of a third, which names no
account. The accountant belongs to the second alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.records import Actor

_CREATED = "2019-03-18T14:05:11Z"


@dataclass(frozen=True)
class Membership:
    """Its own `id` is not the business's. Without an account it is that of a client."""

    id: int
    role: str
    business_id: int
    business_uuid: str
    name: str
    account: Account | None


@dataclass(frozen=True)
class Identity:
    id: int
    uuid: str
    first_name: str
    last_name: str
    email: str
    user_id: int
    memberships: Sequence[Membership]

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.user_id)

    def account(self, account_id: str) -> Account | None:
        """The account of that id, if this identity belongs to it."""
        for membership in self.memberships:
            if membership.account is not None and membership.account.id == account_id:
                return membership.account
        return None

    def business(self, business_id: str) -> Account | None:
        """The account of a business, by its number or its uuid."""
        for membership in self.memberships:
            if business_id in (str(membership.business_id), membership.business_uuid):
                return membership.account
        return None


def shown_identity(identity: Identity) -> dict[str, Any]:
    """The body of `/auth/api/v1/users/me`, below `response`, without a `result`."""
    accounts = [m for m in identity.memberships if m.account is not None]
    return {
        "id": identity.id,
        "profile": {
            "setup_complete": True,
            "first_name": identity.first_name,
            "last_name": identity.last_name,
            "phone_number": None,
            "address": None,
            "professions": [],
            "has_password": True,
        },
        "identity_id": identity.id,
        "identity_uuid": identity.uuid,
        "first_name": identity.first_name,
        "last_name": identity.last_name,
        "email": identity.email,
        "language": "en",
        "confirmed_at": _CREATED,
        "created_at": _CREATED,
        "unconfirmed_email": None,
        "setup_complete": True,
        "phone_numbers": [{"title": "", "phone_number": None}],
        "addresses": [None],
        "profession": None,
        "links": {
            "me": f"/service/auth/api/v1/users?id={identity.id}",
            "roles": f"/service/auth/api/v1/users/role/{identity.id}",
        },
        "permissions": {m.account.id: {} for m in accounts if m.account},
        "groups": [_group(identity, number, m) for number, m in enumerate(accounts)],
        "subscription_statuses": {m.account.id: "active" for m in accounts if m.account},
        "integrations": {},
        "business_memberships": [_membership(m) for m in identity.memberships],
        "identity_origin": "magnum",
        "roles": [_role(identity, m) for m in accounts],
    }


def _group(identity: Identity, number: int, membership: Membership) -> dict[str, Any]:
    return {
        "id": 8100 + number,
        "group_id": membership.id + 7,
        "role": membership.role,
        "identity_id": identity.id,
        "identity_uuid": identity.uuid,
        "first_name": identity.first_name,
        "last_name": identity.last_name,
        "business_id": membership.business_id,
        "active": True,
    }


def _membership(membership: Membership) -> dict[str, Any]:
    """Address, phone_number and business_clients: the official Node SDK crashes without them."""
    business = {
        "id": membership.business_id,
        "business_uuid": membership.business_uuid,
        "name": membership.name,
        "account_id": None if membership.account is None else membership.account.id,
        "date_format": "yyyy-mm-dd",
        "active": True,
        "address": {
            "id": membership.business_id + 31,
            "street": "12 Wharf Lane",
            "city": "Portland",
            "province": "Oregon",
            "country": "United States",
            "postal_code": "97201",
        },
        "phone_number": {"id": membership.business_id + 57, "phone_number": "+1 503 555 0100"},
        "business_clients": [],
    }
    return {
        "id": membership.id,
        "role": membership.role,
        "unacknowledged_change": False,
        "business": business,
    }


def _role(identity: Identity, membership: Membership) -> dict[str, Any]:
    account_id = membership.account.id if membership.account else ""
    return {
        "id": membership.id + 13,
        "role": "admin" if membership.role == "owner" else membership.role,
        "systemid": membership.business_id + 101,
        "userid": identity.user_id,
        "created_at": _CREATED,
        "links": {"destroy": f"/service/auth/api/v1/users/role/{membership.id + 13}"},
        "accountid": account_id,
    }
