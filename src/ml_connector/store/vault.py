"""Vault: seals secrets before they are stored, and opens them.

AES-256-GCM. A secret is bound to its row: owner and name are authenticated with it, so that a
ciphertext moved to another row does not open. Nothing here shows a value, not even in a repr.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.core.faults import Mistake, NeedsPerson
from ml_connector.store.keyring import Key, KeyRing
from ml_connector.store.tables import secrets
from ml_connector.store.upsert import upsert

NONCE_BYTES = 12

_CONTEXT = "ml-connector secret 1"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is stored."""

    key_id: str
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class Vault:
    """Seals with the active key of a ring and opens with any. `random_bytes` is os.urandom.

    `reread` reads the ring anew where a key lacks: another process may have rotated the keys.
    """

    def __init__(
        self,
        ring: KeyRing,
        random_bytes: Callable[[int], bytes],
        reread: Callable[[], KeyRing] | None = None,
    ) -> None:
        self._ring = ring
        self._random_bytes = random_bytes
        self._reread = reread

    def __repr__(self) -> str:
        return f"Vault({self._ring!r})"

    @property
    def ring(self) -> KeyRing:
        """The ring in use."""
        return self._ring

    def adopt(self, ring: KeyRing) -> None:
        """Use another ring from now on; safe while other threads seal and open."""
        self._ring = ring

    def seal(self, owner: str, name: str, plaintext: str) -> Sealed:
        """Seal a secret for that row, and for no other."""
        key = self._ring.active
        nonce, ciphertext = self.encrypt(key, plaintext.encode(), _bound(owner, name))
        return Sealed(key.id, nonce, ciphertext)

    def open(self, owner: str, name: str, sealed: Sealed) -> str:
        """Raises NeedsPerson if its key is gone, or if it was altered or moved to another row."""
        ring = self._ring
        if ring.find(sealed.key_id) is None:
            ring = self._newer()
        key = ring.find(sealed.key_id)
        if key is None:
            raise NeedsPerson(
                f"The secret {name} of {owner} is sealed with key {sealed.key_id}, which is not in "
                "the key ring; put the key back, or connect again."
            )
        try:
            text = decrypt(key, sealed.nonce, sealed.ciphertext, _bound(owner, name)).decode()
        except InvalidTag:
            raise NeedsPerson(
                f"The stored secret {name} of {owner} was altered and does not open; connect again."
            ) from None
        if ring is not self._ring and self._ring.find(key.id) is None:
            self._ring = ring  # it opens what this database holds, so it is the database's
        return text

    def _newer(self) -> KeyRing:
        """The ring as it is kept now; the one in use where it cannot be read."""
        try:
            return self._reread() if self._reread is not None else self._ring
        except Mistake:
            return self._ring

    def encrypt(self, key: Key, plaintext: bytes, bound: bytes) -> tuple[bytes, bytes]:
        """Nonce and ciphertext. Never twice with one nonce: it is random, 12 bytes each time."""
        nonce = self._random_bytes(NONCE_BYTES)
        return nonce, AESGCM(key.secret).encrypt(nonce, plaintext, bound)


def decrypt(key: Key, nonce: bytes, ciphertext: bytes, bound: bytes) -> bytes:
    """Raises cryptography's InvalidTag if any of the four is not what it was."""
    return AESGCM(key.secret).decrypt(nonce, ciphertext, bound)


def put_secret(conn: Connection, vault: Vault, owner: str, name: str, value: str) -> None:
    """Store a secret, or replace it."""
    sealed = vault.seal(owner, name, value)
    row = {"key_id": sealed.key_id, "nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
    upsert(conn, secrets, [{"owner": owner, "name": name, **row}])


_OF_OWNER = select(secrets).where(secrets.c.owner == bindparam("owner")).order_by(secrets.c.name)
_SECRET = _OF_OWNER.where(secrets.c.name == bindparam("name"))


def get_secret(conn: Connection, vault: Vault, owner: str, name: str) -> str | None:
    """One secret of an owner, None where there is none. Raises NeedsPerson if it does not open."""
    row = conn.execute(_SECRET, {"owner": owner, "name": name}).first()
    if row is None:
        return None
    return vault.open(owner, name, Sealed(row.key_id, row.nonce, row.ciphertext))


def get_secrets(conn: Connection, vault: Vault, owner: str) -> dict[str, str]:
    """All secrets of an owner by name. Raises NeedsPerson if one does not open."""
    rows = conn.execute(_OF_OWNER, {"owner": owner})
    return {
        row.name: vault.open(owner, row.name, Sealed(row.key_id, row.nonce, row.ciphertext))
        for row in rows
    }


def owners(conn: Connection, kind: str) -> list[str]:
    """Those of that kind that have secrets, as kind:id."""
    known = select(secrets.c.owner).where(secrets.c.owner.startswith(f"{kind}:", autoescape=True))
    return list(conn.execute(known.distinct().order_by(secrets.c.owner)).scalars())


def delete_secrets(conn: Connection, owner: str) -> None:
    """Forget every secret of an owner."""
    conn.execute(delete(secrets).where(secrets.c.owner == owner))


def delete_secret(conn: Connection, owner: str, name: str) -> None:
    """Forget one secret of an owner."""
    conn.execute(delete(secrets).where(secrets.c.owner == owner, secrets.c.name == name))


def _bound(owner: str, name: str) -> bytes:
    """As JSON, so that no two pairs are spelled alike."""
    return json.dumps([_CONTEXT, owner, name]).encode()
