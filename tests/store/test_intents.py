"""Intents and claims: whatever is asked or changed by key, flow, account or epoch leaves the
neighbours alone, and only a write that nobody answered outlives a withdrawal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from ml_connector.store import intents
from ml_connector.store.intents import Claim, Intent
from ml_connector.store.tables import claims as claims_table
from ml_connector.store.tables import intents as intents_table
from tests.models.ground import OTHERS, OURS, Ground
from tests.support.clock import START

MEANT = Intent(
    id="meant", workspace=OURS, run="run", flow="f1", flow_version=3, route="invoices",
    source_key="a", account=OURS, object="deals", operation="update", target_id="7",
    external_key="invoices:a", fields={"title": "INV-1"}, digest="sum", epoch=2, state="open",
    opened_at=START,
)  # fmt: skip
OF_OTHER_KEY = replace(MEANT, id="of other key", source_key="b")
OF_OTHER_ROUTE = replace(MEANT, id="of other route", route="activities")
OF_OTHER_FLOW = replace(MEANT, id="of other flow", flow="f2")
NEIGHBOURS = (OF_OTHER_KEY, OF_OTHER_ROUTE, OF_OTHER_FLOW)
HOLDER = ("f1", "invoices", "a")


def claim_of(meant: Intent, value: str) -> Claim:
    return Claim(OURS, "deals", "id", value, meant.flow, meant.route, meant.source_key)


CLAIMS = [claim_of(meant, str(n)) for n, meant in enumerate((MEANT, *NEIGHBOURS), 7)]
"""Of the deals 7 to 10."""


@pytest.fixture
def ground() -> Iterator[Ground]:
    ground = Ground()
    ground.do(lambda c: intents.put(c, [MEANT, *NEIGHBOURS]))
    ground.do(lambda c: intents.claim(c, CLAIMS))
    yield ground
    ground.close()


def left(conn: Connection) -> set[str]:
    return {row.id for row in conn.execute(select(intents_table))}


def claimed(conn: Connection) -> set[str]:
    return {row.value for row in conn.execute(select(claims_table))}


def ids(told: list[Intent]) -> list[str]:
    return sorted(each.id for each in told)


def test_intents_are_told_by_key_as_they_were_put(ground: Ground) -> None:
    found = ground.do(lambda c: intents.of_keys(c, "f1", "invoices", ["a", "b", "c"]))
    assert found == {"a": [MEANT], "b": [OF_OTHER_KEY]}
    assert found["a"][0].key == HOLDER
    assert ground.do(lambda c: intents.of_keys(c, "f1", "invoices", ["a"])) == {"a": [MEANT]}


def test_the_intents_of_a_key_are_told_in_the_order_they_were_opened(ground: Ground) -> None:
    later = replace(MEANT, id="later", opened_at=START + timedelta(seconds=1))
    earlier = replace(MEANT, id="z", opened_at=START - timedelta(seconds=1))
    ground.do(lambda c: intents.put(c, [later, earlier]))
    found = ground.do(lambda c: intents.of_keys(c, "f1", "invoices", ["a"]))
    assert [each.id for each in found["a"]] == ["z", "meant", "later"]


def test_nothing_meant_is_nothing_put(ground: Ground) -> None:
    ground.do(lambda c: intents.put(c, []))
    ground.do(lambda c: intents.claim(c, []))
    assert len(ground.do(left)) == len(ground.do(claimed)) == 4


def test_who_holds_a_claim_is_told_of_what_was_asked_alone(ground: Ground) -> None:
    elsewhere = [
        replace(CLAIMS[0], account=OTHERS, value="11"),
        replace(CLAIMS[0], object="persons", value="12"),
        replace(CLAIMS[0], kind="name", value="7"),
        replace(CLAIMS[0], kind="name", value="8", source_key="c"),
    ]
    ground.do(lambda c: intents.claim(c, elsewhere))
    wanted = [("id", "7"), ("name", "8"), ("id", "11"), ("id", "12"), ("id", "99")]
    held = ground.do(lambda c: intents.held(c, OURS, "deals", wanted))
    assert held == {("id", "7"): HOLDER, ("name", "8"): ("f1", "invoices", "c")}
    assert ground.do(lambda c: intents.held(c, OURS, "deals", [])) == {}
    assert (CLAIMS[0].what, CLAIMS[0].holder) == ((OURS, "deals", "id", "7"), HOLDER)


def test_a_remembered_key_leaves_no_intent_and_no_claim(ground: Ground) -> None:
    ground.do(lambda c: intents.settle(c, *HOLDER, START))
    ground.do(lambda c: intents.close(c, "f1", "invoices", ["a", "c"]))
    assert ground.do(left) == {each.id for each in NEIGHBOURS}
    assert ground.do(claimed) == {"8", "9", "10"}


def test_no_keys_remembered_close_nothing(ground: Ground) -> None:
    ground.do(lambda c: intents.close(c, "f1", "invoices", []))
    assert len(ground.do(left)) == len(ground.do(claimed)) == 4


def test_a_removed_flow_leaves_no_intent_and_no_claim(ground: Ground) -> None:
    ground.do(lambda c: intents.forget_flow(c, "f1"))
    assert (ground.do(left), ground.do(claimed)) == ({"of other flow"}, {"10"})


def test_a_withdrawn_write_leaves_what_nobody_answered_before_it(ground: Ground) -> None:
    unanswered = replace(MEANT, id="unanswered", state="unknown", settle_until=START)
    ground.do(lambda c: intents.put(c, [unanswered]))
    ground.do(lambda c: intents.withdraw(c, *HOLDER))
    assert ground.do(left) == {"unanswered", *(each.id for each in NEIGHBOURS)}
    assert ground.do(claimed) == {"8", "9", "10"}


def test_what_nobody_answered_is_unknown_until_it_settles(ground: Ground) -> None:
    until = START + timedelta(seconds=90)
    ground.do(lambda c: intents.settle(c, *HOLDER, until))
    told = ground.do(
        lambda c: [*c.execute(select(intents_table).order_by(intents_table.c.id))],
    )
    states = {row.id: (row.state, row.settle_until) for row in told}
    still_open = dict.fromkeys((each.id for each in NEIGHBOURS), ("open", None))
    assert states == {"meant": ("unknown", until), **still_open}


ASKED: list[tuple[Callable[[Connection], list[Intent]], list[str]]] = [
    (lambda c: intents.open_at(c, OURS, 2), ["meant", "others"]),
    (lambda c: intents.open_at(c, OURS, 1), ["earlier"]),
    (lambda c: intents.open_at(c, OTHERS, 2), ["elsewhere"]),
    (lambda c: intents.of_earlier_epochs(c, OURS, 1), []),
    (lambda c: intents.of_earlier_epochs(c, OURS, 2), ["earlier"]),
    (lambda c: intents.of_earlier_epochs(c, OURS, 3), ["earlier", "elsewhere", "meant"]),
    (lambda c: intents.of_earlier_epochs(c, OTHERS, 3), ["others"]),
]


@pytest.mark.parametrize(("ask", "expected"), ASKED)
def test_open_intents_are_told_by_account_and_epoch(
    ask: Callable[[Connection], list[Intent]], expected: list[str]
) -> None:
    ground = Ground()
    try:
        put = [
            MEANT,
            replace(MEANT, id="earlier", epoch=1),
            replace(MEANT, id="unanswered", epoch=1, state="unknown"),
            replace(MEANT, id="unanswered now", state="unknown"),
            replace(MEANT, id="elsewhere", account=OTHERS),
            replace(MEANT, id="others", workspace=OTHERS),
        ]
        ground.do(lambda c: intents.put(c, put))
        found = ground.do(ask)
        assert ids(found) == expected
        assert all(each in put for each in found)
    finally:
        ground.close()
