"""Wave over HTTP: the GraphQL address and the three of OAuth, as one ASGI application."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from graphql import ExecutionResult, GraphQLError, execute
from graphql.execution.values import get_variable_values
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from ml_sandbox.oauth import GrantBook
from ml_sandbox.operations import of_path
from ml_sandbox.vendor import Site
from ml_sandbox.vendors.wave.consent import Consent, OAuthNo
from ml_sandbox.vendors.wave.documents import Document, Library
from ml_sandbox.vendors.wave.errors import (
    BAD_INPUT,
    INTERNAL,
    STATUSES,
    VALIDATION_FAILED,
    coded,
)
from ml_sandbox.vendors.wave.limits import Limits
from ml_sandbox.vendors.wave.schema import executable_schema
from ml_sandbox.vendors.wave.session import Caller, Session

GRAPHQL_PATH = "/graphql/public"
AUTHORIZE_PATH = "/oauth2/authorize/"
TOKEN_PATH = "/oauth2/token/"
REVOKE_PATH = "/oauth2/token-revoke/"
STALE_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Endpoint:
    """`new_session(caller)` begins a session; `read(session)` is called when it has been answered.

    `full_access_token` is the one made by hand in the portal.
    """

    def __init__(
        self,
        site: Site,
        book: GrantBook,
        consent: Consent,
        full_access_token: str,
        new_session: Callable[[Caller | None], Session],
        answered: Callable[[Session], None],
        new_uuid: Callable[[], str],
    ) -> None:
        self._site = site
        self._book = book
        self._consent = consent
        self._full_access_token = full_access_token
        self._new_session = new_session
        self._answered = answered
        self._new_uuid = new_uuid
        self._library = Library()
        self._limits = Limits(site.now, site.switch)

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        """Root fields first, then `root.child`, then the plain HTTP name."""
        plain = of_path(method, path)
        if path != GRAPHQL_PATH or method != "POST":
            return (plain,)
        try:
            asked = json.loads(body)
            document = self._library.read(asked["query"])
            return (*document.asked(asked.get("operationName")), plain)
        except (ValueError, TypeError, KeyError, AttributeError):
            return (plain,)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match (request.method, request.scope["path"]):
            case ("POST", "/graphql/public"):
                return await self._graphql(request)
            case ("GET", "/oauth2/authorize/"):
                return self._authorize(request)
            case ("POST", "/oauth2/token/"):
                return await self._form(request, self._consent.token)
            case ("POST", "/oauth2/token-revoke/"):
                return await self._form(request, self._consent.revoke)
            case (
                _,
                "/graphql/public"
                | "/oauth2/authorize/"
                | "/oauth2/token/"
                | "/oauth2/token-revoke/",
            ):
                return Response(status_code=405)
        return Response(status_code=404)

    # --- OAuth ---

    def _authorize(self, request: Request) -> Response:
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        try:
            return RedirectResponse(self._consent.authorize(query), 302)
        except OAuthNo as no:
            return _oauth_error(no)

    async def _form(self, request: Request, answer: Callable[[dict[str, str]], Any]) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        raw = await request.body()
        if kind != "application/x-www-form-urlencoded":
            return _oauth_error(OAuthNo(400, "invalid_request", "The body is form encoded."))
        form = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            return JSONResponse(answer(form) or {}, headers={"cache-control": "no-store"})
        except OAuthNo as no:
            return _oauth_error(no)

    # --- GraphQL ---

    async def _graphql(self, request: Request) -> Response:
        token = _bearer(request.headers.get("authorization", ""))
        wait_seconds = self._limits.enter(token)
        if wait_seconds is not None:
            return self._too_fast(wait_seconds)
        try:
            latency = float(self._site.switch("latency_seconds"))
            if latency > 0:
                await self._site.clock.sleep(latency)
            return self._run(token, request, await request.body())
        finally:
            self._limits.leave(token)

    def _too_fast(self, wait_seconds: float) -> Response:
        headers = {}
        if self._site.switch("retry_after_header"):
            headers["retry-after"] = str(math.ceil(wait_seconds))
        error = coded("Too many requests.", "RATE_LIMITED")
        return JSONResponse({"errors": [self._shown(error)]}, 429, headers)

    def _run(self, token: str, request: Request, raw: bytes) -> Response:
        try:
            query, variables, name = _read(request, raw)
        except ValueError as error:
            return self._failed([coded(str(error), VALIDATION_FAILED)])
        document = self._library.read(query)
        faults = self._faults(document, variables, name)
        if faults:
            return self._failed(faults)
        session = self._new_session(self._caller(token))
        result = execute(
            executable_schema(),
            document.node,  # type: ignore[arg-type]  # a document without errors has its node
            context_value=session,
            variable_values=variables,
            operation_name=name,
        )
        if not isinstance(result, ExecutionResult):
            raise TypeError("no resolver of this schema is asynchronous")
        self._answered(session)
        return self._result(result)

    def _faults(
        self, document: Document, variables: dict[str, Any], name: str | None
    ) -> list[GraphQLError]:
        """What is wrong with the request before anybody asks who sent it."""
        if document.errors:
            return list(document.errors)
        operation = document.operation(name)
        if operation is None:
            return [coded("Unknown or missing operationName.", VALIDATION_FAILED)]
        if document.has_inline_strings and self._site.switch("reject_inline_strings"):
            return [coded("String arguments must be passed as variables.", VALIDATION_FAILED)]
        read = get_variable_values(
            executable_schema(), operation.variable_definitions or (), variables
        )
        if not isinstance(read, list):
            return []
        code = str(self._site.switch("variable_error_code"))
        for error in read:
            error.extensions = {"code": code}
        return read

    def _caller(self, token: str) -> Caller | None:
        """Who sends this token. Ordered faults strike here, at the token in hand."""
        if not token:
            return None
        if self._site.fault("expire_access_token") is not None:
            self._book.expire(token)
            return None
        if token == self._full_access_token:
            return Caller(token, None)
        grant = self._book.access(token, self._site.now())
        if grant is None:
            return None
        rule = self._site.fault("revoke_scope")
        if rule is not None:
            grant.lost_scopes.append(rule.scope or "invoice:read")
        return Caller(token, grant)

    def _failed(self, errors: list[GraphQLError]) -> Response:
        """Nothing was executed, so there is no `data`."""
        shown = [self._shown(error) for error in errors]
        unchanged = self._site.switch("error_status") == "200"
        return JSONResponse({"errors": shown}, 200 if unchanged else 400)

    def _result(self, result: ExecutionResult) -> Response:
        if not result.errors:
            return JSONResponse({"data": result.data})
        shown = [self._shown(error) for error in result.errors]
        status = 200
        if self._site.switch("error_status") == "4xx":
            status = STATUSES.get(shown[0]["extensions"]["code"], 400)
        return JSONResponse({"errors": shown, "data": result.data}, status)

    def _shown(self, error: GraphQLError) -> dict[str, Any]:
        """An error's envelope; an accident of the sandbox is told to the log, not to the caller."""
        extensions = dict(error.extensions or {})
        shown: dict[str, Any] = dict(error.formatted)
        if "code" not in extensions:
            if error.original_error is None:
                extensions["code"] = BAD_INPUT
            else:
                _log.error("a resolver failed", exc_info=error.original_error)
                extensions["code"] = INTERNAL
                shown["message"] = "Internal server error."
        shown["extensions"] = {"id": self._new_uuid(), **extensions}
        return shown


def _bearer(header: str) -> str:
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _read(request: Request, raw: bytes) -> tuple[str, dict[str, Any], str | None]:
    """Query, variables and operation name. Raises ValueError with what is wrong."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise ValueError("The content type is application/json.")
    try:
        body = json.loads(raw)
    except ValueError:
        raise ValueError("The body is not JSON.") from None
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise ValueError("The body holds no query.")
    variables, name = body.get("variables") or {}, body.get("operationName")
    if not isinstance(variables, dict) or not isinstance(name, str | None):
        raise ValueError("variables is an object and operationName a string.")
    return body["query"], variables, name


def _oauth_error(no: OAuthNo) -> Response:
    body = {"error": no.error}
    if no.description:
        body["error_description"] = no.description
    return JSONResponse(body, no.status)
