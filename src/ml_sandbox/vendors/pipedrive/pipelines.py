"""A pipeline is a row of stages that deals move through; `order_nr` is Pipedrive's to give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import bodies
from .account import Actor
from .entities import Entity
from .errors import Invalid
from .tables import Record


class Pipelines(Entity):
    kind = "pipeline"
    table_name = "pipelines"
    post = bodies.PipelinePost
    patch = bodies.PipelinePatch
    has_custom_fields = False

    def defaults(self, actor: Actor) -> Record:
        now = self.account.stamp()
        alive = [p["order_nr"] for p in self.table.records.values() if not p["is_deleted"]]
        return {
            "id": 0,
            "name": "",
            "order_nr": max(alive, default=0) + 1,
            "is_deleted": False,
            "is_deal_probability_enabled": False,
            "add_time": now,
            "update_time": now,
        }

    def mark_deleted(self, old: Record) -> None:
        """The stages of a deleted pipeline go with it."""
        super().mark_deleted(old)
        stages = self.account.tables["stages"]
        for stage in list(stages.records.values()):
            if stage["pipeline_id"] == old["id"] and not stage["is_deleted"]:
                now = self.account.stamp()
                stages.replace({**stage, "is_deleted": True, "update_time": now})


class Stages(Entity):
    kind = "stage"
    table_name = "stages"
    post = bodies.StagePost
    patch = bodies.StagePatch
    references = (("pipeline_id", "pipelines"),)
    has_custom_fields = False

    def defaults(self, actor: Actor) -> Record:
        now = self.account.stamp()
        return {
            "id": 0,
            "order_nr": 0,
            "name": "",
            "is_deleted": False,
            "deal_probability": 100,
            "pipeline_id": 0,
            "is_deal_rot_enabled": False,
            "days_to_rotten": None,
            "add_time": now,
            "update_time": now,
        }

    def settle(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        if record["is_deal_rot_enabled"] and record["days_to_rotten"] is None:
            raise Invalid([("days_to_rotten", "is required when is_deal_rot_enabled is true")])
        if old is None or old["pipeline_id"] != record["pipeline_id"]:
            siblings = [
                stage["order_nr"]
                for stage in self.table.records.values()
                if stage["pipeline_id"] == record["pipeline_id"] and not stage["is_deleted"]
            ]
            record["order_nr"] = max(siblings, default=0) + 1
        return record
