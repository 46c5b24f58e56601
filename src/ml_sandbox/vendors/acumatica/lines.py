"""A line of a document: what it refers to, what it defaults, and what it comes to."""

from __future__ import annotations

from decimal import Decimal

from ml_sandbox.vendors.acumatica import money
from ml_sandbox.vendors.acumatica.items import UNITS, sales_unit
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.work import Work

HUNDRED = Decimal(100)


def number_lines(lines: list[Row]) -> None:
    """Gives numbers to lines that have none; a number is never used again below the highest."""
    highest = max((int(line["LineNbr"] or 0) for line in lines), default=0)
    for line in lines:
        if line["LineNbr"] is None:
            highest += 1
            line["LineNbr"] = highest


def refer_item(work: Work, line: Row, quantity: str, text: str, currency: str | None) -> None:
    """Looks the item up and takes from it what the line does not say itself.

    A price that was written is kept; where only the item is new, the list's price comes in.
    """
    if line["InventoryID"] is None:
        return
    item = work.books.item(str(line["InventoryID"]))
    if item is None:
        work.fail("Inventory ID cannot be found.", "InventoryID", row=line)
        return
    if item["ItemStatus"] in ("Inactive", "No Sales", "Marked for Deletion"):
        words = f"The inventory item is {item['ItemStatus']}."
        work.fail(words, "InventoryID", row=line)
    line["InventoryID"] = item["InventoryID"]
    if not work.sets("InventoryID", line):
        return
    if not work.sets("UnitPrice", line) and not line["ManualPrice"]:
        line["UnitPrice"] = money.price(item["DefaultPrice"], currency)
    for name, value in (
        (text, item["Description"]),
        ("TaxCategory", item["TaxCategory"]),
        ("UOM", sales_unit(item)),
        (quantity, Decimal(0)),
    ):
        if not work.sets(name, line):
            line[name] = value if line[name] is None or name != quantity else line[name]


def reckon(work: Work, line: Row, quantity: str, currency: str | None) -> Decimal:
    """The line's amount, discount off, with what leads there filled in."""
    count = Decimal(line[quantity] or 0)
    if count < 0:
        work.fail("The value must be greater than or equal to 0.", quantity, row=line)
    unit = line["UOM"]
    if unit is not None and str(unit).upper() not in UNITS:
        work.fail("Unit conversion is not set up on the item.", "UOM", row=line)
    extended = money.rounded(count * Decimal(line["UnitPrice"] or 0), currency)
    line["ExtendedPrice"] = extended
    if work.sets("DiscountAmount", line) and not work.sets("DiscountPercent", line):
        discount = Decimal(line["DiscountAmount"] or 0)
        line["DiscountPercent"] = (
            (discount * HUNDRED / extended).quantize(Decimal("0.000001"))
            if extended
            else money.ZERO
        )
    else:
        percent = Decimal(line["DiscountPercent"] or 0)
        discount = money.rounded(extended * percent / HUNDRED, currency)
        line["DiscountAmount"] = discount
    line["Amount"] = extended - discount
    return extended - discount


def tax_of(lines: list[Row], zone: str | None, currency: str | None) -> Decimal:
    """The tax on all taxable lines together, rounded once."""
    taxable = sum(
        (line["Amount"] for line in lines if line["TaxCategory"] == money.TAXABLE), money.ZERO
    )
    return money.rounded(taxable * money.tax_rate(zone), currency)
