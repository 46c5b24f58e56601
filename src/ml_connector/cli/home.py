"""The home: setting one up, and looking whether all is well in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ml_connector.app import create, lock_holder
from ml_connector.cli.command import command, group
from ml_connector.cli.output import DONE, FAILED
from ml_connector.cli.session import Call, Session
from ml_connector.core.faults import Fault, StoreUnavailable

app = group()
NEXT = "ml-connector connect wave --name books --secret full_access_token=env:WAVE_TOKEN"
LARGEST_SKEW_SECONDS = 30
"""Signed deliveries are taken up to 60 s from the future; half of that is worth a word."""


@command(app, "init")
async def init(call: Call) -> int:
    """Make the home: database, key ring and workspace. What stands already stays as it is."""
    made = await create(call.home, call.settings(), call.workspace)
    if call.out.as_json:
        call.out.document({"home": str(call.home.path), "made": made, "next": NEXT})
        return DONE
    call.out.say(f"{'Made' if made else 'There is'} a home at {call.home.path}.")
    call.out.say(f"Keep a copy of {call.home.keyring.name} elsewhere: without it no secret opens.")
    call.out.say(f"Next, connect both systems: {NEXT}")
    return DONE


@command(app, "doctor")
async def doctor(call: Call) -> int:
    """Look whether all is well, and say how to mend what is not."""
    checks: list[dict[str, Any]] = []
    try:
        call.home.demand()
        checks.append(_good("home", f"{call.home.path} holds a database."))
        call.settings()
        checks.append(_good("settings", "Every setting can be read."))
        async with call.session() as session:
            checks.append(_good("database", "It opens, and its tables are up to date."))
            checks.append(_good("key ring", "It belongs to the database."))
            checks += await _inside(session)
    except (Fault, StoreUnavailable) as fault:
        checks.append({"check": _blamed(checks), "ok": False, "detail": fault.sentence})
    _show(call, checks)
    return DONE if all(check["ok"] for check in checks) else FAILED


def _blamed(checks: list[dict[str, Any]]) -> str:
    """What was looked at when it went wrong: the first that is not known to be good."""
    order = ("home", "settings", "database and key ring", "the rest")
    return order[min(len(checks), len(order) - 1)]


async def _inside(session: Session) -> list[dict[str, Any]]:
    """Checks that need the database open."""
    checks = [_address(session.app.settings.public_url), _server(session.call)]
    status = await session.app.look.status(session.workspace)
    for connection in status["connections"]:
        is_ok = connection["state"] == "ok"
        mend = f"connect {connection['vendor']} --name {connection['name']} ..."
        detail = f"It is {connection['state']}. {connection['reason']} `ml-connector {mend}`"
        checks.append(
            {
                "check": f"connection {connection['name']}",
                "ok": is_ok,
                "detail": _well(connection) if is_ok else detail,
            }
        )
        checks += _deliveries(connection)
    checks += [
        {"check": "consent", "ok": False, "detail": warning} for warning in status["warnings"]
    ]
    checks.append(_clock(session))
    return checks


def _well(connection: dict[str, Any]) -> str:
    ends = connection["consent_ends"]
    return f"It is ok; its consent ends on {ends[:10]}." if ends else "It is ok."


def _deliveries(connection: dict[str, Any]) -> list[dict[str, Any]]:
    """Deliveries that were not believed, or named an account that is not connected."""
    told = connection["deliveries"]
    if not told["forged"] and not told["unknown"]:
        return []
    return [
        {
            "check": f"deliveries to {connection['name']}",
            "ok": not told["forged"],
            "detail": f"{told['forged']} were refused as forged, {told['unknown']} named an "
            "unknown account. Is the webhook's secret the one that the vendor shows?",
        }
    ]


def _address(public_url: str) -> dict[str, Any]:
    if not public_url:
        return _good("public address", "None is set: everything is polled, nothing is missing.")
    parts = urlsplit(public_url)
    is_ok = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
    detail = (
        f"{public_url} looks right; vendors post below {public_url.rstrip('/')}/hooks/."
        if is_ok
        else f"public_url = {public_url} must look like https://sync.example.com."
    )
    return {"check": "public address", "ok": is_ok, "detail": detail}


def _server(call: Call) -> dict[str, Any]:
    holder = lock_holder(call.home)
    if holder is None:
        return _good("server", "None runs on this home; commands do their work themselves.")
    return _good("server", f"Process {holder.pid} holds the home for `{holder.purpose}`.")


def _clock(session: Session) -> dict[str, Any]:
    """The clock that is followed, where one is set, against this machine's own."""
    skew = (session.app.res.clock.now() - datetime.now(UTC)).total_seconds()
    if session.app.settings.clock_url:
        return _good("clock", f"A sandbox's clock is followed ({skew:+.0f} s).")
    return _good("clock", "This machine's own; `ping` tells each vendor's difference from it.")


def _good(check: str, detail: str) -> dict[str, Any]:
    return {"check": check, "ok": True, "detail": detail}


def _show(call: Call, checks: list[dict[str, Any]]) -> None:
    if call.out.as_json:
        call.out.document(checks)
        return
    for check in checks:
        call.out.say(f"{'ok  ' if check['ok'] else 'MEND'}  {check['check']}: {check['detail']}")
