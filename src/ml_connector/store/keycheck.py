"""Key check: proof that a key ring belongs to a database, looked for before anything is written.

For each key the database holds a known sentence that was sealed with it. A ring that lacks a key
with which a secret is sealed, or has other bytes under its id, would leave secrets unreadable, so
it is refused; so is one that has no key that the database knows. A key that holds no secret may
lack: a copy of the database, restored after a rotation, speaks of one that was let go since.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, delete, inspect, select

from ml_connector.core.faults import Mistake
from ml_connector.store.keyring import Key, KeyRing, KeyRingSource
from ml_connector.store.sqlite import Database
from ml_connector.store.tables import meta, secrets
from ml_connector.store.upsert import upsert
from ml_connector.store.vault import NONCE_BYTES, Vault, decrypt

_PREFIX = "key:"
_KNOWN = b"ml-connector: this key belongs to this database"


def open_or_make_keyring(
    conn: Connection, source: KeyRingSource, make_key: Callable[[], Key]
) -> KeyRing:
    """The ring of a home that is being set up: the one that is there, else a new one.

    Raises Mistake if there is none but the database was used with one: a new ring would not open
    what it holds.
    """
    if source.exists:
        return source.load()
    if _checks(conn) or _used(conn):
        return source.load()  # raises, and says that it is missing
    ring = KeyRing((make_key(),))
    source.save(ring)
    return ring


def proven(database: Database, source: KeyRingSource) -> KeyRing:
    """The ring, once it is known to be this database's, of whatever version that is. Only reads.

    Raises Mistake, after the database was closed.
    """
    try:
        ring = source.load()
        with database.reader.connect() as conn:
            if inspect(conn).has_table(secrets.name):
                check_keys(conn, ring)
    except BaseException:
        database.dispose()
        raise
    return ring


def check_keys(conn: Connection, ring: KeyRing) -> None:
    """Raise Mistake unless the ring opens all that the database was sealed with. Only reads."""
    checks, used = _checks(conn), _used(conn)
    known = sorted({*checks, *used})
    is_stranger = not any(ring.find(id) for id in known)
    for id in known:
        key = ring.find(id)
        if key is None and (id in used or is_stranger):
            raise Mistake(
                f"The key ring does not belong to this database: key {id} is missing; put back the "
                "key ring that was used with it."
            )
        if key is not None and id in checks and not _opens(key, checks[id]):
            raise Mistake(
                f"The key ring does not belong to this database: key {id} is another one there; "
                "put back the key ring that was used with it."
            )


def admit_keys(conn: Connection, vault: Vault) -> None:
    """Check the vault's ring, then note those of its keys that the database does not know yet.

    Raises Mistake, before anything is written, if the ring does not belong to the database.
    """
    check_keys(conn, vault.ring)
    known = _checks(conn)
    rows = [
        {"name": _PREFIX + key.id, "value": _sealed_check(vault, key)}
        for key in vault.ring.keys
        if key.id not in known
    ]
    upsert(conn, meta, rows)


def forget_keys(conn: Connection, ids: Collection[str]) -> None:
    """Let keys go that nothing is sealed with any more."""
    conn.execute(delete(meta).where(meta.c.name.in_([_PREFIX + id for id in sorted(ids)])))


def _checks(conn: Connection) -> dict[str, str]:
    rows = conn.execute(select(meta).where(meta.c.name.startswith(_PREFIX)).order_by(meta.c.name))
    return {row.name.removeprefix(_PREFIX): row.value for row in rows}


def _used(conn: Connection) -> list[str]:
    """The keys with which secrets are sealed."""
    return list(conn.execute(select(secrets.c.key_id).distinct()).scalars())


def _sealed_check(vault: Vault, key: Key) -> str:
    nonce, ciphertext = vault.encrypt(key, _KNOWN, _bound(key.id))
    return base64.b64encode(nonce + ciphertext).decode()


def _opens(key: Key, check: str) -> bool:
    try:
        raw = base64.b64decode(check, validate=True)
        found = decrypt(key, raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(key.id))
    except (InvalidTag, ValueError):
        return False
    return found == _KNOWN


def _bound(id: str) -> bytes:
    return json.dumps(["ml-connector key check 1", id]).encode()
