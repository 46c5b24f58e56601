"""An entity is one table of the Default endpoint: its keys, the stamp of its last change, and which
of its fields we ask for. A path has dots where it leads into a linked or a detail entity.

Names and versions: the vendor's own SDK models for 20.200, 22.200, 23.200 and 24.200.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ml_connector.core.faults import Refused
from ml_connector.core.objects import id_of
from ml_connector.vendors.acumatica.moments import moment_text

DEFAULT_VERSION = "24.200.001"
LAST_MODIFIED = "LastModifiedDateTime"

_LONG_AGO = "1900-01-01T00:00:00+00:00"

Row = Mapping[str, Any]
"""A record with its values unwrapped; see `values.plain`."""

Number = str | int
"""The last part of a key, which alone tells nearly all rows apart."""

SINCE = {
    ("Contact", "ExtRefNbr"): "24.200",
    ("SalesInvoice", "ExternalRef"): "24.200",
    ("SalesInvoice", LAST_MODIFIED): "23.200",
}
"""The version that brought a field; older ones are not asked for it."""


@dataclass(frozen=True, slots=True)
class Entity:
    """`stamp` names the moment of the last change; `paths` are read besides keys and stamp."""

    name: str
    keys: tuple[str, ...]
    paths: tuple[str, ...] = ()
    stamp: str = LAST_MODIFIED

    def key_of(self, row: Row) -> str:
        """`SO/000123`; the number alone where that is the key. Empty where it is not told. Raises
        ValueError where it is no key.

        An unsaved record's number is `<NEW>`, on some screens after a blank.
        """
        told = [row.get(name) for name in self.keys]
        parts = [id_of(part).strip() if part not in (None, "") else "" for part in told]
        return "" if not all(parts) or "<NEW>" in parts else "/".join(parts)

    def stamped(self, row: Row) -> str:
        """The moment of its last change; long ago where it has none. Raises Refused."""
        try:
            return moment_text(row.get(self.stamp) or _LONG_AGO)
        except ValueError as wrong:
            sentence = f"Acumatica's {self.name} {self.key_of(row)}: {self.stamp} {wrong}."
        raise Refused(sentence, self.stamp)

    @property
    def number(self) -> str:
        """The field of the last part of its key."""
        return self.keys[-1]

    def placed(self, row: Row) -> tuple[str, Number]:
        """The moment of its last change, and its number. Raises Refused."""
        number = row.get(self.number)
        return self.stamped(row), number if isinstance(number, int) else str(number or "")

    def parts(self, key: str) -> tuple[str, ...]:
        """Raises Refused where the text is no key of it."""
        parts = tuple(key.split("/", len(self.keys) - 1))
        if len(parts) < len(self.keys):
            raise Refused(f"'{key}' is no key of {self.name}, which has {'/'.join(self.keys)}.")
        return parts

    def wire_key(self, key: str) -> dict[str, str | int]:
        """The key's fields by name, a number where Acumatica has one."""
        parts = zip(self.keys, self.parts(key), strict=True)
        return {n: int(p) if n == "ContactID" and p.isdecimal() else p for n, p in parts}

    def address(self, key: str) -> str:
        """Below the endpoint; empty for a key that no address can hold (a slash within it)."""
        parts = self.parts(key)
        if any("/" in part for part in parts):
            return ""
        return "/".join([self.name, *(quote(part, safe="") for part in parts)])

    def query(self, version: str, extra: Sequence[str] = ()) -> dict[str, str]:
        """$select with the keys, and $expand of every level, each listed (guide, "$expand")."""
        told = [*self.keys, self.stamp, *self.paths, *extra]
        paths = [p for p in dict.fromkeys(told) if SINCE.get((self.name, p), "") <= version]
        levels = [path.split(".")[:-1] for path in paths]
        opened = ["/".join(level[: n + 1]) for level in levels for n in range(len(level))]
        asked = {"$select": ",".join(path.replace(".", "/") for path in paths)}
        return asked | ({"$expand": ",".join(dict.fromkeys(opened))} if opened else {})

    def any_of(self, keys: Iterable[str]) -> str:
        """A filter that finds the records of these keys."""
        told = (self.wire_key(key).items() for key in keys)
        return " or ".join(
            "(" + " and ".join(f"{name} eq {literal(part)}" for name, part in parts) + ")"
            for parts in told
        )


def literal(value: Number) -> str:
    """An OData literal; a quote within a text is doubled."""
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


_ADDRESS = ("AddressLine1", "AddressLine2", "City", "State", "PostalCode", "Country")
ADDRESS_PATHS = tuple(f"MainContact.Address.{part}" for part in _ADDRESS)
ORDER_LINKS = ("Details.OrderType", "Details.OrderNbr")

CUSTOMER = Entity(
    "Customer",
    ("CustomerID",),
    (
        "CustomerName", "Status", "CustomerClass", "CurrencyID", "Terms", "TaxZone", "AccountRef",
        "MainContact.Email", "MainContact.Phone1", "MainContact.WebSite", *ADDRESS_PATHS,
    ),
)  # fmt: skip
CONTACT = Entity(
    "Contact",
    ("ContactID",),
    (
        "DisplayName", "FirstName", "LastName", "Email", "Phone1", "JobTitle", "BusinessAccount",
        "Active", "ExtRefNbr",
    ),
)  # fmt: skip
SALES_ORDER = Entity(
    "SalesOrder",
    ("OrderType", "OrderNbr"),
    (
        "CustomerID", "CustomerOrder", "ExternalRef", "Date", "RequestedOn", "Description", "Hold",
        "Status", "CurrencyID", "OrderTotal",
    ),
    stamp="LastModified",
)  # fmt: skip
SALES_INVOICE = Entity(
    "SalesInvoice",
    ("Type", "ReferenceNbr"),
    (
        "CustomerID", "CustomerOrder", "ExternalRef", "Date", "DueDate", "Description", "Hold",
        "Status", "Currency", "Amount", "Balance",
    ),
)  # fmt: skip
INVOICE = Entity("Invoice", ("Type", "ReferenceNbr"))
"""The same documents on another screen; it has a stamp in every version, and no order links."""

PAYMENT = Entity(
    "Payment",
    ("Type", "ReferenceNbr"),
    (
        "CustomerID", "Status", "ApplicationDate", "CurrencyID", "PaymentAmount",
        "DocumentsToApply.DocType", "DocumentsToApply.ReferenceNbr",
        "OrdersToApply.OrderType", "OrdersToApply.OrderNbr",
        "ApplicationHistory.DisplayDocType", "ApplicationHistory.DisplayRefNbr",
        "ApplicationHistory.AdjustedDocType", "ApplicationHistory.AdjustedRefNbr",
    ),
)  # fmt: skip
_ITEM = ("Description", "ItemStatus", "ItemClass", "DefaultPrice", "TaxCategory")
STOCK_ITEM = Entity(
    "StockItem", ("InventoryID",), (*_ITEM, "BaseUOM", "SalesUOM"), stamp="LastModified"
)
NON_STOCK_ITEM = Entity("NonStockItem", ("InventoryID",), (*_ITEM, "BaseUnit", "SalesUnit"))
