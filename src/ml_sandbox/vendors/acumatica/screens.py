"""A screen is a form of the ERP behind an entity: where its rows lie and what may be written there.

The two invoice forms show the same documents under different field names: `stored_name` leads from
the name in an entity to the one in the row.
"""

from __future__ import annotations

from dataclasses import dataclass

_DOCUMENT = frozenset(
    {
        "Amount", "Balance", "PaymentTotal", "Status", "DetailTotal", "TaxTotal", "DiscountTotal",
        "CreditHold", "VATExemptTotal", "VATTaxableTotal", "Applications", "TaxDetails",
        "ApplicationsCreditMemo", "FinancialDetails", "FreightDetails", "Details/Amount",
        "Details/OrderType", "Details/OrderNbr", "Details/OrderLineNbr", "Details/ShipmentNbr",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Screen:
    """`read_only` holds stored names, those of lines behind the name of the detail field."""

    entity: str
    table: str
    form: str
    title: str
    graph: str
    view: str
    read_only: frozenset[str] = frozenset()
    numbered: bool = False
    writable: bool = True
    #: The noun under which creates are counted and people find the rows; empty for set-up data.
    noun: str = ""

    def may_write(self, path: str) -> bool:
        return path not in self.read_only


def _screen(entity: str, table: str, form: str, graph: str, view: str, **more: object) -> Screen:
    title = {"SalesInvoice": "Invoice", "Invoice": "Invoice or Memo"}.get(entity) or "".join(
        f" {letter}" if letter.isupper() else letter for letter in entity
    ).strip().replace("Non Stock", "Non-Stock")
    return Screen(entity, table, form, title, f"PX.Objects.{graph}", view, **more)  # type: ignore[arg-type]  # each fits its field


SCREENS: dict[str, Screen] = {
    screen.entity: screen
    for screen in (
        _screen(
            "Customer", "customers", "AR303000", "AR.CustomerMaint", "BAccount",
            read_only=frozenset({"BAccountID", "Contacts", "PrimaryContact", "IsGuestCustomer"}),
            numbered=True, noun="customers",
        ),
        _screen(
            "Contact", "contacts", "CR302000", "CR.ContactMaint", "Contact",
            read_only=frozenset(
                {"DisplayName", "AddressValidated", "Duplicates", "Type", "FullName",
                 "DuplicateFound", "Opportunities", "Cases", "Campaigns"}
            ),
            numbered=True, noun="contacts",
        ),
        _screen(
            "SalesOrder", "sales_orders", "SO301000", "SO.SOOrderEntry", "Document",
            read_only=frozenset(
                {"Status", "OrderTotal", "OrderedQty", "TaxTotal", "CreditHold", "Shipments",
                 "Payments", "Totals", "BaseCurrencyID", "VATExemptTotal", "VATTaxableTotal",
                 "TaxDetails", "Approved", "CurrencyRate", "ReciprocalRate",
                 "Details/ExtendedPrice",
                 "Details/Amount", "Details/OpenQty", "Details/QtyOnShipments",
                 "Details/UnbilledAmount", "Details/Completed", "Details/InvoiceNbr"}
            ),
            numbered=True, noun="sales_orders",
        ),
        _screen(
            "Shipment", "shipments", "SO302000", "SO.SOShipmentEntry", "Document",
            read_only=frozenset({"Status", "ShippedQty", "Orders", "Details", "CustomerID"}),
            numbered=True, noun="shipments",
        ),
        _screen(
            "SalesInvoice", "documents", "SO303000", "SO.SOInvoiceEntry", "Document",
            read_only=_DOCUMENT, numbered=True, noun="sales_invoices",
        ),
        _screen(
            "Invoice", "documents", "AR301000", "AR.ARInvoiceEntry", "Document",
            read_only=_DOCUMENT, numbered=True, noun="invoices",
        ),
        _screen(
            "Payment", "payments", "AR302000", "AR.ARPaymentEntry", "Document",
            read_only=frozenset(
                {"Status", "AppliedToDocuments", "AppliedToOrders", "AvailableBalance",
                 "ApplicationHistory", "IsCCPayment"}
            ),
            numbered=True, noun="payments",
        ),
        _screen(
            "StockItem", "stock_items", "IN202500", "IN.InventoryItemMaint", "Item",
            read_only=frozenset(
                {"LastCost", "AverageCost", "MinCost", "MaxCost", "WarehouseDetails/QtyOnHand"}
            ),
            noun="stock_items",
        ),
        _screen(
            "NonStockItem", "non_stock_items", "IN202000", "IN.NonStockItemMaint", "Item",
            read_only=frozenset({"LastCost"}), noun="non_stock_items",
        ),
        _screen(
            "Account", "accounts", "GL202500", "GL.AccountMaint", "AccountRecords",
            read_only=frozenset({"AccountID"}), noun="accounts",
        ),
        _screen(
            "JournalTransaction", "journal_transactions", "GL301000", "GL.JournalEntry",
            "BatchModule", read_only=frozenset({"Status"}), numbered=True,
            noun="journal_transactions",
        ),
        _screen(
            "BusinessAccount", "customers", "CR303000", "CR.BusinessAccountMaint", "BAccount",
            writable=False,
        ),
        _screen(
            "CustomerClass", "customer_classes", "AR201000", "AR.CustomerClassMaint",
            "CustomerClassRecord",
        ),
        _screen("ItemClass", "item_classes", "IN201000", "IN.INItemClassMaint", "itemclass"),
        _screen("Ledger", "ledgers", "GL201500", "GL.GeneralLedgerMaint", "LedgerRecords"),
        _screen(
            "PaymentMethod", "payment_methods", "CA204000", "CA.PaymentMethodMaint",
            "PaymentMethod",
        ),
        _screen(
            "TaxCategory", "tax_categories", "TX205500", "TX.TaxCategoryMaint", "TxCategory"
        ),
        _screen("TaxZone", "tax_zones", "TX206000", "TX.TaxZoneMaint", "TxZone"),
        _screen(
            "CompaniesStructure", "", "CS1015SP", "CS.CompaniesStructureInq", "Filter",
            writable=False,
        ),
    )
}  # fmt: skip

#: Entity -> name in the entity -> name in the row, where these differ.
_ALIASES: dict[str, dict[str, str]] = {
    "SalesInvoice": {"ApplicationsInvoice": "Applications"},
    "Invoice": {"Customer": "CustomerID", "ApplicationsDefault": "Applications"},
    "InvoiceDetail": {
        "TransactionDescription": "TransactionDescr",
        "Subaccount": "SubAccount",
        "Branch": "BranchID",
        "ExtendedPrice": "ExtendedPrice",
    },
    "InvoiceApplicationsDefault": {"ReferenceNbr": "PaymentNbr"},
    "SalesInvoiceApplicationInvoice": {
        "AdjustingDocReferenceNbr": "PaymentNbr",
        "AdjustedDocReferenceNbr": "DocumentNbr",
        "DocumentType": "AdjustedType",
    },
    "BusinessAccount": {
        "BusinessAccountID": "CustomerID",
        "Name": "CustomerName",
        "ClassID": "CustomerClass",
    },
}

#: Fields by which a line without an id is recognised.
LINE_KEYS: dict[str, tuple[str, ...]] = {
    "SalesOrderDetail": ("LineNbr",),
    "SalesInvoiceDetail": ("LineNbr",),
    "InvoiceDetail": ("LineNbr",),
    "JournalTransactionDetail": ("LineNbr",),
    "PaymentDetail": ("DocType", "ReferenceNbr"),
    "PaymentOrderDetail": ("OrderType", "OrderNbr"),
    "StockItemWarehouseDetail": ("WarehouseID",),
    "InventoryItemCrossReference": ("AlternateType", "AlternateID"),
    "AttributeValue": ("AttributeID",),
}


def stored_name(entity: str, field: str) -> str:
    return _ALIASES.get(entity, {}).get(field, field)


def entity_name(entity: str, stored: str) -> str:
    """The way back: the name that the entity has for a stored field."""
    for name, kept in _ALIASES.get(entity, {}).items():
        if kept == stored:
            return name
    return stored
