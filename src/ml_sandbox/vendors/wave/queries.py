"""What each field of the schema answers, where it is more than an attribute of a record."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ml_sandbox.vendors.wave import customer_desk
from ml_sandbox.vendors.wave.books import Books
from ml_sandbox.vendors.wave.currencies import currency
from ml_sandbox.vendors.wave.lists import (
    Info,
    Resolver,
    account_passes,
    customers,
    empty_list,
    invoices,
    never,
    not_filtered_out,
    plain_list,
    product_passes,
    single,
)
from ml_sandbox.vendors.wave.money import Money
from ml_sandbox.vendors.wave.paging import Connection, page_of
from ml_sandbox.vendors.wave.places import country, province
from ml_sandbox.vendors.wave.records import (
    Account,
    Invoice,
    Item,
    ItemTax,
    Payment,
    SalesTax,
)
from ml_sandbox.vendors.wave.session import Session
from ml_sandbox.vendors.wave.words import SUBTYPES, account_subtype, account_type


def codes(info: Info, name: str) -> list[str]:
    """The values of an enumeration of the schema."""
    return list(info.schema.type_map[name].values)  # type: ignore[attr-defined]  # an enumeration has them


# --- the root -----------------------------------------------------------------------------------


def business(_: Any, info: Info, id: str | None = None) -> Books:  # the schema's name
    info.context.need("business:read")
    return info.context.business(id)  # type: ignore[no-any-return]  # the context is a Session


def businesses(
    _: Any,
    info: Info,
    page: int | None = None,
    pageSize: int | None = None,  # noqa: N803  # the schema's name
    isArchived: bool | None = None,  # noqa: N803  # the schema's name
) -> Connection[Books]:
    session: Session = info.context
    session.need("business:read")
    wanted = bool(isArchived)
    found = [books for books in session.visible() if books.is_archived == wanted]
    return page_of(session, found, page, pageSize, 10)


def user(_: Any, info: Info) -> Any:
    info.context.need("user:read")
    return info.context.user


def application(_: Any, info: Info) -> Any:
    caller = info.context.identified()
    return None if caller.grant is None else info.context.application


# --- invoices, payments, money --------------------------------------------------------------------


def payments(invoice: Invoice, info: Info) -> list[Payment] | None:
    """Filled only where one invoice was fetched; null in a list (remark in the schema)."""
    field = info.path.prev
    if field is not None and field.typename == "InvoiceEdge":
        return None
    return [payment for payment in invoice.payment_list if not payment.is_deleted]


def _sum(attribute: str) -> Resolver:
    return lambda invoice, info: invoice.money(getattr(invoice, attribute))


def _page(kind: str) -> Resolver:
    def resolve(invoice: Invoice, info: Info) -> str:
        return f"{invoice.business.link_url}/{invoice.uuid}{kind}"

    return resolve


def item_money(item: Item, with_taxes: bool, invoice_currency: Any) -> Money:
    taxes = sum((tax.value for tax in item.taxes), Decimal(0)) if with_taxes else Decimal(0)
    return Money(item.subtotal_value + taxes, invoice_currency)


def _item_sum(with_taxes: bool) -> Resolver:
    return lambda line, info: item_money(line.item, with_taxes, line.currency)


class Line:
    """An item with the currency of its invoice, which the schema's items do not carry."""

    def __init__(self, item: Item, unit: Any) -> None:
        self.item = item
        self.currency = unit
        self.id = item.id
        self.description = item.description
        self.product = item.product
        self.quantity = item.quantity_value
        self.unit_price = self.price = item.price_value
        self.account = item.product.income_account
        self.taxes = [TaxLine(tax, unit) for tax in item.taxes]


class TaxLine:
    def __init__(self, tax: ItemTax, unit: Any) -> None:
        self.amount = Money(tax.value, unit)
        self.rate = tax.sales_tax.rate_value
        self.sales_tax = tax.sales_tax


def money_value(amount: Money, info: Info) -> str:
    return amount.text(bool(info.context.site.switch("money_value_grouping")))


PAYMENT: dict[str, Resolver] = {
    "amount": lambda payment, info: f"{abs(payment.value):f}",
    "active": lambda payment, info: not payment.is_deleted,
    "accountingTransactionId": lambda payment, info: None,
    "businessCurrency": lambda payment, info: payment.business.currency,
    "customer": lambda payment, info: payment.invoice.customer,
    "displayExchangeRate": lambda payment, info: f"{payment.exchange_rate_value:f}",
    "exchangeRate": lambda payment, info: payment.exchange_rate_value,
    "invoiceCurrency": lambda payment, info: payment.invoice.currency,
    "origin": lambda payment, info: "MANUAL",
    "originInvoicePayment": lambda payment, info: payment.refund_of,
    "paymentCurrency": lambda payment, info: payment.invoice.currency,
    "state": lambda payment, info: "COMPLETED",
    "transactionType": lambda payment, info: "REFUND" if payment.refund_of else "PAYMENT",
}
INVOICE: dict[str, Resolver] = {
    "amountDue": _sum("due_value"),
    "amountPaid": _sum("paid_value"),
    "anonymousId": lambda invoice, info: invoice.uuid,
    "attachments": lambda invoice, info: [],
    "discountTotal": _sum("discount_value"),
    "discounts": lambda invoice, info: invoice.discount_list,
    "exchangeRate": lambda invoice, info: invoice.exchange_rate_value,
    "invoiceReminders": lambda invoice, info: [],
    "items": lambda invoice, info: [Line(item, invoice.currency) for item in invoice.items],
    "payments": payments,
    "pdfUrl": _page("/pdf"),
    "source": lambda invoice, info: None,
    "subtotal": _sum("subtotal_value"),
    "taxTotal": _sum("tax_value"),
    "total": _sum("total_value"),
    "viewUrl": _page(""),
}


