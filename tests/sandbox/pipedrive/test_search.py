"""Search: per entity, over all items, by one field; case, length of terms, and a lagging index."""

from __future__ import annotations

import pytest

from .bench import Bench


async def test_organizations_are_found_by_any_part_ignoring_case(bench: Bench) -> None:
    code = await bench.field("organization", "varchar")
    org = await bench.organization(
        address={"value": "5 Quay St, Bristol"}, custom_fields={code: "wave:CUS-1001"}
    )
    for term in ("NORTHWIND", "quay st", "cus-1001"):
        found = (await bench.v2("GET", "/organizations/search", term=term)).data["items"]
        assert [entry["item"]["id"] for entry in found] == [org["id"]], term
    item = found[0]["item"]
    assert item["custom_fields"] == ["wave:CUS-1001"]
    assert item["owner"] == {"id": 99001}
    assert item["type"] == "organization"
    none = await bench.v2("GET", "/organizations/search", term="quay", fields="name")
    assert none.data["items"] == []


async def test_exact_match_ignores_case_and_allows_one_letter(bench: Bench) -> None:
    await bench.organization("Q")
    await bench.organization("Quay")
    path = "/organizations/search"
    assert (await bench.v2("GET", path, term="q")).status == 400
    exact = (await bench.v2("GET", path, term="q", exact_match=True)).data["items"]
    assert [entry["item"]["name"] for entry in exact] == ["Q"]


async def test_persons_by_email_and_deals_by_filters(bench: Bench) -> None:
    org = await bench.organization()
    person = await bench.person(org_id=org["id"], emails=[{"value": "ada@byron.example"}])
    deal = await bench.deal("INV-77 tools", org_id=org["id"], person_id=person["id"], value=1.5)
    by_mail = await bench.v2("GET", "/persons/search", term="ada@byron", fields="email")
    assert by_mail.data["items"][0]["item"]["emails"] == ["ada@byron.example"]
    search = "/deals/search"
    hits = await bench.v2("GET", search, term="inv-77", organization_id=org["id"], status="open")
    assert [entry["item"]["id"] for entry in hits.data["items"]] == [deal["id"]]
    assert (await bench.v2("GET", search, term="inv-77", status="won")).data["items"] == []
    assert (await bench.v2("GET", search, term="inv-77", person_id=4711)).data["items"] == []
    assert (await bench.v2("GET", search, term="inv-77", status="deleted")).status == 400


async def test_item_search_covers_all_types_and_related_items(bench: Bench) -> None:
    org = await bench.organization("Sample Ltd")
    deal = await bench.deal("Other", org_id=org["id"])
    await bench.product("Sample pencil", code="SMP")
    found = await bench.v2("GET", "/itemSearch", term="sample", search_for_related_items=True)
    kinds = {entry["item"]["type"] for entry in found.data["items"]}
    assert kinds == {"organization", "product"}
    assert [entry["item"]["id"] for entry in found.data["related_items"]] == [deal["id"]]
    only = await bench.v2("GET", "/itemSearch", term="sample", item_types="product")
    assert [entry["item"]["type"] for entry in only.data["items"]] == ["product"]
    assert (await bench.v2("GET", "/itemSearch", term="sample", item_types="spoon")).status == 400


async def test_field_search_minds_case_and_returns_bare_ids(bench: Bench) -> None:
    code = await bench.field("deal", "varchar")
    deal = await bench.deal(custom_fields={code: "wave:Inv-1"})
    query = {"entity_type": "deal", "field": code}
    path = "/itemSearch/field"
    hit = await bench.v2("GET", path, term="wave:Inv-1", **query)
    assert hit.data == [{"id": deal["id"], "name": "INV-77"}]
    assert (await bench.v2("GET", path, term="wave:inv-1", **query)).data == []
    assert (await bench.v2("GET", path, term="wave", **query)).data == []
    for term, match in (("wave", "beginning"), ("Inv", "middle")):
        assert (await bench.v2("GET", path, term=term, match=match, **query)).data == hit.data
    assert (await bench.v2("GET", path, term="x", match="middle", **query)).status == 400
    assert (await bench.v2("GET", path, term="wave")).status == 400


@pytest.mark.parametrize("kind", ["enum", "set", "date", "user", "org", "people"])
async def test_values_of_other_types_are_not_searchable(bench: Bench, kind: str) -> None:
    labels = ("Findable", "Other") if kind in ("enum", "set") else ()
    code = await bench.field("deal", kind, "F", *labels)
    query = {"entity_type": "deal", "field": code, "term": "Findable"}
    assert (await bench.v2("GET", "/itemSearch/field", **query)).status == 400


async def test_results_page_by_cursor(bench: Bench) -> None:
    for number in range(7):
        await bench.organization(f"Same {number}")
    seen: list[int] = []
    more: dict[str, object] = {}
    while True:
        page = await bench.v2("GET", "/organizations/search", term="same", limit=3, **more)
        seen += [entry["item"]["id"] for entry in page.data["items"]]
        if page.next_cursor is None:
            break
        more = {"cursor": page.next_cursor}
    assert len(seen) == len(set(seen)) == 7


async def test_notes_are_searched_too(bench: Bench) -> None:
    org = await bench.organization()
    await bench.v1("POST", "/notes", {"content": "pays late", "org_id": org["id"]})
    found = (await bench.v2("GET", "/organizations/search", term="pays late")).data["items"]
    assert found[0]["item"]["notes"] == ["pays late"]


async def test_the_index_lags_by_switch_and_shows_the_old_state_meanwhile(bench: Bench) -> None:
    old = await bench.organization("Old name")
    bench.switches["index_lag_seconds"] = 5
    bench.advance(seconds=6)
    await bench.v2("PATCH", f"/organizations/{old['id']}", {"name": "New name"})
    fresh = await bench.organization("Fresh name")

    async def names(term: str) -> list[str]:
        found = (await bench.v2("GET", "/organizations/search", term=term)).data["items"]
        return sorted(entry["item"]["name"] for entry in found)

    assert await names("name") == ["Old name"]
    assert (await bench.v2("GET", f"/organizations/{fresh['id']}")).status == 200
    bench.advance(seconds=5)
    assert await names("name") == ["Fresh name", "New name"]


async def test_deleted_records_leave_the_results_unless_switched(bench: Bench) -> None:
    org = await bench.organization("Gone Ltd")
    await bench.v2("DELETE", f"/organizations/{org['id']}")
    path = "/organizations/search"
    assert (await bench.v2("GET", path, term="gone")).data["items"] == []
    bench.switches["search_finds_deleted"] = True
    assert len((await bench.v2("GET", path, term="gone")).data["items"]) == 1
