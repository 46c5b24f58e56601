"""Returning: what was changed at the target travels back to the source, for two-way fields.

It is a write like any other, with an intent of its own. Afterwards the source is read again, so
that what it made of our value becomes its base and does not travel forth again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from ml_connector.core.crossing import Crossing, cross, without
from ml_connector.core.flow import Given, Leave, Route
from ml_connector.core.mapping import Desired, map_record, resolve
from ml_connector.core.objects import TargetRecord
from ml_connector.core.plan import Base, Write, comes_of, plan_update, why_updated
from ml_connector.core.values import Value, Values, same
from ml_connector.core.wire import Errand
from ml_connector.engine.item import Done, Item, ToUpdate, ToWrite
from ml_connector.engine.opened import OpenFlow
from ml_connector.engine.resources import Resources
from ml_connector.store import intents


def plan_both_ways(
    route: Route, item: Item, step: ToUpdate, desired: Desired, base: Base,
    target: TargetRecord, given: Given,
) -> ToWrite | Done:  # fmt: skip
    """What travels forth and what back, judged for each field against its own side's base."""
    wires = {wire: name for wire, name in desired.names.items() if name in route.back}
    unseen = _Unseen(route, item, given)
    gone_on = {w for w, name in wires.items() if unseen.has_gone_on(name, w, desired, base, target)}
    judged = unseen.known(wires, desired, base, target, gone_on)
    crossing = cross(desired, judged, target, wires, route.winner, gone_on)
    write = plan_update(without(desired, crossing.held), judged, target)
    back, changes = _back(route, item, wires, crossing, target, given)
    write = replace(write, changes={**write.changes, **changes})
    forth = why_updated(desired, base) if write.fields else ""
    reason = _reason(forth, crossing, wires, bool(back))
    left = [wires[w] for w in crossing.back if route.back[wires[w]].field not in back]
    if left:
        told = f"{', '.join(left)} was emptied at the target: it is not taken back"
        reason = "; ".join(part for part in (reason, told) if part)
    if not write.fields and not back:
        if _is_known(write, base, target):
            return Done("unchanged", "nothing to write differs")
        same_now = reason or "both sides say the same"
        return ToWrite("unchanged", same_now, step.target_id, write)
    return ToWrite("update", reason, step.target_id, write, back=back)


class _Unseen:
    """Writes to the source's record that nobody answered: what they left there is not the source's
    own change. By the field of that record, what was sent last."""

    def __init__(self, route: Route, item: Item, given: Given) -> None:
        self._route = route
        self._item = item
        self._given = given
        account = item.link.account if item.link is not None else ""
        back = [intent.fields for intent in item.intents if intent.account != account]
        self._sent = {name: value for fields in back for name, value in fields.items()}

    def has_gone_on(
        self, name: str, wire: str, desired: Desired, base: Base, target: TargetRecord
    ) -> bool:
        """Whether it was applied, and the target holds something else by now."""
        return self._was_applied(name, wire, desired, base) and not self._is_as_sent(name, target)

    def known(
        self, wires: Mapping[str, str], desired: Desired, base: Base, target: TargetRecord,
        gone_on: Collection[str],
    ) -> Base:  # fmt: skip
        """The base with what such a write left at the source as if it had been answered."""
        wrote, returned = dict(base.wrote), dict(base.returned)
        for wire, name in wires.items():
            if wire in gone_on:
                wrote[wire] = desired.fields[wire]
            elif self._was_applied(name, wire, desired, base) and comes_of(
                self._sent[self._route.back[name].field], desired.fields[wire]
            ):
                wrote[wire], returned[wire] = desired.fields[wire], target.fields.get(wire)
        return replace(base, wrote=wrote, returned=returned)

    def _was_applied(self, name: str, wire: str, desired: Desired, base: Base) -> bool:
        return (
            self._route.back[name].field in self._sent
            and wire in desired.fields
            and wire in base.wrote
            and not same(desired.fields[wire], base.wrote[wire])
        )

    def _is_as_sent(self, name: str, target: TargetRecord) -> bool:
        rule = self._route.back[name]
        value = rule.making(target.fields, self._item.record, self._given)
        return not isinstance(value, Leave) and same(value, self._sent[rule.field])


def _back(
    route: Route,
    item: Item,
    wires: dict[str, str],
    crossing: Crossing,
    target: TargetRecord,
    given: Given,
) -> tuple[Values, dict[str, dict[str, Value]]]:
    fields: Values = {}
    changes: dict[str, dict[str, Value]] = {}
    for wire in crossing.back:
        rule = route.back[wires[wire]]
        value = rule.making(target.fields, item.record, given)
        if not isinstance(value, Leave):
            fields[rule.field] = value
            changes[f"back: {rule.field}"] = {"before": None, "after": value}
    return fields, changes


def _reason(forth: str, crossing: Crossing, wires: dict[str, str], is_back: bool) -> str:
    told = [forth] if forth else []
    if is_back:
        told.append("it was changed at the target, and that goes back")
    if crossing.overruled:
        names = ", ".join(wires[wire] for wire in crossing.overruled)
        winner = "target" if set(crossing.overruled) <= set(crossing.back) else "source"
        told.append(f"both sides changed {names}: the {winner}'s value stays")
    return "; ".join(told)


def _is_known(write: Write, base: Base, target: TargetRecord) -> bool:
    """Whether the bases say already what stands on both sides."""
    return write.base.wrote == base.wrote and all(
        same(target.fields.get(wire), value) for wire, value in base.returned.items()
    )


async def send_back(
    res: Resources, opened: OpenFlow, route: Route, item: Item, step: ToWrite,
    intent: intents.Intent, errand: Errand,
) -> ToWrite:  # fmt: skip
    """Write to the source's record; the step with the bases that hold afterwards.

    Raises whatever the write raises; an unknown outcome leaves the intent open.
    """
    if route.back_to is None:
        raise TypeError(f"route {route.name} does not say where its fields go back to")
    side = opened.reading(route)
    await res.store.write(lambda c: intents.put(c, [intent]))
    await side.target.update(route.back_to, item.key, step.back, errand)
    records = await side.source.read(route.reads, [item.key], errand)
    record = records.get(item.key)
    if record is None:
        return step
    item.record = record
    written = {n: id for n, id in item.parents.items() if route.after[n].is_written}
    key = opened.key_of(route, item.key)
    named = map_record(route, record, opened.given(res.clock.now()), key, written)
    now = resolve(route, named, opened.fields_of(route), opened.codes).fields
    return bases_after(route, item, step, now)


def bases_after(route: Route, item: Item, step: ToWrite, now: Values) -> ToWrite:
    """The step once its values stand at the source: `now` is what is made of its record since."""
    returned = {route.back[name].field for name in route.back} & set(step.back)
    wires = [w for w, n in (item.desired.names if item.desired else {}).items() if n in route.back]
    sent = {w: now[w] for w in wires if w in now and _went(route, item, w, returned)}
    base = replace(step.write.base, wrote={**step.write.base.wrote, **sent})
    return replace(step, write=replace(step.write, base=base))


def _went(route: Route, item: Item, wire: str, returned: set[str]) -> bool:
    """Whether this field was among those that travelled back."""
    name = item.desired.names[wire] if item.desired else ""
    return name in route.back and route.back[name].field in returned
