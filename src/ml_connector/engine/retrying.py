"""Retrying: when something that could not be done is tried again, and what a fault means for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from ml_connector.core.faults import Fault, NeedsPerson, TooFast, Unreachable, Waiting
from ml_connector.engine.item import Item, ToPostpone, ToReview

RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(minutes=15)
RETRY_STOPPED = timedelta(seconds=30)

AT_ONCE = 2
"""So often a write that met another record than it was planned for is planned anew at once."""


def retry_at(now: datetime, attempts: int) -> datetime:
    """Twice as long after each attempt, up to a quarter of an hour."""
    wait = RETRY_FIRST * float(2 ** min(attempts - 1, 10))
    return now + min(wait, RETRY_LONGEST)


def soon(now: datetime, attempts: int) -> datetime:
    """At once, for what is looked at anew; later where that did not help."""
    return retry_at(now, attempts - AT_ONCE) if attempts > AT_ONCE else now


def postponed(fault: Fault, item: Item, now: datetime) -> ToPostpone | ToReview:
    """What a fault means for one key."""
    if isinstance(fault, Waiting | NeedsPerson):
        return put_off(fault, now)
    if isinstance(fault, Unreachable):
        due = retry_at(now, item.taken.attempts)
        return ToPostpone(due, "retry", fault.sentence, "failed")
    return ToReview("refused", fault.sentence)


def put_off(fault: Fault, now: datetime) -> ToPostpone:
    """What a fault that stops a target means for all that is due there."""
    if isinstance(fault, Waiting):
        kind = "limit" if isinstance(fault, TooFast) else "budget"
        return ToPostpone(fault.until, kind, fault.sentence, "waiting")
    if isinstance(fault, NeedsPerson):
        return ToPostpone(now + RETRY_LONGEST, "person", fault.sentence, "waiting")
    return ToPostpone(now + RETRY_STOPPED, "retry", fault.sentence, "waiting")
