"""What stands before the services: tokens, companies, limits, quota, outages, forms of answers."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.sandbox import Reply

from .bench import Bench, where

SPACE = "{http://schema.intuit.com/finance/v3}"
PLAIN = {"DisplayName": "Northfold"}


def code(reply: Reply) -> str:
    """The code of a gateway's error."""
    return str(reply.body["fault"]["error"][0]["code"])


def xml_code(reply: Reply) -> str | None:
    error = ElementTree.fromstring(reply.content).find(f"{SPACE}Fault/{SPACE}Error")  # noqa: S314 - the sandbox's own answer
    assert error is not None
    return error.get("code")


async def test_an_unknown_token(still: Bench) -> None:
    reply = await still.ask("GET", "preferences", token="nothing")
    assert reply.status == 401
    assert reply.body["fault"] == {
        "error": [
            {
                "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                "detail": "Token expired",
                "code": "3200",
                "element": None,
            }
        ],
        "type": "AUTHENTICATION",
    }
    assert isinstance(reply.body["time"], int)
    assert set(reply.body) == {
        "warnings", "intuitObject", "fault", "report", "queryResponse", "batchItemResponse",
        "attachableResponse", "syncErrorResponse", "requestId", "time", "status", "cdcresponse",
    }  # fmt: skip
    for header in ("", "Basic eDp5", "Bearer"):
        sent = {"authorization": header}
        assert (await still.ask("GET", "preferences", headers=sent)).status == 401


async def test_other_forms_of_401(qbo: Bench) -> None:
    await qbo.switch(unauthorized_form="xml")
    reply = await qbo.ask("GET", "preferences", token="nothing")
    assert (reply.status, xml_code(reply)) == (401, "3200")
    await qbo.switch(unauthorized_form="code_100")
    assert xml_code(await qbo.ask("GET", "preferences", token="nothing")) == "100"
    await qbo.switch(unauthorized_form="empty")
    assert (await qbo.ask("GET", "preferences", token="nothing")).content == b""


async def test_another_companys_realm(still: Bench) -> None:
    second = (await still.companies())[1]
    for realm in (second["Id"], "123", "me"):
        reply = await still.ask("GET", "preferences", realm=realm)
        assert (reply.status, code(reply)) == (403, "3100")


async def test_two_companies_hold_equal_ids(still: Bench) -> None:
    second = (await still.companies())[1]
    token = (await still.refresh(second["refresh_token"])).body["access_token"]
    ours = await still.read("Customer", "1")
    theirs = await still.ask("GET", "customer/1", realm=second["Id"], token=token)
    assert theirs.body["Customer"]["Id"] == ours["Id"]
    assert theirs.body["Customer"]["DisplayName"] != ours["DisplayName"]
    assert (await still.ask("GET", "customer/1", token=token)).status == 403


async def test_every_answer_has_a_trace_id(still: Bench) -> None:
    replies = [
        await still.ask("GET", "customer/1"),
        await still.ask("GET", "customer/9999"),
        await still.ask("GET", "preferences", token="x"),
        await still.refresh(),
        await still.refresh("wrong"),
        await still.call("GET", "/quickbooks_online/.well-known/openid_configuration"),
        await still.call("GET", "/quickbooks_online/nowhere"),
    ]
    traces = [reply.headers["intuit_tid"] for reply in replies]
    assert len(set(traces)) == len(traces)
    assert all(re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", trace) for trace in traces)


async def test_xml_unless_json_is_asked_for(still: Bench) -> None:
    as_xml = {"accept": "*/*"}
    reply = await still.ask("GET", "customer/3", headers=as_xml)
    assert reply.headers["content-type"].startswith("application/xml")
    root = ElementTree.fromstring(reply.content)  # noqa: S314 - the sandbox's own answer
    customer = root.find(f"{SPACE}Customer")
    assert customer is not None
    assert customer.get("domain") == "QBO"
    assert customer.findtext(f"{SPACE}DisplayName") == "Smith, Jones & Partners, LLC"
    money = customer.find(f"{SPACE}CurrencyRef")
    assert money is not None
    assert (money.text, money.get("name")) == ("CAD", "Canadian Dollar")
    assert xml_code(await still.ask("GET", "customer/9999", headers=as_xml)) == "610"
    forced = await still.ask("GET", "customer/3?format=json", headers=as_xml)
    assert forced.body["Customer"]["Id"] == "3"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 404),
        ("GET", "customer/", 404),
        ("GET", "Customer/1", 400),
        ("GET", "nothing/1", 400),
        ("GET", "customer", 400),
        ("PUT", "customer/1", 400),
        ("POST", "preferences", 400),
        ("GET", "companyinfo/77", 400),
        ("GET", "bill/1", 400),
    ],
)
async def test_wrong_addresses(still: Bench, method: str, path: str, status: int) -> None:
    assert (await still.ask(method, path)).status == status


