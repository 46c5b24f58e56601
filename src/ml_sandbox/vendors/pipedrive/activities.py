"""An activity is a task, a call or a deadline, tied to a deal, an organization or a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import bodies, field_catalog
from .account import Actor
from .entities import Entity, Faults
from .tables import Record


class Activities(Entity):
    kind = "activity"
    table_name = "activities"
    post = bodies.ActivityBody
    patch = bodies.ActivityBody
    references = (("owner_id", "user"), ("deal_id", "deals"), ("org_id", "org"))
    addresses = ("location",)
    has_custom_fields = False

    def defaults(self, actor: Actor) -> Record:
        now = self.account.stamp()
        first_type = next(iter(self.account.activity_types.values()))
        return {
            "id": 0,
            "subject": first_type["name"],
            "type": first_type["key_string"],
            "owner_id": actor.user_id,
            "creator_user_id": actor.user_id,
            "is_deleted": False,
            "add_time": now,
            "update_time": now,
            "deal_id": None,
            "lead_id": None,
            "person_id": None,
            "org_id": None,
            "project_id": None,
            "due_date": now[:10],
            "due_time": None,
            "duration": None,
            "busy": False,
            "done": False,
            "marked_as_done_time": None,
            "location": None,
            "participants": [],
            "attendees": None,
            "conference_meeting_client": None,
            "conference_meeting_url": None,
            "conference_meeting_id": None,
            "public_description": None,
            "priority": None,
            "note": None,
        }

    def check(self, values: Record, faults: Faults) -> None:
        kind = values.get("type")
        if kind is not None and kind not in self.account.activity_types:
            faults.append(("type", f"no activity type with key {kind!r}"))
        for name in ("lead_id", "project_id"):
            if values.get(name) is not None:
                faults.append((name, f"no {name.removesuffix('_id')} with id {values[name]}"))
        priority = values.get("priority")
        if priority is not None and priority not in field_catalog.PRIORITIES:
            faults.append(("priority", f"has no option with id {priority}"))
        for participant in values.get("participants", ()):
            if not self.account.exists("people", participant["person_id"]):
                faults.append(("participants", f"no person with id {participant['person_id']}"))

    def settle(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        if "participants" in given:
            marked = [{"primary": False, **entry} for entry in record["participants"]]
            primary = next((entry["person_id"] for entry in marked if entry["primary"]), None)
            record = {**record, "participants": marked, "person_id": primary}
        was_done = old is not None and old["done"]
        if record["done"] and not was_done:
            record["marked_as_done_time"] = self.account.stamp()
        elif not record["done"]:
            record["marked_as_done_time"] = None
        return record
