"""The home: its places, and a lock that only one process ever holds."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ml_connector.core.faults import Mistake
from ml_connector.store.home import Holder, Home, lock_holder, try_lock

HOLDING = """
import sys
from pathlib import Path
from ml_connector.store.home import Home, try_lock
lock = try_lock(Home(Path(sys.argv[1])), "serve")
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""


def hold_elsewhere(home: Home) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(home.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "a" / "home")
    home.create()
    return home


def test_a_home_is_its_owners_alone(home: Home) -> None:
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    home.create()
    assert not home.exists
    home.database.touch()
    assert home.exists
    home.demand()


def test_every_place_is_inside(home: Home) -> None:
    places = [home.database, home.keyring, home.settings, home.lock]
    names = ["database.sqlite3", "keyring.json", "settings.toml", "lock"]
    assert places == [home.path / name for name in names]


def test_a_missing_home_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="run `ml-connector init`") as raised:
        Home(tmp_path / "gone").demand()
    assert str(tmp_path / "gone") in raised.value.sentence


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Mistake, match="could not be made"):
        Home(tmp_path / "file" / "home").create()


def test_the_lock_is_held_once_and_freed_on_close(home: Home) -> None:
    assert lock_holder(home) is None
    with_lock = try_lock(home, "sync")
    assert with_lock is not None
    with with_lock:
        assert try_lock(home, "plan") is None
        assert lock_holder(home) == Holder(os.getpid(), "sync")
    assert lock_holder(home) is None
    again = try_lock(home, "plan")
    assert again is not None
    again.close()
    again.close()


def test_another_process_keeps_it_until_it_is_killed(home: Home) -> None:
    with hold_elsewhere(home) as process:
        assert said(process) == "held"
        assert try_lock(home, "sync") is None
        assert lock_holder(home) == Holder(process.pid, "serve")
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert lock_holder(home) is None, "what it wrote is there, and names a process that is gone"
    taken = try_lock(home, "sync")
    assert taken is not None
    assert lock_holder(home) == Holder(os.getpid(), "sync")
    taken.close()


def test_of_many_processes_one_gets_it(home: Home) -> None:
    processes = [hold_elsewhere(home) for _ in range(5)]
    assert sorted(map(said, processes)) == ["held"] + ["refused"] * 4
    for process in processes:
        process.communicate()


def test_a_child_process_does_not_inherit_it(home: Home) -> None:
    lock = try_lock(home, "serve")
    assert lock is not None
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        lock.close()
        taken = try_lock(home, "sync")
        assert taken is not None
        taken.close()
        child.kill()


def test_a_home_that_is_gone_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="could not be locked"):
        try_lock(Home(tmp_path / "gone"), "sync")
