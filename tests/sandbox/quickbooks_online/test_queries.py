"""The query language: what is understood, what is refused and how (sheet, section 3)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from .bench import EVERY, Bench, where


async def test_a_page_has_its_place_and_its_size(still: Bench) -> None:
    found = await still.query(where(EVERY) + " ORDERBY Id MAXRESULTS 2")
    assert found["startPosition"] == 1
    assert found["maxResults"] == 2
    assert "totalCount" not in found
    assert [customer["Id"] for customer in found["Customer"]] == ["1", "2"]


async def test_paging_reaches_every_row_once(still: Bench) -> None:
    count = (await still.query(where(EVERY).replace("*", "COUNT(*)").lower()))["totalCount"]
    seen: list[str] = []
    while True:
        statement = where(EVERY) + " ORDERBY Id "
        page = await still.ids(f"{statement} STARTPOSITION {len(seen) + 1} MAXRESULTS 7")
        seen += page
        if len(page) < 7:
            break
    assert len(seen) == count
    assert seen == sorted(set(seen), key=int)


async def test_nothing_found_is_an_empty_object(still: Bench) -> None:
    assert await still.query("SELECT * FROM Customer WHERE Id = '9999'") == {}
    assert await still.query("SELECT * FROM SalesReceipt") == {}
    assert await still.query("SELECT * FROM Customer STARTPOSITION 5000") == {}
    assert await still.query("SELECT COUNT(*) FROM Customer WHERE Id = '9'") == {"totalCount": 1}


async def test_a_hundred_is_the_usual_and_a_thousand_the_most(qbo: Bench) -> None:
    for n in range(110):
        await qbo.customer(DisplayName=f"Many {n:03d}")
    assert (await qbo.query("SELECT * FROM Customer"))["maxResults"] == 100
    assert (await qbo.query("SELECT * FROM Customer MAXRESULTS 1000"))["maxResults"] > 110
    assert await qbo.refused("SELECT * FROM Customer MAXRESULTS 1001") == "4001"


async def test_only_active_rows_unless_asked(still: Bench) -> None:
    inactive = await still.ids("SELECT * FROM Customer WHERE Active = false")
    assert "12" in inactive
    usual = await still.ids("SELECT * FROM Customer MAXRESULTS 1000")
    every = await still.ids(where(EVERY) + " MAXRESULTS 1000")
    assert set(every) - set(usual) == set(inactive)
    terms = await still.ids("SELECT * FROM Term", "Term")
    assert len(await still.ids(where(EVERY, "Term"), "Term")) == len(terms) + 1


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("Id = '3'", ["3"]),
        ("Id = 3", ["3"]),
        ("Id IN ('2', '3','5')", ["2", "3", "5"]),
        ("Id >= '2' AND Id < '4'", ["2", "3"]),
        ("DisplayName = 'O\\'Brien Roofing'", ["10"]),
        ("DisplayName LIKE '%Roofing'", ["10"]),
        ("DisplayName LIKE 'o\\'brien%'", ["10"]),
        ("DisplayName = '100% Pure Water <Springs> (deleted)' AND Active = false", ["12"]),
        ("displayname = 'häberle & söhne gmbh'", ["1"]),
        ("CompanyName = 'Harbor Lane Bakery'", ["6", "7"]),
        ("PrimaryEmailAddr = 'office@nunez.example'", ["8", "10"]),
        ("PrimaryEmailAddr LIKE '%@harborlane.example'", ["6", "7"]),
    ],
)
async def test_conditions(still: Bench, condition: str, ids: list[str]) -> None:
    found = await still.ids(where(condition) + " ORDERBY Id")
    assert found == ids


async def test_amounts_and_dates_of_invoices(still: Bench) -> None:
    invoices = (await still.query("SELECT * FROM Invoice MAXRESULTS 1000"))["Invoice"]
    overdue = [i["Id"] for i in invoices if i["Balance"] > 0 and i["DueDate"] < "2026-05-04"]
    assert overdue
    statement = "SELECT * FROM Invoice WHERE Balance > '0' AND DueDate < '2026-05-04'"
    assert await still.ids(statement, "Invoice") == overdue
    assert await still.ids(statement.replace("'0'", "0"), "Invoice") == overdue
    of_one = await still.ids("SELECT * FROM Invoice WHERE CustomerRef = '6'", "Invoice")
    assert of_one == [i["Id"] for i in invoices if i["CustomerRef"]["value"] == "6"]
    by_number = "SELECT * FROM Invoice WHERE DocNumber = '1007'"
    assert await still.ids(by_number, "Invoice") == [
        i["Id"] for i in invoices if i["DocNumber"] == "1007"
    ]


async def test_order_both_ways_and_in_two_words(still: Bench) -> None:
    up = await still.ids("SELECT * FROM Customer ORDER BY MetaData.LastUpdatedTime ASC, Id")
    down = await still.ids("SELECT * FROM Customer ORDERBY MetaData.LastUpdatedTime DESC")
    records = (await still.query("SELECT * FROM Customer"))["Customer"]
    assert len(up) == len(records)
    assert up[0] == down[-1]
    names = (await still.query("SELECT * FROM Customer ORDERBY DisplayName"))["Customer"]
    shown = [customer["DisplayName"].casefold() for customer in names]
    assert shown == sorted(shown)


async def test_moments_with_and_without_an_offset(qbo: Bench) -> None:
    # The clock stands at 09:00 UTC, which is 02:00 in California in May.
    made = (await qbo.customer())["Id"]
    since = "SELECT * FROM Customer WHERE MetaData.LastUpdatedTime >= "
    for moment in (
        "2026-05-04T09:00:00Z",
        "2026-05-04T02:00:00-07:00",
        "2026-05-04T02:00:00",
        "2026-05-04T11:00:00+02:00",
        "2026-05-04T02:00:00.000",
        "2026-05-04",
    ):
        assert made in await qbo.ids(f"{since}'{moment}'"), moment
    for moment in ("2026-05-04T09:00:01Z", "2026-05-04T09:00:00", "2026-05-05"):
        assert await qbo.ids(f"{since}'{moment}'") == [], moment
    # A plus that is not encoded arrives as a blank, which is no moment.
    path = "query?query=" + (since + "'2026-05-04T11:00:00+02:00'").replace(" ", "%20")
    assert await qbo.code("GET", path) == "4001"


async def test_winter_time(qbo: Bench) -> None:
    await qbo.advance(200 * 86_400)  # to 20 November, 09:00 UTC
    qbo.token = (await qbo.exchange((await qbo.authorize())["code"])).body["access_token"]
    made = await qbo.customer()
    assert made["MetaData"]["CreateTime"] == "2026-11-20T01:00:00-08:00"
    since = "SELECT * FROM Customer WHERE MetaData.CreateTime = '2026-11-20T01:00:00'"
    assert await qbo.ids(since) == [made["Id"]]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT * FROM Customer WHERE Id = '1' OR Id = '2'", "4000"),
        ("SELECT * FROM Customer WHERE Id != '1'", "4000"),
        ("SELECT * FROM Customer WHERE DisplayName = 'O''Brien'", "4000"),
        ("SELECT * FROM Customer JOIN Invoice", "4000"),
        ("SELECT * FROM Customer GROUP BY Id", "4000"),
        ("SELECT * FROM Customer, Term", "4000"),
        ("SELECT * FROM Customer WHERE Active", "4000"),
        ("SELECT * FROM Customer WHERE Id IN ()", "4000"),
        ("SELECT * FROM Customer WHERE DisplayName = 'open", "4000"),
        ("SELECT * FROM Customer WHERE DisplayName = 'O\u2019Brien'", "4000"),
        ("SELECT * FROM Customer WHERE DisplayName = bare", "4000"),
        ("SELECT", "4000"),
        ("DELETE FROM Customer", "4000"),
        ("SELECT * FROM Customer MAXRESULTS 5 STARTPOSITION 1", "4000"),
        ("SELECT * FROM Customer STARTPOSITION x", "4000"),
        ("SELECT * FROM Customer STARTPOSITION 0", "4001"),
        ("SELECT * FROM Customer MAXRESULTS 0", "4001"),
        ("SELECT * FROM Customer MAXRESULTS 1.5", "4001"),
        ("SELECT * FROM Nothing", "4001"),
        ("SELECT * FROM Customer WHERE Colour = 'red'", "4001"),
        ("SELECT * FROM Customer WHERE Notes = 'x'", "4001"),
        ("SELECT * FROM Customer WHERE PrimaryEmailAddr.Address = 'x'", "4001"),
        ("SELECT * FROM Customer WHERE Active = 'true'", "4001"),
        ("SELECT * FROM Customer WHERE Active > false", "4001"),
        ("SELECT * FROM Customer WHERE Balance = 'much'", "4001"),
        ("SELECT * FROM Customer WHERE Balance LIKE '1%'", "4001"),
        ("SELECT * FROM Customer WHERE DisplayName = 7", "4001"),
        ("SELECT * FROM Customer WHERE MetaData.CreateTime > 'yesterday'", "4001"),
        ("SELECT * FROM Invoice WHERE DueDate < 'soon'", "4001"),
        ("SELECT * FROM Customer ORDERBY Notes", "4001"),
        ("SELECT DisplayName FROM Customer", "4001"),
    ],
)
async def test_what_is_refused(still: Bench, statement: str, code: str) -> None:
    assert await still.refused(statement) == code


async def test_the_sentence_of_the_recorded_refusal(still: Bench) -> None:
    statement = quote("SELECT * FROM Term STARTPOSITION 0")
    reply = await still.ask("GET", f"query?query={statement}")
    assert reply.body["Fault"] == {
        "Error": [
            {
                "Message": "Invalid query",
                "Detail": "QueryValidationError: value 0 is too small. Min allowed value is 1",
                "code": "4001",
                "element": "",
            }
        ],
        "type": "ValidationFault",
    }


async def test_a_statement_may_be_posted(still: Bench) -> None:
    statement = b"select * from Customer where Id in ('1', '2')"
    found = await still.ask("POST", "query", statement, {"content-type": "application/text"})
    assert [customer["Id"] for customer in found.body["QueryResponse"]["Customer"]] == ["1", "2"]
    wrong = await still.ask("POST", "query", statement, {"content-type": "application/json"})
    assert wrong.body["Fault"]["Error"][0]["code"] == "500"
    latin = "select * from Customer where DisplayName = 'Béton'".encode("latin-1")
    bad = await still.ask("POST", "query", latin, {"content-type": "application/text"})
    assert bad.body["Fault"]["Error"][0]["code"] == "500"


async def test_a_backslash_is_escaped_too(qbo: Bench) -> None:
    made = await qbo.customer(DisplayName="Back\\slash's")
    found = await qbo.ids("SELECT * FROM Customer WHERE DisplayName = 'Back\\\\slash\\'s'")
    assert found == [made["Id"]]


async def test_what_switches_change(qbo: Bench) -> None:
    await qbo.switch(curly_apostrophe_breaks_queries=False)
    made = await qbo.customer(DisplayName="O\u2019Neill")
    assert await qbo.ids("SELECT * FROM Customer WHERE DisplayName = 'O\u2019Neill'") == [
        made["Id"]
    ]
    await qbo.switch(name_comparison_ignores_case=False)
    assert await qbo.ids("SELECT * FROM Customer WHERE DisplayName = 'o\\'brien roofing'") == []
    assert await qbo.ids("SELECT * FROM Customer WHERE DisplayName LIKE 'o\\'b%'") == []
    await qbo.switch(query_shows_total_count=True, query_projections="sparse")
    found = await qbo.query("SELECT DisplayName, Balance FROM Customer WHERE Id = '1'")
    assert found["totalCount"] == 1
    (one,) = found["Customer"]
    assert one["sparse"] is True
    assert set(one) == {"DisplayName", "Balance", "Id", "domain", "sparse"}


async def test_rows_shift_while_one_pages(qbo: Bench) -> None:
    statement = "SELECT * FROM Customer ORDERBY DisplayName STARTPOSITION {} MAXRESULTS 3"
    first = await qbo.ids(statement.format(1))
    await qbo.customer(DisplayName="!!! first of all")
    assert (await qbo.ids(statement.format(4)))[0] == first[-1]


async def test_a_list_may_lag_and_a_read_may_be_stale(qbo: Bench) -> None:
    made = await qbo.customer()
    await qbo.advance(3)
    await qbo.order({"kind": "index_lag", "operation": "GET *query", "times": 1})
    statement = where(f"Id = '{made['Id']}'")
    assert await qbo.ids(statement) == []
    assert await qbo.ids(statement) == [made["Id"]]
    await qbo.person("PATCH", f"customers/{made['Id']}", {"Notes": "new"})
    await qbo.order({"kind": "stale_read", "seconds": 2, "times": 1})
    assert "Notes" not in await qbo.read("Customer", made["Id"])
    assert (await qbo.read("Customer", made["Id"]))["Notes"] == "new"
