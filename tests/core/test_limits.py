"""Limits in words, as a person reads them."""

from __future__ import annotations

from ml_connector.core.limits import Allowance, Limits, Window


def test_windows_and_calls_at_once() -> None:
    windows = (Window(80, 2.0), Window(30, 0.5, "search"))
    assert str(Limits("token", windows, 4)) == (
        "80 calls in 2 s, 30 calls of kind search in 0.5 s, 4 at once"
    )


def test_an_allowance_of_an_account_and_of_an_app() -> None:
    daily = Allowance(30_000, 0.5, 0.2, 60)
    assert str(Limits("token", (), 2, "company", daily)) == (
        "30,000 tokens a day, 15,000 of them ours, 2 at once"
    )
    monthly = Allowance(500_000, 1.0, 0.2, 60, "month", "app")
    assert str(Limits("token", (), 2, "company", monthly)) == (
        "500,000 tokens a month for the app, 500,000 of them ours, 2 at once"
    )
