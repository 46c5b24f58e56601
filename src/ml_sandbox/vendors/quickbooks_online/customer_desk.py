"""The customer desk: what becomes of customers, jobs and sub-customers when they are written.

Rules as in the sheet, section 4; each unknown one is a switch.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from . import balances, errors, names, sales_desk
from .company import Company
from .money import ZERO, currency_ref
from .tables import Record, Row

MOST_LEVELS = 5


def create(company: Company, given: Record, at: datetime | None = None) -> Row:
    """A customer from a form that has been read. Raises Fault."""
    names.claim(company, names.display_name(given))
    row = enter(company, given, at)
    company.tell(row, "created")
    return row


def enter(company: Company, given: Record, at: datetime | None = None) -> Row:
    """As `create`, for a name known to be free, and nobody is told."""
    name = names.display_name(given)
    data = {key: value for key, value in given.items() if value is not None}
    data["DisplayName"] = name
    parent = _parent(company, data)
    data.update(_place(company, name, parent, data))
    data.setdefault("PrintOnCheckName", data.get("CompanyName") or name)
    opening = Decimal(data.get("Balance", ZERO))
    data.pop("OpenBalanceDate", None)
    data.update(Balance=ZERO, BalanceWithJobs=ZERO, Active=True)
    data.setdefault("Taxable", False)
    data.setdefault("PreferredDeliveryMethod", "None")
    data["IsProject"] = bool(data.get("IsProject"))
    data["ClientEntityId"] = "0"
    _number_addresses(company, data)
    row = company.add("Customer", _term_named(company, data), at)
    if parent is not None:
        company.children.setdefault(parent.id, []).append(row.id)
    if opening > 0:
        sales_desk.opening_balance(company, row, opening, given.get("OpenBalanceDate"))
    return row


def _parent(company: Company, data: Record) -> Row | None:
    ref = data.get("ParentRef")
    if ref is None:
        if data.get("Job"):
            raise errors.missing("ParentRef")
        return None
    return company.row("Customer", ref["value"])


def _place(company: Company, name: str, parent: Row | None, data: Record) -> Record:
    """Where a customer stands below another: full name, level, root, money."""
    money = data.get("CurrencyRef") or currency_ref(company.currency)
    if parent is None:
        return {
            "FullyQualifiedName": name,
            "CurrencyRef": money,
            "Job": False,
            "BillWithParent": False,
        }
    level = int(parent.data.get("Level", 0)) + 1
    if level >= MOST_LEVELS:
        raise errors.business("A customer has at most five levels.")
    if not parent.active():
        raise errors.not_found()
    if "CurrencyRef" in data and money["value"] != parent.data["CurrencyRef"]["value"]:
        raise errors.business("A sub-customer has the currency of its parent.")
    return {
        "FullyQualifiedName": f"{parent.data['FullyQualifiedName']}:{name}",
        "CurrencyRef": parent.data["CurrencyRef"],
        "Job": True,
        "BillWithParent": bool(data.get("BillWithParent")),
        "ParentRef": {"value": parent.id},
        "RootCustomerRef": parent.data.get("RootCustomerRef") or {"value": parent.id},
        "Level": level,
    }


def _number_addresses(company: Company, data: Record) -> None:
    for name in ("BillAddr", "ShipAddr"):
        if data.get(name):
            data[name] = {"Id": company.number("addresses"), **data[name]}


def _term_named(company: Company, data: Record) -> Record:
    """The name beside a term's id is often missing (sheet, section 4)."""
    term = data.get("SalesTermRef")
    kind = company.switch("term_name_in_reference")
    even = term is not None and len(str(data["DisplayName"])) % 2 == 0
    if term is None or kind == "always" or (kind == "sometimes" and even):
        return data
    return {**data, "SalesTermRef": {"value": term["value"]}}


def change(company: Company, row: Row, given: Record, sparse: bool) -> Row:
    """An update from a form that has been read; what a full one omits is cleared. Raises Fault."""
    changes: Record = dict(given)
    if not sparse:
        kept = ("Active", "Job", "CurrencyRef", "ParentRef", "BillWithParent", "Balance")
        for name, field in row.entity.fields.items():
            if not field.read_only and name not in changes and name not in kept:
                changes[name] = None
    for name in ("Balance", "OpenBalanceDate", "Job"):
        changes.pop(name, None)
    was_active = row.active()
    active = was_active if changes.get("Active") is None else bool(changes["Active"])
    changes["Active"] = active
    _check_money(company, row, changes)
    changes.update(_named(company, row, changes, active, was_active))
    _number_addresses(company, changes)
    if was_active and not active:
        _leave(company, row)
    if "SalesTermRef" in changes:
        changes = _term_named(company, changes)
    above = row.data.get("ParentRef")
    company.change(row, changes)
    _move(company, row, above)
    _rename_below(company, row)
    told = str(company.switch("deactivation_event")) if was_active and not active else "updated"
    company.tell(row, told)
    return row


