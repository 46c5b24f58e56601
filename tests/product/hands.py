"""What the tests of the product's texts do alike: look at what was asked of a vendor, walk through
a consent, sign a delivery as the texts describe it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from ml_connector.core.vendor import Delivery
from ml_connector.store import connections
from ml_connector.store.tables import inbox, metadata
from ml_connector.store.vault import get_secrets
from tests.support.rehearsal import HOOKS, WORKSPACE, Rehearsal
from tests.support.sandbox import URL, Posted

OAUTH = ("client_id", "client_secret", "refresh_token")
TOKEN_CALLS = ("POST /oauth2/token/", "POST /oauth/token", "POST /auth/oauth/token",
               "POST /oauth/tokens", "POST /identity/connect/token",
               "POST /oauth2/v1/tokens/bearer")  # fmt: skip
WAVE_READS = {"user", "business", "businesses", "business.customers", "business.customer",
              "business.invoices", "business.invoice"}  # fmt: skip
DAY = 86_400.0
RELAY = "the secret of a signing relay"
TEXT_EVENTS = ("customer.created", "customer.updated", "invoice.created", "invoice.updated",
               "payment.created")  # fmt: skip
"""The webhooks of Wave that the texts name; Wave itself has but some of `invoice.*`."""


async def asked(of: Rehearsal, vendor: str) -> dict[str, int]:
    """How often each operation was asked of a vendor, token calls left out."""
    told: dict[str, int] = {}
    for row in (await of.counters())["requests"]:
        if row["vendor"] == vendor and row["operation"] not in TOKEN_CALLS:
            told[row["operation"]] = told.get(row["operation"], 0) + row["n"]
    return told


async def renewals(of: Rehearsal, vendor: str) -> int:
    """How often a token was asked for."""
    rows = (await of.counters())["requests"]
    return sum(r["n"] for r in rows if r["vendor"] == vendor and r["operation"] in TOKEN_CALLS)


async def answered(of: Rehearsal, vendor: str, status: int) -> int:
    """How often the vendor answered so."""
    rows = (await of.counters())["requests"]
    return sum(r["n"] for r in rows if (r["vendor"], r["status"]) == (vendor, status))


async def connection(of: Rehearsal, name: str) -> dict[str, Any]:
    """As `status` tells it."""
    from ml_connector.engine.looking import Look

    told = await Look(of.res, "").status(WORKSPACE)
    return next(c for c in told["connections"] if c["name"] == name)


async def amend(of: Rehearsal, name: str, **secrets: str) -> None:
    """A person gives a connection another secret; its settings stay."""
    row = await of.store.read(lambda c: connections.named(c, WORKSPACE, name))
    assert row is not None
    given = dict(row.settings)
    await of.done("connect", vendor=row.vendor, name=name, settings=given, secrets=secrets)


async def consent(of: Rehearsal, vendor: str, **settings: str) -> Any:
    """A person's walk through the vendor's consent page; the whole answer of the exchange."""
    ready = (await of.human("GET", "ready"))["vendors"][vendor]
    begun = await of.done(
        "consent", vendor=vendor, name=vendor,
        settings={"base_url": ready["base_url"], **ready["settings"], **settings},
        secrets={name: ready["credentials"][name] for name in ("client_id", "client_secret")},
        redirect_url="http://127.0.0.1:9/callback",
    )  # fmt: skip
    page = await of.sandbox.call("GET", begun["authorize_url"].removeprefix(URL))
    assert page.status == 302
    returned = {"url": page.headers["location"]}
    return await of.do("exchange", state=begun["state"], secrets=returned)


async def portal(of: Rehearsal, *events: str) -> str:
    """Wave's portal posts those events to us; the secret that it signs with."""
    ready = (await of.human("GET", "ready"))["vendors"]["wave"]["credentials"]
    given = str(ready["webhook_secret"])
    await amend(of, "wave", webhook_secret=given)
    url = f"{HOOKS}/hooks/{await of.hook_token('wave')}"
    await of.human("PUT", "wave/webhook", {"url": url, "secret": given, "events": list(events)})
    await of.deliver()
    return given


async def waits(of: Rehearsal, seconds: float, every: float = 1800) -> None:
    """Time passes, and the lane looks every so often."""
    for _ in range(int(seconds // every) + 1):
        await of.clock.advance(every)
        await of.round()


async def tokens_of(of: Rehearsal, name: str) -> dict[str, str]:
    """The pair that is kept for a connection, opened with the key."""

    def work(conn: Any) -> dict[str, str]:
        row = connections.named(conn, WORKSPACE, name)
        assert row is not None
        return get_secrets(conn, of.vault, f"grant:{row.grant}")

    return await of.store.read(work)


async def everything_stored(of: Rehearsal) -> str:
    """Every value of every row of the database, as text."""

    def work(conn: Any) -> str:
        return "\n".join(_values(conn))

    return await of.store.read(work)


def _values(conn: Any) -> Iterator[str]:
    for table in metadata.sorted_tables:
        for row in conn.execute(table.select()):
            for value in row:
                held = (
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                )
                yield held.decode("utf-8", "replace")


async def take(of: Rehearsal, name: str, body: bytes, headers: dict[str, str]) -> int:
    """The answer to one delivery at a connection's address."""
    delivery = Delivery(body, {n.lower(): v for n, v in headers.items()}, of.clock.now())
    return (await of.ingest.take(await of.hook_token(name), delivery)).status


async def proofs_of_pipedrive(of: Rehearsal, delivery: Posted) -> dict[str, int]:
    """What is answered to a delivery by its own Basic credentials, by the described signature with
    the secret RELAY, with that over another body, and without any proof."""
    signed = {"X-Pipedrive-Signature": hex_of(RELAY, delivery.body)}
    return {
        "basic": await take(of, "pipedrive", delivery.body, dict(delivery.headers)),
        "described": await take(of, "pipedrive", delivery.body, signed),
        "altered": await take(of, "pipedrive", delivery.body + b" ", signed),
        "none": await take(of, "pipedrive", delivery.body, {}),
    }


async def events_taken(of: Rehearsal) -> set[str]:
    """The kinds of events that the engine was told by webhooks."""

    def work(conn: Any) -> set[str]:
        return {str(row.event_type) for row in conn.execute(select(inbox.c.event_type))}

    return {name for name in await of.store.read(work) if "." in name}


async def posted(of: Rehearsal) -> list[Posted]:
    """What the vendors have posted since the last look, taken out of their outbox."""
    await of.clock.advance(2)
    held, of.sandbox.outbox.posted = of.sandbox.outbox.posted, []
    return held


def hex_of(secret: str, body: bytes) -> str:
    """The signature that the texts describe: HMAC-SHA256 over the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def stamped(secret: str, body: bytes, at: float) -> dict[str, str]:
    """Wave's own signature: over the moment and the raw body."""
    moment = str(int(at))
    return {"x-wave-signature": f"t={moment},v1={hex_of(secret, f'{moment}.'.encode() + body)}"}


def event(name: str, business: str, **data: str) -> bytes:
    """An event of Wave."""
    told = {"event_id": f"e-{name}", "event_type": name, "business_id": business, "data": data}
    return json.dumps(told).encode()
