"""Wave's webhooks: registered by hand in the portal, signed, and told for invoices only.

Envelope and signature as in the sheet, section 8. Customer and payment events do not exist at Wave;
a switch lets the sandbox send them nevertheless, as the product's description has them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ml_sandbox.clocktext import iso
from ml_sandbox.deliveries import Delivery, Posting, is_success
from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Site
from ml_sandbox.vendors.wave.books import Books, Happening
from ml_sandbox.vendors.wave.records import Customer, Invoice, Stamped

REAL_EVENTS = (
    "invoice.overdue",
    "invoice.viewed",
    "invoice.approved",
    "invoice.sent",
    "invoice.paid",
    "invoice.partially_paid",
    "invoice.overpaid",
)
PRODUCT_TEXT_EVENTS = (
    "customer.created",
    "customer.updated",
    "invoice.created",
    "invoice.updated",
    "payment.created",
)
#: The estimate family exists, its names are unknown; nothing here sends them.
ESTIMATE_FAMILY = "estimate."
_SETTLING = ("invoice.sent", "invoice.paid", "invoice.partially_paid", "invoice.overpaid")


def signature(secret: str, body: bytes, seconds: int | None) -> str:
    """The header's value: `t=,v1=` over time and body, or bare hex over the body without a time."""
    signed = body if seconds is None else f"{seconds}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return digest if seconds is None else f"t={seconds},v1={digest}"


@dataclass
class Registration:
    """What the portal holds; an empty list of events is all that there are."""

    url: str
    secret: str
    events: list[str]
    active: bool = True
    failures: int = 0

    def wants(self, name: str) -> bool:
        listed = name in self.events or f"{name.partition('.')[0]}.*" in self.events
        return self.active and (not self.events or listed)


