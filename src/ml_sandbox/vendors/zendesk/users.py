"""A user: end users are customers' contacts, agents and admins work here (sheet, section 4)."""

from __future__ import annotations

from typing import Any

from .account import ADMIN, AGENT, END_USER, Account, Actor
from .errors import Invalid, forbidden, not_found, plain
from .fields import FieldBook
from .identities import Identities
from .lookups import clear_pointers
from .memberships import Memberships
from .organizations import Organizations
from .shapes import IDENTITY, USER, read
from .tables import Record

NOUN = "users"
ROLES = (END_USER, AGENT, ADMIN)
_NOT_STORED = ("email", "organization", "skip_verify_email", "identities", "organization_id")
_NEW: Record = {
    "name": "",
    "email": None,
    "time_zone": "Eastern Time (US & Canada)",
    "iana_time_zone": "America/New_York",
    "phone": None,
    "shared_phone_number": None,
    "photo": None,
    "locale_id": 1,
    "locale": "en-US",
    "organization_id": None,
    "role": END_USER,
    "verified": False,
    "external_id": None,
    "tags": [],
    "alias": "",
    "active": True,
    "shared": False,
    "shared_agent": False,
    "last_login_at": None,
    "two_factor_auth_enabled": None,
    "signature": None,
    "details": "",
    "notes": "",
    "role_type": None,
    "custom_role_id": None,
    "moderator": False,
    "ticket_restriction": "requested",
    "only_private_comments": False,
    "restricted_agent": True,
    "suspended": False,
    "default_group_id": None,
    "report_csv": False,
    "user_fields": {},
}


