"""Checklist 1: the site's address, its endpoints and versions."""

from __future__ import annotations

import pytest

from .bench import Bench

VERSIONS = ["20.200.001", "22.200.001", "23.200.001", "24.200.001", "25.200.001"]


async def test_endpoints_are_listed_to_strangers_with_the_virtual_directory(erp: Bench) -> None:
    listed = (await erp.call("GET", "/acumatica/entity")).body
    assert set(listed["version"]) == {"acumaticaBuildVersion", "databaseVersion"}
    assert [row["version"] for row in listed["endpoints"]] == VERSIONS
    assert listed["endpoints"][0] == {
        "name": "Default",
        "version": "20.200.001",
        "href": "/acumatica/entity/Default/20.200.001/",
    }


async def test_a_custom_endpoint_shows_after_a_sign_in_and_is_served(erp: Bench) -> None:
    headers = {"authorization": f"Bearer {erp.token}"}
    listed = (await erp.call("GET", "/acumatica/entity", headers=headers)).body["endpoints"]
    own = listed[-1]
    assert own["name"] != "Default"
    reply = await erp.call("GET", f"{own['href']}StockItem?$top=1", headers=headers)
    assert reply.status == 200
    assert reply.body[0]["_links"]["self"].startswith(own["href"])


async def test_older_builds_answer_a_bare_array(erp: Bench) -> None:
    await erp.switch(entity_list_form="array")
    assert isinstance((await erp.call("GET", "/acumatica/entity")).body, list)


async def test_several_versions_are_served_and_others_are_not_found(erp: Bench) -> None:
    for version in VERSIONS:
        assert (await erp.send("GET", "Customer", version=version, top=1)).status == 200
    assert (await erp.refused("GET", "Customer", version="19.200.001")).status == 404
    assert (await erp.refused("GET", "Custommer")).status == 404
    await erp.switch(served_versions="25.200.001")
    assert (await erp.refused("GET", "Customer")).status == 404


@pytest.mark.parametrize(("form", "start"), [("empty", b""), ("html", b"<!DOCTYPE")])
async def test_the_body_of_404_is_a_switch(erp: Bench, form: str, start: bytes) -> None:
    await erp.switch(not_found_body=form)
    reply = await erp.refused("GET", "Custommer")
    assert reply.content.startswith(start)
    assert bool(reply.content) == bool(start)


async def test_branches_come_from_the_companies_structure(erp: Bench) -> None:
    found = await erp.put("CompaniesStructure", {}, expand="Results")
    assert [row["BranchID"]["value"] for row in found["Results"]] == ["MAIN", "WEST"]
    assert "Results" not in await erp.put("CompaniesStructure", {})
    await erp.switch(companies_structure_fails=True)
    assert (await erp.refused("PUT", "CompaniesStructure", {})).status == 500


async def test_a_module_that_is_not_set_up(erp: Bench) -> None:
    await erp.switch(setup_not_entered="SalesOrder")
    reply = await erp.refused("GET", "SalesOrder")
    assert (reply.status, reply.body["exceptionType"].rsplit(".")[-1]) == (
        500,
        "PXSetupNotEnteredException",
    )
    assert await erp.get("Customer", top=1)


async def test_trouble_of_the_whole_site(erp: Bench) -> None:
    await erp.switch(html_errors=True)
    reply = await erp.refused("GET", "Customer")
    assert (reply.status, reply.headers["content-type"]) == (500, "text/html; charset=utf-8")
    await erp.switch(html_errors=False, maintenance=True)
    assert (await erp.refused("GET", "Customer")).status == 503
