"""Traces: a secret is found in every form and in every part that is long enough, and nothing else
is taken for one."""

from __future__ import annotations

import html
import json
from base64 import b64encode, urlsafe_b64encode
from threading import Thread
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.http.traces import SHORTEST_LITERAL, SHORTEST_PART, Traces, forms_of
from tests.support.searching import searching

SECRET = 'Zq7/x+w="é\\ü&<k>9-plain-words'
MARK = "\0"
letters = st.text("abcdefgh0123456789-_./+=", min_size=SHORTEST_LITERAL, max_size=70)


def traces_of(*secrets: str) -> Traces:
    traces = Traces()
    for secret in secrets:
        traces.add(secret)
    return traces


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        quote(SECRET, safe="").replace("%2F", "%2f").replace("%C3%A9", "%c3%a9"),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps({"url": SECRET}).replace("/", "\\/"),
        html.escape(SECRET),
        repr(SECRET),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        b64encode(SECRET.encode()).decode(),
        urlsafe_b64encode(SECRET.encode()).decode(),
        b64encode(f"me:{SECRET}".encode()).decode(),
        b64encode(f"you:{SECRET}:x".encode()).decode(),
        b64encode(f"them:{SECRET}".encode()).decode(),
    ],
)
def test_every_form_in_which_a_secret_travels(form: str) -> None:
    shown = traces_of(SECRET, "another secret").replaced(f"before {form} after", MARK)
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    left = shown.removeprefix("before ").removesuffix(" after")
    assert MARK in left
    assert all(len(piece) < SHORTEST_PART for piece in left.split(MARK)), left


@given(secret=letters, around=st.text(), data=st.data())
@searching(200)
def test_a_part_that_is_long_enough_never_comes_through(
    secret: str, around: str, data: st.DataObject
) -> None:
    length = data.draw(st.integers(min(SHORTEST_PART, len(secret)), len(secret)))
    begins = data.draw(st.integers(0, len(secret) - length))
    part = secret[begins : begins + length]
    shown = traces_of(secret).replaced(f"{around}{part}{around}", MARK)
    assert MARK in shown
    assert part not in shown


@given(secrets=st.lists(letters, max_size=5), text=st.text("abcdefgh0123456789 ", max_size=80))
@searching(200)
def test_what_is_no_trace_stays_as_it_is(secrets: list[str], text: str) -> None:
    shown = traces_of(*secrets).replaced(text, MARK)
    pieces = [form for secret in secrets for form in forms_of(secret)]
    if MARK not in shown:
        assert shown == text
    else:
        shortest = min(SHORTEST_PART, *(len(form) for form in pieces))
        assert any(
            text[at : at + length] in form
            for form in pieces
            for length in (shortest,)
            for at in range(len(text) - length + 1)
        )


@given(kept=letters, gone=letters, text=st.text("abcdefgh0123456789-_./+=", max_size=80))
@searching(100)
def test_what_was_removed_leaves_nothing_behind(kept: str, gone: str, text: str) -> None:
    if kept == gone:
        return
    traces, never = traces_of(kept, gone), traces_of(kept)
    traces.remove(gone)
    for told in (text, kept, f"{text}{gone}", f"{kept}{text}"):
        assert traces.replaced(told, MARK) == never.replaced(told, MARK)
    assert gone not in traces


def test_overlapping_secrets_and_neighbours() -> None:
    traces = traces_of("first-secret-1", "secret-1-second")
    assert traces.replaced("first-secret-1-second first-secret-1secret-1-second", MARK) == (
        f"{MARK} {MARK}{MARK}"
    )


def test_others_may_add_meanwhile() -> None:
    traces = Traces()

    def add(which: int) -> None:
        for number in range(200):
            traces.add(f"secret {which} of number {number}")
            if number % 2:
                traces.remove(f"secret {which} of number {number}")

    threads = [Thread(target=add, args=(which,)) for which in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        traces.replaced("a text with secret 1 of number 100 in it", MARK)
    for thread in threads:
        thread.join()
    assert traces.replaced("secret 1 of number 100", MARK) == MARK
