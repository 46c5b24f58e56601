"""An object is a kind of record at a vendor, as that vendor's folder declares it.

A source object is read; a target object is written, and says which fields it has, where our
external key lives in it, how long an unanswered write takes to settle, and what its calls cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ml_connector.core.values import Values


def id_of(told: object) -> str:
    """An id as a vendor tells it, a text or a whole number. Raises ValueError for all else: the
    text of a null or of a tree would be kept as if it were an id."""
    if isinstance(told, str | int) and not isinstance(told, bool) and str(told).strip():
        return str(told)
    raise ValueError("is no id")


class SourceModel(BaseModel):
    """A record as it was read at the source: strict, only the fields that are used."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", populate_by_name=True)

    def key(self) -> str:
        """The vendor's id, compared as bytes."""
        raise TypeError(f"{type(self).__name__} does not say its key")

    def version(self) -> str:
        """What changes with each change of the record; sorts as text where it has an order."""
        raise TypeError(f"{type(self).__name__} does not say its version")

    def called(self) -> str:
        """What a person calls it: a name, a number."""
        return self.key()

    def changed_at(self) -> datetime:
        """When it was last changed, by the vendor's clock, aware and in UTC."""
        raise TypeError(f"{type(self).__name__} does not say when it changed")


@dataclass(frozen=True, slots=True)
class SourceObject:
    """`read_batch` is how many ids one read call takes; `label` is what a bookkeeper calls one.

    `carries` names further objects whose changes come in this one's listing (a change feed of
    several objects in one call); they are never listed by themselves. `is_listed` is false for what
    is only read by its key, put together of other records: feeds speak for it.
    """

    vendor: str
    name: str
    model: type[SourceModel]
    label: str
    read_batch: int
    carries: tuple[str, ...] = ()
    is_listed: bool = True

    @property
    def path(self) -> str:
        return f"{self.vendor}.{self.name}"


FieldKind = Literal["text", "number", "date", "instant", "flag", "reference", "setup", "object"]


@dataclass(frozen=True, slots=True)
class Field:
    """A standard field of a target object.

    `vocabulary` names a list at the vendor that holds the only values it takes; `setup` names the
    kind of set-up item whose code is written where the flow says the item's name.
    """

    name: str
    kind: FieldKind
    max_length: int | None = None
    vocabulary: str | None = None
    setup: str | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """What the calls on one object take from the vendor's daily allowance, in its own tokens; and
    how many requests one create and one update are, with the looks that go before them."""

    create: int
    update: int
    read: int
    page: int
    create_calls: int = 1
    update_calls: int = 1


@dataclass(frozen=True, slots=True)
class Likeness:
    """One thing by which a target record may be recognised: `("name", "acme ltd")`."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class TargetRecord:
    """A record as the target returned it.

    `fields` are named as flows name them: standard fields by their name, custom fields by the code
    that the vendor gave them. `parent` is the id that its likeness counts for, where that is
    another record (an e-mail of a person speaks for the person's organization).
    """

    id: str
    fields: Values
    updated_at: str
    deleted: bool = False
    likenesses: tuple[Likeness, ...] = ()
    merged_into: str | None = None


KeyHome = Literal["custom_field", "note", "field"]


@dataclass(frozen=True, slots=True)
class TargetObject:
    """`settle` is how long an unanswered write may still land: client timeout, queue and lag.

    Our key lives in a custom field of the flow's, in a line of the note (`note_field`), or in a
    standard field (`key_field`).
    """

    vendor: str
    name: str
    label: str
    fields: tuple[Field, ...]
    key_home: KeyHome
    costs: Costs
    settle: timedelta
    read_batch: int
    note_field: str | None = None
    key_field: str | None = None
    key_form: Literal["whole", "readable"] = "whole"
    """`readable`: the source vendor's decoded form of its ids, where case or signs do not count."""
    bulk: int = 0
    """How many new records one job of the vendor's makes (`BulkClient`); 0 where there are none."""
    spacing: timedelta = timedelta()
    """The least time between two writes to one record; what changes meanwhile goes with the next
    one."""
    shared: bool = False
    """Whether several flows may keep one record of it (customers are shared, documents are not)."""
    name_field: str = ""
    """The field by which a person knows a record."""
    parent_field: str = ""
    """The field that holds the id of the record which this one's likeness speaks for."""
    likeness_of: tuple[str, ...] = ()
    """Further objects whose records speak for the likeness of this one's."""

    @property
    def path(self) -> str:
        return f"{self.vendor}.{self.name}"

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True)
class SetupItem:
    """What must stand at the target before records can: a custom field, a pipeline, a stage.

    `type` is the vendor's own word for a field's type; `parent` is the name of the item it is in;
    `is_key` marks the field that holds our external key. `key` is the code that the item is to
    have, where one may be chosen; `options` are the (value, shown name) pairs of a choice field;
    `to` is the target object that a lookup field points to.
    """

    kind: str
    name: str
    object: str = ""
    type: str = ""
    parent: str = ""
    is_key: bool = False
    key: str = ""
    options: tuple[tuple[str, str], ...] = ()
    to: str = ""
    vocabulary: str = ""
    """A list at the vendor that holds the only currencies which an amount in the field may have."""

    @property
    def id(self) -> str:
        return "/".join((self.kind, self.object or self.parent, self.name))


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a target's listing; `next_cursor` is None on the last one."""

    records: tuple[TargetRecord, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Part of a source's change listing.

    `cursor` is where the next read begins, in the vendor's own terms; `more` says whether there is
    more to read now. `read_at` is the vendor's clock when the page was made, where it tells it.
    `records` may be of further objects too, where the object carries them. `gone` are (object name,
    key) of records that the listing says are deleted.
    """

    records: tuple[SourceModel, ...]
    cursor: Values
    more: bool
    read_at: datetime | None = None
    gone: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a connection is, as `ping` read it: its account, and what a person wants to know.

    `user` is the vendor's own id of the user who consented, where one user's consents are one
    grant.
    """

    account: str
    name: str
    detail: Values = field(default_factory=dict)
    user: str = ""
