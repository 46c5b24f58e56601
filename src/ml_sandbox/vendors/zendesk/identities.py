"""An identity is an address by which a user is known; an e-mail is one user's only (sheet, 4)."""

from __future__ import annotations

import re
from typing import Any

from .account import Account, Actor
from .errors import Invalid, not_found
from .shapes import IDENTITY, read
from .tables import Record

NOUN = "identities"
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
TYPES = ("email", "phone_number", "twitter", "facebook", "google", "agent_forwarding")


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


class Identities:
    def __init__(self, account: Account) -> None:
        self.account = account
        self._table = account.tables[NOUN]

    def of_user(self, user_id: int) -> list[Record]:
        return self._table.find("user_id", str(user_id))

    def one(self, user_id: int, number: int) -> Record:
        record = self._table.alive(number)
        if record is None or record["user_id"] != user_id:
            raise not_found()
        return record

    def owner_of(self, email: str) -> int | None:
        """The user who has that address, first or second."""
        found = [r for r in self._table.find("value", email.casefold()) if r["type"] == "email"]
        return int(found[0]["user_id"]) if found else None

    def check_email(self, email: str, user_id: int | None) -> list[tuple[str, str, str]]:
        """The faults of an address that this user is to have."""
        if not is_email(email):
            return [self.account.fault("email", "InvalidValue", value=email)]
        if self.owner_of(email) not in (None, user_id):
            return [self.account.fault("email", "EmailTaken", value=email)]
        return []

    def create(self, user_id: int, given: Record, actor: Actor, unused: list[str]) -> Record:
        values = read(given, IDENTITY, "identity", unused)
        faults = self.faults_of(values)
        if not faults and self.owner_of(values["value"]) == user_id:
            faults.append(self.account.fault("value", "EmailTaken", value=values["value"]))
        if faults:
            raise Invalid(faults)
        made = self.put(user_id, values["type"], values["value"], verified=_is_verified(values))
        if values.get("primary"):
            return self.make_primary(made)
        self.account.note_created("user_identities", actor)
        return made

    def faults_of(self, values: Record) -> list[tuple[str, str, str]]:
        """What is wrong with a new identity, its address being another user's included."""
        kind, value = values.get("type", ""), values.get("value", "")
        faults = []
        if kind not in TYPES:
            faults.append(self.account.fault("type", "InvalidValue", value=kind))
        if not value:
            faults.append(self.account.fault("value", "BlankValue"))
        elif kind == "email":
            faults += [("value", code, text) for _, code, text in self.check_email(value, None)]
        return faults

    def put(self, user_id: int, kind: str, value: str, verified: bool) -> Record:
        """A new identity; the first e-mail of a user is the primary one."""
        now, number = self.account.stamp(), self.account.ids.number()
        primary = kind == "email" and not any(r["type"] == "email" for r in self.of_user(user_id))
        stored = value.casefold() if kind == "email" else value
        record: Record = {
            "url": self.account.url("users", user_id, "identities", number),
            "id": number,
            "user_id": user_id,
            "type": kind,
            "value": stored,
            "verified": verified,
            "verification_method": "low" if verified else "none",
            "verified_at": now if verified else None,
            "primary": primary,
            "created_at": now,
            "updated_at": now,
        }
        if kind == "email":
            record.update(undeliverable_count=0, deliverable_state="deliverable")
        return self.account.add(NOUN, record)

    def update(self, record: Record, given: Record, unused: list[str]) -> Record:
        values = read(given, IDENTITY, "identity", unused)
        changes: dict[str, Any] = {}
        if "value" in values and record["type"] == "email":
            faults = self.check_email(values["value"], record["user_id"])
            if faults:
                raise Invalid(faults)
            changes["value"] = values["value"].casefold()
        if _is_verified(values):
            changes |= _verified(self.account.stamp())
        changed = self.account.put(NOUN, record, **changes)
        if changed["primary"]:
            self._point_user(changed)
        return changed

    def verify(self, record: Record) -> Record:
        return self.account.put(NOUN, record, **_verified(self.account.stamp()))

    def make_primary(self, record: Record) -> Record:
        for other in list(self.of_user(record["user_id"])):
            if other["primary"] and other["type"] == record["type"]:
                self.account.put(NOUN, other, primary=False)
        kept = self.account.put(NOUN, record, primary=True)
        self._point_user(kept)
        return kept

    def _point_user(self, record: Record) -> None:
        user = self.account.tables["users"].alive(record["user_id"])
        if user is not None and record["type"] == "email":
            self.account.put("users", user, email=record["value"])

    def delete(self, record: Record) -> None:
        if record["primary"] and record["type"] == "email":
            raise Invalid([self.account.fault("base", "InvalidValue", value="primary identity")])
        self.account.bury(NOUN, record)

    def end_all_of(self, user_id: int) -> None:
        for record in list(self.of_user(user_id)):
            self.account.bury(NOUN, record)

    def move_all(self, loser_id: int, winner_id: int) -> None:
        for record in list(self.of_user(loser_id)):
            self.account.put(NOUN, record, user_id=winner_id, primary=False)


def _is_verified(values: Record) -> bool:
    return bool(values.get("verified")) or values.get("verification_method", "none") != "none"


def _verified(now: str) -> dict[str, Any]:
    return {"verified": True, "verification_method": "low", "verified_at": now}
