"""Webhooks on their way: at once, again where refused, and as the ordered faults have it."""

from __future__ import annotations

from typing import Any

import pytest

from ml_sandbox.deliveries import MOST_KEPT, Delivery, Posting
from tests.support.clock import settle
from tests.support.sandbox import InProcessSandbox

RECEIVER = "http://127.0.0.1:9/hooks/abc"


@pytest.fixture
async def told(sandbox: InProcessSandbox) -> InProcessSandbox:
    """The toys' portal sends to the receiver."""
    await sandbox.control(
        "PUT", "toy/webhook", {"url": RECEIVER, "secret": "s3", "events": ["thing.created"]}
    )
    return sandbox


async def create(sandbox: InProcessSandbox, *names: str) -> None:
    for name in names:
        await sandbox.control("POST", "toy/things", {"name": name})
    await settle()


def ids(sandbox: InProcessSandbox) -> list[str]:
    return [posted.json["id"] for posted in sandbox.outbox.posted]


async def counted(sandbox: InProcessSandbox) -> dict[str, int]:
    counters: dict[str, Any] = await sandbox.control("GET", "counters")
    found: dict[str, int] = counters["webhooks"]["toy"]
    return found


async def test_it_leaves_at_once(told: InProcessSandbox) -> None:
    await create(told, "New")
    (posted,) = told.outbox.posted
    assert (posted.url, posted.headers["x-secret"], posted.at_seconds) == (RECEIVER, "s3", 0)
    assert posted.json == {"what": "created", "id": "4", "attempt": 1}
    assert await counted(told) == {"sent": 1, "answered": 1, "retried": 0, "dropped": 0}


async def test_what_was_answered_is_shown_as_it_went_out(told: InProcessSandbox) -> None:
    told.outbox.answers = [500]
    await create(told, "New")
    await told.advance(10)
    sent = [posted.body.decode() for posted in told.outbox.posted]
    shown = {"vendor": "toy", "topic": "thing.created", "body": sent[1]}
    assert (len(sent), await told.control("GET", "deliveries")) == (
        2, {"answered": [shown], "forgotten": 0},
    )  # fmt: skip


async def test_of_many_that_were_answered_the_newest_are_shown(told: InProcessSandbox) -> None:
    await create(told, *(f"T{n}" for n in range(MOST_KEPT + 1)))
    kept = await told.control("GET", "deliveries")
    assert (len(kept["answered"]), kept["forgotten"]) == (MOST_KEPT, 1)


@pytest.mark.parametrize("answer", [500, 302, 404])
async def test_a_refused_one_comes_again_in_sandbox_time(
    told: InProcessSandbox, answer: int
) -> None:
    told.outbox.answers = [answer, answer]
    await create(told, "New")
    await told.advance(9)
    assert len(told.outbox.posted) == 1
    await told.advance(1)
    assert len(told.outbox.posted) == 2
    await told.advance(60)
    assert [posted.json["attempt"] for posted in told.outbox.posted] == [1, 2, 3]
    assert await counted(told) == {"sent": 1, "answered": 1, "retried": 2, "dropped": 0}


async def test_silence_is_waited_for_and_tried_again(told: InProcessSandbox) -> None:
    told.outbox.answers = [None]
    await create(told, "New")
    await told.clock.advance(10 + 10)
    assert [posted.at_seconds for posted in told.outbox.posted] == [0, 20]


async def test_it_is_given_up_in_the_end(told: InProcessSandbox) -> None:
    told.outbox.answers = [500] * 9
    await create(told, "New")
    await told.clock.advance(3600)
    assert [posted.at_seconds for posted in told.outbox.posted] == [0, 10, 70]
    assert await counted(told) == {"sent": 1, "answered": 0, "retried": 2, "dropped": 1}


async def test_drop(told: InProcessSandbox) -> None:
    await told.order({"vendor": "toy", "kind": "webhook_drop", "times": 1})
    await create(told, "Lost", "Found")
    assert ids(told) == ["5"]
    assert await counted(told) == {"sent": 1, "answered": 1, "retried": 0, "dropped": 1}


async def test_duplicate(told: InProcessSandbox) -> None:
    await told.order({"kind": "webhook_duplicate", "times": 1})
    await create(told, "Twice", "Once")
    assert sorted(ids(told)) == ["4", "4", "5"]


async def test_reorder_lets_the_next_one_overtake(told: InProcessSandbox) -> None:
    await told.order({"kind": "webhook_reorder", "times": 1})
    await create(told, "Held")
    assert ids(told) == []
    await create(told, "Overtakes", "Third")
    assert ids(told)[0] == "5"
    assert sorted(ids(told)) == ["4", "5", "6"]


async def test_reorder_does_not_wait_for_ever(told: InProcessSandbox) -> None:
    await told.order({"kind": "webhook_reorder", "times": 1, "seconds": 4})
    await create(told, "Held")
    await told.advance(4)
    assert ids(told) == ["4"]


async def test_delay(told: InProcessSandbox) -> None:
    await told.order({"kind": "webhook_delay", "seconds": 120, "times": 1})
    await create(told, "Late", "Prompt")
    assert ids(told) == ["5"]
    await told.advance(119)
    assert ids(told) == ["5"]
    await told.advance(1)
    assert ids(told) == ["5", "4"]


async def test_a_vendor_that_sends_in_line_hears_what_stands_aside(told: InProcessSandbox) -> None:
    aside: list[str] = []
    for kind in ("webhook_drop", "webhook_reorder", "webhook_delay", "webhook_duplicate"):
        await told.order({"kind": kind, "operation": kind, "times": 1})
        told.app.world.deliveries.send(
            Delivery(
                "toy",
                kind,
                lambda _: Posting(RECEIVER, {}, b'{"id": "0"}'),
                lambda *_: None,
                aside=lambda kind=kind: aside.append(kind),  # type: ignore[misc]  # bound now
            )
        )
    assert aside == ["webhook_drop", "webhook_reorder", "webhook_delay"]


async def test_the_operation_of_a_webhook_fault_is_the_event(told: InProcessSandbox) -> None:
    await told.order({"kind": "webhook_drop", "operation": "thing.cr*"})
    await create(told, "Lost")
    await told.control("PATCH", "toy/things/4", {"name": "Renamed"})
    await settle()
    assert [posted.json["what"] for posted in told.outbox.posted] == ["changed"]


async def test_a_reset_drops_what_is_on_its_way(told: InProcessSandbox) -> None:
    told.outbox.answers = [500]
    await create(told, "New")
    await told.control("POST", "reset", {})
    await told.clock.advance(3600)
    assert len(told.outbox.posted) == 1
