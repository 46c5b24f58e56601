"""Settling: keys that are not written now are put where they belong, a batch in one commit."""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.engine import remembering
from ml_connector.engine.item import Done, Item, ToAlias, ToPostpone, ToReview, ToWait
from ml_connector.engine.remembering import Ledger
from ml_connector.engine.resources import Resources
from ml_connector.engine.tally import Tally
from ml_connector.store.database import Connection


async def settle(res: Resources, ledger: Ledger, tally: Tally, items: Sequence[Item]) -> None:
    """Remember what becomes of these items, whose steps write nothing."""
    if not items:
        return
    ids = [res.chance.new_id() if isinstance(item.step, ToReview) else "" for item in items]
    done = [(item, item.step) for item in items if isinstance(item.step, Done)]

    def work(conn: Connection) -> list[bool]:
        remembering.done(conn, ledger, done)
        return [_settle_one(conn, ledger, item, id) for item, id in zip(items, ids, strict=True)]

    told = await res.store.write(work)
    for item, news in zip(items, told, strict=True):
        _count(tally, item, news)


def _count(tally: Tally, item: Item, news: bool) -> None:
    step, id = item.step, item.taken.id
    if isinstance(step, Done) and step.counts:
        tally.note(id, "gone" if step.decision == "gone" else "unchanged")
    elif isinstance(step, ToAlias):
        tally.note(id, "unchanged")
    elif isinstance(step, ToReview):
        tally.note(id, "review" if step.kind == "review" else "refused")
        tally.news += int(news)
    elif isinstance(step, ToWait):
        tally.note(id, "waiting")
    elif isinstance(step, ToPostpone):
        tally.note(id, step.outcome)


def _settle_one(conn: Connection, ledger: Ledger, item: Item, id: str) -> bool:
    """One key that is not written; True where that is news to a person."""
    step = item.step
    if isinstance(step, ToAlias):
        remembering.alias(conn, ledger, item, step)
    elif isinstance(step, ToReview):
        if step.target_gone:
            remembering.target_gone(conn, ledger, item)
        return remembering.review(conn, ledger, item, step, id)
    elif isinstance(step, ToWait):
        remembering.wait(conn, ledger, item, step)
    elif isinstance(step, ToPostpone):
        remembering.postpone(conn, ledger, item, step)
    return False
