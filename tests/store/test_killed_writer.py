"""What was acknowledged survives a kill, whenever it comes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ml_connector.store.sqlite import open_database
from tests.store.notebook import notes

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("enough", [1, 40, 777])
def test_acknowledged_writes_survive_a_kill(tmp_path: Path, enough: int) -> None:
    path = tmp_path / "notes.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.killed_writer", str(path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(enough)]
        process.kill()
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    acknowledged = {int(line) for line in lines if line.endswith(b"\n")}
    assert len(acknowledged) >= enough
    database = open_database(path)
    with database.reader.begin() as connection:
        assert acknowledged <= set(notes(connection))
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    database.dispose()
