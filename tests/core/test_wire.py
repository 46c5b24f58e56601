"""What a good answer says: numbers, half characters, waits, moments, and what is no JSON at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ml_connector.core.faults import Unreachable
from ml_connector.core.wire import LONGEST_WAIT_SECONDS, Errand, Response, Sent, parsed


def answer(body: bytes = b"{}", **headers: str) -> Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(200, told, body)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"a": [1, true, null, "x"]}', {"a": [1, True, None, "x"]}),
        (b"1.50", Decimal("1.50")),
        (b"1e2", Decimal("1e2")),
        (b"1e-400", Decimal("0.0")),
    ],
)
def test_a_body_keeps_the_digits_of_its_numbers(body: bytes, told: object) -> None:
    assert parsed(body, Decimal) == told
    assert str(parsed(body, Decimal)) == str(told)


def test_a_number_is_a_float_where_nobody_asks_for_more() -> None:
    assert type(parsed(b"1.50")) is float


@pytest.mark.parametrize("body", [b"NaN", b"-Infinity", b"1e400", b"[-1e400]"])
def test_a_number_that_is_none_of_json_is_named(body: bytes) -> None:
    with pytest.raises(ValueError, match="is no number of JSON"):
        parsed(body)


def test_a_number_of_endless_digits_is_named_by_its_first_ones() -> None:
    with pytest.raises(ValueError, match=r"^9{20} is no number"):
        parsed(b"9" * 400 + b".0")


def test_a_body_nested_beyond_measure_is_no_json() -> None:
    with pytest.raises(ValueError, match=r"^nested too deep$"):
        parsed(b"[" * 100_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("half", ["\ud800", r"\ud800"], ids=["raw", "escaped"])
@pytest.mark.parametrize("more", ["", "í屵"], ids=["alone", "beside what looks alike"])
def test_half_a_character_becomes_the_sign_for_an_unknown_one(
    encoding: str, half: str, more: str
) -> None:
    """No store and no wire takes one, in whatever encoding it came."""
    text = f'{{"H": ["aH", {{"bH": "c{more}"}}, 1]}}'.replace("H", half)
    told = {"\ufffd": ["a\ufffd", {"b\ufffd": f"c{more}"}, 1]}
    assert parsed(text.encode(encoding, "surrogatepass")) == told


def test_a_whole_character_outside_the_plane_stays_as_it_is() -> None:
    assert parsed(json.dumps({"a": "\N{FIRE} 퀸"}).encode()) == {"a": "\N{FIRE} 퀸"}


def test_an_answer_that_is_no_json_tells_its_kind_and_where_to_look() -> None:
    page = answer(b"<html>", content_type="text/html; charset=utf-8")
    with pytest.raises(Unreachable) as caught:
        page.json()
    assert caught.value.sentence == (
        "The answer (status 200, text/html) is not JSON. "
        "Is base_url the address of the vendor's API?"
    )
    with pytest.raises(Unreachable, match=r"\(status 200, no content type\)"):
        answer(b"").json()


@pytest.mark.parametrize(
    ("kind", "is_json"),
    [
        ("application/json", True), ("application/problem+json", True), ("text/html", False),
        ("", False),
    ],
)  # fmt: skip
def test_an_answer_tells_whether_it_is_json(kind: str, is_json: bool) -> None:
    assert answer(content_type=kind).is_json is is_json
    assert not answer().is_json


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7.0), (" 7 ", 7.0), ("999999999", LONGEST_WAIT_SECONDS), ("", 60.0), ("1.5", 60.0),
        ("-1", 60.0), ("٣", 60.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 60.0),
    ],
)  # fmt: skip
def test_the_wait_that_a_header_asks_for(told: str, seconds: float) -> None:
    assert answer(retry_after=told).retry_after_seconds() == seconds


def test_the_wait_of_an_answer_that_names_none_is_the_callers() -> None:
    assert answer().retry_after_seconds() == 60.0
    assert answer().retry_after_seconds(5.0) == 5.0


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("Mon, 04 May 2026 09:00:00 GMT", datetime(2026, 5, 4, 9, tzinfo=UTC)),
        ("Mon, 04 May 2026 09:00:00 +0200", datetime(2026, 5, 4, 7, tzinfo=UTC)),
        ("Mon, 04 May 2026 09:00:00 -0000", None), ("soon", None),
        ("Fri, 31 Dec 9999 23:00:00 -0900", None),
    ],
)  # fmt: skip
def test_the_vendors_clock_is_read_off_an_answer(told: str, moment: datetime | None) -> None:
    assert answer(date=told).answered_at == moment
    assert answer().answered_at is None


def test_an_errand_counts_what_was_sent_for_it() -> None:
    errand = Errand(sent=[Sent("GET", "/a", 200, 4, 2), Sent("PUT", "/b", 201, 7, 10)])
    assert (errand.calls, errand.tokens) == (2, 12)
    assert errand.sent[1].as_json() == {
        "method": "PUT", "path": "/b", "status": 201, "ms": 7, "tokens": 10,
    }  # fmt: skip
