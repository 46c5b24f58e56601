"""Key ring: the keys that open the stored secrets, kept in a file apart from the database.

One key is active and seals what is new. The others are retired: they only open what is old, in the
database until it is sealed anew, and in backups. The file is JSON, a list of
`{"id", "key" (base64 of 32 bytes), "created_at", "active"}`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from ml_connector.core.faults import Mistake
from ml_connector.store.durable import write_durably
from ml_connector.store.types import instant_text

KEY_BYTES = 32
"""AES-256."""


@dataclass(frozen=True)
class Key:
    """One key; its bytes are never shown."""

    id: str
    secret: bytes = field(repr=False)
    created_at: datetime
    active: bool = True


@dataclass(frozen=True)
class KeyRing:
    """Keys in the order in which they were made, of which exactly one is active."""

    keys: tuple[Key, ...]

    @property
    def active(self) -> Key:
        """The key that seals."""
        return next(key for key in self.keys if key.active)

    def find(self, id: str) -> Key | None:
        """The key of that id."""
        return next((key for key in self.keys if key.id == id), None)

    def with_new(self, key: Key) -> KeyRing:
        """The ring with this key active and all others retired."""
        retired = (replace(other, active=False) for other in self.keys)
        return KeyRing((*retired, replace(key, active=True)))

    def without(self, ids: Collection[str]) -> KeyRing:
        """The ring without these retired keys."""
        return KeyRing(tuple(key for key in self.keys if key.active or key.id not in ids))


class KeyRingSource(Protocol):
    """Where the key ring is kept."""

    @property
    def exists(self) -> bool:
        """Whether there is one."""
        ...

    def load(self) -> KeyRing:
        """Read it. Raises Mistake with a sentence that says how to mend it."""
        ...

    def save(self, ring: KeyRing) -> None:
        """Replace it, whole or not at all. Raises Mistake if that cannot be done."""
        ...


@dataclass(frozen=True)
class KeyRingFile:
    """A key ring in a file that only its owner may read."""

    path: Path

    @property
    def exists(self) -> bool:
        """See KeyRingSource."""
        return self.path.exists()

    def load(self) -> KeyRing:
        """See KeyRingSource."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise Mistake(
                f"There is no key ring at {self.path}; put back your copy of it. Without it the "
                "stored secrets cannot be read; a new home needs `ml-connector init`."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise Mistake(f"The key ring {self.path} could not be read: {reason}.") from None
        return parse(text, f"the key ring {self.path}")

    def save(self, ring: KeyRing) -> None:
        """See KeyRingSource."""
        try:
            write_durably(self.path, render(ring).encode())
        except OSError as error:
            raise Mistake(
                f"The key ring {self.path} could not be written ({error.strerror}); check that "
                "this user may write in its folder and that the disk is not full."
            ) from error


@dataclass(frozen=True)
class KeyRingText:
    """A key ring that was handed in as a setting: it can be used, and not changed."""

    text: str = field(repr=False)

    @property
    def exists(self) -> bool:
        """See KeyRingSource."""
        return True

    def load(self) -> KeyRing:
        """See KeyRingSource."""
        return parse(self.text, "the key ring in ML_CONNECTOR_KEYRING")

    def save(self, ring: KeyRing) -> None:
        """See KeyRingSource."""
        raise Mistake(
            "The key ring is given as text in ML_CONNECTOR_KEYRING, where it cannot be changed; "
            "put it into a file and set ML_CONNECTOR_KEYRING to its path."
        )


def keyring_source(default: Path, setting: str | None) -> KeyRingSource:
    """Where to look: the setting is a path or the JSON itself, and empty or None for `default`.

    Raises Mistake for what is neither.
    """
    given = (setting or "").strip()
    if not given:
        return KeyRingFile(default)
    if given.startswith(("[", "{")):
        return KeyRingText(given)
    try:
        return KeyRingFile(Path(given).expanduser())
    except RuntimeError:
        raise Mistake(f"keyring = {given}: there is no such user's home directory.") from None


def render(ring: KeyRing) -> str:
    """The ring as JSON text."""
    rows = [
        {
            "id": key.id,
            "key": base64.b64encode(key.secret).decode(),
            "created_at": instant_text(key.created_at),
            "active": key.active,
        }
        for key in ring.keys
    ]
    return json.dumps(rows, indent=2) + "\n"


def parse(text: str, origin: str) -> KeyRing:
    """Read JSON text. Raises Mistake, whose sentence names `origin` and never shows the text."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        raise _unusable(origin, "it is not JSON") from None
    if not isinstance(rows, list):
        raise _unusable(origin, "it is not a list of keys")
    keys = tuple(_key(row, number, origin) for number, row in enumerate(rows, start=1))
    if len({key.id for key in keys}) < len(keys):
        raise _unusable(origin, "two keys have the same id")
    if sum(key.active for key in keys) != 1:
        raise _unusable(origin, "exactly one key must be active")
    return KeyRing(keys)


def _key(row: Any, number: int, origin: str) -> Key:
    match row:
        case {"id": str(id), "key": str(text), "created_at": str(moment), "active": bool(active)}:
            pass
        case _:
            raise _unusable(origin, f"key {number} needs id, key, created_at and active")
    try:
        secret = base64.b64decode(text, validate=True)
        created_at = datetime.fromisoformat(moment)
    except (binascii.Error, ValueError):
        raise _unusable(origin, f"key {number} is not readable") from None
    if not id or len(secret) != KEY_BYTES or created_at.tzinfo is None:
        raise _unusable(origin, f"key {number} is not complete")
    return Key(id, secret, created_at, active)


def _unusable(origin: str, why: str) -> Mistake:
    return Mistake(f"{origin[0].upper()}{origin[1:]} cannot be used: {why}; put back your copy.")
