"""Deciding what to do with each item: from the record as read to a step. Reads the store, no
vendor.

The order of the questions is the road of a record: is it there, is it ours to keep, do its parents
stand, can it be mapped, which target record is it, and does anything differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ml_connector.core.crossing import without
from ml_connector.core.faults import Refused
from ml_connector.core.flow import Given, Parent, Route, value_at
from ml_connector.core.mapping import Desired, map_record, resolve
from ml_connector.core.match import Match
from ml_connector.core.objects import SourceObject
from ml_connector.core.plan import Base, is_unchanged, plan_create
from ml_connector.core.values import likeness, same
from ml_connector.engine.distinct import keep_distinct
from ml_connector.engine.item import (
    Done,
    Item,
    ToAlias,
    ToPostpone,
    ToReview,
    ToUpdate,
    ToWait,
    ToWrite,
)
from ml_connector.engine.matching import match_items
from ml_connector.engine.opened import OpenFlow
from ml_connector.engine.retrying import RETRY_LONGEST, postponed, retry_at
from ml_connector.engine.sharing import has_parted, shared_by
from ml_connector.store import cursors, intents, links, reviews
from ml_connector.store.database import Connection
from ml_connector.store.intents import Claim, Intent
from ml_connector.store.links import Link
from ml_connector.store.pending import Taken

CLAIM_RETRY = timedelta(seconds=1)
DEATHS_ALLOWED = 3
OUTSIDE = Done("unchanged", "it is outside the flow's scope", counts=False)
NOT_OURS = Done("unchanged", "no record of this flow belongs to it", counts=False)
SET_ASIDE = "Working on this record ended the program three times; it was set aside."


def load(conn: Connection, flow: str, route: str, taken: Sequence[Taken]) -> list[Item]:
    """The items with what the store knows of them."""
    keys = [t.key for t in taken]
    linked = links.of_keys(conn, flow, route, keys)
    reviewed = reviews.of_keys(conn, flow, route, keys)
    meant = intents.of_keys(conn, flow, route, keys)
    facts = cursors.facts_of(conn, flow, route, keys)
    return [
        Item(
            t,
            link=linked.get(t.key),
            review=reviewed.get(t.key),
            intents=meant.get(t.key, []),
            source_fact=facts.get((t.key, "source")),
            target_fact=facts.get((t.key, "target")),
        )
        for t in taken
    ]


def judge_unsettled(item: Item, now: datetime) -> None:
    """Whoever asks for it: what nobody answered is looked at once it is over, and not before."""
    until = max((intent.settle_until or now for intent in item.intents), default=now)
    if until > now and item.step is None:
        reason = "a write that nobody answered may still land; it is looked at after that"
        item.step = ToPostpone(until, "settle", reason, "waiting")


def judge_deaths(item: Item) -> None:
    """What ended the program is not touched again, not even to be read, before a person says so."""
    if item.step is not None:
        return
    review = item.review
    was_set_aside = review is not None and review.state == "open" and review.reason == SET_ASIDE
    is_asked_for = item.taken.cause in ("person", "replay")
    if item.taken.deaths >= DEATHS_ALLOWED or (was_set_aside and not is_asked_for):
        item.step = ToReview("refused", SET_ASIDE)


def judge_source(item: Item, now: datetime) -> None:
    """What can be said before the record is looked into."""
    if item.step is not None:
        return
    if item.review is not None and item.review.state == "ignored":
        item.step = Done("unchanged", "a person said to leave this record alone")
    elif item.fault is not None:
        item.step = postponed(item.fault, item, now)
    elif item.record is not None and item.record.version() < _at_least(item):
        reason = "The source shows an older version than it did before."
        again = retry_at(now, item.taken.attempts)
        item.step = ToPostpone(again, "retry", reason, "waiting")


def looked_for_again(obj: SourceObject, item: Item, now: datetime) -> ToPostpone:
    """A listing showed it, and a read that lags behind does not find it."""
    reason = f"A listing showed the {obj.label}, and a read does not find it."
    return ToPostpone(retry_at(now, item.taken.attempts), "retry", reason, "waiting")


def _at_least(item: Item) -> str:
    """The version that a hint, a listing or our own last write speaks of."""
    return max(item.taken.at_least, item.link.source_version if item.link else "")


def judge_scope(route: Route, item: Item, given: Given) -> None:
    """Whether the record is ours to keep."""
    record = item.record
    if item.step is not None or record is None:
        return
    if has_parted(route, item, given):
        item.link, item.parted = None, True
    if item.link is not None and item.link.is_alias:
        item.step = Done("unchanged", "it shares its target record with another source record")
    elif route.scope is not None and not route.scope(record, given):
        reason = "it left the scope of the flow and is no longer updated"
        item.step = Done("unchanged", reason) if item.link else OUTSIDE
    elif item.link is None and not (
        item.taken.asked or item.parted or _enters(route, record, given)
    ):
        item.step = OUTSIDE


def _enters(route: Route, record: object, given: Given) -> bool:
    return route.enters is None or route.enters(record, given)


def judge_parents(conn: Connection, opened: OpenFlow, route: Route, items: Sequence[Item]) -> None:
    """Every parent's link must stand; the child of one that does not waits for it."""
    working = {r.name for r in opened.routes}
    for name, parent in route.after.items():
        if parent.route not in working:
            continue
        open_items = [i for i in items if i.step is None and i.record is not None]
        told = {i.key: value_at(i.record, parent.path) for i in open_items if i.record is not None}
        keys = {key: str(value) for key, value in told.items() if value not in (None, "")}
        ids = _parent_ids(conn, opened, parent, sorted(set(keys.values())))
        for item in open_items:
            if item.key not in keys:
                continue  # it has no such parent
            id = ids.get(keys[item.key])
            if id is not None:
                item.parents[name] = id
            elif parent.reverse:
                item.step = NOT_OURS
            else:
                label = opened.flow.route(parent.route).reads.label
                why = f"its {label} is not at the target yet"
                item.step = ToWait(parent.route, keys[item.key], why)


