"""A fault is one thing wrong in a request body, named as Pipedrive names it.

Turns the errors of the strict models into `(field, sentence)` pairs for the one sentence that
a v2 validation answer carries.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from .bodies import Body
from .errors import Invalid, not_allowed

B = TypeVar("B", bound=Body)

_SENTENCES = {
    "missing": "is required",
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "string_type": "must be a string",
    "bool_type": "must be a boolean",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "finite_number": "must be a number",
}


def read_body(model: type[B], raw: bytes) -> B:
    """The body as its strict model; raises Invalid naming every fault."""
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise Invalid(faults_of(error)) from None


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in fault["loc"]) or "body"
        if fault["type"] == "extra_forbidden":
            faults.append(not_allowed(name))
        elif fault["type"] == "json_invalid":
            faults.append(("body", "must be valid JSON"))
        elif fault["type"] == "value_error":
            faults.append((name, fault["msg"].removeprefix("Value error, ")))
        else:
            faults.append((name, _SENTENCES.get(fault["type"], fault["msg"])))
    return faults
