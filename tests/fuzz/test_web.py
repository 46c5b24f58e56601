"""Requests to the real web application, bent in every way: the right status, and never a 500.

Deliveries are the sandbox's own of every vendor that posts, changed in one or two places; a
delivery that is answered 2xx has left a row, or is one that makes nothing pending by its nature.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from ml_connector.app import App, Home
from ml_connector.core.vendor import Delivery, Vendor
from ml_connector.core.wire import Response
from ml_connector.settings import load_settings
from ml_connector.store.keyring import keyring_source
from ml_connector.store.tables import handshakes, inbox
from ml_connector.web.asgi import make_app
from ml_connector.web.bounds import Bounds
from tests.contract.stand import Stand
from tests.contract.test_webhooks import PROVEN, happenings, subscribe
from tests.fuzz.spoiling import BODIES, Bent, Cut, Doubled, Spoil, Whole, junk
from tests.support.sandbox import Posted
from tests.support.searching import searching

BOUNDS = Bounds(body_bytes=200_000, dropped_bytes=400_000)
STATUSES = (200, 400, 401, 404, 405, 413, 429)
PATHS = (
    "/", "/healthz", "/readyz", "/metrics", "/oauth/callback", "/hooks", "/hooks/", "/hooks/x",
    "/hooks/x/y", "/hooks/x/y/z", "/hooks//", "/hooks/%00", "/hooks/%ff", "/hooks/%25", "/hooks/_",
    "/hooks/..", "/oauth/callback/", "/../etc/passwd", "//", "/hooks/" + "x" * 20_000, "/api/v1",
    "/hooks/\udcff", "/oauth", "/hooks/%ED%A0%80",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X", "")
QUERIES = (
    b"", b"state=", b"state=x&code=y", b"state=%ff", b"state=%00", b"state=" + b"x" * 9_000, b"%",
    b"state=%ED%A0%80&code=%ED%A0%80", b"&&&==", b"state=a&state=b", b"error=access_denied&state=x",
    b"\xff\xfe",
)  # fmt: skip
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-type", b""), (b"content-type", b"text/plain; charset=x"), (b"content-length", b"-1"),
    (b"content-length", b"x"), (b"content-length", b"9" * 30), (b"content-encoding", b"gzip"),
    (b"transfer-encoding", b"x"), (b"host", b""), (b"host", b"[::"), (b"host", b"a b"),
    (b"host", b"\xff"), (b"x-forwarded-for", b"\xff, , ::"), (b"authorization", b"\xff"),
    (b"authorization", b"Basic !!!"), (b"authorization", b"Basic /////w=="), (b"\xff", b"\xff"),
    (b"x-wave-signature", b"t=,v1="), (b"x-wave-signature", b"t=" + b"9" * 5_000 + b",v1=a"),
    (b"intuit-signature", b"\xe9"), (b"x-freshbooks-hmac-sha256", b"\x80"), (b"cookie", b"=;"),
)  # fmt: skip

Pairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class Sent:
    """A request as an ASGI server would hand it on."""

    method: str
    path: str
    query: bytes
    headers: Pairs
    body: bytes


async def ask(app: Any, sent: Sent) -> tuple[int, bytes]:
    """Its status and body; an exception of the application is one of the test's."""
    told: list[Any] = []
    parts = [sent.body[i : i + 65_536] for i in range(0, len(sent.body), 65_536)] or [b""]

    async def receive() -> dict[str, Any]:
        if not parts:
            return {"type": "http.disconnect"}
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": sent.method,
        "scheme": "http", "path": sent.path, "raw_path": sent.path.encode("utf-8", "replace"),
        "query_string": sent.query, "root_path": "", "headers": list(sent.headers),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8765), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    body = b"".join(m.get("body", b"") for m in told if m["type"] == "http.response.body")
    return told[0]["status"], body


