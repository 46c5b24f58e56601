"""A lookup value names another record: by id, or on write by `external_id:` or `name:`.

It is resolved at once to the id, so the target must be there first (sheet, section 5.2).
"""

from __future__ import annotations

from .account import Account
from .tables import Record

_TABLES = {"zen:user": "users", "zen:ticket": "tickets", "zen:organization": "organizations"}
_OBJECT = "zen:custom_object:"


def resolver(account: Account, target_type: str, text: str) -> str:
    """The target's id as text. Raises LookupError where there is not exactly one."""
    kind, colon, name = text.partition(":")
    if colon and kind in ("external_id", "name"):
        found = _named(account, target_type, kind, name)
        if len(found) != 1:
            raise LookupError(text)
        return str(found[0]["id"])
    if target_type.startswith(_OBJECT):
        record = account.tables["custom_object_records"].alive(text)
        fits = record is not None and record["custom_object_key"] == target_type[len(_OBJECT) :]
    else:
        table = account.tables.get(_TABLES.get(target_type, ""))
        fits = table is not None and text.isdigit() and table.alive(int(text)) is not None
    if not fits:
        raise LookupError(text)
    return text


def _named(account: Account, target_type: str, kind: str, name: str) -> list[Record]:
    if target_type.startswith(_OBJECT):
        key = f"{target_type[len(_OBJECT) :]}/{name}"
        return account.tables["custom_object_records"].find(kind, key)
    if target_type == "zen:ticket":
        return []
    return account.tables[_TABLES[target_type]].find(kind, name.casefold())


def clear_pointers(account: Account, target_type: str, target_id: str) -> None:
    """By switch, lookup values that point to what was just deleted become null."""
    if not account.switch("deleted_targets_cleared"):
        return
    books = (
        ("organization_fields", "organizations", "organization_fields"),
        ("user_fields", "users", "user_fields"),
        ("custom_object_fields", "custom_object_records", "custom_object_fields"),
    )
    for fields, holders, values_key in books:
        for definition in account.tables[fields].living():
            if definition.get("relationship_target_type") != target_type:
                continue
            _clear(account, holders, values_key, definition, target_id)


def _clear(
    account: Account, holders: str, values_key: str, definition: Record, target_id: str
) -> None:
    for holder in list(account.tables[holders].living()):
        of_object = holder.get("custom_object_key") == definition["custom_object_key"]
        if of_object and holder[values_key].get(definition["key"]) == target_id:
            left = {k: v for k, v in holder[values_key].items() if k != definition["key"]}
            account.put(holders, holder, **{values_key: left})
