"""A house is a real home on disk, with both connections to a sink and the flow between them.

Pacing is lifted as far as settings go: windows and the day's tokens never stop a run. What no
setting lifts stays: two calls at once to Wave and 32 to Pipedrive.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ml_connector.app import App, Home, create, do, opened
from ml_connector.cli import log
from ml_connector.settings import load_settings
from ml_connector.store import connections
from ml_connector.store.database import Connection

FLOW = "invoices"
WORKSPACE = "default"
WEBHOOK_SECRET = "a-webhook-secret-of-the-benchmarks"  # noqa: S105 - proves nothing anywhere
UNPACED = {
    "wave": {"pace": "1000000"},
    "pipedrive": {"plan": "ultimate", "seats": "100000", "budget_share": "1.0", "pace": "1000"},
}
SECRETS = {
    "wave": {"full_access_token": "sink-token", "webhook_secret": WEBHOOK_SECRET},
    "pipedrive": {"api_token": "sink-token"},
}


async def build(path: Path, vendors: str, **settings: str) -> None:
    """Make the home at `path`; `vendors` is the sink's address, `settings` are the flow's."""
    log.quiet()  # as every command does
    place = Home(path)
    await create(place, load_settings(place.settings), WORKSPACE)
    async with at_home(path) as app:
        for vendor in ("wave", "pipedrive"):
            await command(
                app, "connect", vendor=vendor, name=vendor, secrets=SECRETS[vendor],
                settings={
                    "base_url": f"{vendors}/{vendor}", "allow_private_addresses": "true",
                    **UNPACED[vendor],
                },
            )  # fmt: skip
        await command(
            app, "flow_add", kind="wave-pipedrive", name=FLOW, source="wave", target="pipedrive",
            settings={"since": "all", "poll": "1440", "max_changes": "1000000", **settings},
            yes=True,
        )  # fmt: skip


@asynccontextmanager
async def at_home(path: Path) -> AsyncIterator[App]:
    """The app on that home, as a command opens it."""
    place = Home(path)
    async with opened(place, load_settings(place.settings), print) as app:
        yield app


async def command(app: App, name: str, /, **args: Any) -> Any:
    """What a person's command does; its result. Raises RuntimeError where it did not end well."""
    workspace = await app.workspace(WORKSPACE)
    told = await do(app, workspace, name, args, lambda state: None)
    if told["exit"] != 0:
        raise RuntimeError(f"{name}: {told}")
    return told["result"]


async def sync(app: App, *, full: bool = False) -> dict[str, Any]:
    """One pass of the flow; its summary by route, and its totals."""
    result: dict[str, Any] = await command(app, "sync", flow=FLOW, full=full, yes=True)
    return result


def counted(summary: dict[str, Any], outcome: str) -> int:
    """How many keys of all routes came to that."""
    return sum(int(route[outcome]) for route in summary["routes"])


async def hook(app: App, name: str) -> str:
    """The path of a connection's webhook address."""

    def token(conn: Connection) -> str:
        row = connections.named(conn, workspace, name)
        owners = (f"app:{row.app}", f"connection:{row.id}") if row else ()
        found = [connections.endpoint_of(conn, owner) for owner in owners]
        return next(endpoint.token for endpoint in found if endpoint)

    workspace = await app.workspace(WORKSPACE)
    return f"/hooks/{await app.store.read(token)}"