class Users:
    """Create, change, upsert, delete, merge. `unused` collects keys that were not permitted."""

    def __init__(
        self,
        account: Account,
        fields: FieldBook,
        identities: Identities,
        memberships: Memberships,
        organizations: Organizations,
    ) -> None:
        self.account = account
        self.fields = fields
        self.identities = identities
        self._memberships = memberships
        self._organizations = organizations
        self._table = account.tables[NOUN]

    def alive(self, number: int) -> Record:
        record = self._table.alive(number)
        if record is None:
            raise not_found()
        return record

    def create(self, given: Record, actor: Actor, unused: list[str]) -> Record:
        self._need_admin(actor)
        values = read(given, USER, "user", unused)
        laid = self.fields.lay_over({}, values.pop("user_fields", {}), "user", unused)
        more = [
            read(one if isinstance(one, dict) else {}, IDENTITY, "user.identities", unused)
            for one in values.get("identities", [])
        ]
        self._check_new(values, more)
        email = values.get("email")
        now, number = self.account.stamp(), self.account.ids.number()
        kept = {k: v for k, v in values.items() if k not in _NOT_STORED}
        record = {
            "id": number,
            "url": self.account.url(NOUN, number),
            **_NEW,
            **kept,
            "created_at": now,
            "updated_at": now,
            "email": email.casefold() if email else None,
            "tags": list(kept.get("tags", [])),
            "user_fields": laid,
        }
        if record["role"] != END_USER:
            record.update(restricted_agent=False, ticket_restriction=None, role_type=None)
        self.account.add(NOUN, record)
        self._settle_new(record, values)
        for one in more:
            verified = bool(one.get("verified"))
            self.identities.put(number, one["type"], one["value"], verified)
        if more:
            self._adopt_first_email(number)
        self.account.note_created(NOUN, actor)
        made = self.alive(number)
        self.account.publish("user.created", made)
        return made

    def _check_new(self, values: Record, identities: list[Record]) -> None:
        faults = self._faults(values, None)
        if values.get("email"):
            faults += self.identities.check_email(values["email"], None)
        for identity in identities:
            faults += self.identities.faults_of(identity)
        if faults:
            raise Invalid(faults)

    def _settle_new(self, record: Record, values: Record) -> None:
        """Identities and memberships that follow from the body, or from the mail domain."""
        if record["email"]:
            self.identities.put(record["id"], "email", record["email"], record["verified"])
        if record["phone"]:
            self.identities.put(record["id"], "phone_number", record["phone"], False)
        organization_id = self._wanted_organization(values)
        if organization_id is None and record["email"] and record["role"] == END_USER:
            organization_id = self._organizations.domain_owner(record["email"])
        if organization_id is not None:
            self._memberships.settle(record["id"], organization_id)

    def _wanted_organization(self, values: Record) -> int | None:
        """By id, or by name as `organization: {name}`, which is looked up exactly."""
        if "organization" in values:
            name = str(values["organization"].get("name", ""))
            found = self._organizations.with_name(name)
            return int(found[0]["id"]) if found else None
        wanted = values.get("organization_id")
        return None if wanted is None else int(wanted)

    def update(self, number: int, given: Record, actor: Actor, unused: list[str]) -> Record:
        """An e-mail that is not the user's yet becomes a second one, not the primary."""
        old = self.alive(number)
        self._need_admin(actor)
        values = read(given, USER, "user", unused)
        faults = self._faults(values, old)
        email = values.get("email")
        if email:
            faults += self.identities.check_email(email, number)
        if faults:
            raise Invalid(faults)
        changes = {k: v for k, v in values.items() if k not in _NOT_STORED}
        if "user_fields" in changes:
            changes["user_fields"] = self.fields.lay_over(
                old["user_fields"], changes["user_fields"], "user", unused
            )
        self.account.put(NOUN, old, **changes)
        if email and self.identities.owner_of(email) is None:
            self.identities.put(number, "email", email, bool(values.get("verified")))
            self._adopt_first_email(number)
        if "organization_id" in values or "organization" in values:
            self._memberships.settle(number, self._wanted_organization(values))
        changed = self.alive(number)
        self._tell(old, changed)
        return changed

    def _adopt_first_email(self, number: int) -> None:
        user = self.alive(number)
        known = [i for i in self.identities.of_user(number) if i["type"] == "email"]
        if user["email"] is None and known:
            self.account.put(NOUN, user, email=known[0]["value"])

    def upsert(self, given: Record, actor: Actor, unused: list[str]) -> tuple[Record, bool]:
        """The record, and whether it is new. A match by external id rewrites its case."""
        old = self.matched(given)
        if old is None:
            return self.create(given, actor, unused), True
        rest = {k: v for k, v in given.items() if k != "id"}
        return self.update(old["id"], rest, actor, unused), False

    def matched(self, given: Record) -> Record | None:
        """Whom create_or_update would change. Raises 422 where the body names two users."""
        external_id, email = given.get("external_id"), given.get("email")
        by_id = self.with_external_id(str(external_id)) if external_id is not None else []
        owner = self.identities.owner_of(email) if isinstance(email, str) else None
        if by_id and owner is not None and by_id[0]["id"] != owner:
            winner = self.account.switch("user_upsert_conflict")
            if winner == "error":
                raise Invalid([self.account.fault("email", "EmailTaken", value=email)])
            return by_id[0] if winner == "external_id" else self.alive(owner)
        if by_id:
            return by_id[0]
        return None if owner is None else self.alive(owner)

    def with_external_id(self, text: str) -> list[Record]:
        return self._table.find("external_id", text.casefold())

    def delete(self, number: int, actor: Actor) -> Record:
        """Soft: inactive, its addresses are free again."""
        self._need_admin(actor)
        old = self.alive(number)
        if number == self.account.owner_id:
            raise forbidden()
        for membership in list(self._memberships.of_user(number)):
            self._memberships.end(membership)
        self.identities.end_all_of(number)
        now = self.account.stamp()
        buried = self.account.put(
            NOUN, self.alive(old["id"]), active=False, deleted_at=now, organization_id=None
        )
        clear_pointers(self.account, "zen:user", str(number))
        self.account.publish("user.deleted", buried)
        return buried

    def merge(self, loser_id: int, winner_id: int, actor: Actor) -> Record:
        """The loser's addresses, organizations and tickets go to the winner; end users only."""
        self._need_admin(actor)
        loser, winner = self.alive(loser_id), self.alive(winner_id)
        if {loser["role"], winner["role"]} != {END_USER} or loser_id == winner_id:
            raise plain(422, "InvalidMerge", "Only two different end users can be merged")
        self.identities.move_all(loser_id, winner_id)
        for membership in list(self._memberships.of_user(loser_id)):
            self._memberships.end(membership)
            organization_id = membership["organization_id"]
            known = {m["organization_id"] for m in self._memberships.of_user(winner_id)}
            if organization_id not in known:
                self._memberships.join(winner_id, organization_id, default=False)
        for ticket in list(self.account.tables["tickets"].find("requester_id", str(loser_id))):
            self.account.put("tickets", ticket, requester_id=winner_id)
        now = self.account.stamp()
        buried = self.account.put(NOUN, self.alive(loser_id), active=False, deleted_at=now)
        self.account.publish("user.merged", buried, into=winner_id)
        return self.account.put(NOUN, self.alive(winner["id"]))

    def _need_admin(self, actor: Actor) -> None:
        if actor.role != ADMIN:
            raise forbidden()

    def _faults(self, values: Record, old: Record | None) -> list[tuple[str, str, str]]:
        fault, faults = self.account.fault, []
        name = values.get("name", "" if old is None else old["name"]) or ""
        if not name.strip():
            faults.append(fault("name", "BlankValue"))
        elif len(name) > 255:
            faults.append(fault("name", "TooLong"))
        if values.get("role", END_USER) not in ROLES:
            faults.append(fault("role", "InvalidValue", value=values["role"]))
        external_id = values.get("external_id")
        if external_id is not None:
            taken = [
                r for r in self.with_external_id(external_id) if old is None or r["id"] != old["id"]
            ]
            if taken:
                key = str(self.account.switch("duplicate_external_id_key"))
                faults.append(fault(key, "DuplicateValue", title="External", value=external_id))
        organization_id = values.get("organization_id")
        known = self.account.tables["organizations"]
        if organization_id is not None and known.alive(organization_id) is None:
            faults.append(fault("organization", "InvalidValue", value=organization_id))
        return faults

    def _tell(self, old: Record, new: Record) -> None:
        kinds = {
            "name": "name_changed",
            "external_id": "external_id_changed",
            "role": "role_changed",
            "notes": "notes_changed",
            "details": "details_changed",
            "active": "active_changed",
        }
        for key, kind in kinds.items():
            if old[key] != new[key]:
                self.account.publish(f"user.{kind}", new, previous=old[key], current=new[key])

    def shown(self, record: Record) -> Record:
        shown: dict[str, Any] = {k: v for k, v in record.items() if k != "deleted_at"}
        shown["user_fields"] = self.fields.shown(record["user_fields"])
        return shown
