"""Faults over a real socket: a cut is the end of the connection, not an answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.sandbox import SandboxProcess

HANG_SECONDS = 20.0


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess(module="tests.sandbox.frame") as served:
        yield served


@pytest.fixture
def served(process: SandboxProcess) -> SandboxProcess:
    process.control("POST", "reset", {})
    return process


def said(served: SandboxProcess, body: Any) -> bytes:
    """All bytes that come back on a fresh connection until the other side ends it."""
    place = urlsplit(served.url)
    raw = json.dumps(body).encode()
    head = (
        f"POST /toy/things HTTP/1.1\r\nhost: {place.netloc}\r\nconnection: close\r\n"
        f"content-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n"
    )
    with socket.create_connection((str(place.hostname), place.port or 0), HANG_SECONDS) as line:
        line.sendall(head.encode() + raw)
        heard = b""
        while part := line.recv(65536):
            heard += part
    return heard


def names(served: SandboxProcess) -> list[str]:
    return [thing["name"] for thing in served.control("GET", "toy/things")]


def test_without_a_fault_it_answers(served: SandboxProcess) -> None:
    heard = said(served, {"name": "Whole"})
    assert heard.startswith(b"HTTP/1.1 201 ")
    assert json.loads(heard.partition(b"\r\n\r\n")[2])["name"] == "Whole"


@pytest.mark.parametrize(("kind", "done"), [("cut_before", False), ("cut_after", True)])
def test_a_cut_ends_the_connection_without_a_byte(
    served: SandboxProcess, kind: str, done: bool
) -> None:
    served.order({"vendor": "toy", "operation": "POST /things", "kind": kind, "times": 1})
    assert said(served, {"name": "Cut"}) == b""
    assert ("Cut" in names(served)) is done
    assert said(served, {"name": "Next"}).startswith(b"HTTP/1.1 201 ")
    counted = served.control("GET", "counters")["requests"]
    assert {(line["status"], line["n"]) for line in counted} == {(0, 1), (201, 1)}


def test_a_truncated_answer_promises_more_than_it_says(served: SandboxProcess) -> None:
    served.order({"vendor": "toy", "kind": "truncate", "times": 1})
    head, _, body = said(served, {"name": "Half"}).partition(b"\r\n\r\n")
    promised = [line for line in head.split(b"\r\n") if line.startswith(b"content-length")]
    assert head.startswith(b"HTTP/1.1 201 ")
    assert 0 < len(body) < int(promised[0].partition(b":")[2])
    assert "Half" in names(served)


def test_slow_ends_early_when_time_moves(served: SandboxProcess) -> None:
    served.order({"vendor": "toy", "kind": "slow", "seconds": 3600, "times": 1})
    place = urlsplit(served.url)
    with socket.create_connection((str(place.hostname), place.port or 0), HANG_SECONDS) as line:
        line.sendall(f"GET /toy/things HTTP/1.1\r\nhost: {place.netloc}\r\n\r\n".encode())
        while served.control("GET", "faults")["rules"][0]["fired"] == 0:
            pass
        served.advance(3600)
        assert line.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_an_encoded_slash_stays_in_the_id(served: SandboxProcess) -> None:
    assert served.control("GET", "toy/things/c%2F1")["id"] == "c/1"
