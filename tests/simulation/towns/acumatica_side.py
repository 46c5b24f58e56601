"""Acumatica: what order entry and accounting do there, and its records as they stand."""

from __future__ import annotations

import random
from abc import abstractmethod
from typing import Any

from .base import Record, Town, number, pick

NOUNS = {"customers": "AccountRef", "contacts": "ExtRefNbr", "sales_orders": "ExternalRef"}
"""Where our key stands."""
ITEMS = ("stock_items", "non_stock_items")
SWITCHES = {
    "acumatica.access_token_seconds": (600,),
    "acumatica.action_polls": (0, 5),
    "acumatica.action_seconds": (5.0, 120.0),
    "acumatica.actions_at_once": (True,),
    "acumatica.advanced_so_invoices": (True,),
    "acumatica.basic_client_auth": (True,),
    "acumatica.clears_field": ("null", "text"),
    "acumatica.companies_structure_fails": (True,),
    "acumatica.concurrent_requests": (1,),
    "acumatica.count": ("refuse",),
    "acumatica.decline_body": ("json",),
    "acumatica.detail_filters": ("scramble",),
    "acumatica.document_offset": ("+00:00", "+13:00"),
    "acumatica.empty_field": ("null", "text"),
    "acumatica.entity_list_form": ("array",),
    "acumatica.external_ref_unique": (True,),
    "acumatica.invoices_on_hold": (False,),
    "acumatica.late_commit_seconds": (20.0, 90.0),
    "acumatica.login_limit_at_token": (True,),
    "acumatica.login_limit_body": ("text",),
    "acumatica.login_limit_status": (500,),
    "acumatica.login_slots": (0,),
    "acumatica.missing_record_status": (404,),
    "acumatica.not_found_body": ("empty", "html"),
    "acumatica.oauth_flow": ("authorization_code",),
    "acumatica.orderby": ("honour", "refuse"),
    "acumatica.orders_on_hold": (True,),
    "acumatica.payments_on_hold": (True,),
    "acumatica.payments_stamp_invoices": (True,),
    "acumatica.precondition_body": ("empty",),
    "acumatica.push_in_order": (False,),
    "acumatica.push_splits_transaction": (True,),
    "acumatica.put_answer": ("keys", "all"),
    "acumatica.queue_length": (2,),
    "acumatica.read_only_fields": ("ignore",),
    "acumatica.refresh_grace_seconds": (60,),
    "acumatica.refresh_mode": ("sliding",),
    "acumatica.requests_per_minute": (60,),
    "acumatica.retry_after_header": (True,),
    "acumatica.several_matches": ("first",),
    "acumatica.shuffle_lists": (True,),
    "acumatica.single_tenant_site": (True,),
    "acumatica.stamp_tick_seconds": (1.0,),
    "acumatica.unauthorized_body": ("empty",),
    "acumatica.unknown_fields": ("ignore",),
    "acumatica.unknown_number": ("refuse",),
    "acumatica.work_seconds": (0.3,),
}
ORDER_ENTRY = {
    "rename_customer": 2, "edit_contact": 2, "move_customer": 1, "progress_order": 5,
    "release_invoice": 4, "receive": 4, "void_payment": 1, "new_item": 1, "edit_item": 2,
    "customer_by_hand": 1, "contact_by_hand": 1, "delete_order": 0.4,
}  # fmt: skip


