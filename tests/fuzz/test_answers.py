"""Answers of every vendor, spoilt in every way: a client reads values or tells a fault, no more.

The client is the real one over the real wire, and what it asks is answered by the sandbox; the
spoils of `spoiling` come in between. A fault that is none of `core.faults` would stop a whole round
of the lane, and a value of another shape would be stored.
"""

from __future__ import annotations

import asyncio
import math
import re
import resource
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from ml_connector.core.faults import LONGEST_SENTENCE, Bug, Fault, UnknownOutcome, Waiting
from ml_connector.core.objects import (
    Identity,
    Page,
    SourceModel,
    SourceObject,
    SourcePage,
    TargetObject,
    TargetRecord,
)
from ml_connector.core.values import Values
from ml_connector.core.vendor import Subscription, Vendor
from ml_connector.core.wire import Errand
from ml_connector.engine.resources import Resources
from ml_connector.flows import FLOWS
from ml_connector.store.tables import allowances
from ml_connector.vendors import VENDORS
from tests.contract.making import Maker, maker
from tests.contract.stand import Stand
from tests.fuzz.spoiling import Echo, Spoil, Spoiling, Status, Whole, spoils
from tests.support.searching import searching

LONGEST_WAIT_SECONDS = 40 * 86_400
"""The longest that any vendor makes us wait is a month."""

_SURROGATE = re.compile("[\ud800-\udfff]")

Operation = Callable[["Spoilt"], Coroutine[Any, Any, Any]]


@dataclass
class Spoilt(Stand):
    """A stand between whose client and sandbox answers are spoilt; those of token calls only where
    a test says so."""

    customers: int = 3
    invoices: int = 4
    checked: bool = False
    spoiling: Spoiling = field(init=False)
    makers: dict[str, Maker] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    token_url: str = ""
    learns: bool = True

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        ready = await self.ready()
        told = ready["credentials"]
        hidden = ("client_secret", "refresh_token", "api_token", "full_access_token", "password")
        self.secrets = tuple(told[name] for name in hidden if told.get(name))
        self.token_url = ready["token_url"]
        if self.learns:
            await self.learn()
        return self

    async def learn(self) -> None:
        """What the operations need: keys that are there, and what a new record takes."""
        for obj in self.vendor.sources:
            there = await self.run(self.client.all_keys(obj, Errand())) if obj.is_listed else set()
            self.keys[obj.name] = sorted(there)[: min(3, obj.read_batch)] or ["1"]
        known = await self.set_up()
        for target in self.vendor.targets:
            if target.name not in {r.writes.name for f in FLOWS for r in f.routes}:
                continue
            self.makers[target.name] = made = await maker(self, target, known)
            self.keys[f">{target.name}"] = [r.id for r in made.known][:3] or ["1"]

    def wired(self) -> Resources:
        res = super().wired()
        self.spoiling = Spoiling(res.transport, self.token_url)
        return replace(res, transport=self.spoiling)

    async def fresh(self) -> None:
        """A new process with nothing spent: what one example taught it is forgotten."""
        await self.clock.advance(61)
        await self.store.write(lambda c: c.execute(delete(allowances)))
        await self.restart()
        for made in self.makers.values():
            self.client.know_setup(made.items)


def operations(vendor: Vendor) -> dict[str, Operation]:
    """Everything that the engine asks of the vendor's client, by name."""
    found: dict[str, Operation] = {"identify": lambda s: s.client.identify(Errand())}
    for source in vendor.sources:
        found |= _reading(source)
    for target in vendor.targets:
        if target.name in {r.writes.name for f in FLOWS for r in f.routes}:
            found |= _writing(target)
    items = [i for f in FLOWS if f.target == vendor.name for i in f.setup(_defaults(f))]
    if items:
        found["find set-up"] = lambda s: s.client.find_setup(items, Errand())
        found["create set-up"] = lambda s: s.client.create_setup(items[0], "1", Errand())
    if vendor.events:
        event, secrets = vendor.events[0], {"webhook_user": "u", "webhook_password": "p-assword"}
        found["subscriptions"] = lambda s: s.client.subscriptions(Errand())
        found["subscribe"] = lambda s: s.client.subscribe(
            event, "https://x.example/h", secrets, Errand()
        )
        found["unsubscribe"] = lambda s: s.client.unsubscribe("1", Errand())
    return found


