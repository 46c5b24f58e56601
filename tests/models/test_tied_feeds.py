"""Records of one moment, as each vendor's own feed pages through them: read by the real client, in
memory that does not grow with their number, and none of them missed.

The vendors are made up as far as they answer page by page what they are asked for, and keep no
record. A vendor's cursor may hold a place and a moment, and never what was read.

Acumatica promises no order and no next page, so that a page which is full only tells where to part
what is asked for: it takes more calls.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ml_connector.core.objects import SourceObject, SourcePage
from ml_connector.core.values import Values
from ml_connector.core.wire import Errand, Response
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.vendors.acumatica.objects import CUSTOMERS as ACUMATICA_CUSTOMERS
from ml_connector.vendors.acumatica.windows import PAGE_SIZE as WINDOW
from ml_connector.vendors.freshbooks.listing import PER_PAGE
from ml_connector.vendors.freshbooks.objects import CLIENTS
from ml_connector.vendors.pipedrive.calls import PAGE_SIZE
from ml_connector.vendors.pipedrive.sources import ORGANIZATIONS
from ml_connector.vendors.quickbooks_online.api import PAGE, SLIP
from ml_connector.vendors.quickbooks_online.objects import CUSTOMERS
from tests.models.test_ties import FLAT_BYTES, peak_of_memory
from tests.support.clock import VirtualClock
from tests.support.searching import is_deep
from tests.vendors.acumatica import given as acumatica
from tests.vendors.freshbooks import given as freshbooks
from tests.vendors.freshbooks.wires import DATE, freshbooks_client
from tests.vendors.pipedrive import given as pipedrive
from tests.vendors.quickbooks_online import given as quickbooks
from tests.vendors.quickbooks_online.wires import asked, quickbooks_client

FEW, MANY = 100_000, 1_000_000
"""In a deep search; else so few as show a growth, since each record is read by the real client."""
MOST_OF_A_CURSOR = 400
"""Characters, however much was read."""
JSON = {"content-type": "application/json", "date": DATE}


@dataclass
class Feed:
    """A vendor that has `total` records of one moment; `mark` is where the poll before it ended.

    `met` has a mark for each record that was shown.
    """

    total: int
    obj: SourceObject
    mark: Values
    page_size: int
    answers: Callable[[Feed, Outgoing], Response]
    client: Callable[[Transport, VirtualClock], Any]
    calls: int = 0
    longest_cursor: int = 0
    met: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.met = bytearray(self.total)

    async def send(self, outgoing: Outgoing) -> Response:
        """Implements `http.transport.Transport`; keeps nothing of what was asked."""
        self.calls += 1
        return self.answers(self, outgoing)

    def numbers(self, begin: int, most: int | None = None) -> range:
        """Of the records on the page that begins there, the first being 1."""
        size = self.page_size if most is None else most
        return range(begin + 1, min(self.total, begin + size) + 1)

    async def read_all(self) -> None:
        """One poll."""
        clock = VirtualClock()
        client, cursor, more = self.client(self, clock), self.mark, True
        while more:
            # An errand notes each call for the audit; what is read is the cursor's own matter.
            page: SourcePage = await clock.run(client.changes(self.obj, cursor, Errand()))
            for record in page.records:
                self.met[int(record.key().removeprefix("C")) - 1] = 1
            cursor, more = page.cursor, page.more
            self.longest_cursor = max(self.longest_cursor, len(json.dumps(cursor)))

    def demand_all(self) -> None:
        assert self.met.count(1) == self.total
        assert self.longest_cursor < MOST_OF_A_CURSOR


# --- the vendors ----------------------------------------------------------------------------------


def _freshbooks(feed: Feed, outgoing: Outgoing) -> Response:
    """Offset pages; `updated_min` knows days only, so that the tie is shown in every poll of it."""
    query = parse_qs(urlsplit(outgoing.url).query)
    page = int(query["page"][0])
    is_deleted = "search[vis_state]" in query
    there = range(0) if is_deleted else feed.numbers((page - 1) * feed.page_size)
    total = 0 if is_deleted else feed.total
    rows = [freshbooks.client_row(n) for n in there]
    shape = {"page": page, "pages": -(-total // feed.page_size), "total": total}
    body = freshbooks.page_of("clients", rows, per_page=feed.page_size, **shape)
    return Response(200, JSON, json.dumps(body).encode())


_PLACE = re.compile(r"FROM Customer WHERE .*LastUpdatedTime.* STARTPOSITION (\d+) MAXRESULTS (\d+)")


def _quickbooks(feed: Feed, outgoing: Outgoing) -> Response:
    """The feed is cut at 1,000; the queries that follow page by offset, in the order of ids."""
    what = asked(outgoing)
    body: Any = quickbooks.preferences()
    if what.startswith("companyinfo"):
        body = quickbooks.company()
    elif what.startswith("cdc "):
        shown = feed.numbers(0, 1_000)
        body = quickbooks.changed(Customer=[quickbooks.customer_row(str(n)) for n in shown])
    elif what.startswith("SELECT"):
        place = _PLACE.search(what)
        there = feed.numbers(int(place[1]) - 1, int(place[2])) if place else ()
        rows = [quickbooks.customer_row(str(n)) for n in there]
        body = quickbooks.queried("Customer", *rows)
    return Response(200, JSON, json.dumps(body).encode())


def _pipedrive(feed: Feed, outgoing: Outgoing) -> Response:
    """Pipedrive's own cursor, which is opaque."""
    query = parse_qs(urlsplit(outgoing.url).query)
    begin = int(query.get("cursor", ["0"])[0])
    there = feed.numbers(begin)
    rows = [
        {"id": n, "name": "Acme", "update_time": "2026-05-04T08:00:00Z",
         "add_time": "2026-05-01T08:00:00Z"}
        for n in there
    ]  # fmt: skip
    end = begin + len(rows)
    return pipedrive.answered(rows, next_cursor=str(end) if end < feed.total else None)