async def test_company_and_preferences(still: Bench) -> None:
    info = (await still.good("GET", f"companyinfo/{still.realm}"))["CompanyInfo"]
    assert (info["Country"], info["DefaultTimeZone"]) == ("US", "America/Los_Angeles")
    assert {"Name": "NeoEnabled", "Value": "true"} in info["NameValue"]
    prefs = (await still.good("GET", "preferences?minorversion=99"))["Preferences"]
    assert prefs["CurrencyPrefs"]["MultiCurrencyEnabled"] is True
    assert prefs["CurrencyPrefs"]["HomeCurrency"]["value"] == "USD"
    assert (await still.query("select * from CompanyInfo"))["CompanyInfo"] == [info]


async def test_the_company_may_be_renamed(qbo: Bench) -> None:
    info = (await qbo.good("GET", f"companyinfo/{qbo.realm}"))["CompanyInfo"]
    changed = await qbo.sparse(info, "CompanyInfo", LegalName="Bluebird Ltd")
    assert (changed["LegalName"], changed["SyncToken"]) == ("Bluebird Ltd", "1")
    assert changed["CompanyName"] == info["CompanyName"]
    whole = {"Id": info["Id"], "SyncToken": "1", "CompanyName": "Bluebird"}
    assert "LegalName" not in await qbo.save("CompanyInfo", whole)
    assert await qbo.code("POST", "companyinfo", {"CompanyName": "A second one"}) == "500"


async def test_a_company_without_currencies(qbo: Bench) -> None:
    await qbo.switch(multi_currency=False)
    assert "CurrencyRef" not in await qbo.read("Customer", "2")
    found = await qbo.query("select * from Invoice")
    names = {name for invoice in found["Invoice"] for name in invoice}
    assert not {"CurrencyRef", "ExchangeRate", "HomeBalance", "HomeTotalAmt"} & names
    prefs = (await qbo.good("GET", "preferences"))["Preferences"]["CurrencyPrefs"]
    assert prefs["MultiCurrencyEnabled"] is False


# --- limits ---


async def test_ten_a_second_then_a_minute_of_429(qbo: Bench) -> None:
    await qbo.switch(rate_limits=True)
    for _ in range(10):
        assert (await qbo.ask("GET", "preferences")).status == 200
    reply = await qbo.ask("GET", "preferences")
    assert (reply.status, code(reply)) == (429, "3001")
    assert "retry-after" not in reply.headers
    await qbo.advance(59)
    assert (await qbo.ask("GET", "preferences")).status == 429
    await qbo.advance(1)
    assert (await qbo.ask("GET", "preferences")).status == 200


async def test_five_hundred_a_minute(qbo: Bench) -> None:
    await qbo.switch(rate_limits=True, throttle_seconds=5.0, retry_after_header=True)
    for n in range(500):
        if n % 10 == 0:
            await qbo.advance(1.1)
        assert (await qbo.ask("GET", "preferences")).status == 200, n
    await qbo.advance(1)
    reply = await qbo.ask("GET", "preferences")
    assert (reply.status, reply.headers["retry-after"]) == (429, "5")
    second = (await qbo.companies())[1]
    token = (await qbo.refresh(second["refresh_token"])).body["access_token"]
    other = await qbo.ask("GET", "preferences", realm=second["Id"], token=token)
    assert other.status == 200


async def test_forty_batches_a_minute(qbo: Bench) -> None:
    await qbo.switch(rate_limits=True)
    body = {"BatchItemRequest": [{"bId": "1", "Query": "select * from Term"}]}
    for n in range(40):
        if n % 10 == 0:
            await qbo.advance(1)
        assert (await qbo.ask("POST", "batch", body)).status == 200, n
    await qbo.advance(1)
    assert (await qbo.ask("POST", "batch", body)).status == 429


async def test_ten_at_once(qbo: Bench) -> None:
    await qbo.ask("GET", "preferences")
    await qbo.switch(rate_limits=True, latency_seconds=2.0)
    asked = []
    for n in range(11):
        if n == 5:
            await qbo.clock.advance(1)
        asked.append(asyncio.ensure_future(qbo.ask("GET", "preferences")))
        await asyncio.sleep(0)
    await qbo.clock.advance(5)
    assert sorted(reply.status for reply in await asyncio.gather(*asked)) == [200] * 10 + [429]


async def test_a_429_has_three_forms(qbo: Bench) -> None:
    await qbo.switch(rate_limits=True, throttle_form="varied")
    for _ in range(10):
        await qbo.ask("GET", "preferences")
    found = [await qbo.ask("GET", "preferences") for _ in range(3)]
    assert code(found[0]) == "3001"
    assert xml_code(found[1]) == "3001"
    assert found[2].content == b""


