"""Reading the JSON bodies of writes: `{"client": {…}}`, the record below its own name."""

from __future__ import annotations

import json
from typing import Any

from ml_sandbox.vendors.freshbooks import errors
from ml_sandbox.vendors.freshbooks.caller import Request
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row


def wrapped(request: Request, name: str) -> dict[str, Any]:
    """What lies under `name`. Raises ApiError 400 (1005) or 422 (1001)."""
    body = json_object(request)
    found = body.get(name)
    if not isinstance(found, dict):
        raise ApiError(422, Row(errors.REQUIRED, f"{name} is required.", name, name))
    return found


def json_object(request: Request) -> dict[str, Any]:
    """Raises ApiError 415 for another content type, 400 for what is no object."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, Row(errors.PARSE_ERROR, "Content-Type must be application/json."))
    try:
        body = json.loads(request.body)
    except ValueError:
        raise ApiError(400, Row(errors.PARSE_ERROR, "The body is not JSON.")) from None
    if not isinstance(body, dict):
        raise ApiError(400, Row(errors.PARSE_ERROR, "The body is not a JSON object."))
    return body
