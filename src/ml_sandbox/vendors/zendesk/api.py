"""The API: every operation under one roof, and the road that a request takes through it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .api_apps import AppApi, WebhookApi
from .api_common import CommonApi
from .api_fields import FieldApi
from .api_identities import IdentityApi
from .api_incremental import IncrementalApi
from .api_memberships import MembershipApi
from .api_objects import ObjectApi
from .api_organizations import OrganizationApi
from .api_records import RecordApi
from .api_tickets import TicketApi
from .api_users import UserApi, anonymous
from .buckets import buckets_of
from .calls import Answer, Call, Routes
from .desk import Desk
from .errors import Refusal, no_endpoint, unauthenticated
from .gateway import Gateway
from .oauth import OAuth

_ROOTS = ("/api/v2/", "/api/support/apps/", "/api/apps")


@dataclass(frozen=True)
class Outbound:
    """An answer as it leaves."""

    status: int
    content: bytes
    headers: dict[str, str]


class Api:
    def __init__(self, desk: Desk, gateway: Gateway, oauth: OAuth) -> None:
        self.desk = desk
        self.gateway = gateway
        self.oauth = oauth
        self._account = desk.account
        rooms = (
            OrganizationApi(desk),
            UserApi(desk),
            IdentityApi(desk),
            MembershipApi(desk),
            FieldApi(desk, "organization_fields", desk.organization_fields),
            FieldApi(desk, "user_fields", desk.user_fields),
            ObjectApi(desk),
            RecordApi(desk),
            IncrementalApi(desk),
            TicketApi(desk),
            CommonApi(desk, gateway.grants, oauth),
            AppApi(desk),
            WebhookApi(desk),
        )
        handlers = [pair for room in rooms for pair in room.handlers()]
        self._routes = Routes(handlers)
        self._operations = [operation for operation, _ in handlers]

    def operations(self) -> list[tuple[str, str]]:
        """(method, path below `/api/v2` with names in braces) of all that is played."""
        split = (operation.partition(" ") for operation in self._operations)
        return [(method, path) for method, _, path in split]

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        raw: bytes,
    ) -> Outbound:
        """One request below the vendor's prefix; OAuth's own addresses included."""
        self.desk.settle()
        try:
            self.gateway.check_door()
            if path.startswith("/oauth/"):
                return self._outbound(self._oauth(method, _plain(path), query, headers, raw), {})
            return self._api(method, path, query, headers, raw)
        except Refusal as refusal:
            return self._refused(refusal, {})

    def _oauth(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        raw: bytes,
    ) -> Answer:
        if (method, path) == ("GET", "/oauth/authorizations/new"):
            return self.oauth.authorize(query)
        if (method, path) == ("POST", "/oauth/tokens"):
            return self.oauth.token(headers, raw)
        raise no_endpoint()

    def _api(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        raw: bytes,
    ) -> Outbound:
        if not path.startswith(_ROOTS):
            raise no_endpoint()
        below = _plain(path).removeprefix("/api/v2").removeprefix("/api")
        if below.startswith("/webhooks") and path.endswith(".json"):
            raise no_endpoint()
        caller = self.gateway.identify(headers)
        if caller is None:
            return self._to_nobody(method, below)
        paced: dict[str, str] = {}
        try:
            handler, pattern, names = self._routes.find(method, below)
            call = Call(caller.actor, method, below, names, query, raw, headers)
            paced = self._paced(call, pattern)
            self.gateway.check_scope(caller, method, below)
            answer = handler(call)
        except Refusal as refusal:
            return self._refused(refusal, paced or self._unrouted_pace(refusal))
        if isinstance(answer.body, dict) and "job_status" in answer.body and method != "GET":
            paced |= self.gateway.job_header(len(self.desk.jobs.in_flight()))
        return self._outbound(answer, {**paced, **_warning(call)})

    def _unrouted_pace(self, refusal: Refusal) -> dict[str, str]:
        """A request that found no endpoint is counted too."""
        return self.gateway.pace([]) if refusal.status in (404, 405) else {}

    def _paced(self, call: Call, pattern: str) -> dict[str, str]:
        buckets = buckets_of(self._account, call, pattern, self.desk.users.matched)
        return self.gateway.pace(buckets)

    def _to_nobody(self, method: str, path: str) -> Outbound:
        """Without credentials only users/me answers, with the anonymous user."""
        if (method, path) == ("GET", "/users/me") and self._account.switch("anonymous_me"):
            return self._outbound(Answer({"user": anonymous()}), {})
        raise unauthenticated()

    def _outbound(self, answer: Answer, more: dict[str, str]) -> Outbound:
        headers = {**self._common(), **more, **answer.headers}
        if answer.body is None:
            return Outbound(answer.status, b"", headers)
        content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
        headers["etag"] = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers["content-type"] = "application/json; charset=utf-8"
        headers["cache-control"] = "max-age=0, private, must-revalidate"
        return Outbound(answer.status, content, headers)

    def _refused(self, refusal: Refusal, more: dict[str, str]) -> Outbound:
        headers = {**self._common(), **more, **refusal.headers}
        content, is_text = refusal.content, isinstance(refusal.body, str)
        if refusal.status == 400 and self._account.switch("plain_text_400"):
            content, is_text = _as_text(refusal.body).encode(), True
        kind = "text/plain" if is_text else "application/json"
        headers["content-type"] = f"{kind}; charset=utf-8"
        return Outbound(refusal.status, content, headers)

    def _common(self) -> dict[str, str]:
        return {
            "x-zendesk-api-version": "v2",
            "x-request-id": self._account.ids.hexadecimal(32),
            "x-runtime": "0.042",
        }


def _plain(path: str) -> str:
    """The path without slash or `.json` at its end: both forms are known."""
    return path.rstrip("/").removesuffix(".json")


def _warning(call: Call) -> dict[str, str]:
    """The header that names keys which were not permitted."""
    if not call.unused:
        return {}
    keys = ", ".join(f'"{key}"' for key in dict.fromkeys(call.unused))
    text = f"Removed restricted keys [{keys}] from parameters according to whitelist"
    return {"x-zendesk-api-warn": text.encode("ascii", "backslashreplace").decode()}


def _as_text(body: Any) -> str:
    if isinstance(body, str):
        return body
    return str(body.get("description") or body.get("error_description") or body)
