"""Taking over: a process that begins to write begins an epoch, and whatever an earlier one left in
hand is freed; a write that it left open has an unknown outcome, and settles first."""

from __future__ import annotations

from datetime import timedelta

from ml_connector.engine.resources import Resources
from ml_connector.http.wire import TIMEOUT_SECONDS
from ml_connector.store import connections, intents, lanes, pending
from ml_connector.store.database import Connection
from ml_connector.store.intents import Intent

UNDER_WAY = timedelta(seconds=TIMEOUT_SECONDS)
"""What is declared counts from where a call is given up. One that was under way when its process
ended had as much as this before it still, and the vendor goes on with it all the same."""

UNDECLARED = timedelta(seconds=90)
"""Of what no vendor declares a time to settle: set-up."""


async def take_over(res: Resources, workspace: str) -> int:
    """Begin a new epoch: what a process that is gone left open has an unknown outcome.

    Every start of a process that writes is a take-over.
    """
    now = res.clock.now()

    def work(conn: Connection) -> int:
        epoch = lanes.claim(conn, workspace)
        pending.take_over(conn, workspace, epoch)
        for intent in intents.of_earlier_epochs(conn, workspace, epoch):
            until = now + _settle(conn, res, intent)
            holder = (intent.flow, intent.route, intent.source_key)
            intents.settle(conn, *holder, until)
            pending.sleep(conn, *holder, until, "settle")
        return epoch

    return await res.store.write(work)


def _settle(conn: Connection, res: Resources, intent: Intent) -> timedelta:
    """How long the write may still land, as its vendor's object declares."""
    account = connections.account(conn, intent.account)
    vendor = res.vendors.get(account.vendor) if account else None
    declared = (obj.settle for obj in vendor.targets if obj.name == intent.object) if vendor else ()
    settle = next(iter(declared), None)
    return UNDECLARED if settle is None else UNDER_WAY + settle
