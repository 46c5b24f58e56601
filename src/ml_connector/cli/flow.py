"""Flows: installing one between two connections, and looking at it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ml_connector.cli.command import command, group
from ml_connector.cli.connect import Pairs
from ml_connector.cli.output import DONE, FAILED
from ml_connector.cli.session import Call
from ml_connector.cli.typed import settings_of

app = group()
flow = group("Install, show, check, pause, resume or remove a flow.", name="flow")
app.add_typer(flow)

Name = Annotated[str, typer.Argument(metavar="N", help="The flow's name.")]


@command(app, "flows")
async def flows(call: Call) -> int:
    """List the flows."""
    async with call.session() as session:
        rows = await session.app.look.flows(session.workspace)
    if call.out.as_json:
        call.out.document(rows)
    elif not rows:
        call.out.say("There is no flow yet; see `ml-connector flow add --help`.")
    else:
        columns = ("name", "kind", "from", "to", "state", "version")
        told = [(r["name"], r["kind"], r["source"], r["target"], r["state"], r["version"])
                for r in rows]  # fmt: skip
        call.out.table("", columns, told, ("version",))
    return DONE


@command(flow, "add")
async def add(
    call: Call,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="wave-pipedrive.")],
    name: Annotated[str, typer.Option("--name", metavar="N", help="What to call it.")],
    source: Annotated[str, typer.Option("--source", metavar="C", help="The source connection.")],
    target: Annotated[str, typer.Option("--target", metavar="C", help="The target connection.")],
    pairs: Pairs = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Agree to custom fields and a pipeline at the target.")
    ] = False,
) -> int:
    """Install a flow, or give an installed one of that name other settings."""
    args = {
        "kind": kind, "name": name, "source": source, "target": target, "yes": yes,
        "settings": settings_of(pairs or []),
    }  # fmt: skip
    async with call.session() as session:
        return await session.done(
            "flow_add",
            args,
            lambda done: call.out.say(
                f"Flow {done['result']['name']} stands in version {done['result']['version']}."
            ),
        )


@command(flow, "show")
async def show(call: Call, name: Name) -> int:
    """Show routes, fields with their owners, and settings with their defaults."""
    async with call.session() as session:
        told = await session.app.look.flow(session.workspace, name)
    if call.out.as_json:
        call.out.document(told)
        return DONE
    call.out.say(
        f"{told['name']}: {told['kind']}, from {told['source']} to {told['target']}, "
        f"{told['state']}, version {told['version']}, installed {told['installed_at'][:10]}"
    )
    for route in told["routes"]:
        after = f", after {' and '.join(route['after'])}" if route["after"] else ""
        title = f"{route['label']} (route {route['route']}{after}): {route['linked']} linked"
        fields = [(f["field"], f["from"], f["owner_means"]) for f in route["fields"]]
        call.out.table(title, ("field", "value", "who decides"), fields)
    rows = [(s["name"], s["value"], _default(s), s["means"]) for s in told["settings"]]
    call.out.table("Settings", ("setting", "value", "default", "meaning"), rows)
    return DONE


def _default(setting: dict[str, Any]) -> str:
    return "the same" if setting["value"] == setting["default"] else str(setting["default"])


@command(flow, "check")
async def check(call: Call, name: Name) -> int:
    """Check that the settings can be read and that both connections are ok."""
    async with call.session() as session:
        checks = await session.app.look.check_flow(session.workspace, name)
    is_ok = all(each["ok"] for each in checks)
    if call.out.as_json:
        call.out.document({"flow": name, "ok": is_ok, "checks": checks})
    else:
        for each in checks:
            call.out.say(f"{'ok  ' if each['ok'] else 'MEND'}  {each['check']}: {each['detail']}")
    return DONE if is_ok else FAILED


@command(flow, "pause")
async def pause(call: Call, name: Name) -> int:
    """Stop writing; what changes meanwhile keeps collecting."""
    return await _state(call, name, "paused", f"Flow {name} is paused; `flow resume` goes on.")


@command(flow, "resume")
async def resume(call: Call, name: Name) -> int:
    """Go on where it was paused."""
    return await _state(call, name, "active", f"Flow {name} goes on.")


@command(flow, "remove")
async def remove(call: Call, name: Name) -> int:
    """Remove the flow. What it made at the target stays, and so does its audit."""
    return await _state(call, name, "removed", f"Flow {name} is removed; the target stays as is.")


async def _state(call: Call, name: str, state: str, sentence: str) -> int:
    async with call.session() as session:
        args = {"name": name, "state": state}
        return await session.done("flow_state", args, lambda done: call.out.say(sentence))
