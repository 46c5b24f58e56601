"""An event is what a webhook tells of one change, in CloudEvents or in the classic form.

Both as in the sheet, section 7, with the parts that may be missing there missing here too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from .clocktext import utc
from .company import Happening

CLASSIC = {
    "created": "Create",
    "updated": "Update",
    "deleted": "Delete",
    "merged": "Merge",
    "voided": "Void",
    "emailed": "Emailed",
}
_NAME = ("created", "updated", "deleted", "merged")
_PAPER = ("created", "updated", "deleted", "voided", "emailed")
_SHORT = ("created", "updated")
#: What the portal offers of each entity (WHDOC, WHBLOG17).
OFFERED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Customer", "Vendor", "Employee", "Account", "Item", "Class"), _NAME),
    **dict.fromkeys(("Invoice", "Payment", "CreditMemo", "SalesReceipt", "RefundReceipt"), _PAPER),
    **dict.fromkeys(("BillPayment", "Purchase"), (*_SHORT, "deleted", "voided")),
    "Transfer": (*_SHORT, "deleted", "voided"),
    "Estimate": (*_SHORT, "deleted", "emailed"),
    "PurchaseOrder": (*_SHORT, "deleted", "emailed"),
    **dict.fromkeys(
        (
            "Bill",
            "Budget",
            "Department",
            "Deposit",
            "JournalCode",
            "JournalEntry",
            "TimeActivity",
            "VendorCredit",
        ),
        (*_SHORT, "deleted"),
    ),
    **dict.fromkeys(("Term", "PaymentMethod", "Currency", "TaxAgency", "Preferences"), _SHORT),
}


def type_of(entity: str, verb: str) -> str:
    return f"qbo.{entity.lower()}.{verb}.v1"


def wanted(names: Sequence[str]) -> frozenset[str] | None:
    """The types that a portal's list names: `Customer`, `Customer.Create` or the type itself.

    None if a name is unknown; an empty list is all that there are.
    """
    every = {type_of(e, verb): (e, verb) for e, verbs in OFFERED.items() for verb in verbs}
    found: set[str] = set()
    for name in names or list(OFFERED):
        fits = {
            kind
            for kind, (entity, verb) in every.items()
            if name in (kind, entity, f"{entity}.{CLASSIC[verb]}")
        }
        if not fits:
            return None
        found |= fits
    return frozenset(found)


class Writer:
    """Writes the events of one app. `source` is its constant name in CloudEvents."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._source = f"intuit.{chance.getrandbits(192):048x}=="
        self._written = 0

    def classic(self, happenings: Sequence[Happening]) -> dict[str, Any]:
        """One notification a company, in the order in which each is first heard of."""
        by_realm: dict[str, list[dict[str, str]]] = {}
        for happening in happenings:
            entity = {
                "name": happening.entity,
                "id": happening.id,
                "operation": CLASSIC[happening.verb],
                "lastUpdated": utc(happening.at, 3),
            }
            if happening.deleted_id:
                entity["deletedId"] = happening.deleted_id
            by_realm.setdefault(happening.realm, []).append(entity)
        return {
            "eventNotifications": [
                {"realmId": realm, "dataChangeEvent": {"entities": entities}}
                for realm, entities in by_realm.items()
            ]
        }

    def cloud_event(self, happening: Happening, parts: str, ids: str) -> dict[str, Any]:
        """`parts`: always, never or varied says when the parts that may be missing are there;
        `ids`: plain, suffixed or varied is the shape of the id.
        """
        self._written += 1
        there = parts == "always" or (parts == "varied" and self._written % 3 != 0)
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": self._id(happening, ids),
            "source": self._source,
            "type": type_of(happening.entity, happening.verb),
        }
        if there:
            event["datacontenttype"] = "application/json"
        event["time"] = utc(happening.at, (9, 0, 3, 6)[self._written % 4])
        event["intuitentityid"] = happening.id
        event["intuitaccountid"] = happening.realm
        if happening.deleted_id:
            event["data"] = {"deletedid": happening.deleted_id}
        elif there:
            event["data"] = {}
        return event

    def _id(self, happening: Happening, ids: str) -> str:
        bits = f"{self._chance.getrandbits(122):031x}"
        uuid = f"{bits[:8]}-{bits[8:12]}-4{bits[12:15]}-a{bits[15:18]}-{bits[18:30]}"
        plain = ids == "plain" or (ids == "varied" and self._written % 2 == 1)
        return uuid if plain else f"{uuid}-{happening.entity}-{happening.id}"
