"""Pipedrive as a target: what sales people do there, and our records as they stand."""

from __future__ import annotations

import random
from typing import Any

from .base import Record, Town, pick, plain

SWITCHES: dict[str, tuple[Any, ...]] = {
    "pipedrive.access_token_seconds": (600,),
    "pipedrive.api_token_in_query": (True,),
    "pipedrive.bad_client_status": (401,),
    "pipedrive.contact_sync": (True,),
    "pipedrive.deleted_by_id_not_found": (True,),
    "pipedrive.edge_block_after": (3,),
    "pipedrive.emails_patch_adds": (True,),
    "pipedrive.failed_calls_cost": (False,),
    "pipedrive.index_lag_seconds": (5.0,),
    "pipedrive.old_refresh_token_dies": (False,),
    "pipedrive.patch_is_deleted_deletes": (True,),
    "pipedrive.plan": ("lite", "growth", "ultimate"),
    "pipedrive.refused_calls_cost": (True,),
    "pipedrive.retry_after_header": (True,),
    "pipedrive.rotate_refresh_token": (False,),
    "pipedrive.search_draws_on_burst": (False,),
    "pipedrive.search_finds_deleted": (True,),
    "pipedrive.seats": (1,),
    "pipedrive.stage_move_needs_pipeline": (False,),
    "pipedrive.token_headers": (False,),
    "pipedrive.unset_custom_fields_absent": (True,),
    "pipedrive.webhook_ban_resets_on_success": (True,),
    "pipedrive.webhook_hmac": (True,),
    "pipedrive.webhook_id_per_attempt": (True,),
    "pipedrive.webhook_plain_http_refused": (True,),
    "pipedrive.webhook_reachability_check": (False,),
    "pipedrive.webhook_v1_bodies": (True,),
}
FIELDS = {
    "organizations": "organization_fields",
    "persons": "person_fields",
    "deals": "deal_fields",
}


