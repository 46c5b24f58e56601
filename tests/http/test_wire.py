"""The wire of a connection, over real sockets and under a virtual clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from ml_connector.core.faults import (
    AccountClosed,
    Fault,
    Missing,
    NeedsPerson,
    OutOfBudget,
    Refused,
    TokenExpired,
    TooFast,
    UnknownOutcome,
    Unreachable,
)
from ml_connector.core.wire import Request, Response
from ml_connector.http.auth import StaticToken
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import NoAnswer, NotConnected
from tests.http.line import (
    READ,
    WRITE,
    Scripted,
    always,
    line_over,
    said,
    then,
    virtual,
    wired,
)
from tests.http.server import answer
from tests.support.clock import VirtualClock


async def test_what_goes_out() -> None:
    async with wired(always(answer(201, b'{"id":7}'))) as (line, server):
        got = await line.send(replace(WRITE, params={"a": "1,2 é"}, headers={"If-Match": "x"}))
    heard = server.heard[0]
    assert (heard.method, heard.target) == ("POST", "/vendor/things?a=1%2C2+%C3%A9")
    assert json.loads(heard.body) == {"name": "Jürgen"}
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["authorization"] == "Bearer access-1"
    assert heard.headers["if-match"] == "x"
    assert got.json() == {"id": 7}
    sent = line.errand.sent[0]
    assert (sent.method, sent.path, sent.status, sent.tokens) == ("POST", "/vendor/things", 201, 5)


async def test_a_form_and_an_unauthenticated_call() -> None:
    request = Request("POST", "/x", form={"a": "b c"}, authenticated=False)
    async with wired(always(answer())) as (line, server):
        await line.send(request)
    assert server.heard[0].body == b"a=b+c"
    assert server.heard[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in server.heard[0].headers


async def test_a_body_of_another_kind_goes_out_as_it_is() -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    request = Request("POST", "/x", content=b"--b\x00--", headers=headers)
    async with wired(always(answer())) as (line, server):
        await line.send(request)
    assert server.heard[0].body == b"--b\x00--"
    assert server.heard[0].headers["content-type"] == "multipart/form-data; boundary=b"


async def test_a_path_that_holds_a_secret_is_noted_without_it() -> None:
    async with wired(always(answer())) as (line, _):
        line.redactor.learn("secret-path-part")
        await line.send(Request("GET", "/hooks/secret-path-part?api_token=abcdefgh"))
    assert line.errand.sent[0].path == "/vendor/hooks/[hidden]"


UNREADABLE = answer(200, b"<html>log in</html>", "text/html")
TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{}"


@pytest.mark.parametrize(
    ("said", "statuses"),
    [(None, [0]), (TRUNCATED, [0]), (answer(500), [500]), (answer(503, b"<html>"), [503]),
     (UNREADABLE, [200]), (answer(200, b'{"id":'), [200]), (answer(408), [408]),
     (answer(520), [520])],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_write_without_a_good_answer_is_unknown_and_sent_once(
    said: bytes | None, statuses: list[int], method: str
) -> None:
    async with wired(always(said)) as (line, server):
        with pytest.raises(UnknownOutcome):
            await line.send(replace(WRITE, method=method))
        assert len(server.heard) == 1
    assert line.statuses == statuses


async def test_a_write_that_is_never_answered_is_unknown() -> None:
    async with wired(always(answer()), hang_after=0, timeout_seconds=0.2) as (line, server):
        with pytest.raises(UnknownOutcome):
            await line.send(WRITE)
        assert len(server.heard) == 1


async def test_a_request_may_have_its_own_patience_and_be_waited_with() -> None:
    async with wired(always(answer()), hang_after=0) as (line, _):
        with pytest.raises(UnknownOutcome):
            await line.send(replace(WRITE, timeout_seconds=0.2, after_seconds=7))
        assert line.clock.monotonic() >= 7


async def test_an_empty_answer_to_a_write_is_good_until_somebody_wants_to_read_it() -> None:
    async with wired(always(answer(204, b""))) as (line, _):
        got = await line.send(WRITE)
        with pytest.raises(UnknownOutcome):
            got.json()


@pytest.mark.parametrize(
    ("said", "kind"),
    [(answer(400), Refused), (answer(404), Missing), (answer(501), Refused),
     (answer(302), NeedsPerson), (answer(418), Refused)],
)  # fmt: skip
async def test_a_definite_answer_to_a_write_is_definite(said: bytes, kind: type[Fault]) -> None:
    async with wired(always(said)) as (line, server):
        with pytest.raises(kind):
            await line.send(WRITE)
        assert len(server.heard) == 1


@pytest.mark.parametrize("said", [None, TRUNCATED, answer(500), answer(503, b"<html>")])
async def test_a_read_is_tried_again(said: bytes | None) -> None:
    async with wired(then(said, said, answer(200, b'{"a":1}'))) as (line, _):
        assert (await line.send(READ)).json() == {"a": 1}
        assert line.clock.monotonic() > 0.5
    assert line.statuses[-1] == 200
    assert line.errand.calls == 3
    assert line.errand.tokens == 6


async def test_a_read_is_not_tried_for_ever() -> None:
    async with wired(always(answer(500))) as (line, server):
        with pytest.raises(Unreachable):
            await line.send(READ)
        assert len(server.heard) == 3


async def test_a_refused_read_is_not_tried_again() -> None:
    async with wired(always(answer(404))) as (line, server):
        with pytest.raises(Missing):
            await line.send(READ)
        assert len(server.heard) == 1


async def test_an_expired_token_is_renewed_once_for_reads_and_writes() -> None:
    for request in (READ, WRITE):
        for expired in (answer(401), answer(200, b'{"fault":"token"}')):
            async with wired(then(expired, answer())) as (line, server):
                await line.send(request)
            proofs = [heard.headers["authorization"] for heard in server.heard]
            assert proofs == ["Bearer access-1", "Bearer access-2"]
            assert line.grant.renewals == [{"authorization": "Bearer access-1"}]


async def test_a_token_that_is_refused_even_when_new_needs_a_person() -> None:
    async with wired(always(answer(401))) as (line, server):
        with pytest.raises(NeedsPerson):
            await line.send(READ)
        assert len(server.heard) == 2
    assert len(line.grant.renewals) == 1


async def test_an_unauthenticated_call_renews_nothing() -> None:
    async with wired(always(answer(401))) as (line, _):
        with pytest.raises(TokenExpired):
            await line.send(replace(READ, authenticated=False))
    assert line.grant.renewals == []


@pytest.mark.parametrize("request_made", [READ, WRITE])
async def test_what_never_arrived_is_sent_again(request_made: Request) -> None:
    gone = NotConnected("the connection was refused")
    line, transport = virtual(gone, gone, said())
    await line.clock.run(line.send(request_made))
    assert len(transport.sent) == 3
    assert line.statuses == [200]  # what was not sent is not in the audit


async def test_what_never_arrives_is_unreachable_and_no_unknown_write() -> None:
    line, _ = virtual(NotConnected("the connection was refused"))
    with pytest.raises(Unreachable):
        await line.clock.run(line.send(WRITE))
    assert line.errand.sent == []


async def test_a_forbidden_address_is_a_persons_business() -> None:
    line, transport = virtual(NotConnected("10.0.0.1 is not public", forbidden=True))
    with pytest.raises(NeedsPerson, match=r"10\.0\.0\.1 is not public\."):
        await line.clock.run(line.send(READ))
    assert len(transport.sent) == 1


@pytest.mark.parametrize("request_made", [READ, WRITE])
async def test_a_full_window_is_waited_for_where_that_is_short(request_made: Request) -> None:
    line, transport = virtual(said(429, retry_after="4"), said())
    await line.clock.run(line.send(request_made))
    assert [at for at, _ in transport.sent] == [0.0, pytest.approx(4.1)]


async def test_a_long_wait_is_raised_and_holds_for_all_who_share_the_token() -> None:
    line, transport = virtual(said(429, retry_after="60"), said())
    for _ in range(2):
        with pytest.raises(TooFast):
            await line.clock.run(line.send(READ))
    assert len(transport.sent) == 1
    await line.clock.advance(60)
    await line.clock.run(line.send(READ))
    assert len(transport.sent) == 2


async def test_a_window_that_stays_full_is_not_asked_for_ever() -> None:
    line, transport = virtual(said(429, retry_after="1"))
    with pytest.raises(TooFast):
        await line.clock.run(line.send(READ))
    assert len(transport.sent) == 3


@pytest.mark.parametrize(
    ("refusal", "kind", "hours"),
    [(said(429, retry_after="day"), OutOfBudget, 5), (said(402), AccountClosed, 72)],
)
async def test_a_closed_company_is_left_alone_but_for_a_probe(
    refusal: Response, kind: type[Fault], hours: int
) -> None:
    line, transport = virtual(refusal, refusal, said())
    for _ in range(3):
        with pytest.raises(kind):
            await line.clock.run(line.send(WRITE))
    assert len(transport.sent) == 1
    with pytest.raises(kind):
        await line.clock.run(line.wire.as_probe().send(READ, line.errand))
    assert len(transport.sent) == 2
    await line.clock.advance(hours * 3600)
    await line.clock.run(line.send(WRITE))
    await line.clock.run(line.send(WRITE))
    assert len(transport.sent) == 4


async def test_the_answers_headers_slow_us_down() -> None:
    line, transport = virtual(said(x_left="0"), said())
    await line.clock.run(line.send(READ))
    await line.clock.run(line.send(READ))
    assert [at for at, _ in transport.sent] == [0.0, pytest.approx(2.1)]


async def test_headers_that_cannot_be_read_do_not_spoil_a_write() -> None:
    line, _ = virtual(said(x_left="many"))
    assert (await line.clock.run(line.send(WRITE))).status == 200


Place = tuple[dict[str, str], str | None, str, str]


@pytest.mark.parametrize(
    ("settings", "told", "path", "url"),
    [
        ({}, None, "/v2/deals", "https://api.vendor.example/v2/deals"),
        ({}, "https://acme.vendor.example", "v2/deals", "https://acme.vendor.example/v2/deals"),
        ({"base_url": "https://own.example/p/"}, "https://acme.vendor.example", "/v2/d/",
         "https://own.example/p/v2/d/"),
        ({}, None, "https://next.vendor.example/page?c=1", "https://next.vendor.example/page?c=1"),
        ({}, None, "/a b/é?x=1", "https://api.vendor.example/a%20b/%C3%A9?x=1"),
    ],
)  # fmt: skip
async def test_where_it_goes(
    settings: dict[str, str], told: str | None, path: str, url: str
) -> None:
    line, transport = virtual(said(), **settings)
    line.grant.base = told
    await line.clock.run(line.send(Request("GET", path)))
    assert transport.sent[0][1].url == url


@pytest.mark.parametrize("path", ["https://evil.example/x", "http://api.vendor.example/x"])
async def test_a_token_never_goes_elsewhere(path: str) -> None:
    line, transport = virtual(said())
    with pytest.raises(NeedsPerson):
        await line.clock.run(line.send(Request("GET", path)))
    line.grant.base = "https://evil.example"
    with pytest.raises(NeedsPerson):
        await line.clock.run(line.send(READ))
    assert transport.sent == []


async def test_a_static_token_that_is_refused_needs_a_person() -> None:
    clock = VirtualClock()
    token = StaticToken("X-Api-Token", "static-secret", Redactor())
    line = line_over(Scripted(clock, said(401)), {}, clock, token)
    with pytest.raises(NeedsPerson, match="not accepted"):
        await clock.run(line.send(READ))


FAULTS: list[Callable[[], Response | Exception]] = [
    lambda: NoAnswer("cut"),
    lambda: NotConnected("refused"),
    *(lambda status=status: said(status) for status in (200, 204, 301, 400, 401, 402, 404, 500)),
    lambda: said(429, retry_after="1"),
    lambda: said(200, b"<html>"),
]


@pytest.mark.parametrize("first", FAULTS)
@pytest.mark.parametrize("second", FAULTS)
async def test_no_write_is_sent_after_one_that_may_have_had_an_effect(
    first: Callable[[], Response | Exception], second: Callable[[], Response | Exception]
) -> None:
    """Whatever two answers come, only a try that had no effect is followed by another one."""
    script = [first(), second(), said()]
    line, transport = virtual(*script)
    raised: Fault | None = None
    try:
        await line.clock.run(line.send(WRITE))
    except Fault as fault:
        raised = fault
    harmless = [isinstance(s, NotConnected) or (isinstance(s, Response) and s.status in (401, 429))
                for s in script]  # fmt: skip
    assert all(harmless[: len(transport.sent) - 1])
    last = script[len(transport.sent) - 1]
    lost = isinstance(last, NoAnswer) or (isinstance(last, Response) and (
        last.status == 500 or last.body == b"<html>"))  # fmt: skip
    assert isinstance(raised, UnknownOutcome) == lost
