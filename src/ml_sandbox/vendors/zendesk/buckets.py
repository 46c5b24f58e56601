"""Which buckets a call draws on besides the account's own (sheet, section 8)."""

from __future__ import annotations

from collections.abc import Callable

from .account import Account
from .calls import Call
from .errors import Refusal
from .limits import Bucket
from .plans import ADDON_REQUESTS
from .tables import Record

_USER = "create-update-user"


def account_bucket(account: Account) -> Bucket:
    plan = account.plan.requests_per_minute
    limit = max(plan, ADDON_REQUESTS) if account.switch("high_volume_addon") else plan
    return Bucket("account", limit, 60)


def buckets_of(
    account: Account, call: Call, pattern: str, matched_user: Callable[[Record], Record | None]
) -> list[Bucket]:
    """`pattern` is the path with names in braces; `matched_user` says whom an upsert means."""
    return [*_app(call), *_endpoint(account, call, pattern, matched_user)]


def _app(call: Call) -> list[Bucket]:
    """What an app in the agent's browser may do; its calls come through Zendesk with its id."""
    app = call.headers.get("x-zendesk-app-id")
    if app is None:
        return []
    each = f"app:{app}:{call.actor.user_id}"
    return [Bucket(each, 100, 60, "app"), Bucket("apps", 700, 300)]


def _endpoint(
    account: Account, call: Call, pattern: str, matched_user: Callable[[Record], Record | None]
) -> list[Bucket]:
    operation = f"{call.method} {pattern}"
    addon = bool(account.switch("high_volume_addon"))
    if operation == "PUT /organizations/{id}":
        return [_organization(call.names["id"])]
    if operation == "POST /organizations/create_or_update":
        return _organization_upsert(account, call)
    if operation == "PUT /users/{id}":
        return _user(call.names["id"])
    if operation == "POST /users/create_or_update":
        return _user(_upserted(call, matched_user))
    if operation == "PUT /tickets/{id}":
        each = f"ticket:{call.names['id']}:{call.actor.user_id}"
        most = 300 if addon else 100
        return [Bucket(each, 30, 600, "update-ticket"), Bucket("tickets", most, 60)]
    if pattern.startswith("/incremental/"):
        return [Bucket("incremental", 30 if addon else 10, 60, "incremental-exports")]
    if pattern == "/search/export":
        return [Bucket("search-export", 100, 60, "search-export")]
    most = int(account.switch("record_writes_per_minute"))
    if most and call.method != "GET" and pattern.startswith("/custom_objects/{key}/records"):
        return [Bucket("records", most, 60, "custom-object-records")]
    return []


def _organization(number: str) -> Bucket:
    return Bucket(f"organization:{number}", 5, 60, "update-organization")


def _organization_upsert(account: Account, call: Call) -> list[Bucket]:
    if not account.switch("organization_upserts_limited"):
        return []
    given = call.body().get("organization")
    text = str(given.get("external_id")) if isinstance(given, dict) else ""
    found = account.tables["organizations"].find("external_id", text.casefold())
    return [_organization(str(found[0]["id"]))] if found else []


def _user(number: str) -> list[Bucket]:
    """Five a minute for one user, and one a second for the account."""
    return [Bucket(f"user:{number}", 5, 60, _USER), Bucket("users", 1, 1)]


def _upserted(call: Call, matched_user: Callable[[Record], Record | None]) -> str:
    given = call.body().get("user")
    if not isinstance(given, dict):
        return "none"
    try:
        found = matched_user(given)
    except Refusal:
        found = None
    if found is not None:
        return str(found["id"])
    return str(given.get("email") or given.get("external_id") or given.get("name")).casefold()
