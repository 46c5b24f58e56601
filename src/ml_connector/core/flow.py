"""The words in which a flow is written down: routes, and where each field's value comes from.

A flow file says what is read, what is written, in which order, how records are matched and who owns
each field. It holds no loop and no call; what these words cannot say is a small named function in
the same file. Paths are checked against the vendor's model when the module loads.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Literal

from pydantic import BaseModel

from ml_connector.core.objects import SetupItem, SourceModel, SourceObject, TargetObject
from ml_connector.core.values import Value, Values

Settings = Mapping[str, Any]
"""The settings of one installed flow, each as its `Setting` parsed it."""


class Owner(StrEnum):
    """Who decides what a field holds after the record was created."""

    SOURCE = "source"
    ONCE = "once"
    UNTIL_TOUCHED = "until_touched"


class Leave(Enum):
    """What a mapping function answers to leave a field as it is."""

    LEAVE = "leave"


LEAVE = Leave.LEAVE
SOURCE, ONCE, UNTIL_TOUCHED = Owner.SOURCE, Owner.ONCE, Owner.UNTIL_TOUCHED


@dataclass(frozen=True, slots=True)
class Given:
    """What a mapping function may look at besides the record: the flow's settings and the
    moment."""

    settings: Settings
    installed_at: datetime
    today: str
    now: datetime


Making = Callable[[Any, Given], Value | Leave]
Telling = Callable[[Any, Given], bool]


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Where one target field's value comes from and who owns it."""

    how: Literal["copy", "make", "key"]
    owner: Owner
    path: str = ""
    making: Making | None = None
    follows: str = ""
    """Written only together with that other field, never for its own sake; "*" is any other."""


def copy(path: str, owner: Owner = SOURCE) -> FieldRule:
    """The value at a path of the source record, unchanged."""
    return FieldRule("copy", owner, path=path)


def make(making: Making, owner: Owner = SOURCE, follows: str = "") -> FieldRule:
    """What a named function of the flow file makes of the record."""
    return FieldRule("make", owner, making=making, follows=follows)


def choose(telling: Making, table: str, owner: Owner = SOURCE) -> FieldRule:
    """The entry of a choice table in the flow's settings for what the function tells.

    What the table does not know leaves the field alone.
    """

    def chosen(record: Any, given: Given) -> Value | Leave:
        entry: Value | Leave = given.settings[table].get(telling(record, given), LEAVE)
        return entry

    return FieldRule("make", owner, making=chosen)


def key() -> FieldRule:
    """Our external key of the source record."""
    return FieldRule("key", SOURCE)


@dataclass(frozen=True, slots=True)
class MatchRule:
    """One way to find the target record of a source record."""

    how: Literal[
        "linked", "keyed", "alike", "reference", "suggested", "shared", "spared", "itself"
    ]  # fmt: skip
    field: str = ""
    telling: Callable[[Any, Given], list[tuple[str, str]]] | None = None
    needs: str = ""


def linked() -> MatchRule:
    """By the link of an earlier pass."""
    return MatchRule("linked")


def keyed(field: str) -> MatchRule:
    """By our external key in that field of the target record."""
    return MatchRule("keyed", field=field)


def alike(telling: Callable[[Any, Given], list[tuple[str, str]]]) -> MatchRule:
    """By likeness: the function tells (kind, value) pairs, all of them looked up together."""
    return MatchRule("alike", telling=telling)


def shared(telling: Callable[[Any, Given], list[tuple[str, str]]]) -> MatchRule:
    """By likeness, where one target record may stand for several source records (a shared contact).

    The second source record becomes an alias of it: it resolves parents and writes nothing.
    """
    return MatchRule("shared", telling=telling)


def referred(telling: Callable[[Any, Given], list[tuple[str, str]]], parent: str) -> MatchRule:
    """By a reference that a person wrote into a record of the same parent (an invoice number)."""
    return MatchRule("reference", telling=telling, needs=parent)


def suggested(telling: Callable[[Any, Given], list[tuple[str, str]]], parent: str) -> MatchRule:
    """As `referred`, but too weak to act upon: whatever is found waits for a person."""
    return MatchRule("suggested", telling=telling, needs=parent)


def spared(telling: Callable[[Any, Given], list[tuple[str, str]]]) -> MatchRule:
    """By likeness to a record that is none of ours to touch (a colleague who is an agent of the
    help desk): what is found so is left alone, and nothing is created in its stead."""
    return MatchRule("spared", telling=telling)


def itself(parent: str) -> MatchRule:
    """The target record is the parent's own: a roll-up writes its fields into a record that another
    route keeps."""
    return MatchRule("itself", needs=parent)


@dataclass(frozen=True, slots=True)
class Parent:
    """A link that must stand first: the route it belongs to, and the path of its key in this
    record.

    `is_written` is false where the parent's id is no field of the record. `reverse` finds the link
    by its target id and gives its source key: the way back to the record it came from.
    """

    route: str
    path: str
    owner: Owner = SOURCE
    is_written: bool = True
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Back:
    """The way back of a two-way field: the field of the source's record that it is written to, and
    how its value is made of the target's fields and the source's record, both as read."""

    field: str
    making: Callable[[Values, Any, Given], Value | Leave]


