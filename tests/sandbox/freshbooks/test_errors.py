"""Every error shape of the sheet, in the family that it belongs to, and the limits."""

from __future__ import annotations

import pytest

from .bench import Bench

UNAUTHENTICATED = {
    "error": "unauthenticated",
    "error_description": "This action requires authentication to continue.",
}
NEW = {"X-API-VERSION": "2023-02-20"}
NODE = {"Api-Version": "alpha"}


async def test_accounting_old_shape(books: Bench) -> None:
    reply = await books.ask("GET", books.path("clients", 134))
    assert reply.status == 404
    assert reply.body == {
        "response": {
            "errors": [
                {
                    "errno": 1012,
                    "field": "userid",
                    "message": "Client not found.",
                    "object": "client",
                    "value": "134",
                }
            ]
        }
    }


@pytest.mark.parametrize("header", [NEW, NODE])
async def test_accounting_newer_shape(books: Bench, header: dict[str, str]) -> None:
    reply = await books.ask("GET", books.path("clients", 134), headers=header)
    assert reply.status == 404
    assert reply.body == {
        "code": 5,
        "message": "Request failed with status_code: 404",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "1012",
                "domain": "accounting.api.freshbooks.com",
                "metadata": {
                    "object": "client",
                    "message": "Client not found.",
                    "value": "134",
                    "field": "userid",
                },
            }
        ],
    }


async def test_one_object_in_place_of_the_list_and_status_200(books: Bench) -> None:
    await books.switch(errors_as_object=True)
    reply = await books.ask("GET", books.path("clients", 134))
    assert reply.body["response"]["errors"]["errno"] == 1012
    await books.switch(errors_with_status_200=True)
    assert (await books.ask("GET", books.path("clients", 134))).status == 200


async def test_rows_may_lack_fields_and_a_wrong_account_is_errno_404(books: Bench) -> None:
    reply = await books.ask("GET", books.path("clients", account_id="Nobody"))
    assert reply.status == 404
    assert reply.body == {"response": {"errors": [{"errno": 404, "message": "Account not found."}]}}


async def test_an_account_id_keeps_its_case(books: Bench) -> None:
    other = books.account_id.swapcase()
    assert (await books.ask("GET", books.path("clients", account_id=other))).status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Basic eDp5"},
    ],
)
async def test_bad_tokens_in_each_family(books: Bench, headers: dict[str, str]) -> None:
    account = books.account_id
    shapes = {
        "/auth/api/v1/users/me": UNAUTHENTICATED,
        books.path("clients"): UNAUTHENTICATED,
        f"/events/account/{account}/events/callbacks": {
            "errno": 401,
            "message": "invalid_token: The request token failed to authenticate or validate.",
        },
        "/projects/business/5511/projects": {
            "message": "The server could not verify that you are authorized to access the URL "
            "requested."
        },
    }
    for path, body in shapes.items():
        reply = await books.ask("GET", path, headers=headers)
        assert (reply.status, reply.body) == (401, body)
    newer = await books.ask("GET", books.path("clients"), headers={**headers, **NEW})
    assert (newer.status, newer.body["code"]) == (401, 16)
    assert newer.body["details"][0]["reason"] == "1003"


async def test_a_token_in_the_query_is_no_token(books: Bench) -> None:
    token, books.token = books.token, ""
    reply = await books.ask("GET", books.path("clients"), access_token=token)
    assert reply.status == 401


async def test_a_missing_scope_names_what_is_held_and_what_is_needed(books: Bench) -> None:
    await books.login("user:profile:read user:clients:read")
    reply = await books.ask("GET", books.path("invoices"))
    assert reply.status == 403
    (row,) = reply.body["response"]["errors"]
    for scope in ("user:profile:read", "user:clients:read", "user:invoices:read"):
        assert scope in row["message"]
    newer = await books.ask("GET", books.path("invoices"), headers=NEW)
    assert newer.body["code"] == 7
    written = await books.write("POST", "clients", organization="No")
    assert "user:clients:write" in written.body["response"]["errors"][0]["message"]


async def test_the_business_family(books: Bench) -> None:
    await books.login("user:projects:read user:projects:write user:time_entries:read")
    base = "/projects/business/5511"
    found = (await books.ask("GET", f"{base}/projects")).body
    assert found["projects"] == []
    assert found["meta"]["total"] == 0
    times = await books.ask("GET", "/timetracking/business/5511/time_entries")
    assert times.body["time_entries"] == []
    for path in (f"{base}/project/1", "/projects/business/1/projects"):
        reply = await books.ask("GET", path)
        body = {"error": "Requested resource could not be found."}
        assert (reply.status, reply.body) == (404, body)
    refused = await books.ask("POST", f"{base}/project", {"project": {}})
    assert refused.body == {
        "errno": 2001,
        "error": {"title": "field required", "description": "field required"},
    }


async def test_online_payments(books: Bench) -> None:
    await books.login("user:online_payments:read")
    base = f"/payments/account/{books.account_id}/invoice"
    reply = await books.ask("GET", f"{base}/1/payment_options")
    assert reply.status == 404
    assert reply.body == {
        "error_type": "not_found",
        "message": "Requested resource could not be found.",
    }
    number = (await books.control("GET", "freshbooks/invoices"))[0]["id"]
    options = await books.ask("GET", f"{base}/{number}/payment_options")
    assert options.body["payment_options"]["entity_type"] == "invoice"


