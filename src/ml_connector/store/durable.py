"""Durable files: a file is replaced whole or not at all, and is on disk before we go on.

A rename is atomic, but only the synchronised file and then the synchronised folder survive a power
cut (https://man7.org/linux/man-pages/man2/fsync.2.html).
"""

from __future__ import annotations

import os
from pathlib import Path

OWNER_ONLY = 0o600


def write_durably(path: Path, content: bytes) -> None:
    """Put `content` at `path`, readable by its owner only. Raises OSError."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        replace_durably(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def replace_durably(part: Path, path: Path) -> None:
    """Give the finished file `part` its place and make both file and name last. Raises OSError."""
    _sync(part)
    part.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