@dataclass(frozen=True, slots=True)
class Distinct:
    """A field whose value the target takes only once: when another record holds `like` of the
    value, `otherwise` makes another one."""

    field: str
    like: str
    otherwise: Making


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One source object kept in step with one target object."""

    name: str
    reads: SourceObject
    writes: TargetObject
    fields: Mapping[str, FieldRule]
    match: tuple[MatchRule, ...]
    label: str
    on: tuple[str, ...] = ()
    after: Mapping[str, Parent] = field(default_factory=dict)
    scope: Telling | None = None
    """Which records this route keeps at all; one that leaves is no longer updated."""
    enters: Telling | None = None
    """Which records come in by themselves; one that is linked, or asked for, needs no entry."""
    gone: Callable[[Values, Given], Values] | None = None
    reports: Callable[[Any, Given], str | None] | None = None
    """A sentence about what in the record the map does not know, or None."""
    needs: str = ""
    """What the target must be capable of (`Vendor.capabilities`); without it the route rests."""
    whole: bool = False
    """Every write to a record sends all of its mapped fields."""
    once: Callable[[Settings], bool] | None = None
    """Whether it is written once: what changes at the source afterwards is reported and not
    written, but for the fields that `moves` names."""
    moves: tuple[str, ...] = ()
    when: Callable[[Settings], bool] | None = None
    """Whether the settings want this route at all; without it the route rests."""
    distinct: Distinct | None = None
    back_to: TargetObject | None = None
    """The source's own object, where fields of a linked pair travel both ways."""
    back: Mapping[str, Back] = field(default_factory=dict)
    """By the name of this route's field; each side's change is judged against its own base."""
    winner: Literal["source", "target"] = "source"
    """Whose value stays where both sides changed a two-way field."""
    rivals: tuple[str, ...] = ()
    """Routes for the same records, of which settings choose one: what one of them brought over
    stays with it."""

    def __post_init__(self) -> None:
        for name, rule in self.fields.items():
            if rule.how == "copy":
                check_path(self.reads.model, rule.path, f"route {self.name}, field {name}")
        for name, parent in self.after.items():
            check_path(self.reads.model, parent.path, f"route {self.name}, parent {name}")

    def by(self, path: str, owner: Owner = SOURCE) -> Parent:
        """This route's link as the parent of another's record, whose key stands at `path` there."""
        return Parent(self.name, path, owner)

    @property
    def host(self) -> str:
        """The name of the parent whose own record it writes into; empty where it has records."""
        return next((rule.needs for rule in self.match if rule.how == "itself"), "")

    def itself(self, path: str) -> Parent:
        """As `by`, for a route that writes into this route's own record (see the match rule)."""
        return Parent(self.name, path, is_written=False)

    def back_from(self, path: str) -> Parent:
        """The source record of this route whose target record's id stands at `path`."""
        return Parent(self.name, path, is_written=False, reverse=True)


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """An object whose changes speak for records of the routes: a payment for its invoice, an
    invoice for the customer's summary.

    `marks` tells (route name, key) of what may have changed: source keys, or with `of_targets` ids
    of target records, which are looked at where they are linked. Nothing is written for a feed
    itself; what it told last is kept, so that a deleted record speaks for the same ones again.
    """

    name: str
    reads: SourceObject
    marks: Callable[[Any, Given], list[tuple[str, str]]]
    of_targets: bool = False
    enters: Telling | None = None
    """Which records speak at all, where a listing shows them."""
    is_read_alone: bool = False
    """Whether a listing does not show all that `marks` looks at, so that each is read alone."""
    needs: str = ""
    """As of a route: what the flow's target must be capable of."""
    is_watched: bool = False
    """Whether only a daily look at all of its records tells that one was deleted, or that the day
    has come on which an open one means something else."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a flow: its default as a person writes it, one sentence, how it is read."""

    name: str
    default: str
    sentence: str
    parse: Callable[[str], Any] = str


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A pair of systems and the routes between them."""

    kind: str
    source: str
    target: str
    routes: tuple[Route, ...]
    settings: tuple[Setting, ...]
    setup: Callable[[Settings], tuple[SetupItem, ...]]
    effects: Callable[[Settings], tuple[str, ...]]
    """Side effects at the target to know of before the first sync, a sentence each."""
    feeds: tuple[Feed, ...] = ()

    def route(self, name: str) -> Route:
        """The route of that name. Raises KeyError."""
        for route in self.routes:
            if route.name == name:
                return route
        raise KeyError(name)

    def has(self, name: str) -> bool:
        return any(route.name == name for route in self.routes)

    @property
    def readers(self) -> tuple[Route | Feed, ...]:
        """All that a change of a source object reaches."""
        return (*self.routes, *self.feeds)

    def feed(self, name: str) -> Feed | None:
        return next((feed for feed in self.feeds if feed.name == name), None)

    def rank(self, name: str) -> int:
        """Parents' routes have lower ranks than their children's: the order of declaration. Feeds
        come before them all."""
        if self.feed(name) is not None:
            return 0
        return 1 + [route.name for route in self.routes].index(name)


def check_path(model: type[SourceModel], path: str, where: str) -> None:
    """Raises TypeError where the path does not exist in the model, so that a typo cannot load."""
    at: Any = model
    for step in path.split("."):
        fields = getattr(at, "model_fields", {})
        if step not in fields:
            raise TypeError(f"{where}: {at.__name__} has no field {step!r} (path {path!r})")
        at = _model_in(fields[step].annotation)


def _model_in(annotation: Any) -> Any:
    """The model inside `Model | None`, or the plain type itself."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return next(a for a in typing.get_args(annotation) if a is not type(None))
    return annotation


def value_at(record: BaseModel, path: str) -> Any:
    """The value at a checked path; None as soon as a step is None."""
    at: Any = record
    for step in path.split("."):
        if at is None:
            return None
        at = getattr(at, step)
    return at