class Site:
    """The web application over one vendor's stand, for many examples, in a loop of its own."""

    def __init__(self, vendor: Vendor, home: Path) -> None:
        self._runner = asyncio.Runner()
        self._home = Home(home)
        self.stand = Stand(vendor=vendor, public=True, customers=3, invoices=4, checked=False)

    def __enter__(self) -> Site:
        self.posted = self._runner.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.stand.__aexit__(None))
        self._runner.close()

    async def _open(self) -> list[Posted]:
        await self.stand.__aenter__()
        if self.stand.vendor in PROVEN:
            await subscribe(self.stand)
            return await happenings(self.stand)
        return []

    def ask(self, sent: Sent) -> tuple[int, int, int]:
        """The status, and how many rows there were before and after."""
        return self._runner.run(self._ask(sent))

    async def _ask(self, sent: Sent) -> tuple[int, int, int]:
        stand = self.stand
        await stand.clock.advance(120)  # so that no example is refused for those before it
        source = keyring_source(self._home.keyring, None)
        app = App(
            self._home,
            load_settings(self._home.settings),
            stand.res,
            stand.res.redactor,
            stand.ingest,
            source,
        )
        before = await self._rows()
        status, _ = await stand.run(ask(make_app(app, lambda: True, BOUNDS), sent))
        return status, before, await self._rows()

    async def _rows(self) -> int:
        def work(conn: Any) -> int:
            times = conn.execute(select(func.sum(inbox.c.times))).scalar() or 0
            codes = conn.execute(select(func.count()).select_from(handshakes)).scalar() or 0
            return int(times) + int(codes)

        return await self.stand.store.read(work)


def wire_headers(told: Mapping[str, str]) -> Pairs:
    return tuple((k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in told.items())


body_spoils: st.SearchStrategy[Spoil] = st.one_of(
    st.builds(Bent, st.integers(0, 60), st.sampled_from(("put", "put", "drop", "wrap")), junk),
    st.sampled_from(BODIES).map(Whole),
    st.builds(Cut, st.integers(0, 999), st.sampled_from((b"", b"\xff", b"\x00"))),
    st.builds(Doubled, st.sampled_from(("null", "[]", '"x"'))),
    st.just(Whole(b"x" * 300_000)),
)


def spoilt(body: bytes, spoil: Spoil) -> bytes:
    return spoil(None, Response(200, {}, body)).body  # type: ignore[arg-type]  # nothing is echoed


@pytest.mark.parametrize("vendor", PROVEN, ids=lambda vendor: vendor.name)
def test_a_delivery_that_was_changed_is_refused_or_kept(vendor: Vendor, tmp_path: Path) -> None:
    with Site(vendor, tmp_path) as site:
        assert site.posted

        @searching(60)
        @given(data=st.data())
        def one(data: st.DataObject) -> None:
            posted = data.draw(st.sampled_from(site.posted[:20]))
            headers, body = wire_headers(posted.headers), posted.body
            path = "/hooks/" + posted.url.split("/hooks/")[1]
            how = data.draw(
                st.sampled_from(("none", "body", "body", "header", "cut", "twice", "path"))
            )
            if how == "body":
                body = spoilt(body, data.draw(body_spoils))
            elif how == "header":
                headers = (*headers, data.draw(st.sampled_from(HEADERS)))
            elif how == "cut":
                at = data.draw(st.integers(0, len(headers) - 1))
                headers = tuple((k, v[:-1] if i == at else v) for i, (k, v) in enumerate(headers))
            elif how == "twice":
                headers = headers + headers
            elif how == "path":
                path += data.draw(st.sampled_from(("x", "/x", "/", "%00", "/\ud800")))
            query = data.draw(st.sampled_from(QUERIES))
            method = data.draw(st.sampled_from(("POST",) * 6 + METHODS))
            sent = Sent(method, path, query, headers, body)
            status, before, after = site.ask(sent)
            assert status in STATUSES, status
            told = Delivery(body, {k.decode("latin-1"): v.decode("latin-1") for k, v in headers},
                            site.stand.clock.now())  # fmt: skip
            if vendor.webhooks.is_probe(told) or not json_of(body):
                return  # a look at the address makes nothing pending
            assert (after > before) == (status == 200), (status, before, after)

        one()


def json_of(body: bytes) -> Any:
    """What a body says; nothing where it says nothing, or is no JSON (a form is judged whole)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


@searching(150)
@given(data=st.data())
def test_no_request_to_any_address_is_a_500(site: Site, data: st.DataObject) -> None:
    headers = data.draw(st.lists(st.sampled_from(HEADERS), max_size=3))
    sent = Sent(
        data.draw(st.sampled_from(METHODS)),
        data.draw(st.sampled_from(PATHS) | st.text(max_size=10).map(lambda text: f"/{text}")),
        data.draw(st.sampled_from(QUERIES) | st.binary(max_size=12)),
        tuple(headers),
        data.draw(st.sampled_from(BODIES) | st.binary(max_size=20)),
    )
    status, before, after = site.ask(sent)
    assert status < 500, status
    assert before == after
    if sent.path not in ("/healthz", "/readyz", "/metrics"):
        assert status >= 400, status


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Site(PROVEN[0], tmp_path_factory.mktemp("site")) as site:
        yield site
