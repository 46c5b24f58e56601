"""A careful client is a vendor's own whose code met an answer that it did not foresee.

What such an answer breaks is no bug in a record, and must not end a round: a write has an unknown
outcome, a look is tried again later, and a batch of source records is refused, so that it is halved
until the culprit is alone.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any

import structlog
from pydantic import ValidationError

from ml_connector.core.faults import Fault, Refused, UnknownOutcome, Unreachable
from ml_connector.core.objects import SourceObject
from ml_connector.core.ports import Chance
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand

READS = ("GET", "HEAD")
WRITING = frozenset({
    "create", "create_many", "update", "create_setup", "subscribe", "unsubscribe", "confirm",
    "introduce_again", "install_app",
})  # fmt: skip
"""What of a client writes; elsewhere a POST is a question (GraphQL)."""

NONSENSE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What reading a thing of another shape raises; all else is told by what it is."""

log = structlog.get_logger(__name__)

Call = Callable[..., Coroutine[Any, Any, Any]]


class CarefulClient:
    """Wraps a client of whatever kind; every call of it takes its errand last."""

    def __init__(self, real: Any, vendor: Vendor, chance: Chance) -> None:
        self._real = real
        self._vendor = vendor
        self._chance = chance

    def __getattr__(self, name: str) -> Any:
        told = getattr(self._real, name)
        return self._careful(name, told) if iscoroutinefunction(told) else told

    def _careful(self, name: str, call: Call) -> Call:
        async def careful(*args: Any) -> Any:
            errand: Errand = args[-1]
            before = len(errand.sent)
            try:
                return await call(*args)
            except NONSENSE as error:
                sent = [each for each in errand.sent[before:] if each.status]
                if not sent:
                    raise  # no answer is to blame
                wrote = name in WRITING and any(each.method not in READS for each in sent)
                raise self._fault(name, args[0], error, wrote=wrote) from None

        return careful

    def _fault(self, name: str, asked: Any, error: Exception, *, wrote: bool) -> Fault:
        id = self._chance.new_id()
        log.error("an answer could not be understood", id=id, asked=name, exc_info=error)
        sentence = (
            f"The answer of {self._vendor.label} is not as it is documented{_where(error)}; the "
            f"log has it under {id}."
        )
        if wrote:
            return UnknownOutcome(f"{sentence} Nobody knows whether the write was done.")
        is_batch = name == "read" and isinstance(asked, SourceObject)
        return Refused(sentence) if is_batch else Unreachable(sentence)


def _where(error: Exception) -> str:
    """Which fields are not as expected, and never what they hold."""
    if not isinstance(error, ValidationError):
        return ""
    told = error.errors(include_input=False, include_url=False)[:3]
    return ": " + ", ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in told)
