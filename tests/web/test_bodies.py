"""What a sender may send, over real sockets: sizes are ours to set, whatever it announces."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from dataclasses import replace

import pytest

from ml_connector.web.bounds import Bounds

from .listening import LONG, Answer, Sender, listening, post

SMALL = Bounds(
    head_seconds=LONG, body_seconds=LONG, idle_seconds=LONG, head_bytes=4_096, header_count=20,
    body_bytes=10_000, dropped_bytes=40_000, held_bytes=1_000_000,
)  # fmt: skip
HEAD = "POST /take HTTP/1.1\r\nHost: h\r\n"


def chunks(sizes: list[int]) -> bytes:
    parts = [f"{size:x}\r\n".encode() + b"x" * size + b"\r\n" for size in sizes]
    return b"".join(parts) + b"0\r\n\r\n"


def is_cut_off(sender: Sender, part: bytes) -> bool:
    """Whether the server closes on somebody who sends this again and again."""
    return not all(sender.send(part) for _ in range(100_000))


def asked(raw: bytes, bounds: Bounds = SMALL) -> Answer:
    with listening(bounds) as there:
        return there.asked(raw)


@pytest.mark.parametrize(("size", "status"), [(10_000, 200), (10_001, 413), (39_000, 413)])
def test_a_body_has_a_largest_size_with_a_length_and_without(size: int, status: int) -> None:
    sizes = [1_000] * (size // 1_000) + [size % 1_000] * (size % 1_000 > 0)
    in_chunks = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks(sizes)
    with listening(SMALL) as there:
        for raw in (post("/take", b"x" * size), in_chunks):
            told = there.asked(raw)
            assert (told.status, told.body) == (status, b"10000" if status == 200 else b"")


def test_a_body_without_end_is_cut_off() -> None:
    with listening(SMALL) as there, there.sender() as endless:
        endless.send(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        assert is_cut_off(endless, b"400\r\n" + b"x" * 1_024 + b"\r\n")


def test_a_length_that_is_announced_is_not_believed() -> None:
    """Nothing is set apart for it: the answer comes when as much has come as is read of a body."""
    with listening(SMALL) as there, there.sender() as boaster:
        boaster.send(f"{HEAD}Content-Length: 99999999999999\r\n\r\n".encode() + b"x" * 41_000)
        assert boaster.answer().status == 413


def test_what_comes_after_the_announced_length_is_no_part_of_the_body() -> None:
    with listening(SMALL) as there, there.sender() as liar:
        liar.send(f"{HEAD}Content-Length: 3\r\n\r\none".encode() + post("/take", b"four"))
        assert [liar.answer().body, liar.answer().body] == [b"3", b"4"]


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: -3",
        "Content-Length: x", "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3, 3",
        "Transfer-Encoding: chunked, identity",
    ],
)  # fmt: skip
def test_a_length_that_can_be_read_in_two_ways_is_refused(lines: str) -> None:
    """Somebody in front of us may read it the other way and so let a second request through."""
    assert asked(f"{HEAD}{lines}\r\n\r\none".encode()).status == 400


def test_a_compressed_body_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000))
    told = asked(post("/take", bomb, "Content-Encoding: gzip"))
    assert (told.status, told.body) == (200, str(len(bomb)).encode())


def test_thousands_of_headers_are_refused() -> None:
    headers = [f"X-{n}: {n}" for n in range(5_000)]
    assert asked(post("/take", b"x", *headers)).status == 431
    assert asked(post("/take", b"x", *headers[:100])).status == 431
    assert asked(post("/take", b"x", *headers[:17])).status == 200


@pytest.mark.parametrize("begun", ["POST /", "POST /?", f"{HEAD}X-Long: ", f"{HEAD}"])
def test_a_head_without_end_is_cut_off_after_its_size(begun: str) -> None:
    """A path, a query, a header's value and a header's name; nothing is awaited in vain."""
    with listening(SMALL) as there, there.sender() as endless:
        endless.send(begun.encode())
        endless.send(b"k" * 5_000)
        assert endless.answer().status == 431


def test_a_head_without_end_in_small_parts_is_cut_off_as_well() -> None:
    with listening(SMALL) as there, there.sender() as endless:
        endless.send(HEAD.encode() + b"X-Long: ")
        assert is_cut_off(endless, b"k" * 100)


def test_what_follows_the_chunks_is_no_header() -> None:
    """Trailers come after the body: who reads the headers then must not find them there."""
    with listening(SMALL) as there, there.sender() as sneaky:
        sneaky.send(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n".encode())
        sneaky.send(b"X-Late: x\r\n\r\n")
        assert sneaky.answer().body == b"3"
        for _ in range(3):  # the connection is good for more
            sneaky.send(post("/take", b"four"))
            assert sneaky.answer().body == b"4"


def test_what_is_no_http_is_refused() -> None:
    assert asked(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").status == 400
    assert asked("POST /\xff HTTP/1.1\r\nHost: h\r\n\r\n".encode("latin-1")).status == 400


def begun(sender: Sender, size: int) -> None:
    """Of a body one byte more is announced than comes."""
    sender.send(f"{HEAD}Content-Length: {size + 1}\r\n\r\n".encode() + b"x" * size)


def test_all_bodies_together_have_a_largest_size() -> None:
    """Ten that are held almost fill the room; an eleventh finds none until one is done."""
    bounds = replace(SMALL, held_bytes=95_000)
    with listening(bounds) as there, ExitStack() as stack:
        held = [stack.enter_context(there.sender()) for _ in range(10)]
        for sender in held[:9]:
            begun(sender, 9_999)
        with there.sender() as probe:  # until all nine are read
            told = [200]
            while told[-1] == 200 and len(told) < 5_000:
                probe.send(post("/take", b"x" * 9_000))
                told.append(probe.answer().status)
            assert told[-1] == 503
        for sender in held[:9]:
            sender.send(b"x")
            assert sender.answer().body == b"10000"
        assert there.asked(post("/take", b"x" * 9_000)).status == 200
