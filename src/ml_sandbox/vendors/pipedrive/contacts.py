"""Organizations and persons: whom a company deals with. Names and e-mails need not be unique."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import bodies, field_catalog
from .account import Actor
from .entities import Entity, Faults
from .errors import generic
from .tables import Record

#: Only where contact sync is on (sheet, 5.2).
CONTACT_SYNC_KEYS = ("postal_address", "notes", "im", "birthday", "job_title")


class Organizations(Entity):
    kind = "organization"
    table_name = "organizations"
    post = bodies.OrganizationPost
    patch = bodies.OrganizationPatch
    references = (("owner_id", "user"),)
    addresses = ("address",)

    def defaults(self, actor: Actor) -> Record:
        now = self.account.stamp()
        return {
            "id": 0,
            "name": "",
            "owner_id": actor.user_id,
            "add_time": now,
            "update_time": now,
            "is_deleted": False,
            "visible_to": self.account.default_visibility(),
            "address": None,
            "label_ids": [],
            "website": None,
            "linkedin": None,
            "industry": None,
            "annual_revenue": None,
            "employee_count": None,
            "custom_fields": {},
        }

    def check(self, values: Record, faults: Faults) -> None:
        industry = values.get("industry")
        if industry is not None and industry not in field_catalog.INDUSTRIES:
            faults.append(("industry", f"has no option with id {industry}"))


class Persons(Entity):
    kind = "person"
    table_name = "persons"
    post = bodies.PersonPost
    patch = bodies.PersonPatch
    references = (("owner_id", "user"), ("org_id", "org"))
    addresses = ("postal_address",)

    def defaults(self, actor: Actor) -> Record:
        now = self.account.stamp()
        record: Record = {
            "id": 0,
            "name": "",
            "first_name": "",
            "last_name": None,
            "owner_id": actor.user_id,
            "org_id": None,
            "add_time": now,
            "update_time": now,
            "emails": [],
            "phones": [],
            "is_deleted": False,
            "visible_to": self.account.default_visibility(),
            "label_ids": [],
            "picture_id": None,
            "custom_fields": {},
        }
        if self.account.switch("contact_sync"):
            blank: Record = {"postal_address": None, "notes": None, "im": [], "birthday": None}
            record |= {**blank, "job_title": None}
        return record

    def check(self, values: Record, faults: Faults) -> None:
        barred = [key for key in CONTACT_SYNC_KEYS if key in values]
        if barred and not self.account.switch("contact_sync"):
            raise generic(403, f"Contact sync is not enabled: {', '.join(barred)}")
        for name in ("emails", "phones", "im"):
            if name in values:
                values[name] = one_primary(values[name])

    def settle(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        if old is not None and "emails" in given and self.account.switch("emails_patch_adds"):
            known = {entry["value"].casefold() for entry in old["emails"]}
            fresh = [e for e in record["emails"] if e["value"].casefold() not in known]
            record = {**record, "emails": one_primary([*old["emails"], *fresh])}
        first, _, last = record["name"].strip().partition(" ")
        return {**record, "first_name": first, "last_name": last.strip() or None}


def one_primary(entries: list[Record]) -> list[Record]:
    """Exactly one entry is the primary one: the first marked, or the first."""
    full = [{"value": "", "primary": False, "label": "work", **entry} for entry in entries]
    marked = next((at for at, entry in enumerate(full) if entry["primary"]), 0)
    return [{**entry, "primary": at == marked} for at, entry in enumerate(full)]
