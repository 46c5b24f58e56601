"""Connections: those there are, and the addresses to which their vendors post."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ml_connector.cli.command import command, group, with_common
from ml_connector.cli.output import DONE
from ml_connector.cli.session import Call, Session

app = group()
connections = typer.Typer(
    name="connections", help="List the connections, with the address for each one's webhooks.",
    rich_markup_mode=None, add_completion=False, invoke_without_command=True,
)  # fmt: skip
app.add_typer(connections)


async def listed(call: Call) -> int:
    """List the connections, with the address for each one's webhooks."""
    async with call.session() as session:
        rows = await session.app.look.connections(session.workspace)
    if call.out.as_json:
        call.out.document(rows)
        return DONE
    if not rows:
        call.out.say("There is no connection yet; see `ml-connector connect --help`.")
        return DONE
    columns = ("name", "vendor", "account", "state", "consent ends")
    call.out.table(
        "", columns,
        [(r["name"], r["vendor"], r["account"], _state(r), (r["consent_ends"] or "")[:10])
         for r in rows],
    )  # fmt: skip
    for row in rows:
        call.out.say(f"{row['name']} takes webhooks at {row['webhook_url']}{_before(row)}")
    return DONE


def _state(row: dict[str, Any]) -> str:
    return f"{row['state']}: {row['reason']}" if row["reason"] else str(row["state"])


def _before(row: dict[str, Any]) -> str:
    until = row["webhook_before_until"]
    return f" (at the address before it until {until[:16]}Z)" if until else ""


connections.callback(help="List the connections, with the address for each one's webhooks.")(
    with_common(listed, alone=True)
)


@command(connections, "rotate-webhook")
async def rotate_webhook(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connection.")],
    at_once: Annotated[
        bool,
        typer.Option(
            "--now", help="End the old address and secrets at once, where somebody learnt them."
        ),
    ] = False,
) -> int:
    """Give a connection a new address for its webhooks; the old one stays good for a while."""
    async with call.session() as session:
        told = await session.do("rotate_webhook", {"name": name, "at_once": at_once})
        if told["result"] is not None:
            rows = await session.app.look.connections(session.workspace)
            (row,) = (row for row in rows if row["name"] == name)
            told["result"] |= {n: row[n] for n in ("webhook_url", "webhook_before_until")}
        return session.shown(told, lambda done: _rotated(session, done["result"]))


def _rotated(session: Session, done: dict[str, Any]) -> None:
    say, until = session.out.say, done["webhook_before_until"]
    say(f"{' and '.join(done['shared_by'])}: webhooks are taken at {done['webhook_url']}")
    if done["by_hand"]:
        say("Enter this address at the vendor, in the place of the old one.")
    else:
        say("Where a public address is set, the vendor is told by us.")
    if until:
        say(f"The old address is good until {until[:16]}Z, and so are secrets that were replaced.")
    else:
        say("The old address is no longer taken.")
