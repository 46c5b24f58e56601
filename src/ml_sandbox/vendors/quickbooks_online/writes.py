"""A write is one create, update, delete or void of a record, from the API or a batch's item."""

from __future__ import annotations

from typing import Any

from . import customer_desk, errors, list_desk, payment_desk, sales_desk
from .company import Company
from .entities import Entity
from .tables import Record, Row

_SALES = ("Invoice", "CreditMemo")


def save(company: Company, entity: Entity, body: Any) -> tuple[Row, bool]:
    """Creates where the body has no Id, else updates; the row, and whether it is new."""
    if not isinstance(body, dict):
        raise errors.unsupported_property(entity.name)
    if not body.get("Id"):
        _allow(entity, "create")
        return create(company, entity.name, company.form().read(entity, body)), True
    _allow(entity, "update")
    row = known(company, entity, body)
    given = company.form().read(entity, body)
    return change(company, row, given, body.get("sparse") in (True, "true")), False


def _allow(entity: Entity, verb: str) -> None:
    if verb not in entity.writes:
        raise errors.unsupported(f"{verb} of {entity.name}")


def known(company: Company, entity: Entity, body: Record) -> Row:
    """The row that a body names, if its SyncToken is the current one. Raises Fault."""
    if not body.get("Id"):
        raise errors.missing("Id")
    row = company.row(entity.name, str(body["Id"]))
    token = body.get("SyncToken")
    if token is None or token == "":
        raise errors.missing("SyncToken")
    if str(token) != row.data["SyncToken"]:
        raise errors.stale()
    return row


def create(company: Company, entity: str, given: Record) -> Row:
    """A new record from a form that has been read. Raises Fault."""
    if entity == "Customer":
        return customer_desk.create(company, given)
    if entity in _SALES:
        return sales_desk.create(company, entity, given)
    if entity == "Payment":
        return payment_desk.create(company, given)
    return list_desk.create(company, entity, given)


def change(company: Company, row: Row, given: Record, sparse: bool) -> Row:
    """An update from a form that has been read. Raises Fault."""
    entity = row.entity.name
    if entity == "Customer":
        return customer_desk.change(company, row, given, sparse)
    if entity in _SALES:
        return sales_desk.change(company, row, given, sparse)
    if entity == "Payment":
        return payment_desk.change(company, row, given, sparse)
    return list_desk.change(company, row, given, sparse)


def delete(company: Company, entity: Entity, body: Any) -> Record:
    """A transaction goes for good; the answer says so. Raises Fault."""
    _allow(entity, "delete")
    if not isinstance(body, dict):
        raise errors.unsupported_property(entity.name)
    row = known(company, entity, body)
    erase(company, row)
    return {"domain": "QBO", "status": "Deleted", "Id": row.id}


def erase(company: Company, row: Row) -> None:
    if row.entity.name == "Payment":
        payment_desk.delete(company, row)
    else:
        sales_desk.check_open(company, str(row.data["TxnDate"]))
        sales_desk.delete(company, row)


def void(company: Company, entity: Entity, body: Any) -> Row:
    """Raises Fault."""
    _allow(entity, "void")
    if not isinstance(body, dict):
        raise errors.unsupported_property(entity.name)
    row = known(company, entity, body)
    annul(company, row)
    return row


def annul(company: Company, row: Row) -> None:
    sales_desk.check_open(company, str(row.data["TxnDate"]))
    if row.entity.name == "Payment":
        payment_desk.void(company, row)
    else:
        sales_desk.void(company, row)
