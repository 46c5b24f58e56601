"""The v2 operations on field definitions and their options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from . import cursors
from .account import Account
from .api_records import no_parameters
from .bodies import Body
from .calls import Answer, Call, Handler, ok, page
from .errors import Invalid
from .faults import faults_of, read_body
from .fields import Definition, FieldBook
from .listing import Query

Label = Annotated[str, Field(min_length=1, max_length=255)]
FieldType = Literal[
    "varchar",
    "text",
    "double",
    "phone",
    "date",
    "daterange",
    "time",
    "timerange",
    "set",
    "enum",
    "varchar_auto",
    "address",
    "monetary",
    "org",
    "people",
    "user",
]
PATHS = {
    "deal": "/dealFields",
    "organization": "/organizationFields",
    "person": "/personFields",
    "product": "/productFields",
    "activity": "/activityFields",
}
#: entity -> the parts shown only when `include_fields` names them
_OPTIONAL_PARTS = {
    "deal": ("ui_visibility", "important_fields", "required_fields"),
    "organization": ("ui_visibility", "important_fields", "required_fields"),
    "person": ("ui_visibility", "important_fields", "required_fields"),
    "product": ("ui_visibility",),
    "activity": ("ui_visibility",),
}


class NewOption(Body):
    label: Label


class ChangedOption(Body):
    id: int
    label: Label


class GoneOption(Body):
    id: int


class FieldPatch(Body):
    """The nested parts are open objects in the published schema."""

    model_config = ConfigDict(extra="forbid", strict=True)

    field_name: Label = ""
    ui_visibility: dict[str, Any] = Field(default_factory=dict)
    important_fields: dict[str, Any] = Field(default_factory=dict)
    required_fields: dict[str, Any] = Field(default_factory=dict)
    description: str | None = None


class FieldPost(FieldPatch):
    field_name: Label
    field_type: FieldType
    options: list[NewOption] = Field(default_factory=list)


_NEW = TypeAdapter(Annotated[list[NewOption], Field(min_length=1)])
_CHANGED = TypeAdapter(Annotated[list[ChangedOption], Field(min_length=1)])
_GONE = TypeAdapter(Annotated[list[GoneOption], Field(min_length=1)])


def handlers(account: Account) -> dict[str, Handler]:
    """The operations by `METHOD /path`; activity fields are read-only."""
    table: dict[str, Handler] = {}
    for entity, path in PATHS.items():
        fields = Fields(account.fields[entity])
        table |= {f"GET {path}": fields.list, f"GET {path}/{{field_code}}": fields.read}
        if entity != "activity":
            table |= fields.writers(path)
    return table


class Fields:
    """The operations on one entity's field book."""

    def __init__(self, book: FieldBook) -> None:
        self.book = book
        self.optional = _OPTIONAL_PARTS[book.entity]

    def writers(self, path: str) -> dict[str, Handler]:
        one, options = f"{path}/{{field_code}}", f"{path}/{{field_code}}/options"
        return {
            f"POST {path}": self.create,
            f"PATCH {one}": self.change,
            f"DELETE {one}": self.delete,
            f"POST {options}": self.add_options,
            f"PATCH {options}": self.change_options,
            f"DELETE {options}": self.delete_options,
        }

    def list(self, call: Call) -> Answer:
        query = Query(call.query, ("include_fields", "limit", "cursor"))
        limit, start = query.limit(), query.cursor()
        include = query.names("include_fields", self.optional, len(self.optional)) or []
        query.done()
        numbered = [(self.book.numbers[code], d) for code, d in self.book.definitions.items()]
        if start is not None:
            numbered = [entry for entry in numbered if entry[0] >= start.id]
        following = None
        if len(numbered) > limit:
            number = numbered[limit][0]
            following = cursors.encode(cursors.Cursor("id", number, "asc", number))
        return page([self._shown(d, include) for _, d in numbered[:limit]], following)

    def read(self, call: Call) -> Answer:
        query = Query(call.query, ("include_fields",))
        include = query.names("include_fields", self.optional, len(self.optional)) or []
        query.done()
        return ok(self._shown(self.book.find(call.names["field_code"]), include))

    def create(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(FieldPost, call.body).given()
        self._check_parts(given)
        name, kind = given.pop("field_name"), given.pop("field_type")
        labels = [option["label"] for option in given.pop("options", [])]
        return ok(self._shown(self.book.create(name, kind, labels, given), self.optional))

    def change(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(FieldPatch, call.body).given()
        self._check_parts(given)
        changed = self.book.patch(call.names["field_code"], given)
        return ok(self._shown(changed, self.optional))

    def _check_parts(self, given: dict[str, Any]) -> None:
        known = (*self.optional, *(("description",) if self.book.entity == "deal" else ()))
        extra = [key for key in FieldPatch.model_fields if key in given and key not in known]
        extra = [key for key in extra if key != "field_name"]
        if extra:
            text = "Parameter '{}' is not allowed for this request"
            raise Invalid([(key, text.format(key)) for key in extra])

    def delete(self, call: Call) -> Answer:
        no_parameters(call)
        return ok(self._shown(self.book.delete(call.names["field_code"]), ()))

    def add_options(self, call: Call) -> Answer:
        given = _read_list(_NEW, call.body)
        added = self.book.add_options(call.names["field_code"], [item.label for item in given])
        return _options(added)

    def change_options(self, call: Call) -> Answer:
        given = _read_list(_CHANGED, call.body)
        changes = {item.id: item.label for item in given}
        return _options(self.book.patch_options(call.names["field_code"], changes))

    def delete_options(self, call: Call) -> Answer:
        given = _read_list(_GONE, call.body)
        gone = [item.id for item in given]
        return _options(self.book.delete_options(call.names["field_code"], gone))

    def _shown(self, definition: Definition, include: Sequence[str]) -> Definition:
        hidden = [part for part in _OPTIONAL_PARTS["deal"] if part not in include]
        if self.book.entity not in ("deal", "person"):
            hidden.append("description")
        return {key: value for key, value in definition.items() if key not in hidden}


def _read_list(adapter: TypeAdapter[list[Any]], raw: bytes) -> list[Any]:
    try:
        return adapter.validate_json(raw or b"[]", strict=True)
    except ValidationError as error:
        raise Invalid(faults_of(error)) from None


def _options(options: list[dict[str, Any]]) -> Answer:
    data = [{"id": option["id"], "label": option["label"]} for option in options]
    return Answer({"success": True, "data": data, "additional_data": None})
