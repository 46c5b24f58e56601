"""Wave and Zendesk, side by side. Our reference there is `wave:<business>:<letter>:<number>`."""

from __future__ import annotations

from typing import Any

from tests.crash.model import Kept, Sides
from tests.crash.world import Record, World

STATUSES = {
    "SAVED": "draft", "SENT": "unpaid", "UNPAID": "unpaid", "VIEWED": "unpaid",
    "PARTIAL": "partial", "OVERDUE": "overdue", "PAID": "paid", "OVERPAID": "paid",
}  # fmt: skip


def compare(world: World, kept: Kept) -> Sides:
    """What a person would see who lays both screens beside each other."""
    sides = Sides()
    customers = {c["internalId"]: c for c in world.all("wave/customers")}
    invoices = {i["internalId"]: i for i in world.all("wave/invoices") if _is_shown(i)}
    organizations = _organizations(world, kept, sides, customers, invoices)
    _users(world, sides, customers)
    records = _records(world, sides)
    numbers = {c["id"]: number for number, c in customers.items()}
    for number, invoice in invoices.items():
        of = numbers[invoice["customer"]["id"]]
        sides.wanted[f"invoice {number}"] = _invoice(invoice, organizations.get(of))
    shown = {i["id"]: number for number, i in invoices.items()}
    for payment in world.all("wave/payments"):
        if not payment["isDeleted"] and payment["invoice"]["id"] in shown:
            sides.wanted[f"payment {payment['internalId']}"] = {
                "amount": float(payment["amount"]),
                "invoice": records.get(shown[payment["invoice"]["id"]]),
            }
    return sides


def _organizations(
    world: World, kept: Kept, sides: Sides, customers: dict[str, Record],
    invoices: dict[str, Record],
) -> dict[str, str]:  # fmt: skip
    """The organization's id of each customer's number."""
    ids: dict[str, str] = {}
    records = world.all("zendesk/organizations")
    born = world.born["organizations"]
    sides.ours["organizations"] = sum(1 for r in records if str(r["id"]) not in born)
    for record in records:
        number = _number(record, "c")
        if not number or record["deleted_at"]:
            continue
        ids[number] = str(record["id"])
        fields, customer = record["organization_fields"], customers[number]
        sides.show(f"organization {number}", {
            "name": record["name"], "mail": fields["billing_email"],
            "state": fields["wave_source_state"], "open": fields["wave_open_invoices"],
        })  # fmt: skip
        wanted: dict[str, Any] = {
            "mail": customer["email"], "open": _open(customer, invoices),
            "state": "wave_archived" if customer["isArchived"] else "wave_active",
        }  # fmt: skip
        if str(record["id"]) not in born:
            by_hand = kept.get(("organizations", str(record["id"]), "name"))
            wanted["name"] = by_hand or customer["name"]
        sides.wanted[f"organization {number}"] = wanted
    for number in customers.keys() - ids.keys():
        sides.wanted[f"organization {number}"] = {}
    return ids


def _open(customer: Record, invoices: dict[str, Record]) -> float:
    due = [i for i in invoices.values() if float(i["amountDue"]["value"]) > 0]
    return float(sum(1 for i in due if i["customer"]["id"] == customer["id"]))


def _users(world: World, sides: Sides, customers: dict[str, Record]) -> None:
    """Those whom the world began with may be agents, or share an address: only new ones count."""
    records = world.all("zendesk/users")
    sides.ours["users"] = sum(1 for r in records if str(r["id"]) not in world.born["users"])
    for record in records:
        number = _number(record, "c")
        if number and record["active"]:
            sides.show(f"user {number}", {"mail": record["email"]})
            is_new = str(record["id"]) not in world.born["users"]
            mail = {"mail": customers[number]["email"]} if is_new else {}
            sides.wanted[f"user {number}"] = mail
    for number, customer in customers.items():
        if str(customer["email"]).endswith(".example") and customer["name"].startswith("Firm "):
            sides.wanted.setdefault(f"user {number}", {})


def _records(world: World, sides: Sides) -> dict[str, str]:
    """The id of the record of each invoice's number."""
    ids: dict[str, str] = {}
    records = world.all("zendesk/custom_object_records")
    sides.ours["custom_object_records"] = len(records)
    for record in records:
        told = record["custom_object_fields"]
        if record["deleted_at"]:
            continue
        if record["custom_object_key"] == "wave_invoice":
            number = _number(record, "i")
            ids[number] = record["id"]
            sides.show(f"invoice {number}", {
                "status": told["status"], "total": told["total"], "due": told["amount_due"],
                "paid": told["amount_paid"], "organization": told["organization"],
            })  # fmt: skip
        else:
            shown = {"amount": told["amount"], "invoice": told["invoice"]}
            sides.show(f"payment {_number(record, 'p')}", shown)
    return ids


def _invoice(invoice: Record, organization: str | None) -> dict[str, Any]:
    due, paid = float(invoice["amountDue"]["value"]), float(invoice["amountPaid"]["value"])
    status = STATUSES[invoice["status"]]
    if status not in ("draft", "overdue") and due > 0 and paid > 0:
        status = "partial"
    return {
        "status": status, "total": float(invoice["total"]["value"]), "due": due, "paid": paid,
        "organization": organization,
    }  # fmt: skip


def _is_shown(invoice: Record) -> bool:
    return invoice["status"] != "DRAFT" and not invoice["isDeleted"]


def _number(record: Record, letter: str) -> str:
    """The source's number in our reference; empty where it is none of ours."""
    parts = str(record["external_id"] or "").split(":")
    return parts[3] if len(parts) == 4 and parts[0] == "wave" and parts[2] == letter else ""