class OrderEntry(Town):
    source = "acumatica"

    def booked(self, noun: str) -> list[Record]:
        """Every record with bare values; a customer with the address of its main contact."""
        told = []
        for record in self.of("acumatica", noun):
            address = (record.get("MainContact") or {}).get("Address") or {}
            told.append({n: bare(v) for n, v in (*address.items(), *record.items())})
        return told

    def ours(self, noun: str) -> list[Record]:
        """Those that carry our key."""
        return [r for r in self.booked(noun) if key_of(noun, r)]

    def billed(self, order: Record) -> list[Record]:
        """The sales invoices of an order."""
        return [
            invoice
            for invoice in self.booked("sales_invoices")
            if any(bare(line["OrderNbr"]) == order["OrderNbr"] for line in invoice["Details"])
        ]

    @abstractmethod
    def said(self, noun: str, id: str, field: str, value: Any) -> None:
        """A two-way field of that record was changed at Acumatica."""

    # --- what people do there ---------------------------------------------------------------------

    def _touched_at(self, noun: str, record: Record, *names: str) -> None:
        self.touched |= {(noun, str(record["id"]), name) for name in names}

    def _change(self, noun: str, record: Record, body: Record) -> None:
        wrapped = {name: {"value": value} for name, value in body.items()}
        self.change("acumatica", noun, record["id"], wrapped)

    def rename_customer(self, draw: random.Random) -> Any:
        customer = pick(draw, self.ours("customers"))
        name = self.name(draw)[:60]
        self.said("organizations", key_of("customers", customer), "name", name)
        self._change("customers", customer, {"CustomerName": name})
        return (customer["CustomerID"], name[:20])

    def move_customer(self, draw: random.Random) -> Any:
        customer = pick(draw, self.ours("customers"))
        self.count += 1
        key = key_of("customers", customer)
        self.said("organizations", key, "address", f"{self.count} New Street")
        address = {"AddressLine1": {"value": f"{self.count} New Street"}}
        body = {"MainContact": {"Address": address}}
        self.change("acumatica", "customers", customer["id"], body)
        return customer["CustomerID"]

    def edit_contact(self, draw: random.Random) -> Any:
        contact = pick(draw, self.ours("contacts"))
        self.count += 1
        field, name, value = draw.choice(
            [
                ("email", "Email", f"new{self.count}@acu.example"),
                ("phone", "Phone1", f"+1 900 {self.count}"),
                ("last", "LastName", f"Lovelace{self.count}"),
            ]
        )
        self.said("persons", key_of("contacts", contact), field, value)
        self._change("contacts", contact, {name: value})
        return (contact["ContactID"], name)

    def progress_order(self, draw: random.Random) -> Any:
        order = pick(draw, self.ours("sales_orders"))
        action = draw.choice(("open", "hold", "ship", "complete", "complete", "cancel", "reopen"))
        self._touched_at("sales_orders", order, "Hold", "Status")
        self.do("acumatica", "sales_orders", order["id"], action)
        return (action, order["OrderNbr"])

    def _our_invoices(self) -> list[Record]:
        return [i for order in self.ours("sales_orders") for i in self.billed(order)]

    def release_invoice(self, draw: random.Random) -> Any:
        waiting = [i for i in self._our_invoices() if i["Status"] not in ("Open", "Closed")]
        invoice = pick(draw, waiting)
        self.do("acumatica", "sales_invoices", invoice["id"], "release")
        return invoice["ReferenceNbr"]

    def receive(self, draw: random.Random) -> Any:
        invoice = pick(draw, [i for i in self._our_invoices() if number(i["Balance"]) > 0])
        part = {} if draw.random() < 0.6 else {"amount": "1.00"}
        self.do("acumatica", "sales_invoices", invoice["id"], "pay", **part)
        return (invoice["ReferenceNbr"], *part.values())

    def void_payment(self, draw: random.Random) -> Any:
        numbers = {i["ReferenceNbr"] for i in self._our_invoices()}
        payment = pick(
            draw,
            [
                p
                for p in self.booked("payments")
                if any(bare(h["DisplayRefNbr"]) in numbers for h in p["ApplicationHistory"] or ())
            ],
        )
        self.do("acumatica", "payments", payment["id"], "void")
        return payment["ReferenceNbr"]

    def new_item(self, draw: random.Random) -> Any:
        self.count += 1
        noun, code = draw.choice(ITEMS), f"ITEM-{self.count}"
        body = {"InventoryID": code, "Description": f"Item {self.count}", "DefaultPrice": 12.5}
        self.create("acumatica", noun, {name: {"value": value} for name, value in body.items()})
        return code

    def edit_item(self, draw: random.Random) -> Any:
        noun = draw.choice(ITEMS)
        item = pick(draw, self.booked(noun))
        self.count += 1
        change: Record = draw.choice(
            [{"Description": f"Called {self.count}"}, {"DefaultPrice": 99.5}]
        )
        self._change(noun, item, change)
        return (item["InventoryID"], *change)

    def customer_by_hand(self, draw: random.Random) -> Any:
        """Somebody enters what sales has too, maybe while we are about to."""
        name = pick(draw, self.of("pipedrive", "organizations"))["name"][:60]
        told = self.create("acumatica", "customers", {"CustomerName": {"value": name}})
        self.theirs.add(("customers", str(told["id"])))
        return bare(told["CustomerID"])

    def contact_by_hand(self, draw: random.Random) -> Any:
        emails = [e["value"] for p in self.of("pipedrive", "persons") for e in p["emails"]]
        body = {"LastName": "Byron", "Email": draw.choice(emails or ["nobody@x.example"])}
        wrapped = {name: {"value": value} for name, value in body.items()}
        told = self.create("acumatica", "contacts", wrapped)
        self.theirs.add(("contacts", str(told["id"])))
        return bare(told["ContactID"])

    def delete_order(self, draw: random.Random) -> Any:
        order = pick(draw, self.ours("sales_orders"))
        self.removed.add(("sales_orders", key_of("sales_orders", order)))
        self.delete("acumatica", "sales_orders", order["id"])
        return order["OrderNbr"]


def bare(told: Any) -> Any:
    """A value without its wrapping; an empty field is None."""
    if told == {} or told == {"value": ""}:
        return None
    return told["value"] if isinstance(told, dict) and set(told) <= {"value", "error"} else told


def key_of(noun: str, record: Record) -> str:
    """The id at Pipedrive of what a record of ours was made of."""
    told = str(record.get(NOUNS[noun]) or "")
    return told.rpartition(":")[2] if told.startswith("pipedrive:") else ""
