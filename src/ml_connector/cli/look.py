"""Looking: how everything stands, why a record is as it is, and what was decided."""

from __future__ import annotations

import csv
import json
import sys
from typing import Annotated, Any

import typer

from ml_connector.cli.command import command, group
from ml_connector.cli.life import tell
from ml_connector.cli.output import DONE
from ml_connector.cli.passes import FlowName
from ml_connector.cli.session import Call
from ml_connector.core.faults import Mistake

app = group()

WAITS = {
    "limit": "for a rate limit of the vendor",
    "budget": "for the day's budget of calls",
    "order": "for the record that must be there first",
    "settle": "to see what became of a write without an answer",
    "person": "for a person",
    "retry": "to be tried again",
    "paused": "because the flow is paused",
    "first sync": "for the first `sync`, which a person starts",
    "turn": "for their turn",
}
AT = {"day": "on", "month": "in"}
DECISIONS = ("create", "update", "unchanged", "review", "refuse", "gone")
AUDIT_COLUMNS = (
    "at", "run", "job", "flow", "version", "route", "source_key", "target_id", "decision",
    "reason", "state", "source", "event_id", "correlation_id", "attempt", "changes", "requests",
)  # fmt: skip


@command(app, "status")
async def status(
    call: Call,
    everything: Annotated[bool, typer.Option("--all", help="Every workspace of the home.")] = False,
) -> int:
    """How everything stands, and why anything waits."""
    async with call.session() as session:
        ids = await session.app.look.workspaces() if everything else [session.workspace]
        told = [await session.app.look.status(id) for id in ids]
    merged = {key: [row for each in told for row in each[key]] for key in told[0]}
    if call.out.as_json:
        call.out.document(merged)
    else:
        _show_status(call, merged)
    return DONE


def _show_status(call: Call, told: dict[str, Any]) -> None:
    if not told["connections"]:
        call.out.say("There is no connection yet; see `ml-connector connect --help`.")
    columns = ("flow", "state", "waiting", "for review", "oldest")
    rows = [(f["name"], f["state"], f["waiting"], f["review"], _age(f["oldest_waiting_s"]))
            for f in told["flows"]]  # fmt: skip
    if rows:
        call.out.table("", columns, rows, ("waiting", "for review"))
    for flow in told["flows"]:
        for reason, count in flow["waits_for"].items():
            noun = "record waits" if count == 1 else "records wait"
            call.out.say(f"{flow['name']}: {count} {noun} {WAITS.get(reason, reason)}.")
        if flow["review"]:
            call.out.say(f"{flow['name']}: {flow['review']} for review; see `review list`.")
    for connection in told["connections"]:
        call.out.say(_connection(connection))
        deliveries = connection["deliveries"]
        if deliveries["forged"] or deliveries["unknown"]:
            call.out.say(
                f"  {deliveries['forged']} deliveries were refused as forged, "
                f"{deliveries['unknown']} named an account that is not connected."
            )
    for warning in told["warnings"]:
        call.out.say(f"Mind: {warning}")


def _connection(row: dict[str, Any]) -> str:
    said = f"{row['name']} ({row['vendor']}): {row['state']}"
    if row["paused_until"]:
        said += f" {row['paused_until'][:16]}Z"
    if row["reason"]:
        said += f" - {row['reason']}"
    budget = row["budget"]
    if budget:
        said += (
            f". Tokens {AT[budget['period']]} {budget['day']}: {budget['spent']:,} spent, "
            f"{budget['forecast']:,} expected, {budget['ours']:,} ours of {budget['limit']:,}"
        )
    return said


def _age(seconds: int | None) -> str:
    if seconds is None:
        return ""
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"


@command(app, "why")
async def why(
    call: Call,
    flow: FlowName,
    record: Annotated[
        str, typer.Argument(metavar="RECORD", help="route:source_id, an id, or a number.")
    ],
) -> int:
    """Tell the life of one record."""
    async with call.session() as session:
        told = await session.app.look.why(session.workspace, flow, record)
    if call.out.as_json:
        call.out.document(told)
    else:
        for line in tell(told):
            call.out.say(line)
    return DONE


@command(app, "audit")
async def audit(
    call: Call,
    flow: Annotated[str | None, typer.Option("--flow", metavar="F", help="Of this flow.")] = None,
    record: Annotated[
        str | None, typer.Option("--record", metavar="R", help="route:id, or an id of either side.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="2026-01-31 or 2026-01-31T09:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="Before then.")] = None,
    decision: Annotated[
        str | None,
        typer.Option("--decision", help="create, update, unchanged, review, refuse or gone."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")] = (
        100
    ),
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, for a spreadsheet.")] = False,
) -> int:
    """What was decided, newest first."""
    if decision is not None and decision not in DECISIONS:
        raise Mistake(f"--decision {decision}: choose one of {', '.join(DECISIONS)}.")
    async with call.session() as session:
        rows = await session.app.look.audit(
            session.workspace, flow=flow, record=record, since=since, until=until,
            decision=decision, limit=limit,
        )  # fmt: skip
    if as_csv:
        _write_csv(rows)
    elif call.out.as_json:
        call.out.document(rows)
    else:
        columns = ("at", "flow", "record", "target", "decision", "state", "reason")
        told = [
            (r["at"][:19], r["flow"], f"{r['route']}:{r['source_key']}", r["target_id"],
             r["decision"], r["state"], r["reason"])
            for r in rows
        ]  # fmt: skip
        call.out.table("", columns, told)
    return DONE


def _write_csv(rows: list[dict[str, Any]]) -> None:
    """A cell never begins like a formula, which a spreadsheet would run."""
    writer = csv.writer(sys.stdout)
    writer.writerow(AUDIT_COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in AUDIT_COLUMNS])


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
