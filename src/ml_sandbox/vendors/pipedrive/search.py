"""Search looks through names, contact data, notes and custom values of living records.

The index may lag behind the records by a switch's seconds, and may still hold the deleted ones
(both unknown, sheet section 7). Entity searches ignore case, `itemSearch/field` does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from .account import Account
from .index_history import IndexHistory
from .tables import Record

SEARCH_FIELDS = {
    "deal": ("custom_fields", "notes", "title"),
    "person": ("custom_fields", "email", "name", "notes", "phone"),
    "organization": ("address", "custom_fields", "name", "notes"),
    "product": ("code", "custom_fields", "name"),
}
TABLES = {
    "deal": "deals",
    "person": "persons",
    "organization": "organizations",
    "product": "products",
}
_NOTE_PARENT = {"deal": "deal_id", "person": "person_id", "organization": "org_id"}


class Search:
    """Finds records by text. `lag_seconds()` says how far behind the index is right now."""

    def __init__(self, account: Account, lag_seconds: Callable[[], float]) -> None:
        self.account = account
        self.lag_seconds = lag_seconds
        self.history = IndexHistory()
        account.listeners.append(self.history.note)

    def indexed(self, kind: str) -> Iterator[Record]:
        """Records as the index knows them, newest first."""
        deleted_too = self.account.switch("search_finds_deleted")
        past = self._past(kind)
        for current in list(self.account.tables[TABLES[kind]].walk("id", "desc")):
            record = past.get(current["id"], current)
            if record is not None and (deleted_too or not record["is_deleted"]):
                yield record

    def _past(self, kind: str) -> dict[int, Record | None]:
        lag = self.lag_seconds()
        if lag <= 0:
            return {}
        return self.history.before(kind, self.account.now() - timedelta(seconds=lag))

    def find(
        self, kind: str, term: str, fields: tuple[str, ...], *, exact: bool
    ) -> list[tuple[float, Record]]:
        """Matches with their score, best first; equal scores by id."""
        wanted = term.casefold()
        notes = self._notes(kind) if "notes" in fields else {}
        found = []
        for record in self.indexed(kind):
            score = _score(self._texts(kind, record, fields, notes), wanted, exact=exact)
            if score:
                found.append((score, record))
        found.sort(key=lambda match: (-match[0], match[1]["id"]))
        return found

    def find_by_field(self, kind: str, code: str, term: str, match: str) -> list[Record]:
        """Records whose one field matches, case sensitive, by id."""
        test = _MATCHES[match]
        found = [
            record
            for record in self.indexed(kind)
            if any(test(text, term) for text in self._field_texts(kind, record, code))
        ]
        return sorted(found, key=lambda record: record["id"])

    def _notes(self, kind: str) -> dict[int, list[str]]:
        parent = _NOTE_PARENT[kind]
        texts: dict[int, list[str]] = {}
        for note in self.account.tables["notes"].records.values():
            if not note["is_deleted"] and note[parent] is not None:
                texts.setdefault(note[parent], []).append(note["content"])
        return texts

    def _texts(
        self, kind: str, record: Record, fields: tuple[str, ...], notes: Mapping[int, list[str]]
    ) -> list[str]:
        texts: list[str] = []
        for field in fields:
            if field == "custom_fields":
                if record["custom_fields"]:
                    texts += self.account.fields[kind].searchable(record["custom_fields"])
            elif field == "notes":
                texts += notes.get(record["id"], ())
            else:
                texts += self._field_texts(kind, record, field)
        return texts

    def _field_texts(self, kind: str, record: Record, code: str) -> list[str]:
        if code in self.account.fields[kind].custom:
            values = {code: record["custom_fields"].get(code)}
            return self.account.fields[kind].searchable(values)
        value = record.get({"email": "emails", "phone": "phones"}.get(code, code))
        if value is None:
            return []
        if isinstance(value, list):
            return [str(entry["value"]) for entry in value]
        if isinstance(value, dict):
            return [str(value["value"] or "")]
        return [str(value)]

    def item(self, kind: str, record: Record, *, include: frozenset[str]) -> Record:
        """The found record as the search answers show it: values without their keys."""
        item: Record = {"id": record["id"], "type": kind, **self._own_part(kind, record)}
        item["visible_to"] = record["visible_to"]
        item["owner"] = {"id": record["owner_id"]}
        if kind != "product":
            notes = self._notes(kind).get(record["id"], [])
            item["notes"] = notes
        item["custom_fields"] = self.account.fields[kind].searchable(record["custom_fields"])
        if kind == "deal" and "deal.cc_email" in include:
            domain = self.account.company["domain"]
            item["cc_email"] = f"{domain}+deal{record['id']}@pipedrivemail.com"
        if kind == "person" and "person.picture" in include:
            item["picture"] = None
        if kind == "product" and "product.price" in include:
            item["prices"] = record["prices"]
        return item

    def _own_part(self, kind: str, record: Record) -> Record:
        if kind == "organization":
            return {"name": record["name"], "address": (record["address"] or {}).get("value")}
        if kind == "product":
            return {"name": record["name"], "code": record["code"]}
        if kind == "person":
            return {
                "name": record["name"],
                "phones": [entry["value"] for entry in record["phones"]],
                "emails": [entry["value"] for entry in record["emails"]],
                "organization": self._organization(record["org_id"]),
            }
        return self._deal_part(record)

    def _deal_part(self, record: Record) -> Record:
        stage = self.account.tables["stages"].get(record["stage_id"])
        person = self.account.tables["persons"].get(record["person_id"] or 0)
        named = None if person is None else {"id": person["id"], "name": person["name"]}
        return {
            "title": record["title"],
            "value": record["value"],
            "currency": record["currency"],
            "status": record["status"],
            "stage": None if stage is None else {"id": stage["id"], "name": stage["name"]},
            "person": named,
            "organization": self._organization(record["org_id"]),
            "is_archived": record["is_archived"],
        }

    def _organization(self, org_id: int | None) -> Record | None:
        record = self.account.tables["organizations"].get(org_id or 0)
        if record is None:
            return None
        address = (record["address"] or {}).get("value")
        return {"id": record["id"], "name": record["name"], "address": address}

    def related(self, kind: str, record: Record) -> list[tuple[str, Record]]:
        """Up to 100 newest deals of a person or organization, and persons of an organization."""
        key = {"person": "person_id", "organization": "org_id"}.get(kind)
        if key is None:
            return []
        deals = [d for d in self.indexed("deal") if d[key] == record["id"]][:100]
        related = [("deal", deal) for deal in deals]
        if kind == "organization":
            persons = [p for p in self.indexed("person") if p["org_id"] == record["id"]][:100]
            related += [("person", person) for person in persons]
        return related


def _score(texts: list[str], wanted: str, *, exact: bool) -> float:
    best = 0.0
    for text in texts:
        folded = text.casefold()
        if folded == wanted:
            return 1.0
        if not exact and wanted in folded:
            best = max(best, round(len(wanted) / len(folded), 4))
    return best


_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda text, term: text == term,
    "beginning": lambda text, term: text.startswith(term),
    "middle": lambda text, term: term in text,
}
