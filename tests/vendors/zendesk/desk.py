"""An agent's desk: the packed app in a real browser, its framework stubbed, its requests forwarded
to the simulated Zendesk on this machine. Nothing else is reachable from the page."""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from ml_connector.vendors.zendesk.sidebar import packed
from tests.support.sandbox import Reply, SandboxProcess

APP = "https://app.test/"
SDK = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
STUB = Path(__file__).parent / "zaf_stub.js"
WIDTH = 320


@dataclass
class Scene:
    """What the framework tells the app: where it is, and whose ticket it is."""

    location: str = "ticket_sidebar"
    organization: Mapping[str, Any] | None = None
    requester: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    fails: dict[str, int] = field(default_factory=dict)
    """Part of a path → the status that it is answered with."""


class Desk:
    """One page with the app in it. `asked` are the app's requests, `left` those of the page."""

    def __init__(self, page: Page, account: Account) -> None:
        self.page = page
        self.scene = Scene()
        self.asked: list[dict[str, Any]] = []
        self.left: list[str] = []
        self._account = account
        package = zipfile.ZipFile(io.BytesIO(packed()))
        self._files = {name: package.read(name) for name in package.namelist()}
        page.set_viewport_size({"width": WIDTH, "height": 640})
        page.expose_function("answer", self._answer)
        page.route("**/*", self._serve)
        page.on("request", lambda request: self.left.append(request.url))

    def open(self, **scene: Any) -> None:
        """Show the app to an agent, and wait until it shows something."""
        self.scene = Scene(**scene)
        self.page.goto(f"{APP}assets/iframe.html")
        self.settled()

    def settled(self) -> None:
        self.page.wait_for_selector("#app[aria-busy=false]")

    def text(self, selector: str = "#app") -> str:
        return self.page.inner_text(selector)

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()

    def _serve(self, route: Route) -> None:
        url = route.request.url
        if url == SDK:
            route.fulfill(body=STUB.read_text("utf-8"), content_type="text/javascript")
        elif url.startswith(APP) and url.removeprefix(APP) in self._files:
            name = url.removeprefix(APP)
            kind = TYPES[name.rpartition(".")[2]]
            route.fulfill(body=self._files[name], content_type=f"{kind}; charset=utf-8")
        else:
            route.abort()

    def _answer(self, what: str, detail: str) -> str:
        given = json.loads(detail)
        if what == "request":
            return json.dumps(self._request(given))
        if what == "get":
            return json.dumps({"errors": {}, **{path: self._told(path) for path in given}})
        told = {"location": self.scene.location, "product": "support"}
        return json.dumps(told if what == "context" else {"settings": self.scene.settings})

    def _told(self, path: str) -> Any:
        return self.scene.requester if path == "ticket.requester" else self.scene.organization

    def _request(self, options: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(options)
        for part, status in self.scene.fails.items():
            if part in options["url"]:
                return {"status": status, "body": None}
        assert options["url"].startswith("/api/v2/"), "only Zendesk's own API is asked"
        data = options.get("data")
        reply = self._account.call(options["type"], options["url"], data and json.loads(data))
        return {"status": reply.status, "body": reply.body}


class Account:
    """The simulated account, as its administrator: fields, objects and records are made at will."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._sandbox = sandbox
        keys = sandbox.ready["vendors"]["zendesk"]["credentials"]
        pair = f"{keys['username']}/token:{keys['api_token']}".encode()
        self._proof = {"authorization": f"Basic {b64encode(pair).decode()}"}
        self._numbers = iter(range(1, 10_000))

    def call(self, method: str, path: str, body: Any = None) -> Reply:
        return self._sandbox.call(method, f"/zendesk{path}", body, self._proof)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        return self._sandbox.control(method, path, body)

    def organization(self, name: str, **fields: Any) -> dict[str, Any]:
        """What the framework tells of it."""
        body = {"name": name, "organization_fields": fields}
        made = self.control("POST", "zendesk/organizations", body)
        return {"id": made["id"], "name": made["name"]}

    def invoice(self, organization: Mapping[str, Any], name: str, **fields: Any) -> dict[str, Any]:
        return self._record("wave_invoice", organization, name, fields)

    def payment(self, organization: Mapping[str, Any], name: str, **fields: Any) -> dict[str, Any]:
        return self._record("wave_payment", organization, name, fields)

    def _record(
        self, key: str, organization: Mapping[str, Any], name: str, fields: Mapping[str, Any]
    ) -> dict[str, Any]:
        held = {"organization": str(organization["id"]), **fields}
        body = {
            "custom_object_key": key, "name": name, "custom_object_fields": held,
            "external_id": f"{key}:{next(self._numbers)}",
        }  # fmt: skip
        made: dict[str, Any] = self.control("POST", "zendesk/custom_object_records", body)
        return made
