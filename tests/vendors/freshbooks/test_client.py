"""The client: what it asks, and what it makes of answers that a filter should have narrowed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ml_connector.core.faults import Mistake, NeedsPerson, Refused, UnknownOutcome, Unreachable
from ml_connector.core.objects import SourceModel
from ml_connector.core.values import Values
from ml_connector.core.vendor import Handshake
from ml_connector.http.transport import Outgoing
from ml_connector.vendors.freshbooks.objects import CLIENTS, INVOICES, PAYMENTS, Glimpse, Invoice
from tests.vendors.freshbooks.given import (
    ACCOUNT,
    ONE,
    client_row,
    identity_body,
    invoice_row,
    money,
    page_of,
    payment_row,
)
from tests.vendors.freshbooks.wires import Bench, always

RECORD = re.compile(r"/(clients|invoices|payments)/(\d+)$")


def query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query)


class Cabinet:
    """Answers as FreshBooks would, from these rows; `filters` false ignores all of them."""

    def __init__(self, noun: str, *rows: dict[str, Any], filters: bool = True) -> None:
        self.noun = noun
        self.rows = {str(row["id"]): row for row in rows}
        self.filters = filters

    def __call__(self, sent: Outgoing) -> tuple[int, Any]:
        one = RECORD.search(urlsplit(sent.url).path)
        if one is not None:
            return self._one(one.group(2))
        asked = query(sent.url)
        rows = list(self.rows.values())
        if self.filters:
            wanted = 1 if ("search[vis_state]", "1") in asked else 0
            ids = [value for name, value in asked if name.endswith("[]") and "search" in name]
            rows = [r for r in rows if (r["vis_state"] == 1) == bool(wanted)]
            rows = [r for r in rows if not ids or str(r["id"]) in ids]
        return 200, page_of(self.noun, rows)

    def _one(self, id: str) -> tuple[int, Any]:
        if id not in self.rows:
            error = {"errno": 1012, "message": "Not found.", "value": id}
            return 404, {"response": {"errors": [error]}}
        return 200, {"response": {"result": {ONE[self.noun]: self.rows[id]}}}


def shown(found: dict[str, SourceModel | None]) -> dict[str, str]:
    return {key: record.key() if record else "gone" for key, record in found.items()}


async def test_who_we_are() -> None:
    bench = Bench(always(200, identity_body((ACCOUNT, "Acme"))), account="")
    me = await bench.run(bench.client.identify(bench.errand))
    assert (me.account, me.name, me.user) == (ACCOUNT, "Acme", "7788")
    assert me.detail["user_email"] == "ada@acme.example"
    assert bench.urls == ["/auth/api/v1/users/me"]


@pytest.mark.parametrize(
    ("wanted", "account"), [("", ""), ("Bb2", "Bb2"), ("nope", ""), (ACCOUNT, ACCOUNT)]
)
async def test_a_user_in_several_businesses_says_which(wanted: str, account: str) -> None:
    body = identity_body((ACCOUNT, "Acme"), ("Bb2", "Beta"))
    bench = Bench(always(200, body), account="", settings={"account_id": wanted})
    asking = bench.run(bench.client.identify(bench.errand))
    if account:
        assert (await asking).account == account
        return
    with pytest.raises(Mistake, match=f"account_id={ACCOUNT}.*account_id=Bb2"):
        await asking


async def test_a_user_without_books_needs_a_person() -> None:
    body = identity_body()
    body["response"]["business_memberships"] = [
        {"id": 1, "role": "client", "business": {"id": 2, "name": "X", "account_id": None}}
    ]
    bench = Bench(always(200, body), account="")
    with pytest.raises(NeedsPerson):
        await bench.run(bench.client.identify(bench.errand))


async def test_a_page_that_is_none_of_freshbooks_is_told_so() -> None:
    answers: list[object] = [
        b"<html></html>",
        {"data": []},
        {"response": {"result": {"others": []}}},
    ]
    for answer in answers:
        bench = Bench(always(200, answer))
        with pytest.raises(Unreachable):
            await bench.run(bench.client.changes(CLIENTS, {}, bench.errand))


async def test_a_poll_asks_both_listings_a_hundred_a_page() -> None:
    bench = Bench(Cabinet("clients", client_row(), client_row(43, vis_state=1)))
    cursor: Values = {"mark": "2026-05-01T14:00:00Z"}
    page = await bench.run(bench.client.changes(CLIENTS, cursor, bench.errand))
    assert [r.key() for r in page.records] == ["42"]
    assert (page.more, page.gone) == (True, ())
    assert page.read_at is not None
    page = await bench.run(bench.client.changes(CLIENTS, page.cursor, bench.errand))
    assert (page.records, page.gone) == ((), (("clients", "43"),))
    assert not page.more
    common = [("page", "1"), ("per_page", "100")]
    since = ("search[updated_min]", "2026-04-30")
    assert [query(url) for url in bench.urls] == [
        [since, *common],
        [since, ("search[vis_state]", "1"), *common],
    ]
    assert bench.urls[0].startswith(f"/accounting/account/{ACCOUNT}/users/clients?")


async def test_filters_that_are_ignored_are_seen_on_the_rows() -> None:
    rows = (client_row(), client_row(43, vis_state=1), client_row(44, vis_state=2))
    bench = Bench(Cabinet("clients", *rows, filters=False))
    cursor: Values = {"mark": "2026-05-01T14:00:00Z"}
    for _ in range(2):
        page = await bench.run(bench.client.changes(CLIENTS, cursor, bench.errand))
        assert [r.key() for r in page.records] == ["42", "44"]
        assert page.gone == (("clients", "43"),)
        cursor = page.cursor
    assert set(await bench.run(bench.client.all_keys(CLIENTS, bench.errand))) == {"42", "44"}


async def test_a_deletion_that_was_told_long_ago_is_not_told_again() -> None:
    old = client_row(43, vis_state=1, updated="2026-05-01 05:00:00")
    bench = Bench(Cabinet("clients", client_row(), old))
    cursor: Values = {"mark": "2026-05-01T14:00:00Z", "deleted": True, "page": 1}
    page = await bench.run(bench.client.changes(CLIENTS, cursor, bench.errand))
    assert page.gone == ()


async def test_one_unreadable_row_does_not_stop_a_poll() -> None:
    rows = (invoice_row(), invoice_row(8, amount=money("lots")))
    bench = Bench(Cabinet("invoices", *rows))
    page = await bench.run(bench.client.changes(INVOICES, {}, bench.errand))
    assert [isinstance(r, Glimpse) for r in page.records] == [False, True]


@pytest.mark.parametrize("filters", [True, False])
async def test_a_batch_is_one_listing_and_what_it_leaves_out_is_read_alone(filters: bool) -> None:
    rows = (payment_row(1), payment_row(2), payment_row(3, vis_state=1), payment_row(9))
    bench = Bench(Cabinet("payments", *rows, filters=filters))
    found = await bench.run(bench.client.read(PAYMENTS, ["1", "2", "3", "4"], bench.errand))
    assert shown(found) == {"1": "1", "2": "2", "3": "gone", "4": "gone"}
    assert [RECORD.search(url) is not None for url in bench.urls] == [False, True, True]
    ids = [("search[logids][]", id) for id in ("1", "2", "3", "4")]
    assert query(bench.urls[0])[:4] == ids


async def test_a_single_invoice_comes_with_its_lines() -> None:
    row = invoice_row(lines=[{"amount": money("40.00")}])
    bench = Bench(Cabinet("invoices", row))
    found = await bench.run(bench.client.read(INVOICES, ["90210"], bench.errand))
    record = found["90210"]
    assert isinstance(record, Invoice)
    assert record.net is not None
    assert bench.urls == [
        f"/accounting/account/{ACCOUNT}/invoices/invoices/90210?include%5B%5D=lines"
    ]


async def test_a_deleted_record_is_gone_whichever_way_it_is_told() -> None:
    deleted = {"response": {"errors": [{"errno": 1011, "message": "Deleted"}]}}
    still_shown = {"response": {"result": {"client": client_row(vis_state=1)}}}
    told: list[tuple[int, object]] = [
        (200, still_shown),
        (404, deleted),
        (422, deleted),
        (200, deleted),
    ]
    for status, answer in told:
        bench = Bench(always(status, answer))
        assert await bench.run(bench.client.read(CLIENTS, ["42"], bench.errand)) == {"42": None}


async def test_an_archived_record_is_there() -> None:
    bench = Bench(Cabinet("clients", client_row(vis_state=2)))
    found = await bench.run(bench.client.read(CLIENTS, ["42"], bench.errand))
    assert found["42"] is not None


async def test_what_is_no_number_is_no_id_and_nobody_is_asked() -> None:
    bench = Bench(Cabinet("clients"))
    keys = ["abc", "../invoices", "4 2"]
    assert await bench.run(bench.client.read(CLIENTS, keys, bench.errand)) == dict.fromkeys(keys)
    assert bench.urls == []


async def test_an_unreadable_record_of_a_batch_is_refused_by_name() -> None:
    rows = (invoice_row(1), invoice_row(2, paid=money("x")))
    bench = Bench(Cabinet("invoices", *rows))
    with pytest.raises(Refused, match="invoice 2 cannot be read: paid"):
        await bench.run(bench.client.read(INVOICES, ["1", "2"], bench.errand))


async def test_open_invoices_are_those_with_something_left_whatever_the_filter_did() -> None:
    rows = (invoice_row(1), invoice_row(2, outstanding=money("0.00")), invoice_row(3, vis_state=1))
    bench = Bench(Cabinet("invoices", *rows, filters=False))
    found = await bench.run(bench.client.open_keys(INVOICES, bench.errand))
    assert [record.key() for record in found] == ["1"]
    assert ("search[outstanding]", "true") in query(bench.urls[0])
    assert await bench.run(bench.client.open_keys(CLIENTS, bench.errand)) == []


async def test_pages_are_followed_as_long_as_they_really_are() -> None:
    def answer(sent: Outgoing) -> tuple[int, Any]:
        page = int(dict(query(sent.url))["page"])
        rows = [client_row(id) for id in range(page * 10, page * 10 + 10)] if page < 4 else []
        return 200, page_of("clients", rows, page=page, pages=3, per_page=10, total=30)

    bench = Bench(answer)
    assert len(await bench.run(bench.client.all_keys(CLIENTS, bench.errand))) == 30
    assert len(bench.urls) == 3


async def test_an_empty_page_ends_a_listing_that_promised_more() -> None:
    bench = Bench(always(200, page_of("clients", [], pages=7, total=0)))
    assert await bench.run(bench.client.all_keys(CLIENTS, bench.errand)) == {}
    assert len(bench.urls) == 1


# --- callbacks -------------------------------------------------------------------------------


def callback(id: int = 3107, **more: Any) -> dict[str, Any]:
    return {"callbackid": id, "event": "invoice", "uri": "https://h.example/hooks/t",
            "verified": False, "updated_at": "2026-05-04T09:00:00Z", **more}  # fmt: skip


def single(**more: Any) -> dict[str, Any]:
    return {"response": {"result": {"callback": callback(**more)}}}


async def test_callbacks_are_made_listed_confirmed_resent_and_removed() -> None:
    def answer(sent: Outgoing) -> tuple[int, Any]:
        if sent.method == "GET":
            return 200, page_of("callbacks", [callback(), callback(3108, verified=True)])
        if sent.method == "DELETE":
            return 204, b""
        return 200, single(verified=b"verifier" in (sent.body or b""))

    bench = Bench(answer)
    client, errand = bench.client, bench.errand
    made = await bench.run(client.subscribe("invoice", "https://h.example/hooks/t", {}, errand))
    assert (made.id, made.event, made.healthy) == ("3107", "invoice", False)
    standing = await bench.run(client.subscriptions(errand))
    assert [(s.id, s.healthy) for s in standing] == [("3107", False), ("3108", True)]
    await bench.run(client.confirm(Handshake("3107", "code"), errand))
    await bench.run(client.introduce_again("3107", errand))
    await bench.run(client.unsubscribe("3107", errand))
    root = f"/events/account/{ACCOUNT}/events/callbacks"
    assert [(o.method, o.url.split(root)[1].split("?")[0], o.body) for o in bench.desk.asked] == [
        ("POST", "", b'{"callback":{"event":"invoice","uri":"https://h.example/hooks/t"}}'),
        ("GET", "", None),
        ("PUT", "/3107", b'{"callback":{"verifier":"code"}}'),
        ("PUT", "/3107", b'{"callback":{"resend":true}}'),
        ("DELETE", "/3107", None),
    ]


async def test_a_code_that_does_not_verify_is_refused() -> None:
    wrong = {"errno": 422, "message": "No.", "details": ["verifier: is wrong"]}
    for status, body in ((200, single()), (422, wrong)):
        bench = Bench(always(status, body))
        with pytest.raises(Refused):
            await bench.run(bench.client.confirm(Handshake("3107", "x"), bench.errand))


async def test_a_callback_whose_answer_is_lost_has_an_unknown_outcome() -> None:
    for status, body in ((502, b""), (200, b"<html>"), (200, {"odd": 1})):
        bench = Bench(always(status, body))
        with pytest.raises(UnknownOutcome):
            await bench.run(bench.client.subscribe("client", "https://h", {}, bench.errand))
        assert len(bench.desk.asked) == 1
