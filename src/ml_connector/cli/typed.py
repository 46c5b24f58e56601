"""What a person typed: settings, and secrets, which are named and never typed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path

from ml_connector.cli.session import is_text
from ml_connector.core.faults import Mistake

LONGEST_SECRET = 65_536
"""In bytes: some files, devices among them, have no end."""


def settings_of(pairs: Sequence[str]) -> dict[str, str]:
    """`name=value` of every --set; the last word on a name counts. Raises Mistake."""
    return dict(_pair(pair, "--set") for pair in pairs)


def secrets_of(pairs: Sequence[str]) -> dict[str, str]:
    """The values that `name=env:VAR`, `name=file:PATH` and `name=-` stand for. Raises Mistake."""
    return {name: _secret(name, origin) for name, origin in (_pair(p, "--secret") for p in pairs)}


def _pair(text: str, option: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        if option == "--secret":  # the text itself may be the secret, so it is not repeated
            raise Mistake("--secret: write it as name=env:VARIABLE, name=file:PATH or name=-.")
        raise Mistake(f"{option} {text}: write it as name=value.")
    return name.strip(), value


def _secret(name: str, origin: str) -> str:
    kind, _, rest = origin.partition(":")
    if origin == "-":
        value = getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline()
    elif kind == "env" and rest:
        if rest not in os.environ:
            raise Mistake(f"--secret {name}: there is no variable {rest}; export it first.")
        value = os.environ[rest]
        if not is_text(value):
            raise Mistake(f"--secret {name}: the variable {rest} is no text in UTF-8.")
    elif kind == "file" and rest:
        value = _contents(name, rest)
    else:
        raise Mistake(
            f"--secret {name}: say where it is, as {name}=env:VARIABLE, {name}=file:PATH or "
            f"{name}=- for standard input; never the secret itself."
        )
    if not value.strip():
        raise Mistake(f"--secret {name}: it is empty.")
    return value.strip()


def _contents(name: str, path: str) -> str:
    try:
        with Path(path).expanduser().open("rb") as file:
            told = file.read(LONGEST_SECRET + 1)
        if len(told) > LONGEST_SECRET:
            raise ValueError
        return told.decode()
    except (OSError, RuntimeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no secret"
        raise Mistake(f"--secret {name}: {path} could not be read ({why}).") from None
