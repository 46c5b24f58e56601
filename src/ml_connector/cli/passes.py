"""Passes: a plan, a sync, and looking at records again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ml_connector.cli.command import command, group
from ml_connector.cli.output import FAILED, show_summary
from ml_connector.cli.session import Call, Session

app = group()

FlowName = Annotated[str, typer.Argument(metavar="FLOW", help="The flow's name.")]
Full = Annotated[bool, typer.Option("--full", help="Read everything again, not only what changed.")]
Record = Annotated[
    str | None,
    typer.Option("--record", metavar="R", help="Only this record: route:source_id, id or number."),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Agree to custom fields, a pipeline, and many changes.")
]


@command(app, "plan")
async def plan(call: Call, flow: FlowName, full: Full = False, record: Record = None) -> int:
    """Show what a sync would do. Writes nothing anywhere."""
    async with call.session() as session:
        told = await session.do("plan", {"flow": flow, "full": full, "record": record})
        return await _shown(session, told, flow, planned=True)


@command(app, "sync")
async def sync(
    call: Call,
    flow: FlowName,
    full: Full = False,
    record: Record = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="So many of each route.")
    ] = None,
    yes: Yes = False,
) -> int:
    """Bring the target in step with the source, once."""
    args = {"flow": flow, "full": full, "record": record, "limit": limit, "yes": yes}
    async with call.session() as session:
        return await _shown(session, await _agreed(session, "sync", args), flow)


@command(app, "replay")
async def replay(
    call: Call,
    flow: Annotated[str | None, typer.Option("--flow", help="Needed where there are several.")] = (
        None
    ),
    record: Record = None,
    failed: Annotated[bool, typer.Option("--failed", help="What failed or is in review.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="What was decided since then.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="T", help="And before then.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what it would do.")] = False,
    yes: Yes = False,
) -> int:
    """Look at records again that were decided upon before."""
    args = {
        "flow": flow, "record": record, "failed": failed, "since": since, "until": until,
        "preview": preview, "yes": yes,
    }  # fmt: skip
    async with call.session() as session:
        return await _shown(session, await _agreed(session, "replay", args), flow, planned=preview)


async def _agreed(session: Session, kind: str, args: dict[str, Any]) -> dict[str, Any]:
    """Do it; where a person only has to agree, ask them."""
    told = await session.do(kind, args)
    if told.get("consent") and not session.out.as_json:
        for note in told["notes"]:
            session.out.note(note)
        if session.out.confirm("Do you agree?"):
            return await session.do(kind, {**args, "yes": True})
        told["notes"] = ["Nothing was written."]
    return told


async def _shown(
    session: Session, told: dict[str, Any], flow: str | None, *, planned: bool = False
) -> int:
    """The table, what goes with it, and the next step."""
    summary = told["result"]
    if summary is not None:
        labels = await session.app.look.labels(session.workspace, summary["flow"])
        for route in summary["routes"]:
            route["label"] = labels.get(route["route"], route["route"])
        for extra in ("reviews", "effects"):
            if extra in told:
                summary[extra] = told[extra]

    def show(done: dict[str, Any]) -> None:
        show_summary(session.out.console, done["result"], planned=planned)
        if planned:
            _planned(session, done)
        else:
            _next(session, done)

    return session.shown(told, show)


def _planned(session: Session, done: dict[str, Any]) -> None:
    for effect in done.get("effects") or []:
        session.out.say(f"Mind: {effect}")
    for review in done.get("reviews") or []:
        named = ", ".join(_candidate(c) for c in review["candidates"])
        session.out.say(
            f"For review: {review['name'] or review['source_key']} ({review['route']}): "
            f"{review['reason']}" + (f" Candidates: {named}." if named else "")
        )
    session.out.say("This is a plan: nothing was written.")


def _candidate(candidate: dict[str, Any]) -> str:
    name = candidate.get("name") or candidate.get("title")
    id = candidate.get("target_id") or candidate.get("id")
    return f"{name} ({id})" if name else str(id)


def _next(session: Session, done: dict[str, Any]) -> None:
    routes = done["result"]["routes"]
    if any(route["review"] or route["refused"] for route in routes):
        session.out.say("Some records wait for you: `ml-connector review list`.")
    if any(route["waiting"] for route in routes):
        session.out.say("Some records wait: `ml-connector status` says what for.")
    if done["exit"] == FAILED and any(route["failed"] for route in routes):
        flow = done["result"]["flow"]
        session.out.say(f"Some records failed: `ml-connector replay --flow {flow} --failed`.")
