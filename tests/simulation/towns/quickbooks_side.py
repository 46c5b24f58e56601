"""QuickBooks Online as a source: what a bookkeeper does there."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .base import Record, Town, pick, plain

QUICKBOOKS = "quickbooks_online"
CALENDAR = ZoneInfo("America/Los_Angeles")
"""By which the company's days turn."""
MARK = " (deleted)"
"""What the company puts behind the name of a customer that is made inactive."""
NAMED = ("DisplayName", "CompanyName")
BOOKKEEPER = {
    "new_customer": 5, "new_job": 1.5, "edit_customer": 4, "retire": 1.5, "merge_customers": 0.8,
    "remove_customer": 0.5, "new_invoice": 7, "edit_invoice": 3, "send_invoice": 1, "pay": 6,
    "pay_on_account": 1, "void_invoice": 1, "remove_invoice": 1, "credit": 2, "undo_payment": 2,
    "rename_term": 0.5, "move_job": 0.3,
}  # fmt: skip
SWITCHES: dict[str, tuple[Any, ...]] = {
    "quickbooks_online.access_token_seconds": (900,),
    "quickbooks_online.balance_moves_customer": (True,),
    "quickbooks_online.batch_order": ("asked",),
    "quickbooks_online.cdc_boundary_inclusive": (True,),
    "quickbooks_online.cdc_cap_counts": ("entity",),
    "quickbooks_online.cdc_cap_keeps": ("newest",),
    "quickbooks_online.closed_through": ("2026-01-31",),
    "quickbooks_online.cloudevents_content_type": ("application/cloudevents-batch+json",),
    "quickbooks_online.code_seconds": (30,),
    "quickbooks_online.curly_apostrophe_breaks_queries": (False,),
    "quickbooks_online.customer_balance_currency": ("home",),
    "quickbooks_online.deactivation_event": ("deleted",),
    "quickbooks_online.deactivation_with_balance": ("refuse", "adjust"),
    "quickbooks_online.event_id_shape": ("plain", "suffixed"),
    "quickbooks_online.event_optional_parts": ("always", "never"),
    "quickbooks_online.event_told_twice": (True,),
    "quickbooks_online.faults_with_200": (True,),
    "quickbooks_online.latency_seconds": (0.2, 1.5),
    "quickbooks_online.merge_moves_transactions": (False,),
    "quickbooks_online.merged_customer": ("inactive_shell",),
    "quickbooks_online.multi_currency": (False,),
    "quickbooks_online.name_comparison_ignores_case": (False,),
    "quickbooks_online.old_rt_grace": (24,),
    "quickbooks_online.query_projections": ("sparse",),
    "quickbooks_online.query_shows_total_count": (True,),
    "quickbooks_online.rate_limits": (False,),
    "quickbooks_online.reactivation_keeps_mark": (False,),
    "quickbooks_online.refresh_token_seconds": (3 * 86_400,),
    "quickbooks_online.refuse_read_only_properties": (True,),
    "quickbooks_online.request_id_memory_hours": (1.0,),
    "quickbooks_online.retry_after_header": (True,),
    "quickbooks_online.term_name_in_reference": ("always", "never"),
    "quickbooks_online.throttle_form": ("xml", "empty", "varied"),
    "quickbooks_online.throttle_seconds": (90.0,),
    "quickbooks_online.unauthorized_form": ("xml", "empty", "code_100"),
    "quickbooks_online.webhook_activation_seconds": (300.0,),
    "quickbooks_online.webhook_bundles": (True,),
    "quickbooks_online.webhook_format": ("classic",),
    "quickbooks_online.webhook_mixes_companies": (False,),
    "quickbooks_online.webhook_retry_hours": (1.0,),
    "quickbooks_online.wrong_environment_answer": ("100",),
}


