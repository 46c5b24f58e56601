"""What a won deal is to Acumatica: who hands it over, its lines, a customer's address; and what an
order's billing says to a sales person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ml_connector.core.faults import Refused
from ml_connector.core.flow import LEAVE, Given, Leave
from ml_connector.core.money import Money
from ml_connector.core.values import Value, Values
from ml_connector.vendors.acumatica.objects import Billing, Item, SalesInvoice
from ml_connector.vendors.pipedrive.sources import Address, Deal, Line, Organization, Person

ADDRESS = "MainContact.Address."
LONGEST_NAME = 60
"""What Acumatica's AccountName takes; it cuts what is longer."""


def is_handed_over(deal: Deal, given: Given) -> bool:
    """Won since the flow was installed (or `since`), in a chosen pipeline, and of no other flow."""
    settings = given.settings
    if deal.status != "won" or deal.won_time is None or deal.external_keys:
        return False
    if settings["pipelines"] and deal.pipeline_id not in settings["pipelines"]:
        return False
    since = settings["since"]
    if since == "all":
        return True
    won_at = datetime.fromisoformat(deal.won_time)
    return won_at >= given.installed_at if since == "open" else won_at.date() >= since


def lines(deal: Deal, given: Given, quantity: str) -> list[Value]:
    """The order's lines; of a deal without any, its value on the item that the settings name.

    Raises Refused where a line has no SKU, or there is nothing to put the value on.
    """
    there = [line for line in deal.lines or () if line.is_enabled]
    if there:
        return [_line(line, quantity) for line in there]
    item = given.settings["value_item"]
    if not item:
        raise Refused(
            f"The deal '{deal.title}' has no products: add them, or set value_item to the item of "
            "Acumatica that its value is put on.",
            "lines",
        )
    return [{"InventoryID": item, quantity: "1", "UnitPrice": str(deal.value.amount)}]


def _line(line: Line, quantity: str) -> Value:
    if not line.code:
        raise Refused(
            f"The product '{line.name or line.product_id}' has no SKU: give it the code of an item "
            "in Acumatica.",
            "lines",
        )
    return {"InventoryID": line.code, quantity: str(line.quantity), "UnitPrice": str(_price(line))}


def _price(line: Line) -> Decimal:
    """Of one piece, with its discount: percent, or an amount off the whole line."""
    if not line.discount:
        return line.price
    if line.discount_type == "percentage":
        price = line.price * (1 - line.discount / 100)
    else:
        price = line.price - line.discount / (line.quantity or Decimal(1))
    return price.quantize(Decimal("0.0001"), ROUND_HALF_UP).normalize()


def is_on_hold(deal: Deal, given: Given) -> Value:
    return deal.stage_id not in given.settings["open_stages"]


def action(deal: Deal, given: Given) -> Value | Leave:
    """The named action that the deal's stage asks for."""
    return "CancelSalesOrder" if deal.stage_id in given.settings["cancel_stages"] else LEAVE


def won_on(deal: Deal, given: Given) -> Value:
    return deal.won_time[:10] if deal.won_time else None


def described(deal: Deal) -> Value:
    """Raises Refused for a deal that names no organization: an order is always somebody's."""
    if deal.org_id is None:
        raise Refused(
            f"The deal '{deal.title}' names no organization: it must be somebody's order.",
            "organization",
        )
    return deal.title


def prices(item: Item) -> Value | Leave:
    """One price in the tenant's base currency, where Acumatica tells which that is."""
    if item.price is None:
        return LEAVE
    return [{"currency": item.price.currency, "price": str(item.price.amount)}]


def billed(orders: tuple[str, ...]) -> list[tuple[str, str]]:
    return [("billing", order) for order in orders]


def street(organization: Organization, given: Given) -> Value:
    address = organization.address
    if address is None:
        return None
    parts = " ".join(p for p in (address.street_number, address.route) if p)
    return parts or _first_line(address)


def _first_line(address: Address) -> str | None:
    """Pipedrive may not have found any parts; the first of the whole is the street then."""
    return (address.value or "").split(",")[0].strip() or None


