"""QuickBooks Online and Pipedrive, side by side. Jobs count for the customer above them."""

from __future__ import annotations

from typing import Any

from tests.crash.model import Kept, Sides, amount, ours
from tests.crash.world import Record, World

DELETED = " (deleted)"


def compare(world: World, kept: Kept) -> Sides:
    """What a person would see who lays both screens beside each other."""
    sides = Sides()
    told = {c["Id"]: c for c in world.all("quickbooks_online/customers")}
    customers = {id: c for id, c in told.items() if not _is_job(c)}
    owed = [i for i in world.all("quickbooks_online/invoices") if float(i["Balance"]) > 0]
    opened = [_root(told, i["CustomerRef"]["value"]) for i in owed]
    ids = {}
    for id, record in ours(world, sides, "organizations", "QuickBooks customer ID"):
        ids[id] = record["id"]
        sides.show(f"organization {id}", {
            "name": record["name"], "state": record["Source state"],
            "open": record["Open invoices"], "balance": amount(record["Balance"]),
        })  # fmt: skip
        name = kept.get(("organizations", str(record["id"]), "name"))
        is_new = str(record["id"]) not in world.born["organizations"]
        sides.wanted[f"organization {id}"] = _customer(customers[id], name, is_new, opened)
    for id in customers.keys() - ids.keys():
        sides.wanted[f"organization {id}"] = {}
    _persons(world, sides, customers, ids)
    return sides


def _customer(
    customer: Record, by_hand: object, is_new: bool, opened: list[str]
) -> dict[str, Any]:  # fmt: skip
    wanted: dict[str, Any] = {
        "state": "Active" if customer["Active"] else "Inactive",
        "open": float(opened.count(customer["Id"])),
        "balance": float(customer["BalanceWithJobs"]),
    }
    if is_new:
        wanted["name"] = by_hand or customer["DisplayName"].removesuffix(DELETED)
    return wanted


def _persons(
    world: World, sides: Sides, customers: dict[str, Record], organizations: dict[str, int]
) -> None:
    there = dict(ours(world, sides, "persons", "QuickBooks customer ID"))
    mails = [_mail(c) for c in customers.values() if _mail(c)]
    for id, record in ours(world, sides, "persons", "QuickBooks customer ID"):
        sides.show(f"person {id}", {"name": record["name"], "org": record["org_id"]})
    for id, customer in customers.items():
        person = " ".join(n for n in (customer.get("GivenName"), customer.get("FamilyName")) if n)
        is_shared = id not in there and mails.count(_mail(customer)) > 1
        if is_shared or not (person or _mail(customer)):
            continue
        wanted: dict[str, Any] = {}
        if id in there and str(there[id]["id"]) not in world.born["persons"]:
            name = person or customer["DisplayName"].removesuffix(DELETED)
            wanted = {"name": name, "org": organizations.get(id)}
        sides.wanted[f"person {id}"] = wanted


def _mail(customer: Record) -> str:
    return str((customer.get("PrimaryEmailAddr") or {}).get("Address") or "")


def _is_job(customer: Record) -> bool:
    return bool(customer.get("Job")) or "ParentRef" in customer


def _root(customers: dict[str, Record], id: str) -> str:
    """The customer at the top of the tree."""
    while "ParentRef" in customers[id]:
        id = customers[id]["ParentRef"]["value"]
    return id
