"""What a customer of QuickBooks Online means to a sales team: how it stands with its bills, whom to
write to, where it is.

The billing status is ours, since QuickBooks has none. Of these rules the first that holds is told,
in the order and by the words of the setting; a rule that the setting leaves out is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ml_connector.core.faults import Mistake
from ml_connector.core.flow import LEAVE, FieldRule, Given, Leave, make
from ml_connector.core.money import Money
from ml_connector.core.values import Value
from ml_connector.flows.common import money
from ml_connector.vendors.quickbooks_online.billing import Billing
from ml_connector.vendors.quickbooks_online.objects import Address, Customer

LONGEST_NAME = 255

RULES: dict[str, Callable[[Customer, Billing], bool]] = {
    "inactive": lambda customer, bill: not customer.active,
    "overdue": lambda customer, bill: bill.overdue_invoices > 0,
    "open": lambda customer, bill: bill.balance.amount > 0,
    "credit": lambda customer, bill: bill.balance.amount < 0,
    "paid_up": lambda customer, bill: bill.balance.amount == 0,
}
DEFAULT_RULE = "inactive=Inactive, overdue=Overdue, open=Open, credit=Credit, paid_up=Paid up"

_ADDRESS = re.compile(r"[^\s@,;<>\"()]+@[^\s@,;<>\"()]+\.[^\s@,;<>\"().]+")


def parse_rule(text: str) -> tuple[tuple[str, str], ...]:
    """`rule=Word, rule=Word` in the order in which they are asked."""
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    told = tuple((rule.strip(), word.strip()) for rule, _, word in pairs)
    if not told or any(rule not in RULES or not word for rule, word in told):
        raise Mistake(f"'{text}' must give a word to rules among {', '.join(RULES)}.")
    return told


def rolls_up(given: Given) -> bool:
    return bool(given.settings["jobs"] == "roll_up")


def bill_of(customer: Customer, given: Given) -> Billing | None:
    """Together with its jobs where these roll up."""
    return customer.whole if rolls_up(given) else customer.own


def billing_status(customer: Customer, given: Given) -> Value | Leave:
    bill = bill_of(customer, given)
    if bill is None:
        return LEAVE
    told = (word for rule, word in given.settings["billing_status"] if RULES[rule](customer, bill))
    return next(told, None)


def told(making: Callable[[Billing], Value]) -> FieldRule:
    """A field of what the billing tells; left alone where it tells nothing, as of what is longer
    ago than its twelve months."""

    def made(customer: Customer, given: Given) -> Value | Leave:
        bill = bill_of(customer, given)
        value = making(bill) if bill is not None else None
        return LEAVE if value is None else value

    return make(made)


def amount(making: Callable[[Billing, Given], Money | None]) -> FieldRule:
    """As `told`, of an amount."""

    def made(customer: Customer, given: Given) -> Value | Leave:
        bill = bill_of(customer, given)
        value = making(bill, given) if bill is not None else None
        return LEAVE if value is None else money(value)

    return make(made)


def twelve_months(bill: Billing, given: Given) -> Money:
    """What was invoiced less what was credited; with or without taxes as `deal_value` says."""
    return bill.invoiced_net if given.settings["deal_value"] == "net" else bill.invoiced


def is_person(customer: Customer) -> bool:
    """Somebody who is no firm."""
    return bool(customer.person) and not customer.company_name.strip()


def email(customer: Customer) -> str:
    """The first address in a field where people put several, or something else."""
    found = _ADDRESS.search(customer.email or "")
    return found.group().rstrip(".") if found else ""


def emails(customer: Customer, given: Given) -> Value:
    found = email(customer)
    return [{"value": found, "primary": True, "label": "work"}] if found else []


def phones(customer: Customer, given: Given) -> Value:
    told = ((customer.phone, "work"), (customer.mobile, "mobile"))
    there = [(number, label) for number, label in told if number]
    return [{"value": n, "primary": i == 0, "label": at} for i, (n, at) in enumerate(there)]


def remark(customer: Customer, given: Given) -> str | None:
    """What was changed so that the target takes it."""
    if len(customer.name) > LONGEST_NAME:
        return f"the name has {len(customer.name)} characters and is cut to {LONGEST_NAME}"
    if customer.email and not email(customer):
        return "what stands as e-mail holds no address, and is left out"
    return None


def postal_address(address: Address | None) -> Value:
    """In one line, with the parts that have a place of their own."""
    if address is None:
        return None
    a = address
    lines = [line.strip() for line in (a.line1, a.line2, a.line3, a.line4, a.line5)]
    town = " ".join(part for part in (a.postal_code.strip(), a.city.strip()) if part)
    parts = (*lines, town, a.region.strip(), a.country.strip())
    line = ", ".join(part for part in parts if part)
    if not line:
        return None
    return {
        "value": line,
        "locality": a.city.strip() or None,
        "admin_area_level_1": a.region.strip() or None,
        "postal_code": a.postal_code.strip() or None,
        "country": a.country.strip() or None,
    }
