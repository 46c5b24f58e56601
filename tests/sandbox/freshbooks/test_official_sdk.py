"""The official Python SDK walks the sandbox over a real socket: a client that knows nothing of us.

Its own settings point it here: the environment variables that it reads when a client is made.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from freshbooks.builders.filter import FilterBuilder
from freshbooks.builders.includes import IncludesBuilder
from freshbooks.builders.paginator import PaginateBuilder
from freshbooks.builders.sort import SortBuilder
from freshbooks.client import Client
from freshbooks.errors import FreshBooksError
from freshbooks.models import VisState

from tests.support.sandbox import SandboxProcess

REDIRECT = "https://app.example/cb"
SCOPES = [
    f"user:{noun}:{verb}"
    for noun in ("clients", "invoices", "payments")
    for verb in ("read", "write")
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--seed", "3", "--customers", "33", "--invoices", "60") as process:
        yield process


@pytest.fixture
def made(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client without a token."""
    vendor = sandbox.ready["vendors"]["freshbooks"]
    monkeypatch.setenv("FRESHBOOKS_API_URL", vendor["base_url"])
    monkeypatch.setenv("FRESHBOOKS_AUTH_URL", vendor["base_url"])
    known = vendor["credentials"]
    return Client(
        client_id=known["client_id"],
        client_secret=known["client_secret"],
        redirect_uri=REDIRECT,
        auto_retry=False,
    )


def consent(sandbox: SandboxProcess, made: Client, scopes: list[str]) -> Any:
    answer = sandbox.call("GET", made.get_auth_request_url(["user:profile:read", *scopes]))
    assert answer.status == 302
    code = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["code"]
    return made.get_access_token(code)


@pytest.fixture
def sdk(sandbox: SandboxProcess, made: Client) -> Client:
    """A client that may read and write."""
    consent(sandbox, made, SCOPES)
    return made


@pytest.fixture
def account_id(sandbox: SandboxProcess) -> str:
    return str(sandbox.ready["vendors"]["freshbooks"]["settings"]["account_id"])


def test_it_consents_refreshes_and_finds_the_old_token_dead(
    sandbox: SandboxProcess, made: Client
) -> None:
    first = consent(sandbox, made, SCOPES)
    left = first.access_token_expires_at - datetime.now(UTC)
    assert timedelta(hours=11.9) < left <= timedelta(hours=12)
    second = made.refresh_access_token()
    assert second.refresh_token != first.refresh_token
    with pytest.raises(FreshBooksError) as spent:
        made.refresh_access_token(first.refresh_token)
    assert spent.value.status_code == 400
    assert made.current_user().email == "owner@bluebird.example"


def test_it_begins_with_the_refresh_token_of_the_ready_line(
    sandbox: SandboxProcess, made: Client
) -> None:
    sandbox.control("POST", "reset", {})
    known = sandbox.control("GET", "ready")["vendors"]["freshbooks"]["credentials"]
    made.client_id, made.client_secret = known["client_id"], known["client_secret"]
    made.refresh_access_token(known["refresh_token"])
    identity = made.current_user()
    assert identity.full_name == "Robin Bluebird"
    businesses = [m.business for m in identity.business_memberships]
    assert [b.account_id is None for b in businesses] == [False, False, True]


def test_it_lists_pages_filters_and_sorts(sdk: Client, account_id: str) -> None:
    seen: list[int] = []
    clients = sdk.clients.list(account_id, [PaginateBuilder(1, 10)])
    while clients.data["clients"]:
        seen += [client.userid for client in clients]
        clients = sdk.clients.list(account_id, [PaginateBuilder(clients.pages.page + 1, 10)])
    assert len(seen) == len(set(seen)) == clients.pages.total == 33
    one = sdk.clients.list(account_id, [FilterBuilder().equals("userid", seen[4])])
    assert [client.userid for client in one] == [seen[4]]
    two = sdk.clients.list(account_id, [FilterBuilder().in_list("userid", seen[:2])])
    assert {client.userid for client in two} == set(seen[:2])
    day = date(2020, 1, 1)
    assert len(sdk.clients.list(account_id, [FilterBuilder().between("updated", max=day)])) == 0
    by_email = sdk.clients.list(account_id, [SortBuilder().ascending("email")])
    emails = [client.data["email"].casefold() for client in by_email]
    assert emails == sorted(emails)


def test_it_reads_eastern_times_as_utc(sdk: Client, account_id: str) -> None:
    made = sdk.clients.create(account_id, {"organization": "Timely"})
    assert abs(made.updated - made.signup_date) < timedelta(seconds=2)
    assert abs(made.updated - datetime.now(UTC)) < timedelta(minutes=2)
    assert made.data["updated"] != made.data["signup_date"]


def test_it_writes_clients_and_deletes_them_softly(sdk: Client, account_id: str) -> None:
    made = sdk.clients.create(account_id, {"fname": "Ada", "lname": "Moss", "email": "a@m.example"})
    assert made.organization == "Ada Moss"
    changed = sdk.clients.update(account_id, made.userid, {"p_city": "Montréal"})
    assert changed.p_city == "Montréal"
    assert sdk.clients.delete(account_id, made.userid).vis_state == VisState.DELETED
    everybody = sdk.clients.list(account_id, [PaginateBuilder(1, 100)])
    assert made.userid not in [client.userid for client in everybody]
    gone = sdk.clients.list(account_id, [FilterBuilder().equals("vis_state", 1)])
    assert made.userid in [client.userid for client in gone]


