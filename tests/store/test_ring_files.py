"""The file of a key ring: cut short, altered, or not to be written, it never costs a secret."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from ml_connector.core.faults import Mistake
from ml_connector.store.keycheck import admit_keys, check_keys, proven
from ml_connector.store.keyring import KeyRingFile, parse, render
from ml_connector.store.sqlite import Database, driver, memory_database, open_database
from ml_connector.store.tables import metadata
from ml_connector.store.vault import Vault, get_secret, put_secret
from tests.store.keys import counting_bytes, ring
from tests.support.searching import searching

REPOSITORY = Path(__file__).parents[2]
GOOD = render(ring(1, 2)).encode()


def sealed(conn: Connection) -> None:
    """A database of `ring(1, 2)`, with a secret under each key."""
    metadata.create_all(conn)
    for used in (ring(1), ring(1, 2)):
        vault = Vault(used, counting_bytes())
        admit_keys(conn, vault)
        put_secret(conn, vault, "grant:1", used.active.id, f"value of {used.active.id}")


def judged(content: bytes) -> str:
    """What becomes of a database with that file as its ring: refused, or every secret opens."""
    database = memory_database()
    try:
        with database.writer.begin() as conn:
            sealed(conn)
            found = parse(content.decode("utf-8", "replace"), "the ring")
            check_keys(conn, found)
            vault = Vault(found, counting_bytes())
            for name in ("k1", "k2"):
                assert get_secret(conn, vault, "grant:1", name) == f"value of {name}"
            return "opens"
    except Mistake:
        return "refused"
    finally:
        database.dispose()


def test_a_ring_that_is_whole_opens() -> None:
    assert judged(GOOD) == "opens"


def test_a_ring_that_is_cut_short_is_refused_wherever_it_is_cut() -> None:
    assert {judged(GOOD[:length]) for length in range(len(GOOD.rstrip()))} == {"refused"}


@given(at=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
@searching(300)
def test_a_ring_with_an_altered_byte_is_refused_or_opens_everything(at: int, byte: int) -> None:
    assert judged(GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]) in ("opens", "refused")


@given(st.data())
@searching(100)
def test_keys_that_changed_places_never_pass(data: st.DataObject) -> None:
    """The bytes of one key under the id of another."""
    first, second = ring(1, 2).keys
    swapped = GOOD.replace(first.id.encode(), b"k?").replace(second.id.encode(), first.id.encode())
    other = data.draw(st.sampled_from([second.id, "k3"]))
    assert judged(swapped.replace(b"k?", other.encode())) == "refused"


def dumped(database: Database) -> list[str]:
    """All that is in it; its file's bytes change when the log is brought in."""
    with database.reader.connect() as conn:
        return list(driver(conn).iterdump())


def in_the_way(file: Path) -> None:
    """Where the new ring is written to first stands a folder, which is no file to anybody."""
    (file.parent / f"{file.name}.part").mkdir()


def test_a_ring_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    source = KeyRingFile(tmp_path / "keyring.json")
    source.save(ring(1))
    in_the_way(source.path)
    with pytest.raises(Mistake, match="could not be written"):
        source.save(ring(1, 2))
    assert source.load() == ring(1)


FULL = """
import resource, signal, sys
from pathlib import Path
from ml_connector.core.faults import Mistake
from ml_connector.store.keyring import KeyRingFile
from tests.store.keys import ring
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    KeyRingFile(Path(sys.argv[1])).save(ring(1, 2, 3))
except Mistake as fault:
    print(fault.sentence)
"""


def test_a_disk_that_is_full_leaves_the_ring_as_it_was(tmp_path: Path) -> None:
    """The file may not grow beyond a few bytes, as on a disk that is full in the midst of it."""
    assert hasattr(resource, "RLIMIT_FSIZE")
    assert hasattr(signal, "SIGXFSZ")
    source = KeyRingFile(tmp_path / "keyring.json")
    source.save(ring(1, 2))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(source.path)], cwd=REPOSITORY, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert "could not be written" in done.stdout
    assert source.load() == ring(1, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["keyring.json"]


def test_a_ring_is_proven_on_a_database_of_any_version(tmp_path: Path) -> None:
    database = open_database(tmp_path / "database.sqlite3", create=True)
    source = KeyRingFile(tmp_path / "keyring.json")
    source.save(ring(1, 2))
    assert proven(database, source) == ring(1, 2)  # without tables there is nothing to prove
    with database.writer.begin() as conn:
        sealed(conn)
    assert proven(database, source) == ring(1, 2)
    source.save(ring(2))
    before = dumped(database)
    with pytest.raises(Mistake, match="key k1 is missing"):
        proven(database, source)
    assert dumped(database) == before
    database.dispose()
