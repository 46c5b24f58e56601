"""The unforeseen: an error that no vendor's answer explains is told under an id of the log, since
its own words may repeat a credential."""

from __future__ import annotations

import structlog

from ml_connector.core.flow import Route
from ml_connector.engine.item import ToReview
from ml_connector.engine.resources import Resources

log = structlog.get_logger(__name__)


def told_of(res: Resources, error: Exception) -> str:
    """The sentence for a person; the log has the traceback."""
    id = res.chance.new_id()
    log.error("a record could not be worked on", id=id, exc_info=error)
    return f"Something nobody foresaw happened; the log has it under {id}."


def unforeseen(res: Resources, route: Route, error: Exception) -> ToReview:
    """The record goes before a person. What was under way may have been sent, and land still."""
    written = [obj.settle for obj in (route.writes, route.back_to) if obj is not None]
    return ToReview("refused", told_of(res, error), settles_at=res.clock.now() + max(written))
