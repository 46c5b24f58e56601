"""Home: the folder that holds the database, the key ring, the settings and the lock.

Whoever writes holds the lock: one process at a time, `serve` or a command. It is the operating
system's lock on an open file, so a killed process leaves none behind. The file itself stays, and
says who holds it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ml_connector.core.faults import Mistake
from ml_connector.store.durable import OWNER_ONLY

_FOLDER_MODE = 0o700


@dataclass(frozen=True)
class Home:
    """The places inside one home folder."""

    path: Path

    @property
    def database(self) -> Path:
        """SQLite keeps two more files beside it while it is open."""
        return self.path / "database.sqlite3"

    @property
    def keyring(self) -> Path:
        """Where the key ring is unless a setting says otherwise."""
        return self.path / "keyring.json"

    @property
    def settings(self) -> Path:
        """The settings file; it may be missing."""
        return self.path / "settings.toml"

    @property
    def lock(self) -> Path:
        """See HomeLock."""
        return self.path / "lock"

    @property
    def exists(self) -> bool:
        """Whether the folder was set up: it holds a database."""
        return self.database.exists()

    def create(self) -> None:
        """Make the folder, for its owner only; one that is there stays as it is. Raises Mistake."""
        try:
            self.path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise Mistake(
                f"The home {self.path} could not be made ({error.strerror}); choose another folder "
                "with --home or ML_CONNECTOR_HOME."
            ) from error

    def demand(self) -> None:
        """Raise Mistake unless the home exists."""
        if not self.exists:
            raise Mistake(
                f"There is no home at {self.path}; run `ml-connector init`, or name another folder "
                "with --home or ML_CONNECTOR_HOME."
            )


@dataclass(frozen=True)
class Holder:
    """Who holds a home: the process, what for (`serve`, `sync`, …), and where a server listens."""

    pid: int
    purpose: str
    address: str = ""

    @property
    def is_alive(self) -> bool:
        """Whether there is such a process: what a killed one wrote stays until somebody else
        writes."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:  # it is another user's
            return True
        return True


class HomeLock:
    """The right to write to a home, until it is closed (or used in `with`), or the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Let go. Calling it again does nothing."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def note(self, purpose: str, address: str = "") -> None:
        """Say who holds it, for people who ask."""
        if self._descriptor is not None:
            told = json.dumps({"pid": os.getpid(), "purpose": purpose, "address": address})
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, told.encode(), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def try_lock(home: Home, purpose: str) -> HomeLock | None:
    """Take the home's lock, or None at once where another process (or this one) has it.

    Raises Mistake if the file cannot be made or its drive knows no locks.
    """
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    except OSError as error:
        raise _unlockable(home, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock = HomeLock(descriptor)
        lock.note(purpose)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return None
        raise _unlockable(home, error) from error
    return lock


def lock_holder(home: Home) -> Holder | None:
    """Who wrote itself into the lock file last, where that process is still there; only to tell a
    person, never to decide by."""
    try:
        found = json.loads(home.lock.read_bytes())
        holder = Holder(int(found["pid"]), str(found["purpose"]), str(found.get("address", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return holder if holder.is_alive else None


def _unlockable(home: Home, error: OSError) -> Mistake:
    return Mistake(
        f"{home.lock} could not be locked ({error.strerror}); check that this user may write in "
        "the home and that it is on a local disk."
    )