@dataclass
class QuickBooksSource(Town):
    """All of it happens in the first company. `merged` are customers that were merged away, each
    with the one it went into, and `shared` those that ever had an e-mail address which another one
    may have too."""

    merged: dict[str, str] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)

    source = QUICKBOOKS

    def look_around(self) -> None:
        super().look_around()
        self.shared = {c["Id"] for c in self.alive("customers")}

    def alive(self, noun: str) -> list[Record]:
        return [r for r in self.of(QUICKBOOKS, noun) if r.get("status") != "Deleted"]

    def survivor_of(self, id: str) -> Record:
        """The customer in which one that was merged away lives on. A shell may be active again, and
        take in the one that it went into."""
        passed: set[str] = set()
        while id in self.merged and id not in passed:
            passed.add(id)
            id = self.merged[id]
        return next(c for c in self.of(QUICKBOOKS, "customers") if c["Id"] == id)

    def known_by(self, route: str, key: str) -> set[str]:
        own = [c for c in self.alive("customers") if c["Id"] == key]
        emails = [(c.get("PrimaryEmailAddr") or {}).get("Address") or "" for c in own]
        names = (str(c[name]).removesuffix(MARK) for c in own for name in NAMED if c.get(name))
        return plain(*names, *(part for told in emails for part in told.split(",")))

    def is_gone(self, route: str, key: str) -> bool:
        return key in self.merged or key not in {c["Id"] for c in self.alive("customers")}

    def day(self, days: int = 0) -> date:
        """So many days from the company's today."""
        return self.world.clock.now().astimezone(CALENDAR).date() + timedelta(days=days)

    def _active(self) -> list[Record]:
        return [c for c in self.alive("customers") if c["Active"]]

    def _ref(self, record: Record) -> Record:
        return {"value": record["Id"]}

    def new_customer(self, draw: random.Random) -> Any:
        body: Record = {"DisplayName": self.name(draw)}
        if draw.random() < 0.5:
            body |= {"GivenName": "Ada", "FamilyName": draw.choice(("Byron", "Lovelace"))}
        if draw.random() < 0.3:
            body["CompanyName"] = self.name(draw)
        if draw.random() < 0.3:
            body["SalesTermRef"] = self._ref(pick(draw, self.alive("terms")))
        if draw.random() < 0.2:
            body["CurrencyRef"] = {"value": draw.choice(("EUR", "CAD", "JPY"))}
        if draw.random() < 0.4:
            body["BillAddr"] = self._address(draw)
        is_shared = draw.random() < 0.3
        if is_shared or draw.random() < 0.6:
            body["PrimaryEmailAddr"] = {"Address": self._email(draw, is_shared)}
        made = self.create(QUICKBOOKS, "customers", body)
        self.shared |= {made["Id"]} if is_shared else set()
        return made["Id"]

    def _email(self, draw: random.Random, is_shared: bool) -> str:
        if is_shared:
            return f"info{draw.randint(1, 4)}@a.example"
        own = f"own{self.count}@x.example"
        return draw.choice((own, own, f"{own}, copy@x.example"))

    def _address(self, draw: random.Random) -> Record:
        return {"Line1": f"{draw.randint(1, 99)} High St", "City": "Leeds", "PostalCode": "LS1"}

    def new_job(self, draw: random.Random) -> Any:
        self.count += 1
        above = pick(draw, self._active())
        body = {"DisplayName": f"Job {self.count}", "Job": True, "ParentRef": self._ref(above)}
        return (self.create(QUICKBOOKS, "customers", body)["Id"], above["Id"])

    def edit_customer(self, draw: random.Random) -> Any:
        customer = pick(draw, self.alive("customers"))
        is_shared = draw.random() < 0.3
        name, email = self.name(draw), self._email(draw, is_shared)
        term = self._ref(pick(draw, self.alive("terms")))
        change: Record = draw.choice(
            [
                {"DisplayName": name},
                {"DisplayName": name},
                {"PrimaryEmailAddr": {"Address": email}},
                {"GivenName": "Grace", "FamilyName": "Hopper"},
                {"SalesTermRef": term},
                {"BillAddr": self._address(draw)},
            ]
        )
        self.change(QUICKBOOKS, "customers", customer["Id"], change)
        self.shared |= {customer["Id"]} if is_shared and "PrimaryEmailAddr" in change else set()
        return (customer["Id"], *change)

    def retire(self, draw: random.Random) -> Any:
        customer = pick(draw, self.alive("customers"))
        action = "deactivate" if customer["Active"] else "reactivate"
        self.do(QUICKBOOKS, "customers", customer["Id"], action)
        return (action, customer["Id"])

    def merge_customers(self, draw: random.Random) -> Any:
        loser = pick(draw, self.alive("customers"))
        tops = [c for c in self._active() if not c["Job"] and c["Id"] != loser["Id"]]
        into = pick(draw, tops)
        self.do(QUICKBOOKS, "customers", loser["Id"], "merge", into=into["Id"])
        self.merged[loser["Id"]] = into["Id"]
        return (loser["Id"], into["Id"])

    def remove_customer(self, draw: random.Random) -> Any:
        """One under whom no jobs stand."""
        above = {c["ParentRef"]["value"] for c in self.alive("customers") if c.get("ParentRef")}
        customer = pick(draw, [c for c in self.alive("customers") if c["Id"] not in above])
        self.delete(QUICKBOOKS, "customers", customer["Id"])
        return customer["Id"]

    def move_job(self, draw: random.Random) -> Any:
        job = pick(draw, [c for c in self._active() if c["Job"]])
        above = pick(draw, [c for c in self._active() if not c["Job"]])
        self.change(QUICKBOOKS, "customers", job["Id"], {"ParentRef": self._ref(above)})
        return (job["Id"], above["Id"])

    def rename_term(self, draw: random.Random) -> Any:
        self.count += 1
        term = pick(draw, self.alive("terms"))
        self.change(QUICKBOOKS, "terms", term["Id"], {"Name": f"Net {self.count}"})
        return term["Id"]

    # --- papers -----------------------------------------------------------------------------------

    def new_invoice(self, draw: random.Random) -> Any:
        begun = draw.choice((0, 0, 0, 0, -3, -40, -340, -400))
        due = begun + draw.choice((0, 1, 14, 60))
        return self._write(draw, "invoices", begun, DueDate=self.day(due).isoformat())

    def credit(self, draw: random.Random) -> Any:
        return self._write(draw, "credit_memos", draw.choice((0, -30)))

    def _write(self, draw: random.Random, noun: str, begun: int, **more: Any) -> Any:
        customer = self._ref(pick(draw, self._active()))
        body: Record = {"CustomerRef": customer, "TxnDate": self.day(begun).isoformat()}
        body["Line"] = [self._line(draw)]
        return self.create(QUICKBOOKS, noun, body | more)["Id"]

    def _line(self, draw: random.Random) -> Record:
        code = {"TaxCodeRef": {"value": draw.choice(("NON", "NON", "TAX"))}}
        return {"Amount": self.amount(draw), "SalesItemLineDetail": code}

    def edit_invoice(self, draw: random.Random) -> Any:
        invoice = pick(draw, self.alive("invoices"))
        changes: list[Record] = [
            {"Line": [self._line(draw)]},
            {"DueDate": self.day(draw.choice((-1, 2))).isoformat()},
            {"TxnDate": self.day(-10).isoformat()},
            {"DocNumber": f"A-{self.count}"},
        ]
        change = draw.choice(changes)
        self.change(QUICKBOOKS, "invoices", invoice["Id"], change)
        return (invoice["Id"], *change)

    def send_invoice(self, draw: random.Random) -> Any:
        invoice = pick(draw, self.alive("invoices"))
        self.do(QUICKBOOKS, "invoices", invoice["Id"], "send", sendTo="ann@x.example")
        return invoice["Id"]

    def pay(self, draw: random.Random) -> Any:
        invoice = pick(draw, self.alive("invoices"))
        part: Record = draw.choice(({}, {}, {"amount": "5"}, {"amount": "5"}, {"amount": "90000"}))
        if draw.random() < 0.3:
            part = {**part, "date": self.day(-2).isoformat()}
        self.do(QUICKBOOKS, "invoices", invoice["Id"], "pay", **part)
        return invoice["Id"]

    def pay_on_account(self, draw: random.Random) -> Any:
        body = {"CustomerRef": self._ref(pick(draw, self._active())), "TotalAmt": "20"}
        return self.create(QUICKBOOKS, "payments", body)["Id"]

    def void_invoice(self, draw: random.Random) -> Any:
        invoice = pick(draw, self.alive("invoices"))
        self.do(QUICKBOOKS, "invoices", invoice["Id"], "void")
        return invoice["Id"]

    def remove_invoice(self, draw: random.Random) -> Any:
        noun = draw.choice(("invoices", "invoices", "credit_memos"))
        paper = pick(draw, self.alive(noun))
        self.delete(QUICKBOOKS, noun, paper["Id"])
        return (noun, paper["Id"])

    def undo_payment(self, draw: random.Random) -> Any:
        payment = pick(draw, self.alive("payments"))
        if draw.random() < 0.5:
            self.do(QUICKBOOKS, "payments", payment["Id"], "void")
        else:
            self.delete(QUICKBOOKS, "payments", payment["Id"])
        return payment["Id"]
