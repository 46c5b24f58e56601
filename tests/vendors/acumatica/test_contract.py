"""The contract: what we ask for and write exists in the published fields of each version."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ml_connector.core.objects import TargetObject
from ml_connector.core.values import Values
from ml_connector.vendors.acumatica import capabilities, entities, reading, targets
from ml_connector.vendors.acumatica.entities import Entity
from ml_connector.vendors.acumatica.targets import TARGETS
from ml_connector.vendors.acumatica.values import wrapped
from tests.vendors.acumatica import contract

ENTITIES = [each for each in vars(entities).values() if isinstance(each, Entity)]
VERSIONS = ["20.200.001", "22.200.001", "23.200.001", "24.200.001"]
WHOLE: dict[str, Values] = {
    "customers": {
        "CustomerID": "C1",
        "CustomerName": "Nordic Tools AS",
        "CustomerClass": "DEFAULT",
        "CurrencyID": "USD",
        "Terms": "30D",
        "TaxZone": "NY",
        "AccountRef": "pipedrive:1:organizations:42",
        "MainContact.Email": "a@b.example",
        "MainContact.Phone1": "+47 22",
        "MainContact.WebSite": "https://nordic.example",
        **dict.fromkeys(entities.ADDRESS_PATHS, "x"),
    },
    "contacts": {
        "FirstName": "Ada",
        "LastName": "Byron",
        "Email": "ada@b.example",
        "Phone1": "+47 22",
        "JobTitle": "Buyer",
        "BusinessAccount": "C1",
        "Active": True,
        "ExtRefNbr": "pipedrive:1:persons:7",
    },
    "sales_orders": {
        "OrderType": "SO",
        "CurrencyID": "USD",
        "RequestedOn": "2026-06-01",
        "CustomerID": "C1",
        "CustomerOrder": "PO-1",
        "Description": "Deal 4711",
        "Date": "2026-05-04",
        "Hold": True,
        "Details": [{"InventoryID": "PUMP-10", "OrderQty": "3", "UnitPrice": "199.50"}],
        "action": "OpenSalesOrder",
        "ExternalRef": "pipedrive:1:deals:4711",
    },
    "sales_invoices": {
        "Type": "Invoice",
        "Currency": "USD",
        "DueDate": "2026-06-01",
        "CustomerID": "C1",
        "CustomerOrder": "PO-1",
        "Description": "Deal 4711",
        "Date": "2026-05-04",
        "Hold": True,
        "Details": [{"InventoryID": "PUMP-10", "Qty": "3", "UnitPrice": "199.50"}],
        "action": "ReleaseSalesInvoice",
        "ExternalRef": "pipedrive:1:deals:4711",
    },
}


def asked_of(entity: Entity) -> Iterable[tuple[str, ...]]:
    """Everything that is ever read of an entity besides its own paths."""
    yield ()
    for name, extra in reading.EXTRA.items():
        if entity in reading.ENTITIES[name]:
            yield extra
    if entity is entities.SALES_INVOICE:
        yield (*entities.ORDER_LINKS, *reading.APPLIED)
    if entity is entities.SALES_ORDER:
        yield ("BaseCurrencyID",)
    for obj in TARGETS:
        if targets.ENTITIES[obj.name] is entity:
            yield targets.line_paths(obj)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_everything_that_is_read_is_there(entity: Entity, version: str) -> None:
    for extra in asked_of(entity):
        params = entity.query(version, extra)
        assert contract.unknown_paths(version, entity.name, params) == []


def test_the_versions_are_all_that_are_published() -> None:
    assert contract.versions() == VERSIONS


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_the_keys_are_those_published(entity: Entity) -> None:
    assert list(entity.keys) == contract.keys(entity.name)


@pytest.mark.parametrize("obj", TARGETS, ids=lambda obj: obj.name)
def test_everything_that_is_written_fits(obj: TargetObject) -> None:
    whole, name = WHOLE[obj.name], targets.ENTITIES[obj.name].name
    assert whole.keys() == {field.name for field in obj.fields}
    body = wrapped(targets.to_wire(obj, whole))
    assert list(contract.problems("24.200.001", name, body)) == []
    assert whole.get("action", "") in {"", *contract.actions("24.200.001", name)}


def test_a_key_field_is_written_only_where_its_version_has_it() -> None:
    for version in VERSIONS:
        able = capabilities({"endpoint_version": version, "direct_invoices": "yes"})
        assert ("contacts" in able) == ("ExtRefNbr" in contract.entity(version, "Contact"))
        fields = contract.entity(version, "SalesInvoice")
        assert ("direct_invoices" in able) == ("ExternalRef" in fields)
    assert capabilities({}) == {"contacts"}


def test_the_contract_finds_what_breaks_it() -> None:
    wrong = {"CustomerID": {"value": 1}, "Nowhere": {"value": "x"}, "Hold": {"value": "yes"}}
    assert len(list(contract.problems("24.200.001", "SalesOrder", wrong))) == 3
    params = {"$select": "Nowhere,Details/LineNbr", "$expand": ""}
    assert len(contract.unknown_paths("24.200.001", "SalesOrder", params)) == 2
