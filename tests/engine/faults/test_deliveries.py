"""What comes to the intake: only what is proven is believed, nothing proven is lost, and whoever
sends
rubbish learns nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from ml_connector.core.vendor import Delivery
from ml_connector.store import connections
from ml_connector.store.connections import Endpoint

from .scene import Scene, demand_in_step, living, picture

SECRET = "portal-secret"
OLDER = "portal-secret-before"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A flow in step with webhooks on both sides, and an empty outbox."""
    async with Scene(2, 4, public=True) as scene:
        await installed(scene)
        yield scene


async def installed(scene: Scene, wave: dict[str, str] | None = None, **pipedrive: str) -> None:
    await scene.connect("wave", **(wave or {}))
    await scene.amend("wave", webhook_secret=SECRET)
    await scene.connect("pipedrive", **pipedrive)
    await scene.add(since="all")
    await scene.sync()
    await scene.clock.advance(5)
    scene.sandbox.outbox.posted.clear()
    scene.alerts.clear()


def event(scene: Scene, account: str, key: str, name: str = "invoice.viewed", **more: Any) -> bytes:
    told = {"event_id": "e-1", "event_type": name, "business_id": account,
            "data": {"invoice_id": key}, **more}  # fmt: skip
    return json.dumps(told).encode()


def proof(body: bytes, at: float, *secrets: str) -> dict[str, str]:
    stamp = int(at)
    macs = [
        hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        for secret in secrets
    ]
    return {"x-wave-signature": ",".join([f"t={stamp}", *(f"v1={mac}" for mac in macs)])}


async def take(scene: Scene, name: str, body: bytes, headers: dict[str, str]) -> int:
    token = await scene.hook_token(name)
    delivery = Delivery(body, headers, scene.clock.now())
    return (await scene.ingest.take(token, delivery)).status


async def endpoint(scene: Scene, name: str) -> Endpoint:
    token = await scene.hook_token(name)
    found = await scene.store.read(lambda c: connections.endpoint_by_token(c, token))
    assert found is not None
    return found


async def about(scene: Scene) -> tuple[str, str]:
    """The business, and an invoice of it."""
    invoice = (await scene.human("GET", "wave/invoices"))[0]
    return invoice["businessId"], invoice["id"]


def moment(scene: Scene, seconds: float = 0) -> float:
    return (scene.clock.now() + timedelta(seconds=seconds)).timestamp()


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, 200), (-299, 200), (-301, 401), (59, 200), (61, 401)]
)
async def test_a_moment_too_far_off_is_refused(scene: Scene, seconds: int, status: int) -> None:
    body = event(scene, *await about(scene))
    headers = proof(body, moment(scene, seconds), SECRET)
    assert await take(scene, "wave", body, headers) == status
    assert len(await scene.pending()) == (2 if status == 200 else 0)


async def test_a_forged_delivery_is_counted_not_kept_and_told_once(scene: Scene) -> None:
    body = event(scene, *await about(scene))
    for secret in ("guess", "other guess"):
        assert await take(scene, "wave", body, proof(body, moment(scene), secret)) == 401
    assert await take(scene, "wave", body, {}) == 401
    altered = proof(body, moment(scene), SECRET)
    assert await take(scene, "wave", body + b" ", altered) == 401
    assert (await endpoint(scene, "wave")).forged == 4
    assert await scene.pending() == []
    assert len(scene.alerts) == 1
    assert "wave" in scene.alerts[0].lower()
    assert SECRET not in scene.alerts[0]


async def test_several_signatures_and_secrets_serve_a_rotation(scene: Scene) -> None:
    body = event(scene, *await about(scene))
    both = proof(body, moment(scene), OLDER, SECRET)
    assert await take(scene, "wave", body, both) == 200
    await scene.amend("wave", webhook_secret="portal-secret-after")
    for secret in ("portal-secret-after", SECRET):  # the one before is good for a week
        assert await take(scene, "wave", body, proof(body, moment(scene), secret)) == 200
    await scene.clock.advance(7 * 86_400)
    for secret, status in (("portal-secret-after", 200), (SECRET, 401)):
        assert await take(scene, "wave", body, proof(body, moment(scene), secret)) == status


