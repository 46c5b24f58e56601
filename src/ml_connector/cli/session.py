"""A session is one command on one home: what was asked for, the open app, how work gets done."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import structlog

from ml_connector.app import App, Home, Redactor, do, opened, run
from ml_connector.cli import log
from ml_connector.cli.output import DONE, FAILED, INTERRUPTED, MISTAKE, PERSON, Output
from ml_connector.core.faults import Fault, Mistake, NeedsPerson, StoreUnavailable
from ml_connector.settings import Settings, load_settings

DEFAULT_HOME = "~/.ml-connector"
DEFAULT_WORKSPACE = "default"

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""Python reads bytes that are not UTF-8 as halves of characters."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was typed: on which home and workspace, and how to answer."""

    home: Home
    workspace: str
    out: Output
    redactor: Redactor = field(default_factory=Redactor)

    def settings(self) -> Settings:
        """Raises Mistake."""
        return load_settings(self.home.settings)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """An open home. Raises Mistake where it cannot be used."""
        settings = self.settings()
        async with opened(self.home, settings, self.out.note, self.redactor) as app:
            log.to_file(self.home.path, self.redactor, settings.log_level)
            yield Session(self, app, await app.workspace(self.workspace))


@dataclass(frozen=True, slots=True)
class Session:
    """`workspace` is the id of the one that was named."""

    call: Call
    app: App
    workspace: str

    @property
    def out(self) -> Output:
        return self.call.out

    async def do(self, kind: str, args: dict[str, Any]) -> dict[str, Any]:
        """Have it done by whoever serves on the home, else here: `{"result", "exit", "notes"}`."""
        with self.out.following() as follow:
            return await do(self.app, self.workspace, kind, args, follow)

    async def done(
        self, kind: str, args: dict[str, Any], show: Callable[[dict[str, Any]], None]
    ) -> int:
        """Do it and show the result, as JSON or by `show`; the exit code."""
        told = await self.do(kind, args)
        return self.shown(told, show)

    def shown(self, told: dict[str, Any], show: Callable[[dict[str, Any]], None]) -> int:
        """Show what came of a command; notes go beside it."""
        notes = " ".join(told.get("notes") or [])
        if told["result"] is None:
            self.out.error(notes or "It was not done.")
            return int(told["exit"])
        if self.out.as_json:
            self.out.document(told["result"])
        else:
            show(told)
        for note in told.get("notes") or []:
            self.out.note(note)
        return int(told["exit"])


def is_text(given: str) -> bool:
    """Whether it is UTF-8 without a NUL, as what was typed or is in the environment should be."""
    return _NO_TEXT.search(given) is None


def call_of(home: str | None, workspace: str | None, *, as_json: bool) -> Call:
    """A call with the defaults filled in. Raises Mistake for a home that no path can name."""
    given = home or DEFAULT_HOME
    try:
        path = Path(given).expanduser()
        path.exists()
        os.fsencode(path).decode()
    except (OSError, RuntimeError, ValueError):
        told = ascii(given[:200])
        raise Mistake(f"No home can be at {told}: give --home a path that can be.") from None
    return Call(Home(path), workspace or DEFAULT_WORKSPACE, Output(as_json=as_json))


def performed(call: Call, work: Coroutine[Any, Any, int]) -> int:
    """Run a command to its exit code. Whatever goes wrong becomes one sentence."""
    log.quiet()
    try:
        return run(work)
    except Mistake as fault:
        call.out.error(fault.sentence)
        return MISTAKE
    except NeedsPerson as fault:
        call.out.error(fault.sentence)
        return PERSON
    except (Fault, StoreUnavailable) as fault:
        call.out.error(fault.sentence)
        return FAILED
    except KeyboardInterrupt:
        call.out.error("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        return DONE  # whoever read the output has seen enough
    except Exception as error:
        return _unforeseen(call, error)
    finally:
        log.quiet()


def _unforeseen(call: Call, error: Exception) -> int:
    """The traceback goes to the log, under an id that the sentence names."""
    id = token_hex(4)
    place = "no log, since the home cannot be written"
    if call.home.exists and log.to_file(call.home.path, call.redactor, "error"):
        told = "".join(traceback.format_exception(error))
        structlog.get_logger(__name__).error("a command failed", id=id, exception=told)
        place = str(call.home.path / log.FILE)
    call.out.error(
        f"Something nobody foresaw happened ({type(error).__name__}, {id}); "
        f"the traceback is in {place}."
    )
    return FAILED