def _acumatica(feed: Feed, outgoing: Outgoing) -> Response:
    """Any rows of the window, as many as may be; all have the one moment `STAMP`."""
    query = parse_qs(urlsplit(outgoing.url).query)
    text = query.get("$filter", [""])[0]
    bounds = dict(re.findall(r"(ge|lt) datetimeoffset'([^']+)'", text))
    is_within = bounds.get("ge", "") <= acumatica.STAMP < bounds.get("lt", "9")
    numbers = {how: int(n) for how, n in re.findall(r"CustomerID (ge|lt) 'C0*([0-9]+)'", text)}
    first, last = numbers.get("ge", 1), numbers.get("lt", feed.total + 1) - 1
    there = range(first, min(last, first + int(query["$top"][0]) - 1) + 1) if is_within else ()
    return acumatica.answered([acumatica.customer(n) for n in there])


def _pipedrive_client(transport: Transport, clock: VirtualClock) -> Any:
    """Of a firm so large that a million records cost less than its tokens of a day."""
    settings = {**pipedrive.SETTINGS, "seats": "100"}
    return pipedrive.bench(transport, settings, clock=clock).client


def _acumatica_client(transport: Transport, clock: VirtualClock) -> Any:
    return acumatica.bench(transport, clock=clock).client


def feed_of(vendor: str, total: int) -> Feed:
    if vendor == "freshbooks":
        mark: Values = {"mark": "2026-05-01T12:00:00+00:00"}
        return Feed(total, CLIENTS, mark, PER_PAGE, _freshbooks, freshbooks_client)
    if vendor == "quickbooks_online":
        mark = {"mark": "2026-05-01T12:00:00.000Z"}
        return Feed(total, CUSTOMERS, mark, 0, _quickbooks, quickbooks_client)
    if vendor == "pipedrive":
        mark = {"mark": "2026-05-03T08:00:00Z", "looked": ""}
        return Feed(total, ORGANIZATIONS, mark, PAGE_SIZE, _pipedrive, _pipedrive_client)
    return Feed(total, ACUMATICA_CUSTOMERS, {}, 0, _acumatica, _acumatica_client)


# --- what they show -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "page_size", "totals"),
    [
        ("freshbooks", PER_PAGE, (2_000, 6_000)),
        ("quickbooks_online", PAGE - SLIP, (2_000, 4_500)),
        ("pipedrive", PAGE_SIZE, (2_500, 10_000)),
        ("acumatica", WINDOW // 4, (2_500, 10_000)),
    ],
)
def test_a_feed_shows_each_of_equal_moments_in_flat_memory(
    vendor: str, page_size: int, totals: tuple[int, int]
) -> None:
    peaks = []
    for total in (FEW, MANY) if is_deep() else totals:
        feed = feed_of(vendor, total)
        with peak_of_memory() as peak:
            asyncio.run(feed.read_all())
        feed.demand_all()
        assert feed.calls <= total / page_size + 16
        peaks.append(peak.bytes)
    assert peaks[1] < peaks[0] + FLAT_BYTES, peaks


@pytest.mark.parametrize("total", [WINDOW - 1, WINDOW, WINDOW + 1])
def test_a_tie_of_about_a_page_at_acumatica_is_shown_once(total: int) -> None:
    feed = feed_of("acumatica", total)
    asyncio.run(feed.read_all())
    feed.demand_all()
    assert feed.calls <= 8
