"""Records: by what a record of Pipedrive may be recognised."""

from __future__ import annotations

from ml_connector.core.keys import ExternalKey, key_in_note, with_key_line
from ml_connector.core.objects import Likeness
from ml_connector.vendors.pipedrive import ACTIVITIES, DEALS, ORGANIZATIONS, PERSONS
from ml_connector.vendors.pipedrive.records import amount_text, record_of, reference_tokens
from tests.vendors.pipedrive.given import FIELD_CODE, OTHER_CODE

DEAL = {
    "id": 9,
    "title": "Order PO-4500, (INV-77)",
    "org_id": 42,
    "value": 1200.5,
    "currency": "EUR",
    "update_time": "2026-05-04T09:12:00Z",
    "is_deleted": False,
    "custom_fields": {FIELD_CODE: "Ref. 2026/001", OTHER_CODE: "wave:B1:invoices:I1"},
}


def test_a_deal_speaks_for_invoices_of_its_organization() -> None:
    record = record_of(DEALS, DEAL)
    assert (record.id, record.updated_at, record.deleted) == ("9", "2026-05-04T09:12:00Z", False)
    assert record.likenesses == (
        Likeness("reference", "42:po-4500"),
        Likeness("reference", "42:inv-77"),
        Likeness("reference", "42:2026/001"),
        Likeness("amount", "42:1200.5:EUR"),
    )


def test_a_deal_of_no_organization_or_without_amount_speaks_for_less() -> None:
    assert record_of(DEALS, {**DEAL, "org_id": None}).likenesses == ()
    kinds = {found.kind for found in record_of(DEALS, {**DEAL, "value": 0}).likenesses}
    assert kinds == {"reference"}


def test_dates_links_prose_and_words_are_no_references() -> None:
    text = "2026-05-04 https://pay.example/77 plain words #1042. ＩＮＶ７"
    assert list(reference_tokens(text)) == ["1042", "inv7"]
    prose = {FIELD_CODE: "7 " * 200}
    found = record_of(DEALS, {**DEAL, "title": "x", "value": 0, "custom_fields": prose})
    assert found.likenesses == ()


def test_amounts_have_one_shortest_form() -> None:
    forms = [amount_text(value) for value in (1200, 1200.0, "1200.00", 0.1, "1E+3")]
    assert forms == ["1200", "1200", "1200", "0.1", "1000"]


def test_an_organization_is_alike_by_name_and_a_person_by_each_address() -> None:
    organization = record_of(ORGANIZATIONS, {"id": 42, "name": " Northwind  TOOLS "})
    assert organization.likenesses == (Likeness("name", "northwind tools"),)
    emails = [{"value": "Ada@Northwind.example"}, {"value": ""}, {"value": "ada@northwind.example"}]
    person = record_of(PERSONS, {"id": 77, "org_id": 42, "emails": emails})
    assert person.likenesses == (Likeness("email", "ada@northwind.example"),)
    assert person.fields["org_id"] == "42"


def test_a_deleted_record_says_so_and_a_new_one_has_the_moment_it_was_added() -> None:
    record = record_of(PERSONS, {"id": 1, "is_deleted": True, "update_time": None, "add_time": "t"})
    assert record.deleted
    assert record.updated_at == "t"


def test_the_key_in_an_activitys_note_survives_what_a_sanitizer_does() -> None:
    key = ExternalKey("wave", "B1", "invoices", "I1")
    note = with_key_line("Open", str(key))
    for told in (
        note,
        note.replace("<br>", "<br />"),
        f"<p>{note}</p>",
        note.replace(" w", "&nbsp;w"),
    ):
        record = record_of(ACTIVITIES, {"id": 900, "note": told})
        assert key_in_note(str(record.fields["note"])) == str(key)
