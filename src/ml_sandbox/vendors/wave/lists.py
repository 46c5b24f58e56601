"""A business's lists and single records: who may read them, and which records pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from ml_sandbox.vendors.wave.books import Books, Table
from ml_sandbox.vendors.wave.errors import not_found
from ml_sandbox.vendors.wave.paging import Between, Connection, page_of, sorted_list
from ml_sandbox.vendors.wave.records import Account, Customer, Invoice, Product, Stamped, as_of
from ml_sandbox.vendors.wave.session import Session

Info = GraphQLResolveInfo
Resolver = Callable[..., Any]


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


def plain_list(
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


def not_filtered_out(record: Any, args: dict[str, Any]) -> bool:
    """isArchived=null is no filter."""
    wanted = args.get("isArchived")
    return wanted is None or record.is_archived == wanted


def product_passes(product: Product, args: dict[str, Any]) -> bool:
    bought, sold = args.get("isBought"), args.get("isSold")
    return (
        not_filtered_out(product, args)
        and (bought is None or product.is_bought == bought)
        and (sold is None or product.is_sold == sold)
    )


def account_passes(account: Account, args: dict[str, Any]) -> bool:
    types, subtypes = args.get("types"), args.get("subtypes")
    return (
        not_filtered_out(account, args)
        and (types is None or account.type_value in types)
        and (subtypes is None or account.subtype_value in subtypes)
        and account.subtype_value not in (args.get("excludedSubtypes") or ())
    )


def empty_list(scope: str) -> Resolver:
    def resolve(books: Books, info: Info, **args: Any) -> Connection[Any]:
        info.context.need(scope)
        return page_of(info.context, [], args.get("page"), args.get("pageSize"), 45)

    return resolve


def single(attribute: str, kind: str, scope: str) -> Resolver:
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


def never(kind: str, scope: str) -> Resolver:
    """A single record of a kind that this business has none of."""

    def resolve(books: Books, info: Info, **args: Any) -> None:
        info.context.need(scope)
        raise not_found(kind, args["id"])

    return resolve
