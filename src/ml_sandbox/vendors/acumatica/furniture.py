"""What every tenant is set up with before the first document: classes, accounts, zones, methods."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ml_sandbox.business.names import GOODS
from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.money import price
from ml_sandbox.vendors.acumatica.rows import Row

#: `View.Field` -> type, by entity; user-defined fields and one of a customization.
CUSTOM_FIELDS = {
    "Customer": {"BAccount.UsrCRMID": "String", "BAccount.AttributeINDUSTRY": "String"},
    "SalesOrder": {
        "Document.AttributeDEALID": "String",
        "Document.UsrScore": "Decimal",
        "Document.UsrPromisedOn": "DateTime",
    },
    "StockItem": {"ItemSettings.UsrRepair": "String"},
}
_ACCOUNTS = (
    ("10200", "Checking account", "Asset", "CASHASSET"),
    ("10250", "Card clearing", "Asset", "CASHASSET"),
    ("11000", "Accounts receivable", "Asset", "AR"),
    ("20100", "Sales tax payable", "Liability", "TAX"),
    ("40000", "Sales revenue", "Income", "SALES"),
    ("50000", "Cost of goods sold", "Expense", "COGS"),
)
_UNITS = {"Consulting hour": "HOUR", "Workshop day": "DAY", "Hosting, one year": "YEAR"}
#: Items beside the goods of the business: id, text, price, stock, status.
_ODD_ITEMS = (
    ("PAPER A4/80", "Paper A4, 80 g/m²", "6.40", True, "Active"),
    ("BINDER-Ö", "Binder, öl-resistant", "3.10", True, "Active"),
    ("FAX-SUPPORT", "Fax support (discontinued)", "45.00", False, "Inactive"),
    ("RUSH-FEE", "Rush fee", "0.00", False, "Active"),
)


def furnish(books: Books, at: datetime) -> None:
    """Fills a tenant's set-up tables; all rows bear one stamp, as an import leaves them."""
    books.custom_fields = CUSTOM_FIELDS
    _put(books, at, "customer_classes", ClassID="DEFAULT", Description="Customers",
         CurrencyID="USD", Terms="30D", TaxZoneID="DOMESTIC", Country="US")  # fmt: skip
    _put(books, at, "customer_classes", ClassID="INTL", Description="Customers abroad",
         CurrencyID="EUR", Terms="45D", TaxZoneID="EXPORT",
         EnableCurrencyOverride=True)  # fmt: skip
    _put(books, at, "item_classes", ClassID="GOODS", Description="Goods", StockItem=True,
         BaseUOM="EACH", ItemType="Finished Good")  # fmt: skip
    _put(books, at, "item_classes", ClassID="SERVICES", Description="Services", StockItem=False,
         BaseUOM="EACH", ItemType="Service")  # fmt: skip
    for code, name in (("TAXABLE", "Taxable"), ("EXEMPT", "Exempt")):
        _put(books, at, "tax_categories", TaxCategoryID=code, Description=name, Active=True)
    for code, name in (("DOMESTIC", "United States"), ("EXPORT", "Abroad")):
        _put(books, at, "tax_zones", TaxZoneID=code, Description=name)
    for code, active in (("CHECK", True), ("WIRE", True), ("CARD", False)):
        _put(books, at, "payment_methods", PaymentMethodID=code, Description=code.title(),
             Active=active, UseInAR=True, UseInAP=code != "CARD")  # fmt: skip
    _put(books, at, "ledgers", LedgerID="ACTUAL", Description="Actual", Type="Actual",
         Currency=books.base_currency)  # fmt: skip
    _accounts(books, at)
    _items(books, at)
    _journal(books, at)


def _put(books: Books, at: datetime, table: str, **given: Any) -> Row:
    row = books.new_row(**given)
    row.created = row.modified = at
    books.tables[table].put(row, None)
    return row


def _accounts(books: Books, at: datetime) -> None:
    for code, name, kind, group in _ACCOUNTS:
        number = int(books.next_number("account")) + 1000
        _put(books, at, "accounts", AccountCD=code, Description=name, Type=kind, AccountID=number,
             AccountClass=group, Active=True, CurrencyID=None, PostOption="Summary",
             CashAccount=group == "CASHASSET")  # fmt: skip


def inventory_id(name: str) -> str:
    """A good's name as an id: WEBSITE-MAINTENANCE."""
    return name.upper().replace(",", "").replace(" ", "-")[:20]


def _items(books: Books, at: datetime) -> None:
    for name, text, service in GOODS:
        _item(books, at, inventory_id(name), name, text, not service, "Active")
    for code, name, text, stock, status in _ODD_ITEMS:
        _item(books, at, code, name, text, stock, status)


def _item(
    books: Books, at: datetime, code: str, name: str, text: str, stock: bool, status: str
) -> None:
    amount = price(text, books.base_currency)
    unit = _UNITS.get(name, "EACH")
    shared: dict[str, Any] = {
        "InventoryID": code, "Description": name, "ItemStatus": status, "TaxCategory": "TAXABLE",
        "DefaultPrice": amount, "CurySpecificPrice": amount, "PostingClass": "ALL",
        "WeightUOM": "KG",
    }  # fmt: skip
    if not stock:
        _put(books, at, "non_stock_items", **shared, ItemClass="SERVICES", ItemType="Service",
             BaseUnit=unit, SalesUnit=unit, PurchaseUnit=unit, SalesAccount="40000",
             RequireReceipt=False, RequireShipment=False)  # fmt: skip
        return
    houses = [
        books.new_row(WarehouseID="WHOLESALE", IsDefault=True, QtyOnHand=price("500", None)),
        books.new_row(WarehouseID="RETAIL", IsDefault=False, QtyOnHand=price("12", None)),
    ]
    row = _put(books, at, "stock_items", **shared, ItemClass="GOODS", ItemType="Finished Good",
               BaseUOM=unit, SalesUOM=unit, PurchaseUOM=unit, DefaultWarehouseID="WHOLESALE",
               ValuationMethod="Average", WarehouseDetails=houses, IsAKit=False,
               SalesAccount="40000")  # fmt: skip
    row.custom["ItemSettings.UsrRepair"] = "x" if code.startswith("BINDER") else None


def _journal(books: Books, at: datetime) -> None:
    amount = price("12000", None)
    lines = [
        books.new_row(LineNbr=1, Account="10200", DebitAmount=amount, CreditAmount=price(0, None),
                      TransactionDescription="Opening balance"),
        books.new_row(LineNbr=2, Account="40000", DebitAmount=price(0, None), CreditAmount=amount,
                      TransactionDescription="Opening balance"),
    ]  # fmt: skip
    _put(books, at, "journal_transactions", Module="GL", Status="Posted", Hold=False,
         BatchNbr=books.next_number("BATCH", "GL{:08d}"), LedgerID="ACTUAL", BranchID="MAIN",
         Description="Opening balance", TransactionDate=at.date(), CurrencyID="USD",
         PostPeriod=f"{at.month:02d}{at.year}", Details=lines)  # fmt: skip
