"""Rotation: a new active key, and every secret sealed anew with it.

    1. the new key is added to the key ring, which is on disk before anything else happens
    2. the database learns its check value
    3. the secrets are sealed anew, a small batch in each commit
    4. every secret is opened once more
    5. what is left of older ciphertexts in the database's log is wiped
    6. keys that hold nothing are let go, but for the predecessor of the active key

A crash after any step leaves a home that works, since both keys are in the ring; the next rotation
finds secrets under a retired key and finishes the work instead of making one more key. The
predecessor stays until the next rotation, so that a backup from before this one can be restored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, and_, func, or_, select, update

from ml_connector.store.database import Store
from ml_connector.store.keycheck import admit_keys, check_keys, forget_keys
from ml_connector.store.keyring import Key, KeyRing, KeyRingSource
from ml_connector.store.sqlite import forget_log
from ml_connector.store.tables import secrets
from ml_connector.store.vault import Sealed, Vault

BATCH_SIZE = 100

Progress = Callable[[int, int], None]
"""Called with how many secrets are done, and of how many."""


@dataclass(frozen=True)
class Rotation:
    """What a rotation did; `resumed` means that it finished an earlier one and made no new key."""

    active: str
    resealed: int
    resumed: bool
    removed: tuple[str, ...]


@dataclass(frozen=True)
class KeyStatus:
    """A key of the ring, and how many secrets are sealed with it."""

    id: str
    created_at: datetime
    active: bool
    secrets: int


def key_status(conn: Connection, ring: KeyRing) -> list[KeyStatus]:
    """Every key of the ring, oldest first."""
    held = _held(conn)
    return [KeyStatus(key.id, key.created_at, key.active, held.get(key.id, 0)) for key in ring.keys]


async def rotate(
    store: Store,
    source: KeyRingSource,
    vault: Vault,
    make_key: Callable[[], Key],
    progress: Progress | None = None,
) -> Rotation:
    """Rotate, or finish a rotation that was cut short. The vault may be in use meanwhile.

    Raises Mistake if the ring cannot be written or is not this database's, and NeedsPerson if a
    secret does not open; its owner must be connected again or removed first.
    """
    ring = source.load()
    # Before it is used: what is stored meanwhile under a foreign key would be lost with it
    await store.read(lambda conn: check_keys(conn, ring))
    vault.adopt(ring)
    await store.write(lambda conn: admit_keys(conn, vault))
    total = await store.read(lambda conn: _stale(conn, vault.ring.active.id))
    resumed = total > 0
    if not resumed:
        _save(source, vault, vault.ring.with_new(make_key()))
        await store.write(lambda conn: admit_keys(conn, vault))
        total = await store.read(lambda conn: _stale(conn, vault.ring.active.id))
    done = await _reseal_all(store, vault, total, progress)
    await _verify(store, vault)
    await asyncio.to_thread(forget_log, store.database)
    removed = await _let_go(store, source, vault)
    return Rotation(vault.ring.active.id, done, resumed, removed)


async def _reseal_all(store: Store, vault: Vault, total: int, progress: Progress | None) -> int:
    done = 0
    while count := await store.write(lambda conn: _reseal_batch(conn, vault)):
        done += count
        if progress is not None:
            progress(done, max(total, done))
    return done


def _reseal_batch(conn: Connection, vault: Vault) -> int:
    """Seal the next secrets that are under a retired key; 0 when there are none."""
    rows = conn.execute(
        select(secrets)
        .where(secrets.c.key_id != vault.ring.active.id)
        .order_by(secrets.c.owner, secrets.c.name)
        .limit(BATCH_SIZE)
    ).all()
    for row in rows:
        old = Sealed(row.key_id, row.nonce, row.ciphertext)
        new = vault.seal(row.owner, row.name, vault.open(row.owner, row.name, old))
        conn.execute(
            update(secrets)
            .where(secrets.c.owner == row.owner, secrets.c.name == row.name)
            .values(key_id=new.key_id, nonce=new.nonce, ciphertext=new.ciphertext)
        )
    return len(rows)


async def _verify(store: Store, vault: Vault) -> None:
    """Open every secret once, a batch in each read. Raises NeedsPerson."""
    last: tuple[str, str] | None = ("", "")
    while last is not None:
        last = await store.read(partial(_verify_batch, vault=vault, after=last))


def _verify_batch(conn: Connection, vault: Vault, after: tuple[str, str]) -> tuple[str, str] | None:
    """Open the secrets after that row; the last one's place, or None when there are no more."""
    owner, name = after
    later = or_(secrets.c.owner > owner, and_(secrets.c.owner == owner, secrets.c.name > name))
    rows = conn.execute(
        select(secrets).where(later).order_by(secrets.c.owner, secrets.c.name).limit(BATCH_SIZE)
    ).all()
    for row in rows:
        vault.open(row.owner, row.name, Sealed(row.key_id, row.nonce, row.ciphertext))
    return (rows[-1].owner, rows[-1].name) if rows else None


async def _let_go(store: Store, source: KeyRingSource, vault: Vault) -> tuple[str, ...]:
    held = await store.read(_held)
    removable = _removable(vault.ring, held)
    if not removable:
        return ()
    # The database forgets first: a key in the ring that it does not know is simply noted again
    await store.write(lambda conn: forget_keys(conn, removable))
    _save(source, vault, vault.ring.without(removable))
    return removable


def _removable(ring: KeyRing, held: dict[str, int]) -> tuple[str, ...]:
    retired = [key.id for key in ring.keys if not key.active]
    return tuple(id for id in retired[:-1] if not held.get(id))


def _save(source: KeyRingSource, vault: Vault, ring: KeyRing) -> None:
    """On disk first: a secret must never be sealed with a key that a crash would take away."""
    source.save(ring)
    vault.adopt(ring)


def _held(conn: Connection) -> dict[str, int]:
    rows = conn.execute(select(secrets.c.key_id, func.count()).group_by(secrets.c.key_id))
    return {row[0]: row[1] for row in rows}


def _stale(conn: Connection, active: str) -> int:
    statement = select(func.count()).select_from(secrets).where(secrets.c.key_id != active)
    return conn.execute(statement).scalar_one()
