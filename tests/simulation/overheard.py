"""What the program logs is overheard: it goes nowhere, but what it holds for a defect is one."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from .house import Killed


def quiet(surprise: Any) -> None:
    """The program's log goes nowhere, but what it holds for a defect is one."""

    def listen(logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
        if method == "exception" or event.get("exc_info"):
            error = _raised(event)
            if not isinstance(error, Killed):
                surprise(f"{event['event']}: {error!r}")
        raise structlog.DropEvent

    structlog.configure(
        processors=[listen],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=False,
    )


def _raised(event: Mapping[str, Any]) -> BaseException | None:
    error = event.get("exc_info")
    return error if isinstance(error, BaseException) else sys.exc_info()[1]
