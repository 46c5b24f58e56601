"""A key rotation that is killed at every step, one after the other, each time on a fresh home.

    python -m tests.store.killed_rotation FOLDER [renewing]

The process forks a child that rotates and kills itself at step 1, at step 2, … until one comes
through. After each death the home must open, hold every secret, and finish a rotation. Prints how
many steps there were. A step is what lies between two touches of the disk. With `renewing`, tokens
are renewed all the while, and what the store has acknowledged must be there after the death.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, select

from ml_connector.store.database import Store
from ml_connector.store.group import Work
from ml_connector.store.home import Home
from ml_connector.store.keycheck import admit_keys, open_or_make_keyring
from ml_connector.store.keyring import KeyRingFile
from ml_connector.store.migrate import upgrade
from ml_connector.store.rotation import BATCH_SIZE, Rotation, key_status, rotate
from ml_connector.store.sqlite import Database, open_database
from ml_connector.store.tables import secrets
from ml_connector.store.vault import Vault, get_secrets, put_secret
from tests.store.keys import key

T = TypeVar("T")

OWNERS = BATCH_SIZE // 2 + 1
NAMES = ("access_token", "refresh_token")


class Steps:
    """Counts down and kills the process at the end."""

    def __init__(self, left: int) -> None:
        self._left = left

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., T]) -> Callable[..., T]:
        def stepping(*args: object, **named: object) -> T:
            self()
            result = function(*args, **named)
            self()
            return result

        return stepping


class SteppingStore(Store):
    """A store with a step before and after each transaction."""

    def __init__(self, database: Database, step: Steps) -> None:
        super().__init__(database)
        self._step = step

    async def write(self, work: Work[T]) -> T:
        self._step()
        result = await super().write(work)
        self._step()
        return result

    async def renew(self, vault: Vault, acknowledged: int, until: asyncio.Event) -> None:
        """Replace one secret after the other, as refreshed tokens are; each is told once it is on
        disk. No step: it happens at any moment of the rotation."""
        for turn in itertools.count():
            if until.is_set():
                return
            owner, value = f"grant:{turn % OWNERS}", f"renewed {turn:06}"
            await super().write(lambda c: put_secret(c, vault, owner, NAMES[0], value))  # noqa: B023 - awaited at once
            os.write(acknowledged, f"{owner} {value}\n".encode())


def prepare(home: Home) -> None:
    """A home with secrets, whose key was rotated once before."""
    home.create()
    database = open_database(home.database, create=True)
    upgrade(database.writer)
    with database.writer.begin() as connection:
        ring = open_or_make_keyring(connection, KeyRingFile(home.keyring), lambda: key(1))
        vault = Vault(ring, os.urandom)
        admit_keys(connection, vault)
        for owner, name in itertools.product(range(OWNERS), NAMES):
            put_secret(connection, vault, f"grant:{owner}", name, f"{name} of {owner}")
    database.dispose()
    asyncio.run(rotate_once(home, 2, Steps(0)))


async def rotate_once(home: Home, new: int, step: Steps, *, renewing: bool = False) -> Rotation:
    """Start as the program does, rotate, and look that nothing was lost, nor left under an old
    key: not in the rows, and not in any byte of the files."""
    source, log = KeyRingFile(home.keyring), home.path / "acknowledged"
    before = log.read_text().splitlines() if log.exists() else []
    async with SteppingStore(open_database(home.database), step) as store:
        vault = Vault(source.load(), os.urandom)
        await store.write(lambda connection: admit_keys(connection, vault))
        await store.read(lambda c: demand_all(c, vault, before))
        old = await store.read(ciphertexts)
        done = await (rotate_busily if renewing else rotate_quietly)(store, source, vault, new, log)
        told = log.read_text().splitlines() if log.exists() else []
        await store.read(lambda c: demand_all(c, vault, told))
        holds = await store.read(lambda c: {s.id: s.secrets for s in key_status(c, vault.ring)})
        demand(holds.pop(done.active) == OWNERS * len(NAMES), "a secret was not sealed anew")
        demand(set(holds.values()) == {0}, "a retired key still holds a secret")
        old -= await store.read(ciphertexts)  # those that an earlier rotation had sealed anew
        demand_wiped(home, old)
    demand_wiped(home, old)
    demand(len(source.load().keys) == 2, "a key was kept that nothing needs")
    return done


async def rotate_quietly(
    store: SteppingStore, source: KeyRingFile, vault: Vault, new: int, log: Path
) -> Rotation:
    return await rotate(store, source, vault, lambda: key(new))


async def rotate_busily(
    store: SteppingStore, source: KeyRingFile, vault: Vault, new: int, log: Path
) -> Rotation:
    """While tokens are renewed."""
    acknowledged = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    until = asyncio.Event()
    renewing = asyncio.create_task(store.renew(vault, acknowledged, until))
    try:
        return await rotate(store, source, vault, lambda: key(new))
    finally:
        until.set()
        await renewing
        os.close(acknowledged)


def ciphertexts(connection: Connection) -> set[bytes]:
    return set(connection.execute(select(secrets.c.ciphertext)).scalars())


def demand_wiped(home: Home, old: set[bytes]) -> None:
    """No part of an old ciphertext is left in the database or in its log."""
    there = b"".join(path.read_bytes() for path in home.path.glob(f"{home.database.name}*"))
    demand(not any(each[:16] in there for each in old), "an old ciphertext is still in the file")


def demand_all(connection: Connection, vault: Vault, acknowledged: Sequence[str]) -> None:
    """Every secret opens; a renewed one is as new as the store has said, or newer."""
    least = dict(line.split(" ", 1) for line in acknowledged)
    for number in range(OWNERS):
        owner = f"grant:{number}"
        found = get_secrets(connection, vault, owner)
        demand(found.keys() == set(NAMES), "a secret was lost")
        demand(found[NAMES[1]] == f"{NAMES[1]} of {number}", "a secret is another one")
        value = found[NAMES[0]]
        if owner in least:
            demand(value >= least[owner], f"{owner} is {value} and was {least[owner]}")
        else:
            demand(value.startswith((f"{NAMES[0]} of {number}", "renewed")), "another secret")


def demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(otherwise)


def rotate_until_killed(home: Home, at: int, *, renewing: bool) -> bool:
    """Whether the rotation in a child was killed before it was done."""
    child = os.fork()
    if child == 0:
        step = Steps(at)
        os.fsync = step.around(os.fsync)
        os.replace = step.around(os.replace)
        asyncio.run(rotate_once(home, 3, step, renewing=renewing))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    demand(status in (0, signal.SIGKILL), f"the child ended by itself: {status}")
    return status != 0


def main(folder: Path, *, renewing: bool) -> None:
    template = Home(folder / "template")
    prepare(template)
    for at in itertools.count(1):
        home = Home(folder / f"home{at}")
        shutil.copytree(template.path, home.path)
        killed = rotate_until_killed(home, at, renewing=renewing)
        asyncio.run(rotate_once(home, 4, Steps(0)))
        shutil.rmtree(home.path)
        if not killed:
            print(at - 1)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), renewing="renewing" in sys.argv)