def _check_money(company: Company, row: Row, changes: Record) -> None:
    money = changes.get("CurrencyRef")
    if money is None:
        changes.pop("CurrencyRef", None)
    elif money["value"] != row.data["CurrencyRef"]["value"] and balances.has_any(company, row.id):
        raise errors.business("The currency is fixed once there are transactions.")


def _named(company: Company, row: Row, changes: Record, active: bool, was_active: bool) -> Record:
    """Name and full name after the change."""
    old = str(row.data["DisplayName"])
    given = changes.get("DisplayName")
    if given is None and "DisplayName" in changes:
        name = names.display_name({**row.data, **changes})
    else:
        name = names.display_name({"DisplayName": given or old})
    if name != old:
        names.claim(company, name, row)
    if was_active and not active:
        name = names.marked(name)
    elif active and not was_active and not company.switch("reactivation_keeps_mark"):
        name = name.removesuffix(names.MARK)
    parent = _parent(company, {**row.data, **changes}) if _is_below(row, changes) else None
    if parent is not None and row.id in _line_above(company, parent):
        raise errors.business("A customer cannot stand below itself.")
    place = {} if parent is None else _place(company, name, parent, {**row.data, **changes})
    return {"FullyQualifiedName": name, **place, "DisplayName": name}


def _line_above(company: Company, row: Row) -> list[str]:
    """The ids from this customer up to the topmost."""
    found = [row.id]
    while (parent := row.data.get("ParentRef")) is not None and parent["value"] not in found:
        row = company.row("Customer", parent["value"])
        found.append(row.id)
    return found


def _move(company: Company, row: Row, above: Record | None) -> None:
    """Under another parent than before."""
    now = row.data.get("ParentRef")
    if now is None or now == above:
        return
    if above is not None:
        company.children[above["value"]].remove(row.id)
    company.children.setdefault(now["value"], []).append(row.id)
    balances.recount(company, [ref["value"] for ref in (above, now) if ref is not None])


def _is_below(row: Row, changes: Record) -> bool:
    return bool(changes.get("ParentRef") or row.data.get("ParentRef"))


def _leave(company: Company, row: Row) -> None:
    """A customer with an open balance may be refused, or be given an adjusting entry [U]."""
    owed = Decimal(row.data["Balance"])
    rule = company.switch("deactivation_with_balance")
    if owed and rule == "refuse":
        raise errors.business("The customer has a balance and cannot be made inactive.")
    if owed > 0 and rule == "adjust":
        sales_desk.write_off(company, row, owed)


def _rename_below(company: Company, row: Row) -> None:
    """The full names of jobs follow; their stamps do not."""
    prefix = str(row.data["FullyQualifiedName"])
    for child in balances.below(company, row.id):
        full = f"{prefix}:{child.data['DisplayName']}"
        if child.data["FullyQualifiedName"] != full:
            company.set_quietly(child, {"FullyQualifiedName": full})
            _rename_below(company, child)


def merge(company: Company, loser: Row, survivor: Row) -> Row:
    """What a person does in the product alone: the loser's papers go to the survivor."""
    if loser is survivor:
        raise errors.business("A customer cannot be merged into itself.")
    if loser.id in _line_above(company, survivor):
        raise errors.business("A customer cannot be merged into its own sub-customer.")
    if loser.data["CurrencyRef"]["value"] != survivor.data["CurrencyRef"]["value"]:
        raise errors.business("Customers of two currencies cannot be merged.")
    balances.hand_over(company, loser, survivor)
    for child in balances.below(company, loser.id):
        company.set_quietly(child, {"ParentRef": {"value": survivor.id}})
        company.children.setdefault(survivor.id, []).append(child.id)
    if company.switch("merged_customer") == "inactive_shell":
        name = names.marked(str(loser.data["DisplayName"]))
        changes: dict[str, Any] = {"Active": False, "DisplayName": name}
        company.change(loser, {**changes, "FullyQualifiedName": name})
    else:
        company.remove(loser)
    company.change(survivor, {})
    _rename_below(company, survivor)
    balances.recount(company, (loser.id, survivor.id))
    company.tell(survivor, "merged", loser.id)
    return survivor


def delete(company: Company, row: Row) -> Row:
    """No API does this; old recordings show that the product did (RUBY, `customer_changes.xml`)."""
    if balances.has_any(company, row.id):
        raise errors.business("The customer has transactions and cannot be deleted.")
    company.remove(row)
    company.tell(row, "deleted")
    return row
