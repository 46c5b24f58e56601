"""A client that knows nothing of us walks the sandbox: easy-acumatica from PyPI, over a socket."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from easy_acumatica import AcumaticaClient
from easy_acumatica.exceptions import (
    AcumaticaAuthError,
    AcumaticaBusinessRuleError,
    AcumaticaConcurrencyError,
    AcumaticaError,
    AcumaticaRateLimitError,
    AcumaticaServerError,
)
from easy_acumatica.odata import F, QueryOptions

from tests.support.sandbox import SandboxProcess

from .bench import wrap


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--ports", "--customers", "14", "--invoices", "40") as process:
        process.control(
            "PATCH",
            "switches",
            {"acumatica.requests_per_minute": 0, "acumatica.login_slots": 0},
        )
        yield process


def connect(sandbox: SandboxProcess, folder: Path, **given: Any) -> Any:
    """A client of the vendor's own port: with a virtual directory it joins file addresses wrong."""
    ready = sandbox.ready["vendors"]["acumatica"]
    known = {name: ready["credentials"][name] for name in ("username", "password")}
    options = {
        "base_url": ready["own_url"],
        "tenant": ready["settings"]["tenant"],
        "endpoint_version": ready["settings"]["endpoint_version"],
        "verify_ssl": False,
        "auto_load_env": False,
        "cache_dir": folder,
        "rate_limit_calls_per_second": 1000.0,
        **known,
        **given,
    }
    return AcumaticaClient(**options)