def _reading(obj: SourceObject) -> dict[str, Operation]:
    name = obj.name
    found: dict[str, Operation] = {}
    if obj.is_listed:
        found[f"changes {name}"] = lambda s: s.client.changes(obj, {}, Errand())
        found[f"open {name}"] = lambda s: s.client.open_keys(obj, Errand())
        found[f"keys {name}"] = lambda s: s.client.all_keys(obj, Errand())
    found[f"read {name}"] = lambda s: s.client.read(obj, s.keys[name], Errand())
    return found


def _writing(obj: TargetObject) -> dict[str, Operation]:
    name, of = obj.name, f">{obj.name}"
    renamed: Values = {obj.name_field: "Renamed"}
    return {
        f"page {name}": lambda s: s.client.page(obj, None, Errand()),
        f"changed {name}": lambda s: s.client.changed_page(obj, s.clock.now(), None, Errand()),
        f"look {name}": lambda s: s.client.read(obj, s.keys[of], Errand()),
        f"create {name}": lambda s: s.client.create(obj, s.makers[name].values(), Errand()),
        f"update {name}": lambda s: s.client.update(obj, s.keys[of][0], renamed, Errand()),
    }


def _defaults(flow: Any) -> Mapping[str, Any]:
    return {s.name: s.parse(s.default) for s in flow.settings}


WRITING = ("create", "update", "subscribe", "unsubscribe")


# --- the promise --------------------------------------------------------------------------------


def check_value(value: Any) -> None:
    """Plain JSON that every store and wire takes."""
    assert value is None or isinstance(value, bool | int | float | str | list | dict), value
    if isinstance(value, float):
        assert math.isfinite(value)
    if isinstance(value, int):
        assert abs(value) < 10**400
    if isinstance(value, str):
        assert not _SURROGATE.search(value), "half a character"
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        check_value(list(value))
        check_value(list(value.values()))
    if isinstance(value, list):
        for each in value:
            check_value(each)


def check_id(id: Any) -> None:
    """An id is one: what was null or a tree would be linked as the text of it."""
    assert isinstance(id, str), id
    assert id.strip(), "an id is not blank"
    assert id not in ("None", "True", "False"), id
    assert not id.startswith(("[", "{")), id
    check_value(id)


def check_source(record: SourceModel) -> None:
    check_id(record.key())
    check_value(record.version())
    check_value(record.called())
    assert record.changed_at().tzinfo is not None
    assert not _SURROGATE.search(record.model_dump_json())


def check_target(record: TargetRecord) -> None:
    check_id(record.id)
    assert isinstance(record.updated_at, str)
    assert isinstance(record.deleted, bool)
    check_value(record.fields)
    for each in record.likenesses:
        check_value([each.kind, each.value])
        assert len(each.value) < 20_000
    if record.merged_into is not None:
        check_id(record.merged_into)


def check(told: Any) -> None:
    """What an operation returned is of a shape that the engine may keep."""
    if isinstance(told, Identity):
        check_id(told.account)
        check_value([told.name, told.user, told.detail])
    elif isinstance(told, SourcePage):
        for record in told.records:
            check_source(record)
        check_value(told.cursor)
        assert isinstance(told.more, bool)
        for _, key in told.gone:
            check_id(key)
    elif isinstance(told, Page):
        for each in told.records:
            check_target(each)
        assert told.next_cursor is None or isinstance(told.next_cursor, str)
        check_value(told.next_cursor)
    elif isinstance(told, Subscription):
        check_id(told.id)
        check_value([told.event, told.url, told.detail])
        assert isinstance(told.healthy, bool)
    elif isinstance(told, TargetRecord):
        check_target(told)
    elif isinstance(told, SourceModel):
        check_source(told)
    elif isinstance(told, Mapping):
        for key, value in told.items():
            check_id(key)
            check(value)
    elif isinstance(told, list | set):
        for one in told:
            check_id(one) if isinstance(one, str) else check(one)
    else:
        check_value(told)


def check_fault(fault: Fault, stand: Spoilt) -> None:
    """A sentence for a person, without a secret, and a moment that comes."""
    sentence = str(fault)
    assert 0 < len(sentence) <= LONGEST_SENTENCE
    assert not _SURROGATE.search(sentence), "half a character"
    assert not any(secret in sentence for secret in stand.secrets), "a secret"
    if isinstance(fault, Waiting):
        wait = (fault.until - stand.clock.now()).total_seconds()
        assert wait < LONGEST_WAIT_SECONDS


