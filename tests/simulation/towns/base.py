"""A town is the people around one flow: what they do in both products, and, told apart from the
engine, what the target must look like once all is in step.

People work on the sandbox's records directly; nothing of the engine is asked here.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from unicodedata import normalize

from ml_sandbox.refusal import Refusal
from ml_sandbox.world import World

Record = dict[str, Any]
NAMES = (
    "Acme Ltd", "ACME LTD", "Béton & Fils", "O'Brien, Sons", "株式会社山田", "Zoë's Café",
    "Müller GmbH", "Acme", "Northwind", "Ünal İnşaat", "Blue Door", "A" * 90,
)  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """`source_id` must stand, by our key, on exactly one living record of `noun` at the target.

    With `must` False it need not be there; what is there is held to the fields all the same.
    A field's value may be a set of those allowed, or a test of the value.
    """

    route: str
    noun: str
    source_id: str
    fields: Mapping[str, Any]
    must: bool = True
    parents: Sequence[tuple[str, str]] = ()
    """(route, source id) of what it waits for."""


@dataclass
class Town(ABC):
    """`installed_at` and `since` are the flow's; `touched` is what people changed at the target."""

    world: World
    installed_at: datetime
    since: str
    touched: set[tuple[str, str, str]] = field(default_factory=set)
    removed: set[tuple[str, str]] = field(default_factory=set)
    """(noun, source id) of records of ours that a person deleted or merged away at the target."""
    theirs: set[tuple[str, str]] = field(default_factory=set)
    """(noun, id) of records at the target that were not made by us."""
    given: Mapping[str, str] = field(default_factory=dict)
    """The settings of the flow."""
    count: int = 0
    unanswered: set[str] = field(default_factory=set)
    """Source keys of which a write is unanswered as people act: docs/reliability.md says what may
    become of their edit then."""
    _seen: dict[tuple[str, str], list[Record]] | None = None

    source: ClassVar[str]
    target: ClassVar[str]
    switches: ClassVar[Mapping[str, Sequence[Any]]] = {}
    people: ClassVar[Mapping[str, float]] = {}
    settings: ClassVar[Mapping[str, str]] = {}
    choices: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Settings of the flow that a seed draws."""
    soft: ClassVar[frozenset[str]] = frozenset()
    """Fields that are ours until a person touches them, as on a record that we did not make."""

    keeps: ClassVar[Mapping[str, frozenset[str]]] = {}
    """By noun of the target, the fields that are a person's for good once they set them."""

    nouns: ClassVar[Mapping[str, str]] = {}
    """By route, the noun of the target that it writes."""

    moved: ClassVar[frozenset[str]] = frozenset({"id"})
    """Fields that move by something else than a write of them."""

    @classmethod
    def weights(cls) -> Mapping[str, float]:
        """How often each kind of thing is done; the names are methods."""
        return cls.people

    def act(self, name: str, draw: random.Random) -> str:
        """Somebody does that; what the trace says of it. A refusal of the product is no matter."""
        try:
            return str(getattr(self, name)(draw))
        except Refusal as refusal:
            return f"refused: {refusal}"[:80]

    def __post_init__(self) -> None:
        self.look_around()

    def look_around(self) -> None:
        """Note what stood at the target before us."""
        self.theirs = set()

    def is_theirs(self, noun: str, id: str, name: str) -> bool:
        """Whether that field of a target record is a person's by now."""
        adopted = name in self.soft and (noun, id) in self.theirs
        return adopted or (noun, id, name) in self.touched

    @abstractmethod
    def expected(self) -> list[Expected]:
        """What must stand at the target once all is in step."""

    @abstractmethod
    def held(self) -> dict[tuple[str, str], list[Record]]:
        """Living records at the target by (noun, source id) of our key, fields by their names."""

    @abstractmethod
    def known_by(self, route: str, key: str) -> set[str]:
        """What people know that source record by, in plain letters; empty where it is gone."""

    @abstractmethod
    def looks(self, noun: str) -> dict[str, set[str]]:
        """What people know the living records at the target by, each by the id that they see."""

    @abstractmethod
    def is_gone(self, route: str, key: str) -> bool:
        """Whether the source has no such record any more."""

    @abstractmethod
    def standing(self, noun: str) -> list[Record]:
        """All living records of that noun at the target, whoever made them."""

    def clears(self) -> bool:
        """Whether a field that is written empty is empty at the target."""
        return True

    def seen_as(self, noun: str, record: Record) -> str:
        """The id of that record at the target, as people see it."""
        return str(record["id"])

    # --- what people lean on ----------------------------------------------------------------------

    def of(self, vendor: str, noun: str) -> list[Record]:
        if self._seen is None:
            return self.world.vendors[vendor].human.records(noun)
        if (vendor, noun) not in self._seen:
            self._seen[vendor, noun] = self.world.vendors[vendor].human.records(noun)
        return list(self._seen[vendor, noun])

    @contextmanager
    def at_a_glance(self) -> Iterator[None]:
        """Nothing is changed meanwhile, so that all records of a noun are shown once: it is what
        takes longest."""
        self._seen = {}
        try:
            yield
        finally:
            self._seen = None

    def create(self, vendor: str, noun: str, body: Record) -> Record:
        return self.world.vendors[vendor].human.create(noun, body)

    def change(self, vendor: str, noun: str, id: Any, body: Record) -> Record:
        return self.world.vendors[vendor].human.change(noun, str(id), body)

    def delete(self, vendor: str, noun: str, id: Any) -> Record:
        return self.world.vendors[vendor].human.delete(noun, str(id))

    def do(self, vendor: str, noun: str, id: Any, action: str, **body: Any) -> Record:
        return self.world.vendors[vendor].human.act(noun, str(id), action, body)

    def today(self, days: int = 0) -> str:
        return (self.world.clock.now() + timedelta(days=days)).date().isoformat()

    def name(self, draw: random.Random) -> str:
        """One of few names, so that twins happen; often with a number."""
        self.count += 1
        told = draw.choice(NAMES)
        return told if draw.random() < 0.25 else f"{told[:60]} {self.count}"

    def amount(self, draw: random.Random) -> str:
        return f"{draw.choice((0.01, 10, 99.99, 100, 1250.5, 73125.07)):.2f}"


def pick(draw: random.Random, records: Sequence[Record]) -> Record:
    """One of them. Raises Refusal where there is none: then nothing is done."""
    if not records:
        raise Refusal(404, "there is none")
    return draw.choice(list(records))


def plain(*texts: Any) -> set[str]:
    """Names and addresses as people compare them; what is empty is left out."""
    told = (" ".join(normalize("NFKC", str(text or "")).casefold().split()) for text in texts)
    return {text for text in told if text}


def number(value: Any) -> Decimal:
    return Decimal(str(value or 0)).normalize()


def fits(wanted: Any, told: Any) -> bool:
    """Whether what stands at the target is what was wanted; nothing and an empty text are one."""
    if callable(wanted):
        return bool(wanted(told))
    if isinstance(wanted, set):
        return told in wanted
    if isinstance(wanted, Decimal):
        return number(told) == wanted
    return bool((told if told != "" else None) == (wanted if wanted != "" else None))


def differences(expected: Expected, record: Record, is_touched: Callable[[str], bool]) -> list[str]:
    """Fields that are not as they must be and that nobody at the target has touched."""
    found = []
    for name, wanted in expected.fields.items():
        told = record.get(name)
        if is_touched(name):
            continue
        if not fits(wanted, told):
            shown = "something else" if callable(wanted) else repr(wanted)
            found.append(f"{name} is {told!r} and not {shown}")
    return found
