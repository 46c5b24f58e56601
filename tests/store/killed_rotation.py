"""A key rotation that is killed at every step, one after the other, each time on a fresh home.

    python -m tests.store.killed_rotation FOLDER

The process forks a child that rotates and kills itself at step 1, at step 2, … until one comes
through. After each death the home must open, hold every secret, and finish a rotation. Prints how
many steps there were. A step is what lies between two touches of the disk.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from ml_connector.store.database import Store
from ml_connector.store.group import Work
from ml_connector.store.home import Home
from ml_connector.store.keycheck import admit_keys, open_or_make_keyring
from ml_connector.store.keyring import KeyRingFile
from ml_connector.store.migrate import upgrade
from ml_connector.store.rotation import BATCH_SIZE, Rotation, key_status, rotate
from ml_connector.store.sqlite import Database, open_database
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


async def rotate_once(home: Home, new: int, step: Steps) -> Rotation:
    """Start as the program does, rotate, and look that nothing was lost."""
    source = KeyRingFile(home.keyring)
    async with SteppingStore(open_database(home.database), step) as store:
        vault = Vault(source.load(), os.urandom)
        await store.write(lambda connection: admit_keys(connection, vault))
        done = await rotate(store, source, vault, lambda: key(new))
        await store.read(lambda c: demand_all(c, vault))
        holds = await store.read(lambda c: {s.id: s.secrets for s in key_status(c, vault.ring)})
        demand(holds.pop(done.active) == OWNERS * len(NAMES), "a secret was not sealed anew")
        demand(set(holds.values()) == {0}, "a retired key still holds a secret")
    return done


def demand_all(connection: Connection, vault: Vault) -> None:
    for owner in range(OWNERS):
        found = get_secrets(connection, vault, f"grant:{owner}")
        demand(found == {name: f"{name} of {owner}" for name in NAMES}, "a secret was lost")


def demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(otherwise)


def rotate_until_killed(home: Home, at: int) -> bool:
    """Whether the rotation in a child was killed before it was done."""
    child = os.fork()
    if child == 0:
        step = Steps(at)
        os.fsync = step.around(os.fsync)
        os.replace = step.around(os.replace)
        asyncio.run(rotate_once(home, 3, step))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    demand(status in (0, signal.SIGKILL), f"the child ended by itself: {status}")
    return status != 0


def main(folder: Path) -> None:
    template = Home(folder / "template")
    prepare(template)
    for at in itertools.count(1):
        home = Home(folder / f"home{at}")
        shutil.copytree(template.path, home.path)
        killed = rotate_until_killed(home, at)
        asyncio.run(rotate_once(home, 4, Steps(0)))
        shutil.rmtree(home.path)
        if not killed:
            print(at - 1)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
