"""Proving: the secrets by which deliveries are proven, in generations.

When a secret is replaced, all that were good together stay good for a while: a vendor learns the
new ones later than we do. They lie in the vault beside the newest, with the moment of their end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from ml_connector.store.database import Connection
from ml_connector.store.vault import Vault, delete_secret, get_secret, get_secrets, put_secret

WEBHOOK = "webhook_"
"""What the names of these secrets begin with."""

FORMER = "former_proofs"
MOST_FORMER = 5
"""So many generations are kept at most; the oldest ends first."""

Generation = dict[str, str]


def current(conn: Connection, vault: Vault, owner: str) -> Generation:
    """The newest secrets by which deliveries to this owner's endpoint are proven."""
    secrets = get_secrets(conn, vault, owner)
    return {name: value for name, value in secrets.items() if name.startswith(WEBHOOK)}


def replace(
    conn: Connection, vault: Vault, owner: str, fresh: Mapping[str, str], until: datetime,
    now: datetime,
) -> None:  # fmt: skip
    """Store these; what they replace is good until then, and not at all where that is past."""
    before = current(conn, vault, owner)
    is_replaced = any(before.get(name, value) != value for name, value in fresh.items())
    for name, value in fresh.items():
        put_secret(conn, vault, owner, name, value)
    if is_replaced and until > now:
        kept = [(until, before), *_former(conn, vault, owner, now)][:MOST_FORMER]
        told = [{"until": end.isoformat(), "secrets": secrets} for end, secrets in kept]
        put_secret(conn, vault, owner, FORMER, json.dumps(told))


def end(conn: Connection, owner: str) -> None:
    """From now on only the newest secrets prove anything."""
    delete_secret(conn, owner, FORMER)


def good(
    conn: Connection, vault: Vault, owner: str, now: datetime
) -> tuple[dict[str, tuple[str, ...]], datetime | None]:
    """Each name's secrets that are good now, and when the first of them ends.

    The newest stand first, and those that belong together at the same place under every name, an
    empty text where a generation had none.
    """
    former = _former(conn, vault, owner, now)
    generations = [current(conn, vault, owner), *(secrets for _, secrets in former)]
    names = sorted({name for secrets in generations for name in secrets})
    told = {name: tuple(secrets.get(name, "") for secrets in generations) for name in names}
    return told, min((until for until, _ in former), default=None)


def _former(
    conn: Connection, vault: Vault, owner: str, now: datetime
) -> list[tuple[datetime, Generation]]:
    """Those that are still good, the newest first."""
    text = get_secret(conn, vault, owner, FORMER)
    told = [
        (datetime.fromisoformat(row["until"]), row["secrets"]) for row in json.loads(text or "[]")
    ]
    return [(until, secrets) for until, secrets in told if until > now]
