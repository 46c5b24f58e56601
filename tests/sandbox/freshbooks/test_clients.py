"""Clients: what a create needs and fills in, what a change may touch, phases of a PUT."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench


async def test_a_create_answers_200_with_the_whole_record(books: Bench) -> None:
    reply = await books.write("POST", "clients", email="john@abc.example", p_city="Toronto")
    assert reply.status == 200
    made = reply.body["response"]["result"]["client"]
    assert made["id"] == made["userid"]
    assert made["organization"] == "john@abc.example"
    assert (made["fname"], made["p_city"], made["s_city"]) == ("", "Toronto", "")
    assert (made["note"], made["home_phone"], made["vat_name"]) == (None, None, None)
    assert (made["role"], made["vis_state"], made["num_logins"]) == ("client", 0, 0)
    assert made["accounting_systemid"] == books.account_id
    assert made["currency_code"] == "USD"
    counted = (await books.control("GET", "counters"))["creates"]["freshbooks"]
    assert counted == {"clients": 1}


@pytest.mark.parametrize(
    ("given", "organization"),
    [
        ({"fname": "Ada", "lname": "Moss"}, "Ada Moss"),
        ({"fname": "Ada", "email": "a@b.example"}, "Ada"),
        ({"email": "a@b.example"}, "a@b.example"),
        ({"organization": "Acme", "fname": "Ada"}, "Acme"),
    ],
)
async def test_the_organization_is_filled_in(
    books: Bench, given: dict[str, str], organization: str
) -> None:
    assert (await books.done("POST", "clients", **given))["organization"] == organization


@pytest.mark.parametrize("given", [{}, {"p_city": "Rome"}, {"organization": "", "email": None}])
async def test_a_client_without_any_name(books: Bench, given: dict[str, Any]) -> None:
    reply = await books.write("POST", "clients", **given)
    assert reply.status == 422
    assert await books.errnos(reply) == [7012]


@pytest.mark.parametrize(
    ("given", "status", "errno"),
    [
        ({"organization": 7}, 422, 1035),
        ({"organization": "x" * 256}, 422, 1017),
        ({"email": "nobody"}, 422, 1004),
        ({"currency_code": "XXX"}, 422, 1004),
        ({"allow_late_fees": "yes"}, 422, 1031),
        ({"wishes": "many"}, 422, 1006),
        ({"updated": "2020-01-01 00:00:00"}, 403, 1038),
        ({"userid": 5}, 403, 1038),
        ({"outstanding_balance": []}, 403, 1038),
    ],
)
async def test_refused_fields(books: Bench, given: dict[str, Any], status: int, errno: int) -> None:
    """The same on create and on change."""
    known = await books.client()
    for reply in (
        await books.write("POST", "clients", **{"fname": "A", **given}),
        await books.write("PUT", "clients", known["id"], **given),
    ):
        assert reply.status == status, reply.body
        assert await books.errnos(reply) == [errno]
    (row,) = reply.body["response"]["errors"]
    assert (row["field"], row["object"]) == (next(iter(given)), "client")


async def test_all_wrong_fields_are_told_at_once(books: Bench) -> None:
    reply = await books.write("POST", "clients", fname=1, lname=2, email="x")
    assert await books.errnos(reply) == [1035, 1035, 1004]


async def test_unknown_fields_are_ignored_by_switch(books: Bench) -> None:
    await books.switch(unknown_fields="ignored")
    assert "wishes" not in await books.done("POST", "clients", fname="A", wishes="many")


async def test_a_change_touches_what_it_names(books: Bench) -> None:
    made = await books.client(fname="Ada", p_city="Rome")
    await books.advance(60)
    changed = await books.done("PUT", "clients", made["id"], p_city="Paris")
    differing = {name for name in made if made[name] != changed[name]}
    assert differing == {"p_city", "updated"}
    assert await books.read("clients", made["id"]) == changed


async def test_emails_are_not_unique(books: Bench) -> None:
    first = await books.done("POST", "clients", email="same@x.example")
    second = await books.done("POST", "clients", email="same@x.example")
    found = await books.every("clients", **{"search[email]": "Same@X.example"})
    assert {c["id"] for c in found} == {first["id"], second["id"]}


async def test_vis_state_in_a_put_drops_the_rest_in_silence(books: Bench) -> None:
    made = await books.client(organization="Kept")
    done = await books.done(
        "PUT", "clients", made["id"], vis_state=0, organization="Lost", updated=1
    )
    assert done["organization"] == "Kept"
    assert done["updated"] == made["updated"]


async def test_deleting_and_bringing_back(books: Bench) -> None:
    made = await books.client()
    gone = await books.done("PUT", "clients", made["id"], vis_state=1)
    assert gone["vis_state"] == 1
    refused = await books.write("PUT", "clients", made["id"], fname="A")
    assert await books.errnos(refused) == [1011]
    back = await books.done("PUT", "clients", made["id"], vis_state=0)
    assert back["vis_state"] == 0
    odd = await books.write("PUT", "clients", made["id"], vis_state=3)
    assert await books.errnos(odd) == [1004]


async def test_a_put_to_nobody(books: Bench) -> None:
    reply = await books.write("PUT", "clients", 1, fname="A")
    assert (reply.status, await books.errnos(reply)) == (404, [1012])
