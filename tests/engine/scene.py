"""A scene is a rehearsal in empty books, in which a test lays out just what it is about.

At Wave nothing is there but what the test's bookkeeper enters; Pipedrive holds six organizations of
strangers. Records of Pipedrive are shown with their custom fields by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ml_connector.engine.looking import Look
from ml_connector.store import connections, cursors, flows, links
from ml_connector.store.links import Link
from tests.support.rehearsal import FLOW, WORKSPACE, Rehearsal

Record = dict[str, Any]

STRANGERS = 6
"""Organizations that stand in an empty world's Pipedrive."""

FIELDS = {
    "organizations": "organization_fields",
    "persons": "person_fields",
    "deals": "deal_fields",
}
WRITES = ("POST", "PATCH", "PUT", "DELETE")


@dataclass
class Scene(Rehearsal):
    """Empty books; see the module."""

    customers: int = 0
    invoices: int = 0

    # --- what people do ------------------------------------------------------------------------

    async def customer(self, name: str = "Acme Ltd", **given: Any) -> Record:
        """A customer whom the bookkeeper enters at Wave."""
        record: Record = await self.human("POST", "wave/customers", {"name": name, **given})
        return record

    async def invoice(
        self, customer: Record, amount: str = "100.00", *, sent: bool = True, **given: Any
    ) -> Record:
        """An invoice for one item of that price, sent unless it stays a draft."""
        body = {"customerId": customer["id"], "items": [{"unitPrice": amount, "quantity": "1"}]}
        record: Record = await self.human("POST", "wave/invoices", {**body, **given})
        return await self.act("invoices", record, "send") if sent else record

    async def act(self, noun: str, record: Record, action: str, **body: Any) -> Record:
        """Something that is done to a record of Wave, such as `pay`."""
        done: Record = await self.human("POST", f"wave/{noun}/{record['id']}/{action}", body)
        return done

    async def pay(self, invoice: Record, amount: str | None = None, date: str = "") -> Record:
        body = {k: v for k, v in (("amount", amount), ("date", date)) if v}
        return await self.act("invoices", invoice, "pay", **body)

    async def edit(self, noun: str, record: Record, **changes: Any) -> Record:
        """The bookkeeper changes a record of Wave."""
        done: Record = await self.human("PATCH", f"wave/{noun}/{record['id']}", changes)
        return done

    async def seller(self, method: str, path: str, **body: Any) -> Record:
        """What a sales person does in Pipedrive; custom fields by their codes."""
        done: Record = await self.human(method, f"pipedrive/{path}", body or None)
        return done

    async def switch(self, **values: Any) -> None:
        """Switches of the sandbox, `wave__latency_seconds` for `wave.latency_seconds`."""
        await self.human("PATCH", "switches", {k.replace("__", "."): v for k, v in values.items()})

    async def pass_time(self, seconds: float) -> None:
        """Time passes at the vendors and at the engine's."""
        await self.clock.advance(seconds)

    # --- what is there -------------------------------------------------------------------------

    async def code(self, noun: str, name: str) -> str:
        """The code of a custom field of ours."""
        fields = await self.human("GET", f"pipedrive/{FIELDS[noun]}")
        codes = [f["field_code"] for f in fields if f["field_name"] == name and not _gone(f)]
        return str(codes[-1])

    async def all(self, noun: str) -> list[Record]:
        """Every record of an object at Pipedrive that is not deleted."""
        records = await self.human("GET", f"pipedrive/{noun}")
        names = await self._names(noun)
        return [_named(r, names) for r in records if not r["is_deleted"]]

    async def one(self, noun: str, id: str | int) -> Record:
        """A record of Pipedrive, deleted or not."""
        record = await self.human("GET", f"pipedrive/{noun}/{id}")
        return _named(record, await self._names(noun))

    async def _names(self, noun: str) -> dict[str, str]:
        if noun not in FIELDS:
            return {}
        fields = await self.human("GET", f"pipedrive/{FIELDS[noun]}")
        return {f["field_code"]: f["field_name"] for f in fields}

    async def ours(self) -> list[Record]:
        """Organizations that were not there before."""
        return [o for o in await self.all("organizations") if o["id"] > STRANGERS]

    async def link(self, route: str, record: Record) -> Link:
        """The link of a record, whatever its state."""
        row = await self.store.read(lambda c: flows.named(c, WORKSPACE, FLOW))
        assert row is not None
        key = record["id"]
        return (await self.store.read(lambda c: links.of_keys(c, row.id, route, [key])))[key]

    async def target(self, route: str, record: Record) -> Record:
        """The record at Pipedrive that a record of Wave is linked to."""
        link = await self.link(route, record)
        return await self.one(link.object, link.target_id)

    async def deal(self, invoice: Record) -> Record:
        return await self.target("invoices", invoice)

    async def activity(self, invoice: Record) -> Record:
        return await self.target("activities", invoice)

    async def organization(self, customer: Record) -> Record:
        return await self.target("customers", customer)

    async def stage(self, deal: Record) -> str:
        """The name of the stage that a deal is in."""
        return str((await self.human("GET", f"pipedrive/stages/{deal['stage_id']}"))["name"])

    async def writes(self, vendor: str = "pipedrive") -> int:
        """How many write requests the vendor has seen so far."""
        requests = (await self.counters())["requests"]
        return sum(
            r["n"]
            for r in requests
            if r["vendor"] == vendor and r["operation"].split(" ")[0] in WRITES
        )

    async def told(self, record: Record, route: str | None = None) -> list[dict[str, Any]]:
        """The audit rows of one source record, newest first."""
        return await self.audit(record=record["id"], route=route)

    async def cursor(self, noun: str) -> dict[str, Any]:
        """Where the poll of an object of Wave stands."""
        row = await self.store.read(lambda c: connections.named(c, WORKSPACE, "wave"))
        assert row is not None
        return dict((await self.store.read(lambda c: cursors.get(c, row.id, noun))).value)

    async def status(self) -> dict[str, Any]:
        """As `status` tells it."""
        return await Look(self.res, "").status(WORKSPACE)

    async def why(self, route: str, record: Record) -> dict[str, Any]:
        """As `why` tells the life of a record."""
        return await Look(self.res, "").why(WORKSPACE, FLOW, f"{route}:{record['id']}")

    async def look(self, route: str, record: Record) -> dict[str, Any]:
        """A sync of one record, which reads it at the target too."""
        return await self.sync(record=f"{route}:{record['id']}")

    async def resolve(self, choice: str, target_id: str = "", index: int = 0) -> dict[str, Any]:
        """Decide an open review, the oldest unless told otherwise."""
        review = (await self.reviews())[index]
        return await self.do("resolve", id=review["id"], choice=choice, target_id=target_id)


def numbers(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary without the run's id, so that a plan can be compared with a sync."""
    return {name: value for name, value in summary.items() if name != "run"}


def counts(summary: dict[str, Any], route: str) -> dict[str, int]:
    """What became of the keys of one route, zeros left out."""
    row = next(r for r in summary["routes"] if r["route"] == route)
    return {name: n for name, n in row.items() if name != "route" and n}


def keys(records: Sequence[Record]) -> set[str]:
    return {r["id"] for r in records}


def _gone(field: Record) -> bool:
    return bool(field.get("is_deleted"))


def _named(record: Record, names: dict[str, str]) -> Record:
    custom = record.get("custom_fields") or {}
    return {**record, **{names.get(code, code): value for code, value in custom.items()}}
