"""A membership ties a user to an organization; one of a user's is the default."""

from __future__ import annotations

from .account import Account, Actor
from .errors import Invalid, not_found
from .shapes import MEMBERSHIP, read
from .tables import Record

NOUN = "memberships"


class Memberships:
    def __init__(self, account: Account) -> None:
        self.account = account
        self._table = account.tables[NOUN]

    def alive(self, number: int) -> Record:
        record = self._table.alive(number)
        if record is None:
            raise not_found()
        return record

    def of_user(self, user_id: int) -> list[Record]:
        return self._table.find("user_id", str(user_id))

    def of_organization(self, organization_id: int) -> list[Record]:
        return self._table.find("organization_id", str(organization_id))

    def create(self, given: Record, actor: Actor, unused: list[str]) -> Record:
        """422 if the user is a member already, or may be one of a single organization only."""
        values = read(given, MEMBERSHIP, "organization_membership", unused)
        fault, faults = self.account.fault, []
        for key, table in (("user_id", "users"), ("organization_id", "organizations")):
            if values.get(key) is None:
                faults.append(fault(key, "BlankValue"))
            elif self.account.tables[table].alive(values[key]) is None:
                faults.append(fault(key, "InvalidValue", value=values[key]))
        if faults:
            raise Invalid(faults)
        user_id, organization_id = values["user_id"], values["organization_id"]
        if self._table.find("pair", f"{user_id}/{organization_id}"):
            raise Invalid([fault("user_id", "DuplicateValue", title="User", value=user_id)])
        if self.of_user(user_id) and not self.account.switch("multiple_organizations"):
            raise Invalid([fault("organization_id", "InvalidValue", value=organization_id)])
        made = self.join(user_id, organization_id, default=bool(values.get("default")))
        self.account.note_created("organization_memberships", actor)
        return made

    def join(self, user_id: int, organization_id: int, default: bool) -> Record:
        """A new membership; a user's first one is the default in any case."""
        first = not self.of_user(user_id)
        now, number = self.account.stamp(), self.account.ids.number()
        record = self.account.add(
            NOUN,
            {
                "url": self.account.url("organization_memberships", number),
                "id": number,
                "user_id": user_id,
                "organization_id": organization_id,
                "default": True if first else None,
                "created_at": now,
                "updated_at": now,
                "view_tickets": False,
            },
        )
        if first or default:
            return self.make_default(record)
        return record

    def make_default(self, record: Record) -> Record:
        for other in list(self.of_user(record["user_id"])):
            if other["default"] and other["id"] != record["id"]:
                self.account.put(NOUN, other, default=None)
        kept = self.account.put(NOUN, record, default=True)
        self._point_user(record["user_id"], record["organization_id"])
        return kept

    def _point_user(self, user_id: int, organization_id: int | None) -> None:
        user = self.account.tables["users"].alive(user_id)
        if user is not None and user["organization_id"] != organization_id:
            self.account.put("users", user, organization_id=organization_id)

    def settle(self, user_id: int, organization_id: int | None) -> None:
        """The user's `organization_id` was set: it becomes the default, null ends the default."""
        current = self.of_user(user_id)
        if organization_id is None:
            for record in [r for r in current if r["default"]]:
                self.end(record)
            return
        for record in current:
            if record["organization_id"] == organization_id:
                self.make_default(record)
                return
        if not self.account.switch("multiple_organizations"):
            for record in list(current):
                self.end(record)
        self.join(user_id, organization_id, default=True)

    def end(self, record: Record) -> None:
        """The next oldest membership becomes the default."""
        self.account.bury(NOUN, record)
        left = self.of_user(record["user_id"])
        if record["default"]:
            if left:
                self.make_default(left[0])
            else:
                self._point_user(record["user_id"], None)

    def end_all_of(self, organization_id: int) -> None:
        for record in list(self.of_organization(organization_id)):
            self.end(record)

    def move_all(self, loser_id: int, winner_id: int) -> None:
        """Members of one organization become members of the other."""
        for record in list(self.of_organization(loser_id)):
            if self._table.find("pair", f"{record['user_id']}/{winner_id}"):
                self.end(record)
            else:
                self.account.put(NOUN, record, organization_id=winner_id)
                if record["default"]:
                    self._point_user(record["user_id"], winner_id)

    def shown(self, record: Record) -> Record:
        organization = self.account.tables["organizations"].get(record["organization_id"])
        shown = {key: value for key, value in record.items() if key != "deleted_at"}
        return {**shown, "organization_name": organization["name"] if organization else None}
