"""What a firm keeps about its customers for its own eyes stays where it is: notes that no flow
carries are neither stored nor shown, and how a person is reached is in no log, alert or metric."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ml_connector.core.flow import Flow
from ml_connector.engine.looking import Look
from ml_connector.flows import FLOWS
from tests.support.rehearsal import FLOW, WORKSPACE

from .canaries import PLAIN, canary, marks_in
from .planted import REDIRECT, Planted
from .test_canaries import Shown, logged

_PAPERS = ("sales_orders", "sales_invoices", "payments", "stock_items", "non_stock_items")
PRIVATE: Mapping[str, tuple[tuple[str, str, Any], ...]] = {
    "wave": (("customers", "internalNotes", None),),
    "quickbooks_online": (
        ("customers", "Notes", None), ("invoices", "PrivateNote", None),
        ("payments", "PrivateNote", None),
    ),
    "acumatica": tuple((o, "note", "wrapped") for o in ("customers", "contacts", *_PAPERS)),
    "zendesk": (("organizations", "notes", None), ("users", "notes", None)),
    "freshbooks": (("clients", "note", None), ("payments", "note", None)),
    "pipedrive": (),
}  # fmt: skip
"""Object, and the field that its product shows to the firm's own people only. A field that a flow
carries is none: agents see a Wave payment's memo, say. Pipedrive's organizations, persons and deals
have none in its sheet: there notes are records of their own, see `pinned`."""


def id_of(record: Mapping[str, Any]) -> str:
    told = record.get("id", record.get("Id"))
    return str(told["value"] if isinstance(told, dict) else told)


async def write(of: Planted, vendor: str, obj: str, field: str, value: Any) -> int:
    """A person writes it into every record of an object; how many took it."""
    records = await of.human("GET", f"{vendor}/{obj}")
    taken = 0
    for record in records:
        path = f"/_sandbox/{vendor}/{obj}/{id_of(record)}"
        reply = await of.sandbox.call("PATCH", path, {field: value})
        taken += reply.status == 200
    return taken


async def planted_privately(of: Planted, flow: Flow, turn: str) -> int:
    count = 0
    for vendor in (flow.source, flow.target):
        for obj, field, form in PRIVATE[vendor]:
            note = canary(f"{vendor} {obj} {field} {turn}", PLAIN)
            taken = await write(of, vendor, obj, field, {"value": note} if form else note)
            assert taken, f"nobody can write {field} of {vendor}'s {obj}"
            count += taken
        count += await pinned(of, vendor, canary(f"{vendor} pinned {turn}", PLAIN))
    return count


async def pinned(of: Planted, vendor: str, note: str) -> int:
    """What stands beside a record instead of in it: notes and comments of lines at Pipedrive,
    comments at Zendesk that the customer does not see. How many."""
    bodies: list[tuple[str, Mapping[str, Any]]] = []
    if vendor == "pipedrive":
        product = (await of.human("GET", "pipedrive/products"))[0]["id"]
        line = {"product_id": product, "item_price": 1, "quantity": 1, "comments": note}
        for obj, owner in (("organizations", "org_id"), ("persons", "person_id")):
            records = await of.human("GET", f"pipedrive/{obj}")
            bodies += [("notes", {"content": note, owner: r["id"]}) for r in records]
        for deal in await of.human("GET", "pipedrive/deals"):
            bodies += [("notes", {"content": note, "deal_id": deal["id"]})]
            bodies += [("deal_products", {**line, "deal_id": deal["id"]})]
    if vendor == "zendesk":
        tickets = await of.human("GET", "zendesk/tickets")
        bodies += [(f"tickets/{t['id']}/comment", {"body": note, "public": False}) for t in tickets]
    for path, body in bodies:
        await of.human("POST", f"{vendor}/{path}", body)
    return len(bodies)


async def connect(of: Planted, name: str) -> None:
    vendor = of.res.vendors[name]
    await of.done(
        "connect", vendor=name, name=name, settings=await of.settings(name),
        secrets=await of.credentials(vendor), redirect_url=REDIRECT,
    )  # fmt: skip


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.kind)
async def test_notes_for_the_firm_alone_are_nowhere(flow: Flow) -> None:
    async with Planted(kind=flow.kind, customers=3, invoices=4, public=True, checked=False) as of:
        assert await planted_privately(of, flow, "before")
        with logged(of) as lines:
            shown = Shown(of, lines)
            for name in (flow.source, flow.target):
                await connect(of, name)
            await of.add(since="all")
            await shown.do("sync", flow=FLOW)
            await of.round()
            await planted_privately(of, flow, "after")
            if flow.target == "pipedrive":  # where a deal is handed over, its lines are read too
                for deal in await of.human("GET", "pipedrive/deals"):
                    await of.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
            for _ in range(2):
                await of.deliver()
                await of.clock.advance(7200)
                await of.round()
            await shown.looks()
        assert len(await of.audit()) > 5
        assert marks_in(shown.everything) == []
        assert marks_in(await of.file()) == []


async def test_how_a_person_is_reached_is_carried_and_in_no_log_alert_or_metric() -> None:
    async with Planted(customers=8, invoices=6, public=True, checked=False) as of:
        flow = of.res.flows[of.kind]
        phone = canary("phone", PLAIN)[:20]
        assert await write(of, flow.source, "customers", "phone", phone)
        with logged(of) as lines:
            for name in (flow.source, flow.target):
                await connect(of, name)
            await of.add(since="all")
            told = []
            for fault in (None, 400, 500):
                if fault is not None:
                    rule = {"vendor": flow.target, "operation": "P* *", "kind": "status",
                            "status": fault, "times": 3}  # fmt: skip
                    await of.sandbox.order(rule)
                told.append(json.dumps(await of.do("sync", flow=FLOW, full=True)))
                await of.round()
            look = Look(of.res, "")
            told += [json.dumps(await look.gauges()), json.dumps(await look.status(WORKSPACE))]
        assert phone in json.dumps(await of.human("GET", f"{flow.target}/persons"))
        shown = "\n".join((lines.getvalue(), *of.alerts, *told))
        assert '"call"' in shown
        assert marks_in(shown.encode()) == []
