"""The words of a flow file: what each says, what a typo in one does, and how routes are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Optional

import pytest

from ml_connector.core.flow import (
    LEAVE,
    ONCE,
    SOURCE,
    UNTIL_TOUCHED,
    Feed,
    FieldRule,
    Flow,
    Given,
    MatchRule,
    Parent,
    Route,
    alike,
    check_path,
    choose,
    copy,
    itself,
    key,
    keyed,
    linked,
    make,
    referred,
    shared,
    spared,
    suggested,
    value_at,
)  # fmt: skip
from ml_connector.core.objects import Costs, SourceModel, SourceObject, TargetObject
from ml_connector.core.values import Value

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


class Address(SourceModel):
    town: str | None = None


class Client(SourceModel):
    name: str = "A"
    address: Address | None = Address(town="Ulm")
    former: Optional[Address] = None  # noqa: UP045 - the older way to write it is read too
    note: str | None = None


CLIENTS = SourceObject("wave", "clients", Client, "client", read_batch=1)
DEALS = TargetObject(
    "crm", "deals", "deal", (), "custom_field", Costs(1, 1, 1, 1), timedelta(), read_batch=1
)


def named(record: Client, given: Given) -> Value:
    return record.name


def likenesses(record: Client, given: Given) -> list[tuple[str, str]]:
    return [("name", record.name)]


def since_may(record: Client, given: Given) -> Value:
    return record.name if given.today >= "2026-05" else None


def route(
    fields: dict[str, FieldRule] | None = None, match: tuple[MatchRule, ...] = (),
    after: dict[str, Parent] | None = None, name: str = "clients",
) -> Route:  # fmt: skip
    return Route(name, CLIENTS, DEALS, fields or {}, match, "a client", after=after or {})


def flow(*routes: Route, feeds: tuple[Feed, ...] = ()) -> Flow:
    return Flow("a-b", "wave", "crm", routes, (), lambda s: (), lambda s: (), feeds)


def feed(name: str) -> Feed:
    return Feed(name, CLIENTS, lambda record, given: [])


def test_the_words_for_a_field() -> None:
    assert copy("name") == FieldRule("copy", SOURCE, path="name")
    assert copy("name", ONCE) == FieldRule("copy", ONCE, path="name")
    assert make(named) == FieldRule("make", SOURCE, making=named)
    told = make(named, UNTIL_TOUCHED, follows="status")
    assert told == FieldRule("make", UNTIL_TOUCHED, making=named, follows="status")
    assert key() == FieldRule("key", SOURCE)


def test_the_words_for_a_match() -> None:
    assert linked() == MatchRule("linked")
    assert keyed("Client ID") == MatchRule("keyed", field="Client ID")
    assert alike(likenesses) == MatchRule("alike", telling=likenesses)
    assert shared(likenesses) == MatchRule("shared", telling=likenesses)
    assert spared(likenesses) == MatchRule("spared", telling=likenesses)
    assert itself("org_id") == MatchRule("itself", needs="org_id")
    assert referred(likenesses, "org") == MatchRule("reference", telling=likenesses, needs="org")
    assert suggested(likenesses, "org") == MatchRule("suggested", telling=likenesses, needs="org")


def test_a_choice_is_the_tables_entry_and_leaves_alone_what_the_table_does_not_know() -> None:
    rule = choose(since_may, "stages", UNTIL_TOUCHED)
    given = Given({"stages": {"A": "Won"}, "labels": {"A": "x"}}, NOW, "2026-05-04", NOW)
    assert (rule.how, rule.owner) == ("make", UNTIL_TOUCHED)
    assert rule.making is not None
    assert rule.making(Client(name="A"), given) == "Won"
    assert rule.making(Client(name="B"), given) is LEAVE
    assert choose(named, "stages").owner is SOURCE


def test_a_route_as_the_parent_of_anothers_record() -> None:
    parent = route()
    assert parent.by("a.id") == Parent("clients", "a.id")
    assert parent.by("a.id", ONCE) == Parent("clients", "a.id", ONCE)
    assert parent.itself("id") == Parent("clients", "id", is_written=False)
    assert parent.back_from("id") == Parent("clients", "id", is_written=False, reverse=True)


def test_the_host_is_the_parent_whose_own_record_is_written_into() -> None:
    assert route(match=(linked(), itself("org_id"))).host == "org_id"
    assert route(match=(linked(), referred(likenesses, "org_id"))).host == ""


@pytest.mark.parametrize("path", ["name", "address", "address.town", "former.town", "note"])
def test_a_path_that_exists_loads(path: str) -> None:
    assert route({"title": copy(path)}, after={"org": Parent("orgs", path)}).fields


@pytest.mark.parametrize(
    ("path", "model", "step"),
    [
        ("nam", "Client", "nam"), ("address.city", "Address", "city"), ("name.x", "str", "x"),
        ("former.city", "Address", "city"), ("note.x", "str", "x"), ("", "Client", ""),
    ],
)  # fmt: skip
def test_a_typo_in_a_path_cannot_load(path: str, model: str, step: str) -> None:
    told = f"has no field '{step}' (path '{path}')"
    with pytest.raises(TypeError) as caught:
        route({"n": make(named), "title": copy(path)})
    assert str(caught.value) == f"route clients, field title: {model} {told}"
    with pytest.raises(TypeError) as caught:
        route(after={"org": Parent("orgs", path)})
    assert str(caught.value) == f"route clients, parent org: {model} {told}"


class Odd(SourceModel):
    nothing: None = None
    either: Address | str = ""


def test_a_path_through_nothing_or_one_of_several_is_checked_too() -> None:
    check_path(Odd, "nothing", "here")
    check_path(Odd, "either.town", "here")


@pytest.mark.parametrize(
    ("record", "path", "value"),
    [
        (Client(), "name", "A"), (Client(), "address.town", "Ulm"),
        (Client(), "former.town", None), (Client(address=Address()), "address.town", None),
    ],
)  # fmt: skip
def test_the_value_at_a_path(record: Client, path: str, value: Any) -> None:
    assert value_at(record, path) == value


def test_a_route_is_found_by_its_name() -> None:
    one, two = route(name="one"), route(name="two")
    found = flow(one, two)
    assert found.route("two") is two
    assert found.has("two")
    assert not found.has("three")
    with pytest.raises(KeyError, match="three"):
        found.route("three")


def test_feeds_come_before_routes_and_parents_before_their_children() -> None:
    payments, refunds = feed("payments"), feed("refunds")
    found = flow(route(name="one"), route(name="two"), feeds=(payments, refunds))
    assert found.feed("refunds") is refunds
    assert found.feed("one") is None
    assert [found.rank(name) for name in ("payments", "refunds", "one", "two")] == [0, 0, 1, 2]
    assert found.readers == (*found.routes, payments, refunds)
