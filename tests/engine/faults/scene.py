"""A scene is a rehearsal in which processes die, lines go silent and databases fail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ml_connector.engine.resources import Resources
from ml_connector.store import connections, queued
from ml_connector.store.database import Connection
from ml_connector.store.tables import metadata
from ml_connector.store.types import Instant
from tests.support.mortal import Cord, Line, Process, Step
from tests.support.rehearsal import Rehearsal, _flow_id
from tests.support.sandbox import URL

SEED = 6
OBJECTS = ("organizations", "persons", "deals", "activities")


def lives_on(name: str) -> bool:
    return False


@dataclass
class Scene(Rehearsal):
    """The sandbox's Pipedrive is emptied first, unless `is_bare` says no, so all is created."""

    seed: int = SEED
    is_bare: bool = True
    dies_at: Step = field(default=lives_on)
    connecting: int = 0
    """Tokens spent before the flow began: a connection's first call has no account yet."""

    async def __aenter__(self) -> Scene:
        await super().__aenter__()
        if self.is_bare:
            await empty(self)
        return self

    def wired(self) -> Resources:
        self.process = Process(self.dies_at)
        self.cord = Cord(self.store, self.process)
        self.line = Line(self.sandbox.transport, self.clock, self.process)
        return replace(super().wired(), store=self.cord.tied(), transport=self.line)

    async def order(self, *rules: Mapping[str, Any]) -> None:
        await self.sandbox.order(*rules)

    async def calm(self) -> None:
        """No fault rule strikes any more."""
        await self.human("DELETE", "faults")

    async def switch(self, **values: Any) -> None:
        """Switches by name, with `__` for the dot."""
        named = {name.replace("__", "."): value for name, value in values.items()}
        await self.human("PATCH", "switches", named)

    async def restart(self, dies_at: Step = lives_on) -> None:
        """Another process on the same store, whatever became of the one before."""
        self.dies_at = dies_at
        await self.start()

    async def consent(self, vendor: str, name: str | None = None) -> Any:
        """A person's walk through the vendor's consent page; the whole answer of the exchange."""
        ready = (await self.human("GET", "ready"))["vendors"][vendor]
        begun = await self.done(
            "consent", vendor=vendor, name=name or vendor,
            settings={"base_url": ready["base_url"], **ready["settings"]},
            secrets={n: ready["credentials"][n] for n in ("client_id", "client_secret")},
            redirect_url="http://127.0.0.1:9/callback",
        )  # fmt: skip
        page = await self.sandbox.call("GET", begun["authorize_url"].removeprefix(URL))
        assert page.status == 302
        returned = {"url": page.headers["location"]}
        return await self.do("exchange", state=begun["state"], secrets=returned)

    async def amend(self, name: str, **secrets: str) -> None:
        """A person gives a connection a secret more, or another one."""
        row = await self.row(name)
        await self.done(
            "connect", vendor=row.vendor, name=name, settings=dict(row.settings), secrets=secrets
        )

    async def pending(self) -> list[dict[str, Any]]:
        def work(conn: Connection) -> list[dict[str, Any]]:
            return queued.rows_of(conn, _flow_id(conn))

        return await self.store.read(work)

    async def refusals(self, vendor: str = "pipedrive", status: int = 429) -> int:
        """How often the vendor answered so."""
        told = (await self.counters())["requests"]
        return sum(r["n"] for r in told if (r["vendor"], r["status"]) == (vendor, status))

    async def row(self, name: str) -> connections.Row:
        found = await self.store.read(lambda c: connections.named(c, "w", name))
        assert found is not None
        return found

    async def connection(self, name: str) -> dict[str, Any]:
        """As `status` tells it."""
        from ml_connector.engine.looking import Look

        told = await Look(self.res, "http://here").status("w")
        return next(c for c in told["connections"] if c["name"] == name)

    async def rounds(self, seconds: float, every: float = 30.0) -> None:
        """The lane looks every so often for so long."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            await self.round()
            await self.clock.advance(every)


async def empty(scene: Rehearsal) -> None:
    """A person deletes whatever Pipedrive held."""
    for noun in reversed(OBJECTS):
        for record in await scene.human("GET", f"pipedrive/{noun}"):
            if not record["is_deleted"]:
                await scene.human("DELETE", f"pipedrive/{noun}/{record['id']}")


# --- what Pipedrive holds -------------------------------------------------------------------------

SHOWN: dict[str, tuple[str, ...]] = {
    "organizations": ("name", "address"),
    "persons": ("name", "emails", "phones"),
    "deals": ("title", "value", "currency", "status", "won_time", "expected_close_date"),
    "activities": ("subject", "type", "due_date", "done", "note"),
}
FIELDS = {"organizations": "organization", "persons": "person", "deals": "deal"}


async def picture(scene: Rehearsal) -> dict[str, list[dict[str, Any]]]:
    """Everything of ours at Pipedrive by our keys, not its ids: two worlds can be compared."""
    keys: dict[str, dict[Any, str]] = {}
    names = {noun: await _field_names(scene, noun) for noun in FIELDS}
    stages = {s["id"]: s["name"] for s in await scene.human("GET", "pipedrive/stages")}
    shown: dict[str, list[dict[str, Any]]] = {}
    for noun in OBJECTS:
        records = [r for r in await living(scene, noun) if _key(r, names.get(noun, {}))]
        keys[noun] = {r["id"]: _key(r, names.get(noun, {})) for r in records}
        shown[noun] = sorted(
            (
                {
                    "key": keys[noun][r["id"]],
                    **{name: r[name] for name in SHOWN[noun]},
                    **_named(r, names.get(noun, {})),
                    "org": keys["organizations"].get(r.get("org_id")),
                    "deal": keys.get("deals", {}).get(r.get("deal_id")),
                    "stage": stages.get(r.get("stage_id")),
                }
                for r in records
            ),
            key=lambda r: (r["key"], str(r)),
        )
    return shown


async def living(scene: Rehearsal, noun: str) -> list[dict[str, Any]]:
    return [r for r in await scene.human("GET", f"pipedrive/{noun}") if not r["is_deleted"]]


async def _field_names(scene: Rehearsal, noun: str) -> dict[str, str]:
    told = await scene.human("GET", f"pipedrive/{FIELDS[noun]}_fields")
    return {f["field_code"]: f["field_name"] for f in told if f["is_custom_field"]}


def _named(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    told = record.get("custom_fields") or {}
    return {names[code]: value for code, value in told.items() if value is not None}


def _key(record: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if "note" in record:
        return str(record["note"] or "").partition("Reference: ")[2]
    named = _named(record, names)
    return str(named.get("Wave customer ID") or named.get("Wave invoice ID") or "")


def doubles(shown: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Keys that more than one record carries."""
    found = []
    for records in shown.values():
        keys = [r["key"] for r in records]
        found += sorted({key for key in keys if keys.count(key) > 1})
    return found


def misspelt(conn: Connection) -> list[str]:
    """Moments that are stored otherwise than all are, so that they cannot be compared."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Instant)
        for (text,) in conn.exec_driver_sql(f"SELECT {column.name} FROM {table.name}")  # noqa: S608 - our own names
        if text is not None and not re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{6}Z", text)
    ]


async def demand_in_step(scene: Rehearsal, expected: Mapping[str, list[dict[str, Any]]]) -> None:
    """Nothing twice, nothing missing, nothing different, and nothing left to do."""
    shown = await picture(scene)
    assert doubles(shown) == []
    for noun in OBJECTS:
        assert shown[noun] == expected[noun], noun
    forecast = await scene.plan()
    assert (forecast["writes"], forecast["setup_writes"]) == (0, 0), forecast
    assert await scene.store.read(misspelt) == []
    again = await scene.sync()
    assert (again["writes"], again["setup_writes"]) == (0, 0), again
    assert all(r["failed"] == r["waiting"] == r["review"] == 0 for r in again["routes"]), again
