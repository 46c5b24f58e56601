"""Links: whatever is asked or changed by key, target, route or flow leaves the neighbours alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from ml_connector.store import links
from ml_connector.store.links import Link
from tests.models.ground import OTHERS, OURS, Ground
from tests.support.clock import START

LINK = Link(
    flow="f1", route="invoices", source_key="a", account=OURS, object="deals", target_id="7",
    is_alias=False, owns_standard=True, state="ok", source_version="v", wrote={"title": "INV-1"},
    returned={"title": "inv-1"}, target_updated_at="then", flow_version=3, linked_at=START,
    updated_at=START,
)  # fmt: skip
OF_OTHER_KEY = replace(LINK, source_key="b", target_id="8", linked_at=START - timedelta(1))
OF_OTHER_ROUTE = replace(LINK, route="activities", object="activities")
OF_OTHER_FLOW = replace(LINK, flow="f2")
OF_OTHERS = replace(LINK, flow="g1", account=OTHERS)
ALL = (LINK, OF_OTHER_KEY, OF_OTHER_ROUTE, OF_OTHER_FLOW, OF_OTHERS)


@pytest.fixture
def ground() -> Iterator[Ground]:
    ground = Ground()
    ground.do(lambda c: links.put(c, ALL))
    yield ground
    ground.close()


def left(ground: Ground) -> list[Link]:
    def work(conn: Connection) -> list[Link]:
        told = [links.of_keys(conn, x.flow, x.route, [x.source_key]) for x in ALL]
        return [link for found in told for link in found.values()]

    return ground.do(work)


def test_links_are_told_by_key_as_they_were_put(ground: Ground) -> None:
    found = ground.do(lambda c: links.of_keys(c, "f1", "invoices", ["a", "b", "c"]))
    assert found == {"a": LINK, "b": OF_OTHER_KEY}
    assert left(ground) == list(ALL)


def test_a_link_that_is_put_again_is_replaced(ground: Ground) -> None:
    again = replace(LINK, wrote={"title": "INV-2"}, updated_at=START + timedelta(1))
    ground.do(lambda c: links.put(c, [again]))
    ground.do(lambda c: links.put(c, []))
    assert left(ground) == [again, *ALL[1:]]


def test_which_keys_have_a_link(ground: Ground) -> None:
    assert ground.do(lambda c: links.linked_of(c, "f1", "invoices", ["b", "c"])) == {"b"}
    assert ground.do(lambda c: links.linked_of(c, "f1", "activities", ["a", "b"])) == {"a"}
    assert ground.do(lambda c: links.linked_of(c, "f2", "activities", ["a"])) == set()


@pytest.mark.parametrize(
    ("state", "linked"), [("ok", {"a", "b"}), ("target_gone", {"a", "b"}), ("source_gone", {"a"})]
)
def test_a_source_that_is_known_to_be_gone_is_not_among_the_linked(
    ground: Ground, state: str, linked: set[str]
) -> None:
    ground.do(lambda c: links.set_state(c, OF_OTHER_KEY, state, START))
    assert ground.do(lambda c: links.linked_keys(c, "f1", "invoices")) == linked
    assert ground.do(lambda c: links.linked_keys(c, "f2", "activities")) == set()


def test_links_to_a_target_are_told_of_every_flow_the_oldest_first(ground: Ground) -> None:
    told = ground.do(lambda c: links.of_targets(c, OURS, "deals", ["8", "7", "9"]))
    assert told == [OF_OTHER_KEY, LINK, OF_OTHER_FLOW]
    assert ground.do(lambda c: links.of_targets(c, OTHERS, "deals", ["7", "8"])) == [OF_OTHERS]
    assert ground.do(lambda c: links.of_targets(c, OURS, "deals", [])) == []


def test_a_new_state_is_of_one_link_alone(ground: Ground) -> None:
    now = START + timedelta(hours=1)
    ground.do(lambda c: links.set_state(c, LINK, "target_gone", now))
    assert left(ground) == [replace(LINK, state="target_gone", updated_at=now), *ALL[1:]]


def test_one_link_is_untied_alone(ground: Ground) -> None:
    ground.do(lambda c: links.drop(c, "f1", "invoices", "a"))
    assert left(ground) == list(ALL[1:])


def test_links_are_counted_by_route(ground: Ground) -> None:
    assert ground.do(lambda c: links.count(c, "f1")) == {"activities": 1, "invoices": 2}
    assert ground.do(lambda c: links.count(c, "f2")) == {"invoices": 1}


def test_the_targets_that_are_kept_are_told_once_each(ground: Ground) -> None:
    assert ground.do(lambda c: links.target_ids(c, OURS, "deals")) == ["7", "8"]
    assert ground.do(lambda c: links.target_ids(c, OTHERS, "deals")) == ["7"]
    ground.do(lambda c: links.set_state(c, OF_OTHER_KEY, "target_gone", START))
    assert ground.do(lambda c: links.target_ids(c, OURS, "deals")) == ["7"]


def test_a_search_finds_source_keys_and_target_ids_of_one_flow(ground: Ground) -> None:
    def search(flow: str, text: str) -> list[tuple[str, str]]:
        told = ground.do(lambda c: links.search(c, flow, text))
        assert all(each in ALL for each in told)
        return sorted((each.route, each.source_key) for each in told)

    assert search("f1", "a") == search("f1", "7") == [("activities", "a"), ("invoices", "a")]
    assert search("f1", "8") == [("invoices", "b")]
    assert search("f2", "8") == []


@pytest.mark.parametrize("text", ["INV-1", 'The "Old" Mill\\', "50%_off", "Zoë 商店"])
def test_what_carries_a_text_has_exactly_it_among_what_we_wrote(ground: Ground, text: str) -> None:
    carries = replace(LINK, wrote={"title": text, "value": "5"})
    like_it = replace(OF_OTHER_KEY, wrote={"title": f"{text} ", "other": f'"{text}"'})
    named_so = replace(OF_OTHER_ROUTE, wrote={text: "of this name"})
    of_other_flow = replace(OF_OTHER_FLOW, wrote={"title": text})
    ground.do(lambda c: links.put(c, [carries, like_it, named_so, of_other_flow]))
    assert ground.do(lambda c: links.carrying(c, "f1", text)) == [carries]
    assert ground.do(lambda c: links.carrying(c, "f1", "nothing")) == []