class Portal:
    """The developer portal's one webhook, and what goes out by it.

    `consented(business, scope)` says whether the app may hear of that business.
    """

    def __init__(
        self,
        site: Site,
        new_uuid: Callable[[], str],
        consented: Callable[[Books, str], bool],
    ) -> None:
        self._site = site
        self._new_uuid = new_uuid
        self._consented = consented
        self._registration: Registration | None = None

    def register(self, url: str, secret: str, events: list[str]) -> dict[str, Any]:
        """Saves the webhook, which the portal probes. Raises Refusal."""
        known = (*REAL_EVENTS, *PRODUCT_TEXT_EVENTS, "invoice.*", "customer.*", "payment.*")
        strange = [e for e in events if e not in known and not e.startswith(ESTIMATE_FAMILY)]
        if strange:
            raise Refusal(400, f"there is no event {strange[0]!r}", known)
        if not self._site.accepts_receiver(url):
            raise Refusal(400, "the sandbox posts to loopback addresses only")
        if not secret:
            raise Refusal(400, "the secret is empty")
        self._registration = Registration(url, secret, list(events))
        self._probe(url)
        return {"url": url, "events": events, "offered": self._offered()}

    def _offered(self) -> list[str]:
        more = PRODUCT_TEXT_EVENTS if self._site.switch("product_text_events") else ()
        return [*REAL_EVENTS, *more]

    def _probe(self, url: str) -> None:
        """The portal may post an empty body, or one that is no event, when a webhook is saved."""
        kind = self._site.switch("webhook_probe")
        if kind == "none":
            return
        body = b"" if kind == "empty" else b'{"test":true}'
        posting = Posting(url, {"content-type": "application/json"}, body)
        self._site.deliver(
            Delivery(
                self._site.name, "probe", lambda _: posting, lambda *_: None, 10.0, counted=False
            )
        )

    def tell(self, happening: Happening) -> None:
        """Sends what happened, if it is an event that was registered and may be heard."""
        found = self._registration
        offered = happening.name in self._offered()
        if found is None or not offered or not found.wants(happening.name):
            return
        noun = happening.name.partition(".")[0]
        scope = "invoice:read" if noun == "payment" else f"{noun}:read"
        if self._site.switch("plan_lapsed") or not self._consented(happening.books, scope):
            return
        body = json.dumps(self._body(happening), separators=(",", ":")).encode()
        self._site.deliver(self._delivery(happening.name, found, body))

    def _delivery(self, name: str, found: Registration, body: bytes) -> Delivery:
        first_seconds = math.floor(self._site.now().timestamp())

        def prepare(attempt: int) -> Posting | None:
            if not found.active:
                return None
            anew = attempt > 1 and self._site.switch("webhook_retry_signs_anew")
            seconds = math.floor(self._site.now().timestamp()) if anew else first_seconds
            return Posting(found.url, self._headers(found.secret, body, seconds), body)

        def after(attempt: int, status: int | None) -> float | None:
            return self._after(found, attempt, status)

        timeout_seconds = float(self._site.switch("webhook_timeout_seconds"))
        return Delivery(self._site.name, name, prepare, after, timeout_seconds)

    def _headers(self, secret: str, body: bytes, seconds: int) -> dict[str, str]:
        bare = self._site.switch("webhook_signature") == "bare"
        signed = signature(secret, body, None if bare else seconds)
        if self._site.switch("webhook_second_v1") and not bare:
            right = signed.partition(",")[2]
            signed = f"{signature(f'{secret}-before', body, seconds)},{right}"
        headers = {"content-type": "application/json", "x-wave-signature": signed}
        if self._site.switch("webhook_timestamp_header"):
            headers["x-wave-timestamp"] = str(seconds)
        return headers

    def _after(self, found: Registration, attempt: int, status: int | None) -> float | None:
        if is_success(status):
            found.failures = 0
            return None
        delays = delays_seconds(str(self._site.switch("webhook_retry_delays")))
        if attempt <= len(delays):
            return delays[attempt - 1]
        found.failures += 1
        most = int(self._site.switch("webhook_disabled_after"))
        found.active = not most or found.failures < most
        return None

    def _body(self, happening: Happening) -> dict[str, Any]:
        return {
            "event_id": self._new_uuid(),
            "event_type": happening.name,
            "business_id": self._business_id(happening.books),
            "data": dict(self._data(happening)),
        }

    def _business_id(self, books: Books) -> str:
        return books.id if self._site.switch("webhook_ids") == "opaque" else books.uuid

    def _id(self, record: Stamped) -> str | int:
        form = self._site.switch("webhook_ids")
        if form == "opaque":
            return record.id
        return record.number if form == "number" else str(record.number)

    def _data(self, happening: Happening) -> Iterable[tuple[str, Any]]:
        invoice, customer = happening.invoice, happening.customer
        if happening.payment is not None:
            yield "payment_id", self._id(happening.payment)
        if invoice is not None:
            yield "invoice_id", self._id(invoice)
            yield from self._invoice_data(happening.name, invoice, invoice.customer)
        elif customer is not None:
            yield "customer_id", self._id(customer)

    def _invoice_data(
        self, name: str, invoice: Invoice, customer: Customer
    ) -> Iterable[tuple[str, Any]]:
        """The keys seen for each event; the others carry the invoice's id alone."""
        if name == "invoice.viewed" and invoice.last_viewed_at is not None:
            yield "view_timestamp", iso(invoice.last_viewed_at).replace("Z", "+00:00")
        if name == "invoice.overdue":
            yield "customer_id", self._id(customer)
            yield "currency_code", invoice.currency.code
            yield "issue_date", invoice.invoice_date.isoformat()
            yield "due_date", invoice.due_date.isoformat()
            yield "invoice_balance", f"{invoice.due_value:f}"
        if name in _SETTLING:
            yield "customer_id", self._id(customer)
            yield "currency_code", invoice.currency.code
            yield "amount_due", f"{invoice.due_value:f}"
            yield "amount_paid", f"{invoice.paid_value:f}"
            yield "total", f"{invoice.total_value:f}"
            yield "due_date", invoice.due_date.isoformat()


def delays_seconds(text: str) -> list[float]:
    """`5,30` to seconds; what is no number is left out."""
    found = []
    for part in text.split(","):
        try:
            found.append(float(part))
        except ValueError:
            continue
    return [seconds for seconds in found if 0 <= seconds < math.inf]
