"""The command `ml-sandbox serve`: a sandbox on a port of this machine, and a line saying where."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

from starlette.types import ASGIApp

from ml_sandbox.app import Sandbox, create_app
from ml_sandbox.options import MAX_CUSTOMERS, MAX_INVOICES, SandboxOptions
from ml_sandbox.server import address, listen, serve
from ml_sandbox.vendors import VENDORS


def _number(
    least: float, most: float, kind: type[int] | type[float] = int
) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not within {least} and {most}")
        return value

    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ml-sandbox", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "serve", help="serve the simulated vendors until SIGTERM or Ctrl-C"
    )
    add = command.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=_number(0, 65535), default=0, help="0 takes a free port (%(default)s)")
    add("--ports", action="store_true", help="also each vendor at / of a port of its own")
    add("--seed", type=int, default=1, help="the same seed gives the same world (%(default)s)")
    add("--customers", type=_number(1, MAX_CUSTOMERS), default=40, help="(%(default)s)")
    add("--invoices", type=_number(0, MAX_INVOICES), default=120, help="(%(default)s)")
    add(
        "--speed",
        type=_number(0.001, 1_000_000, float),
        default=1.0,
        help="sandbox seconds in a real second (%(default)s)",
    )
    add("--json", action="store_true", help="the ready line is JSON in any case")
    add("--env", type=Path, metavar="FILE", help="write all of it to FILE too, for a shell to read")
    return parser


async def _serve(arguments: argparse.Namespace) -> None:
    bound = listen(arguments.host, arguments.port)
    own = {kind.name: listen(arguments.host, 0) for kind in VENDORS} if arguments.ports else {}
    options = SandboxOptions(
        seed=arguments.seed,
        customers=arguments.customers,
        invoices=arguments.invoices,
        speed=arguments.speed,
        url=address(bound),
        own_urls={name: address(at) for name, at in own.items()},
    )
    sandbox = create_app(options)
    apps: list[tuple[ASGIApp, socket.socket]] = [(sandbox, bound)]
    apps += [(sandbox.vendor_app(name), own[name]) for name in own]
    await serve(apps, lambda: _say_ready(sandbox, arguments.env))


def _say_ready(sandbox: Sandbox, env: Path | None) -> None:
    if env is not None:
        env.write_text(exports(sandbox.world.ready), "utf-8")
    sys.stdout.write(json.dumps(sandbox.world.ready) + "\n")
    sys.stdout.flush()


def exports(ready: Mapping[str, Any]) -> str:
    """The ready line as a shell reads it: `export WAVE_BASE_URL=…`, `export WAVE_BUSINESS_ID=…`."""
    told = {"sandbox_url": ready["url"]}
    for vendor, offered in ready["vendors"].items():
        flat = {**offered, **offered["credentials"], **offered["settings"]}
        told |= {f"{vendor}_{name}": v for name, v in flat.items() if isinstance(v, str)}
    return "".join(f"export {name.upper()}={quote(value)}\n" for name, value in told.items())


def run(arguments: Sequence[str] | None = None) -> int:
    """The entry point; returns the exit code: 0 ended as asked, 2 could not start."""
    chosen = _parser().parse_args(arguments)
    try:
        asyncio.run(_serve(chosen))
    except OSError as error:
        sys.stderr.write(f"ml-sandbox: cannot listen: {error.strerror}\n")
        return 2
    return 0
