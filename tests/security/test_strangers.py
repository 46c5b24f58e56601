"""Counting strangers: what is too much, when it is over, and in how much memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.engine.strangers import Strangers, network_of


def test_so_many_within_a_window_are_too_many_until_it_ends() -> None:
    strangers = Strangers(most=3, window_seconds=60)
    assert [strangers.failed("a", now) for now in (0.0, 10.0, 59.0)] == [1, 2, 3]
    assert strangers.are_many("a", 59.9)
    assert not strangers.are_many("b", 59.9)
    assert not strangers.are_many("a", 60.0)
    assert strangers.failed("a", 60.0) == 1


def test_a_million_keys_are_counted_in_flat_memory() -> None:
    strangers = Strangers(most=2, counted=100)
    for n in range(1_000_000):
        strangers.failed(str(n), n / 1e6)
    assert len(strangers) == 100
    assert not strangers.are_many("0", 1.0)


def test_who_goes_on_is_not_forgotten_for_those_who_come_once() -> None:
    strangers = Strangers(most=5, counted=10)
    for n in range(1_000):
        strangers.failed("steady", 0.0)
        strangers.failed(f"passer-by {n}", 0.0)
    assert strangers.are_many("steady", 0.0)


@given(
    moments=st.lists(st.floats(0, 1_000), min_size=1, max_size=60).map(sorted),
    most=st.integers(1, 20),
)
def test_a_window_never_holds_more_than_came_in_its_time(moments: list[float], most: int) -> None:
    strangers = Strangers(most=most, window_seconds=100)
    for index, now in enumerate(moments):
        count = strangers.failed("a", now)
        within = [m for m in moments[: index + 1] if now - m < 100]
        assert 1 <= count <= len(within)
        assert strangers.are_many("a", now) == (count >= most)


def test_a_customers_whole_network_is_one_sender() -> None:
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("") == ""
    assert len(network_of("x" * 10_000)) == 64
