"""A shown record is a stored one as REST v2 answers it: custom values, optional fields, labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from .account import Account
from .listing import View
from .tables import Record

#: Stored, but shown only on request.
_HIDDEN = {"person": ("marketing_status",), "activity": ("attendees",)}
_HAS_CUSTOM = ("organization", "person", "deal", "product")
_HAS_LABELS = ("organization", "person", "deal")


def shown(account: Account, record: Record, view: View) -> Record:
    """One record; for many use `shown_all`, which counts related records once."""
    return shown_all(account, [record], view)[0]


def shown_all(account: Account, records: list[Record], view: View) -> list[Record]:
    nulls = not account.switch("unset_custom_fields_absent")
    extras = Extras(account, view)
    hidden = [name for name in _HIDDEN.get(view.entity, ()) if name not in view.include]
    answers = []
    for record in records:
        answer = dict(record)
        for name in hidden:
            answer.pop(name, None)
        if view.entity in _HAS_CUSTOM:
            answer["custom_fields"] = account.fields[view.entity].render(
                record["custom_fields"], view.custom_keys, nulls=nulls, labels=view.option_labels
            )
        if view.labels and view.entity in _HAS_LABELS:
            answer["labels"] = extras.labels(record)
        if view.include:
            answer |= extras.of(record)
        answers.append(answer)
    return answers


class Extras:
    """The fields of `include_fields`, counted over the related tables when first needed."""

    def __init__(self, account: Account, view: View) -> None:
        self.account = account
        self.view = view
        self._counts: dict[str, Counter[Any]] = {}
        self._label_names: dict[int, str] | None = None

    def labels(self, record: Record) -> list[Record]:
        if self._label_names is None:
            options = self.account.fields[self.view.entity].definitions["label_ids"]["options"]
            self._label_names = {option["id"]: option["label"] for option in options}
        return [{"id": key, "label": self._label_names.get(key)} for key in record["label_ids"]]

    def of(self, record: Record) -> Record:
        return {name: self._value(name, record) for name in self.view.include}

    def _value(self, name: str, record: Record) -> Any:
        if name in record:
            return record[name]
        if name == "smart_bcc_email":
            return f"{self.account.company['domain']}@pipedrivemail.com"
        if name == "first_won_time":
            return record["won_time"]
        if name.endswith("_count"):
            return self._count(name)[record["id"]]
        return None

    def _count(self, name: str) -> Counter[Any]:
        if name not in self._counts:
            self._counts[name] = self._counted(name)
        return self._counts[name]

    def _counted(self, name: str) -> Counter[Any]:
        source = _COUNTED.get(name)
        if source is None:
            return Counter()
        table, keep = source
        pointer = {"organization": "org_id", "person": "person_id"}.get(self.view.entity, "deal_id")
        records = self.account.tables[table].records.values()
        living = (r for r in records if not r.get("is_deleted") and pointer in r and keep(r))
        return Counter(record[pointer] for record in living)


def _any(_record: Mapping[str, Any]) -> bool:
    return True


_COUNTED: dict[str, tuple[str, Callable[[Mapping[str, Any]], bool]]] = {
    "people_count": ("persons", _any),
    "open_deals_count": ("deals", lambda deal: deal["status"] == "open"),
    "closed_deals_count": ("deals", lambda deal: deal["status"] in ("won", "lost")),
    "won_deals_count": ("deals", lambda deal: deal["status"] == "won"),
    "lost_deals_count": ("deals", lambda deal: deal["status"] == "lost"),
    "activities_count": ("activities", _any),
    "done_activities_count": ("activities", lambda activity: bool(activity["done"])),
    "undone_activities_count": ("activities", lambda activity: not activity["done"]),
    "notes_count": ("notes", _any),
    "products_count": ("deal_products", _any),
}
