"""A consent ends at a moment that is known ahead, unless a person renews it before.

They are told 14, 3 and 1 days ahead, once each, also where the server was restarted meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from ml_connector.engine.resources import Resources
from ml_connector.store import connections, grants
from ml_connector.store.database import Connection
from ml_connector.store.grants import Grant

WARNING_DAYS = (1, 3, 14)


def days_of_warning(ends: datetime, now: datetime) -> int | None:
    """The threshold that an end has passed: 14, 3 or 1 days ahead; None while it is far off."""
    left = ends - now
    return next((days for days in WARNING_DAYS if left <= timedelta(days=days)), None)


def warning(rows: Sequence[connections.Row], grant: Grant, now: datetime) -> str | None:
    """What a person is to know of the end of the grant of these connections, if it is near."""
    ends = grant.refresh_expires_at
    if ends is None or not rows or days_of_warning(ends, now) is None:
        return None
    left = ceil((ends - now) / timedelta(days=1))
    when = f"ends in {left} day{'' if left == 1 else 's'}" if left > 0 else "has ended"
    named, plural = " and ".join(row.name for row in rows), "s" if len(rows) > 1 else ""
    renew = f"`ml-connector connect {rows[0].vendor} --name {rows[0].name}`"
    what, how = "consent", f"{renew} renews it."
    if grant.kind == "token":
        what, how = "static token", f"Connect with a consent instead: {renew}."
    return f"The {what} of connection{plural} {named} {when} ({ends:%Y-%m-%d}). {how}"


async def tell_ends(res: Resources, workspace: str) -> None:
    """Tell a person of each grant of the workspace that has come nearer to its end."""
    now = res.clock.now()
    if await res.store.read(lambda c: _due(c, workspace, now)):
        for sentence in await res.store.write(lambda c: _note(c, workspace, now)):
            res.alert(sentence)


def _due(conn: Connection, workspace: str, now: datetime) -> list[tuple[Grant, int | None]]:
    """The grants whose threshold is another than when a person was told last, with the new one."""
    due = []
    for id in sorted({row.grant for row in connections.listing(conn, workspace)}):
        grant = grants.get(conn, id)
        if grant is None or grant.refused:
            continue
        ends = grant.refresh_expires_at
        days = days_of_warning(ends, now) if ends is not None else None
        if days != grant.warned_days:
            due.append((grant, days))
    return due


def _note(conn: Connection, workspace: str, now: datetime) -> list[str]:
    """Keep what is told; an end that has moved away is told of anew when it comes near again."""
    told = []
    for grant, days in _due(conn, workspace, now):
        grants.warned(conn, grant.id, days)
        is_nearer = grant.warned_days is None or (days is not None and days < grant.warned_days)
        sentence = warning(connections.of_grant(conn, grant.id), grant, now)
        if is_nearer and sentence:
            told.append(sentence)
    return told
