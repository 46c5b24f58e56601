"""The list of vendors: each stands alone, and fits what the frame asks of one."""

from __future__ import annotations

import pytest

from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendor import VendorKind
from ml_sandbox.vendors import VENDORS
from tests.support.clock import START
from tests.support.sandbox import URL, InProcessSandbox

SMALL = SandboxOptions(customers=3, invoices=3, start=START, url=URL)
each = pytest.mark.parametrize("kind", VENDORS, ids=lambda kind: kind.name)


def test_names_are_unique_and_in_use_by_the_contract() -> None:
    names = [kind.name for kind in VENDORS]
    known = {"wave", "pipedrive", "zendesk", "freshbooks", "acumatica", "quickbooks_online"}
    assert len(set(names)) == len(names)
    assert set(names) <= known


@each
async def test_it_stands_without_the_others_and_is_the_same_so(kind: VendorKind) -> None:
    alone, together = InProcessSandbox(SMALL, (kind,)), InProcessSandbox(SMALL)
    for noun in together.app.world.vendors[kind.name].human.objects:
        path = f"{kind.name}/{noun}"
        assert await alone.control("GET", path) == await together.control("GET", path), noun
    ready = [(await s.control("GET", "ready"))["vendors"][kind.name] for s in (alone, together)]
    assert ready[0] == ready[1]


@each
async def test_its_ready_line(kind: VendorKind) -> None:
    sandbox = InProcessSandbox(SMALL, (kind,))
    offered = (await sandbox.control("GET", "ready"))["vendors"][kind.name]
    assert offered["base_url"] == f"{URL}/{kind.name}"
    assert offered["auth_url"].startswith(f"{URL}/{kind.name}/")
    assert offered["token_url"].startswith(f"{URL}/{kind.name}/")
    assert {"client_id", "client_secret", "refresh_token"} <= set(offered["credentials"])
    assert "allow_private_addresses" in offered["settings"]
    for values in (offered["credentials"], offered["settings"]):
        assert all(isinstance(value, str) and value for value in values.values())


@each
async def test_a_stranger_is_refused_and_counted(kind: VendorKind) -> None:
    sandbox = InProcessSandbox(SMALL, (kind,))
    strange = await sandbox.call("GET", f"/{kind.name}/no/such/path/4711")
    assert 400 <= strange.status < 500
    counted = (await sandbox.control("GET", "counters"))["requests"]
    assert [(line["vendor"], line["status"]) for line in counted] == [(kind.name, strange.status)]


@each
def test_every_switch_has_one_sentence(kind: VendorKind) -> None:
    assert kind.switches
    for name, switch in kind.switches.items():
        assert switch.sentence.endswith("."), name
        assert switch.check(switch.default) == switch.default
