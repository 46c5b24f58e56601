"""Cursors: a poll that was asked for is made by a scan that began after the wish."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ml_connector.store import cursors
from ml_connector.store.cursors import Cursor
from tests.models.ground import Ground
from tests.support.clock import START

HERE = ("t1", "invoices")
"""A connection and one of its objects."""


class Poll:
    """Scans of one object, and wishes for them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @property
    def at(self) -> Cursor:
        return self._ground.do(lambda c: cursors.get(c, *HERE))

    def begin(self) -> int:
        """A scan is through with its first page; what it has heard of."""
        heard = self.at.heard
        self._ground.do(lambda c: cursors.move(c, *HERE, {"page": 1}, heard, None))
        return heard

    def end(self, heard: int, mark: str = "a") -> None:
        self._ground.do(lambda c: cursors.move(c, *HERE, {"mark": mark}, heard, START))

    def wish(self) -> None:
        self._ground.do(lambda c: cursors.poll_now(c, *HERE))


@pytest.fixture
def poll() -> Iterator[Poll]:
    ground = Ground()
    yield Poll(ground)
    ground.close()


def test_a_scan_that_is_through_is_a_poll(poll: Poll) -> None:
    poll.end(poll.begin())
    assert poll.at == Cursor({"mark": "a"}, polled_at=START)


def test_a_wish_that_stood_when_the_scan_began_is_met(poll: Poll) -> None:
    poll.end(poll.begin())
    poll.wish()
    assert poll.at.polled_at is None
    poll.end(poll.begin())
    assert poll.at.polled_at == START


def test_a_wish_within_a_scan_outlives_it(poll: Poll) -> None:
    heard = poll.begin()
    poll.wish()
    poll.end(heard)
    assert (poll.at.value, poll.at.polled_at) == ({"mark": "a"}, None)
    poll.end(poll.begin(), "b")
    assert (poll.at.value, poll.at.polled_at) == ({"mark": "b"}, START)


def test_a_scan_that_another_process_ends_has_heard_what_it_had_when_it_began(poll: Poll) -> None:
    poll.begin()
    poll.wish()
    poll.end(poll.at.heard)
    assert poll.at.polled_at is None
