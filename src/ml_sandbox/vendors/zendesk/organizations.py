"""An organization: its name and external id are unique without regard to case (sheet, 3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .account import ADMIN, Account, Actor
from .clocktext import stamp
from .errors import Invalid, forbidden, not_found, plain
from .fields import FieldBook
from .lookups import clear_pointers
from .memberships import Memberships
from .shapes import ORGANIZATION, read
from .tables import Record

NOUN = "organizations"
#: What a plain agent may change (OpenAPI, update_many).
_AGENTS_MAY = {"notes"}


class Organizations:
    """Create, change, upsert, delete, merge. `unused` collects keys that were not permitted."""

    def __init__(self, account: Account, fields: FieldBook, memberships: Memberships) -> None:
        self.account = account
        self.fields = fields
        self._memberships = memberships
        self._table = account.tables[NOUN]

    def alive(self, number: int) -> Record:
        """Raises 404."""
        record = self._table.alive(number)
        if record is None:
            raise not_found()
        return record

    def create(self, given: Record, actor: Actor, unused: list[str]) -> Record:
        self._need_admin(actor)
        values = read(given, ORGANIZATION, "organization", unused)
        laid = self.fields.lay_over(
            {}, values.pop("organization_fields", {}), "organization", unused
        )
        self._check(values, None)
        now, number = self.account.stamp(), self.account.ids.number()
        record: Record = {
            "url": self.account.url(NOUN, number),
            "id": number,
            "name": "",
            "shared_tickets": False,
            "shared_comments": False,
            "external_id": None,
            "created_at": now,
            "updated_at": now,
            "domain_names": [],
            "details": None,
            "notes": None,
            "group_id": None,
            "tags": [],
            **values,
            "organization_fields": laid,
        }
        self.account.note_created(NOUN, actor)
        made = self.account.add(NOUN, self._tagged(record))
        self.account.publish("organization.created", made)
        return made

    def update(self, number: int, given: Record, actor: Actor, unused: list[str]) -> Record:
        """Only what is given changes; lists are replaced whole."""
        old = self.alive(number)
        values = read(given, ORGANIZATION, "organization", unused)
        if actor.role != ADMIN and set(values) - _AGENTS_MAY:
            raise forbidden()
        if "organization_fields" in values:
            values["organization_fields"] = self.fields.lay_over(
                old["organization_fields"], values["organization_fields"], "organization", unused
            )
        self._check(values, old)
        changed = self.account.put(NOUN, old, **self._tagged({**old, **values}))
        self._tell(old, changed)
        return changed

    def upsert(self, given: Record, actor: Actor, unused: list[str]) -> tuple[Record, bool]:
        """The record, and whether it is new. Matches by id or external id, never by name."""
        old = None
        if given.get("id") is not None:
            old = self.alive(int(given["id"])) if str(given["id"]).isdigit() else None
            if old is None:
                raise not_found()
        elif given.get("external_id") is not None:
            old = next(iter(self.with_external_id(str(given["external_id"]))), None)
        rest = {key: value for key, value in given.items() if key != "id"}
        if old is None:
            return self.create(rest, actor, unused), True
        return self.update(old["id"], rest, actor, unused), False

    def with_external_id(self, text: str) -> list[Record]:
        return self._table.find("external_id", text.casefold())

    def with_name(self, text: str) -> list[Record]:
        return self._table.find("name", text.casefold())

    def delete(self, number: int, actor: Actor) -> Record:
        """For good: users and tickets stay behind without it."""
        self._need_admin(actor)
        old = self.alive(number)
        self._memberships.end_all_of(number)
        for ticket in list(self.account.tables["tickets"].find("organization_id", str(number))):
            self.account.put("tickets", ticket, organization_id=None)
        buried = self.account.bury(NOUN, old)
        clear_pointers(self.account, "zen:organization", str(number))
        self.account.publish("organization.deleted", buried)
        return buried

    def _need_admin(self, actor: Actor) -> None:
        if actor.role != ADMIN:
            raise forbidden()

    def _check(self, values: Record, old: Record | None) -> None:
        fault, faults = self.account.fault, []
        name = values.get("name", "" if old is None else old["name"]) or ""
        if not name.strip():
            faults.append(fault("name", "BlankValue"))
        elif "name" in values and self._taken(self.with_name(name), old):
            faults.append(fault("name", "DuplicateValue", value=name))
        external_id = values.get("external_id")
        if external_id is not None and self._taken(self.with_external_id(external_id), old):
            key = str(self.account.switch("duplicate_external_id_key"))
            faults.append(fault(key, "DuplicateValue", title="External", value=external_id))
        if faults:
            raise Invalid(faults)

    def _others(self, found: list[Record], old: Record | None) -> list[Record]:
        return [r for r in found if old is None or r["id"] != old["id"]]

    def _taken(self, found: list[Record], old: Record | None) -> bool:
        """Whether they are others; by switch a race between two POSTs is lost by nobody."""
        window = float(self.account.switch("twin_window_seconds"))
        since = stamp(self.account.now() - timedelta(seconds=window))
        seen = [r for r in found if not (window > 0 and old is None and r["created_at"] >= since)]
        return bool(self._others(seen, old))

    def _tagged(self, record: Record) -> Record:
        tags = list(dict.fromkeys(tag.casefold() for tag in record["tags"]))
        if self.account.switch("dropdown_adds_tag"):
            of_fields = self.fields.tags(record["organization_fields"])
            tags = list(dict.fromkeys([*tags, *of_fields]))
        return {**record, "tags": tags}

    def _tell(self, old: Record, new: Record) -> None:
        kinds = {
            "name": "name_changed",
            "external_id": "external_id_changed",
            "tags": "tags_changed",
            "organization_fields": "custom_field_changed",
        }
        for key, kind in kinds.items():
            if old[key] != new[key]:
                change = {"previous": old[key], "current": new[key]}
                self.account.publish(f"organization.{kind}", new, **change)

    # --- merging ---

    def begin_merge(self, loser_id: int, given: Record, actor: Actor) -> Record:
        """Queues a merge into `winner_id`; `settle_merges` does it when its time has come."""
        self._need_admin(actor)
        loser = self.alive(loser_id)
        winner_id = given.get("winner_id")
        if not isinstance(winner_id, int) or self._table.alive(winner_id) is None:
            raise not_found()
        if winner_id == loser["id"]:
            raise plain(422, "InvalidMerge", "An organization cannot be merged with itself")
        number = self.account.ids.ulid(self.account.now())
        record: Record = {
            "id": number,
            "url": self.account.url("organization_merges", number),
            "loser_id": loser_id,
            "winner_id": winner_id,
            "status": "new",
            "begun": self.account.now(),
        }
        return self.account.add("organization_merges", record)

    def merge_now(self, loser_id: int, winner_id: int, actor: Actor) -> Record:
        """As an agent does it in the product: done at once, and listed among the merges."""
        begun = self.begin_merge(loser_id, {"winner_id": winner_id}, actor)
        winner = self.merge(loser_id, winner_id)
        self.account.tables["organization_merges"].replace(
            {**begun, "status": "complete"}, self.account.now()
        )
        return winner

    def settle_merges(self) -> None:
        """Does the merges that are due."""
        seconds = float(self.account.switch("merge_seconds"))
        for merge in list(self.account.tables["organization_merges"].living()):
            if merge["status"] in ("complete", "error"):
                continue
            age = (self.account.now() - merge["begun"]).total_seconds()
            status = "in_progress" if age >= seconds / 2 else "new"
            if age >= seconds:
                status = "complete" if self._merged(merge) else "error"
            if status != merge["status"]:
                self.account.tables["organization_merges"].replace(
                    {**merge, "status": status}, self.account.now()
                )

    def _merged(self, merge: Record) -> bool:
        ends = [self._table.alive(merge[key]) for key in ("loser_id", "winner_id")]
        if None in ends:
            return False
        self.merge(merge["loser_id"], merge["winner_id"])
        return True

    def merge(self, loser_id: int, winner_id: int) -> Record:
        """Users, tickets and domains move; fields do not; the loser is deleted (sheet, 3.1)."""
        loser, winner = self.alive(loser_id), self.alive(winner_id)
        domains = list(dict.fromkeys([*winner["domain_names"], *loser["domain_names"]]))
        self._memberships.move_all(loser_id, winner_id)
        for ticket in list(self.account.tables["tickets"].find("organization_id", str(loser_id))):
            self.account.put("tickets", ticket, organization_id=winner_id)
        buried = self.account.bury(NOUN, loser)
        clear_pointers(self.account, "zen:organization", str(loser_id))
        kept = self.account.put(NOUN, winner, domain_names=domains)
        self.account.publish("organization.deleted", buried)
        return kept

    def shown(self, record: Record, deleted: bool = False) -> Record:
        """As the API shows it; `deleted_at` only where asked for."""
        values = self.fields.shown(record["organization_fields"])
        body: dict[str, Any] = {**record, "organization_fields": values}
        if not deleted or not record["deleted_at"]:
            del body["deleted_at"]
        return body

    def domain_owner(self, email: str) -> int | None:
        """The organization that new users of that mail domain join."""
        found = self._table.find("domain", email.rpartition("@")[2].casefold())
        return int(found[0]["id"]) if found else None