class PipedriveTarget(Town):
    """`key_fields` names the custom field that holds our key, by noun; activities have it in the
    note."""

    target = "pipedrive"
    moved = frozenset({"id", "won_time"})  # Pipedrive sets it with the status
    soft = frozenset(
        {
            "name",
            "title",
            "address",
            "emails",
            "org_id",
            "stage_id",
            "status",
            "won_time",
            "expected_close_date",
            "done",
            "due_date",
        }
    )
    keeps = {
        "organizations": frozenset({"name", "address"}),
        "persons": frozenset({"name", "emails", "phones", "org_id"}),
        "deals": frozenset({"title", "stage_id", "status", "expected_close_date", "org_id"}),
        "activities": frozenset({"subject", "type", "due_date", "done"}),
    }
    unsure_after_merge: tuple[str, ...] = ("name", "address", "Billing e-mail", "Source state")
    key_fields: dict[str, str] = {}

    def look_around(self) -> None:
        for noun in (*self.key_fields, "activities"):
            self.theirs |= {(noun, str(r["id"])) for r in self.of("pipedrive", noun)}

    def held(self) -> dict[tuple[str, str], list[Record]]:
        found: dict[tuple[str, str], list[Record]] = {}
        for noun in (*self.key_fields, "activities"):
            for record in self.shown(noun):
                key = self._key(noun, record)
                if key and not record["is_deleted"]:
                    found.setdefault((noun, key.rpartition(":")[2]), []).append(record)
        return found

    def shown(self, noun: str) -> list[Record]:
        """Every record with its custom fields by name, a money field as its value."""
        names = {
            f["field_code"]: f["field_name"]
            for f in (self.of("pipedrive", FIELDS[noun]) if noun in FIELDS else ())
        }
        told = []
        for record in self.of("pipedrive", noun):
            custom = {
                names[code]: value["value"] if isinstance(value, dict) else value
                for code, value in (record.get("custom_fields") or {}).items()
                if code in names
            }
            told.append({**record, **custom})
        return told

    def standing(self, noun: str) -> list[Record]:
        return self._living(noun)

    def looks(self, noun: str) -> dict[str, set[str]]:
        """An organization also by the addresses of its people, a deal by the words of its title."""
        people = self._living("persons")
        emails = {p["id"]: [e["value"] for e in p["emails"] or ()] for p in people}
        told: dict[str, set[str]] = {}
        for record in self._living(noun):
            id, texts = record["id"], [record.get(name) for name in ("name", "title", "code")]
            texts += emails.get(id, []) if noun == "persons" else []
            texts += str(record.get("title") or "").replace("#", " ").split()
            if noun == "organizations":
                texts += [e for p in people if p["org_id"] == id for e in emails[p["id"]]]
            told[str(id)] = plain(*texts)
        return told

    def _key(self, noun: str, record: Record) -> str:
        if noun == "activities":
            return str(record["note"] or "").partition("Reference: ")[2]
        return str(record.get(self.key_fields.get(noun, "")) or "")

    def stage(self, record: Record) -> str:
        stages = {s["id"]: s["name"] for s in self.of("pipedrive", "stages")}
        return str(stages.get(record.get("stage_id")))

    # --- what sales people do ---------------------------------------------------------------------

    def _living(self, noun: str, *, ours: bool | None = None) -> list[Record]:
        return [
            r
            for r in self.shown(noun)
            if not r["is_deleted"] and (ours is None or bool(self._key(noun, r)) is ours)
        ]

    def _touch(self, noun: str, record: Record, *names: str) -> None:
        self.touched |= {(noun, str(record["id"]), name) for name in names}

    def _gone(self, noun: str, record: Record) -> None:
        self.removed.add((noun, self._key(noun, record).rpartition(":")[2]))

    def rename_organization(self, draw: random.Random) -> Any:
        org = pick(draw, self._living("organizations", ours=True))
        self._touch("organizations", org, "name")
        self.change("pipedrive", "organizations", org["id"], {"name": self.name(draw)})
        return org["id"]

    def edit_deal(self, draw: random.Random) -> Any:
        """A sales person overwrites a value of ours, and moves what is theirs to move."""
        deal = pick(draw, self._living("deals", ours=True))
        change: Record = draw.choice(
            [{"value": 1.23}, {"title": "Mine"}, {"expected_close_date": self.today(9)}]
        )
        self._touch("deals", deal, *change)
        self.change("pipedrive", "deals", deal["id"], change)
        return (deal["id"], *change)

    def lose_deal(self, draw: random.Random) -> Any:
        deal = pick(draw, [d for d in self._living("deals", ours=True) if d["status"] == "open"])
        self._touch("deals", deal, "status", "won_time")
        self.do("pipedrive", "deals", deal["id"], draw.choice(("lose", "win")))
        return deal["id"]

    def delete_record(self, draw: random.Random) -> Any:
        noun = draw.choice(("organizations", "persons", "deals", "activities"))
        record = pick(draw, self._living(noun, ours=True))
        self._gone(noun, record)
        self.delete("pipedrive", noun, record["id"])
        return (noun, record["id"])

    def create_by_hand(self, draw: random.Random) -> Any:
        """Somebody enters what the source holds too, maybe while we are about to."""
        told = self.create("pipedrive", "organizations", {"name": self.name(draw)})
        self.theirs.add(("organizations", str(told["id"])))
        return told["id"]

    def merge_organizations(self, draw: random.Random) -> Any:
        return self._merge(draw, "organizations")

    def merge_persons(self, draw: random.Random) -> Any:
        return self._merge(draw, "persons")

    def merge_deals(self, draw: random.Random) -> Any:
        return self._merge(draw, "deals")

    def _merge(self, draw: random.Random, noun: str) -> Any:
        living = self._living(noun)
        loser = pick(draw, living)
        into = pick(draw, [r for r in living if r["id"] != loser["id"]])
        self._gone(noun, loser)
        self._gone(noun, into)  # which of two keys is kept is Pipedrive's to say
        self._touch(noun, into, *self.unsure_after_merge)
        for kind in ("deals", "persons") if noun == "organizations" else ():
            for record in self.of("pipedrive", kind):
                if record["org_id"] == loser["id"]:  # it moves with it, which is a person's doing
                    self._touch(kind, record, "org_id")
        self.do("pipedrive", noun, loser["id"], "merge", into=into["id"])
        return (loser["id"], into["id"])
