"""Credentials show nowhere: not while all goes well, and not in any kind of trouble in which a
vendor, or the network, repeats what it was sent."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from ml_connector.cli import log
from ml_connector.core.flow import Flow
from ml_connector.core.vendor import Delivery
from ml_connector.core.wire import Response
from ml_connector.engine.credentials import OPEN_SECRETS
from ml_connector.engine.looking import Look
from ml_connector.flows import FLOWS
from ml_connector.http.redaction import HIDDEN
from ml_connector.http.transport import NoAnswer, Outgoing
from tests.support.rehearsal import FLOW, WORKSPACE

from .canaries import OPEN_MARK, canary, marks_in, traces_in
from .planted import MOST, Planted, Trouble, error_of, repeated

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html"}
ANSWERED = (400, 401, 403, 404, 422, 429, 500)
GRANT_CALL = b"grant_type="


@dataclass
class Shown:
    """Everything that anybody gets to see of a rehearsal."""

    of: Planted
    lines: io.StringIO
    told: list[str] = field(default_factory=list)

    async def do(self, command: str, **args: Any) -> None:
        """A command, whose last resort is the log, as it is for the program."""
        try:
            self.told.append(json.dumps(await self.of.do(command, **args), default=str))
        except Exception:
            structlog.get_logger(__name__).exception("a command failed", kind=command)

    async def looks(self) -> None:
        """Every answer that a command prints or a page shows, but for two that have to show an
        address: the consent's, and that of `connections`."""
        look = Look(self.of.res, "")
        told: list[Any] = [
            await look.status(WORKSPACE), await look.audit(WORKSPACE, limit=None),
            await look.reviews(WORKSPACE), await look.flows(WORKSPACE), await look.gauges(),
            await look.flow(WORKSPACE, FLOW), await look.check_flow(WORKSPACE, FLOW),
            await look.keys(),
        ]  # fmt: skip
        records = {f"{r['route']}:{r['source_key']}" for r in told[1]}
        told += [await look.why(WORKSPACE, FLOW, record) for record in sorted(records)]
        told += [{**row, "webhook_url": ""} for row in await look.connections(WORKSPACE)]
        self.told += [json.dumps(each, default=str) for each in told]

    @property
    def everything(self) -> bytes:
        return "\n".join((*self.told, *self.of.alerts, self.lines.getvalue())).encode()


@contextmanager
def logged(of: Planted) -> Iterator[io.StringIO]:
    """Everything that would be logged, at the level that tells most."""
    stream, before = io.StringIO(), structlog.get_config()
    log.to_stream(stream, of.res.redactor, "debug")
    try:
        yield stream
    finally:
        log.quiet()
        logging.getLogger().setLevel(logging.WARNING)
        structlog.configure(**before)


@asynccontextmanager
async def at_work(kind: str) -> AsyncIterator[Shown]:
    """A flow in step, connected every way that its vendors know, in a process that was restarted
    since: it was not there when the credentials were given."""
    async with Planted(kind=kind, customers=3, invoices=4, public=True, checked=False) as of:
        flow = of.res.flows[kind]
        with logged(of) as first:
            for name in (flow.source, flow.target):
                await of.connect_every_way(name)
            await of.add(since="all")
        await of.start()
        with logged(of) as lines:
            shown = Shown(of, lines, [first.getvalue()])
            await shown.do("sync", flow=FLOW)
            await of.round()
            yield shown


async def demand_silence(shown: Shown) -> None:
    """No canary in what is shown, nor in the database, nor anything that the vault keeps."""
    await shown.looks()
    of = shown.of
    assert marks_in(shown.everything) == []
    assert marks_in(await of.file()) == []
    kept = dict(of.disguise.noticed)
    for row in await Look(of.res, "").connections(WORKSPACE):
        found = await of.vault_of(row["name"])
        kept |= {f"{row['name']} {name}": value for name, value in found.items()}
    open_ones = (*OPEN_SECRETS, "redirect_url")
    kept = {name: value for name, value in kept.items() if not name.endswith(open_ones)}
    kept |= {f"token {n}": await of.hook_token(n) for n in of.res.vendors if n in of.kind_sides}
    assert len(kept) > 4
    assert traces_in(shown.everything, kept) == []
    at_rest = {name: value for name, value in kept.items() if not name.startswith("token ")}
    assert traces_in(await of.file(), at_rest) == []


def said(status: int) -> Trouble:
    """A vendor's error that repeats the whole request."""
    return lambda sent: Response(
        status, JSON, json.dumps(error_of(repeated(sent)), ensure_ascii=status % 2 == 0).encode()
    )


def page(status: int) -> Trouble:
    """An error page of a proxy that shows the request's headers."""
    return lambda sent: Response(status, HTML, f"<pre>{repeated(sent)}</pre>".encode())


def only(trouble: Trouble, *, tokens: bool) -> Trouble:
    """Of token calls, or of all others."""

    def chosen(sent: Outgoing) -> Response | None:
        return trouble(sent) if (GRANT_CALL in (sent.body or b"")) is tokens else None

    return chosen


def exploding(sent: Outgoing) -> Response:
    """Something nobody foresaw, with the request in its words."""
    raise ValueError(f"cannot send {repeated(sent)}")


def cut(sent: Outgoing) -> Response:
    raise NoAnswer("the connection was closed before the answer")


