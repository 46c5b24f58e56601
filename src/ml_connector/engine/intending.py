"""Intending: what is going to be written is committed before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ml_connector.core.flow import Route
from ml_connector.core.values import digest
from ml_connector.engine.item import Item, ToWrite
from ml_connector.engine.opened import OpenFlow
from ml_connector.engine.resources import Resources
from ml_connector.store import intents
from ml_connector.store.database import Connection
from ml_connector.store.intents import Intent


@dataclass(frozen=True, slots=True)
class Meaning:
    """Who means to write: the flow and route, the run, the lane's epoch, and when."""

    opened: OpenFlow
    route: Route
    run: str
    epoch: int
    now: datetime


async def intend(res: Resources, meaning: Meaning, items: Sequence[Item]) -> list[str]:
    """One commit for the intents and claims of these items; the intents' ids, in their order."""
    jobs = [res.chance.new_id() for _ in items]
    rows = [intent_forth(meaning, item, job) for item, job in zip(items, jobs, strict=True)]
    claims = [c for i in items if isinstance(i.step, ToWrite) for c in i.step.claims]
    over = [
        i.key for i in items if i.intents and isinstance(i.step, ToWrite) and supersedes(i.step)
    ]

    def work(conn: Connection) -> None:
        intents.close(conn, meaning.opened.row.id, meaning.route.name, over)
        intents.put(conn, rows)
        intents.claim(conn, claims)

    if items:
        await res.store.write(work)
    for item, row in zip(items, rows, strict=True):
        item.intents = [row] if item.key in over else [*item.intents, row]
    return jobs


def supersedes(step: ToWrite) -> bool:
    """Whether earlier writes for the key, which nobody answered, are of no account any more.

    A create follows a look that found nothing of them. An update keeps them until it is answered:
    they tell which values at the target are ours, also those that it does not write again.
    """
    return not step.target_id


def intent_forth(meaning: Meaning, item: Item, job: str) -> Intent:
    """The intent of the write to the target."""
    step, opened, route = item.step, meaning.opened, meaning.route
    fields = step.write.fields if isinstance(step, ToWrite) else {}
    target_id = step.target_id if isinstance(step, ToWrite) else ""
    return Intent(
        id=job, workspace=opened.row.workspace, run=meaning.run, flow=opened.row.id,
        flow_version=opened.row.version, route=route.name, source_key=item.key,
        account=opened.writing(route).account, object=route.writes.name,
        operation="update" if target_id else "create", target_id=target_id or None,
        external_key=opened.key_of(route, item.key), fields=fields, digest=digest(fields),
        epoch=meaning.epoch, state="open", opened_at=meaning.now,
    )  # fmt: skip


def intent_back(meaning: Meaning, item: Item, step: ToWrite, job: str) -> Intent:
    """The intent of the write to the source's record."""
    opened, route = meaning.opened, meaning.route
    return Intent(
        id=job, workspace=opened.row.workspace, run=meaning.run, flow=opened.row.id,
        flow_version=opened.row.version, route=route.name, source_key=item.key,
        account=opened.reading(route).account,
        object=route.back_to.name if route.back_to else "",
        operation="update", target_id=item.key, external_key="", fields=step.back,
        digest=digest(step.back), epoch=meaning.epoch, state="open", opened_at=meaning.now,
    )  # fmt: skip
