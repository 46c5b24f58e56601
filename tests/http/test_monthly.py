"""An allowance for a month: it ends at the month's first in UTC, and stops metered calls alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ml_connector.core.faults import OutOfBudget, TooFast
from ml_connector.core.limits import Allowance, Limits, Price, Window
from ml_connector.core.wire import Request, Response, Work
from ml_connector.http.allowance import next_period, period_of
from ml_connector.http.pacing import Pacing
from tests.http.book import MemoryBook
from tests.http.calls import COMPANY, Calls, limits
from tests.http.line import Line, Scripted, said, virtual
from tests.support.clock import VirtualClock

MONTH = Allowance(100, 1.0, 0.2, 60, "month", "app")
DAY = 86_400.0
READ = Request("GET", "/things/1", price=Price(tokens=1))
WRITE = Request("POST", "/things", json={}, writes=True)


@pytest.mark.parametrize(
    ("now", "period", "until"),
    [
        (datetime(2026, 5, 4, 9, tzinfo=UTC), "2026-05", datetime(2026, 6, 1, 0, 1, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01", datetime(2026, 2, 1, 0, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), "2026-12", datetime(2027, 1, 1, 0, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), "2028-02", datetime(2028, 3, 1, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_month_ends_at_its_first_in_utc(now: datetime, period: str, until: datetime) -> None:
    assert (period_of(now, MONTH), next_period(now, MONTH)) == (period, until)
    assert period_of(now, replace(MONTH, period="day")) == now.date().isoformat()


async def spend(calls: Calls, work: Work = "live") -> int:
    spent, declared = 0, limits(allowance=MONTH)
    while True:
        try:
            await calls.clock.run(calls.make(declared, "", work, Price(1), seconds=0.0))
        except OutOfBudget:
            return spent
        spent += 1


async def test_it_lasts_all_month_and_begins_anew(calls: Calls, book: MemoryBook) -> None:
    assert await spend(calls, "backfill") == 80
    await calls.clock.advance(20 * DAY)
    assert await spend(calls) == 20
    with pytest.raises(OutOfBudget, match="The month's allowance") as caught:
        await calls.clock.run(calls.make(limits(allowance=MONTH), price=Price(1)))
    assert caught.value.until == datetime(2026, 6, 1, 0, 1, tzinfo=UTC)
    await calls.clock.run(calls.make(limits(allowance=MONTH), "free"))
    assert calls.names[-1] == "free"
    await calls.clock.advance(8 * DAY)
    await calls.clock.run(calls.make(limits(allowance=MONTH), price=Price(1)))
    assert book.days[COMPANY, "2026-05"] == 100
    assert 0 < book.days[COMPANY, "2026-06"] <= 25


def metered(*script: Response) -> tuple[Line, Scripted]:
    """A line to a vendor that meters reads by the month."""
    line, transport = virtual(*script)
    declared = Limits("token", (Window(1000, 60.0),), 10, "app", MONTH)
    line.wire._limits = declared
    return line, transport


REFUSED = said(429, retry_after="60")


async def refusal(line: Line, request: Request = READ) -> TooFast | OutOfBudget:
    with pytest.raises((TooFast, OutOfBudget)) as caught:
        await line.clock.run(line.send(request))
    fault = caught.value
    assert isinstance(fault, TooFast | OutOfBudget)
    return fault


async def test_reads_that_are_refused_after_each_wait_show_a_spent_month() -> None:
    line, transport = metered(REFUSED)
    for _ in range(2):
        assert isinstance(await refusal(line), TooFast)
        await line.clock.advance(60)
    third = await refusal(line)
    assert isinstance(third, OutOfBudget)
    assert third.until == datetime(2026, 6, 1, 0, 1, tzinfo=UTC)
    sent = len(transport.sent)
    assert isinstance(await refusal(line), OutOfBudget)
    assert len(transport.sent) == sent
    transport.said = [said()]
    assert (await line.clock.run(line.send(WRITE))).status == 200
    await line.clock.advance(28 * DAY)
    assert (await line.clock.run(line.send(READ))).status == 200


async def test_writes_that_are_answered_meanwhile_do_not_speak_for_the_reads() -> None:
    line, transport = metered(REFUSED)
    for _ in range(2):
        transport.said = [REFUSED]
        await refusal(line)
        await line.clock.advance(60)
        transport.said = [said()]
        await line.clock.run(line.send(WRITE))
    transport.said = [REFUSED]
    assert isinstance(await refusal(line), OutOfBudget)


async def test_a_read_that_is_answered_begins_the_count_anew() -> None:
    line, transport = metered(REFUSED)
    for _ in range(4):
        transport.said = [REFUSED]
        assert isinstance(await refusal(line), TooFast)
        await line.clock.advance(60)
        assert isinstance(await refusal(line), TooFast)
        await line.clock.advance(60)
        transport.said = [said()]
        await line.clock.run(line.send(READ))


async def test_all_tokens_of_one_app_are_paused_together() -> None:
    clock = VirtualClock()
    pacing = Pacing(clock, MemoryBook())
    one, other = (
        Limits(token, (Window(1000, 60.0),), 10, "app", MONTH) for token in ("one", "other")
    )
    pacing.pause("app", OutOfBudget("Spent.", next_period(clock.now(), MONTH)))
    calls = Calls(clock, pacing)
    for declared in (one, other):
        with pytest.raises(OutOfBudget):
            await clock.run(calls.make(declared, price=Price(1)))
        await clock.run(calls.make(declared, "write"))
    assert calls.names == ["write", "write"]
