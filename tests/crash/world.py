"""The world is the sandbox as people and the model see it: its control interface, and nothing else.

Pipedrive's custom fields are shown by their names, and records by the source id in our key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.support.sandbox import SandboxProcess

Record = dict[str, Any]
FIELDS = {
    "organizations": "organization_fields",
    "persons": "person_fields",
    "deals": "deal_fields",
}
NOON = timedelta(hours=12, minutes=30)
"""At this time of day in UTC no zone of the sandbox's firms is near its midnight."""


class World:
    """One world, from its reset on. `born` are the ids of the target's records at its beginning."""

    def __init__(self, sandbox: SandboxProcess, seed: int, customers: int, invoices: int) -> None:
        self._sandbox = sandbox
        self.do("DELETE", "faults")
        self.do("POST", "reset", {"seed": seed, "customers": customers, "invoices": invoices})
        now = self.now()
        start = now.replace(hour=0, minute=0, second=0, microsecond=0) + NOON
        self.advance((start + timedelta(days=1) - now).total_seconds())
        self.ready: dict[str, Any] = self.do("GET", "ready")["vendors"]
        self.clock_url = f"{sandbox.url}/_sandbox/clock"
        self.born: dict[str, frozenset[str]] = {}

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """What a person does; the record. Raises AssertionError where it is refused."""
        return self._sandbox.control(method, path, body)

    def tried(self, method: str, path: str, body: Any = None) -> Any:
        """The same; None where the product says no."""
        reply = self._sandbox.call(method, f"/_sandbox/{path}", body)
        return reply.body if reply.status == 200 else None

    def call(self, path: str) -> Any:
        """A page of a vendor, as a browser asks for it."""
        return self._sandbox.call("GET", path)

    def all(self, path: str) -> list[Record]:
        found: list[Record] = self._sandbox.control("GET", path)
        return found

    def one(self, path: str, id: Any) -> Record:
        found: Record = self._sandbox.control("GET", f"{path}/{quote(str(id), safe='')}")
        return found

    def now(self) -> datetime:
        return datetime.fromisoformat(self._sandbox.control("GET", "clock")["now"]).astimezone(UTC)

    def advance(self, seconds: float) -> None:
        self._sandbox.advance(seconds)

    def order(self, **rule: Any) -> None:
        """A fault rule comes into force."""
        self._sandbox.order(rule)

    def calm(self) -> None:
        """No fault rule is in force any more."""
        self.do("DELETE", "faults")

    def switch(self, **values: Any) -> None:
        """Switches by name, with `__` for the dot."""
        self.do("PATCH", "switches", {k.replace("__", "."): v for k, v in values.items()})

    def requests(self, vendor: str = "") -> int:
        """How many requests a vendor has seen, or all of them have."""
        told = self._sandbox.control("GET", "counters")["requests"]
        return sum(row["n"] for row in told if vendor in ("", row["vendor"]))

    def creates(self, vendor: str) -> dict[str, int]:
        """How many records were made over the vendor's API, by object."""
        found: dict[str, int] = self._sandbox.control("GET", "counters")["creates"].get(vendor, {})
        return found

    def answered(self) -> list[Record]:
        """Every delivery of the vendors that was answered 2xx, as it was posted."""
        told = self._sandbox.control("GET", "deliveries")
        assert not told["forgotten"], "so many were delivered that the sandbox forgot some"
        found: list[Record] = told["answered"]
        return found

    # --- Pipedrive ------------------------------------------------------------------------------

    def pipedrive(self, noun: str) -> list[Record]:
        """Every record, deleted ones too, with custom fields by their names."""
        names: dict[str, str] = {}
        if noun in FIELDS:
            told = self.all(f"pipedrive/{FIELDS[noun]}")
            names = {f["field_code"]: f["field_name"] for f in told if f["is_custom_field"]}
        return [_named(record, names) for record in self.all(f"pipedrive/{noun}")]

    def stages(self) -> dict[int, str]:
        return {stage["id"]: stage["name"] for stage in self.all("pipedrive/stages")}


def _named(record: Record, names: Mapping[str, str]) -> Record:
    custom = record.get("custom_fields") or {}
    return {**record, **{names[code]: value for code, value in custom.items() if code in names}}


def source_id(key: Any) -> str:
    """The source record's own id in one of our keys; empty where it is none."""
    parts = str(key or "").split(":", 3)
    return parts[3] if len(parts) == 4 else ""
