"""What each field of the schema answers, where it is more than an attribute of a record."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from graphql import GraphQLResolveInfo

from ml_sandbox.vendors.wave import customer_desk
from ml_sandbox.vendors.wave.books import Books, Table
from ml_sandbox.vendors.wave.currencies import currency
from ml_sandbox.vendors.wave.errors import not_found
from ml_sandbox.vendors.wave.money import Money
from ml_sandbox.vendors.wave.paging import Between, Connection, page_of, sorted_list
from ml_sandbox.vendors.wave.places import country, province
from ml_sandbox.vendors.wave.records import (
    Account,
    Customer,
    Invoice,
    Item,
    ItemTax,
    Payment,
    Product,
    SalesTax,
    Stamped,
    as_of,
)
from ml_sandbox.vendors.wave.session import Session
from ml_sandbox.vendors.wave.words import SUBTYPES, account_subtype, account_type

Info = GraphQLResolveInfo
Resolver = Callable[..., Any]


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


# --- a business's lists and single records -------------------------------------------------------


def _between(session: Session, args: dict[str, Any]) -> Between:
    inclusive = bool(session.site.switch("modified_bounds_inclusive"))
    return Between(args.get("modifiedAtAfter"), args.get("modifiedAtBefore"), inclusive)


def customers(books: Books, info: Info, **args: Any) -> Connection[Customer]:
    session: Session = info.context
    session.need("customer:read")
    filters: list[Callable[[Customer], bool]] = []
    if (email := args.get("email")) is not None:
        loose = bool(session.site.switch("email_filter_ignores_case"))
        wanted = email.casefold() if loose else email
        filters.append(lambda c: (c.email.casefold() if loose and c.email else c.email) == wanted)
    found = sorted_list(session, books.customers, args["sort"], _between(session, args), filters)
    session.pages_read += 1
    return page_of(session, found, args.get("page"), args.get("pageSize"), 45)


def invoices(books: Books, info: Info, **args: Any) -> Connection[Invoice]:
    session: Session = info.context
    session.need("invoice:read")
    filters = _invoice_filters(args)
    found = sorted_list(session, books.invoices, args["sort"], _between(session, args), filters)
    session.pages_read += 1
    return page_of(session, found, args.get("page"), args.get("pageSize"), 45)


def _invoice_filters(args: dict[str, Any]) -> list[Callable[[Invoice], bool]]:
    """invoiceNumber matches any part of the number; amounts and all else match whole."""
    tests: dict[str, Callable[[Invoice, Any], bool]] = {
        "status": lambda invoice, value: invoice.status == value,
        "customerId": lambda invoice, value: invoice.customer.id == value,
        "currency": lambda invoice, value: invoice.currency.code == value,
        "invoiceDateStart": lambda invoice, value: invoice.invoice_date >= value,
        "invoiceDateEnd": lambda invoice, value: invoice.invoice_date <= value,
        "invoiceNumber": lambda invoice, value: value in invoice.invoice_number,
        "amountDue": lambda invoice, value: invoice.due_value == value,
        "sourceId": lambda invoice, value: False,  # no invoice here was made from anything
    }
    return [
        lambda invoice, test=test, value=args[name]: test(invoice, value)  # type: ignore[misc]  # the defaults bind the loop's values
        for name, test in tests.items()
        if args.get(name) is not None
    ]


def _plain_list(
    attribute: str, scope: str, passes: Callable[[Any, dict[str, Any]], bool]
) -> Resolver:
    """A short list that is sorted by name, or by the sort it was asked for."""

    def resolve(books: Books, info: Info, **args: Any) -> Connection[Any]:
        session: Session = info.context
        session.need(scope)
        table: Table[Any] = getattr(books, attribute)
        bounds = _between(session, args)
        sorts = args.get("sort") or ["NAME_ASC"]
        filters = [lambda record: passes(record, args)]
        found = sorted_list(session, table, sorts, bounds, filters)
        return page_of(session, found, args.get("page"), args.get("pageSize"), 45)

    return resolve


def _archived(record: Any, args: dict[str, Any]) -> bool:
    """isArchived=null is no filter."""
    wanted = args.get("isArchived")
    return wanted is None or record.is_archived == wanted


def _product_passes(product: Product, args: dict[str, Any]) -> bool:
    bought, sold = args.get("isBought"), args.get("isSold")
    return (
        _archived(product, args)
        and (bought is None or product.is_bought == bought)
        and (sold is None or product.is_sold == sold)
    )


def _account_passes(account: Account, args: dict[str, Any]) -> bool:
    types, subtypes = args.get("types"), args.get("subtypes")
    return (
        _archived(account, args)
        and (types is None or account.type_value in types)
        and (subtypes is None or account.subtype_value in subtypes)
        and account.subtype_value not in (args.get("excludedSubtypes") or ())
    )


def _empty_list(scope: str) -> Resolver:
    def resolve(books: Books, info: Info, **args: Any) -> Connection[Any]:
        info.context.need(scope)
        return page_of(info.context, [], args.get("page"), args.get("pageSize"), 45)

    return resolve


def _single(attribute: str, kind: str, scope: str) -> Resolver:
    """One record by id, within this business only."""

    def resolve(books: Books, info: Info, id: str) -> Stamped:  # the schema's name
        session: Session = info.context
        session.need(scope)
        table: Table[Any] = getattr(books, attribute)
        record: Stamped | None = table.by_id(id)
        moment = session.single_moment()
        if record is not None and moment is not None:
            record = as_of(record, moment)
        if record is None or record.is_deleted:
            raise not_found(kind, id)
        return record

    return resolve


def _never(kind: str, scope: str) -> Resolver:
    """A single record of a kind that this business has none of."""

    def resolve(books: Books, info: Info, **args: Any) -> None:
        info.context.need(scope)
        raise not_found(kind, args["id"])

    return resolve


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
    "account": _single("accounts", "Account", "account:read"),
    "accounts": _plain_list("accounts", "account:read", _account_passes),
    "customer": _single("customers", "Customer", "customer:read"),
    "customers": customers,
    "estimate": _never("Estimate", "estimate:read"),
    "estimatePayment": _never("EstimatePayment", "estimate:read"),
    "estimates": _empty_list("estimate:read"),
    "fax": lambda books, info: None,
    "invoice": _single("invoices", "Invoice", "invoice:read"),
    "invoiceEstimateSettings": lambda books, info: {
        "general_settings": {"accent_color": "#1C252C", "logo_url": None}
    },
    "invoicePayment": _single("payments", "InvoicePayment", "invoice:read"),
    "invoices": invoices,
    "isClassicAccounting": lambda books, info: False,
    "isClassicInvoicing": lambda books, info: False,
    "mobile": lambda books, info: None,
    "organizationalType": lambda books, info: "SOLE_PROPRIETORSHIP",
    "product": _single("products", "Product", "product:read"),
    "products": _plain_list("products", "product:read", _product_passes),
    "salesTax": _single("sales_taxes", "SalesTax", "sales_tax:read"),
    "salesTaxes": _plain_list("sales_taxes", "sales_tax:read", _archived),
    "subtype": lambda books, info: {
        "name": "Consultants - Other",
        "value": "CONSULTANTS_PROFESSIONALS__OTHER",
    },
    "tollFree": lambda books, info: None,
    "type": lambda books, info: {
        "name": "Consultants and professionals",
        "value": "CONSULTANTS_PROFESSIONALS",
    },
    "vendor": _never("Vendor", "vendor:read"),
    "vendors": _empty_list("vendor:read"),
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
