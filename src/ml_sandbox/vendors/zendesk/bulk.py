"""What bulk calls share: lists of ids of at most a hundred, and the answer that names a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .calls import Answer, Call
from .desk import Desk
from .errors import invalid_attribute, missing_parameter, too_many_values
from .jobs import MOST_ITEMS
from .tables import Record


def ids_asked(call: Call) -> list[int] | None:
    """The numbers of `ids`, or None where it was not sent. Raises 400."""
    if "ids" not in call.query:
        return None
    parts = _split(call.query["ids"])
    if not all(part.isdigit() for part in parts):
        raise invalid_attribute("ids", "comma separated integers")
    return [int(part) for part in parts]


def external_ids_asked(call: Call) -> list[str] | None:
    return _split(call.query["external_ids"]) if "external_ids" in call.query else None


def _split(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MOST_ITEMS:
        raise too_many_values(
            f"Parameter  cannot specify more than {MOST_ITEMS} values", max_count=MOST_ITEMS
        )
    return parts


def items(call: Call, name: str, description: str | None = None) -> list[Any]:
    """The list under that key of the body, of 1 to 100 items. Raises 400."""
    found = call.wrapped_list(name)
    if not found:
        raise missing_parameter(name)
    if len(found) > MOST_ITEMS:
        sentence = description or f"Parameter  cannot specify more than {MOST_ITEMS} values"
        more = {} if description else {"max_count": MOST_ITEMS}
        raise too_many_values(sentence, **more)
    return found


def targets(
    call: Call, with_external_id: Callable[[str], Sequence[Record]], alive: Callable[[int], Record]
) -> list[Any] | None:
    """What a bulk change or delete names, as ids; unknown external ids stay as text."""
    numbers = ids_asked(call)
    texts = external_ids_asked(call)
    if numbers is not None or texts is None:
        return list(numbers) if numbers is not None else None
    found: list[Any] = []
    for text in texts:
        known = with_external_id(text)
        found.append(alive(known[0]["id"])["id"] if known else text)
    return found


def queued(
    desk: Desk,
    kind: str,
    noun: str,
    verb: str,
    things: Sequence[Any],
    work: Callable[[Any], Record],
    status: int = 200,
) -> Answer:
    """Queues a job and answers with it."""
    return Answer({"job_status": desk.jobs.queue(kind, noun, verb, things, work)}, status)
