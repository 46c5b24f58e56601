"""A shape is what a body may hold: writable keys with their types.

What a body holds besides is dropped and named in a header (sheet, section 1); a value of the wrong
type is refused with 400 in Zendesk's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .errors import invalid_attribute
from .tables import Record


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (lambda v: isinstance(v, str), "a string"),
    "text?": (lambda v: v is None or isinstance(v, str), "a string"),
    "key?": (lambda v: v is None or isinstance(v, str) or _is_number(v), "a string"),
    "int": (_is_int, "an integer"),
    "int?": (lambda v: v is None or _is_int(v), "an integer"),
    "id?": (
        lambda v: v is None or _is_int(v) or (isinstance(v, str) and v.isdigit()),
        "an integer",
    ),
    "bool": (lambda v: isinstance(v, bool), "a boolean"),
    "texts": (
        lambda v: isinstance(v, list) and all(isinstance(item, str) for item in v),
        "an array of strings",
    ),
    "map": (lambda v: isinstance(v, dict), "an object"),
    "list": (lambda v: isinstance(v, list), "an array"),
}

Shape = Mapping[str, str]
ORGANIZATION: Shape = {
    "name": "text?",
    "external_id": "key?",
    "domain_names": "texts",
    "details": "text?",
    "notes": "text?",
    "group_id": "id?",
    "shared_tickets": "bool",
    "shared_comments": "bool",
    "tags": "texts",
    "organization_fields": "map",
}
USER: Shape = {
    "name": "text?",
    "email": "text?",
    "external_id": "key?",
    "role": "text",
    "organization_id": "id?",
    "organization": "map",
    "phone": "text?",
    "shared_phone_number": "bool",
    "alias": "text?",
    "details": "text?",
    "notes": "text?",
    "tags": "texts",
    "user_fields": "map",
    "verified": "bool",
    "suspended": "bool",
    "locale": "text",
    "locale_id": "int",
    "time_zone": "text",
    "skip_verify_email": "bool",
    "default_group_id": "id?",
    "signature": "text?",
    "moderator": "bool",
    "only_private_comments": "bool",
    "ticket_restriction": "text?",
    "remote_photo_url": "text",
    "custom_role_id": "id?",
    "identities": "list",
}
IDENTITY: Shape = {
    "type": "text",
    "value": "text",
    "verified": "bool",
    "primary": "bool",
    "verification_method": "text",
    "skip_verify_email": "bool",
}
MEMBERSHIP: Shape = {"user_id": "id?", "organization_id": "id?", "default": "bool"}
FIELD: Shape = {
    "key": "text",
    "type": "text",
    "title": "text",
    "raw_title": "text",
    "description": "text?",
    "raw_description": "text?",
    "position": "int",
    "active": "bool",
    "regexp_for_validation": "text?",
    "tag": "text?",
    "custom_field_options": "list",
    "relationship_target_type": "text",
    "relationship_filter": "map",
    "properties": "map",
}
CUSTOM_OBJECT: Shape = {
    "key": "text",
    "title": "text",
    "raw_title": "text",
    "title_pluralized": "text",
    "raw_title_pluralized": "text",
    "description": "text?",
    "raw_description": "text?",
    "include_in_list_view": "bool",
    "allows_attachments": "bool",
    "allows_photos": "bool",
}
RECORD: Shape = {"name": "text?", "external_id": "key?", "custom_object_fields": "map"}
COMMENT: Shape = {
    "body": "text",
    "html_body": "text",
    "public": "bool",
    "author_id": "id?",
    "uploads": "list",
}
TICKET: Shape = {
    "subject": "text?",
    "comment": "map",
    "requester_id": "id?",
    "requester": "map",
    "submitter_id": "id?",
    "assignee_id": "id?",
    "group_id": "id?",
    "organization_id": "id?",
    "external_id": "key?",
    "status": "text",
    "priority": "text?",
    "type": "text?",
    "tags": "texts",
    "due_at": "text?",
    "custom_fields": "list",
    "safe_update": "bool",
    "updated_stamp": "text",
}


def read(given: Record, shape: Shape, prefix: str, unused: list[str], *also: str) -> Record:
    """What of `given` is permitted; keys that are not are added to `unused` as `prefix.key`.

    `also` are further keys taken as they are. Raises 400 for a value of the wrong type.
    """
    taken: Record = {}
    for name, value in given.items():
        if name in also:
            taken[name] = value
        elif name not in shape:
            unused.append(f"{prefix}.{name}")
        else:
            fits, must = _KINDS[shape[name]]
            if not fits(value):
                raise invalid_attribute(f"{prefix}.{name}", must)
            taken[name] = _settled(value, shape[name])
    return taken


def _settled(value: Any, kind: str) -> Any:
    """Keys become text, ids become numbers (sheet, section 3)."""
    if kind == "key?" and value is not None:
        return str(value)
    if kind == "id?" and isinstance(value, str):
        return int(value)
    return value
