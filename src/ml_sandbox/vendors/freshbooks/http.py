"""The HTTP face: an ASGI application at the vendor's own `/`, OAuth addresses included."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.formparsers import MultiPartException
from starlette.requests import Request as WebRequest
from starlette.types import Receive, Scope, Send

from ml_sandbox.vendors.freshbooks.api import Api
from ml_sandbox.vendors.freshbooks.caller import Answer, Request
from ml_sandbox.vendors.freshbooks.consent import ConsentDesk, OAuthNo

AUTHORIZE_PATHS = ("/oauth/authorize", "/service/auth/oauth/authorize")
#: The first is the documented one; the others are listed in the metadata of the second host.
FORM_PATHS = {
    "/auth/oauth/token": "token",
    "/service/auth/oauth/token": "token",
    "/auth/oauth/revoke": "revoke",
    "/service/auth/oauth/revoke": "revoke",
    "/service/auth/oauth/introspect": "introspect",
}
METADATA_PATH = "/.well-known/oauth-authorization-server"


class HttpFace:
    """Tells OAuth from the API and writes answers out."""

    def __init__(self, api: Api, consent: ConsentDesk) -> None:
        self._api = api
        self._consent = consent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(WebRequest(scope, receive))
        headers = dict(answer.headers)
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
        if answer.body is not None:
            headers.setdefault("content-type", "application/json")
        if answer.status != 204:
            headers["content-length"] = str(len(content))
        pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, web: WebRequest) -> Answer:
        path = "/" + web.scope["path"].strip("/")
        if web.method == "GET" and path in AUTHORIZE_PATHS:
            return self._authorize(dict(web.query_params))
        if web.method == "GET" and path == METADATA_PATH:
            return Answer(200, self._consent.metadata())
        if web.method == "POST" and path in FORM_PATHS:
            return await self._oauth(web, FORM_PATHS[path])
        text = web.scope.get("query_string", b"").decode("latin-1")
        return await self._api.answer(
            Request(
                method=web.method,
                path=path,
                query=parse_qsl(text, keep_blank_values=True),
                headers={name.lower(): value for name, value in web.headers.items()},
                body=await web.body(),
            )
        )

    def _authorize(self, query: Mapping[str, str]) -> Answer:
        try:
            return Answer(302, None, {"location": self._consent.authorize(query)})
        except OAuthNo as no:
            return Answer(no.status, no.body())

    async def _oauth(self, web: WebRequest, what: str) -> Answer:
        desk: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "token": self._consent.token,
            "revoke": self._consent.revoke,
            "introspect": self._consent.introspect,
        }
        try:
            return Answer(200, desk[what](await _form(web)), {"cache-control": "no-store"})
        except OAuthNo as no:
            return Answer(no.status, no.body())


async def _form(web: WebRequest) -> Mapping[str, Any]:
    """JSON, form-urlencoded and multipart are all in official use; anything else is empty."""
    kind = web.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = json.loads(await web.body())
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        try:
            async with web.form(max_files=0, max_fields=50) as form:
                return {name: value for name, value in form.items() if isinstance(value, str)}
        except MultiPartException:
            return {}
    return {}