async def test_the_months_reads_run_out_for_reads_alone(qbo: Bench) -> None:
    made = await qbo.customer()
    await qbo.switch(monthly_reads=4)
    await qbo.ask("GET", "preferences")
    await qbo.ask("GET", "query?query=select%20*%20from%20Term")
    items = [{"bId": str(n), "Query": "select * from Term"} for n in range(2)]
    assert (await qbo.ask("POST", "batch", {"BatchItemRequest": items})).status == 200
    reply = await qbo.ask("GET", "preferences")
    assert (reply.status, code(reply)) == (429, "3001")
    changed = await qbo.sparse(made, Notes="writes go on")
    assert changed["Notes"] == "writes go on"
    second = (await qbo.companies())[1]
    token = (await qbo.refresh(second["refresh_token"])).body["access_token"]
    assert (await qbo.ask("GET", "preferences", realm=second["Id"], token=token)).status == 429
    production, development = await qbo.apps()
    assert (production["metered_reads"], development["metered_reads"]) == (4, 0)
    # May ends at 07:00 UTC on 1 June, at midnight in California.
    await qbo.advance(28 * 86_400 - 2 * 3600 - 1)
    qbo.token = ""
    assert (await qbo.ask("GET", "preferences")).status == 429
    await qbo.advance(1)
    assert (await qbo.ask("GET", "preferences")).status == 200


async def test_sandbox_companies_are_not_metered_and_send_forty_mails(qbo: Bench) -> None:
    await qbo.switch(host_environment="sandbox", monthly_reads=1)
    development, trial = (await qbo.apps())[1], (await qbo.companies())[2]
    token = (await qbo.refresh(trial["refresh_token"], app=development)).body["access_token"]
    there: dict[str, Any] = {"realm": trial["Id"], "token": token}
    for _ in range(3):
        assert (await qbo.ask("GET", "preferences", **there)).status == 200
    found = await qbo.ask("GET", "query?query=select%20*%20from%20Invoice", **there)
    path = f"invoice/{found.body['QueryResponse']['Invoice'][0]['Id']}/send?sendTo=a@b.example"
    for _ in range(40):
        assert (await qbo.ask("POST", path, **there)).status == 200
    assert (await qbo.ask("POST", path, **there)).status == 429


# --- trouble ---


async def test_outages(qbo: Bench) -> None:
    await qbo.switch(outage="500")
    reply = await qbo.ask("GET", "customer/1")
    assert reply.status == 500
    assert reply.body["Fault"]["type"] == "SystemFault"
    assert reply.body["Fault"]["Error"][0]["code"] == "10000"
    await qbo.switch(outage="503")
    reply = await qbo.ask("POST", "customer?requestid=a", PLAIN)
    assert (reply.status, reply.headers["content-type"][:9]) == (503, "text/html")
    await qbo.switch(outage="none")
    assert (await qbo.ask("POST", "customer?requestid=a", PLAIN)).status == 200


async def test_a_fault_may_come_with_200(qbo: Bench) -> None:
    await qbo.switch(faults_with_200=True)
    reply = await qbo.ask("GET", "customer/9999")
    assert reply.status == 200
    assert reply.body["Fault"]["Error"][0]["code"] == "610"


async def test_a_lapsed_plan_and_a_user_without_access(qbo: Bench) -> None:
    await qbo.switch(subscription_ended=True)
    assert await qbo.code("GET", "customer/1") == "6190"
    await qbo.switch(subscription_ended=False, user_lost_access="400")
    assert await qbo.code("GET", "customer/1") == "120"
    await qbo.switch(user_lost_access="403")
    reply = await qbo.ask("GET", "customer/1")
    assert reply.status == 403
    assert reply.body["Fault"]["type"] == "AuthorizationFault"


async def test_slow_answers(qbo: Bench) -> None:
    await qbo.ask("GET", "preferences")
    await qbo.order({"kind": "slow", "seconds": 30, "times": 1})
    asked = asyncio.ensure_future(qbo.ask("GET", "preferences"))
    await qbo.clock.advance(29)
    assert not asked.done()
    await qbo.clock.advance(1)
    assert (await asked).status == 200


async def test_requests_are_counted_by_their_operation(qbo: Bench) -> None:
    await qbo.read("Customer", "1")
    await qbo.read("Customer", "2")
    await qbo.query(where("Id = '1'"))
    counted = (await qbo.control("GET", "counters"))["requests"]
    shown = {(line["operation"], line["status"]): line["n"] for line in counted}
    assert shown["GET /v3/company/{id}/customer/{id}", 200] == 2
    assert shown["GET /v3/company/{id}/query", 200] == 1
    assert shown["POST /oauth2/v1/tokens/bearer", 200] == 1
