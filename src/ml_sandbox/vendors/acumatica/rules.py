"""The rule book of every table."""

from __future__ import annotations

from ml_sandbox.vendors.acumatica.books import TABLES
from ml_sandbox.vendors.acumatica.customers import ContactRules, CustomerRules
from ml_sandbox.vendors.acumatica.documents import DocumentRules
from ml_sandbox.vendors.acumatica.items import ItemRules
from ml_sandbox.vendors.acumatica.ledger import AccountRules, JournalRules
from ml_sandbox.vendors.acumatica.orders import OrderRules
from ml_sandbox.vendors.acumatica.payments import PaymentRules
from ml_sandbox.vendors.acumatica.rule import Rules
from ml_sandbox.vendors.acumatica.shipping import ShipmentRules

_OWN: dict[str, type[Rules]] = {
    "customers": CustomerRules,
    "contacts": ContactRules,
    "sales_orders": OrderRules,
    "shipments": ShipmentRules,
    "documents": DocumentRules,
    "payments": PaymentRules,
    "stock_items": ItemRules,
    "non_stock_items": ItemRules,
    "accounts": AccountRules,
    "journal_transactions": JournalRules,
}
RULES: dict[str, Rules] = {table: _OWN.get(table, Rules)(table) for table in TABLES}
