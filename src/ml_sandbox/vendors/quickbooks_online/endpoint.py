"""QuickBooks Online over HTTP: OAuth's addresses and `/v3/company/{realm}`, in one application."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from ml_sandbox.vendor import Site

from . import consent as oauth
from . import errors, replays
from .answers import Answers
from .batch import items_of
from .company import Company
from .consent import Consent, OAuthNo
from .errors import Fault, GatewayNo, WrongUrl
from .gateway import Caller, Gateway
from .money import without_currencies
from .replays import Kept, Replays
from .services import Call, Services

LAG_SECONDS = 5.0


class Endpoint:
    def __init__(
        self, site: Site, consent: Consent, gateway: Gateway, companies: Sequence[Company]
    ) -> None:
        self._site = site
        self._consent = consent
        self._gateway = gateway
        self._answers = Answers(site.random("traces"))
        self._replays = Replays()
        self._mails: dict[str, int] = {}
        chance = site.random("batches")
        self._services = {
            company.realm: Services(
                company, chance, site.now, self._count, partial(self._mailed, company)
            )
            for company in companies
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request, await request.body())
        await response(scope, receive, send)

    def _count(self, entity: str) -> None:
        self._site.created(_NOUNS.get(entity, entity.lower()))

    async def _answer(self, request: Request, raw: bytes) -> Response:
        path = request.scope["path"]
        if path.startswith("/v3/company/"):
            return await self._company(request, raw, path)
        response = self._oauth(request, raw, path.rstrip("/"))
        response.headers.update(self._answers.trace())
        return response

    # --- OAuth ---

    def _oauth(self, request: Request, raw: bytes, path: str) -> Response:
        query = _query(request)
        headers = _headers(request)
        try:
            match (request.method, path):
                case ("GET", oauth.AUTHORIZE_PATH):
                    return RedirectResponse(self._consent.authorize(query), 302)
                case ("POST", oauth.TOKEN_PATH):
                    answer = self._consent.token(headers, _form(headers, raw))
                    return JSONResponse(answer, headers={"cache-control": "no-store"})
                case ("POST", oauth.REVOKE_PATH):
                    self._consent.revoke(headers, _lenient_json(raw))
                    return Response(status_code=200)
                case ("GET", oauth.USERINFO_PATH):
                    grant = self._gateway.grant(headers)
                    return JSONResponse(self._consent.userinfo(grant))
                case ("GET", oauth.KEYS_PATH):
                    return JSONResponse({"keys": []})
                case ("GET", _) if path in oauth.DISCOVERY_PATHS:
                    return JSONResponse(self._consent.discovery())
        except OAuthNo as no:
            # A revoke that fails has an empty body (oauth-jsclient#71).
            if path == oauth.REVOKE_PATH:
                return Response(status_code=no.status)
            return JSONResponse({"error": no.error}, no.status)
        return Response(status_code=404)

    # --- companies ---

    async def _company(self, request: Request, raw: bytes, path: str) -> Response:
        now = self._site.now()
        realm, *parts = path.removeprefix("/v3/company/").split("/")
        as_json = _wants_json(request)
        try:
            caller = self._gateway.identify(_headers(request), realm)
            if not parts or not all(parts):
                raise WrongUrl
            reads = _reads(request.method, parts, raw)
            self._gateway.enter(caller, parts == ["batch"], reads)
        except GatewayNo as no:
            return self._answers.gateway(no, now)
        except WrongUrl:
            return Response(status_code=404, headers=self._answers.trace())
        self._gateway.begin(caller)
        try:
            latency = float(self._site.switch("latency_seconds"))
            if latency > 0:
                await self._site.clock.sleep(latency)
            return self._served(request, raw, tuple(parts), caller, as_json)
        finally:
            self._gateway.end(caller)

    def _served(
        self, request: Request, raw: bytes, parts: tuple[str, ...], caller: Caller, as_json: bool
    ) -> Response:
        """A service's answer, or the one it gave to the same request id before."""
        realm, now = caller.company.realm, self._site.now()
        request_id = _query(request).get("requestid", "")
        memory = timedelta(hours=float(self._site.switch("request_id_memory_hours")))
        kept = self._replays.get(realm, request_id, now, memory) if request_id else None
        if kept is not None:
            return Response(kept.content, kept.status, self._answers.trace(), kept.kind)
        response = self._asked(request, raw, parts, caller, as_json)
        if request_id and response.status_code < 500:
            kind = response.headers["content-type"]
            content = bytes(response.body)
            self._replays.keep(realm, request_id, Kept(response.status_code, content, kind, now))
        return response

    def _asked(
        self, request: Request, raw: bytes, parts: tuple[str, ...], caller: Caller, as_json: bool
    ) -> Response:
        query = _query(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        now = self._site.now()
        try:
            outage = str(self._site.switch("outage"))
            if outage != "none":
                return self._down(int(outage), now, as_json)
            if query.get("requestid"):
                items = _item_names(raw) if parts == ("batch",) else None
                replays.check_length(query["requestid"], items)
            stale, lag = self._ago("stale_read"), self._ago("index_lag")
            listed = min((m for m in (stale, lag) if m is not None), default=None)
            call = Call(request.method, parts, query, kind, raw, stale, listed)
            body = self._services[caller.company.realm].answer(call)
            if not self._site.switch("multi_currency"):
                body = without_currencies(body)
            return self._answers.service(body, self._site.now(), as_json)
        except Fault as fault:
            ok = fault.status == 400 and self._site.switch("faults_with_200")
            status = 200 if ok else fault.status
            return self._answers.fault(fault, self._site.now(), as_json, status)
        except GatewayNo as no:
            return self._answers.gateway(no, now)

    def _down(self, status: int, now: datetime, as_json: bool) -> Response:
        """500 comes with a fault of the service's, 503 with a page of the edge's."""
        if status == 500:
            return self._answers.fault(errors.application_error(), now, as_json, 500)
        page = "<html><body><h1>Service Temporarily Unavailable</h1></body></html>"
        return Response(page, status, self._answers.trace(), "text/html")

    def _ago(self, kind: str) -> datetime | None:
        rule = self._site.fault(kind)
        if rule is None:
            return None
        seconds = LAG_SECONDS if rule.seconds is None else rule.seconds
        return self._site.now() - timedelta(seconds=seconds)

    def _mailed(self, company: Company) -> None:
        """Counts an e-mail; a sandbox company sends forty a day."""
        if company.environment != "sandbox":
            return
        day = f"{company.realm} {company.today()}"
        if self._mails.get(day, 0) >= 40:
            raise self._gateway.throttled_mail()
        self._mails[day] = self._mails.get(day, 0) + 1


_NOUNS = {
    "Customer": "customers",
    "Invoice": "invoices",
    "Payment": "payments",
    "CreditMemo": "credit_memos",
    "Term": "terms",
    "PaymentMethod": "payment_methods",
    "Vendor": "vendors",
    "Employee": "employees",
}


def _headers(request: Request) -> Mapping[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.url.query, keep_blank_values=True))


def _wants_json(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    return "json" in accepts.lower() or _query(request).get("format") == "json"


def _form(headers: Mapping[str, str], raw: bytes) -> dict[str, str]:
    """Raises OAuthNo for a body that is no form."""
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise OAuthNo(400, "invalid_request")
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))


def _lenient_json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _reads(method: str, parts: list[str], raw: bytes) -> int:
    """How many metered calls a request is: a batch counts each of its reads."""
    if parts == ["batch"]:
        body = _lenient_json(raw)
        items = body.get("BatchItemRequest") if isinstance(body, dict) else None
        listed = items if isinstance(items, list) else []
        return sum(1 for i in listed if isinstance(i, dict) and {"Query", "CDCQuery"} & set(i))
    return 1 if method == "GET" or parts == ["query"] else 0


def _item_names(raw: bytes) -> list[str]:
    """The names of a batch's items. Raises Fault."""
    return [str(item["bId"]) for item in items_of(_lenient_json(raw))]
