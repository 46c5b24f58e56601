"""The cursor: at rest, querying everything, querying what changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ml_connector.vendors.quickbooks_online.scan import Scan
from ml_connector.vendors.quickbooks_online.times import format_instant, parse_instant

AT = datetime(2026, 5, 4, 9, 0, 0, 402_000, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


def again(scan: Scan) -> Scan:
    """As it comes back out of the store."""
    return Scan.of(json.loads(json.dumps(scan.cursor)))


def test_an_empty_cursor_begins_to_query_everything() -> None:
    scan = Scan.of({})
    assert scan.query() == ("Customer", "WHERE Active IN (true, false) ORDERBY Id")
    assert scan == Scan(step=0)


def test_everything_is_queried_in_order_and_rests_at_the_clock_of_the_first_answer() -> None:
    scan, entities = Scan.of({}), []
    for _ in range(6):
        entities.append(scan.query()[0])
        scan = again(scan.then(None, LATER if scan.mark else AT))
    assert entities == ["Customer", "Term", "Invoice", "Invoice", "CreditMemo", "Payment"]
    assert scan.step is None
    assert scan.cursor == {"mark": "2026-05-04T09:00:00Z"}


def test_documents_are_queried_a_year_and_two_days_back() -> None:
    scan = Scan(AT, step=2)
    assert scan.query() == ("Invoice", "WHERE TxnDate >= '2025-05-02' ORDERBY Id")
    older = "WHERE Balance > '0' AND TxnDate < '2025-05-02' ORDERBY Id"
    assert Scan(AT, step=3).query() == ("Invoice", older)


def test_a_page_that_is_not_the_last_goes_on_in_the_same_query() -> None:
    scan = again(Scan.of({}).then(981, AT))
    assert (scan.step, scan.start) == (0, 981)
    assert again(scan.then(None, LATER)).start == 1


def test_what_changed_is_queried_from_before_the_mark() -> None:
    scan = again(Scan(LATER, AT, step=0))
    assert scan.query() == (
        "Customer",
        "WHERE MetaData.LastUpdatedTime >= '2026-05-04T08:57:00Z' AND Active IN (true, false) "
        "ORDERBY Id",
    )
    entities = []
    while scan.step is not None:
        entities.append(scan.query()[0])
        scan = again(scan.then(None, LATER + timedelta(hours=1)))
    assert entities == ["Customer", "Term", "Invoice", "CreditMemo", "Payment"]
    assert scan.cursor == {"mark": "2026-05-04T09:01:00Z"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-04T09:11:58-08:00", "2026-03-04T17:11:58Z"),
        ("2026-03-04T09:12:31.402-08:00", "2026-03-04T17:12:31Z"),
        ("2026-03-04T17:12:10.123456789Z", "2026-03-04T17:12:10Z"),
        ("2026-03-04T09:12:31-0800", "2026-03-04T17:12:31Z"),
        (" 2026-07-04T00:00:00Z", "2026-07-04T00:00:00Z"),
    ],
)
def test_moments_in_all_their_forms(text: str, moment: str) -> None:
    assert format_instant(parse_instant(text)) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-04T09:11:58", "2026-03-04"])
def test_a_moment_without_zone_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)
