"""Our calls against the community's OpenAPI description and the sheet of words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ml_connector.core.values import Values
from ml_connector.core.vendor import Handshake
from ml_connector.http.transport import Outgoing
from ml_connector.vendors.freshbooks.objects import CLIENTS, INVOICES, PAYMENTS
from tests.vendors.freshbooks.contract import problems
from tests.vendors.freshbooks.given import ACCOUNT, ONE, ROWS, identity_body, page_of
from tests.vendors.freshbooks.wires import ORIGIN, Bench

MARK: Values = {"mark": "2026-05-01T14:00:00Z"}
Doing = Callable[[Bench], Awaitable[object]]

ACTIONS: dict[str, Doing] = {
    "identify": lambda b: b.client.identify(b.errand),
    "poll clients": lambda b: b.client.changes(CLIENTS, MARK, b.errand),
    "poll invoices": lambda b: b.client.changes(INVOICES, {**MARK, "deleted": True}, b.errand),
    "poll payments": lambda b: b.client.changes(PAYMENTS, {}, b.errand),
    "read several": lambda b: b.client.read(INVOICES, ["90210", "90211"], b.errand),
    "read one": lambda b: b.client.read(CLIENTS, ["42"], b.errand),
    "open invoices": lambda b: b.client.open_keys(INVOICES, b.errand),
    "all ids": lambda b: b.client.all_keys(PAYMENTS, b.errand),
    "callbacks": lambda b: b.client.subscriptions(b.errand),
    "subscribe": lambda b: b.client.subscribe("client", "https://h.example/x", {}, b.errand),
    "confirm": lambda b: b.client.confirm(Handshake("3107", "code"), b.errand),
    "resend": lambda b: b.client.introduce_again("3107", b.errand),
    "unsubscribe": lambda b: b.client.unsubscribe("3107", b.errand),
}


def obliging(sent: Outgoing) -> tuple[int, Any]:
    """Whatever is asked, there is one."""
    if sent.method == "DELETE":
        return 204, b""
    if sent.url.endswith("/users/me"):
        return 200, identity_body((ACCOUNT, "Acme"))
    if "callbacks" in sent.url:
        callback = {"callbackid": 1, "verified": True, "event": "client", "uri": "https://h"}
        result = {"callback": callback, "callbacks": [], "page": 1, "pages": 0, "per_page": 15}
        return 200, {"response": {"result": result}}
    noun = next(noun for noun in ROWS if f"/{noun}" in sent.url)
    found = page_of(noun, [ROWS[noun]()])
    found["response"]["result"][ONE[noun]] = ROWS[noun]()
    return 200, found


@pytest.mark.parametrize("name", ACTIONS)
async def test_each_action_keeps_to_the_description(name: str) -> None:
    bench = Bench(obliging)
    await bench.run(ACTIONS[name](bench))
    assert bench.desk.asked
    assert [problem for sent in bench.desk.asked for problem in problems(sent)] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/accounting/account/a/users/customers", None),
        ("GET", "/accounting/account/a/users/clients?limit=5", None),
        ("GET", "/accounting/account/a/users/clients?per_page=500", None),
        ("POST", "/events/account/a/events/callbacks", b'{"event": "client"}'),
        ("PUT", "/events/account/a/events/callbacks/3", b'{"callback": 7}'),
    ],
)
def test_the_description_finds_what_breaks_it(method: str, path: str, body: bytes | None) -> None:
    assert problems(Outgoing(method, ORIGIN + path, {}, body, 1.0))
