"""The bench: one fresh simulated Zendesk in this process, on a clock that moves when told.

Every answer that the bench receives is held against the published OpenAPI.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode, urlsplit

from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors import zendesk
from tests.support.clock import START
from tests.support.sandbox import InProcessSandbox, Reply

from . import contract

Body = dict[str, Any]
HOOK = "http://127.0.0.1:9/hook"


class Bench:
    """A client with an OAuth token of the administrator; `calm` turns the limits off."""

    def __init__(self, customers: int = 12, invoices: int = 24, seed: int = 5) -> None:
        options = SandboxOptions(seed=seed, customers=customers, invoices=invoices, start=START)
        self.sandbox = InProcessSandbox(options, [zendesk.KIND])
        self.ready = self.sandbox.app.world.ready["vendors"]["zendesk"]
        self.keys: dict[str, str] = self.ready["credentials"]
        self.headers: dict[str, str] = {}

    async def begin(self, calm: bool = True) -> None:
        """Refreshes for an access token of a day, so that tests may let time pass."""
        if calm:
            await self.switch(rate_limits=False)
        answer = await self.refresh(self.keys["refresh_token"], expires_in=172_000)
        self.refresh_token = str(answer.body["refresh_token"])
        self.headers = bearer(answer)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        /,
        **query: object,
    ) -> Reply:
        """One request below `/api/v2`; the answer must fit what Zendesk publishes."""
        asked = f"?{urlencode({_key(k): v for k, v in query.items()})}" if query else ""
        used = self.headers if headers is None else headers
        reply = await self.raw(method, f"/api/v2{path}{asked}", body, used)
        plain = urlsplit(f"/api/v2{path}").path.removesuffix(".json")
        problems = contract.problems(method, plain, reply.status, reply.body)
        assert not problems, problems[:5]
        return reply

    async def raw(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        return await self.sandbox.call(method, f"/zendesk{path}", body, headers or {})

    async def ok(self, method: str, path: str, body: Any = None, /, **query: object) -> Any:
        """The body of a call that must succeed."""
        reply = await self.call(method, path, body, None, **query)
        assert 200 <= reply.status < 300, (method, path, reply.status, reply.body)
        return reply.body

    async def token(self, **body: Any) -> Reply:
        named = {"client_id": self.keys["client_id"], "client_secret": self.keys["client_secret"]}
        return await self.raw("POST", "/oauth/tokens", {**named, **body})

    async def refresh(self, refresh_token: str, **more: Any) -> Reply:
        return await self.token(grant_type="refresh_token", refresh_token=refresh_token, **more)

    async def switch(self, **values: Any) -> None:
        named = {f"zendesk.{name}": value for name, value in values.items()}
        await self.sandbox.control("PATCH", "switches", named)

    async def human(self, method: str, path: str, body: Any = None) -> Any:
        return await self.sandbox.control(method, f"zendesk/{path}", body)

    async def organization(self, name: str = "Brightleaf Studio", **more: Any) -> Body:
        found: Body = (
            await self.ok("POST", "/organizations", {"organization": {"name": name, **more}})
        )["organization"]
        return found

    async def user(self, name: str = "Pat Doe", **more: Any) -> Body:
        found: Body = (await self.ok("POST", "/users", {"user": {"name": name, **more}}))["user"]
        return found

    async def field(self, key: str, kind: str = "text", **more: Any) -> Body:
        given = {"key": key, "type": kind, "title": key.replace("_", " "), **more}
        body = await self.ok("POST", "/organization_fields", {"organization_field": given})
        found: Body = body["organization_field"]
        return found

    async def invoices(self) -> None:
        """A custom object `wave_invoice` with a lookup, a dropdown, a decimal and a date."""
        named = {"title": "Wave invoice", "title_pluralized": "Wave invoices"}
        given = {"key": "wave_invoice", "include_in_list_view": True, **named}
        await self.ok("POST", "/custom_objects", {"custom_object": given})
        states = [{"name": n.capitalize(), "value": n} for n in ("unpaid", "paid", "overdue")]
        for field in (
            {
                "key": "organization",
                "type": "lookup",
                "relationship_target_type": "zen:organization",
            },
            {"key": "status", "type": "dropdown", "custom_field_options": states},
            {"key": "total", "type": "decimal"},
            {"key": "due_date", "type": "date"},
            {"key": "memo", "type": "text"},
        ):
            body = {"custom_object_field": {"title": str(field["key"]), **field}}
            await self.ok("POST", "/custom_objects/wave_invoice/fields", body)

    async def record(self, external_id: str, **values: Any) -> Body:
        """An upsert by external id."""
        given = {"name": external_id.upper(), "custom_object_fields": values}
        body = await self.ok(
            "PATCH",
            "/custom_objects/wave_invoice/records",
            {"custom_object_record": given},
            external_id=external_id,
        )
        found: Body = body["custom_object_record"]
        return found

    async def finished(self, job: Body) -> Body:
        """The job after enough time."""
        await self.sandbox.advance(10)
        found: Body = (await self.ok("GET", f"/job_statuses/{job['job_status']['id']}"))[
            "job_status"
        ]
        return found

    async def close(self) -> None:
        await self.sandbox.close()


def bearer(answer: Reply) -> dict[str, str]:
    assert answer.status == 200, answer.body
    return {"authorization": f"Bearer {answer.body['access_token']}"}


def basic(email: str, api_token: str) -> dict[str, str]:
    pair = base64.b64encode(f"{email}/token:{api_token}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def _key(name: str) -> str:
    """`page_size` and its like stand for bracketed names."""
    known = {
        "page_size": "page[size]",
        "page_after": "page[after]",
        "page_before": "page[before]",
        "filter_type": "filter[type]",
        "filter_external_ids": "filter[external_ids]",
        "filter_ids": "filter[ids]",
    }
    return known.get(name, name)


def errors(reply: Reply) -> dict[str, list[str]]:
    """field -> codes of a 422."""
    assert reply.status == 422, (reply.status, reply.body)
    details = reply.body["details"]
    return {field: [one["error"] for one in faults] for field, faults in details.items()}
