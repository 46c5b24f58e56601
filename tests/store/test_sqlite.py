"""Opening a database: what cannot be used is refused, and the sentence tells how to mend it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ml_connector.core.faults import Mistake
from ml_connector.store import sqlite
from ml_connector.store.sqlite import open_database
from tests.store.notebook import new_notebook, note

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder below which a user without rights can look."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


@contextmanager
def without_root() -> Iterator[None]:
    """Root may write anywhere, so step down to a user who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def make(path: Path, notes: int = 0) -> Path:
    database = new_notebook(path)
    with database.writer.begin() as connection:
        for n in range(notes):
            note(n, size=1000)(connection)
    database.dispose()
    return path


def refusal(path: Path, *, create: bool = False) -> str:
    with pytest.raises(Mistake) as raised:
        open_database(path, create=create)
    assert str(path) in raised.value.sentence
    return raised.value.sentence


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = make(tmp_path / "notes.sqlite3")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_missing_or_emptied_file_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    assert "ml-connector init" in refusal(path)
    path.touch()
    assert "put your copy" in refusal(path)
    assert path.stat().st_size == 0


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "check that its folder exists" in refusal(tmp_path / "gone" / "x.sqlite3", create=True)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    path.write_text("Dear diary, " * 1000)
    assert "is not a database" in refusal(path)


def test_a_database_that_was_cut_short(tmp_path: Path) -> None:
    path = make(tmp_path / "notes.sqlite3", notes=50)
    os.truncate(path, path.stat().st_size // 2)
    assert "damaged or cut short" in refusal(path)


def test_a_database_that_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 10)
    path = make(tmp_path / "notes.sqlite3")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another program" in refusal(path)


def test_a_file_that_can_only_be_read(folder: Path) -> None:
    path = make(folder / "notes.sqlite3")
    path.chmod(0o444)
    folder.chmod(0o777)
    with without_root():
        assert "only be read" in refusal(path)


def test_a_folder_that_can_only_be_read(folder: Path) -> None:
    path = make(folder / "notes.sqlite3")
    path.chmod(0o666)
    folder.chmod(0o555)
    with without_root():
        assert "write" in refusal(path)


def test_a_file_that_may_not_be_opened(folder: Path) -> None:
    path = make(folder / "notes.sqlite3")
    path.chmod(0)
    with without_root():
        assert "could not be opened" in refusal(path)
