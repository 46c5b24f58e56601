"""Vanishing: the target record that was to be written is not there.

It may have been matched by a mirror that is behind, merged into another one, or deleted, of which a
person has the say.
"""

from __future__ import annotations

from ml_connector.core.flow import Route, value_at
from ml_connector.engine import matching
from ml_connector.engine.item import Done, Item, Step, ToPostpone, ToReview, ToWrite
from ml_connector.engine.opened import OpenFlow
from ml_connector.engine.resources import Resources
from ml_connector.engine.retrying import retry_at, soon
from ml_connector.store import pending
from ml_connector.store.pending import Mark


async def gone_step(
    res: Resources, opened: OpenFlow, route: Route, item: Item, target_id: str, into: str
) -> Step:
    """What to do with an item whose target record is gone. `into` is the record that the target
    says it was merged into."""
    now, label = res.clock.now(), route.writes.label
    if item.choice == "link":
        reason = (
            f"The {label} {target_id} that a person chose is not there: create it, link another, "
            "or ignore it."
        )
        return ToReview("review", reason, target_gone=True)
    if route.host and not into:
        return await _host_gone(res, opened, route, item, target_id)
    if item.link is None:
        reason = "the record it matched is gone; it is matched again"
        again = retry_at(now, item.taken.attempts)
        return ToPostpone(again, "retry", reason, "waiting", target_id)
    heir = into or await res.store.read(
        lambda c: matching.heir_of(c, opened, route, item.key, target_id)
    )
    if heir:
        reason = f"its record {target_id} was merged into {heir}"
        again = soon(now, item.taken.attempts)
        return ToPostpone(again, "retry", reason, "waiting", target_id, heir)
    if isinstance(item.step, ToWrite) and item.step.decision == "gone":
        return Done("gone", f"{item.step.reason}; its {label} was deleted at the target")
    return ToReview(
        "review",
        f"Its {label} {target_id} was deleted at the target: "
        "create it again, link another, or ignore it.",
        target_gone=True,
    )


async def _host_gone(
    res: Resources, opened: OpenFlow, route: Route, item: Item, target_id: str
) -> Step:
    """It writes into its parent's own record, of which the parent's route has the say."""
    parent, now, label = route.after[route.host], res.clock.now(), route.writes.label
    if parent.reverse or item.record is None:
        return Done("gone", f"the {label} that it is shown in was deleted")
    mark = Mark(
        opened.row.id, parent.route, str(value_at(item.record, parent.path)),
        opened.place(parent.route), opened.flow.rank(parent.route), item.taken.cause,
        item.taken.work, look=True, asked=True,
    )  # fmt: skip
    await res.store.write(lambda c: pending.mark(c, [mark], now))
    reason = f"its {label} {target_id} is gone: what it belongs to is looked at first"
    again = retry_at(now, item.taken.attempts)
    return ToPostpone(again, "order", reason, "waiting", target_id)
