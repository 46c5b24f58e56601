"""Zendesk as a target: what agents do there, and our records as they stand."""

from __future__ import annotations

import base64
import random
from abc import abstractmethod
from typing import Any

from .base import Record, Town, pick, plain

FIELDS = {"organizations": "organization_fields", "users": "user_fields"}
RECORDS = ("wave_invoice", "wave_payment")
SWITCHES = {
    "zendesk.anonymous_me": (False,),
    "zendesk.bulk_user_import": (True,),
    "zendesk.custom_object_scope": (True,),
    "zendesk.decimal_digits": (2,),
    "zendesk.deleted_targets_cleared": (True,),
    "zendesk.dropdown_adds_tag": (True,),
    "zendesk.duplicate_external_id_key": ("base",),
    "zendesk.expires_in_always": (True,),
    "zendesk.export_type_in_query": (True,),
    "zendesk.high_volume_addon": (True,),
    "zendesk.incremental_shows_deleted": (False,),
    "zendesk.index_lag_seconds": (0.0, 60.0),
    "zendesk.invalid_grant_status": (401,),
    "zendesk.job_item_fails_every": (2, 5),
    "zendesk.job_seconds": (0.0, 40.0),
    "zendesk.jobs_in_flight": (1,),
    "zendesk.language": ("es",),
    "zendesk.long_access_tokens": (False,),
    "zendesk.merge_seconds": (60.0,),
    "zendesk.missing_scope_body": ("string", "text"),
    "zendesk.multiple_organizations": (False,),
    "zendesk.null_clears_field": (False,),
    "zendesk.numbers_as_text": (True,),
    "zendesk.organization_search_uses_index": (True,),
    "zendesk.organization_upserts_limited": (True,),
    "zendesk.plain_text_400": (True,),
    "zendesk.plan": ("suite_team", "suite_enterprise"),
    "zendesk.private_apps": (False,),
    "zendesk.rate_limit_headers": ("2023",),
    "zendesk.rate_limits": (False,),
    "zendesk.record_error_form": ("array",),
    "zendesk.record_writes_per_minute": (10,),
    "zendesk.token_answer_status": (201,),
    "zendesk.too_many_jobs_status": (422,),
    "zendesk.twin_window_seconds": (5.0,),
    "zendesk.unknown_field_key": ("error",),
    "zendesk.upsert_create_status": (201,),
    "zendesk.user_upsert_conflict": ("email", "external_id"),
}
AGENTS = {
    "rename_organization": 2, "note_details": 1, "overwrite_field": 2, "delete_record": 1,
    "create_by_hand": 2, "merge_organizations": 0.7, "edit_user": 2, "move_user": 0.7,
    "merge_users": 0.5, "user_by_hand": 1, "hire": 0.4,
}  # fmt: skip


def readable(id: str) -> str:
    """Our key of a Wave record in its decoded form, such as `wave:<business uuid>:c:1042`."""
    business, _, own = base64.b64decode(id).decode().partition(";")
    kind, _, number = own.partition(":")
    letter = {"Customer": "c", "Invoice": "i", "InvoicePayment": "p"}[kind]
    return f"wave:{business.removeprefix('Business:')}:{letter}:{number}"