@pytest.mark.parametrize("body", [b"", b"{}", b'{"hello": "world"}', b"[]"])
async def test_a_probe_of_the_portal_is_answered_and_makes_nothing_pending(
    scene: Scene, body: bytes
) -> None:
    assert await take(scene, "wave", body, {}) == 200
    assert await scene.pending() == []


async def test_a_proven_body_that_is_no_json_cannot_be_read(scene: Scene) -> None:
    body = b"\xff\xfe<html>"
    assert await take(scene, "wave", body, {}) == 401
    assert await take(scene, "wave", body, proof(body, moment(scene), SECRET)) == 400
    assert (
        await scene.ingest.take("no-such-token", Delivery(b"{}", {}, scene.clock.now()))
    ).status == 404


async def test_an_unknown_event_is_kept_and_makes_nothing_pending(scene: Scene) -> None:
    body = event(scene, *await about(scene), name="payout.sent", data={})
    assert await take(scene, "wave", body, proof(body, moment(scene), SECRET)) == 200
    assert await scene.pending() == []


async def test_an_unknown_business_is_answered_kept_counted_and_told_once(scene: Scene) -> None:
    for number in range(3):
        body = event(scene, "QnVzaW5lc3M6bm9ib2R5", "x", event_id=f"e-{number}")
        assert await take(scene, "wave", body, proof(body, moment(scene), SECRET)) == 200
    assert (await endpoint(scene, "wave")).unknown == 3
    assert len(scene.alerts) == 1
    assert await scene.pending() == []