def part(name: str) -> Any:
    def told(organization: Organization, given: Given) -> Value:
        return getattr(organization.address, name) if organization.address else None

    return told


def region(organization: Organization, given: Given) -> Value | Leave:
    """Where Pipedrive found one: of an address that we wrote back it may find no parts."""
    return (organization.address and organization.address.admin_area_level_1) or LEAVE


def country(organization: Organization, given: Given) -> Value | Leave:
    """Acumatica takes ISO codes only."""
    told = organization.address.country if organization.address else None
    return told.upper() if told and len(told) == 2 else LEAVE


def address_back(fields: Values, organization: Organization, given: Given) -> Value | Leave:
    """The whole address, of which Pipedrive finds the parts anew."""
    names = ("AddressLine1", "City", "State", "PostalCode", "Country")
    line1, city, state, code, land = (fields.get(ADDRESS + name) for name in names)
    town = " ".join(str(p) for p in (code, city) if p)
    line = ", ".join(str(p) for p in (line1, town, state, land) if p)
    return {"value": line} if line else LEAVE


def first_name(person: Person, given: Given) -> Value:
    """Who has one name only has it as the last one."""
    return person.first_name if person.last_name else person.name.rpartition(" ")[0] or None


def last_name(person: Person, given: Given) -> Value:
    """Acumatica takes no contact without one."""
    return person.last_name or person.name.rpartition(" ")[2]


def name_back(fields: Values, person: Person, given: Given) -> Value | Leave:
    told = " ".join(str(fields[n]) for n in ("FirstName", "LastName") if fields.get(n))
    return told or LEAVE


def entries_back(field: str, kept: str) -> Any:
    """The primary entry is replaced; a person's other addresses and numbers stay."""

    def made(fields: Values, person: Person, given: Given) -> Value | Leave:
        value = fields.get(field)
        if not value:
            return LEAVE
        others = [dict(e) for e in getattr(person, kept)[1:] if e.get("value") != value]
        label = _label(getattr(person, kept))
        rest: list[Value] = [{**_plain(e), "primary": False} for e in others]
        return [{"value": value, "primary": True, "label": label}, *rest]

    return made


def _label(entries: tuple[dict[str, Any], ...]) -> str:
    return str(entries[0].get("label") or "work") if entries else "work"


def _plain(entry: Mapping[str, Any]) -> Values:
    return {name: entry[name] for name in ("value", "label") if name in entry}


def invoice_states(billing: Billing, given: Given) -> Value:
    """Each invoice with its status as Acumatica words it: `INV000123 Open, INV000124 Closed`."""
    return ", ".join(f"{i.number} {i.status or ''}".strip() for i in billing.invoices)[:255]


def paid(billing: Billing) -> Money:
    """What was paid on its invoices, and beforehand."""
    billed = billing.total_of("amount").minus(billing.total_of("balance"))
    early = sum((p.amount.amount for p in billing.prepayments), Decimal(0))
    return Money(billed.amount + early, billed.currency)


def next_due(billing: Billing, given: Given) -> Value:
    due = [i.due_date for i in billing.invoices if i.due_date and i.balance.is_positive]
    return min(due, default=None)


def last_paid(billing: Billing, given: Given) -> Value:
    paid_on = [p.date for i in billing.invoices for p in i.payments if p.date]
    paid_on += [p.date for p in billing.prepayments if p.date]
    return max(paid_on, default=None)


def billing_state(billing: Billing, given: Given) -> Value:
    """In a word: not invoiced, open, overdue, paid."""
    if not billing.invoices:
        return "Not invoiced"
    return _state(list(billing.invoices), given)


def _state(invoices: list[SalesInvoice], given: Given) -> str:
    owed = [i for i in invoices if i.balance.is_positive]
    if not owed:
        return "Paid"
    late = [i for i in owed if i.due_date and i.due_date < given.today]
    return "Overdue" if late else "Open"


def invoice_state(invoice: SalesInvoice, given: Given) -> Value:
    return _state([invoice], given)
