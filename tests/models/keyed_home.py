"""A home with a key ring, as the program keeps one, and processes that may be cut at any step.

A step is what lies between two touches of the disk: before a transaction, inside it, after it, and
the same of the ring's file, in the midst of which a part of the new one may be left lying about.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, select

from ml_connector.store.database import Store
from ml_connector.store.executor import Inline
from ml_connector.store.group import Work
from ml_connector.store.home import Home
from ml_connector.store.keycheck import admit_keys, open_or_make_keyring, proven
from ml_connector.store.keyring import KeyRing, KeyRingFile
from ml_connector.store.sqlite import Database, open_database
from ml_connector.store.tables import metadata, secrets
from ml_connector.store.vault import Vault
from tests.store.keys import counting_bytes, key

T = TypeVar("T")


class Cut(Exception):
    """The process ends here."""


@dataclass
class Fuse:
    """Burns down by each step; None burns for ever."""

    left: int | None = None

    def __call__(self) -> None:
        if self.left == 0:
            raise Cut
        if self.left is not None:
            self.left -= 1


class CutStore(Store):
    """A store with a step before, inside and after each transaction."""

    def __init__(self, database: Database, fuse: Fuse) -> None:
        super().__init__(database, Inline)
        self._fuse = fuse

    async def write(self, work: Work[T]) -> T:
        def halved(conn: Connection) -> T:
            result = work(conn)
            self._fuse()
            return result

        self._fuse()
        result = await super().write(halved)
        self._fuse()
        return result


@dataclass(frozen=True)
class CutRing(KeyRingFile):
    """A ring's file with a step before it is written, half way, and after."""

    fuse: Fuse = field(default_factory=Fuse)

    def save(self, ring: KeyRing) -> None:
        self.fuse()
        try:
            self.fuse()
        except Cut:
            self.path.with_name(self.path.name + ".part").write_bytes(b'[\n  {\n    "id": "k')
            raise
        super().save(ring)
        self.fuse()


@dataclass
class Process:
    """One run of the program on the home."""

    store: CutStore
    source: CutRing
    vault: Vault
    fuse: Fuse

    def do(self, work: Callable[[Connection], T]) -> T:
        """Run a store function in a transaction of its own."""
        with self.store.database.writer.begin() as conn:
            return work(conn)

    def look(self, work: Callable[[Connection], T]) -> T:
        with self.store.database.reader.begin() as conn:
            return work(conn)

    async def close(self) -> None:
        await self.store.close()


class KeyedHome:
    """The folder. Each nonce in it is used once, whoever seals."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.home = Home(Path(self._folder.name))
        self.random_bytes = counting_bytes()
        self.source = KeyRingFile(self.home.keyring)
        database, ring = _set_up()
        self.home.database.write_bytes(database)
        self.home.keyring.write_bytes(ring)

    def begin(self) -> Process:
        """As the program begins. Raises Mistake where the ring is not the database's."""
        fuse = Fuse()
        source = CutRing(self.home.keyring, fuse)
        database = open_database(self.home.database)
        vault = Vault(proven(database, source), self.random_bytes, source.load)
        return Process(CutStore(database, fuse), source, vault, fuse)

    def set_up_again(self) -> None:
        """As `init` does on a home that is there. Raises Mistake, after which nothing changed."""
        database = open_database(self.home.database)
        try:
            with database.writer.begin() as conn:
                ring = open_or_make_keyring(conn, self.source, lambda: key(99))
                admit_keys(conn, Vault(ring, self.random_bytes))
        finally:
            database.dispose()

    def image(self) -> bytes:
        """The database as a copy of it would be."""
        with closing(sqlite3.connect(self.home.database)) as database:
            return database.serialize()

    def put_image(self, image: bytes) -> None:
        """A copy is put in the place of the database, which nobody has open."""
        for left in self.home.path.glob(f"{self.home.database.name}*"):
            left.unlink()
        self.home.database.write_bytes(image)

    def dumped(self) -> list[str]:
        with closing(sqlite3.connect(self.home.database)) as database:
            return list(database.iterdump())

    def all_bytes(self) -> bytes:
        """Of the database and what lies beside it."""
        found = sorted(self.home.path.glob(f"{self.home.database.name}*"))
        return b"".join(path.read_bytes() for path in found)

    def close(self) -> None:
        self._folder.cleanup()


def rows(conn: Connection) -> dict[tuple[str, str], tuple[str, bytes]]:
    """Each secret's key and ciphertext."""
    found = conn.execute(select(secrets))
    return {(row.owner, row.name): (row.key_id, row.ciphertext) for row in found}


@cache
def _set_up() -> tuple[bytes, bytes]:
    """Database and ring of a home that was just made."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        database = open_database(home.database, create=True)
        metadata.create_all(database.writer)
        with database.writer.begin() as conn:
            ring = open_or_make_keyring(conn, KeyRingFile(home.keyring), lambda: key(1))
            admit_keys(conn, Vault(ring, lambda length: b"\xff" * length))
        database.dispose()
        with closing(sqlite3.connect(home.database)) as copied:
            return copied.serialize(), home.keyring.read_bytes()