async def test_the_bare_form_counts_only_where_a_setting_asks_for_it(scene: Scene) -> None:
    body = event(scene, *await about(scene))
    bare = {"x-wave-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
    assert await take(scene, "wave", body, bare) == 401
    async with Scene(2, 4, public=True) as other:
        await installed(other, {"webhook_signature": "bare"})
        told = event(other, *await about(other))
        mac = hmac.new(SECRET.encode(), told, hashlib.sha256).hexdigest()
        assert await take(other, "wave", told, {"x-wave-signature": mac}) == 200
        assert await take(other, "wave", told, proof(told, moment(other), SECRET)) == 401


async def test_a_duplicate_marks_the_record_again_and_is_written_once(scene: Scene) -> None:
    business, key = await about(scene)
    body = event(scene, business, key)
    for _ in range(3):
        assert await take(scene, "wave", body, proof(body, moment(scene), SECRET)) == 200
    assert len(await scene.pending()) == 2
    await scene.rounds(5, every=5)
    body = event(scene, business, key)
    assert await take(scene, "wave", body, proof(body, moment(scene), SECRET)) == 200
    assert len(await scene.pending()) == 2
    await scene.rounds(60)
    await demand_in_step(scene, await picture(scene))


# --- Pipedrive ------------------------------------------------------------------------------------


async def renamed(scene: Scene, name: str) -> tuple[bytes, dict[str, str]]:
    """A person renames an organization of ours; the delivery that tells of it."""
    organization = await living(scene, "organizations")
    await scene.human("PATCH", f"pipedrive/organizations/{organization[0]['id']}", {"name": name})
    await scene.clock.advance(2)
    [posted] = scene.sandbox.outbox.posted
    scene.sandbox.outbox.posted.clear()
    return posted.body, {n.lower(): value for n, value in posted.headers.items()}


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_only_our_own_basic_credentials_are_believed(scene: Scene) -> None:
    body, headers = await renamed(scene, "Renamed")
    assert await take(scene, "pipedrive", body, basic("ml", "guess")) == 401
    assert await take(scene, "pipedrive", body, {}) == 401
    assert await take(scene, "pipedrive", body, headers) == 200
    assert await take(scene, "pipedrive", b"no json", headers) == 400
    assert len(scene.alerts) == 1


@pytest.mark.parametrize(
    ("how", "by_basic", "by_hmac"), [("basic", 200, 401), ("hmac", 401, 200), ("both", 200, 200)]
)
async def test_a_setting_says_how_deliveries_are_proven(
    how: str, by_basic: int, by_hmac: int
) -> None:
    async with Scene(2, 4, public=True) as scene:
        await installed(scene, webhook_auth=how)
        await scene.amend("pipedrive", webhook_secret=SECRET)
        body, headers = await renamed(scene, "Renamed")
        assert await take(scene, "pipedrive", body, headers) == by_basic
        mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert await take(scene, "pipedrive", body, {"x-pipedrive-signature": mac}) == by_hmac
        wrong = {"x-pipedrive-signature": mac[::-1]}
        assert await take(scene, "pipedrive", body, wrong) == 401


async def test_an_event_that_comes_twice_and_late_does_no_harm(scene: Scene) -> None:
    first, headers = await renamed(scene, "First name by hand")
    second, _ = await renamed(scene, "Second name by hand")
    for body in (second, first, second, first):
        assert await take(scene, "pipedrive", body, headers) == 200
    await scene.rounds(60)
    names = [o["name"] for o in await living(scene, "organizations")]
    assert "Second name by hand" in names
    await demand_in_step(scene, await picture(scene))


async def test_a_subscription_that_pipedrive_gave_up_is_made_again_within_a_day(
    scene: Scene,
) -> None:
    """Our door answers 500 for four days: events are lost, the subscription is deleted there."""
    scene.sandbox.outbox.answers = [500] * 400
    for number in range(20):
        await scene.human(
            "PATCH", f"pipedrive/organizations/{(await living(scene, 'organizations'))[0]['id']}",
            {"name": f"Name {number}"},
        )  # fmt: skip
        await scene.clock.advance(5 * 3600)
    hooks = await scene.human("GET", "pipedrive/webhooks")
    assert any(not hook["is_active"] for hook in hooks)
    scene.sandbox.outbox.answers = []
    await scene.rounds(1300, every=600)
    hooks = await scene.human("GET", "pipedrive/webhooks")
    standing = {f"{h['event_object']}.{h['event_action']}" for h in hooks if h["is_active"]}
    assert standing == {"organization.*", "person.*", "deal.*", "activity.*"}
    scene.sandbox.outbox.posted.clear()
    body, headers = await renamed(scene, "Heard again")
    assert await take(scene, "pipedrive", body, headers) == 200


async def test_a_subscription_that_somebody_deleted_is_made_again_within_a_day(
    scene: Scene,
) -> None:
    hooks = await scene.human("GET", "pipedrive/webhooks")
    await scene.human("DELETE", f"pipedrive/webhooks/{hooks[0]['id']}")
    await scene.clock.advance(86_400)
    await scene.rounds(1300, every=600)
    now = [h for h in await scene.human("GET", "pipedrive/webhooks") if h["is_active"]]
    assert len(now) == 4


async def test_without_a_subscription_the_flow_is_complete_and_a_person_is_told() -> None:
    async with Scene(2, 4, public=True) as scene:
        await scene.switch(pipedrive__webhook_plain_http_refused=True)
        await scene.connect("wave")
        await scene.connect("pipedrive")
        await scene.add(since="all")
        answer = await scene.do("sync", flow="invoices")
        assert answer["exit"] == 0
        assert answer["result"]["writes"] > 0
        assert len(scene.alerts) == 1
        invoice = (await scene.human("GET", "wave/invoices"))[0]
        await scene.human(
            "PATCH", f"wave/invoices/{quote(invoice['id'])}", {"dueDate": "2027-03-01"}
        )
        await scene.clock.advance(301)
        await scene.rounds(1800, every=300)
        assert "2027-03-01" in [d["Due date"] for d in (await picture(scene))["deals"]]
        assert (await scene.connection("pipedrive"))["state"] == "ok"
        assert len(scene.alerts) <= 2
