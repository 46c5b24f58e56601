"""FreshBooks and Pipedrive, side by side."""

from __future__ import annotations

from typing import Any

from tests.crash.model import Kept, Sides, amount, ours
from tests.crash.world import Record, World

LABELS = {
    "created": "Draft", "draft": "Draft", "sent": "Sent", "viewed": "Viewed",
    "partial": "Part paid", "overdue": "Overdue", "disputed": "Disputed", "paid": "Paid",
    "autopaid": "Paid",
}  # fmt: skip
ACTIVE, DELETED = 0, 1
STATES = {0: "Active", 1: "Deleted", 2: "Archived"}


def compare(world: World, kept: Kept) -> Sides:
    """What a person would see who lays both screens beside each other."""
    sides = Sides()
    clients = {str(c["id"]): c for c in world.all("freshbooks/clients")}
    invoices = {str(i["id"]): i for i in world.all("freshbooks/invoices")}
    organizations = _organizations(world, kept, sides, clients)
    _deals(world, kept, sides, invoices, organizations)
    return sides


def _organizations(
    world: World, kept: Kept, sides: Sides, clients: dict[str, Record]
) -> dict[str, int]:
    ids: dict[str, int] = {}
    for id, record in ours(world, sides, "organizations", "FreshBooks client ID"):
        ids[id] = record["id"]
        shown = {n: record[n] for n in ("name", "Source state", "Currency")}
        sides.show(f"organization {id}", shown)
        client = clients[id]
        wanted: dict[str, Any] = {"Source state": STATES[client["vis_state"]]}
        if client["vis_state"] != DELETED:
            wanted["Currency"] = client["currency_code"]
        if str(record["id"]) not in world.born["organizations"]:
            name = client["organization"] or f"{client['fname']} {client['lname']}".strip()
            by_hand = kept.get(("organizations", str(record["id"]), "name"))
            wanted["name"] = by_hand or name
        sides.wanted[f"organization {id}"] = wanted
    for id, client in clients.items():
        if id not in ids and client["vis_state"] != DELETED:
            sides.wanted[f"organization {id}"] = {}
    return ids


def _deals(
    world: World, kept: Kept, sides: Sides, invoices: dict[str, Record],
    organizations: dict[str, int],
) -> None:  # fmt: skip
    stages, there = world.stages(), {}
    for id, record in ours(world, sides, "deals", "FreshBooks invoice ID"):
        there[id] = str(record["id"])
        sides.show(f"deal {id}", {
            "value": record["value"], "currency": record["currency"], "status": record["status"],
            "stage": stages[record["stage_id"]], "org": record["org_id"],
            "title": record["title"], "paid": amount(record["Amount paid"]),
            "due": amount(record["Amount due"]), "state": record["Source state"],
        })  # fmt: skip
        if invoices[id]["vis_state"] == DELETED:
            sides.wanted[f"deal {id}"] = {"state": "Deleted"}
    for id, invoice in invoices.items():
        if invoice["vis_state"] != DELETED:
            wanted = _deal(invoice, organizations)
            title = kept.get(("deals", there.get(id, ""), "title"))
            sides.wanted[f"deal {id}"] = wanted | ({"title": title} if title else {})


def _deal(invoice: Record, organizations: dict[str, int]) -> dict[str, Any]:
    due, paid = float(invoice["outstanding"]["amount"]), float(invoice["paid"]["amount"])
    label = LABELS[invoice["v3_status"]]
    if label != "Draft" and due <= 0:
        label = "Paid"
    elif label not in ("Draft", "Overdue", "Disputed") and paid > 0:
        label = "Part paid"
    return {
        "value": float(invoice["amount"]["amount"]), "currency": invoice["currency_code"],
        "status": "won" if label == "Paid" else "open", "stage": label,
        "org": organizations.get(str(invoice["customerid"])), "paid": paid, "due": due,
        "state": STATES[invoice["vis_state"]],
    }  # fmt: skip
