"""The vault: what was sealed opens, in its own row and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from ml_connector.core.faults import Mistake, NeedsPerson
from ml_connector.store.keyring import Key, KeyRing
from ml_connector.store.sqlite import memory_database
from ml_connector.store.tables import metadata, secrets
from ml_connector.store.vault import (
    Sealed,
    Vault,
    delete_secrets,
    get_secret,
    get_secrets,
    put_secret,
)
from tests.store.keys import MADE_AT, counting_bytes, key, ring


@pytest.fixture
def connection() -> Iterator[Connection]:
    database = memory_database()
    metadata.create_all(database.writer)
    with database.writer.begin() as connection:
        yield connection
    database.dispose()


@pytest.fixture
def vault() -> Vault:
    return Vault(ring(1), counting_bytes())


@given(st.text(), st.text(), st.text())
def test_what_was_sealed_opens(owner: str, name: str, value: str) -> None:
    vault = Vault(ring(1), counting_bytes())
    sealed = vault.seal(owner, name, value)
    assert vault.open(owner, name, sealed) == value
    assert len(value) < 4 or value.encode() not in sealed.ciphertext


def test_equal_secrets_do_not_look_alike(vault: Vault) -> None:
    first, second = vault.seal("o", "n", "value"), vault.seal("o", "n", "value")
    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext


@pytest.mark.parametrize(("owner", "name"), [("grant:2", "b"), ("grant:1", "c"), ("grant:1b", "")])
def test_a_secret_does_not_open_in_another_row(vault: Vault, owner: str, name: str) -> None:
    sealed = vault.seal("grant:1", "b", "value")
    with pytest.raises(NeedsPerson, match="altered"):
        vault.open(owner, name, sealed)


@pytest.mark.parametrize("part", ["nonce", "ciphertext"])
def test_an_altered_secret_does_not_open(vault: Vault, part: str) -> None:
    sealed = vault.seal("o", "n", "value")
    parts = {"nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
    parts[part] = bytes([parts[part][0] ^ 1]) + parts[part][1:]
    with pytest.raises(NeedsPerson, match="altered"):
        vault.open("o", "n", Sealed(sealed.key_id, parts["nonce"], parts["ciphertext"]))


def test_a_secret_whose_key_is_gone_names_the_key(vault: Vault) -> None:
    sealed = vault.seal("o", "n", "value")
    with pytest.raises(NeedsPerson, match="key k1, which is not in the key ring"):
        Vault(ring(2), counting_bytes()).open("o", "n", sealed)


def test_another_ring_seals_with_its_own_key_and_still_opens_the_old(vault: Vault) -> None:
    old = vault.seal("o", "n", "old")
    vault.adopt(ring(1, 2))
    assert vault.seal("o", "n", "new").key_id == "k2"
    assert vault.open("o", "n", old) == "old"


def test_rows(connection: Connection, vault: Vault) -> None:
    put_secret(connection, vault, "grant:1", "refresh_token", "first")
    put_secret(connection, vault, "grant:1", "refresh_token", "second")
    put_secret(connection, vault, "grant:1", "access_token", "ä€")
    put_secret(connection, vault, "grant:2", "refresh_token", "other")
    assert get_secret(connection, vault, "grant:1", "refresh_token") == "second"
    assert get_secret(connection, vault, "grant:1", "password") is None
    assert get_secrets(connection, vault, "grant:1") == {
        "access_token": "ä€",
        "refresh_token": "second",
    }
    delete_secrets(connection, "grant:1")
    assert get_secrets(connection, vault, "grant:1") == {}
    assert get_secret(connection, vault, "grant:2", "refresh_token") == "other"


def test_a_row_moved_to_another_owner_does_not_open(connection: Connection, vault: Vault) -> None:
    put_secret(connection, vault, "grant:1", "refresh_token", "value")
    connection.execute(update(secrets).values(owner="grant:2"))
    with pytest.raises(NeedsPerson, match="refresh_token of grant:2"):
        get_secrets(connection, vault, "grant:2")


def test_nothing_shows_a_value(connection: Connection, vault: Vault) -> None:
    sealed = vault.seal("o", "n", "a very secret value")
    put_secret(connection, vault, "o", "n", "a very secret value")
    row = connection.execute(select(secrets)).one()
    assert b"secret" not in row.ciphertext
    shown = repr(sealed) + repr(vault)
    for hidden in ("a very", repr(sealed.ciphertext), repr(sealed.nonce), repr(b"\x01" * 4)[2:-1]):
        assert hidden not in shown


def test_a_ring_that_was_rotated_elsewhere_is_read_anew(connection: Connection) -> None:
    rotated = Vault(ring(1, 2), counting_bytes())
    put_secret(connection, rotated, "grant:1", "a", "value")
    reads: list[KeyRing] = []

    def reread() -> KeyRing:
        reads.append(rotated.ring)
        return rotated.ring

    older = Vault(ring(1), counting_bytes(), reread)
    assert get_secret(connection, older, "grant:1", "a") == "value"
    assert get_secret(connection, older, "grant:1", "a") == "value"
    assert (older.ring, len(reads)) == (ring(1, 2), 1)


@pytest.mark.parametrize("there", ["nothing", "no such key", "another key of that id"])
def test_a_ring_that_opens_nothing_is_not_taken(connection: Connection, there: str) -> None:
    put_secret(connection, Vault(ring(1, 2), counting_bytes()), "grant:1", "a", "value")

    def reread() -> KeyRing:
        if there == "nothing":
            raise Mistake("There is no key ring.")
        if there == "no such key":
            return ring(3)
        return KeyRing((Key("k2", key(9).secret, MADE_AT),))

    older = Vault(ring(1), counting_bytes(), reread)
    with pytest.raises(NeedsPerson):
        get_secret(connection, older, "grant:1", "a")
    assert older.ring == ring(1)