async def test_the_uuid_paths(books: Bench) -> None:
    await books.login("user:profile:read user:journal_entries:read")
    me = (await books.ask("GET", "/auth/api/v1/users/me")).body["response"]
    uuid = me["business_memberships"][0]["business"]["business_uuid"]
    base = f"/accounting/businesses/{uuid}/ledger_accounts/accounts"
    assert (await books.ask("GET", base)).body == {"data": []}
    missing = await books.ask("GET", f"{base}/x")
    assert missing.body["errors"]["status"] == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status", "errno"),
    [
        (b"{", "application/json", 400, 1005),
        (b"[]", "application/json", 400, 1005),
        (b"{}", "application/json", 422, 1001),
        (b'{"organization": "unwrapped"}', "application/json", 422, 1001),
        (b"client=x", "application/x-www-form-urlencoded", 415, 1005),
    ],
)
async def test_bodies_that_cannot_be_read(
    books: Bench, body: bytes, content_type: str, status: int, errno: int
) -> None:
    reply = await books.ask("POST", books.path("clients"), body, {"content-type": content_type})
    assert reply.status == status
    assert await books.errnos(reply) == [errno]


async def test_verbs_and_paths_that_do_not_exist(books: Bench) -> None:
    assert (await books.ask("DELETE", books.path("clients", 214001))).status == 405
    assert (await books.ask("PATCH", books.path("clients", 214001), {"client": {}})).status == 405
    assert (await books.ask("PUT", books.path("clients"), {"client": {}})).status == 405
    assert (await books.ask("GET", books.path("wishes"))).status == 404
    assert (await books.ask("GET", f"/api/v1/clients/{books.account_id}")).status == 404
    assert (await books.ask("GET", books.path("clients", "abc"))).status == 404


async def test_an_inactive_account(books: Bench) -> None:
    await books.switch(account_inactive=True)
    reply = await books.ask("GET", books.path("clients"))
    assert await books.errnos(reply) == [1042]


async def test_limits_and_their_headers_on_good_answers_too(books: Bench) -> None:
    reply = await books.ask("GET", books.path("clients"))
    assert reply.headers["x-ratelimit-limit"] == "500"
    assert reply.headers["x-ratelimit-remaining"] == "499"
    assert reply.headers["retry-after"] == "60"
    now = books.app.world.clock.now().timestamp()
    assert int(reply.headers["x-ratelimit-reset"]) == now + 60
    me = await books.ask("GET", "/auth/api/v1/users/me")
    assert me.headers["x-ratelimit-limit"] == "20"
    await books.switch(limit_headers=False)
    assert "retry-after" not in (await books.ask("GET", books.path("clients"))).headers


async def test_too_many_calls(books: Bench) -> None:
    await books.switch(limit_per_minute=3, limit_headers=False)
    answers = [await books.ask("GET", books.path("clients")) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert answers[-1].headers["x-ratelimit-remaining"] == "0"
    await books.switch(limit_body="empty")
    empty = await books.ask("GET", books.path("clients"))
    assert (empty.status, empty.content) == (429, b"")
    await books.advance(20)
    again = await books.ask("GET", books.path("invoices"))
    assert (again.status, again.headers["retry-after"]) == (429, "40")
    assert (await books.ask("GET", "/auth/api/v1/users/me")).status == 200
    await books.advance(40)
    assert (await books.ask("GET", books.path("clients"))).status == 200


async def test_the_limit_of_identity(books: Bench) -> None:
    answers = [await books.ask("GET", "/auth/api/v1/users/me") for _ in range(21)]
    assert [answer.status for answer in answers] == [200] * 20 + [429]
    assert answers[-1].body["error"] == "rate_limited"


@pytest.mark.parametrize(("by", "status"), [("token", 200), ("account", 429), ("app", 429)])
async def test_whose_calls_count_together(books: Bench, by: str, status: int) -> None:
    await books.switch(limit_per_minute=1, limit_counts_by=by)
    await books.ask("GET", books.path("clients"))
    await books.login()
    assert (await books.ask("GET", books.path("clients"))).status == status


async def test_ordered_errors_and_stale_reads(books: Bench) -> None:
    conflict = {"response": {"errors": [{"errno": 409, "message": "Conflict."}]}}
    await books.order(
        {
            "kind": "status",
            "status": 409,
            "body": conflict,
            "times": 1,
            "operation": "GET /accounting/account/{id}/users/clients/{id}",
        }
    )
    made = await books.client(organization="Before")
    assert (await books.ask("GET", books.path("clients", made["id"]))).status == 409
    await books.advance(60)
    await books.control("PATCH", f"freshbooks/clients/{made['id']}", {"organization": "After"})
    await books.order({"kind": "stale_read", "times": 2})
    assert (await books.read("clients", made["id"]))["organization"] == "Before"
    names = {c["organization"] for c in await books.every("clients")}
    assert "Before" in names
    assert "After" not in names
    assert (await books.read("clients", made["id"]))["organization"] == "After"
    await books.client(organization="Fresh")
    await books.order({"kind": "index_lag", "times": 1, "seconds": 5})
    assert "Fresh" not in {c["organization"] for c in await books.every("clients")}
    assert "Fresh" in {c["organization"] for c in await books.every("clients")}
