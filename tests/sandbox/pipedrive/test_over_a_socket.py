"""The same Pipedrive behind the real command: a real server, and webhooks over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import pytest

from tests.support.sandbox import SandboxProcess

from . import contract


class Receiver:
    """A far end on loopback that answers 200 and keeps what it got."""

    def __init__(self) -> None:
        self.got: Queue[tuple[dict[str, str], Any]] = Queue()
        keep = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                keep.put(({k.lower(): v for k, v in self.headers.items()}, json.loads(raw)))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("--seed", "5", "--customers", "12", "--invoices", "24") as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_create_read_and_hear_of_it(process: SandboxProcess, receiver: Receiver) -> None:
    ready = process.ready["vendors"]["pipedrive"]
    base, auth = ready["base_url"], {"x-api-token": ready["credentials"]["api_token"]}
    hook = {
        "subscription_url": receiver.url,
        "event_action": "create",
        "event_object": "organization",
        "name": "ours",
        "http_auth_user": "u",
        "http_auth_password": "p",
    }
    made = process.call("POST", f"{base}/v1/webhooks", hook, auth)
    assert made.status == 201
    contract.check("v1", "POST /webhooks", 201, made.body)
    probe, _ = receiver.got.get(timeout=10)
    assert probe["authorization"] == "Basic dTpw"
    created = process.call("POST", f"{base}/api/v2/organizations", {"name": "Zoë"}, auth)
    contract.check("v2", "POST /organizations", 200, created.body)
    headers, body = receiver.got.get(timeout=10)
    assert headers["user-agent"] == "Pipedrive Webhooks"
    assert body["data"]["name"] == "Zoë"
    assert body["meta"]["entity_id"] == str(created.body["data"]["id"])
    read = process.call("GET", f"{base}/api/v2/organizations/{body['data']['id']}", None, auth)
    assert read.body["data"]["name"] == "Zoë"


def test_the_edge_answers_html(process: SandboxProcess) -> None:
    ready = process.ready["vendors"]["pipedrive"]
    auth = {"x-api-token": ready["credentials"]["api_token"]}
    process.control("PATCH", "switches", {"pipedrive.edge_blocked": True})
    blocked = process.call("GET", f"{ready['base_url']}/v1/users/me", None, auth)
    process.control("PATCH", "switches", {"pipedrive.edge_blocked": False})
    assert blocked.status == 403
    assert blocked.headers["content-type"].startswith("text/html")
