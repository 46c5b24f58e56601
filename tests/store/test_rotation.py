"""Rotation: every secret moves to the new key, and a crash at any step loses none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from ml_connector.core.faults import Mistake, NeedsPerson
from ml_connector.store.database import Store
from ml_connector.store.executor import Inline
from ml_connector.store.keycheck import admit_keys, check_keys
from ml_connector.store.keyring import KeyRing, KeyRingFile, KeyRingText, render
from ml_connector.store.rotation import BATCH_SIZE, KeyStatus, Rotation, key_status, rotate
from ml_connector.store.sqlite import driver, memory_database
from ml_connector.store.tables import secrets
from ml_connector.store.vault import Vault, get_secret, put_secret
from tests.store.keys import MADE_AT, counting_bytes, key, ring

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Setting:
    """A store with its ring in a file."""

    store: Store
    source: KeyRingFile
    vault: Vault

    async def put(self, count: int) -> None:
        def put_all(connection: Connection) -> None:
            for n in range(count):
                put_secret(connection, self.vault, f"grant:{n}", "token", f"value {n}")

        await self.store.write(put_all)

    async def rotate(self, new: int) -> Rotation:
        return await rotate(self.store, self.source, self.vault, lambda: key(new))

    async def held(self) -> dict[str, int]:
        found = await self.store.read(lambda c: key_status(c, self.source.load()))
        return {status.id: status.secrets for status in found}


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    source = KeyRingFile(tmp_path / "keyring.json")
    source.save(ring(1))
    vault = Vault(source.load(), counting_bytes())
    async with Store.in_memory() as store:
        await store.write(lambda c: admit_keys(c, vault))
        yield Setting(store, source, vault)


async def test_every_secret_moves_and_the_predecessor_stays(setting: Setting) -> None:
    count = BATCH_SIZE + 1
    await setting.put(count)
    progress: list[tuple[int, int]] = []
    done = await rotate(
        setting.store,
        setting.source,
        setting.vault,
        lambda: key(2),
        lambda done, total: progress.append((done, total)),
    )
    assert done == Rotation("k2", count, resumed=False, removed=())
    assert progress == [(BATCH_SIZE, count), (count, count)]
    assert await setting.held() == {"k1": 0, "k2": count}
    assert setting.source.load() == setting.vault.ring == ring(1, 2)
    fresh = Vault(setting.source.load(), counting_bytes())
    assert await setting.store.read(lambda c: get_secret(c, fresh, "grant:7", "token")) == "value 7"


async def test_the_rotation_after_lets_the_older_key_go(setting: Setting) -> None:
    await setting.put(3)
    await setting.rotate(2)
    done = await setting.rotate(3)
    assert done == Rotation("k3", 3, resumed=False, removed=("k1",))
    assert setting.source.load() == setting.vault.ring == ring(2, 3)
    await setting.store.read(lambda c: check_keys(c, ring(2, 3)))


async def test_an_unfinished_rotation_is_finished_before_a_new_one(setting: Setting) -> None:
    await setting.put(3)
    setting.source.save(ring(1, 2))  # as far as a crash let it come
    done = await setting.rotate(9)
    assert done == Rotation("k2", 3, resumed=True, removed=())
    assert await setting.held() == {"k1": 0, "k2": 3}


async def test_without_secrets_there_is_only_a_new_key(setting: Setting) -> None:
    assert await setting.rotate(2) == Rotation("k2", 0, resumed=False, removed=())
    await setting.store.read(lambda c: check_keys(c, ring(1, 2)))


async def test_what_is_stored_meanwhile_is_under_the_new_key(setting: Setting) -> None:
    await setting.put(1)
    await setting.rotate(2)
    await setting.put(2)
    assert await setting.held() == {"k1": 0, "k2": 2}


async def test_a_secret_that_does_not_open_is_named_and_nothing_is_lost(setting: Setting) -> None:
    await setting.put(2)
    altered = update(secrets).where(secrets.c.owner == "grant:1").values(ciphertext=b"?" * 40)
    await setting.store.write(lambda c: c.execute(altered).rowcount)
    with pytest.raises(NeedsPerson, match="token of grant:1"):
        await setting.rotate(2)
    assert setting.source.load() == ring(1, 2)
    value = await setting.store.read(lambda c: get_secret(c, setting.vault, "grant:0", "token"))
    assert value == "value 0"


async def test_a_ring_that_cannot_be_written_changes_nothing(setting: Setting) -> None:
    await setting.put(1)
    source = KeyRingText(render(ring(1)))
    with pytest.raises(Mistake, match="put it into a file"):
        await rotate(setting.store, source, setting.vault, lambda: key(2))
    assert setting.vault.ring == ring(1)
    assert await setting.held() == {"k1": 1}


async def test_the_ring_of_another_database_is_refused(setting: Setting) -> None:
    setting.source.save(ring(8))
    with pytest.raises(Mistake, match="key k1 is missing"):
        await setting.rotate(9)
    assert setting.source.load() == ring(8)


async def test_a_ring_that_is_refused_seals_nothing(setting: Setting) -> None:
    """A working server took the foreign ring into use before it looked whether it was the
    database's, and lost what it stored from then on."""
    await setting.put(1)
    setting.source.save(ring(8))
    with pytest.raises(Mistake, match="key k1 is missing"):
        await setting.rotate(9)
    await setting.put(2)
    setting.source.save(ring(1))
    assert await setting.held() == {"k1": 2}
    await setting.store.read(lambda c: check_keys(c, ring(1)))


async def test_a_copy_from_before_any_rotation_opens_after_it(setting: Setting) -> None:
    """Before the second one it knew of a key that held nothing, which the second one let go."""
    await setting.put(1)
    await setting.rotate(2)
    with setting.store.database.reader.connect() as conn:
        copy = driver(conn).serialize()
    await setting.rotate(3)
    restored = memory_database()
    with restored.writer.connect() as conn:
        driver(conn).deserialize(copy)
    async with Store(restored, Inline) as store:
        vault = Vault(setting.source.load(), counting_bytes())
        await store.write(lambda c: admit_keys(c, vault))
        assert await store.read(lambda c: get_secret(c, vault, "grant:0", "token")) == "value 0"
        done = await rotate(store, setting.source, vault, lambda: key(9))
    assert done == Rotation("k3", 1, resumed=True, removed=())


async def test_status_tells_each_key(setting: Setting) -> None:
    await setting.put(2)
    found: KeyRing = ring(1, 2)
    assert await setting.store.read(lambda c: key_status(c, found)) == [
        KeyStatus("k1", MADE_AT, active=False, secrets=2),
        KeyStatus("k2", MADE_AT, active=True, secrets=0),
    ]


# A step before and after each of: three touches for each of two saved rings, seven commits
STEPS = 2 * (2 * 3 + 7)


@pytest.mark.parametrize(
    "meanwhile", [(), ("renewing",)], ids=["alone", "while tokens are renewed"]
)
def test_a_kill_at_any_step_loses_no_secret(tmp_path: Path, meanwhile: tuple[str, ...]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "tests.store.killed_rotation", str(tmp_path), *meanwhile],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    # What is renewed meanwhile is under the new key at once, and may spare a commit
    assert STEPS - 2 * len(meanwhile) <= int(found.stdout) <= STEPS