class Bench:
    """One stand for many examples, in a loop of its own."""

    def __init__(self, vendor: Vendor) -> None:
        self._runner = asyncio.Runner()
        self.stand = Spoilt(vendor=vendor)

    def __enter__(self) -> Bench:
        self._runner.run(self.stand.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.stand.__aexit__(None))
        self._runner.close()

    def ask(self, name: str, spoilt: tuple[Spoil, ...], calls: tuple[int, ...]) -> Any:
        """What comes of the operation: a checked value or a checked fault."""
        return self._runner.run(self._ask(name, spoilt, calls))

    async def _ask(self, name: str, spoilt: tuple[Spoil, ...], calls: tuple[int, ...]) -> Any:
        stand = self.stand
        await stand.fresh()
        stand.spoiling.arm(spoilt, calls)
        try:
            told: Any = await stand.run(operations(stand.vendor)[name](stand))
        except Fault as fault:
            check_fault(fault, stand)
            return fault
        finally:
            stand.spoiling.disarm()
        check(told)
        return told

    def renew(self, spoilt: tuple[Spoil, ...]) -> None:
        """A renewal of the grant, then a call with what came of it."""
        self._runner.run(self._renew(spoilt))

    async def _renew(self, spoilt: tuple[Spoil, ...]) -> None:
        stand = Spoilt(vendor=self.stand.vendor, customers=0, invoices=0, learns=False)
        async with stand:
            stand.spoiling.spared = ""
            stand.spoiling.arm(spoilt, (1,))
            try:
                await stand.run(_awaited(stand.side.renew()))
                stand.spoiling.disarm()
                check(await stand.run(stand.client.identify(Errand())))
            except Fault as fault:
                check_fault(fault, stand)


async def _awaited(work: Awaitable[None]) -> None:
    await work


UNREADABLE = (b"null", b"true", b"0", b"[]", b"NaN", b"<!doctype html><title>Sorry</title>")
MOST_KILOBYTES = 400_000


each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda v: v.name)
some_spoils = st.lists(spoils, min_size=1, max_size=3).map(tuple)
some_calls = st.sampled_from([(), (1,), (1,), (2,), (3,), (2, 3)])


@each_vendor
def test_whatever_is_answered_is_a_value_or_a_fault(vendor: Vendor) -> None:
    with Bench(vendor) as bench:

        @searching(60)
        @given(name=st.sampled_from(list(operations(vendor))), spoilt=some_spoils, calls=some_calls)
        def one(name: str, spoilt: tuple[Spoil, ...], calls: tuple[int, ...]) -> None:
            told = bench.ask(name, spoilt, calls)
            assert not isinstance(told, Bug)

        one()


@each_vendor
def test_a_write_whose_answer_cannot_be_read_has_an_unknown_outcome(vendor: Vendor) -> None:
    """Never a fault of the record: that would be told to a person, and tried again at once."""
    with Bench(vendor) as bench:
        for name in (n for n in operations(vendor) if n.split()[0] in WRITING):
            for body in UNREADABLE:
                told = bench.ask(name, (Whole(body),), ())
                if set(bench.stand.spoiling.spoilt) & {"POST", "PUT", "PATCH"}:
                    assert isinstance(told, UnknownOutcome), (name, body, told)
                else:
                    assert isinstance(told, Fault), (name, body, told)


@each_vendor
def test_no_sentence_repeats_a_secret_that_the_answer_repeats(vendor: Vendor) -> None:
    with Bench(vendor) as bench:
        statuses = cycle((200, 400, 401, 403, 404, 409, 422, 429, 500))
        for name in operations(vendor):
            for status in islice(statuses, 2):
                bench.ask(name, (Echo(), Status(status)), ())


@each_vendor
def test_answers_of_megabytes_are_taken_in_bounded_memory(vendor: Vendor) -> None:
    """Whatever is in them; the sentence of the fault is short."""
    text = b'"' + b"x" * 3_000_000 + b'"'
    bodies = (text, b'{"data": %s, "errors": [{"message": %s}]}' % (text, text), b"[0" * 1_000_000)
    with Bench(vendor) as bench:
        bench.ask("identify", (Whole(b"{}"),), ())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for body, status in zip(bodies, (200, 400, 400), strict=True):
            bench.ask("identify", (Whole(body), Status(status)), ())
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < MOST_KILOBYTES


# --- token calls --------------------------------------------------------------------------------


@each_vendor
def test_whatever_the_token_address_answers_no_secret_is_told_and_the_grant_can_be_renewed(
    vendor: Vendor,
) -> None:
    """The answer is lost, so a person may have to connect again; it is never a broken program."""
    with Bench(vendor) as bench:

        @searching(8)
        @given(spoilt=some_spoils)
        def one(spoilt: tuple[Spoil, ...]) -> None:
            bench.renew(spoilt)

        one()
