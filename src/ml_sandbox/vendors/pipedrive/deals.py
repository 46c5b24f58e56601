"""A deal is a sale in the making: in a stage of a pipeline, and open, won or lost.

Won is a status and not a stage (sheet, 5.3): winning sets times and leaves the stage alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import bodies
from .account import Account, Actor
from .entities import Entity, Faults
from .errors import Invalid, generic
from .tables import Record

#: body field -> the statuses in which it may be set
_ONLY_WHEN = {
    "lost_reason": ("lost",),
    "close_time": ("won", "lost"),
    "won_time": ("won",),
    "lost_time": ("lost",),
}
_OPEN_TIMES = {"won_time": None, "lost_time": None, "close_time": None, "lost_reason": None}


class Deals(Entity):
    kind = "deal"
    table_name = "deals"
    post = bodies.DealPost
    patch = bodies.DealPatch
    references = (
        ("owner_id", "user"),
        ("org_id", "org"),
        ("person_id", "people"),
        ("pipeline_id", "pipelines"),
        ("stage_id", "stages"),
        ("currency", "currency"),
    )

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        #: told of every deal whose currency was written
        self.currency_followers: list[Callable[[Record], None]] = []

    def defaults(self, actor: Actor) -> Record:
        now = self.account.stamp()
        user = self.account.users[actor.user_id]
        return {
            "id": 0,
            "title": "",
            "creator_user_id": actor.user_id,
            "owner_id": actor.user_id,
            "value": 0,
            "person_id": None,
            "org_id": None,
            "stage_id": None,
            "pipeline_id": None,
            "currency": user["default_currency"],
            "archive_time": None,
            "add_time": now,
            "update_time": now,
            "stage_change_time": None,
            "status": "open",
            "is_archived": False,
            "is_deleted": False,
            "probability": None,
            "lost_reason": None,
            "visible_to": self.account.default_visibility(),
            "close_time": None,
            "won_time": None,
            "lost_time": None,
            "local_won_date": None,
            "local_lost_date": None,
            "local_close_date": None,
            "expected_close_date": None,
            "label_ids": [],
            "origin": "API" if actor.source == "api" else "ManuallyCreated",
            "origin_id": None,
            "channel": None,
            "channel_id": None,
            "acv": None,
            "arr": None,
            "mrr": None,
            "custom_fields": {},
        }

    def check(self, values: Record, faults: Faults) -> None:
        if "value" in values:
            values["value"] = whole(values["value"])

    def settle(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        record = self._placed(record, old, given)
        record = self._archived(record, old, given)
        record = _with_status(record, old, given, self.account.stamp())
        record = self._valued(record, old, given)
        if old is None:
            self._check_capacity(record)
        record["is_deleted"] = False
        return record

    def update(self, record_id: int, given: Mapping[str, Any], actor: Actor) -> Record:
        """`is_deleted` is in the published body, but a guide says that PATCH does not delete:
        a switch decides."""
        record = super().update(record_id, given, actor)
        if "currency" in given:
            for follow in self.currency_followers:
                follow(record)
        if given.get("is_deleted") and self.account.switch("patch_is_deleted_deletes"):
            self.delete(record_id, actor)
            return self.table.records[record_id]
        return record

    def mark_deleted(self, old: Record) -> None:
        super().mark_deleted(old)
        gone = self.table.records[old["id"]]
        self.table.replace({**gone, "status": "deleted"})

    def _placed(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        """Pipeline and stage agree; a stage alone says its pipeline, where that is allowed."""
        stages = self.account.tables["stages"]
        pipeline, stage = given.get("pipeline_id"), given.get("stage_id")
        if stage is not None:
            home = stages.records[stage]["pipeline_id"]
            moved = old is not None and pipeline is None and home != old["pipeline_id"]
            if moved and self.account.switch("stage_move_needs_pipeline"):
                raise Invalid([("stage_id", "belongs to another pipeline, send pipeline_id too")])
            if pipeline is not None and home != pipeline:
                raise Invalid([("stage_id", "does not belong to the given pipeline")])
            pipeline = home
        elif pipeline is not None and (old is None or pipeline != old["pipeline_id"]):
            stage = self.first_stage(pipeline)
        elif old is None:
            pipeline = self.default_pipeline()
            stage = self.first_stage(pipeline)
        else:
            return record
        if old is not None and stage != old["stage_id"]:
            record["stage_change_time"] = self.account.stamp()
        return {**record, "pipeline_id": pipeline, "stage_id": stage or record["stage_id"]}

    def default_pipeline(self) -> int:
        alive = [
            p for p in self.account.tables["pipelines"].records.values() if not p["is_deleted"]
        ]
        if not alive:
            raise generic(400, "The account has no pipeline")
        return int(min(alive, key=lambda p: p["order_nr"])["id"])

    def first_stage(self, pipeline_id: int) -> int:
        stages = [
            stage
            for stage in self.account.tables["stages"].records.values()
            if stage["pipeline_id"] == pipeline_id and not stage["is_deleted"]
        ]
        if not stages:
            raise Invalid([("pipeline_id", "has no stages")])
        return int(min(stages, key=lambda stage: stage["order_nr"])["id"])

    def _archived(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        if not record["is_archived"]:
            return {**record, "archive_time": None}
        return {**record, "archive_time": record["archive_time"] or self.account.stamp()}

    def _valued(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        """Whether a value may be set beside product lines is unknown: a switch decides."""
        mode = self.account.switch("deal_value_with_products")
        if old is None or "value" not in given or mode == "free" or not self._has_lines(old["id"]):
            return record
        if mode == "refused":
            raise Invalid([("value", "cannot be set while products are attached to the deal")])
        return {**record, "value": old["value"]}

    def _has_lines(self, deal_id: int) -> bool:
        return any(True for _ in lines_of(self.account, deal_id))

    def _check_capacity(self, record: Record) -> None:
        cap = self.account.switch("open_deals_limit")
        if not cap or record["status"] != "open":
            return
        alive = [d for d in self.table.records.values() if not d["is_deleted"]]
        if sum(1 for deal in alive if deal["status"] == "open") >= cap:
            raise generic(
                403,
                "You have reached the limit of open deals of your plan.",
                code="feature_capping_deals_limit",
            )


def _with_status(record: Record, old: Record | None, given: Mapping[str, Any], now: str) -> Record:
    """The times and the reason that belong to the status; raises Invalid where they do not."""
    status = record["status"]
    faults = [
        (name, f"can only be set if deal status is {' or '.join(allowed)}")
        for name, allowed in _ONLY_WHEN.items()
        if given.get(name) is not None and status not in allowed
    ]
    if faults:
        raise Invalid(faults)
    if old is None or status != old["status"]:
        record = {**record, **_OPEN_TIMES, **{k: given[k] for k in _OPEN_TIMES if k in given}}
    if status != "open":
        own_time = f"{status}_time"
        record[own_time] = record[own_time] or record["close_time"] or now
        record["close_time"] = record["close_time"] or record[own_time]
    for name in ("won", "lost", "close"):
        moment = record[f"{name}_time"]
        record[f"local_{name}_date"] = None if moment is None else moment[:10]
    return record


def lines_of(account: Account, deal_id: int) -> Iterator[Record]:
    """The product lines of a deal, in order of creation."""
    table = account.tables["deal_products"]
    return table.walk("deal_id", "asc", low=deal_id, high=deal_id + 1)


def whole(number: float) -> int | float:
    """JSON of a whole number has no point, as Pipedrive writes it."""
    return int(number) if float(number).is_integer() else number
