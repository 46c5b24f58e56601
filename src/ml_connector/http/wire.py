"""The wire of one connection: a request goes out, a good answer or a fault comes in.

In this order: address, redaction, pacing, authentication, sending, what the answer means. Reads are
tried again within the call; a write only where it can have had no effect.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode, urlsplit

import structlog

from ml_connector.core.faults import (
    AccountClosed,
    Bug,
    Fault,
    NeedsPerson,
    OutOfBudget,
    TokenExpired,
    TooFast,
    Unreachable,
)
from ml_connector.core.limits import Limits, Reading
from ml_connector.core.ports import Chance, Clock
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand, Request, Response, Sent
from ml_connector.http import verdict
from ml_connector.http.auth import Authenticator
from ml_connector.http.guard import Guard, declared_base
from ml_connector.http.pacing import Pacing, company_scope_of
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Outgoing, Transport, TransportError

TIMEOUT_SECONDS = 20.0
MOST_TRIES = 3
BACKOFF_SECONDS = 0.5
URL_SIGNS = "%/:?#[]@!$&'()*+,;=~"
"""What may stand in an address as it is: a client escapes what it puts into a path itself."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

log = structlog.get_logger(__name__)


async def nothing_demanded() -> None:
    """For whoever may write for as long as it runs."""


@dataclass(frozen=True, slots=True)
class WireParts:
    """What all wires of a process share."""

    transport: Transport
    pacing: Pacing
    redactor: Redactor
    clock: Clock
    chance: Chance
    demand: Callable[[], Awaitable[None]] = nothing_demanded
    """Asked right before a write is sent; raises where we may not write any more."""


@dataclass(slots=True)
class _Call:
    """One request on its way, over all its tries."""

    request: Request
    errand: Errand
    tries: int = 0
    renewed: bool = False
    used: Mapping[str, str] = field(default_factory=dict, repr=False)


