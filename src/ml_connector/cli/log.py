"""The log: one place that says where it goes, in which form, and that no secret is in it.

A command logs to a file in its home, `serve` to stderr: lines of JSON, or plain text at a terminal.
"""

from __future__ import annotations

import logging
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Protocol, TextIO

import structlog
from structlog.typing import Processor

FILE = "ml-connector.log"
OWNER_ONLY = 0o600
OURS = "ml-connector"


class Redacting(Protocol):
    """What hides secrets; see `http.redaction.Redactor`."""

    def processor(
        self, logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]: ...


def quiet() -> None:
    """Where no home is open: nothing is written anywhere."""
    _configure(logging.NullHandler(), "error")


def to_file(home: Path, redactor: Redacting, level: str) -> bool:
    """Append to the log file of the home, which only its owner may read.

    False where that cannot be written; then nothing is logged, and the command goes on.
    """
    file = home / FILE
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY))
        handler = logging.FileHandler(file, encoding="utf-8")
    except OSError:
        quiet()
        return False
    _configure(_formatted(handler, redactor, as_json=True), level)
    return True


def to_stream(stream: TextIO, redactor: Redacting, level: str) -> None:
    """Write to a stream, in the form that suits whoever reads it."""
    handler = logging.StreamHandler(stream)
    _configure(_formatted(handler, redactor, as_json=not stream.isatty()), level)


def _before() -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


def _formatted(handler: logging.Handler, redactor: Redacting, *, as_json: bool) -> logging.Handler:
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_before(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redactor.processor,
                renderer,
            ],
        )
    )
    return handler


def _configure(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    for old in root.handlers[:]:
        if old.name == OURS:
            root.removeHandler(old)
            old.close()
    handler.name = OURS
    root.addHandler(handler)
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_before(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
