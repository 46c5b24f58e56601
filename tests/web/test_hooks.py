"""A real server, asked as vendors, monitoring and a second administrator would ask it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.support.connected import FLOW, arguments, connect, connect_both
from tests.support.program import Program, Reply, Served
from tests.support.sandbox import SandboxProcess

PATIENCE_SECONDS = 60.0


@pytest.fixture
def home(program: Program, sandbox: SandboxProcess) -> Program:
    sandbox.control("POST", "reset", {"seed": 7, "customers": 6, "invoices": 9})
    connect_both(program, sandbox)
    return program


@pytest.fixture
def server(home: Program) -> Iterator[Served]:
    with home.served() as running:
        yield running


class Hook:
    """The endpoint of the Wave connection, and what Wave would post to it."""

    def __init__(self, home: Program, server: Served, sandbox: SandboxProcess) -> None:
        self.url = next(
            row["webhook_url"] for row in home.json("connections") if row["name"] == "books"
        )
        self._server = server
        self._secret = sandbox.ready["vendors"]["wave"]["credentials"]["webhook_secret"]
        (self.invoice, *_) = sandbox.control("GET", "wave/invoices")
        self.business = home.json("ping", "books")[0]["account"]

    def event(self, **more: Any) -> bytes:
        told = {
            "event_id": "e-1", "event_type": "invoice.sent", "business_id": self.business,
            "data": {"invoice_id": self.invoice["id"]},
        }  # fmt: skip
        return json.dumps({**told, **more}).encode()

    def signature(self, body: bytes, ago_seconds: float = 0, secret: str = "") -> str:
        moment = str(int(time.time() - ago_seconds))
        key = (secret or self._secret).encode()
        signed = hmac.new(key, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={moment},v1={signed}"

    def post(self, body: bytes, signature: str | None = None, url: str = "") -> Reply:
        headers = {"content-type": "application/json"}
        signed = self.signature(body) if signature is None else signature
        if signed:
            headers["x-wave-signature"] = signed
        return self._server.call("POST", url or self.url, body, headers)


@pytest.fixture
def hook(home: Program, server: Served, sandbox: SandboxProcess) -> Hook:
    return Hook(home, server, sandbox)


def count(home: Program, sql: str) -> Any:
    database = sqlite3.connect(home.home / "database.sqlite3")
    try:
        return database.execute(sql).fetchone()[0]
    finally:
        database.close()


def test_each_delivery_gets_the_answer_that_the_contract_names(
    home: Program, server: Served, hook: Hook
) -> None:
    body = hook.event()
    assert urlsplit(hook.url).netloc == urlsplit(server.url).netloc
    assert hook.post(body).status == 200
    assert hook.post(body).status == 200
    assert hook.post(body, url=f"{hook.url}/subscription").status == 200
    assert count(home, "SELECT count(*) FROM inbox") == 1
    assert count(home, "SELECT times FROM inbox") == 3

    assert hook.post(body, hook.signature(body, ago_seconds=301)).status == 401
    assert hook.post(body, hook.signature(body, ago_seconds=-65)).status == 401
    assert hook.post(body, hook.signature(body, secret="another-secret")).status == 401
    assert hook.post(body + b" ", hook.signature(body)).status == 401
    assert hook.post(body, "").status == 401
    assert hook.post(b"not json").status == 400
    assert hook.post(body, url=f"{server.url}/hooks/nobody").status == 404
    assert hook.post(b"x" * 1_048_577).status == 413
    assert hook.post(b"", "").status == 200  # the portal's set-up probe
    assert server.call("GET", hook.url).status == 405
    assert count(home, "SELECT count(*) FROM inbox") == 1

    books = next(row for row in home.json("status")["connections"] if row["name"] == "books")
    assert books["deliveries"]["forged"] == 5
    assert "5 deliveries were refused as forged" in home("status").out
    metrics = server.call("GET", "/metrics").text
    for status, times in ((200, 4), (401, 5), (400, 1)):
        line = f'ml_connector_deliveries_total{{status="{status}",vendor="wave"}} {times}.0'
        assert line in metrics or _swapped(line) in metrics


def _swapped(line: str) -> str:
    """Prometheus does not promise an order of labels."""
    name, _, rest = line.partition("{")
    labels, _, value = rest.partition("}")
    return f"{name}{{{','.join(reversed(labels.split(',')))}}}{value}"


def test_a_body_of_unknown_length_is_capped_while_it_is_read(hook: Hook, server: Served) -> None:
    """Sent in chunks without a length, a mebibyte is where reading ends."""
    target = urlsplit(hook.url)
    connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=30)
    chunks = (b"x" * 65_536 for _ in range(17))
    connection.request("POST", target.path, chunks, {"transfer-encoding": "chunked"},
                       encode_chunked=True)  # fmt: skip
    assert connection.getresponse().status == 413
    connection.close()


def test_an_event_of_another_business_or_kind_is_kept_and_counted(
    home: Program, hook: Hook
) -> None:
    assert hook.post(hook.event(event_id="a", business_id="another")).status == 200
    assert hook.post(hook.event(event_id="b", event_type="estimate.sent")).status == 200
    kept = "SELECT outcome FROM inbox WHERE event_id = '{}'"
    assert count(home, kept.format("a")) == "unknown_account"
    assert count(home, kept.format("b")) == "unknown_event"
    books = next(row for row in home.json("status")["connections"] if row["name"] == "books")
    assert books["deliveries"]["unknown"] == 1


def test_health_readiness_and_metrics(home: Program, server: Served) -> None:
    assert server.call("GET", "/healthz").status == 200
    ready = server.call("GET", "/readyz")
    assert (ready.status, json.loads(ready.text)["ok"]) == (200, True)
    metrics = server.call("GET", "/metrics").text
    assert 'ml_connector_connection_state{connection="crm",state="ok"' in metrics
    for name in ("pending", "oldest_pending_seconds", "reviews", "tokens_spent_today"):
        assert f"# TYPE ml_connector_{name} gauge" in metrics
    assert server.call("GET", "/nothing").status == 404


def test_commands_are_handed_to_the_server_and_the_payment_follows(
    home: Program, server: Served, hook: Hook, sandbox: SandboxProcess
) -> None:
    assert [row["ok"] for row in home.json("ping")] == [True, True]
    assert count(home, "SELECT count(*) FROM requests WHERE kind = 'ping'") > 0
    assert home.json("sync", FLOW, "--yes", expect=1)["writes"] > 0
    assert home.json("sync", FLOW)["writes"] == 0

    made = {
        row["source_key"]: row["target_id"]
        for row in home.json("audit", "--decision", "create", "--limit", "999")
        if row["route"] == "invoices"
    }
    invoice = next(
        row
        for row in sandbox.control("GET", "wave/invoices")
        if row["id"] in made and row["status"] in ("SENT", "VIEWED", "UNPAID")
    )
    secret = sandbox.ready["vendors"]["wave"]["credentials"]["webhook_secret"]
    events = ["invoice.paid", "invoice.overpaid", "invoice.partially_paid"]
    sandbox.control("PUT", "wave/webhook", {"url": hook.url, "secret": secret, "events": events})
    sandbox.control("POST", f"wave/invoices/{quote(invoice['id'], safe='')}/pay", {})
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        deal = sandbox.control("GET", f"pipedrive/deals/{made[invoice['id']]}")
        if deal["status"] == "won":
            break
        time.sleep(0.1)
    assert deal["status"] == "won"
    why = home.json("why", FLOW, f"invoices:{invoice['id']}")
    assert why["decisions"][0]["source"] == "webhook"
    assert "invoice." in why["events"][0]["event_type"]


def test_secrets_handed_to_the_server_are_in_no_request_and_no_log(
    home: Program, server: Served, sandbox: SandboxProcess
) -> None:
    connect(home, sandbox, "wave", "client_id", "client_secret", "refresh_token")
    connect(home, sandbox, "pipedrive")
    assert count(home, "SELECT count(*) FROM requests WHERE kind = 'connect'") == 2
    assert count(home, "SELECT count(*) FROM secrets WHERE owner LIKE 'request:%'") == 0
    assert server.stop() == 0
    written = home.everything_written() + server.log.encode()
    for vendor in ("wave", "pipedrive"):
        for name, secret in sandbox.ready["vendors"][vendor]["credentials"].items():
            assert secret.encode() not in written, name


def test_a_person_comes_back_to_the_server_after_consent(
    home: Program, server: Served, sandbox: SandboxProcess
) -> None:
    offered = sandbox.ready["vendors"]["pipedrive"]
    line = arguments(home, offered, "pipedrive", ("client_id", "client_secret"))
    back = f"{server.url}/oauth/callback"
    walk = ["connect", "pipedrive", "--name", "crm", *line, "--redirect-url", back, "--json"]
    with home.start(*walk) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["authorize_url"]
        page = server.call("GET", address)
        assert "crm is connected" in page.text
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)[0]["detail"]["auth"] == "oauth"
    again = server.call("GET", f"{back}?code=x&state=nobody")
    assert (again.status, "not expected" in again.text) == (400, True)


def test_a_second_server_refuses_and_the_first_ends_as_asked(home: Program, server: Served) -> None:
    done = home.child("serve", "--port", "0", expect=2)
    assert "runs on this home already" in done.err
    assert server.url in done.err
    assert server.call("GET", "/healthz").status == 200
    assert server.stop() == 0
    assert home.json("ping", "crm")[0]["ok"] is True  # the lock is free again


def test_a_command_does_not_wait_for_a_server_that_was_killed(
    home: Program, server: Served
) -> None:
    server.process.kill()
    server.process.communicate()
    server.code = server.process.returncode
    assert home.json("ping", "crm")[0]["ok"] is True


def test_an_address_that_cannot_be_listened_on_is_told(home: Program) -> None:
    assert "cannot be listened on" in home("serve", "--host", "192.0.2.1", expect=2).err


def test_a_database_that_cannot_be_written_is_500_and_not_ready(
    home: Program, server: Served, hook: Hook
) -> None:
    """The trigger stands for a disk that is full: the transaction fails as a whole."""
    database = sqlite3.connect(home.home / "database.sqlite3")
    with database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON inbox BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    database.close()
    assert hook.post(hook.event()).status == 500
    database = sqlite3.connect(home.home / "database.sqlite3")
    with database:
        database.execute("DROP TRIGGER full")
    database.close()
    assert hook.post(hook.event()).status == 200