# --- accounts, taxes, the business itself ---------------------------------------------------------


def tax_rate(tax: SalesTax, info: Info, **_: Any) -> Decimal:
    return tax.rate_value


def tax_rates(tax: SalesTax, info: Info) -> list[dict[str, Any]]:
    return [{"effective": tax.created_at.date(), "rate": tax.rate_value}]


def _account_balance(account: Account, info: Info) -> Decimal:
    """The payments that landed on the account, in their own amounts."""
    books: Books = account.business
    landed = (p.value for p in books.payments.alive() if p.account is account)
    return sum(landed, Decimal(0))


BUSINESS: dict[str, Resolver] = {
    "account": single("accounts", "Account", "account:read"),
    "accounts": plain_list("accounts", "account:read", account_passes),
    "customer": single("customers", "Customer", "customer:read"),
    "customers": customers,
    "estimate": never("Estimate", "estimate:read"),
    "estimatePayment": never("EstimatePayment", "estimate:read"),
    "estimates": empty_list("estimate:read"),
    "fax": lambda books, info: None,
    "invoice": single("invoices", "Invoice", "invoice:read"),
    "invoiceEstimateSettings": lambda books, info: {
        "general_settings": {"accent_color": "#1C252C", "logo_url": None}
    },
    "invoicePayment": single("payments", "InvoicePayment", "invoice:read"),
    "invoices": invoices,
    "isClassicAccounting": lambda books, info: False,
    "isClassicInvoicing": lambda books, info: False,
    "mobile": lambda books, info: None,
    "organizationalType": lambda books, info: "SOLE_PROPRIETORSHIP",
    "product": single("products", "Product", "product:read"),
    "products": plain_list("products", "product:read", product_passes),
    "salesTax": single("sales_taxes", "SalesTax", "sales_tax:read"),
    "salesTaxes": plain_list("sales_taxes", "sales_tax:read", not_filtered_out),
    "subtype": lambda books, info: {
        "name": "Consultants - Other",
        "value": "CONSULTANTS_PROFESSIONALS__OTHER",
    },
    "tollFree": lambda books, info: None,
    "type": lambda books, info: {
        "name": "Consultants and professionals",
        "value": "CONSULTANTS_PROFESSIONALS",
    },
    "vendor": never("Vendor", "vendor:read"),
    "vendors": empty_list("vendor:read"),
}
QUERY: dict[str, Resolver] = {
    "_": lambda _, info: None,
    "accountSubtypes": lambda _, info: [account_subtype(value) for value in SUBTYPES],
    "accountTypes": lambda _, info: [account_type(v) for v in codes(info, "AccountTypeValue")],
    "business": business,
    "businesses": businesses,
    "countries": lambda _, info: [country(code) for code in codes(info, "CountryCode")],
    "country": lambda _, info, code: country(code),
    "currencies": lambda _, info: [currency(code) for code in codes(info, "CurrencyCode")],
    "currency": lambda _, info, code: currency(code),
    "oAuthApplication": application,
    "province": lambda _, info, code: province(code),
    "user": user,
}
RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Query": QUERY,
    "Business": BUSINESS,
    "Customer": {
        "outstandingAmount": lambda c, info: customer_desk.balance(c.business, c, False),
        "overdueAmount": lambda c, info: customer_desk.balance(c.business, c, True),
    },
    "Invoice": INVOICE,
    "InvoicePayment": PAYMENT,
    "InvoiceItem": {"subtotal": _item_sum(False), "total": _item_sum(True)},
    "Money": {"value": money_value},
    "Product": {"unitPrice": lambda product, info: product.price},
    "SalesTax": {"rate": tax_rate, "rates": tax_rates},
    "Account": {
        "balance": _account_balance,
        "balanceInBusinessCurrency": _account_balance,
        "normalBalanceType": lambda a, info: account_type(a.type_value)["normal_balance_type"],
        "sequence": lambda account, info: account.number,
        "subtype": lambda account, info: account_subtype(account.subtype_value),
        "type": lambda account, info: account_type(account.type_value),
    },
    "PercentageInvoiceDiscount": {"percentage": lambda d, info: d.percentage_value},
    "FixedInvoiceDiscount": {"amount": lambda discount, info: discount.amount_value},
}
