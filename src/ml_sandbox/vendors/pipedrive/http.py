"""The HTTP face of the simulated Pipedrive: reads a request, lets it be answered, writes it out."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from .api import Outbound
from .vendor import Pipedrive

_CREATED = {
    "organizations": "organizations",
    "persons": "persons",
    "deals": "deals",
    "activities": "activities",
    "products": "products",
    "pipelines": "pipelines",
    "stages": "stages",
    "dealFields": "deal_fields",
    "organizationFields": "organization_fields",
    "personFields": "person_fields",
    "productFields": "product_fields",
    "notes": "notes",
    "webhooks": "webhooks",
}


class HttpFace:
    """An ASGI application at the vendor's own `/`.

    `before(headers, form)` lets ordered faults strike at the tokens of the request at hand;
    `spent(tokens)` and `created(noun, how_many)` are told of every answer.
    """

    def __init__(
        self,
        vendor: Pipedrive,
        before: Callable[[dict[str, str], dict[str, str]], None],
        spent: Callable[[int], None],
        created: Callable[[str, int], None],
    ) -> None:
        self.vendor = vendor
        self._before = before
        self._spent = spent
        self._created = created

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        body = await _body(receive)
        out = await self._answer(scope["method"], scope["path"], _query(scope), headers, body)
        pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in out.headers.items()]
        pairs.append((b"content-length", str(len(out.content)).encode()))
        await send({"type": "http.response.start", "status": out.status, "headers": pairs})
        await send({"type": "http.response.body", "body": out.content})

    async def _answer(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: dict[str, str],
        body: bytes,
    ) -> Outbound:
        if path.startswith("/oauth/"):
            return self._oauth(method, path.rstrip("/"), query, headers, body)
        self._before(headers, {})
        out = await self.vendor.api.answer(method, path, query, headers, body)
        self._spent(out.cost_tokens)
        if method == "POST" and out.status in (200, 201):
            self._note_created(path, body)
        return out

    def _oauth(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: dict[str, str],
        body: bytes,
    ) -> Outbound:
        oauth = self.vendor.oauth
        if (method, path) == ("GET", "/oauth/authorize"):
            return oauth.authorize(query)
        form = {}
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if (method, path) == ("POST", "/oauth/token"):
            self._before(headers, form)
            return oauth.token(headers, form)
        if (method, path) == ("POST", "/oauth/revoke"):
            return oauth.revoke(headers, form)
        return Outbound(404, b"Not Found", {"content-type": "text/plain"})

    def _note_created(self, path: str, body: bytes) -> None:
        parts = path.strip("/").split("/")
        collection = parts[parts.index("v2" if "v2" in parts else "v1") + 1 :]
        if len(collection) == 1 and collection[0] in _CREATED:
            self._created(_CREATED[collection[0]], 1)
        elif collection[-1] == "bulk":
            self._created("deal_products", body.count(b'"product_id"'))
        elif collection[-1] == "products":
            self._created("deal_products", 1)


def _query(scope: Scope) -> dict[str, str]:
    """The parameters; one that is given several times is a comma list, as arrays may be sent."""
    query: dict[str, str] = {}
    text = scope.get("query_string", b"").decode("latin-1")
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(parts)
