"""The client: which calls it makes, in which order, and what it makes of the answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ml_connector.core.faults import Missing, NeedsPerson, Refused, UnknownOutcome, Unreachable
from ml_connector.core.values import Values
from ml_connector.core.wire import Response
from ml_connector.vendors.zendesk import INVOICES, ORGANIZATIONS, USERS
from tests.vendors.zendesk.given import (
    ITEMS,
    SETTINGS,
    Script,
    answered,
    bench,
    invoice,
    listed,
    organization,
    ulid,
    user,
)

SINCE = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
NOT_FOUND = answered({"error": "RecordNotFound", "description": "Not found"}, 404)
ORG_KEY = "wave:b:c:7"


async def test_identify_tells_account_user_and_plan() -> None:
    me = user(5, name="Ada", role="admin", url="https://acme.zendesk.com/api/v2/users/5.json")
    on = bench(Script({"GET /users/me": {"user": me}}), {**SETTINGS, "plan": "suite_growth"})
    identity = await on.client.identify(on.errand)
    assert (identity.account, identity.name) == ("acme", "acme.zendesk.com")
    assert identity.detail["user"] == "Ada"
    assert identity.detail["plan"] == "suite_growth, as set"
    assert on.errand.calls == 1


@pytest.mark.parametrize(
    "me", [{"id": None, "name": "Anonymous user", "role": "end-user"}, user(5, role="agent"), None]
)
async def test_who_is_no_administrator_is_told_so_even_with_status_200(me: Any) -> None:
    on = bench(Script({"GET /users/me": {"user": me}}))
    with pytest.raises(NeedsPerson, match="administrator"):
        await on.client.identify(on.errand)


async def test_a_listing_is_paged_by_cursor_to_its_end() -> None:
    pages = [
        listed("organizations", organization(1), after="c+1="),
        listed("organizations", organization(2)),
    ]
    script = Script({"GET /organizations": pages})
    on = bench(script)
    first = await on.client.page(ORGANIZATIONS, None, on.errand)
    second = await on.client.page(ORGANIZATIONS, first.next_cursor, on.errand)
    assert [r.id for r in (*first.records, *second.records)] == ["1", "2"]
    assert second.next_cursor is None
    assert script.query(0) == {"page[size]": "100"}
    assert script.query(1) == {"page[size]": "100", "page[after]": "c+1="}


async def test_a_forgotten_cursor_begins_the_listing_anew() -> None:
    lost = answered({"errors": [{"code": "InvalidCursor", "title": "Invalid cursor"}]}, 400)
    script = Script({"GET /users": [lost, listed("users", user(1))]})
    on = bench(script)
    page = await on.client.page(USERS, "old", on.errand)
    assert [r.id for r in page.records] == ["1"]
    assert "page[after]" not in script.query()


async def test_an_answer_without_the_listing_is_no_empty_listing() -> None:
    on = bench(Script({"GET /organizations": {"help_center": "closed"}}))
    with pytest.raises(Unreachable, match="base_url"):
        await on.client.page(ORGANIZATIONS, None, on.errand)


async def test_changed_organizations_come_from_the_export_with_an_overlap() -> None:
    start = int(SINCE.timestamp()) - 120
    deleted = organization(2, deleted_at="2026-05-04T09:01:00Z")
    pages = [
        {"organizations": [organization(1)], "end_time": start + 90, "end_of_stream": False},
        {"organizations": [deleted], "end_time": start + 150, "end_of_stream": True},
    ]
    script = Script({"GET /incremental/organizations": pages})
    on = bench(script)
    first = await on.client.changed_page(ORGANIZATIONS, SINCE, None, on.errand)
    assert script.query() == {"start_time": str(start)}
    second = await on.client.changed_page(ORGANIZATIONS, SINCE, first.next_cursor, on.errand)
    assert script.query() == {"start_time": str(start + 90)}
    assert second.next_cursor is None
    assert [r.deleted for r in (*first.records, *second.records)] == [False, True]


async def test_an_export_page_that_does_not_move_ends() -> None:
    start = int(SINCE.timestamp()) - 120
    still = {"organizations": [], "end_time": start, "end_of_stream": False}
    on = bench(Script({"GET /incremental/organizations": still}))
    page = await on.client.changed_page(ORGANIZATIONS, SINCE, None, on.errand)
    assert page.next_cursor is None


async def test_changed_users_come_from_the_export_by_cursor() -> None:
    pages = [
        {"users": [user(1)], "after_cursor": "a", "end_of_stream": False},
        {"users": [user(2, active=False)], "after_cursor": "b", "end_of_stream": True},
    ]
    script = Script({"GET /incremental/users/cursor": pages})
    on = bench(script)
    first = await on.client.changed_page(USERS, SINCE, None, on.errand)
    second = await on.client.changed_page(USERS, SINCE, first.next_cursor, on.errand)
    assert second.next_cursor is None
    assert script.query(0) == {"start_time": str(int(SINCE.timestamp()) - 120)}
    assert script.query(1) == {"cursor": "a"}
    assert [r.deleted for r in (*first.records, *second.records)] == [False, True]


async def test_changed_records_are_listed_newest_first_and_told_oldest_first() -> None:
    young = [invoice(n, updated_at=f"2026-05-04T09:00:0{n}Z") for n in (3, 2, 1, 0)]
    old = invoice(9, updated_at="2026-05-04T08:59:59Z")
    pages = [
        listed("custom_object_records", *young[:2], after="a"),
        listed("custom_object_records", *young[2:], old, after="b"),
    ]
    script = Script({"GET /custom_objects/wave_invoice/records": pages})
    on = bench(script)
    page = await on.client.changed_page(INVOICES, SINCE, None, on.errand)
    assert [r.fields["name"] for r in page.records] == ["INV-0", "INV-1", "INV-2", "INV-3"]
    assert page.next_cursor is None
    assert script.query(0)["sort"] == "-updated_at"
    assert on.errand.calls == 2


async def test_records_are_read_by_one_listing() -> None:
    script = Script(
        {
            "GET /organizations/show_many": {"organizations": [organization(1)]},
            "GET /organizations/2/merges": {"organization_merges": []},
            "GET /users/show_many": {"users": [user(1), user(2, active=False)]},
            "GET /custom_objects/wave_invoice/records": listed("custom_object_records", invoice(1)),
        }
    )
    on = bench(script)
    assert sorted(await on.client.read(ORGANIZATIONS, ["1", "2"], on.errand)) == ["1"]
    assert script.query(0) == {"ids": "1,2"}
    users = await on.client.read(USERS, ["1", "2"], on.errand)
    assert (users["1"].deleted, users["2"].deleted) == (False, True)
    assert list(await on.client.read(INVOICES, [ulid(1), ulid(2)], on.errand)) == [ulid(1)]
    assert script.query()["filter[ids]"] == f"{ulid(1)},{ulid(2)}"


@pytest.mark.parametrize(
    ("answer", "winner"),
    [
        ({"organization_merges": [
            {"loser_id": 9, "winner_id": 2, "status": "complete"},
            {"loser_id": 2, "winner_id": 4, "status": "error"},
            {"loser_id": 2, "winner_id": 3, "status": "complete"},
        ]}, "3"),
        ({"organization_merges": [{"loser_id": 2, "winner_id": 3, "status": "new"}]}, None),
        (answered({"error": "InvalidEndpoint", "description": "Not found"}, 404), None),
        (NOT_FOUND, None),
    ],
)  # fmt: skip
async def test_an_organization_that_was_merged_is_told_with_its_winner(
    answer: Any, winner: str | None
) -> None:
    script = Script(
        {
            "GET /organizations/show_many": {"organizations": []},
            "GET /organizations/2/merges": answer,
        }
    )
    on = bench(script)
    found = await on.client.read(ORGANIZATIONS, ["2"], on.errand)
    assert {id: (r.deleted, r.merged_into) for id, r in found.items()} == (
        {"2": (True, winner)} if winner else {}
    )


async def test_an_organization_is_upserted_by_its_key() -> None:
    made = organization(7, external_id=ORG_KEY, organization_fields={"wave_open_balance": "420.50"})
    script = Script({"POST /organizations/create_or_update": answered({"organization": made}, 201)})
    on = bench(script)
    on.client.know_setup({item.key: item for item in ITEMS})
    fields: Values = {
        "name": "Firm 7", "external_id": ORG_KEY, "wave_open_balance": "420.50",
        "wave_oldest_due": None,
    }  # fmt: skip
    created = await on.client.create(ORGANIZATIONS, fields, on.errand)
    assert script.body() == {
        "organization": {
            "name": "Firm 7",
            "external_id": ORG_KEY,
            "organization_fields": {"wave_open_balance": 420.5, "wave_oldest_due": None},
        }
    }
    assert (created.id, created.fields["wave_open_balance"]) == ("7", 420.5)


async def test_a_name_that_is_taken_is_refused_in_words_whatever_the_language() -> None:
    taken = {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": {
            "name": [{"description": "Nombre:  ya está siendo usado", "error": "DuplicateValue"}]
        },
    }
    on = bench(Script({"POST /organizations/create_or_update": answered(taken, 422)}))
    with pytest.raises(Refused, match="another organization has this name already") as refused:
        await on.client.create(ORGANIZATIONS, {"name": "Firm"}, on.errand)
    assert refused.value.field == "name"


async def test_a_record_is_upserted_by_its_key_and_updated_by_its_id() -> None:
    path = "PATCH /custom_objects/wave_invoice/records"
    script = Script(
        {
            path: {"custom_object_record": invoice(1)},
            f"{path}/{ulid(1)}": {"custom_object_record": invoice(1, name="INV-1b")},
        }
    )
    on = bench(script)
    made = await on.client.create(
        INVOICES, {"name": "INV-1", "external_id": "wave:b:i:1"}, on.errand
    )
    assert script.query() == {"external_id": "wave:b:i:1"}
    assert script.body() == {"custom_object_record": {"name": "INV-1"}}
    changed = await on.client.update(INVOICES, made.id, {"name": "INV-1b"}, on.errand)
    assert (changed.id, changed.fields["name"]) == (ulid(1), "INV-1b")


async def test_a_value_that_zendesk_drops_without_a_word_is_refused() -> None:
    told = organization(7, organization_fields={"other": None})
    on = bench(Script({"PUT /organizations/7": {"organization": told}}))
    with pytest.raises(Refused) as refused:
        await on.client.update(ORGANIZATIONS, "7", {"wave_gone": "x"}, on.errand)
    assert refused.value.field == "wave_gone"
    cleared = await on.client.update(ORGANIZATIONS, "7", {"wave_gone": None}, on.errand)
    assert cleared.id == "7"


async def test_an_end_user_is_made_without_a_mail_and_never_upserted() -> None:
    script = Script({"POST /users": answered({"user": user(3)}, 201)})
    on = bench(script)
    fields: Values = {
        "name": "Pat", "email": "pat@firm.example", "external_id": "k", "organization_id": "7"
    }  # fmt: skip
    await on.client.create(USERS, fields, on.errand)
    assert script.body() == {"user": {**fields, "organization_id": 7, "skip_verify_email": True}}
    assert script.calls == ["POST /users"]


async def test_a_user_who_joined_the_staff_or_was_deleted_is_not_written() -> None:
    script = Script({"GET /users/1": {"user": user(1, role="agent")}, "GET /users/3": NOT_FOUND,
                     "GET /users/2": {"user": user(2, active=False)}})  # fmt: skip
    on = bench(script)
    with pytest.raises(Refused, match="left alone"):
        await on.client.update(USERS, "1", {"name": "x"}, on.errand)
    for id in ("2", "3"):
        with pytest.raises(Missing):
            await on.client.update(USERS, id, {"name": "x"}, on.errand)
    assert all(call.startswith("GET") for call in script.calls)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_new_email_becomes_the_primary_one(is_known: bool) -> None:
    own = [{"id": 1, "type": "email", "value": "u1@firm.example"}]
    added = {"id": 2, "type": "email", "value": "New@firm.example"}
    script = Script(
        {
            "GET /users/1": {"user": user(1)},
            "GET /users/1/identities": {"identities": [*own, added] if is_known else own},
            "POST /users/1/identities": answered({"identity": added}, 201),
            "PUT /users/1/identities/2/make_primary": {"identities": []},
            "PUT /users/1": {"user": user(1, email="new@firm.example", phone="1")},
        }
    )
    on = bench(script)
    fields: Values = {"email": "new@firm.example", "phone": "1"}
    written = await on.client.update(USERS, "1", fields, on.errand)
    assert written.fields["email"] == "new@firm.example"
    made = ["POST /users/1/identities"] if not is_known else []
    assert script.calls[2:] == [*made, "PUT /users/1/identities/2/make_primary", "PUT /users/1"]
    assert "email" not in script.body()["user"]
    again = await on.client.update(USERS, "1", {"email": "U1@firm.example"}, on.errand)
    assert again.id == "1"
    assert script.calls[-1] == "GET /users/1"


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, {"content-type": "application/json"}, b'{"organization": {"id'),
        Response(200, {"content-type": "text/html"}, b"<html></html>"),
        answered({"organizations": []}),
        answered([]),
        Response(502, {"content-type": "text/html"}, b"<html></html>"),
    ],
)
async def test_a_write_without_a_good_answer_is_an_unknown_outcome(answer: Response) -> None:
    script = Script({"POST /organizations/create_or_update": answer})
    on = bench(script)
    with pytest.raises(UnknownOutcome):
        await on.client.create(ORGANIZATIONS, {"name": "x"}, on.errand)
    assert len(script.asked) == 1


async def test_an_update_of_what_is_gone_is_missing() -> None:
    path = "PATCH /custom_objects/wave_invoice/records"
    on = bench(Script({"PUT /organizations/42": NOT_FOUND, f"{path}/{ulid(1)}": NOT_FOUND}))
    with pytest.raises(Missing):
        await on.client.update(ORGANIZATIONS, "42", {"name": "x"}, on.errand)
    with pytest.raises(Missing):
        await on.client.update(INVOICES, ulid(1), {"name": "x"}, on.errand)


async def test_what_is_imagined_is_what_a_write_would_return() -> None:
    script = Script({})
    on = bench(script)
    on.client.know_setup({item.key: item for item in ITEMS})
    fields: Values = {"name": "ACME  Ltd", "external_id": ORG_KEY, "wave_open_balance": "10.00"}
    imagined = on.client.imagine(ORGANIZATIONS, "-1", fields)
    assert imagined.id == "-1"
    assert imagined.fields == {**fields, "wave_open_balance": 10}
    assert [(found.kind, found.value) for found in imagined.likenesses] == [("name", "acme ltd")]
    with pytest.raises(Refused):
        on.client.imagine(ORGANIZATIONS, "-1", {"wave_open_balance": "much"})
    with pytest.raises(LookupError):
        await on.client.vocabulary("currencies", on.errand)
    assert script.asked == []
