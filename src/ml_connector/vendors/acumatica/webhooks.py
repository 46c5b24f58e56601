"""A push notification: proven by a static header that the administrator chose, and read as a
wake-up.

Acumatica signs nothing and stamps nothing. The rows hold the columns of an inquiry that an
administrator built, in local time: they only name records, which are read again over the API.
Source: "Push Notifications" of the guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ml_connector.core.faults import Unreadable
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.http.signatures import check_secret

DEFAULT_HEADER = "X-Push-Secret"
_PAYMENTS = {"payment", "prepayment", "refund", "voided payment", "customer refund"}
"""Types of what is a Payment; anything else with a reference number is an invoice or memo."""


class AcumaticaWebhooks:
    """Implements `core.vendor.Webhooks`."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        """Raises Forged."""
        name = (proofs.settings.get("push_header") or DEFAULT_HEADER).lower()
        check_secret(delivery.headers.get(name, ""), proofs.secrets.get("webhook_secret", ()))

    def read(self, delivery: Delivery) -> list[Hint]:
        """A hint for each record that a row names; one that names none where no row does."""
        try:
            body = json.loads(delivery.body or b"{}")
        except (ValueError, RecursionError):
            raise Unreadable("The body is not JSON.") from None
        if not isinstance(body, dict) or (body and "Query" not in body):
            raise Unreadable("The body is no push notification of Acumatica.")
        if not body:
            return []
        lists = [body.get(name) for name in ("Inserted", "Deleted")]
        rows = [row for told in lists if isinstance(told, list) for row in told]
        named = dict.fromkeys(pair for row in rows for pair in _records(row))
        return [_hint(body, *pair) for pair in named] or [_hint(body, "", "")]

    def is_probe(self, delivery: Delivery) -> bool:
        return False

    def same_account(self, told: str, account: str) -> bool:
        """A notification names the tenant, an account the instance before it."""
        return account.rpartition("@")[2].casefold() == told.casefold()

    def is_whole_key(self, told: str) -> bool:
        return True

    def same_key(self, told: str, key: str) -> bool:
        return told.casefold() == key.casefold()


def _hint(body: Mapping[str, Any], obj: str, key: str) -> Hint:
    """The delivery's own id is that of a transaction, which may speak of several records."""
    id = ":".join(str(body.get(name) or "") for name in ("CompanyId", "Query", "Id"))
    return Hint(
        event_id=f"{id}:{obj}:{key}" if key else id,
        event_type=str(body["Query"]),
        account=str(body.get("CompanyId") or ""),
        object=obj,
        key=key,
    )


def _records(row: Any) -> Iterator[tuple[str, str]]:
    """(object, key) of what a row speaks of, by columns such as `SOOrder_orderNbr` or `OrderNbr`.

    The most particular key counts: a row of an order names its customer too.
    """
    told = row.items() if isinstance(row, dict) else ()
    cells = {name.rpartition("_")[2].lower(): str(value).strip() for name, value in told if value}
    reference = cells.get("referencenbr") or cells.get("refnbr")
    type_ = cells.get("type") or cells.get("doctype")
    if reference and type_:
        is_payment = type_.casefold() in _PAYMENTS
        yield ("payments" if is_payment else "sales_invoices"), f"{type_}/{reference}"
    elif "ordernbr" in cells:
        key = f"{cells.get('ordertype') or 'SO'}/{cells['ordernbr']}"
        yield "sales_orders", key
        yield "billing", key
    elif "inventoryid" in cells or "inventorycd" in cells:
        yield "items", cells.get("inventorycd") or cells["inventoryid"]
    elif "contactid" in cells:
        yield "contacts", cells["contactid"]
    elif "customerid" in cells or "acctcd" in cells:
        yield "customers", cells.get("acctcd") or cells["customerid"]
