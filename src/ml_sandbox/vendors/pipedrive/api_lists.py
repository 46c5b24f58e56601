"""The v2 operations on pipelines, stages and deal products: the small lists."""

from __future__ import annotations

from . import bodies
from .api_records import no_parameters, simple_list
from .calls import Answer, Call, Handler, ok, page
from .desk import Desk
from .entities import Entity
from .errors import Invalid, not_found
from .faults import read_body
from .listing import PAGE_PARAMETERS, Page, Query, read_page
from .tables import Record

MAX_BULK = 100


def handlers(desk: Desk) -> dict[str, Handler]:
    """The operations by `METHOD /path`."""
    return {
        **Ladder(desk.pipelines).handlers(),
        **Ladder(desk.stages).handlers(),
        **Lines(desk).handlers(),
    }


class Ladder:
    """Pipelines or stages: both are small, ordered and never paged far."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity

    def handlers(self) -> dict[str, Handler]:
        path = f"/{self.entity.table_name}"
        return {
            f"GET {path}": self.list,
            f"POST {path}": self.create,
            f"GET {path}/{{id}}": self.read,
            f"PATCH {path}/{{id}}": self.change,
            f"DELETE {path}/{{id}}": self.delete,
        }

    def list(self, call: Call) -> Answer:
        extra = ("pipeline_id",) if self.entity.kind == "stage" else ()
        query, asked = simple_list(call, self.entity, lambda r: not r["is_deleted"], extra)
        pipeline = query.integer("pipeline_id")
        if pipeline is not None:
            asked.keep.append(lambda record: record["pipeline_id"] == pipeline)
        query.done()
        records, following = asked.cut(self.entity.table)
        return page(records, following)

    def read(self, call: Call) -> Answer:
        no_parameters(call)
        record = self.entity.table.alive(call.number())
        if record is None:
            raise not_found()
        return ok(record)

    def create(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(self.entity.post, call.body).given()
        return ok(self.entity.create(given, call.actor))

    def change(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(self.entity.patch, call.body).given()
        return ok(self.entity.update(call.number(), given, call.actor))

    def delete(self, call: Call) -> Answer:
        no_parameters(call)
        self.entity.delete(call.number(), call.actor)
        return ok({"id": call.number()})


class Lines:
    """Deal products: single, in bulk, and for many deals at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.lines = desk.lines

    def handlers(self) -> dict[str, Handler]:
        one = "/deals/{id}/products/{product_attachment_id}"
        return {
            "GET /deals/products": self.list_of_many,
            "GET /deals/{id}/products": self.list_of_one,
            "POST /deals/{id}/products": self.add,
            "POST /deals/{id}/products/bulk": self.add_many,
            "DELETE /deals/{id}/products": self.remove_many,
            f"PATCH {one}": self.change,
            f"DELETE {one}": self.remove,
        }

    def list_of_many(self, call: Call) -> Answer:
        query = Query(call.query, (*PAGE_PARAMETERS, "deal_ids"))
        asked = read_page(query, self.lines.table.sorts)
        deal_ids = query.integers("deal_ids", MAX_BULK)
        if not deal_ids:
            query.faults.append(("deal_ids", "is required"))
        query.done()
        wanted = {key for key in deal_ids or () if self.desk.deals.table.alive(key) is not None}
        asked.keep.append(lambda line: line["deal_id"] in wanted)
        return self._cut(asked)

    def list_of_one(self, call: Call) -> Answer:
        query = Query(call.query, PAGE_PARAMETERS)
        sorts = tuple(sort for sort in self.lines.table.sorts if sort != "deal_id")
        asked = read_page(query, sorts)
        query.done()
        deal = self._deal(call)
        asked.keep.append(lambda line: line["deal_id"] == deal["id"])
        return self._cut(asked)

    def _cut(self, asked: Page) -> Answer:
        records, following = asked.cut(self.lines.table)
        return page(records, following)

    def _deal(self, call: Call) -> Record:
        deal = self.desk.deals.table.alive(call.number())
        if deal is None:
            raise not_found()
        return deal

    def add(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(bodies.DealProductPost, call.body).given()
        added = self.lines.add(call.number(), [given], call.actor)
        return ok(added[0], 201)

    def add_many(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(bodies.DealProductBulk, call.body).given()["data"]
        return ok(self.lines.add(call.number(), given, call.actor), 201)

    def change(self, call: Call) -> Answer:
        no_parameters(call)
        given = read_body(bodies.DealProductPatch, call.body).given()
        line_id = call.number("product_attachment_id")
        return ok(self.lines.change(call.number(), line_id, given, call.actor))

    def remove(self, call: Call) -> Answer:
        no_parameters(call)
        line_id = call.number("product_attachment_id")
        self.lines.remove(call.number(), [line_id], call.actor)
        return ok({"id": line_id})

    def remove_many(self, call: Call) -> Answer:
        """Without `ids`: the first hundred."""
        query = Query(call.query, ("ids",))
        wanted = query.integers("ids", MAX_BULK)
        query.done()
        deal = self._deal(call)
        present = [
            line["id"]
            for line in self.lines.table.walk("id", "asc")
            if line["deal_id"] == deal["id"]
        ]
        gone = present[:MAX_BULK] if wanted is None else sorted(set(wanted))
        unknown = sorted(set(gone) - set(present))
        if unknown:
            raise Invalid([("ids", f"no line with id {line_id}") for line_id in unknown])
        self.lines.remove(deal["id"], gone, call.actor)
        more = {"more_items_in_collection": len(present) > len(gone)}
        return Answer({"success": True, "data": {"ids": gone}, "additional_data": more})
