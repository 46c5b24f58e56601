"""Redaction: no credential shows up in a log, in a fault's sentence, in an audit row, or in what a
person is told, not even where the vendor itself repeats it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import structlog

from ml_connector.cli import log
from ml_connector.core.faults import Fault
from ml_connector.core.flow import Flow
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand
from ml_connector.engine.looking import Look
from ml_connector.flows import FLOWS
from ml_connector.http.redaction import HIDDEN
from ml_connector.http.traces import SHORTEST_LITERAL
from ml_connector.store import connections
from ml_connector.store.vault import get_secrets
from ml_connector.vendors import VENDORS
from tests.support.rehearsal import FLOW, GRANT, WORKSPACE, Rehearsal

from .stand import NAME, REDIRECT, Raw, Stand

STATUSES = (200, 400, 401, 403, 404, 409, 422, 429, 500)
LEAST_PART = 12
OPEN_NAMES = ("client_id", "username", "redirect_url")
"""They name somebody or something, and open nothing."""

UNSENT = "webhook_secret"
"""A vendor's own, or a portal's: we only compare with it, so no answer can repeat it."""


@contextmanager
def logged(redactor: log.Redacting) -> Iterator[io.StringIO]:
    """Everything that would be logged, as the program writes it."""
    stream = io.StringIO()
    before = structlog.get_config()
    log.to_stream(stream, redactor, "debug")
    try:
        yield stream
    finally:
        log.quiet()
        logging.getLogger().setLevel(logging.WARNING)
        structlog.configure(**before)


def echo(secrets: list[str]) -> Raw:
    """A body that repeats the secrets in whatever form a vendor's errors have."""
    told = "Not accepted: " + " and ".join(secrets)
    error = {"message": told, "errno": 1, "code": "X", "detail": told, "Detail": told,
             "Message": told, "extensions": {"code": "BAD_USER_INPUT"}}  # fmt: skip
    return {
        "error": told, "error_description": told, "message": told, "description": told,
        "errors": [error], "details": {"base": [error]}, "exceptionMessage": told,
        "response": {"errors": [error]}, "Fault": {"Error": [error], "type": "ValidationFault"},
        "error_info": told,
    }  # fmt: skip


async def held(of: Rehearsal, name: str, *open_names: str) -> list[str]:
    """Every secret that is kept for a connection: what it was given and what came since."""
    row = await of.store.read(lambda c: connections.named(c, WORKSPACE, name))
    assert row is not None
    owners = (f"grant:{row.grant}", f"app:{row.app}", f"connection:{row.id}")
    found: dict[str, str] = {}
    for owner in owners:
        found |= await of.store.read(partial(get_secrets, vault=of.vault, owner=owner))
    left_out = (*OPEN_NAMES, *open_names)
    kept = {value for secret, value in found.items() if secret not in left_out}
    return sorted(value for value in kept if len(value) >= SHORTEST_LITERAL)


def leaked(shown: str, secrets: list[str]) -> list[str]:
    """The secrets that occur in it, whole or with their end cut off."""
    return [secret for secret in secrets if secret[:LEAST_PART] in shown]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
async def test_no_fault_says_a_credential_that_the_vendor_repeats(vendor: Vendor) -> None:
    async with Stand(vendor=vendor) as stand:
        await stand.restart()  # a process that was not there when the credentials were given
        with logged(stand.res.redactor) as lines:
            told: list[str] = []
            for status in STATUSES:
                secrets = await held(stand, NAME, UNSENT)
                await stand.order("status", status=status, body=echo(secrets))
                for name in ("identify", "list", "write"):
                    told += await trouble_of(stand, name)
                assert leaked("\n".join(told), secrets) == []
                await stand.sandbox.control("DELETE", "faults")
                await stand.clock.advance(2 * 86_400)
            assert any("[hidden]" in sentence for sentence in told), "nothing was repeated"
        shown = lines.getvalue() + "\n".join(stand.alerts)
        assert '"call"' in shown
        assert leaked(shown, await held(stand, NAME)) == []


async def trouble_of(stand: Stand, name: str) -> list[str]:
    """What the fault of such a call says, in every form; nothing where there is no such call."""
    client, vendor, errand = stand.client, stand.vendor, Errand()
    obj = vendor.targets[0] if vendor.targets else None
    try:
        if name == "identify":
            await stand.run(client.identify(errand))
        elif name == "write" and obj is not None:
            await stand.run(client.create(obj, {obj.name_field: "Contract"}, errand))
        elif obj is not None:
            await stand.run(client.page(obj, None, errand))
        else:
            await stand.run(client.changes(vendor.sources[0], {}, errand))
    except Fault as fault:
        return [str(fault), fault.sentence, repr(fault)]
    return []


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.kind)
async def test_no_row_alert_or_log_of_a_flow_in_trouble_holds_a_credential(flow: Flow) -> None:
    async with Rehearsal(kind=flow.kind, customers=3, invoices=4, public=True) as of:
        shown: list[str] = []
        with logged(of.res.redactor) as lines:
            for name in (flow.source, flow.target):
                await connect(of, name)
            await of.add(since="all")
            await of.sync(limit=2)
            await of.round()
            sides = (flow.source, flow.target)
            secrets = [secret for side in sides for secret in await held(of, side, UNSENT)]
            for method, status in (("POST", 400), ("PATCH", 422), ("PUT", 422), ("GET", 403)):
                rule = {"kind": "status", "status": status, "body": echo(secrets), "times": 4}
                named = {**rule, "operation": f"{method} *"}
                await of.sandbox.order(*({**named, "vendor": side} for side in sides))
            shown += [json.dumps(await of.do("sync", flow=FLOW)) for _ in range(3)]
            for _ in range(2):
                await of.clock.advance(7200)
                await of.round()
                await of.deliver()
            await of.sandbox.control("DELETE", "faults")
            shown.append(json.dumps(await of.do("sync", flow=FLOW)))
            secrets += [secret for side in sides for secret in await held(of, side)]
        rows = await of.audit()
        shown += [json.dumps(told, default=str) for told in (rows, await of.reviews())]
        shown += [json.dumps(await Look(of.res, "").status(WORKSPACE), default=str), *of.alerts]
        shown += [lines.getvalue()]
        assert rows
        assert HIDDEN in "".join(shown), "nothing was repeated"
        assert leaked("\n".join(shown), secrets) == []


async def connect(of: Rehearsal, vendor: str) -> None:
    """By a grant, with the webhook's secret too where the vendor has one."""
    ready = (await of.human("GET", "ready"))["vendors"][vendor]
    declared = next(v for v in VENDORS if v.name == vendor)
    offered = ready["credentials"]
    names = [n for n in (*GRANT, "webhook_secret") if n in declared.secrets and n in offered]
    await of.done(
        "connect", vendor=vendor, name=vendor, redirect_url=REDIRECT,
        settings={"base_url": ready["base_url"], **ready["settings"]},
        secrets={n: offered[n] for n in names},
    )  # fmt: skip
