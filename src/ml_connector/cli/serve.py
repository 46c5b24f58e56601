"""Serving: the lanes work, and vendors and monitoring are answered."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import structlog
import typer

from ml_connector.app import HomeLock, lock_holder, opened, try_lock
from ml_connector.cli import log
from ml_connector.cli.command import command, group
from ml_connector.cli.output import DONE
from ml_connector.cli.session import Call
from ml_connector.core.faults import Mistake

app = group()
PURPOSE = "serve"
PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.1


@command(app, "serve")
async def serve(
    call: Call,
    host: Annotated[str | None, typer.Option("--host", metavar="H", help="Where to listen.")] = (
        None
    ),
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="P", min=0, max=65535, help="0 takes a free port."),
    ] = None,
) -> int:
    """Work and answer until SIGTERM or Ctrl-C."""
    # Here, since the web costs every other command a third of a second
    from ml_connector.web.server import address_of, listen
    from ml_connector.web.server import serve as serve_on

    settings = call.settings()
    call.home.demand()
    chosen = settings.port if port is None else port
    with await _locked(call) as lock, listen(host or settings.host, chosen) as bound:
        address = address_of(bound)
        log.to_stream(sys.stderr, call.redactor, settings.log_level)
        async with opened(call.home, settings, _alert, call.redactor) as served:
            lock.note(PURPOSE, address)
            await serve_on(served, bound, lambda: _say_ready(call, address))
    return DONE


async def _locked(call: Call) -> HomeLock:
    """The home's lock. A command that holds it is waited for a little. Raises Mistake."""
    waited = 0.0
    while True:
        lock = try_lock(call.home, PURPOSE)
        if lock is not None:
            return lock
        holder = lock_holder(call.home)
        if holder is not None and holder.purpose == PURPOSE:
            where = f" at {holder.address}" if holder.address else ""
            raise Mistake(f"A server runs on this home already (process {holder.pid}{where}).")
        if waited >= PATIENCE_SECONDS:
            who = f"`{holder.purpose}` (process {holder.pid})" if holder else "another command"
            raise Mistake(f"{who} works on this home; serve when it is done.")
        await asyncio.sleep(LOOK_SECONDS)
        waited += LOOK_SECONDS


def _alert(sentence: str) -> None:
    structlog.get_logger(__name__).warning("a person is needed", what=sentence)


def _say_ready(call: Call, address: str) -> None:
    if call.out.as_json:
        call.out.document({"url": address})
    else:
        call.out.say(f"ml-connector serves at {address}")
        sys.stdout.flush()
