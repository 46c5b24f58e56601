"""Matching on the mirror: which target records a batch of unlinked source records may be.

The rules are the flow's and the decision is pure (`core.match`); here the mirror is asked for all
items of a batch at once, and claims keep two sources from one record.
"""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.core.flow import Given, MatchRule, Route
from ml_connector.core.match import Candidate, Match, decide
from ml_connector.engine.item import Item
from ml_connector.engine.opened import OpenFlow
from ml_connector.store import links, mirrors
from ml_connector.store.database import Connection

Pair = tuple[str, str]
Hit = tuple[str, str]
Looked = dict[str, dict[Pair, list[Hit]]]
"""Object name → (kind, value) → (target id, parent)."""


def match_items(
    conn: Connection, opened: OpenFlow, route: Route, items: Sequence[Item], given: Given
) -> list[Match]:
    """The decision for each item. Reads only."""
    wanted = [[_marks(opened, route, rule, item, given) for rule in route.match] for item in items]
    looked = _look(conn, opened, route, [pair for of in wanted for marks in of for pair in marks])
    hosts = [i.parents[route.host] for i in items if route.host in i.parents]
    holders = _Holders(conn, opened, route, looked, hosts)
    decisions = []
    for item, marks_by_rule in zip(items, wanted, strict=True):
        hits = [
            _candidates(route, rule, marks, looked, holders, item)
            for rule, marks in zip(route.match, marks_by_rule, strict=True)
        ]
        key = opened.key_of(route, item.key)
        decisions.append(decide(route.match, hits, key, route.writes.shared))
    return decisions


def _marks(opened: OpenFlow, route: Route, rule: MatchRule, item: Item, given: Given) -> list[Pair]:
    if rule.how == "keyed":
        code = opened.key_code(route)
        return [(f"key:{code}", opened.key_of(route, item.key))] if code else []
    if rule.telling is None or (item.choice == "create" and rule.how != "spared"):
        return []
    told = rule.telling(item.record, given)
    if not rule.needs:
        return told
    parent = item.parents.get(rule.needs)
    return [(kind, f"{parent}:{value}") for kind, value in told] if parent else []


def _look(conn: Connection, opened: OpenFlow, route: Route, pairs: Sequence[Pair]) -> Looked:
    wanted = sorted(set(pairs))
    return {
        name: mirrors.find(conn, opened.writing(route).account, name, wanted)
        for name in (route.writes.name, *route.writes.likeness_of)
    }


def heir_of(conn: Connection, opened: OpenFlow, route: Route, key: str, gone: str) -> str:
    """The one other record that carries our key, as after a merge that no event told; else empty.

    As the mirror shows it; nothing is asked of the target.
    """
    code, pair_key = opened.key_code(route), opened.key_of(route, key)
    if code is None:
        return ""
    pair = (f"key:{code}", pair_key)
    found = mirrors.find(conn, opened.writing(route).account, route.writes.name, [pair])[pair]
    others = [target_id for target_id, _ in found if target_id != gone]
    return others[0] if len(others) == 1 else ""


class _Holders:
    """Which external keys the found records hold, and which source keys are linked to them."""

    def __init__(
        self, conn: Connection, opened: OpenFlow, route: Route, looked: Looked, hosts: Sequence[str]
    ) -> None:
        own = route.writes.name
        ids = {*hosts, *(target for hits in looked[own].values() for target, _ in hits)}
        for name in route.writes.likeness_of:
            ids |= {parent for hits in looked[name].values() for _, parent in hits if parent}
        ordered = sorted(ids)
        self._own_kind = f"key:{opened.key_code(route)}"
        self._names = mirrors.names_of(conn, opened.writing(route).account, own, ordered)
        self._keys = mirrors.keys_on(conn, opened.writing(route).account, own, ordered)
        self._linked = {
            link.target_id: opened.key_of(route, link.source_key)
            for link in links.of_targets(conn, opened.writing(route).account, own, ordered)
            if (link.flow, link.route) == (opened.row.id, route.name) and not link.is_alias
        }

    def is_there(self, target_id: str) -> bool:
        """Whether the mirror holds it; a record may still point to a parent that was deleted."""
        return target_id in self._names

    def candidate(self, target_id: str, why: str) -> Candidate:
        keys = self._keys.get(target_id, [])
        own = next((value for kind, value in keys if kind == self._own_kind), "")
        own = own or self._linked.get(target_id, "")
        any_key = own or (keys[0][1] if keys else "")
        return Candidate(target_id, why, own, any_key, self._names.get(target_id, ""))


def _candidates(
    route: Route, rule: MatchRule, marks: Sequence[Pair], looked: Looked, holders: _Holders,
    item: Item,
) -> list[Candidate]:  # fmt: skip
    if rule.how == "itself":
        parent = item.parents.get(rule.needs)
        return [holders.candidate(parent, "the record of its parent")] if parent else []
    found: list[Candidate] = []
    for pair in marks:
        why = "our key" if rule.how == "keyed" else f"same {pair[0]}"
        found += [holders.candidate(t, why) for t, _ in looked[route.writes.name].get(pair, [])]
        if rule.how == "keyed":
            continue
        for name in route.writes.likeness_of:
            parents = [p for _, p in looked[name].get(pair, []) if holders.is_there(p)]
            found += [holders.candidate(parent, why) for parent in parents]
    return found
