"""The client: which calls it makes, in which order, and what it makes of the answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ml_connector.core.faults import Missing, Refused, UnknownOutcome, Unreachable
from ml_connector.core.objects import SetupItem
from ml_connector.core.values import Values
from ml_connector.core.wire import Response
from ml_connector.vendors.pipedrive import ACTIVITIES, DEALS, ORGANIZATIONS, PERSONS
from ml_connector.vendors.pipedrive.calls import roots
from tests.vendors.pipedrive.given import FIELD_CODE, OTHER_CODE, Script, answered, bench

SINCE = datetime(2026, 5, 4, 9, 0, 0, 987_654, tzinfo=UTC)
NOT_FOUND = answered(None, status=404, success=False)
PIPELINES = [
    {"id": 1, "name": "Invoices", "is_deleted": True},
    {"id": 2, "name": "Invoices", "is_deleted": False},
    {"id": 3, "name": "Sales", "is_deleted": False},
]


def record(id: int, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": f"Firm {id}", "update_time": "2026-05-04T09:00:00Z", **more}


def field(name: str, code: str, type_: str = "varchar", custom: bool = True) -> dict[str, Any]:
    return {
        "field_name": name,
        "field_code": code,
        "field_type": type_,
        "is_custom_field": custom,
    }


async def test_identify_tells_company_and_user() -> None:
    me = {
        "name": "Ada",
        "company_id": 7001,
        "company_name": "Acme",
        "company_domain": "acme",
        "default_currency": "EUR",
        "access": [{"app": "sales", "admin": False}, {"app": "global", "admin": True}],
    }
    on = bench(Script({"GET /api/v1/users/me": answered(me)}))
    identity = await on.client.identify(on.errand)
    assert (identity.account, identity.name) == ("7001", "Acme")
    assert identity.detail["is_admin"] is True
    assert identity.detail["user"] == "Ada"
    assert (on.errand.calls, on.errand.tokens) == (1, 2)


@pytest.mark.parametrize(
    ("settings", "root"),
    [
        ({"base_url": "https://acme.pipedrive.com"}, "/api/v1"),
        ({"base_url": "http://127.0.0.1:9/pipedrive", "auth": "token"}, "/api/v1"),
        ({"base_url": "https://api.pipedrive.com", "auth": "oauth"}, "/v1"),
        ({"auth": "token"}, "/v1"),
        ({"auth": "oauth"}, "/api/v1"),
        ({}, "/api/v1"),
    ],
)
def test_what_is_left_of_v1_begins_elsewhere_on_the_generic_host(
    settings: dict[str, str], root: str
) -> None:
    assert roots(settings) == {"v1": root, "v2": "/api/v2"}


async def test_a_listing_is_paged_to_its_end() -> None:
    pages = [answered([record(1)], next_cursor="c+1="), answered([record(2)])]
    script = Script({"GET /api/v2/organizations": pages})
    on = bench(script)
    first = await on.client.page(ORGANIZATIONS, None, on.errand)
    second = await on.client.page(ORGANIZATIONS, first.next_cursor, on.errand)
    assert [r.id for r in (*first.records, *second.records)] == ["1", "2"]
    assert second.next_cursor is None
    assert script.targets == [
        "GET /api/v2/organizations?limit=500",
        "GET /api/v2/organizations?limit=500&cursor=c%2B1%3D",
    ]


async def test_deals_go_on_with_the_archived_ones() -> None:
    archived = [answered([record(2)], next_cursor="a"), answered([record(3)])]
    script = Script(
        {"GET /api/v2/deals": answered([record(1)]), "GET /api/v2/deals/archived": archived}
    )
    on = bench(script)
    cursor, ids = None, list[str]()
    while True:
        page = await on.client.page(DEALS, cursor, on.errand)
        ids += [r.id for r in page.records]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert ids == ["1", "2", "3"]
    assert script.targets[1:] == [
        "GET /api/v2/deals/archived?limit=500",
        "GET /api/v2/deals/archived?limit=500&cursor=a",
    ]
    assert on.errand.tokens == 10 + 20 + 20


async def test_changes_are_asked_for_in_whole_seconds_oldest_first() -> None:
    script = Script({"GET /api/v2/persons": answered(None, next_cursor="")})
    on = bench(script)
    page = await on.client.changed_page(PERSONS, SINCE, "c", on.errand)
    assert (page.records, page.next_cursor) == ((), None)
    assert script.targets == [
        "GET /api/v2/persons?updated_since=2026-05-04T09%3A00%3A00Z"
        "&sort_by=update_time&sort_direction=asc&limit=500&cursor=c"
    ]


async def test_few_records_are_read_singly() -> None:
    script = Script(
        {
            "GET /api/v2/organizations/1": answered(record(1)),
            "GET /api/v2/organizations/2": NOT_FOUND,
            "GET /api/v2/organizations/3": answered(record(3, is_deleted=True)),
        }
    )
    on = bench(script)
    found = await on.client.read(ORGANIZATIONS, ["1", "2", "3"], on.errand)
    assert sorted(found) == ["1", "3"]
    assert (found["1"].deleted, found["3"].deleted) == (False, True)
    assert on.errand.tokens == 3


async def test_many_are_listed_and_only_what_the_listing_hides_is_read_singly() -> None:
    ids = [str(n) for n in range(1, 11)]
    listed = [record(n) for n in range(1, 9)]
    script = Script(
        {
            "GET /api/v2/deals": answered(listed),
            "GET /api/v2/deals/9": answered(record(9, is_archived=True)),
            "GET /api/v2/deals/10": NOT_FOUND,
        }
    )
    on = bench(script)
    found = await on.client.read(DEALS, ids, on.errand)
    assert sorted(found, key=int) == ids[:-1]
    assert script.targets[0] == (
        "GET /api/v2/deals?ids=1%2C2%2C3%2C4%2C5%2C6%2C7%2C8%2C9%2C10&limit=500"
    )
    assert on.errand.tokens == 10 + 2


async def test_a_failed_read_is_no_absence() -> None:
    page = Response(404, {"content-type": "text/html"}, b"<html>nginx</html>")
    on = bench(
        Script(
            {
                "GET /api/v2/deals/1": answered({"id": 1}),
                "GET /api/v2/deals/2": answered(None, status=400, success=False),
            }
        )
    )
    with pytest.raises(Refused):
        await on.client.read(DEALS, ["1", "2"], on.errand)
    wrong = bench(Script({"GET /api/v2/deals": page, "GET /api/v2/deals/1": page}))
    task = wrong.client.read(DEALS, ["1"], wrong.errand)
    with pytest.raises(Unreachable, match="base_url"):
        await wrong.clock.run(task)


async def test_a_create_sends_what_is_given_and_returns_what_was_made() -> None:
    made = record(42, custom_fields={FIELD_CODE: "wave:B1:customers:C1"}, owner_id=11)
    script = Script({"POST /api/v2/organizations": answered(made)})
    on = bench(script)
    fields: Values = {"name": "Firm 42", FIELD_CODE: "wave:B1:customers:C1"}
    created = await on.client.create(ORGANIZATIONS, fields, on.errand)
    assert script.body() == {
        "name": "Firm 42",
        "custom_fields": {FIELD_CODE: "wave:B1:customers:C1"},
    }
    assert created.id == "42"
    assert created.fields[FIELD_CODE] == "wave:B1:customers:C1"
    assert created.fields["owner_id"] == "11"
    assert on.errand.tokens == ORGANIZATIONS.costs.create


async def test_an_update_sends_only_what_changes() -> None:
    script = Script({"PATCH /api/v2/activities/900": answered({"id": 900, "done": True})})
    on = bench(script)
    updated = await on.client.update(ACTIVITIES, "900", {"done": True}, on.errand)
    assert script.body() == {"done": True}
    assert updated.fields == {"done": True}


@pytest.mark.parametrize("answer", [NOT_FOUND, answered(record(42, is_deleted=True))])
async def test_an_update_of_what_is_gone_is_missing(answer: Response) -> None:
    on = bench(Script({"PATCH /api/v2/organizations/42": answer}))
    with pytest.raises(Missing):
        await on.client.update(ORGANIZATIONS, "42", {"name": "x"}, on.errand)


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, {"content-type": "application/json"}, b'{"success": true, "da'),
        Response(200, {"content-type": "text/html"}, b"<html></html>"),
        Response(200, {"content-type": "application/json"}, b'{"success": true}'),
        Response(200, {"content-type": "application/json"}, b""),
        Response(502, {"content-type": "text/html"}, b"<html></html>"),
    ],
)
async def test_a_write_without_a_good_answer_is_an_unknown_outcome(answer: Response) -> None:
    script = Script({"POST /api/v2/deals": answer})
    on = bench(script)
    with pytest.raises(UnknownOutcome):
        await on.client.create(DEALS, {"title": "x"}, on.errand)
    assert len(script.asked) == 1


async def test_a_refusal_within_a_200_is_one() -> None:
    on = bench(Script({"POST /api/v2/deals": answered(None, success=False)}))
    with pytest.raises(Refused):
        await on.client.create(DEALS, {"title": "x"}, on.errand)


async def test_what_is_imagined_is_what_a_write_would_return() -> None:
    script = Script({})
    on = bench(script)
    fields: Values = {
        "title": "Invoice INV-77",
        "org_id": "42",
        "value": "10.00",
        "currency": "EUR",
    }
    imagined = on.client.imagine(DEALS, "new-1", fields)
    assert imagined.id == "new-1"
    assert imagined.fields == {**fields, "value": 10}
    assert [found.value for found in imagined.likenesses] == ["42:inv-77", "42:10:EUR"]
    assert script.asked == []


async def test_the_type_of_a_custom_field_decides_how_a_numbers_text_goes_out() -> None:
    script = Script({"PATCH /api/v2/deals/9": answered(record(9))})
    on = bench(script)
    on.client.know_setup(
        {
            FIELD_CODE: SetupItem("field", "Invoice number", object="deals", type="varchar"),
            OTHER_CODE: SetupItem("field", "Amount", object="deals", type="double"),
            "5": SetupItem("stage", "Sent", parent="Invoices"),
        }
    )
    await on.client.update(DEALS, "9", {FIELD_CODE: "1042", OTHER_CODE: "1042.50"}, on.errand)
    assert script.body() == {"custom_fields": {FIELD_CODE: "1042", OTHER_CODE: 1042.5}}


async def test_currencies_are_those_in_use() -> None:
    currencies = [
        {"code": "EUR", "active_flag": True},
        {"code": "XTS", "active_flag": False},
        {"code": "PTS", "is_custom_flag": True},
    ]
    on = bench(Script({"GET /api/v1/currencies": answered(currencies)}))
    assert await on.client.vocabulary("currencies", on.errand) == ["EUR", "PTS"]


async def test_set_up_is_found_by_name_and_type_among_what_stands() -> None:
    script = Script(
        {
            "GET /api/v2/dealFields": [
                answered([field("Invoice", "title", custom=False)], next_cursor="n"),
                answered(
                    [
                        field("Invoice", "aa", "text"),
                        field("Invoice", "bb"),
                        field("Invoice", "cc"),
                    ]
                ),
            ],
            "GET /api/v2/pipelines": answered(PIPELINES),
            "GET /api/v2/stages": answered(
                [{"id": 5, "name": "Sent"}, {"id": 6, "name": "Paid", "is_deleted": True}]
            ),
        }
    )
    on = bench(script)
    items = [
        SetupItem("pipeline", "Invoices"),
        SetupItem("stage", "Sent", parent="Invoices"),
        SetupItem("stage", "Paid", parent="Invoices"),
        SetupItem("stage", "Sent", parent="Nowhere"),
        SetupItem("field", "Invoice", object="deals", type="varchar"),
        SetupItem("field", "Unknown", object="deals", type="varchar"),
    ]
    assert await on.client.find_setup(items, on.errand) == {
        "pipeline//Invoices": "2",
        "stage/Invoices/Sent": "5",
        "field/deals/Invoice": "bb",
    }
    assert script.targets[-1] == "GET /api/v2/stages?pipeline_id=2&limit=500"
    assert on.errand.calls == 4


async def test_set_up_is_created_and_its_code_returned() -> None:
    script = Script(
        {
            "POST /api/v2/personFields": answered(field("Key", FIELD_CODE)),
            "POST /api/v2/pipelines": answered({"id": 2, "name": "Invoices"}),
            "POST /api/v2/stages": answered({"id": 5, "name": "Sent"}),
        }
    )
    on = bench(script)
    key = SetupItem("field", "Key", object="persons", type="varchar", is_key=True)
    assert await on.client.create_setup(key, "", on.errand) == FIELD_CODE
    assert script.body() == {"field_name": "Key", "field_type": "varchar"}
    pipeline = SetupItem("pipeline", "Invoices")
    assert await on.client.create_setup(pipeline, "", on.errand) == "2"
    stage = SetupItem("stage", "Sent", parent="Invoices")
    assert await on.client.create_setup(stage, "2", on.errand) == "5"
    assert script.body() == {"name": "Sent", "pipeline_id": 2}
    assert on.errand.tokens == sum(on.client.setup_tokens(i) for i in (key, pipeline, stage))


HOOK: dict[str, Any] = {
    "id": 31,
    "event_object": "deal",
    "event_action": "*",
    "subscription_url": "https://hooks.example/hooks/t/s",
    "is_active": 1,
}


async def test_a_subscription_is_made_listed_and_deleted() -> None:
    silenced = {**HOOK, "id": 32, "is_active": 0, "remove_reason": "too many failures"}
    script = Script(
        {
            "POST /api/v1/webhooks": answered(HOOK, status=201),
            "GET /api/v1/webhooks": answered([HOOK, silenced]),
            "DELETE /api/v1/webhooks/31": Response(200, {}, b'{"status": "ok", "success": true}'),
        }
    )
    on = bench(script)
    secrets = {"webhook_user": "u-sample", "webhook_password": "p-sample"}
    made = await on.client.subscribe("deal.*", HOOK["subscription_url"], secrets, on.errand)
    assert script.body() == {
        "subscription_url": "https://hooks.example/hooks/t/s",
        "event_object": "deal",
        "event_action": "*",
        "name": "ml-connector deal.*",
        "version": "2.0",
        "http_auth_user": "u-sample",
        "http_auth_password": "p-sample",
    }
    assert (made.id, made.event, made.healthy) == ("31", "deal.*", True)
    assert on.errand.tokens == on.client.subscribe_tokens
    listed = await on.client.subscriptions(on.errand)
    assert listed[0] == made
    assert (listed[1].healthy, listed[1].detail) == (False, "too many failures")
    await on.client.unsubscribe("31", on.errand)