@pytest.fixture(scope="module")
def client(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = connect(sandbox, tmp_path_factory.mktemp("cache"))
    yield made
    made.logout()


def test_it_discovers_services_and_models(client: Any) -> None:
    assert {"customer", "sales_order", "sales_invoice", "payment"} <= set(dir(client))
    assert {"Customer", "SalesOrderDetail"} <= set(dir(client.models))
    assert client.endpoints["Default"]["version"] == "25.200.001"
    assert "get_list" in dir(client.stock_item)


def test_it_lists_filters_and_pages(client: Any) -> None:
    every = client.customer.get_list()
    assert len(every) == 14
    paged = [
        record["CustomerID"]["value"]
        for skip in (0, 5, 10)
        for record in client.customer.get_list(QueryOptions(top=5, skip=skip))
    ]
    assert paged == [record["CustomerID"]["value"] for record in every]
    found = client.customer.get_list(
        QueryOptions(
            filter=(F.CustomerName == "O'Brien Roofing") | F.MainContact.Email.endswith("jp"),
            select=["CustomerID", "CustomerName"],
            expand=["MainContact"],
        )
    )
    assert [record["CustomerName"]["value"] for record in found] == ["O'Brien Roofing"]
    assert "MainContact" in found[0]


def test_it_reads_by_key_and_by_id(client: Any) -> None:
    one = client.customer.get_by_keys(CustomerID="C000001")
    assert client.customer.get_by_id(one["id"])["CustomerName"] == one["CustomerName"]
    order = client.sales_order.get_list(QueryOptions(top=1))[0]
    keys = {name: order[name]["value"] for name in ("OrderType", "OrderNbr")}
    assert client.sales_order.get_by_keys(**keys)["id"] == order["id"]
    assert "custom" in client.sales_order.get_ad_hoc_schema()


def test_it_creates_updates_acts_and_deletes_with_its_own_models(client: Any) -> None:
    models, shown = client.models, QueryOptions(select=["OrderType", "OrderNbr", "Status"])
    line = models.SalesOrderDetail(InventoryID="LOGO-DESIGN", OrderQty=2, UnitPrice=5.5)
    order = models.SalesOrder(CustomerID="C000002", Hold=True, Details=[line])
    made = client.sales_order.put_entity(order, options=shown)
    assert made["Status"] == {"value": "On Hold"}
    number = made["OrderNbr"]["value"]
    changed = {"id": made["id"], **wrap(Description="changed")}
    assert client.sales_order.put_entity(changed)["Description"] == {"value": "changed"}
    entity = models.SalesOrder(OrderType="SO", OrderNbr=number)
    client.sales_order.invoke_action_cancel_sales_order(models.CancelSalesOrder(entity=entity))
    assert client.sales_order.get_by_id(made["id"])["Status"] == {"value": "Cancelled"}
    assert client.sales_order.delete_by_id(made["id"]) is None


def test_it_attaches_a_file(client: Any) -> None:
    client.customer.put_file("C000001", "deal.txt", b"won", comment="from the deal")
    (link,) = client.customer.get_files("C000001")
    assert (link["filename"], link["comment"]) == ("deal.txt", "from the deal")


def test_it_calls_the_inquiry(client: Any) -> None:
    found = client.companies_structure.put_entity({}, options=QueryOptions(expand=["Results"]))
    assert [row["BranchID"]["value"] for row in found["Results"]] == ["MAIN", "WEST"]


def test_it_meets_errors(client: Any) -> None:
    with pytest.raises(AcumaticaServerError, match="No entity satisfies the condition"):
        client.customer.get_by_id("NOPE")
    with pytest.raises(AcumaticaBusinessRuleError) as refused:
        client.sales_order.put_entity(wrap(CustomerID="NOPE"))
    echo = refused.value.response_data or {}
    assert echo["CustomerID"]["error"]
    with pytest.raises(AcumaticaError):
        client.sales_order.put_entity({"CustomerID": "NOPE"})
    with pytest.raises(AcumaticaServerError, match="Nope"):
        client.customer.get_list(QueryOptions(filter=F.Nope == 1))
    url, only_new = client.customer._get_url(), {"If-None-Match": "*"}
    with pytest.raises(AcumaticaConcurrencyError):
        client._request("put", url, json=wrap(CustomerID="C000001"), headers=only_new)


def test_it_meets_bad_credentials_and_a_full_house(sandbox: SandboxProcess, tmp_path: Path) -> None:
    with pytest.raises(AcumaticaAuthError):
        connect(sandbox, tmp_path, password="wrong")
    sandbox.control("PATCH", "switches", {"acumatica.login_slots": 1})
    with pytest.raises(AcumaticaAuthError, match="429"):
        connect(sandbox, tmp_path)
    sandbox.control("PATCH", "switches", {"acumatica.login_slots": 0})


def test_it_meets_a_declined_request(client: Any, sandbox: SandboxProcess) -> None:
    limits = {"acumatica.requests_per_minute": 1, "acumatica.queue_length": 0}
    sandbox.control("PATCH", "switches", limits)
    sandbox.advance(60)
    try:
        client.customer.get_list(QueryOptions(top=1))
        with pytest.raises(AcumaticaRateLimitError):
            client.customer.get_list(QueryOptions(top=1))
    finally:
        usual = {"acumatica.requests_per_minute": 0, "acumatica.queue_length": 20}
        sandbox.control("PATCH", "switches", usual)


def test_it_signs_in_again_when_its_session_has_ended(client: Any, sandbox: SandboxProcess) -> None:
    sandbox.advance(1300)
    assert len(client.customer.get_list(QueryOptions(top=1))) == 1


def test_other_tenants_and_versions(sandbox: SandboxProcess, tmp_path: Path) -> None:
    other = connect(sandbox, tmp_path, tenant="Training", endpoint_version="22.200.001")
    assert len(other.customer.get_list()) == 6
    record = other.sales_invoice.get_list(QueryOptions(top=1))[0]
    assert "LastModifiedDateTime" not in record
    other.logout()


def test_a_logout_without_a_length_is_refused_by_the_server(sandbox: SandboxProcess) -> None:
    where = urlsplit(sandbox.ready["vendors"]["acumatica"]["own_url"])
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    connection.putrequest("POST", "/entity/auth/logout")
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


def test_hrefs_have_no_virtual_directory_on_a_port_of_its_own(sandbox: SandboxProcess) -> None:
    own = sandbox.ready["vendors"]["acumatica"]["own_url"]
    listed = sandbox.call("GET", f"{own}/entity").body["endpoints"]
    assert listed[0]["href"] == "/entity/Default/20.200.001/"
    listed = sandbox.call("GET", "/acumatica/entity").body["endpoints"]
    assert listed[0]["href"] == "/acumatica/entity/Default/20.200.001/"