def test_it_writes_invoices_and_payments(sdk: Client, account_id: str) -> None:
    client = sdk.clients.create(account_id, {"organization": "Owes us", "email": "o@o.example"})
    line = {"name": "Work", "qty": "2", "unit_cost": {"amount": "50.00", "code": "USD"}}
    data = {"customerid": client.id, "create_date": date.today().isoformat(), "lines": [line]}
    lines = IncludesBuilder()
    lines.include("lines")
    made = sdk.invoices.create(account_id, data, includes=lines)
    assert made.lines[0].amount.amount == "100.00"
    assert made.v3_status == "draft"
    sent = sdk.invoices.update(account_id, made.id, {"action_mark_as_sent": True})
    assert sent.display_status == "sent"
    money = {"amount": "100.00", "code": "USD"}
    paid = {"invoiceid": made.id, "amount": money, "date": data["create_date"], "type": "Check"}
    payment = sdk.payments.create(account_id, paid)
    assert sdk.invoices.get(account_id, made.id).v3_status == "paid"
    sdk.payments.delete(account_id, payment.id)
    assert sdk.invoices.get(account_id, made.id).payment_status == "unpaid"
    sdk.invoices.delete(account_id, made.id)
    assert sdk.invoices.get(account_id, made.id).vis_state == VisState.DELETED


def test_it_meets_errors(sdk: Client, account_id: str) -> None:
    with pytest.raises(FreshBooksError) as missing:
        sdk.clients.get(account_id, 1)
    assert (missing.value.status_code, missing.value.error_code) == (404, 1012)
    assert str(missing.value) == "Client not found."
    with pytest.raises(FreshBooksError) as nameless:
        sdk.clients.create(account_id, {"p_city": "Rome"})
    assert (nameless.value.status_code, nameless.value.error_code) == (422, 7012)
    with pytest.raises(FreshBooksError) as foreign:
        sdk.clients.list("Nobody")
    assert foreign.value.error_code == 404
    with pytest.raises(FreshBooksError) as scoped:
        sdk.bills.list(account_id)
    assert scoped.value.status_code == 403
    sdk.access_token = "nonsense"
    with pytest.raises(FreshBooksError) as stranger:
        sdk.current_user()
    assert stranger.value.status_code == 401
    assert str(stranger.value.error_code) == "unauthenticated"


def test_it_meets_a_limit(sandbox: SandboxProcess, sdk: Client, account_id: str) -> None:
    sandbox.control("PATCH", "switches", {"freshbooks.limit_per_minute": 1})
    try:
        sdk.clients.list(account_id)
        with pytest.raises(FreshBooksError) as fast:
            sdk.clients.list(account_id)
    finally:
        sandbox.control("PATCH", "switches", {"freshbooks.limit_per_minute": 500})
    assert fast.value.status_code == 429


def test_it_retries_through_trouble(sandbox: SandboxProcess, sdk: Client, account_id: str) -> None:
    sdk.auto_retry = True
    sandbox.order({"vendor": "freshbooks", "kind": "status", "status": 503, "times": 2})
    assert len(sdk.clients.list(account_id)) == 15


class Receiver:
    """A far end on loopback that answers 200 and keeps the forms it got."""

    def __init__(self) -> None:
        self.got: Queue[dict[str, str]] = Queue()
        keep = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                keep.put(dict(parse_qsl(raw.decode())))
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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_it_registers_proves_resends_and_deletes_callbacks(
    sdk: Client, account_id: str, receiver: Receiver
) -> None:
    made = sdk.callbacks.create(account_id, {"event": "client", "uri": receiver.url})
    handshake = receiver.got.get_nowait()  # there before the answer was
    assert handshake["object_id"] == str(made.callbackid)
    assert made.verified is False
    sdk.callbacks.resend_verification(account_id, made.callbackid)
    code = receiver.got.get(timeout=10)["verifier"]
    assert sdk.callbacks.verify(account_id, made.callbackid, code).verified is True
    client = sdk.clients.create(account_id, {"organization": "Heard of"})
    told = receiver.got.get(timeout=10)
    assert (told["name"], told["object_id"]) == ("client.create", str(client.id))
    found = sdk.callbacks.list(account_id, [FilterBuilder().equals("event", "client.update")])
    assert made.callbackid in [callback.callbackid for callback in found]
    assert abs(sdk.callbacks.get(account_id, made.callbackid).updated_at - datetime.now(UTC)) < (
        timedelta(minutes=2)
    )
    sdk.callbacks.delete(account_id, made.callbackid)
    with pytest.raises(FreshBooksError) as gone:
        sdk.callbacks.get(account_id, made.callbackid)
    assert gone.value.error_code == 404


def test_a_bad_callback(sdk: Client, account_id: str) -> None:
    with pytest.raises(FreshBooksError) as refused:
        sdk.callbacks.create(account_id, {"event": "invoice.paid", "uri": "nowhere"})
    assert refused.value.status_code == 422
    assert refused.value.error_details is not None
    assert str(refused.value.error_details[0]) == "event: Value error, Unrecognized event."
