"""Lists, pages, sorts, filters and single records as the API reads them."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from ml_sandbox.options import SandboxOptions
from tests.support.clock import START

from .bench import Bench

INVOICES = "invoices(page: $p, pageSize: $n, sort: $s) { pageInfo { currentPage totalPages totalCount } edges { node { id status invoiceNumber modifiedAt } } }"  # noqa: E501  # one document
TYPES = "$p: Int $n: Int $s: [InvoiceSort!]!"
SORTS = {
    "AMOUNT_DUE": "amountDue { minorUnitValue }",
    "AMOUNT_PAID": "amountPaid { minorUnitValue }",
    "CREATED_AT": "createdAt",
    "CUSTOMER_NAME": "customer { name }",
    "DUE_AT": "dueDate",
    "INVOICE_DATE": "invoiceDate",
    "INVOICE_NUMBER": "invoiceNumber",
    "MODIFIED_AT": "modifiedAt",
    "STATUS": "status",
    "TOTAL": "total { minorUnitValue }",
}


def nodes(connection: Any) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


async def test_pages_cover_everything_once(wave: Bench) -> None:
    seen: list[str] = []
    for page in range(1, 9):
        found = await wave.in_business(INVOICES, types=TYPES, p=page, n=7, s=["MODIFIED_AT_ASC"])
        info = found["invoices"]["pageInfo"]
        assert info["currentPage"] == page
        seen += [node["id"] for node in nodes(found["invoices"])]
    assert info["totalCount"] == len(seen) == len(set(seen)) > 30
    assert info["totalPages"] == -(-len(seen) // 7)


async def test_default_sizes() -> None:
    bench = Bench(SandboxOptions(customers=60, invoices=60, start=START))
    found = await bench.in_business(
        "customers { pageInfo { totalCount } edges { node { id createdAt } } }"
    )
    moments = [node["createdAt"] for node in nodes(found["customers"])]
    assert len(moments) == 45
    assert moments == sorted(moments, reverse=True)
    assert found["customers"]["pageInfo"]["totalCount"] == 60


async def test_null_as_sort_is_a_validation_error(wave: Bench) -> None:
    query = (
        "query ($b: ID!) { business(id: $b) { customers(sort: null) { edges { node { id } } } } }"
    )
    reply = await wave.ask(query, {"b": wave.business_id})
    assert reply.body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def sort_key(sort: str, node: dict[str, Any]) -> Any:
    field = SORTS[sort].split(" ")[0]
    value = node[field]
    if isinstance(value, dict):
        value = value.get("minorUnitValue", value.get("name"))
    if sort in ("AMOUNT_DUE", "AMOUNT_PAID", "TOTAL"):
        exponent = node["currency"]["exponent"]
        return Decimal(value).scaleb(-exponent)
    if sort == "INVOICE_NUMBER":
        return int(value)
    return value.casefold() if sort == "CUSTOMER_NAME" else value


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("sort", sorted(SORTS))
async def test_every_sort_of_invoices(wave: Bench, sort: str, direction: str) -> None:
    query = f"invoices(pageSize: 100, sort: $s) {{ edges {{ node {{ {SORTS[sort]} currency {{ exponent }} }} }} }}"  # noqa: E501  # one document
    found = await wave.in_business(query, types="$s: [InvoiceSort!]!", s=[f"{sort}_{direction}"])
    keys = [sort_key(sort, node) for node in nodes(found["invoices"])]
    assert keys == sorted(keys, reverse=direction == "DESC")


async def test_several_sorts_at_once(wave: Bench) -> None:
    found = await wave.in_business(
        "invoices(pageSize: 100, sort: [STATUS_ASC, TOTAL_DESC]) "
        "{ edges { node { status total { minorUnitValue } currency { exponent } } } }"
    )
    pairs = [
        (n["status"], -Decimal(n["total"]["minorUnitValue"]).scaleb(-n["currency"]["exponent"]))
        for n in nodes(found["invoices"])
    ]
    assert pairs == sorted(pairs)


async def test_a_changed_record_moves_behind_the_reader(wave: Bench) -> None:
    before = await wave.in_business(INVOICES, types=TYPES, p=1, n=50, s=["MODIFIED_AT_ASC"])
    first = nodes(before["invoices"])[0]
    await wave.mutate("invoicePatch", id=first["id"], memo="touched")
    after = await wave.in_business(INVOICES, types=TYPES, p=1, n=50, s=["MODIFIED_AT_ASC"])
    assert nodes(after["invoices"])[-1]["id"] == first["id"]
    assert nodes(after["invoices"])[-1]["modifiedAt"] == "2026-05-04T09:00:00.000Z"


@pytest.mark.parametrize(("inclusive", "found"), [(False, 0), (True, 1)])
async def test_the_bound_of_modified_at(wave: Bench, inclusive: bool, found: int) -> None:
    await wave.switch(modified_bounds_inclusive=inclusive)
    made = await wave.customer()
    for field in ("modifiedAtAfter", "modifiedAtBefore"):
        listed = await wave.in_business(
            f"customers({field}: $m, pageSize: 100, sort: [MODIFIED_AT_ASC]) {{ edges {{ node {{ id }} }} }}",  # noqa: E501  # one document
            types="$m: DateTime",
            m=made["modifiedAt"],
        )
        assert [n["id"] for n in nodes(listed["customers"])].count(made["id"]) == found


async def test_the_bound_holds_under_another_sort(wave: Bench) -> None:
    await wave.advance(60)
    made = await wave.customer()
    listed = await wave.in_business(
        "customers(modifiedAtAfter: $m, sort: [NAME_ASC]) { edges { node { id } } }",
        types="$m: DateTime",
        m="2026-05-04T09:00:30.000Z",
    )
    assert nodes(listed["customers"]) == [{"id": made["id"]}]


async def test_the_number_matches_in_part(wave: Bench) -> None:
    await wave.invoice(invoiceNumber="INV-2026-117")
    for part, count in (("2026-1", 1), ("117", 1), ("INV-2027", 0)):
        listed = await wave.in_business(
            "invoices(invoiceNumber: $n) { edges { node { invoiceNumber } } }",
            types="$n: String",
            n=part,
        )
        assert len(nodes(listed["invoices"])) == count


async def test_other_filters_of_invoices(wave: Bench) -> None:
    customer = await wave.customer(currency="BHD")
    made = await wave.invoice("12.345", "send", customerId=customer["id"], dueDate="2026-06-01")
    for name, kind, hit, miss in (
        ("status", "InvoiceStatus", "SENT", "PAID"),
        ("customerId", "ID", customer["id"], "QnVz"),
        ("amountDue", "Decimal", "12.345", "12.34"),
        ("invoiceDateStart", "Date", "2026-05-04", "2026-05-05"),
        ("sourceId", "ID", None, "QnVz"),
    ):
        for value, expected in ((hit, True), (miss, False)):
            listed = await wave.in_business(
                f"invoices(currency: BHD, {name}: $v) {{ edges {{ node {{ id }} }} }}",
                types=f"$v: {kind}",
                v=value,
            )
            found = [node["id"] for node in nodes(listed["invoices"])]
            assert (made["id"] in found) is expected, (name, value)


async def test_the_email_filter(wave: Bench) -> None:
    made = await wave.customer(email="Post@Cedar.example")
    query = "customers(email: $e) { edges { node { id } } }"
    for value, loose, found in (
        ("Post@Cedar.example", False, 1),
        ("post@cedar.example", False, 0),
        ("post@cedar.example", True, 1),
    ):
        await wave.switch(email_filter_ignores_case=loose)
        listed = await wave.in_business(query, types="$e: String", e=value)
        assert [node["id"] for node in nodes(listed["customers"])] == [made["id"]] * found


async def test_payments_come_with_a_single_invoice_only(wave: Bench) -> None:
    made = await wave.invoice("80.00", "send")
    await wave.act(made, "pay", amount="30.00")
    listed = await wave.in_business(
        "invoices(pageSize: 100) { edges { node { id payments { id } } } }"
    )
    assert {str(node["payments"]) for node in nodes(listed["invoices"])} == {"None"}
    single = await wave.in_business(
        "a: invoice(id: $i) { payments { amount paymentDate invoice { payments { amount } } } }",
        types="$i: ID!",
        i=made["id"],
    )
    (payment,) = single["a"]["payments"]
    assert payment["amount"] == "30.00"
    assert payment["paymentDate"] == "2026-05-04"
    assert payment["invoice"]["payments"] == [{"amount": "30.00"}]


async def test_money(wave: Bench) -> None:
    fields = "total { value minorUnitValue currency { code exponent } }"
    for code, total, value, minor in (
        ("USD", "1250.5", "1,250.50", "125050"),
        ("JPY", "1250", "1,250", "1250"),
        ("BHD", "1250.125", "1,250.125", "1250125"),
    ):
        made = await wave.invoice(total, currency=code)
        found = await wave.in_business(
            f"invoice(id: $i) {{ {fields} }}", types="$i: ID!", i=made["id"]
        )
        shown = found["invoice"]["total"]
        assert (shown["value"], shown["minorUnitValue"]) == (value, minor)
        assert shown["currency"]["code"] == code
    await wave.switch(money_value_grouping=False)
    found = await wave.in_business(f"invoice(id: $i) {{ {fields} }}", types="$i: ID!", i=made["id"])
    assert found["invoice"]["total"]["value"] == "1250.125"


async def test_ids_are_opaque_and_compared_whole(wave: Bench) -> None:
    made = await wave.customer()
    decoded = base64.b64decode(made["id"]).decode()
    business = base64.b64decode(wave.business_id).decode()
    assert business.startswith("Business:")
    assert decoded.startswith(f"{business};Customer:")
    for strange in (made["internalId"], base64.b64encode(b"Customer:1001").decode(), "é"):
        query = "query ($b: ID!, $i: ID!) { business(id: $b) { customer(id: $i) { id } } }"
        code = await wave.code(query, {"b": wave.business_id, "i": strange})
        assert code == "NOT_FOUND"


async def test_two_businesses_with_equal_customer_numbers(wave: Bench) -> None:
    found = await wave.data(
        "{ businesses { edges { node { id"
        "  customers(pageSize: 50) { edges { node { id internalId } } } } } } }"
    )
    first, second = (node["customers"]["edges"] for node in nodes(found["businesses"]))
    numbers = [{edge["node"]["internalId"] for edge in edges} for edges in (first, second)]
    assert numbers[1] < numbers[0]
    ids = [{edge["node"]["id"] for edge in edges} for edges in (first, second)]
    assert ids[0].isdisjoint(ids[1])
    assert (await wave.data("{ business { id } }"))["business"]["id"] == wave.business_id


@pytest.mark.parametrize(("how", "cap"), [("error", 100), ("cut", 20), ("error", 0)])
async def test_page_sizes_over_the_cap(wave: Bench, how: str, cap: int) -> None:
    await wave.switch(page_size_cap=cap, page_size_over_cap=how)
    query = (
        "query ($b: ID!) { business(id: $b) { invoices(pageSize: 500) { edges { node { id } } } } }"
    )
    reply = await wave.ask(query, {"b": wave.business_id})
    if how == "error" and cap:
        assert reply.body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    else:
        found = nodes(reply.body["data"]["business"]["invoices"])
        assert len(found) == 20 if cap else len(found) > 20


async def test_records_added_between_two_pages(wave: Bench) -> None:
    await wave.switch(insert_between_pages=3)
    query = "invoices(pageSize: 10) { pageInfo { totalCount } edges { node { id } } }"
    counts = [
        (await wave.in_business(query))["invoices"]["pageInfo"]["totalCount"] for _ in range(3)
    ]
    assert counts == [counts[0], counts[0] + 3, counts[0] + 6]
    user = await wave.data("{ user { id } }")
    assert user["user"]["id"]
    assert (await wave.in_business(query))["invoices"]["pageInfo"]["totalCount"] == counts[0] + 9


async def test_the_rest_of_the_schema_answers(wave: Bench) -> None:
    found = await wave.data(
        """{ user { defaultEmail } currencies { code exponent }
        countries { code provinces { code } }
        country(code: CA) { name currency { code } } currency(code: JPY) { exponent }
        province(code: "US-AZ") { name } accountTypes { value } accountSubtypes { type { value } }
        oAuthApplication { clientId }
        business { products { edges { node { name unitPrice incomeAccount { name } } } }
          accounts { edges { node { name balance type { value } subtype { value } sequence } } }
          salesTaxes { edges { node { abbreviation rate rates { effective rate } } } }
          vendors { pageInfo { totalCount } } estimates { pageInfo { totalCount } }
          invoiceEstimateSettings { generalSettings { accentColor } } type { value } timezone } }"""
    )
    assert {c["code"]: c["exponent"] for c in found["currencies"]}["BHD"] == 3
    assert len(found["countries"]) > 200
    assert found["province"] == {"name": "Arizona"}
    assert found["oAuthApplication"] is None
    assert found["business"]["products"]["edges"]
    kinds = {e["node"]["subtype"]["value"] for e in found["business"]["accounts"]["edges"]}
    assert "CASH_AND_BANK" in kinds
    assert found["business"]["vendors"]["pageInfo"]["totalCount"] == 0
