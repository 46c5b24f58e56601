"""Matching decides which target record a source record is, from what the mirror found. Pure.

The order is link, external key, likeness. None found means create; exactly one means claim it;
several, or several sources that claim one, wait for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ml_connector.core.flow import MatchRule


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target record that a rule found.

    `own_key` is what this route's own key field on it holds; `any_key` is any external key on it.
    `why` is what a person reads in the review.
    """

    target_id: str
    why: str
    own_key: str = ""
    any_key: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The decision: `found`, `alias` and `spared` name a record, `several` holds the candidates."""

    outcome: Literal["found", "alias", "spared", "none", "several"]
    target_id: str = ""
    by: str = ""
    candidates: tuple[Candidate, ...] = ()
    name: str = ""


NONE = Match("none")


def decide(
    rules: Sequence[MatchRule],
    hits: Sequence[Sequence[Candidate]],
    key: str,
    shared: bool,
) -> Match:
    """`hits[i]` is what `rules[i]` found. `shared`: several flows may keep one target record.

    A shared record (customer, person) is no candidate when this route's own field on it holds
    another key; a document (deal, activity, order) is none when it carries any other key.
    """
    for rule, found in zip(rules, hits, strict=True):
        if rule.how == "keyed":
            decision = _by_key(found)
        elif rule.how == "itself":
            decision = _of_parent(found, key)
        elif rule.how == "spared":
            decision = _spared(found)
        elif rule.how in ("alike", "shared", "reference", "suggested"):
            decision = _by_likeness(rule, found, key, shared)
        else:
            continue
        if decision.outcome != "none":
            return decision
    return NONE


def _by_key(found: Sequence[Candidate]) -> Match:
    distinct = _distinct(found)
    if not distinct:
        return NONE
    if len(distinct) == 1:
        return Match("found", distinct[0].target_id, "our key on it")
    return Match("several", by="our key stands on more than one record", candidates=distinct)


def _of_parent(found: Sequence[Candidate], key: str) -> Match:
    """The parent's own record; two parents that are one record there have one roll-up."""
    for candidate in found:
        taken = candidate.own_key not in ("", key)
        return Match("alias" if taken else "found", candidate.target_id, candidate.why)
    return Match("spared", by="the record that it writes into is not there")


def _spared(found: Sequence[Candidate]) -> Match:
    return Match("spared", found[0].target_id, found[0].why) if found else NONE


def _by_likeness(rule: MatchRule, found: Sequence[Candidate], key: str, shared: bool) -> Match:
    if rule.how == "shared":
        taken = [c for c in _distinct(found) if c.own_key not in ("", key)]
        if len(taken) == 1:
            return Match("alias", taken[0].target_id, taken[0].why)
    free = _distinct([c for c in found if _is_free(c, key, shared)])
    if not free:
        return NONE
    if rule.how == "suggested":
        return Match("several", by="it looks alike", candidates=free)
    if len(free) == 1:
        return Match("found", free[0].target_id, free[0].why, name=free[0].name)
    return Match("several", by="more than one record is alike", candidates=free)


def _is_free(candidate: Candidate, key: str, shared: bool) -> bool:
    held = candidate.own_key if shared else candidate.any_key
    return held in ("", key)


def _distinct(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    by_id: dict[str, Candidate] = {}
    for candidate in found:
        known = by_id.get(candidate.target_id)
        if known is None:
            by_id[candidate.target_id] = candidate
        elif candidate.why not in known.why:
            by_id[candidate.target_id] = replace(known, why=f"{known.why}, {candidate.why}")
    return tuple(by_id[target_id] for target_id in sorted(by_id))