def _parent_ids(
    conn: Connection, opened: OpenFlow, parent: Parent, keys: Sequence[str]
) -> dict[str, str]:
    """What stands for each parent's key: its target id, or on the way back its source key."""
    flow = opened.row.id
    if parent.reverse:
        origin = opened.flow.route(parent.route)
        account = opened.writing(origin).account
        found = links.of_targets(conn, account, origin.writes.name, keys)
        return {
            x.target_id: x.source_key
            for x in found
            if (x.flow, x.route) == (flow, origin.name) and not x.is_alias
        }
    known = links.of_keys(conn, flow, parent.route, keys)
    return {key: link.target_id for key, link in known.items() if link.state != "target_gone"}


def judge_map(opened: OpenFlow, route: Route, item: Item, given: Given) -> None:
    """What the target should hold, or the refusal that names the field."""
    record = item.record
    if item.step is not None or record is None:
        return
    key = opened.key_of(route, item.key)
    item.report = (route.reports(record, given) or "") if route.reports else ""
    written = {n: id for n, id in item.parents.items() if route.after[n].is_written}
    try:
        item.named = map_record(route, record, given, key, written)
        item.desired = resolve(route, item.named, opened.fields_of(route), opened.codes)
    except Refused as fault:
        item.step = ToReview("refused", fault.sentence)


