"""FreshBooks as a source: what a bookkeeper does there, and the clients who open invoices."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .base import Record, Town, pick, plain

ACTIVE, DELETED, ARCHIVED = 0, 1, 2
DRAFTS = {"draft", "created"}
SETTLED = {"paid", "autopaid", "auto-paid", "success"}
AS_SENT = {"sent", "failed", "retry", "declined", "pending", "resolved"}
PLAIN = {"draft", "sent", "viewed", "partial", "paid", "overdue", "disputed"}
"""Words that have no finer one of ours."""
KNOWN = DRAFTS | SETTLED | AS_SENT | PLAIN | {"deposit-partial", "deposit-paid"}
SWITCHES: dict[str, tuple[Any, ...]] = {
    "freshbooks.access_token_seconds": (900,),
    "freshbooks.archive_event": ("delete", "none"),
    "freshbooks.bad_client_status": (400,),
    "freshbooks.callback_updated_at": ("sql",),
    "freshbooks.day_boundary_zone": ("utc",),
    "freshbooks.default_order": ("oldest_first",),
    "freshbooks.deleted_by_id": ("refused", "not_found"),
    "freshbooks.disabled_callback_shows": ("verified",),
    "freshbooks.errors_as_object": (True,),
    "freshbooks.errors_with_status_200": (True,),
    "freshbooks.filter_with_time": ("refused",),
    "freshbooks.handshake_before_answer": (False,),
    "freshbooks.identity_limit_per_minute": (2,),
    "freshbooks.invoice_number_unique": (False,),
    "freshbooks.invoice_status_read_only": (True,),
    "freshbooks.limit_body": ("empty",),
    "freshbooks.limit_counts_by": ("account", "app"),
    "freshbooks.limit_headers": (False,),
    "freshbooks.limit_per_minute": (30,),
    "freshbooks.lines_always": (True,),
    "freshbooks.overdue_fires_invoice_update": (True,),
    "freshbooks.overdue_touches_updated": (True,),
    "freshbooks.overpayment": ("negative",),
    "freshbooks.payment_fires_invoice_update": (True,),
    "freshbooks.payment_touches_invoice_updated": (False,),
    "freshbooks.pkce_enforced": (False,),
    "freshbooks.refresh_grace_seconds": (60.0,),
    "freshbooks.refresh_keeps_created_at": (True,),
    "freshbooks.refresh_needs_redirect_uri": (True,),
    "freshbooks.resend_issues_new_code": (False,),
    "freshbooks.restore_event": ("create", "none"),
    "freshbooks.send_by_email_events": (True,),
    "freshbooks.strict_redirect_uri": (True,),
    "freshbooks.token_extras": (False,),
    "freshbooks.unknown_fields": ("ignored",),
    "freshbooks.view_fires_invoice_update": (True,),
    "freshbooks.view_touches_updated": (False,),
    "freshbooks.webhook_disabled_after_hours": (0.5,),
    "freshbooks.webhook_https_only": (True,),
    "freshbooks.webhook_legacy_fields": (True,),
    "freshbooks.webhook_retries_end": (False,),
    "freshbooks.webhook_retry_minutes": ("1,1", "30"),
    "freshbooks.webhook_signature": ("raw",),
    "freshbooks.webhook_timeout_seconds": (1.0,),
    "freshbooks.wrong_verifier_status": (400, 403, 404),
}
BOOKKEEPER = {
    "new_client": 5, "edit_client": 4, "shelve_client": 1, "remove_client": 0.7,
    "new_invoice": 7, "edit_invoice": 3, "hand_over": 0.7, "progress": 6, "tell_status": 1.5,
    "pay": 6, "refund": 2, "change_payment": 1, "shelve_invoice": 0.7, "remove_invoice": 1,
}  # fmt: skip


class FreshBooksSource(Town):
    """All of it happens in the first account."""

    source = "freshbooks"

    def _clients(self, *, deleted: bool = False) -> list[Record]:
        found = self.of("freshbooks", "clients")
        return [c for c in found if (c["vis_state"] == DELETED) is deleted]

    def _invoices(self, *, deleted: bool = False) -> list[Record]:
        found = self.of("freshbooks", "invoices")
        return [i for i in found if (i["vis_state"] == DELETED) is deleted]

    def known_by(self, route: str, key: str) -> set[str]:
        if route == "invoices":
            own = [i for i in self._invoices() if str(i["id"]) == key]
            return plain(*(i["invoice_number"] for i in own))
        own = [c for c in self._clients() if str(c["id"]) == key]
        return plain(*(text for c in own for text in (
            c["organization"], f"{c['fname']} {c['lname']}", c["email"], c["id"]
        )))  # fmt: skip

    def is_gone(self, route: str, key: str) -> bool:
        living = self._invoices() if route == "invoices" else self._clients()
        return key not in {str(record["id"]) for record in living}

    def new_client(self, draw: random.Random) -> Any:
        body: Record = draw.choice(
            [{"organization": self.name(draw)}, {"fname": "Ada", "lname": self.name(draw)[:40]}]
        )
        if draw.random() < 0.5:
            body["email"] = f"info{draw.randint(1, 6)}@{draw.choice('abc')}.example"
        if draw.random() < 0.4:
            body |= self._address(draw)
        if draw.random() < 0.2:
            body["currency_code"] = draw.choice(("EUR", "GBP", "JPY"))
        return self.create("freshbooks", "clients", body)["id"]

    def _address(self, draw: random.Random) -> Record:
        which = draw.choice("ps")
        return {f"{which}_street": f"{draw.randint(1, 99)} High St", f"{which}_city": "Leeds",
                f"{which}_code": f"LS{draw.randint(1, 9)}"}  # fmt: skip

    def edit_client(self, draw: random.Random) -> Any:
        client = pick(draw, self._clients())
        change: Record = draw.choice(
            [
                {"organization": self.name(draw)},
                {"email": f"new{self.count}@x.example"},
                {"organization": ""},
                {"currency_code": "EUR"},
                self._address(draw),
            ]
        )
        self.change("freshbooks", "clients", client["id"], change)
        return (client["id"], *change)

    def shelve_client(self, draw: random.Random) -> Any:
        return self._shelve("clients", pick(draw, self._clients()))

    def shelve_invoice(self, draw: random.Random) -> Any:
        return self._shelve("invoices", pick(draw, self._invoices()))

    def _shelve(self, noun: str, record: Record) -> Any:
        action = "restore" if record["vis_state"] == ARCHIVED else "archive"
        self.do("freshbooks", noun, record["id"], action)
        return (action, record["id"])

    def remove_client(self, draw: random.Random) -> Any:
        return self._remove(draw, "clients", self._clients)

    def remove_invoice(self, draw: random.Random) -> Any:
        return self._remove(draw, "invoices", self._invoices)

    def _remove(self, draw: random.Random, noun: str, found: Callable[..., list[Record]]) -> Any:
        """Deletes one, or takes that back for one."""
        gone = found(deleted=True)
        if gone and draw.random() < 0.5:
            record = pick(draw, gone)
            self.do("freshbooks", noun, record["id"], "restore")
            return ("restore", record["id"])
        record = pick(draw, found())
        self.delete("freshbooks", noun, record["id"])
        return record["id"]

    def new_invoice(self, draw: random.Random) -> Any:
        client = pick(draw, self._clients())
        body = {"customerid": client["id"], "lines": self._lines(draw),
                "due_offset_days": draw.choice((0, 1, 14))}  # fmt: skip
        if draw.random() < 0.25:
            body["create_date"] = self.today(draw.choice((-40, -3)))
        return self.create("freshbooks", "invoices", body)["id"]

    def _lines(self, draw: random.Random) -> list[Record]:
        line: Record = {"name": "Services", "qty": str(draw.randint(1, 3)),
                "unit_cost": {"amount": self.amount(draw)}}  # fmt: skip
        return [line | draw.choice(({}, {}, {"taxName1": "VAT", "taxAmount1": "20"}))]

    def edit_invoice(self, draw: random.Random) -> Any:
        invoice = pick(draw, self._invoices())
        lines, due_date = self._lines(draw), self.today(draw.choice((-1, 2)))
        change: Record = draw.choice([{"lines": lines}, {"lines": lines}, {"due_date": due_date}])
        self.change("freshbooks", "invoices", invoice["id"], change)
        return (invoice["id"], *change)

    def hand_over(self, draw: random.Random) -> Any:
        invoice, client = pick(draw, self._invoices()), pick(draw, self._clients())
        self.change("freshbooks", "invoices", invoice["id"], {"customerid": client["id"]})
        return (invoice["id"], client["id"])

    def progress(self, draw: random.Random) -> Any:
        invoice = pick(draw, self._invoices())
        action = draw.choice(("send", "send", "send", "view", "view", "dispute"))
        self.do("freshbooks", "invoices", invoice["id"], action)
        return (action, invoice["id"])

    def tell_status(self, draw: random.Random) -> Any:
        """FreshBooks gives a word of its own, or takes it back."""
        invoice = pick(draw, self._invoices())
        word = draw.choice((*sorted(KNOWN), "levitating", None, None, None))
        self.change("freshbooks", "invoices", invoice["id"], {"v3_status": word})
        return (invoice["id"], word)

    def pay(self, draw: random.Random) -> Any:
        invoice = pick(draw, self._invoices())
        part: Record = draw.choice(
            ({}, {}, {}, {"amount": "5"}, {"amount": "5"}, {"amount": "90000"})
        )
        if draw.random() < 0.3:
            part = {**part, "date": self.today(-2)}
        self.do("freshbooks", "invoices", invoice["id"], "pay", **part)
        return invoice["id"]

    def refund(self, draw: random.Random) -> Any:
        """A payment is deleted, or that is taken back."""
        payment = pick(draw, self.of("freshbooks", "payments"))
        if payment["vis_state"] == DELETED:
            self.do("freshbooks", "payments", payment["id"], "restore")
        else:
            self.delete("freshbooks", "payments", payment["id"])
        return (payment["id"], payment["invoiceid"])

    def change_payment(self, draw: random.Random) -> Any:
        payment = pick(draw, self.of("freshbooks", "payments"))
        change = {"amount": {"amount": draw.choice(("1", "7")), "code": payment["amount"]["code"]}}
        self.change("freshbooks", "payments", payment["id"], change)
        return (payment["id"], payment["invoiceid"])
