"""FreshBooks → Pipedrive: a bookkeeper and clients at FreshBooks, sales people at Pipedrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .base import Expected, Record, number
from .freshbooks_side import (
    ACTIVE,
    ARCHIVED,
    AS_SENT,
    BOOKKEEPER,
    DELETED,
    DRAFTS,
    KNOWN,
    PLAIN,
    SETTLED,
    FreshBooksSource,
)
from .freshbooks_side import SWITCHES as FRESHBOOKS
from .pipedrive_side import SWITCHES as PIPEDRIVE
from .pipedrive_side import PipedriveTarget

SOURCE_STATES = {ACTIVE: "Active", ARCHIVED: "Archived"}
STAGES = {
    "draft": "Draft", "sent": "Sent", "viewed": "Viewed", "part_paid": "Part paid",
    "overdue": "Overdue", "disputed": "Disputed", "paid": "Paid",
}  # fmt: skip
ADDRESS = ("street", "street2", "city", "code")
Held = dict[tuple[str, str], list[Record]]
ZONES = (UTC, ZoneInfo("America/New_York"))


class FreshBooksPipedrive(FreshBooksSource, PipedriveTarget):
    key_fields = {
        "organizations": "FreshBooks client ID",
        "deals": "FreshBooks invoice ID",
    }
    people = {
        **BOOKKEEPER,
        "rename_organization": 2, "edit_deal": 3, "lose_deal": 1, "delete_record": 1,
        "create_by_hand": 2, "merge_organizations": 0.7, "merge_deals": 0.5,
    }  # fmt: skip
    nouns = {"clients": "organizations", "invoices": "deals"}
    switches = {**FRESHBOOKS, **PIPEDRIVE}
    choices = {
        "deal_value": ("gross", "gross", "net"),
        "drafts": ("yes", "yes", "no"),
        "paid_is_won": ("yes", "yes", "no"),
    }

    def __post_init__(self) -> None:
        self._undated: set[str] = set()
        """Invoices that stood as paid at some time, and on no day."""
        super().__post_init__()

    # --- what must be there -----------------------------------------------------------------------

    def expected(self) -> list[Expected]:
        clients = {c["id"]: c for c in self.of("freshbooks", "clients")}
        found = [self._of_client(c) for c in clients.values()]
        held = self.held()
        for invoice in self.of("freshbooks", "invoices"):
            found.append(self._of_invoice(invoice, clients[invoice["customerid"]], held))
        return found

    def _of_client(self, c: Record) -> Expected:
        if c["vis_state"] == DELETED:
            gone = {"Source state": "Deleted"}
            return Expected("clients", "organizations", str(c["id"]), gone, must=False)
        fields = {
            "name": _name(c), "Currency": c["currency_code"],
            "Source state": SOURCE_STATES[c["vis_state"]],
            "address": lambda told: _is_address(c, told),
        }  # fmt: skip
        must = self.since == "all" or c["vis_state"] == ACTIVE
        return Expected("clients", "organizations", str(c["id"]), fields, must)

    def _of_invoice(self, i: Record, client: Record, held: Held) -> Expected:
        key, parent = str(i["id"]), [("clients", str(client["id"]))]
        if i["v3_status"] in DRAFTS and self.given.get("drafts") == "no":
            return Expected("invoices", "deals", key, {}, False, parent)
        if i["vis_state"] == DELETED:
            gone = {"Source state": "Deleted"}
            return Expected("invoices", "deals", key, gone, False, parent)
        states = self._states(i)
        stages = {STAGES[state] for state in states}
        due = number(i["outstanding"]["amount"])
        is_dated_after = date.fromisoformat(i["create_date"]) > self.installed_at.date()
        must = self.since == "all" or due > 0 or is_dated_after
        fields: dict[str, Any] = {
            "value": self._worth(i), "currency": i["currency_code"],
            "Amount paid": number(i["paid"]["amount"]), "Amount due": due,
            "Invoice number": i["invoice_number"], "Invoice date": i["create_date"],
            "Due date": i["due_date"], "expected_close_date": i["due_date"],
            "Payment status": i["payment_status"], "Source state": SOURCE_STATES[i["vis_state"]],
            "title": lambda told: str(told).startswith(f"Invoice {i['invoice_number']} - "),
            "org_id": self._is_organization_of(client, held),
        }  # fmt: skip
        wins = self.given.get("paid_is_won") != "no"
        if states:
            fields["status"] = {"won" if state == "paid" and wins else "open" for state in states}
            fields["stage_id"] = lambda told: self.stage({"stage_id": told}) in stages
        if states == {"paid"} and not i["date_paid"]:  # an edit left nothing due
            self._undated.add(key)
        if states == {"paid"} and wins and key not in self._undated:
            # it is written with the status, and stays
            fields["won_time"] = {f"{day}T12:00:00Z" for day in self._days_of_payment(i)}
        if words := _status_words(i, states):
            fields["Invoice status"] = lambda told: told in words  # by the calendar too
        must = must and client["vis_state"] != DELETED
        return Expected("invoices", "deals", key, fields, must, parent)

    def _states(self, i: Record) -> set[str]:
        """By the table of the flow's page; two of them while a day begins, none where the page
        does not say."""
        now = self.world.clock.now()
        moments = [moment.astimezone(zone) for moment in (now, now - timedelta(hours=3))
                   for zone in ZONES]  # fmt: skip
        told = {_state(i, moment.date()) for moment in moments}
        return set() if None in told else {state for state in told if state}

    def _worth(self, i: Record) -> Decimal:
        """The amount, or the lines less the discount."""
        if self.given.get("deal_value") != "net":
            return number(i["amount"]["amount"])
        lines = sum(number(line["amount"]["amount"]) for line in i["lines"])
        return number(lines - abs(number(i["discount_total"]["amount"])))

    def _days_of_payment(self, i: Record) -> set[str]:
        return {p["date"] for p in self.of("freshbooks", "payments") if p["invoiceid"] == i["id"]}

    def _is_organization_of(self, client: Record, held: Held) -> Callable[[Any], bool]:
        key = ("organizations", str(client["id"]))
        records = held.get(key, [])
        is_sure = len(records) == 1 and key not in self.removed
        return lambda told: not is_sure or told == records[0]["id"]


def _name(c: Record) -> str:
    person = " ".join(c[part] for part in ("fname", "lname") if c[part])
    return str(c["organization"] or person or c["email"] or c["id"])


def _is_address(c: Record, told: Any) -> bool:
    """Every part of the billing address stands there, else of the shipping address."""
    line = str((told or {}).get("value") or "")
    for which in "ps":
        parts = [c[f"{which}_{name}"] for name in ADDRESS if c[f"{which}_{name}"]]
        if parts:
            return all(part in line for part in parts)
    return not line


def _state(i: Record, today: date) -> str | None:
    word, due = i["v3_status"], number(i["outstanding"]["amount"])
    paid = number(i["paid"]["amount"])
    is_late = date.fromisoformat(i["due_date"]) < today
    if word in DRAFTS:
        return "draft"
    if due <= 0 and (paid > 0 or word in SETTLED):
        return "paid"
    if "disputed" in (word, i["dispute_status"]):
        return "disputed"
    if due > 0 and (is_late or word == "overdue"):
        return "overdue"
    if due > 0 and paid > 0:
        return "part_paid"
    if due > 0 and word == "viewed":
        return "viewed"
    return "sent" if word in AS_SENT else None


def _status_words(i: Record, states: set[str]) -> set[str]:
    """Empty where the page leaves the word open."""
    if i["v3_status"] not in KNOWN:
        return {i["v3_status"]}
    if states == {"paid"} and _paid_beyond(i):
        return {"Overpaid"}
    return {STAGES[state] for state in states} if i["v3_status"] in PLAIN else set()


def _paid_beyond(i: Record) -> bool:
    paid, amount = (Decimal(i[name]["amount"]) for name in ("paid", "amount"))
    return paid > amount