def judge_linked(route: Route, item: Item, given: Given) -> None:
    """A linked record is unchanged, or is to be updated."""
    link, desired = item.link, item.desired
    if item.step is not None or link is None or desired is None:
        return
    if item.choice in ("create", "link") or _has_moved(route, item, link):
        item.link = None
        return
    if link.state == "target_gone":
        reason = "Its record at the target is gone: create it again, link another, or ignore it."
        item.step = ToReview("review", reason)
        return
    base = base_of(item)
    if route.once is not None and route.once(given.settings) and not item.intents:
        moving = without(desired, [w for w, n in desired.names.items() if n not in route.moves])
        if is_unchanged(moving, base):
            item.step = Done("unchanged", with_notes(_once(desired, base), item))
            return
        item.desired = moving
    looks = item.taken.look or bool(item.intents)
    if not looks and link.state == "ok" and is_unchanged(desired, base):
        item.step = Done("unchanged", with_notes("nothing to write differs", item))
    else:
        item.step = ToUpdate(link.target_id)


def _has_moved(route: Route, item: Item, link: Link) -> bool:
    """Whether the record that it writes into, its parent's own, is another one by now."""
    return item.parents.get(route.host, link.target_id) != link.target_id


def _once(desired: Desired, base: Base) -> str:
    """A record that is written once: what is different at the source by now is only told."""
    differs = [
        desired.names[wire]
        for wire, value in desired.fields.items()
        if wire in base.wrote and not same(value, base.wrote[wire])
    ]
    told = f"; it differs by now: {', '.join(differs)}" if differs else ""
    return f"it was handed over, which happens once{told}"


def base_of(item: Item) -> Base:
    """What we know to stand at the target; fields of a write nobody answered count as unknown."""
    return known_base(item.link, item.intents) if item.link is not None else Base({}, {})


def known_base(link: Link, meant: Sequence[Intent]) -> Base:
    """What of a link's base can be relied on while these writes to its records are open."""
    forth = [intent for intent in meant if intent.account == link.account]
    unknown = {wire for intent in forth for wire in intent.fields}
    wrote = {w: v for w, v in link.wrote.items() if w not in unknown}
    returned = {w: v for w, v in link.returned.items() if w not in unknown or w in wrote}
    return Base(wrote, returned, link.owns_standard)


def judge_match(
    conn: Connection, opened: OpenFlow, route: Route, items: Sequence[Item], now: datetime
) -> None:
    """Which target record each unlinked item is: adopt, alias, create, or ask a person."""
    given = opened.given(now)
    unlinked = [i for i in items if i.step is None and i.link is None and i.desired is not None]
    decisions = match_items(conn, opened, route, unlinked, given)
    held = _held(conn, opened, route, unlinked)
    chosen = [_chosen(item, match, held) for item, match in zip(unlinked, decisions, strict=True)]
    contested = set() if route.host else _contested(chosen)  # parents that are one have one roll-up
    wanted = [
        _wanted(route, item, match, given) for item, match in zip(unlinked, chosen, strict=True)
    ]
    claimed = _Claimed(conn, opened, route, [pair for pairs in wanted for pair in pairs])
    new = [i for i, m in zip(unlinked, chosen, strict=True) if m.outcome == "none"]
    keep_distinct(conn, opened, route, new, given)
    for item, match, pairs in zip(unlinked, chosen, wanted, strict=True):
        item.is_looked_for = True
        if match.target_id in contested and match.outcome == "found":
            reason = "Several records of the source look like this one record of the target."
            candidate = {"id": match.target_id, "name": match.name, "why": match.by}
            item.step = ToReview("review", reason, (candidate,))
        else:
            _decide(item, match, claimed, pairs, now)
            if isinstance(item.step, ToAlias) and not item.choice:
                item.step = replace(item.step, alike=shared_by(route, item, given))


def _picked(item: Item) -> str:
    """The target record that a person chose in a review; empty where nobody did."""
    decision = item.review.decision if item.review and item.choice == "link" else None
    return str(decision["target_id"]) if decision else ""


