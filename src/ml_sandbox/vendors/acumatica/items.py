"""The rules of stock and of non-stock items, which share their ids."""

from __future__ import annotations

from ml_sandbox.vendors.acumatica.money import ZERO
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rule import Rules
from ml_sandbox.vendors.acumatica.work import Work

STATUSES = (
    "Active", "Inactive", "No Sales", "No Purchases", "No Request", "Marked for Deletion",
)  # fmt: skip
KINDS = ("Non-Stock Item", "Labor", "Service", "Charge", "Expense")
UNITS = ("EACH", "HOUR", "DAY", "MONTH", "YEAR", "BOX", "PACK")
UNIT_FIELDS = {"stock_items": ("BaseUOM", "SalesUOM"), "non_stock_items": ("BaseUnit", "SalesUnit")}
_OTHER = {"stock_items": "non_stock_items", "non_stock_items": "stock_items"}


class ItemRules(Rules):
    def begin(self, work: Work) -> None:
        super().begin(work)
        row, base = work.row, UNIT_FIELDS[self.table][0]
        if row["InventoryID"] and work.books.find(_OTHER[self.table], row["InventoryID"]):
            work.fail("An item with this Inventory ID already exists.", "InventoryID")
        work.default(
            ItemStatus="Active", ItemClass="GOODS" if self.table == "stock_items" else "SERVICES",
            TaxCategory="TAXABLE", PostingClass="ALL", **{base: "EACH"},
        )  # fmt: skip
        if self.table == "stock_items":
            work.default(ItemType="Finished Good", ValuationMethod="Average", IsAKit=False)
        else:
            work.default(ItemType="Service", RequireReceipt=False, RequireShipment=False)

    def check(self, work: Work) -> None:
        row = work.row
        work.choose("ItemStatus", "Item Status", STATUSES)
        work.refer("ItemClass", "Item Class", "item_classes")
        work.refer("TaxCategory", "Tax Category", "tax_categories")
        if self.table == "non_stock_items":
            work.choose("ItemType", "Type", KINDS)
        for name in UNIT_FIELDS[self.table]:
            if row[name] is None:
                row[name] = row[UNIT_FIELDS[self.table][0]]
            work.choose(name, name, UNITS)
        for name in ("DefaultPrice", "CurySpecificPrice"):
            if (row[name] or ZERO) < 0:
                work.fail("The value cannot be negative.", name)
        self._align_prices(work)

    def _align_prices(self, work: Work) -> None:
        """The default price in base money is one value under two names."""
        row = work.row
        if work.sets("CurySpecificPrice") and not work.sets("DefaultPrice"):
            row["DefaultPrice"] = row["CurySpecificPrice"]
        row["DefaultPrice"] = row["DefaultPrice"] or ZERO
        row["CurySpecificPrice"] = row["DefaultPrice"]

    def kept(self, row: Row) -> str | None:
        return "The item cannot be deleted because it is used in documents."


def sales_unit(item: Row) -> str:
    return str(item["SalesUOM"] or item["SalesUnit"] or "EACH")
