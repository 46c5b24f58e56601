"""The key check: a ring that is not this database's is refused before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from ml_connector.core.faults import Mistake
from ml_connector.store.keycheck import admit_keys, check_keys, forget_keys, open_or_make_keyring
from ml_connector.store.keyring import Key, KeyRing, KeyRingFile
from ml_connector.store.sqlite import memory_database
from ml_connector.store.tables import meta, metadata
from ml_connector.store.vault import Vault, put_secret
from tests.store.keys import MADE_AT, counting_bytes, key, ring


@pytest.fixture
def connection() -> Iterator[Connection]:
    database = memory_database()
    metadata.create_all(database.writer)
    with database.writer.begin() as connection:
        yield connection
    database.dispose()


def vault_of(ring: KeyRing) -> Vault:
    return Vault(ring, counting_bytes())


def known(connection: Connection) -> list[str]:
    return list(connection.execute(select(meta.c.name).order_by(meta.c.name)).scalars())


def test_a_new_database_learns_the_ring_once(connection: Connection) -> None:
    admit_keys(connection, vault_of(ring(1)))
    values = connection.execute(select(meta.c.value)).scalars().all()
    admit_keys(connection, vault_of(ring(1)))
    assert known(connection) == ["key:k1"]
    assert connection.execute(select(meta.c.value)).scalars().all() == values
    check_keys(connection, ring(1))


def test_a_ring_may_have_more_keys_than_the_database_knows(connection: Connection) -> None:
    admit_keys(connection, vault_of(ring(1)))
    admit_keys(connection, vault_of(ring(1, 2)))
    assert known(connection) == ["key:k1", "key:k2"]


def test_a_ring_without_a_key_of_the_database_is_refused(connection: Connection) -> None:
    admit_keys(connection, vault_of(ring(1)))
    with pytest.raises(Mistake, match="key k1 is missing"):
        admit_keys(connection, vault_of(ring(2)))
    assert known(connection) == ["key:k1"]


def test_other_bytes_under_the_same_id_are_refused(connection: Connection) -> None:
    admit_keys(connection, vault_of(ring(1)))
    impostor = KeyRing((Key("k1", key(9).secret, MADE_AT),))
    with pytest.raises(Mistake, match="key k1 is another one there"):
        admit_keys(connection, vault_of(impostor))


def test_a_check_value_that_was_altered_is_refused(connection: Connection) -> None:
    admit_keys(connection, vault_of(ring(1)))
    connection.execute(update(meta).values(value="AAAA"))
    with pytest.raises(Mistake, match="k1"):
        check_keys(connection, ring(1))


def test_secrets_alone_make_a_key_known(connection: Connection) -> None:
    put_secret(connection, vault_of(ring(1)), "o", "n", "value")
    with pytest.raises(Mistake, match="key k1 is missing"):
        check_keys(connection, ring(2))


def test_a_forgotten_key_is_no_longer_asked_for(connection: Connection) -> None:
    admit_keys(connection, vault_of(ring(1, 2)))
    forget_keys(connection, ["k1"])
    check_keys(connection, ring(2))


def test_set_up_makes_a_ring_once(connection: Connection, tmp_path: Path) -> None:
    source = KeyRingFile(tmp_path / "keyring.json")
    assert open_or_make_keyring(connection, source, lambda: key(1)) == ring(1)
    assert open_or_make_keyring(connection, source, lambda: key(2)) == ring(1)
    assert source.load() == ring(1)


@pytest.mark.parametrize("trace", ["a check value", "a secret"])
def test_set_up_never_makes_a_lost_ring_anew(
    connection: Connection, tmp_path: Path, trace: str
) -> None:
    if trace == "a secret":
        put_secret(connection, vault_of(ring(1)), "o", "n", "value")
    else:
        admit_keys(connection, vault_of(ring(1)))
    source = KeyRingFile(tmp_path / "keyring.json")
    with pytest.raises(Mistake, match="put back your copy"):
        open_or_make_keyring(connection, source, lambda: key(2))
    assert not source.exists