def _held(conn: Connection, opened: OpenFlow, route: Route, items: Sequence[Item]) -> set[str]:
    """Which of the records that people chose stand for another source record of the route."""
    picked = sorted({_picked(item) for item in items} - {""})
    found = links.of_targets(conn, opened.writing(route).account, route.writes.name, picked)
    mine, keys = (opened.row.id, route.name), {item.key for item in items if _picked(item)}
    return {
        x.target_id
        for x in found
        if (x.flow, x.route) == mine and not x.is_alias and x.source_key not in keys
    }


def _chosen(item: Item, match: Match, held: set[str]) -> Match:
    """A person's choice goes before likeness, and is checked again when it is applied."""
    picked = _picked(item)
    if not picked:
        return match
    return Match("alias" if picked in held else "found", picked, "a person chose it")


def _contested(chosen: Sequence[Match]) -> set[str]:
    ids = [m.target_id for m in chosen if m.outcome == "found"]
    return {each for each in ids if ids.count(each) > 1}


class _Claimed:
    """Claims that others hold, and those that this batch adds."""

    def __init__(
        self,
        conn: Connection,
        opened: OpenFlow,
        route: Route,
        wanted: Sequence[tuple[str, str]],
    ) -> None:
        self._opened = opened
        self._route = route
        self._account = opened.writing(route).account
        self._held = intents.held(conn, self._account, route.writes.name, wanted)
        self._ours: set[tuple[str, str]] = set()

    def take(self, item: Item, wanted: Sequence[tuple[str, str]]) -> tuple[Claim, ...] | None:
        """The claims, or None where one is taken by somebody else."""
        account, obj = self._account, self._route.writes.name
        holder = (self._opened.row.id, self._route.name, item.key)
        if any(self._held.get(pair, holder) != holder or pair in self._ours for pair in wanted):
            return None
        self._ours.update(wanted)
        return tuple(Claim(account, obj, kind, value, *holder) for kind, value in wanted)


def _wanted(route: Route, item: Item, match: Match, given: Given) -> list[tuple[str, str]]:
    """What the item claims: the record that was found, or what a create of it would be alike by,
    so that a twin waits for its outcome."""
    if match.outcome == "found":
        return [("id", match.target_id)]
    rules = [r for r in route.match if r.how in ("alike", "shared") and r.telling]
    told = [pair for rule in rules if rule.telling for pair in rule.telling(item.record, given)]
    if route.distinct is not None:
        value = likeness(str(item.named.get(route.distinct.field) or ""))
        told.append((route.distinct.like, value))
    return list(dict.fromkeys(told))


def _decide(
    item: Item, match: Match, claimed: _Claimed, wanted: list[tuple[str, str]], now: datetime
) -> None:
    if match.outcome == "several":
        candidates = tuple(
            {"id": c.target_id, "name": c.name, "why": c.why} for c in match.candidates
        )
        item.step = ToReview(
            "review", f"It is not clear which record it is: {match.by}.", candidates
        )
        return
    if match.outcome == "spared":
        item.step = Done("unchanged", f"{match.by}: it is left alone")
        return
    if match.outcome == "alias":
        item.step = ToAlias(match.target_id, f"{match.by}: one record stands for both")
        return
    claims = claimed.take(item, wanted)
    if claims is None:
        reason = "Another record that looks like it is being written; it is matched again after it."
        wait = min(CLAIM_RETRY * float(2 ** min(item.taken.attempts - 1, 10)), RETRY_LONGEST)
        item.step = ToPostpone(now + wait, "order", reason, "waiting")
    elif match.outcome == "found":
        item.step = ToUpdate(match.target_id, adopts=True, claims=claims)
    elif item.desired is not None:
        reason = with_notes("new at the source, and nothing like it at the target", item)
        item.step = ToWrite("create", reason, "", plan_create(item.desired), claims=claims)


def with_notes(reason: str, item: Item) -> str:
    """The reason, with what the map has to report about the record."""
    notes = [item.report, *(item.desired.notes if item.desired else ())]
    return "; ".join([reason, *(note for note in notes if note)])
