"""What the client makes of answers that went wrong in part, as recorded bodies."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from ml_connector.core.faults import NeedsPerson, Refused, TooFast, Unreachable
from ml_connector.core.wire import Errand
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES, Invoice
from tests.support.clock import VirtualClock
from tests.vendors.wave.given import BUSINESS, CUSTOMER, INVOICE
from tests.vendors.wave.test_faults import HTML, error
from tests.vendors.wave.test_objects import invoice_node, payment_node
from tests.vendors.wave.wires import Recorded, wave_client

T = TypeVar("T")
OTHER = INVOICE[:-4] + "Mg=="


def of_business(*errors: dict[str, Any], **fields: object) -> dict[str, Any]:
    body: dict[str, Any] = {"data": {"business": {"id": BUSINESS, **fields}}}
    return {**body, "errors": list(errors)} if errors else body


def not_found(*path: str) -> dict[str, Any]:
    return error("NOT_FOUND", "It could not be found.", list(path) or None)


async def within(clock: VirtualClock, work: Coroutine[Any, Any, T]) -> T:
    return await clock.run(work)


async def read(app: Recorded, *keys: str) -> dict[str, Any]:
    clock = VirtualClock()
    client = wave_client(app.transport, clock, account=BUSINESS)
    return await within(clock, client.read(INVOICES, keys, Errand()))


SINGLE = invoice_node(payments=[payment_node()])


@pytest.mark.parametrize("status", [200, 404, 400])
async def test_a_not_found_for_that_very_id_is_gone_whatever_the_status(status: int) -> None:
    body = of_business(not_found("business", "r1"), r0=SINGLE, r1=None)
    found = await read(Recorded((status, body)), INVOICE, OTHER)
    assert found[INVOICE].payments[0].id == "p1"
    assert found[OTHER] is None


async def test_null_without_any_error_is_gone_too() -> None:
    assert await read(Recorded((200, of_business(r0=None))), INVOICE) == {INVOICE: None}


async def test_a_not_found_inside_a_record_refuses_it_and_does_not_call_it_gone() -> None:
    for node in (None, SINGLE):
        app = Recorded((200, of_business(not_found("business", "r0", "customer"), r0=node)))
        with pytest.raises(Refused, match="could not be found"):
            await read(app, INVOICE)


async def test_a_not_found_for_nothing_in_particular_calls_nothing_gone() -> None:
    with pytest.raises(Refused):
        await read(Recorded((200, of_business(not_found(), r0=None))), INVOICE)


@pytest.mark.parametrize("status", [200, 404])
async def test_a_business_that_is_not_found_stops_the_connection(status: int) -> None:
    body = {"data": {"business": None}, "errors": [not_found("business")]}
    with pytest.raises(NeedsPerson, match="could not be found"):
        await read(Recorded((status, body)), INVOICE)


async def test_an_answer_about_no_business_is_no_answer() -> None:
    with pytest.raises(Unreachable):
        await read(Recorded((200, {"data": {"business": None, "user": {}}})), INVOICE)


async def test_an_answer_without_the_page_is_no_answer() -> None:
    clock = VirtualClock()
    client = wave_client(Recorded((200, of_business())).transport, clock, account=BUSINESS)
    with pytest.raises(Unreachable, match="page"):
        await within(clock, client.changes(CUSTOMERS, {}, Errand()))


async def test_their_trouble_is_tried_again_within_the_call() -> None:
    trouble = (200, of_business(error("INTERNAL_SERVER_ERROR", path=["business", "r0"]), r0=None))
    app = Recorded(trouble, trouble, (200, of_business(r0=SINGLE)))
    assert (await read(app, INVOICE))[INVOICE] is not None
    assert app.calls == 3


async def test_a_page_of_html_says_that_the_address_may_be_wrong() -> None:
    with pytest.raises(Unreachable, match="base_url"):
        await read(Recorded((200, HTML)), INVOICE)


async def test_a_full_window_is_not_tried_at_once() -> None:
    app = Recorded((429, b""))
    with pytest.raises(TooFast):
        await read(app, INVOICE)
    assert app.calls == 1


async def test_a_static_token_that_is_refused_needs_a_person() -> None:
    app = Recorded((200, {"data": None, "errors": [error("UNAUTHENTICATED")]}))
    with pytest.raises(NeedsPerson):
        await read(app, INVOICE)
    assert app.calls == 1


async def test_nothing_is_asked_for_no_keys() -> None:
    app = Recorded((500, b""))
    assert await read(app) == {}
    assert app.calls == 0


def identity(*ids: str, named: str | None = None, total: int | None = None) -> dict[str, Any]:
    firms = [{"id": id, "name": f"Firm {i}", "isArchived": False} for i, id in enumerate(ids)]
    return {
        "data": {
            "user": {"id": "u", "firstName": "Ada", "lastName": None, "defaultEmail": "a@b.co"},
            "business": next((firm for firm in firms if firm["id"] == named), None),
            "businesses": {
                "pageInfo": {"totalCount": total}, "edges": [{"node": firm} for firm in firms],
            },
        }
    }  # fmt: skip


SECOND = "QnVzaW5lc3M6Mg=="


async def identify(body: dict[str, Any], wanted: str = "", account: str = "") -> tuple[Any, Any]:
    clock, app = VirtualClock(), Recorded((200, body))
    client = wave_client(app.transport, clock, account=account, settings={"business_id": wanted})
    found = await within(clock, client.identify(Errand()))
    return found.account, found


async def test_the_only_business_is_taken() -> None:
    account, found = await identify(identity(BUSINESS))
    assert (account, found.name, found.detail["user"]) == (BUSINESS, "Firm 0", "Ada")


async def test_a_bound_token_names_its_business_even_where_none_is_listed() -> None:
    body = identity(BUSINESS, named=BUSINESS)
    body["data"]["businesses"]["edges"] = []
    assert (await identify(body))[0] == BUSINESS


async def test_several_businesses_need_a_person_and_are_told_with_the_way_out() -> None:
    with pytest.raises(NeedsPerson) as fault:
        await identify(identity(BUSINESS, SECOND, named=BUSINESS, total=60))
    assert f"Firm 0: --set business_id={BUSINESS}" in fault.value.sentence
    assert f"Firm 1: --set business_id={SECOND}; and 58 more." in fault.value.sentence


async def test_the_wanted_business_is_found_by_its_id_or_its_uuid() -> None:
    body = identity(SECOND, BUSINESS)
    assert (await identify(body, BUSINESS))[0] == BUSINESS
    assert (await identify(body, "11111111-2222-4333-8444-555555555555"))[0] == BUSINESS


async def test_a_wanted_business_that_is_not_there_needs_a_person() -> None:
    with pytest.raises(NeedsPerson, match="no business nowhere"):
        await identify(identity(BUSINESS), "nowhere")


async def test_a_second_business_does_not_disturb_a_connection_that_stands() -> None:
    assert (await identify(identity(SECOND, BUSINESS), account=BUSINESS))[0] == BUSINESS


async def test_no_business_at_all_needs_a_person() -> None:
    with pytest.raises(NeedsPerson, match="no business"):
        await identify(identity())


async def test_without_an_account_the_first_call_asks_who_we_are() -> None:
    clock, app = VirtualClock(), Recorded((200, identity(BUSINESS)), (200, of_business(r0=SINGLE)))
    client = wave_client(app.transport, clock)
    record = (await within(clock, client.read(INVOICES, [INVOICE], Errand())))[INVOICE]
    assert isinstance(record, Invoice)
    assert (record.business_id, record.customer.id) == (BUSINESS, CUSTOMER)
