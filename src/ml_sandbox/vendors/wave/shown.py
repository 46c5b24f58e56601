"""Records as a human's screen shows them: every field of the schema, as the API would print it.

Two keys are more than the API has: `isDeleted`, since what is deleted stays listed here, and
`businessId`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ml_sandbox.clocktext import iso
from ml_sandbox.vendors.wave import customer_desk
from ml_sandbox.vendors.wave.currencies import Currency
from ml_sandbox.vendors.wave.invoice_desk import camel
from ml_sandbox.vendors.wave.money import Money, money
from ml_sandbox.vendors.wave.records import (
    INVOICE_FLAGS,
    INVOICE_TEXTS,
    Account,
    Address,
    Customer,
    Discount,
    Invoice,
    Item,
    Payment,
    Product,
    ShippingDetails,
    Stamped,
)

Shown = dict[str, Any]
_CUSTOMER_TEXTS = (
    "name",
    "first_name",
    "last_name",
    "display_id",
    "email",
    "mobile",
    "phone",
    "fax",
    "toll_free",
    "website",
    "internal_notes",
    "is_archived",
)


def plain(value: Any) -> Any:
    """A scalar as the API prints it."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


def _stamps(record: Stamped) -> Shown:
    return {
        "id": record.id,
        "internalId": record.internal_id,
        "businessId": record.business.id,
        "createdAt": iso(record.created_at),
        "modifiedAt": iso(record.modified_at),
        "isDeleted": record.is_deleted,
    }


def shown_currency(unit: Currency | None) -> Shown | None:
    if unit is None:
        return None
    return {
        "code": unit.code,
        "symbol": unit.symbol,
        "name": unit.name,
        "plural": unit.plural,
        "exponent": unit.exponent,
    }


def shown_money(amount: Money) -> Shown:
    return {
        "value": amount.text(grouped=False),
        "minorUnitValue": amount.minor_unit_value,
        "raw": amount.raw,
        "currency": shown_currency(amount.currency),
    }


def shown_address(address: Address | None) -> Shown | None:
    if address is None:
        return None
    land, part = address.country, address.province
    return {
        "addressLine1": address.address_line1,
        "addressLine2": address.address_line2,
        "city": address.city,
        "postalCode": address.postal_code,
        "country": None if land is None else {"code": land.code, "name": land.name},
        "province": None if part is None else {"code": part.code, "name": part.name},
    }


def _shown_shipping(details: ShippingDetails | None) -> Shown | None:
    if details is None:
        return None
    return {
        "name": details.name,
        "phone": details.phone,
        "instructions": details.instructions,
        "address": shown_address(details.address),
    }


def shown_customer(customer: Customer) -> Shown:
    books = customer.business
    return {
        **_stamps(customer),
        **{camel(name): getattr(customer, name) for name in _CUSTOMER_TEXTS},
        "currency": shown_currency(customer.currency),
        "address": shown_address(customer.address),
        "shippingDetails": _shown_shipping(customer.shipping_details),
        "outstandingAmount": shown_money(customer_desk.balance(books, customer, False)),
        "overdueAmount": shown_money(customer_desk.balance(books, customer, True)),
    }


def _shown_item(item: Item, unit: Currency) -> Shown:
    taxes = sum((tax.value for tax in item.taxes), Decimal(0))
    account = item.product.income_account
    return {
        "id": item.id,
        "product": {"id": item.product.id, "name": item.product.name},
        "account": None if account is None else {"id": account.id, "name": account.name},
        "description": item.description,
        "quantity": plain(item.quantity_value),
        "unitPrice": plain(item.price_value),
        "price": plain(item.price_value),
        "subtotal": shown_money(money(item.subtotal_value, unit)),
        "total": shown_money(money(item.subtotal_value + taxes, unit)),
        "taxes": [
            {
                "amount": shown_money(money(tax.value, unit)),
                "salesTax": {"id": tax.sales_tax.id, "name": tax.sales_tax.name},
            }
            for tax in item.taxes
        ],
    }


def _shown_discount(discount: Discount) -> Shown:
    shown: Shown = {
        "name": discount.name,
        "createdAt": iso(discount.created_at),
        "modifiedAt": iso(discount.modified_at),
    }
    if discount.percentage_value is not None:
        return {**shown, "percentage": plain(discount.percentage_value)}
    return {**shown, "amount": plain(discount.amount_value)}


def shown_invoice(invoice: Invoice) -> Shown:
    customer = invoice.customer
    sums = ("subtotal", "discount", "tax", "total")
    names = ("subtotal", "discountTotal", "taxTotal", "total")
    return {
        **_stamps(invoice),
        "status": invoice.status,
        "invoiceNumber": invoice.invoice_number,
        "invoiceDate": plain(invoice.invoice_date),
        "dueDate": plain(invoice.due_date),
        "customer": {"id": customer.id, "name": customer.name, "email": customer.email},
        "currency": shown_currency(invoice.currency),
        "exchangeRate": plain(invoice.exchange_rate_value),
        **{
            name: shown_money(invoice.money(getattr(invoice, f"{key}_value")))
            for name, key in zip(names, sums, strict=True)
        },
        "amountDue": shown_money(invoice.money(invoice.due_value)),
        "amountPaid": shown_money(invoice.money(invoice.paid_value)),
        "items": [_shown_item(item, invoice.currency) for item in invoice.items],
        "discounts": [_shown_discount(discount) for discount in invoice.discount_list],
        **{camel(name): getattr(invoice, name) for name in (*INVOICE_TEXTS, *INVOICE_FLAGS)},
        "anonymousId": invoice.uuid,
        "viewUrl": f"{invoice.business.link_url}/{invoice.uuid}",
        "pdfUrl": f"{invoice.business.link_url}/{invoice.uuid}/pdf",
        "lastSentAt": plain(invoice.last_sent_at),
        "lastSentVia": invoice.last_sent_via,
        "lastViewedAt": plain(invoice.last_viewed_at),
        "payments": [shown_payment(p) for p in invoice.payment_list if not p.is_deleted],
        "attachments": [],
        "invoiceReminders": [],
        "source": None,
    }


def shown_payment(payment: Payment) -> Shown:
    invoice, origin = payment.invoice, payment.refund_of
    return {
        **_stamps(payment),
        "amount": plain(abs(payment.value)),
        "paymentDate": plain(payment.payment_date),
        "paymentMethod": payment.payment_method,
        "state": "COMPLETED",
        "origin": "MANUAL",
        "transactionType": "REFUND" if origin else "PAYMENT",
        "active": not payment.is_deleted,
        "memo": payment.memo,
        "exchangeRate": plain(payment.exchange_rate_value),
        "account": {"id": payment.account.id, "name": payment.account.name},
        "customer": {"id": invoice.customer.id, "name": invoice.customer.name},
        "invoice": {"id": invoice.id, "invoiceNumber": invoice.invoice_number},
        "invoiceCurrency": shown_currency(invoice.currency),
        "originInvoicePayment": None if origin is None else {"id": origin.id},
    }


def shown_product(product: Product) -> Shown:
    return {
        **_stamps(product),
        "name": product.name,
        "description": product.description,
        "unitPrice": plain(product.price),
        "isSold": product.is_sold,
        "isBought": product.is_bought,
        "isArchived": product.is_archived,
    }


def shown_account(account: Account) -> Shown:
    return {
        **_stamps(account),
        "name": account.name,
        "type": {"value": account.type_value},
        "subtype": {"value": account.subtype_value},
        "currency": shown_currency(account.currency),
        "isArchived": account.is_archived,
    }
