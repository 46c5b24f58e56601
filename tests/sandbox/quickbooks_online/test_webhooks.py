"""The portal's webhook: both formats, signature, three seconds, a line (sheet, section 7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ml_sandbox.vendors.quickbooks_online.webhooks import signature
from tests.support.clock import settle

from .bench import RECEIVER, VERIFIER, Bench

SPECS = Path(__file__).resolve().parents[4] / "shared/specs/quickbooks_online/examples"


async def test_a_cloud_event(qbo: Bench) -> None:
    await qbo.switch(event_optional_parts="always", event_id_shape="plain")
    await qbo.listen()
    made = await qbo.customer()
    await settle()
    (event,) = qbo.last.json
    assert set(event) == {
        "specversion", "id", "source", "type", "datacontenttype", "time", "intuitentityid",
        "intuitaccountid", "data",
    }  # fmt: skip
    assert event["specversion"] == "1.0"
    assert event["type"] == "qbo.customer.created.v1"
    assert event["datacontenttype"] == "application/json"
    assert (event["intuitentityid"], event["intuitaccountid"]) == (made["Id"], qbo.realm)
    assert event["data"] == {}
    assert event["source"].startswith("intuit.")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event["id"])
    assert qbo.last.headers["content-type"] == "application/json"


async def test_parts_that_may_be_missing_and_two_shapes_of_ids(qbo: Bench) -> None:
    await qbo.listen()
    for n in range(8):
        await qbo.customer(DisplayName=f"Many {n}")
    await settle()
    events = [posted.json[0] for posted in qbo.outbox.posted]
    assert {"data" in event for event in events} == {True, False}
    assert {"datacontenttype" in event for event in events} == {True, False}
    assert {event["id"].count("-") for event in events} == {4, 6}
    digits = {len(event["time"].partition(".")[2].rstrip("Z")) for event in events}
    assert digits == {0, 3, 6, 9}
    assert all(event["time"].endswith("Z") for event in events)
    assert len({event["id"] for event in events}) == len(events)
    assert len({event["source"] for event in events}) == 1


async def test_the_classic_form(qbo: Bench) -> None:
    await qbo.switch(webhook_format="classic")
    await qbo.listen()
    made = await qbo.customer()
    await settle()
    assert qbo.last.json == {
        "eventNotifications": [
            {
                "realmId": qbo.realm,
                "dataChangeEvent": {
                    "entities": [
                        {
                            "name": "Customer",
                            "id": made["Id"],
                            "operation": "Create",
                            "lastUpdated": "2026-05-04T09:00:00.000Z",
                        }
                    ]
                },
            }
        ]
    }
    goes = await qbo.customer(DisplayName="Cedar Bookshop")
    await qbo.act("customers", goes, "merge", into=made["Id"])
    await settle()
    (entity,) = qbo.last.json["eventNotifications"][0]["dataChangeEvent"]["entities"]
    assert (entity["operation"], entity["id"], entity["deletedId"]) == (
        "Merge",
        made["Id"],
        goes["Id"],
    )


async def test_the_signature_covers_the_raw_bytes(qbo: Bench) -> None:
    await qbo.listen()
    await qbo.customer(DisplayName="Zoë")
    await settle()
    digest = hmac.new(VERIFIER.encode(), qbo.last.body, hashlib.sha256).digest()
    assert qbo.last.headers["intuit-signature"] == base64.b64encode(digest).decode()


def test_the_published_vectors() -> None:
    path = SPECS / "webhook_signature_vectors.json"
    if not path.exists():
        pytest.skip("the given signature vectors are not beside this checkout")
    for vector in json.loads(path.read_text("utf-8")):
        raw = (SPECS / vector["file"]).read_bytes()
        assert signature(vector["verifier_token"], raw) == vector["sha256_hmac_base64"]


async def test_what_each_change_tells(qbo: Bench) -> None:
    await qbo.listen()
    one = await qbo.customer()
    two = await qbo.customer(DisplayName="Cedar Bookshop")
    await qbo.act("customers", one, "deactivate")
    await qbo.person("DELETE", f"customers/{two['Id']}")
    three = await qbo.customer(DisplayName="Cedar Prints")
    invoice = await qbo.invoice(50, customer=three["Id"], BillEmail={"Address": "a@b.example"})
    await qbo.act("invoices", invoice, "send")
    await qbo.act("invoices", invoice, "pay", amount=20)
    (payment,) = (await qbo.person("GET", "payments"))[-1:]
    await qbo.act("payments", payment, "void")
    await qbo.act("invoices", invoice, "void")
    memo = await qbo.person(
        "POST", "credit_memos", {"CustomerRef": {"value": three["Id"]}, "TotalAmt": 5}
    )
    await qbo.person("DELETE", f"credit_memos/{memo['Id']}")
    term = await qbo.person("POST", "terms", {"Name": "Net 7", "DueDays": 7})
    await qbo.person("PATCH", f"terms/{term['Id']}", {"DueDays": 8})
    assert await qbo.told() == [
        f"customer.created {one['Id']}",
        f"customer.created {two['Id']}",
        f"customer.updated {one['Id']}",
        f"customer.deleted {two['Id']}",
        f"customer.created {three['Id']}",
        f"invoice.created {invoice['Id']}",
        f"invoice.emailed {invoice['Id']}",
        f"invoice.updated {invoice['Id']}",
        f"payment.created {payment['Id']}",
        f"invoice.updated {invoice['Id']}",
        f"payment.voided {payment['Id']}",
        f"invoice.voided {invoice['Id']}",
        f"creditmemo.created {memo['Id']}",
        f"creditmemo.deleted {memo['Id']}",
        f"term.created {term['Id']}",
        f"term.updated {term['Id']}",
    ]


async def test_a_merge_names_both_ids(qbo: Bench) -> None:
    stays, goes = await qbo.customer(), await qbo.customer(DisplayName="Cedar Bookshop")
    await qbo.listen("Customer.Merge")
    await qbo.act("customers", goes, "merge", into=stays["Id"])
    await settle()
    (event,) = qbo.last.json
    assert event["type"] == "qbo.customer.merged.v1"
    assert event["intuitentityid"] == stays["Id"]
    assert event["data"] == {"deletedid": goes["Id"]}


async def test_changes_by_api_are_told_as_well(qbo: Bench) -> None:
    await qbo.listen("Customer")
    made = await qbo.save("Customer", {"DisplayName": "Northfold"})
    await qbo.sparse(made, Notes="x")
    assert await qbo.told() == [f"customer.created {made['Id']}", f"customer.updated {made['Id']}"]


async def test_switches_of_what_is_told(qbo: Bench) -> None:
    await qbo.switch(deactivation_event="deleted", balance_moves_customer=True)
    await qbo.listen("Customer")
    made = await qbo.customer()
    await qbo.invoice(10, customer=made["Id"])
    await qbo.act("customers", made, "deactivate")
    assert await qbo.told() == [
        f"customer.created {made['Id']}",
        f"customer.updated {made['Id']}",
        f"customer.deleted {made['Id']}",
    ]


async def test_only_what_was_chosen(qbo: Bench) -> None:
    answer = await qbo.listen("Customer.Update", "qbo.invoice.voided.v1", "Term")
    assert answer["events"] == [
        "qbo.customer.updated.v1",
        "qbo.invoice.voided.v1",
        "qbo.term.created.v1",
        "qbo.term.updated.v1",
    ]
    made = await qbo.customer()
    invoice = await qbo.invoice(10, customer=made["Id"])
    await qbo.act("invoices", invoice, "void")
    assert await qbo.told() == [f"invoice.voided {invoice['Id']}"]


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://example.com/h", "secret": "s", "events": []},
        {"url": RECEIVER, "secret": "", "events": []},
        {"url": RECEIVER, "secret": "s", "events": ["Customer.Void"]},
        {"url": RECEIVER, "secret": "s", "events": ["customer.created"]},
    ],
)
async def test_what_the_portal_refuses(qbo: Bench, body: dict[str, Any]) -> None:
    reply = await qbo.call("PUT", "/_sandbox/quickbooks_online/webhook", body)
    assert reply.status == 400


async def test_the_table_of_retries(qbo: Bench) -> None:
    await qbo.switch(webhook_retry_hours=0.0)
    await qbo.listen()
    qbo.outbox.answers += [500] * 10
    await qbo.customer()
    await qbo.clock.advance(60 * 3600)
    at = [posted.at_seconds for posted in qbo.outbox.posted]
    pauses = [later - earlier for earlier, later in pairwise(at)]
    assert pauses == [10, 20, 30, 300, 1200, 7200, 14400, 21600, 21600, 21600]
    assert len({posted.body for posted in qbo.outbox.posted}) == 1
    counted = (await qbo.control("GET", "counters"))["webhooks"]["quickbooks_online"]
    assert counted == {"sent": 1, "answered": 1, "retried": 10, "dropped": 0}


async def test_three_seconds_and_nothing_but_200(qbo: Bench) -> None:
    await qbo.listen()
    qbo.outbox.answers += [None, 202, 200]
    await qbo.customer()
    await qbo.clock.advance(60)
    assert [posted.at_seconds for posted in qbo.outbox.posted] == [0, 13, 33]


async def test_later_events_wait_for_the_first(qbo: Bench) -> None:
    await qbo.listen("Customer")
    qbo.outbox.answers += [500, 500]
    one = await qbo.customer()
    await settle()
    two = await qbo.customer(DisplayName="Cedar Bookshop")
    three = await qbo.customer(DisplayName="Cedar Prints")
    assert await qbo.told() == [f"customer.created {one['Id']}"]
    await qbo.clock.advance(10)
    assert len(qbo.outbox.posted) == 2
    await qbo.clock.advance(20)
    assert await qbo.told() == [
        *[f"customer.created {one['Id']}"] * 3,
        f"customer.created {two['Id']}",
        f"customer.created {three['Id']}",
    ]


async def test_a_delivery_is_given_up_in_the_end(qbo: Bench) -> None:
    await qbo.switch(webhook_retry_hours=0.01)
    await qbo.listen("Customer")
    qbo.outbox.answers += [500] * 4
    await qbo.customer()
    two = await qbo.customer(DisplayName="Cedar Bookshop")
    await qbo.clock.advance(60)
    assert (await qbo.told())[-1] == f"customer.created {two['Id']}"
    assert len(qbo.outbox.posted) == 5
    counted = (await qbo.control("GET", "counters"))["webhooks"]["quickbooks_online"]
    assert counted["dropped"] == 1


async def test_what_waits_may_go_together_with_several_companies(qbo: Bench) -> None:
    await qbo.switch(webhook_bundles=True)
    await qbo.listen("Customer")
    second = (await qbo.companies())[1]["Id"]
    qbo.outbox.answers += [500]
    one = await qbo.customer()
    await settle()
    await qbo.customer(DisplayName="Cedar Bookshop")
    other = await qbo.customer(realmId=second)
    await qbo.clock.advance(10)
    assert [len(posted.json) for posted in qbo.outbox.posted] == [1, 1, 2]
    assert [event["intuitaccountid"] for event in qbo.last.json] == [qbo.realm, second]
    assert qbo.last.json[1]["intuitentityid"] == other["Id"] != one["Id"]


async def test_the_classic_form_keeps_companies_apart(qbo: Bench) -> None:
    await qbo.switch(webhook_bundles=True, webhook_format="classic")
    await qbo.listen("Customer")
    second = (await qbo.companies())[1]["Id"]
    qbo.outbox.answers += [500]
    for n, realm in enumerate((qbo.realm, second, qbo.realm, second)):
        await qbo.customer(DisplayName=f"New {n}", realmId=realm)
        await settle()
    await qbo.clock.advance(10)
    notices = qbo.last.json["eventNotifications"]
    sizes = [(n["realmId"], len(n["dataChangeEvent"]["entities"])) for n in notices]
    assert sizes == [(second, 2), (qbo.realm, 1)]


async def test_what_goes_together_may_be_of_one_company(qbo: Bench) -> None:
    await qbo.switch(webhook_bundles=True, webhook_mixes_companies=False)
    await qbo.listen("Customer")
    second = (await qbo.companies())[1]["Id"]
    qbo.outbox.answers += [500]
    for n, realm in enumerate((qbo.realm, qbo.realm, qbo.realm, second)):
        await qbo.customer(DisplayName=f"New {n}", realmId=realm)
        await settle()
    await qbo.clock.advance(10)
    told = [[event["intuitaccountid"] for event in posted.json] for posted in qbo.outbox.posted]
    assert told == [[qbo.realm], [qbo.realm], [qbo.realm] * 2, [second]]


async def test_the_standards_content_type_by_switch(qbo: Bench) -> None:
    await qbo.switch(cloudevents_content_type="application/cloudevents-batch+json")
    await qbo.listen()
    await qbo.customer()
    await settle()
    assert qbo.last.headers["content-type"] == "application/cloudevents-batch+json"


async def test_ordered_troubles(qbo: Bench) -> None:
    await qbo.listen("Customer")
    await qbo.order({"kind": "webhook_drop", "operation": "qbo.customer.created.v1", "times": 1})
    one = await qbo.customer()
    await qbo.person("PATCH", f"customers/{one['Id']}", {"Notes": "x"})
    assert await qbo.told() == [f"customer.updated {one['Id']}"]
    await qbo.order({"kind": "webhook_duplicate", "times": 1})
    await qbo.person("PATCH", f"customers/{one['Id']}", {"Notes": "y"})
    await settle()
    assert qbo.outbox.posted[-1].body == qbo.outbox.posted[-2].body
    sent = len(qbo.outbox.posted)
    await qbo.order({"kind": "webhook_reorder", "times": 1})
    two = await qbo.customer(DisplayName="Held back")
    three = await qbo.customer(DisplayName="Overtakes")
    assert (await qbo.told())[sent:] == [
        f"customer.created {three['Id']}",
        f"customer.created {two['Id']}",
    ]
    await qbo.order({"kind": "webhook_delay", "seconds": 60, "times": 1})
    await qbo.customer(DisplayName="Late")
    four = await qbo.customer(DisplayName="In time")
    assert (await qbo.told())[-1] == f"customer.created {four['Id']}"
    await qbo.clock.advance(60)
    assert len(await qbo.told()) == sent + 4


async def test_the_same_change_told_by_two_ids(qbo: Bench) -> None:
    await qbo.switch(event_told_twice=True)
    await qbo.listen()
    await qbo.customer()
    await settle()
    one, two = qbo.last.json
    assert one["id"] != two["id"]
    assert one["intuitentityid"] == two["intuitentityid"]


async def test_nothing_is_told_without_a_connection(qbo: Bench) -> None:
    await qbo.listen()
    await qbo.person("POST", f"companies/{qbo.realm}/disconnect", {})
    await qbo.customer()
    await settle()
    assert qbo.outbox.posted == []
    await qbo.exchange((await qbo.authorize())["code"])
    await qbo.customer(DisplayName="Cedar Bookshop")
    await settle()
    assert len(qbo.outbox.posted) == 1


async def test_a_portal_change_may_take_its_time(qbo: Bench) -> None:
    await qbo.switch(webhook_activation_seconds=300.0)
    await qbo.listen()
    await qbo.customer()
    await qbo.advance(300)
    two = await qbo.customer(DisplayName="Cedar Bookshop")
    assert await qbo.told() == [f"customer.created {two['Id']}"]


async def test_each_set_of_keys_has_its_own_portal(qbo: Bench) -> None:
    live, _, trial = await qbo.companies()
    await qbo.switch(host_environment="sandbox")
    await qbo.listen("Customer")
    await qbo.customer(realmId=live["Id"])
    made = await qbo.customer(realmId=trial["Id"])
    assert await qbo.told() == [f"customer.created {made['Id']}"]
    assert qbo.last.json[0]["intuitaccountid"] == trial["Id"]