WRONG = {
    "a list": lambda told: [told],
    "a text": lambda told: told,
    "data that is none": lambda told: {"data": told, "result": told, "response": told},
    "records that are none": lambda told: {
        "data": [{"id": told, "name": {"x": told}}], "value": [{"id": told}],
        "response": {"result": {"clients": [{"id": told}], "invoices": {"x": told}}},
        "QueryResponse": {"Customer": [{"Id": {"x": told}, "MetaData": told}]},
        "organizations": [{"id": told}], "users": told,
    },
}  # fmt: skip


def wrong(shape: Callable[[str], Any]) -> Trouble:
    """An answer with status 200 that is nothing like what was asked for."""
    return lambda sent: Response(200, JSON, json.dumps(shape(repeated(sent))).encode())


TROUBLES: dict[str, Trouble] = {
    **{f"status {status}": only(said(status), tokens=False) for status in ANSWERED},
    **{f"page {status}": only(page(status), tokens=False) for status in (200, 403, 502)},
    **{f"{name} in a 200": only(wrong(shape), tokens=False) for name, shape in WRONG.items()},
    "a bug": only(exploding, tokens=False),
    "cut": only(cut, tokens=False),
}
REFUSALS: dict[str, Trouble] = {
    "refused": only(said(400), tokens=True),
    "not allowed": only(said(401), tokens=True),
    "broken": only(page(500), tokens=True),
    "too many": only(said(429), tokens=True),
    "unreadable": only(page(200), tokens=True),
    "no tokens": only(
        wrong(lambda told: {"access_token": [told], "expires_in": told}), tokens=True
    ),
    "a bug": only(exploding, tokens=True),
}


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.kind)
async def test_while_all_goes_well(flow: Flow) -> None:
    async with at_work(flow.kind) as shown:
        await shown.do("ping")
        await shown.do("plan", flow=FLOW, full=True)
        await shown.do("keys_rotate")
        await shown.of.deliver()
        await shown.of.clock.advance(30 * 86_400)  # every token has ended and is renewed
        await shown.of.round()
        assert shown.lines.getvalue().count('"call"') > 10
        assert len(shown.of.disguise.real) > 8
        await demand_silence(shown)
        assert marks_in(await shown.of.file(), OPEN_MARK) == []


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.kind)
async def test_whatever_the_vendors_answer(flow: Flow) -> None:
    async with at_work(flow.kind) as shown:
        of = shown.of
        for name, trouble in TROUBLES.items():
            of.disguise.order(trouble)
            await shown.do("ping")
            await shown.do("sync", flow=FLOW, full=True)
            assert of.disguise.left < MOST, name
            await of.clock.advance(86_400)
            of.disguise.order(trouble)
            await of.round()
            await of.clock.advance(3 * 86_400)
            assert marks_in(shown.everything) == [], name
        for side in of.kind_sides:
            await of.reconnect(side)
        await shown.do("sync", flow=FLOW)
        assert HIDDEN in shown.everything.decode(), "nothing was repeated"
        assert "Traceback" in shown.lines.getvalue(), "nothing went wrong in a way nobody foresaw"
        await demand_silence(shown)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.kind)
async def test_whatever_becomes_of_a_grant(flow: Flow) -> None:
    async with at_work(flow.kind) as shown:
        of = shown.of
        for name, trouble in REFUSALS.items():
            await of.sandbox.order({"kind": "expire_access_token", "times": 2})
            await of.clock.advance(2 * 86_400)
            of.disguise.order(trouble)
            await shown.do("ping")
            await shown.do("sync", flow=FLOW)
            for side in of.kind_sides:
                kept = await of.vault_of(side)
                secrets = {n: kept[n] for n in ("client_id", "client_secret", "refresh_token")}
                await shown.do(
                    "connect", vendor=side, name=f"{side} again", secrets=secrets,
                    settings=await of.settings(side), redirect_url="https://app.example/cb",
                )  # fmt: skip
                await end_of_a_consent(shown, side, secrets)
            assert marks_in(shown.everything) == [], name
            of.disguise.left = 0
            await of.sandbox.control("DELETE", "faults")
            for side in of.kind_sides:
                await of.reconnect(side)
        assert HIDDEN in shown.everything.decode(), "nothing was repeated"
        await demand_silence(shown)


async def end_of_a_consent(shown: Shown, side: str, app: dict[str, str]) -> None:
    """A browser comes back with a code that the vendor does not take."""
    of = shown.of
    begun = await of.done(
        "consent", vendor=side, name=f"{side} anew", redirect_url="https://app.example/cb",
        secrets={n: app[n] for n in ("client_id", "client_secret")},
        settings=await of.settings(side),
    )  # fmt: skip
    code = canary(f"{side} code that is refused")
    url = f"https://app.example/cb?code={code}&state={begun['state']}&realmId=9341450000000001"
    await shown.do("exchange", state=begun["state"], secrets={"url": url})


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.kind)
async def test_whatever_is_posted(flow: Flow) -> None:
    async with at_work(flow.kind) as shown:
        of, planted = shown.of, canary("forged")
        for side in of.kind_sides:
            token = await of.hook_token(side)
            kept = await of.vault_of(side)
            posted = json.dumps({"id": planted, "secret": kept, "meta": {"x": planted}}).encode()
            for headers in (
                {"authorization": f"Basic {planted}"},
                {"x-wave-signature": planted, "x-pipedrive-signature": planted},
                {"intuit-signature": planted, "x-freshbooks-hmac-sha256": planted},
            ):
                for path in (token, f"{token}/{planted}", planted, f"{token}x"):
                    delivery = Delivery(posted, headers, of.res.clock.now())
                    shown.told.append(str(await of.ingest.take(path, delivery)))
        assert "401" in shown.everything.decode()
        await demand_silence(shown)