class ZendeskTarget(Town):
    target = "zendesk"
    keeps = {
        "organizations": frozenset({"name", "details"}),
        "users": frozenset({"name", "email", "phone", "organization_id"}),
    }
    moved = frozenset({"id", "role"})
    soft = frozenset({"name", "details", "email", "phone", "organization_id"})

    def look_around(self) -> None:
        self.heirs: dict[str, str] = {}
        """What organizations were merged into, by their ids, and by our keys on them."""
        for noun in ("organizations", "users"):
            self.theirs |= {(noun, str(r["id"])) for r in self.of("zendesk", noun)}

    @abstractmethod
    def key_of(self, external_id: str) -> str | None:
        """The source's id that stands behind our key there."""

    def held(self) -> dict[tuple[str, str], list[Record]]:
        found: dict[tuple[str, str], list[Record]] = {}
        for noun in ("organizations", "users", *RECORDS):
            for record in self.living(noun):
                key = self.key_of(str(record["external_id"] or ""))
                if key:
                    found.setdefault((noun, key), []).append(record)
        return found

    def shown(self, noun: str) -> list[Record]:
        """Every record with its custom fields by their titles, a choice as people see it."""
        if noun in RECORDS:
            told = [
                r for r in self.of("zendesk", "custom_object_records")
                if r["custom_object_key"] == noun
            ]  # fmt: skip
            fields = [
                f for f in self.of("zendesk", "custom_object_fields")
                if f["custom_object_key"] == noun
            ]  # fmt: skip
            return [{**r, **_titled(r["custom_object_fields"], fields)} for r in told]
        fields = self.of("zendesk", FIELDS[noun])
        values = FIELDS[noun]
        return [{**r, **_titled(r[values], fields)} for r in self.of("zendesk", noun)]

    def standing(self, noun: str) -> list[Record]:
        return self.living(noun)

    def clears(self) -> bool:
        return bool(self.world.switches.value("zendesk.null_clears_field"))

    def looks(self, noun: str) -> dict[str, set[str]]:
        return {str(r["id"]): plain(r.get("name"), r.get("email")) for r in self.living(noun)}

    def living(self, noun: str, *, ours: bool | None = None) -> list[Record]:
        return [
            r
            for r in self.shown(noun)
            if not r["deleted_at"]
            and (ours is None or bool(self.key_of(str(r["external_id"] or ""))) is ours)
        ]

    def heir_of(self, key: str) -> str | None:
        """The id of the organization that one of ours lives on in; None where that is gone too."""
        id = self.heirs.get(key)
        while id in self.heirs:
            id = self.heirs[id]
        living = {str(r["id"]) for r in self.of("zendesk", "organizations") if not r["deleted_at"]}
        return id if id in living else None

    # --- what agents do ---------------------------------------------------------------------------

    def _touch(self, noun: str, record: Record, *names: str) -> None:
        self.touched |= {(noun, str(record["id"]), name) for name in names}

    def _gone(self, noun: str, record: Record) -> None:
        key = self.key_of(str(record["external_id"] or ""))
        if key:
            self.removed.add((noun, key))

    def _scatter(self, organization: Record) -> None:
        """Its users lose it, or get another one: that is somebody's doing at Zendesk."""
        for user in self.living("users"):
            if user["organization_id"] == organization["id"]:
                self._touch("users", user, "organization_id")

    def rename_organization(self, draw: random.Random) -> Any:
        org = pick(draw, self.living("organizations", ours=True))
        self._touch("organizations", org, "name")
        self.change("zendesk", "organizations", org["id"], {"name": self.name(draw)})
        return org["id"]

    def note_details(self, draw: random.Random) -> Any:
        org = pick(draw, self.living("organizations", ours=True))
        self._touch("organizations", org, "details")
        self.change("zendesk", "organizations", org["id"], {"details": "Rings on Mondays"})
        return org["id"]

    def overwrite_field(self, draw: random.Random) -> Any:
        """What is ours, overwritten: it stays so until we write that field again."""
        org = pick(draw, self.living("organizations", ours=True))
        key, title, value = draw.choice(
            [
                ("billing_email", "Billing e-mail", "mine@x.example"),
                ("wave_open_balance", "Wave: open balance", 1.23),
                ("wave_billing_status", "Wave: billing status", "wave_clear"),
            ]
        )
        self._touch("organizations", org, title)
        fields = {"organization_fields": {key: value}}
        self.change("zendesk", "organizations", org["id"], fields)
        return (org["id"], key)

    def delete_record(self, draw: random.Random) -> Any:
        noun = draw.choice(("organizations", "users", *RECORDS))
        record = pick(draw, self.living(noun, ours=True))
        self._gone(noun, record)
        if noun == "organizations":
            self._scatter(record)
        self.delete("zendesk", "custom_object_records" if noun in RECORDS else noun, record["id"])
        return (noun, record["id"])

    def create_by_hand(self, draw: random.Random) -> Any:
        """Somebody enters what the source holds too, maybe while we are about to."""
        told = self.create("zendesk", "organizations", {"name": self.name(draw)})
        self.theirs.add(("organizations", str(told["id"])))
        return told["id"]

    def merge_organizations(self, draw: random.Random) -> Any:
        """Zendesk keeps the winner as it is, and nothing of the loser's fields."""
        living = self.living("organizations")
        loser = pick(draw, living)
        into = pick(draw, [r for r in living if r["id"] != loser["id"]])
        self._gone("organizations", loser)
        self._scatter(loser)
        key = self.key_of(str(loser["external_id"] or ""))
        self.heirs |= {each: str(into["id"]) for each in (key, str(loser["id"])) if each}
        self._touch("organizations", into, "name", "details")
        self.do("zendesk", "organizations", loser["id"], "merge", into=into["id"])
        return (loser["id"], into["id"])

    def edit_user(self, draw: random.Random) -> Any:
        user = pick(draw, self.living("users", ours=True))
        self.count += 1
        change = draw.choice(
            [{"name": "Called Ada"}, {"phone": f"+1555{self.count:04}"},
             {"email": f"own{self.count}@z.example"}]
        )  # fmt: skip
        self._touch("users", user, *change)
        self.change("zendesk", "users", user["id"], change)
        return (user["id"], *change)

    def move_user(self, draw: random.Random) -> Any:
        user = pick(draw, self.living("users", ours=True))
        org = pick(draw, self.living("organizations"))
        self._touch("users", user, "organization_id")
        self.change("zendesk", "users", user["id"], {"organization_id": org["id"]})
        return (user["id"], org["id"])

    def merge_users(self, draw: random.Random) -> Any:
        living = [u for u in self.living("users") if u["role"] == "end-user"]
        loser = pick(draw, living)
        into = pick(draw, [u for u in living if u["id"] != loser["id"]])
        self._gone("users", loser)
        self._touch("users", into, *self.soft)
        self.do("zendesk", "users", loser["id"], "merge", into=into["id"])
        return (loser["id"], into["id"])

    def user_by_hand(self, draw: random.Random) -> Any:
        """A colleague, or somebody who wrote in: with an address that the source knows, or not."""
        known = [c["email"] for c in self.of(self.source, "customers") if c["email"]]
        self.count += 1
        email = draw.choice([*known, f"info{draw.randint(1, 6)}@{draw.choice('abc')}.example"])
        role = draw.choice(("end-user", "end-user", "agent"))
        body = {"name": f"By hand {self.count}", "email": email, "role": role}
        told = self.create("zendesk", "users", body)
        self.theirs.add(("users", str(told["id"])))
        return (told["id"], role)

    def hire(self, draw: random.Random) -> Any:
        """One of our end users becomes a colleague, who is nobody's to write."""
        user = pick(draw, self.living("users", ours=True))
        self._touch("users", user, *self.soft, "role")
        self.do("zendesk", "users", user["id"], "make_admin")
        return user["id"]


def _titled(values: Record, fields: list[Record]) -> Record:
    told = {}
    for field in fields:
        value = values.get(field["key"])
        options = {o["value"]: o["name"] for o in field.get("custom_field_options") or ()}
        told[field["title"]] = options.get(value, value)
    return told
