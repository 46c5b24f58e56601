"""The named steps at which a server is killed: every commit of the design's sections 3 and 4 from
both sides, and every write to a vendor before it is sent, before its answer is read, and after.

A commit has two names, `N: before its commit` and `N: committed`; a request has three, `N: not
sent`, `N: sent` (and no answer read) and `N: answered` (and nothing remembered).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

WAVE_PIPEDRIVE = "wave-pipedrive"
FRESHBOOKS_PIPEDRIVE = "freshbooks-pipedrive"
ACUMATICA_PIPEDRIVE = "acumatica-pipedrive"
WAVE_ZENDESK = "wave-zendesk"
QUICKBOOKS_PIPEDRIVE = "quickbooks-pipedrive"
KINDS = (
    WAVE_PIPEDRIVE,
    FRESHBOOKS_PIPEDRIVE,
    ACUMATICA_PIPEDRIVE,
    WAVE_ZENDESK,
    QUICKBOOKS_PIPEDRIVE,
)
BEFORE, COMMITTED = "before its commit", "committed"
NOT_SENT, SENT, ANSWERED = "not sent", "sent", "answered"


@dataclass(frozen=True)
class Step:
    """`kinds` are the flows that come by it. `first`: it belongs to a first sync. `polled`: only
    where the source is polled often. It is passed up to `most` times in a round for sure."""

    name: str
    kinds: tuple[str, ...] = KINDS
    first: bool = False
    polled: bool = False
    most: int = 1

    @property
    def noun(self) -> str:
        """What is committed or sent."""
        return self.name.partition(": ")[0]


def _commit(noun: str, kinds: tuple[str, ...] = KINDS, **more: bool | int) -> Iterator[Step]:
    for side in (BEFORE, COMMITTED):
        yield Step(f"{noun}: {side}", kinds, **more)  # type: ignore[arg-type]  # named as the fields


def _request(noun: str, kinds: tuple[str, ...] = KINDS, **more: bool | int) -> Iterator[Step]:
    for side in (NOT_SENT, SENT, ANSWERED):
        yield Step(f"{noun}: {side}", kinds, **more)  # type: ignore[arg-type]  # named as the fields


FEEDING = (FRESHBOOKS_PIPEDRIVE, ACUMATICA_PIPEDRIVE, WAVE_ZENDESK, QUICKBOOKS_PIPEDRIVE)
"""Kinds in which records speak for others."""
SUBSCRIBING = tuple(kind for kind in KINDS if kind != WAVE_ZENDESK)
"""Kinds with a vendor at which we make subscriptions ourselves."""

STEPS = (
    # 3.1 ingest: inbox row and pending changes; the answer; a poll's cursor and pending changes
    *_commit("delivery", most=3),
    Step("delivery: answered", most=3),
    *_commit("poll", polled=True),
    # 3.3 take: attempts are counted
    *_commit("take", most=2),
    # 3.5 match: the mirror
    *_commit("listing"),
    # 4: intents, the write, its outcome; a write that got no answer
    *_commit("intents", most=2),
    *_request("write", most=3),
    *_commit("outcome", most=3),
    *_commit("unknown outcome"),
    # 3.8 what is not written: unchanged, waiting, put off
    *_commit("settled", most=2),
    *_commit("feed", FEEDING),
    # 5: every start is a take-over; commands are handed over
    *_commit("take-over"),
    *_commit("command taken"),
    *_commit("command ended"),
    # 7: a token is stored before it is used
    *_request("token"),
    *_commit("token"),
    # 6: a key is in the ring before it seals
    Step("key ring: before it is saved"),
    Step("key ring: saved"),
    *_commit("key check"),
    *_commit("seal"),
    *_commit("key forgotten"),
    # a first sync, in this order: what is pending is known, set-up, subscriptions, the records
    *_commit("filled", first=True),
    *_commit("set-up intent", first=True, most=4),
    *_request("set-up", first=True, most=4),
    *_commit("set-up", first=True, most=4),
    *_request("subscription", SUBSCRIBING, first=True),
    *_commit("subscription", SUBSCRIBING, first=True),
    # a vendor that has each subscription confirmed
    *_commit("handshake", (FRESHBOOKS_PIPEDRIVE,), first=True),
    *_request("code", (FRESHBOOKS_PIPEDRIVE,), first=True),
    *_commit("code", (FRESHBOOKS_PIPEDRIVE,), first=True),
    # many records with one job
    *_request("bulk write", (WAVE_ZENDESK,)),
    # two-way fields: the write back to the source's record
    *_commit("intent back", (ACUMATICA_PIPEDRIVE,)),
    *_request("write back", (ACUMATICA_PIPEDRIVE,)),
    *_commit("outcome back", (ACUMATICA_PIPEDRIVE,)),
)
BY_NAME = {step.name: step for step in STEPS}