class ConnectionWire:
    """Implements `core.wire.Wire` for one connection.

    `settings` are the connection's; a `base_url` among them outranks what the grant or the vendor
    tells. `probe` lets its calls through a pause, one at a time.
    """

    def __init__(
        self,
        vendor: Vendor,
        settings: Mapping[str, str],
        limits: Limits,
        authenticator: Authenticator,
        guard: Guard,
        parts: WireParts,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        probe: bool = False,
    ) -> None:
        self._vendor = vendor
        self._settings = settings
        self._limits = limits
        self._authenticator = authenticator
        self._guard = guard
        self._parts = parts
        self._timeout_seconds = timeout_seconds
        self._probe = probe
        self.skew_seconds: float | None = None
        """How far the vendor's clock was ahead of ours at the last answer, as its Date says."""

    def as_probe(self) -> ConnectionWire:
        """The same wire, for one cheap call during a pause."""
        return ConnectionWire(
            self._vendor, self._settings, self._limits, self._authenticator, self._guard,
            self._parts, timeout_seconds=self._timeout_seconds, probe=True,
        )  # fmt: skip

    async def send(self, request: Request, errand: Errand) -> Response:
        """A 2xx answer. Raises a fault of `core.faults`; what was sent stands in `errand.sent`."""
        call = _Call(request, errand)
        if request.after_seconds:
            await self._parts.clock.sleep(request.after_seconds)
        while True:
            call.tries += 1
            try:
                return await self._try(call)
            except TokenExpired as fault:
                await self._renew(call, fault)
            except (Unreachable, TooFast) as fault:
                now = self._parts.clock.now()
                if not verdict.may_repeat(fault, call.tries, MOST_TRIES, now):
                    raise
                if isinstance(fault, Unreachable):
                    await self._back_off(call.tries)

    async def _try(self, call: _Call) -> Response:
        request, pacing = call.request, self._parts.pacing
        url = await self._url(request)
        work = call.errand.work
        async with pacing.admitted(self._limits, request.price, work, probe=self._probe):
            call.used = await self._proven(request)
            if request.writes:
                await self._parts.demand()
            started = self._parts.clock.monotonic()
            answer = await self._carry(call, url)
            told, reading = self._judge(request, answer), self._reading(answer)
            fault = pacing.told_apart(self._limits, request.price, told, reading, started)
            self._pause(fault)
        await pacing.correct(self._limits, request.price, reading)
        if fault is not None:
            raise fault
        if request.writes:
            return verdict.WrittenResponse(answer.status, answer.headers, answer.body)
        return answer

    async def _url(self, request: Request) -> str:
        url = request.path
        if not url.startswith(("https://", "http://")):
            base = None if self._settings.get("base_url") else await self._authenticator.api_base()
            base = base or declared_base(self._vendor, self._settings)
            url = f"{base.rstrip('/')}/{url.lstrip('/')}"
        url = quote(url, safe=URL_SIGNS)
        if request.params:
            url += ("&" if "?" in url else "?") + urlencode(request.params)
        self._guard.check(url)
        return url

    async def _proven(self, request: Request) -> Mapping[str, str]:
        """The proof; a lapsed plan, which shows when a token is renewed, pauses all calls."""
        try:
            return await self._proof(request)
        except AccountClosed as fault:
            self._pause(fault)
            raise

    async def _proof(self, request: Request) -> Mapping[str, str]:
        return await self._authenticator.headers() if request.authenticated else {}

    async def _carry(self, call: _Call, url: str) -> Response:
        """Send it once and note it; raises the fault of a try without an answer."""
        clock, began = self._parts.clock, self._parts.clock.monotonic()
        outgoing = self._outgoing(call, url)
        try:
            answer = await self._parts.transport.send(outgoing)
        except TransportError as error:
            if verdict.was_sent(error):
                self._note(call, url, 0, clock.monotonic() - began)
            raise verdict.of_error(call.request, error, self._vendor.label) from None
        self._note(call, url, answer.status, clock.monotonic() - began)
        self.skew_seconds = _skew_seconds(answer, clock.now())
        return answer

    def _outgoing(self, call: _Call, url: str) -> Outgoing:
        request = call.request
        headers, body = {"accept": "application/json"}, None
        if request.json is not None:
            body = _JSON.encode(request.json).encode()
            headers["content-type"] = "application/json"
        elif request.form is not None:
            body = urlencode(request.form).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        elif request.content is not None:
            body = request.content
        headers |= {name.lower(): value for name, value in request.headers.items()}
        headers |= call.used
        timeout_seconds = request.timeout_seconds or self._timeout_seconds
        private_allowed = self._guard.private_allowed
        return Outgoing(request.method, url, headers, body, timeout_seconds, private_allowed)

    def _note(self, call: _Call, url: str, status: int, seconds: float) -> None:
        request = call.request
        path = self._parts.redactor.text(urlsplit(url).path)
        ms = round(seconds * 1000)
        call.errand.sent.append(Sent(request.method, path, status, ms, request.price.tokens))
        log.debug(
            "call", vendor=self._vendor.name, method=request.method, path=path, status=status,
            ms=ms, tokens=request.price.tokens, work=call.errand.work, try_number=call.tries,
        )  # fmt: skip

    def _judge(self, request: Request, answer: Response) -> Fault | None:
        now = self._parts.clock.now()
        told = self._told(request, answer, now)
        if told is not None:
            # A fault quotes the vendor, which may repeat what it was sent. A quotation is cut to
            # length, so a secret must be out of it before, lest a part of it stays.
            hidden = self._parts.redactor.answer(answer)
            told = told if hidden is answer else self._told(request, hidden, now)
        return verdict.of_answer(request, answer, told, now, self._vendor.label)

    def _told(self, request: Request, answer: Response, now: datetime) -> Fault | None:
        """What the vendor's table says of the answer."""
        try:
            return self._vendor.fault(request, answer, now, self._settings)
        except Fault as fault:
            return fault
        except Exception as error:
            log.exception("the vendor's fault table failed", vendor=self._vendor.name)
            told = Bug(f"The answer of {self._vendor.label} could not be understood.")
            told.__cause__ = error
            return told

    def _reading(self, answer: Response) -> Reading:
        """What the headers say; unreadable ones must not spoil an answer that is there."""
        try:
            return self._vendor.reading(answer)
        except Exception:
            log.exception("the vendor's limit headers cannot be read", vendor=self._vendor.name)
            return Reading()

    def _pause(self, fault: Fault | None) -> None:
        """Keep all connections that share the limit from running into the same refusal."""
        if isinstance(fault, TooFast):
            self._parts.pacing.pause(self._limits.token_scope, fault)
        elif isinstance(fault, OutOfBudget | AccountClosed):
            self._parts.pacing.pause(company_scope_of(self._limits), fault)

    async def _renew(self, call: _Call, fault: TokenExpired) -> None:
        """Have the token renewed, once a call; the refused try had no effect."""
        if not call.request.authenticated:
            raise fault
        if call.renewed:
            raise NeedsPerson(
                f"{self._vendor.label} refuses even a token that was just renewed. Connect again."
            ) from None
        call.renewed = True
        call.tries -= 1
        await self._authenticator.expired(call.used)

    async def _back_off(self, tries: int) -> None:
        """Half a second to one and a half of it, doubled with each try."""
        jitter = 0.5 + self._parts.chance.random()
        await self._parts.clock.sleep(BACKOFF_SECONDS * jitter * 2 ** (tries - 1))


def _skew_seconds(answer: Response, now: datetime) -> float | None:
    """From the Date header, which tells whole seconds; None where there is no readable one."""
    try:
        return round((parsedate_to_datetime(answer.headers["date"]) - now).total_seconds(), 1)
    except (KeyError, TypeError, ValueError):
        return None
