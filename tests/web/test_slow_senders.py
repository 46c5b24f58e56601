"""Senders that take their time, over real sockets: they are cut, and keep nobody else out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest

from ml_connector.web.bounds import Bounds

from .listening import LONG, MUCH_BYTES, Sender, listening, post

PATIENT = Bounds(head_seconds=LONG, body_seconds=LONG, idle_seconds=LONG)
SHORT = 0.2


def dribbled(sender: Sender, drop: bytes) -> bytes:
    """What the server says to somebody who sends a drop now and then, and would for ever."""
    sender._socket.settimeout(0.02)
    told = bytearray()
    for _ in range(2_000):
        if not sender.send(drop):
            break
        try:
            part = sender._socket.recv(65_536)
        except TimeoutError:
            continue
        except ConnectionResetError:
            break
        if not part:
            break
        told += part
    else:
        pytest.fail("it was never cut")
    return bytes(told)


def test_a_connection_on_which_nothing_comes_is_closed() -> None:
    with listening(replace(PATIENT, head_seconds=SHORT)) as there, there.sender() as silent:
        assert silent.rest().startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("begun", [b"POST /take HTTP/1.1\r\nHost: h\r\n", b"POST /ta", b"\r\n"])
def test_headers_that_never_end_are_cut_however_steadily_they_come(begun: bytes) -> None:
    drop = b"\r\n" if begun == b"\r\n" else b"a: b\r\n" if begun.endswith(b"\n") else b"k"
    with listening(replace(PATIENT, head_seconds=SHORT)) as there, there.sender() as slow:
        slow.send(begun)
        assert dribbled(slow, drop).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("how", ["content-length: 100000", "transfer-encoding: chunked"])
def test_a_body_that_dribbles_is_cut(how: str) -> None:
    with listening(replace(PATIENT, body_seconds=SHORT)) as there, there.sender() as slow:
        slow.send(f"POST /take HTTP/1.1\r\nHost: h\r\n{how}\r\n\r\n".encode())
        drop = b"x" if "length" in how else b"1\r\nx\r\n"
        assert dribbled(slow, drop).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_goes_on_after_the_answer_is_cut_too() -> None:
    with listening(replace(PATIENT, head_seconds=SHORT)) as there, there.sender() as slow:
        slow.send(b"POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
        assert slow.answer().status == 404
        assert dribbled(slow, b"x").startswith(b"HTTP/1.1 408 ")


def test_a_kept_connection_is_closed_when_it_is_silent() -> None:
    with listening(replace(PATIENT, idle_seconds=SHORT)) as there, there.sender() as kept:
        kept.send(post("/take", b"one"))
        assert kept.answer().body == b"3"
        assert kept.rest() == b""


def test_a_next_request_that_never_ends_is_cut_on_a_kept_connection() -> None:
    with listening(replace(PATIENT, head_seconds=SHORT)) as there, there.sender() as kept:
        for _ in range(3):
            kept.send(post("/take", b"one"))
            assert kept.answer().body == b"3"
        assert dribbled(kept, b"P").startswith(b"HTTP/1.1 4")


ASK_FOR_MUCH = b"GET /much HTTP/1.1\r\nHost: h\r\n\r\n"


def test_whoever_does_not_pick_up_its_answer_is_dropped() -> None:
    with listening(replace(PATIENT, idle_seconds=SHORT)) as there, there.sender() as deaf:
        deaf.send(ASK_FOR_MUCH)
        deaf._part()  # the answer has begun
        there.wait_until_empty()
        assert len(deaf.rest()) < MUCH_BYTES


def test_whoever_does_not_pick_up_its_answer_makes_room_too() -> None:
    with listening(replace(PATIENT, connections=1)) as there, there.sender() as deaf:
        deaf.send(ASK_FOR_MUCH)
        deaf._part()  # the answer has begun
        assert there.asked(post("/take", b"genuine")).body == b"7"
        assert len(deaf.rest()) < MUCH_BYTES


def test_requests_that_are_sent_ahead_are_answered_in_their_order() -> None:
    with listening(PATIENT) as there, there.sender() as eager:
        eager.send(b"".join(post("/take", b"x" * n) for n in range(1_000)))
        told = [eager.answer().body for _ in range(1_000)]
    assert told == [str(n).encode() for n in range(1_000)]


def test_a_slow_but_honest_sender_is_served() -> None:
    """Many parts, each of which comes in time: the deadlines are for the whole, and long enough."""
    with listening(PATIENT) as there, there.sender() as slow:
        for part in (
            b"POST /ta",
            b"ke HTTP/1.1\r\nHo",
            b"st: h\r\nContent-Length: 4\r\n\r",
            b"\nab",
        ):
            slow.send(part)
        slow.send(b"cd")
        assert slow.answer().body == b"4"


def test_silent_connections_make_room_for_who_has_something_to_say() -> None:
    """More of them than are let in; each deadline is an hour away."""
    with listening(replace(PATIENT, connections=20)) as there, ExitStack() as stack:
        silent = [stack.enter_context(there.sender()) for _ in range(60)]
        assert [sender.rest() for sender in silent[:40]] == [b""] * 40  # the oldest had to go
        for sender in silent[40:]:
            sender.send(b"POST /take HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf")
        assert there.asked(post("/take", b"genuine")).body == b"7"


def test_the_real_limits_hold_against_more_connections_than_they_allow() -> None:
    """With the product's own bounds, and no wait: places are taken from those who are silent."""
    with listening(Bounds()) as there, ExitStack() as stack:
        for _ in range(Bounds().connections + 40):
            stack.enter_context(there.sender())
        assert there.asked(post("/take", b"genuine")).body == b"7"
