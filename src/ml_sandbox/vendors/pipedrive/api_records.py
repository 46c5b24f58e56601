"""The v2 operations on records: list, read, create, change and delete of each entity."""

from __future__ import annotations

from collections.abc import Callable

from .account import Account
from .calls import Answer, Call, Handler, ok, page
from .desk import Desk
from .entities import Entity
from .errors import not_found
from .faults import read_body
from .listing import (
    MAX_IDS,
    PAGE_PARAMETERS,
    VIEW_PARAMETERS,
    Page,
    Query,
    View,
    bound_by_update,
    read_page,
    read_view,
)
from .tables import Record
from .views import shown, shown_all

_UPDATED = ("updated_since", "updated_until")
#: entity -> list filters that compare one integer key of the record
_KEY_FILTERS = {
    "organizations": ("owner_id",),
    "persons": ("owner_id", "org_id", "deal_id"),
    "deals": ("owner_id", "person_id", "org_id", "pipeline_id", "stage_id"),
    "activities": ("owner_id", "deal_id", "person_id", "org_id"),
    "products": ("owner_id",),
}
_OTHER_PARAMETERS = {
    "organizations": (*_UPDATED, *VIEW_PARAMETERS),
    "persons": (*_UPDATED, *VIEW_PARAMETERS),
    "deals": (*_UPDATED, *VIEW_PARAMETERS, "status"),
    "activities": (*_UPDATED, "include_fields", "lead_id", "done"),
    "products": ("updated_since", "custom_fields"),
}
_ONE_PARAMETERS = {
    "organizations": VIEW_PARAMETERS,
    "persons": VIEW_PARAMETERS,
    "deals": VIEW_PARAMETERS,
    "activities": ("include_fields",),
    "products": (),
}
_CREATED_STATUS = {"products": 201}
STATUSES = ("open", "won", "lost", "deleted")


def handlers(desk: Desk) -> dict[str, Handler]:
    """The operations by `METHOD /path`."""
    table: dict[str, Handler] = {}
    for name in ("organizations", "persons", "deals", "activities", "products"):
        table |= Records(desk, desk.entities[name]).handlers()
    return table


class Records:
    """The five operations of one entity."""

    def __init__(self, desk: Desk, entity: Entity) -> None:
        self.desk = desk
        self.entity = entity
        self.name = entity.table_name

    @property
    def account(self) -> Account:
        return self.desk.account

    def handlers(self) -> dict[str, Handler]:
        path = f"/{self.name}"
        table: dict[str, Handler] = {
            f"GET {path}": self.list,
            f"POST {path}": self.create,
            f"GET {path}/{{id}}": self.read,
            f"PATCH {path}/{{id}}": self.change,
            f"DELETE {path}/{{id}}": self.delete,
        }
        if self.name == "deals":
            table["GET /deals/archived"] = self.list_archived
        return table

    def list(self, call: Call) -> Answer:
        return self._list(call, archived=False)

    def list_archived(self, call: Call) -> Answer:
        return self._list(call, archived=True)

    def _list(self, call: Call, *, archived: bool) -> Answer:
        keys, others = _KEY_FILTERS[self.name], _OTHER_PARAMETERS[self.name]
        if archived:
            others = tuple(
                p for p in others if p not in ("include_option_labels", "include_labels")
            )
        query = Query(call.query, (*PAGE_PARAMETERS, "filter_id", "ids", *keys, *others))
        asked = read_page(query, self.entity.table.sorts)
        asked.ids = query.integers("ids", MAX_IDS)
        bound_by_update(query, asked)
        if query.integer("filter_id") is not None:
            # Filters are made in Pipedrive's pages; the sandbox has none to refer to.
            query.faults.append(("filter_id", "no filter with this id"))
        for key in keys:
            self._keep_key(asked, key, query.integer(key))
        self._keep_kind(asked, query, archived=archived)
        view = read_view(query, self.account, self.entity.kind)
        query.done()
        records, following = asked.cut(self.entity.table)
        records = self.desk.as_read(self.entity.kind, records)
        return page(shown_all(self.account, records, view), following)

    def _keep_key(self, asked: Page, key: str, wanted: int | None) -> None:
        if wanted is None:
            return
        if self.name == "persons" and key == "deal_id":
            deal = self.account.tables["deals"].alive(wanted)
            person = None if deal is None else deal["person_id"]
            asked.keep.append(lambda record: record["id"] == person)
            return
        asked.keep.append(lambda record: record[key] == wanted)

    def _keep_kind(self, asked: Page, query: Query, *, archived: bool) -> None:
        """Deleted records are left out everywhere but in deals with `status=deleted`."""
        if self.name == "deals":
            asked.keep.append(_status_test(query, archived=archived))
            return
        asked.keep.append(lambda record: not record["is_deleted"])
        if "done" in query.given:
            done = query.boolean("done")
            asked.keep.append(lambda record: record["done"] == done)
        if "lead_id" in query.given:
            lead = query.given["lead_id"]
            asked.keep.append(lambda record: record["lead_id"] == lead)

    def read(self, call: Call) -> Answer:
        query = Query(call.query, _ONE_PARAMETERS[self.name])
        view = read_view(query, self.account, self.entity.kind)
        query.done()
        found = self.entity.table.get(call.number())
        states = [] if found is None else self.desk.as_read(self.entity.kind, [found])
        if not states:
            raise not_found()
        record = states[0]
        if record["is_deleted"] and self.account.switch("deleted_by_id_not_found"):
            raise not_found()
        return ok(shown(self.account, record, view))

    def create(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(self.entity.post, call.body).given()
        record = self.entity.create(given, call.actor)
        return ok(self._shown(record), _CREATED_STATUS.get(self.name, 200))

    def change(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(self.entity.patch, call.body).given()
        return ok(self._shown(self.entity.update(call.number(), given, call.actor)))

    def delete(self, call: Call) -> Answer:
        no_parameters(call)
        self.entity.delete(call.number(), call.actor)
        return ok({"id": call.number()})

    def _shown(self, record: Record) -> Record:
        include = ("attendees",) if self.name == "activities" else ()
        return shown(self.account, record, View(self.entity.kind, include))


def _status_test(query: Query, *, archived: bool) -> Callable[[Record], bool]:
    """Archived deals are in their own list; deleted ones only with `status=deleted`."""
    statuses = query.names("status", STATUSES, len(STATUSES))

    def keep(record: Record) -> bool:
        if record["is_archived"] != archived:
            return False
        if record["is_deleted"]:
            return statuses is not None and "deleted" in statuses
        return statuses is None or record["status"] in statuses

    return keep


def no_parameters(call: Call) -> None:
    Query(call.query, ()).done()


def simple_list(
    call: Call, entity: Entity, keep: Callable[[Record], bool], extra: tuple[str, ...] = ()
) -> tuple[Query, Page]:
    """Paging of the small lists (stages, pipelines, lines), which have nothing else to show."""
    query = Query(call.query, (*PAGE_PARAMETERS, *extra))
    asked = read_page(query, entity.table.sorts)
    asked.keep.append(keep)
    return query, asked
