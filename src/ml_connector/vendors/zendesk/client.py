"""The client of Zendesk: lists, reads and writes organizations, end users and object records.

There is no idempotency key and no version check for these, so creates are upserts by our key in
`external_id`: a repeat after a lost answer is harmless. Sources: "Organizations", "Users", "Custom
Object Records", "Incremental Exports" in Zendesk's developer pages, and its OpenAPI file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ml_connector.core.faults import Fault, Missing, NeedsPerson, Refused, UnknownOutcome
from ml_connector.core.objects import Identity, Page, SetupItem, TargetObject, TargetRecord, id_of
from ml_connector.core.values import Values
from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Wire
from ml_connector.vendors.zendesk import sidebar
from ml_connector.vendors.zendesk.api import (
    ORGANIZATION,
    USER,
    Api,
    Json,
    following,
    items,
    page_params,
    place_of,
    quoted,
)
from ml_connector.vendors.zendesk.faults import CURSOR
from ml_connector.vendors.zendesk.jobs import Jobs
from ml_connector.vendors.zendesk.limits import INCREMENTAL, plan_of
from ml_connector.vendors.zendesk.setup import Setup
from ml_connector.vendors.zendesk.users import Users
from ml_connector.vendors.zendesk.values import record_of, to_wire

OLDEST_START = timedelta(seconds=120)
"""An export starts at least a minute before the vendor's now, and a stamp may be as young as it."""


class ZendeskClient:
    """For one connection. Implements `core.vendor.TargetClient` and `AppClient`."""

    def __init__(self, wire: Wire, facts: ConnectionFacts) -> None:
        self._api = Api(wire)
        self._settings = facts.settings
        self._setup = Setup(self._api)
        self._users = Users(self._api)
        self._jobs = Jobs(self._api)

    async def identify(self, errand: Errand) -> Identity:
        """The account by its host, and the user. Raises NeedsPerson where that is no administrator:
        set-up and exports need one, and a call without credentials is answered as `Anonymous`."""
        me = (await self._api.send("GET", f"{USER.path}/me", errand)).get("user") or {}
        if me.get("id") is None or me.get("role") != "admin":
            raise NeedsPerson(
                f"Zendesk takes this connection for '{me.get('name')}' of the role "
                f"{me.get('role')!r}. Connect as an administrator of the account."
            )
        told = str(me.get("url") or "") or self._settings.get("base_url", "")
        host = urlsplit(told).netloc.lower()
        detail: Values = {
            "user": str(me.get("name") or ""),
            "role": str(me["role"]),
            "host": host,
            "plan": f"{plan_of(self._settings)}, as set",
        }
        return Identity(host.removesuffix(".zendesk.com"), host, detail)

    async def page(self, obj: TargetObject, cursor: str | None, errand: Errand) -> Page:
        """The listing by id. A cursor that Zendesk has forgotten begins it anew."""
        place = place_of(obj.name)
        try:
            body = await self._api.send("GET", place.path, errand, params=page_params(cursor))
        except Refused as fault:
            if cursor is None or fault.field != CURSOR:
                raise
            return await self.page(obj, None, errand)
        return self._page(obj, items(body, place.many), following(body))

    async def changed_page(
        self, obj: TargetObject, since: datetime, cursor: str | None, errand: Errand
    ) -> Page:
        """Organizations and users by incremental exports, which withhold the last minute; deleted
        ones are marked. Records by their listing, newest first, told oldest first at once."""
        if obj.name == ORGANIZATION.many:
            return await self._exported_by_time(obj, since, cursor, errand)
        if obj.name == USER.many:
            return await self._exported_by_cursor(obj, since, cursor, errand)
        return await self._newest(obj, since, errand)

    async def read(
        self, obj: TargetObject, ids: Sequence[str], errand: Errand
    ) -> dict[str, TargetRecord]:
        """By one listing. An organization that was merged is told as deleted, with its winner."""
        place = place_of(obj.name)
        exports = place in (ORGANIZATION, USER)
        path = f"{place.path}/show_many" if exports else place.path
        joined = ",".join(ids)
        params = {"ids": joined} if exports else {"filter[ids]": joined, **page_params(None)}
        body = await self._api.send("GET", path, errand, params=params)
        found = {r.id: r for r in (self._record(obj, item) for item in items(body, place.many))}
        if place is ORGANIZATION:
            for id in (id for id in ids if id not in found):
                if winner := await self._winner_over(id, errand):
                    found[id] = TargetRecord(id, {}, "", deleted=True, merged_into=winner)
        return found

    async def create(self, obj: TargetObject, fields: Values, errand: Errand) -> TargetRecord:
        """Upsert by the key in `external_id`, but for users; what it was made of comes back. Raises
        Refused."""
        body = to_wire(obj, fields, self._setup.types(obj.name))
        place, key = place_of(obj.name), body.get("external_id")
        if place is ORGANIZATION:
            path = f"{place.path}/create_or_update"
            made = await self._api.write("POST", path, place, body, errand)
        elif place is USER:
            made = await self._users.create(body, errand)
        elif key:
            del body["external_id"]
            params = {"external_id": str(key)}
            made = await self._api.write("PATCH", place.path, place, body, errand, params=params)
        else:
            made = await self._api.write("POST", place.path, place, body, errand)
        return self._written(obj, body, made)

    async def create_many(
        self, obj: TargetObject, writes: Sequence[Values], errand: Errand
    ) -> list[TargetRecord | Fault]:
        """As `create`, by one job; each record as it reads afterwards, or why it was not made."""
        types, place = self._setup.types(obj.name), place_of(obj.name)
        bodies = [to_wire(obj, fields, types) for fields in writes]
        made = await self._jobs.create(place, obj.name, bodies, errand)
        ids = [id for id in made if isinstance(id, str)]
        there = await self.read(obj, ids, errand) if ids else {}
        lost = UnknownOutcome(f"The {obj.label} that a job made cannot be read.")
        return [there.get(id, lost) if isinstance(id, str) else id for id in made]

    async def update(
        self, obj: TargetObject, id: str, fields: Values, errand: Errand
    ) -> TargetRecord:
        """Write only these fields. Raises Missing where it is gone, Refused."""
        body = to_wire(obj, fields, self._setup.types(obj.name))
        place = place_of(obj.name)
        if place is USER:
            told = await self._users.update(quoted(id), body, errand)
        else:
            method = "PUT" if place is ORGANIZATION else "PATCH"
            told = await self._api.write(method, f"{place.path}/{quoted(id)}", place, body, errand)
        record = self._written(obj, body, told)
        if record.deleted:
            raise Missing(f"The {obj.label} {id} is deleted at Zendesk.")
        return record

    async def vocabulary(self, name: str, errand: Errand) -> list[str]:
        """Zendesk has none: it knows no currencies."""
        raise LookupError(f"Zendesk has no vocabulary {name!r}")

    async def find_setup(self, items: Sequence[SetupItem], errand: Errand) -> dict[str, str]:
        """The keys of fields and custom objects that stand, by the item's id."""
        return await self._setup.find(items, errand)

    async def create_setup(self, item: SetupItem, parent_code: str, errand: Errand) -> str:
        """Create a field or a custom object, and return its key."""
        return await self._setup.create(item, errand)

    def know_setup(self, items: Mapping[str, SetupItem]) -> None:
        """The custom fields by key, so that each value goes out as what its field takes."""
        self._setup.know(items)

    def setup_tokens(self, item: SetupItem) -> int:
        return 0

    def imagine(self, obj: TargetObject, id: str, fields: Values) -> TargetRecord:
        """The record as it would come back. Raises Refused as a write would."""
        types = self._setup.types(obj.name)
        return record_of(obj, {"id": id, **to_wire(obj, fields, types)}, types)

    async def install_app(self, package: bytes, app_id: str, errand: Errand) -> str:
        """Put the sidebar app into the account. Raises Refused."""
        return await sidebar.install(self._api, package, app_id, errand)

    def _record(self, obj: TargetObject, data: Json) -> TargetRecord:
        return record_of(obj, data, self._setup.types(obj.name))

    def _page(self, obj: TargetObject, listed: Sequence[Json], following: str | None) -> Page:
        return Page(tuple(self._record(obj, item) for item in listed), following)

    def _written(self, obj: TargetObject, body: Mapping[str, Any], told: Json) -> TargetRecord:
        """Zendesk drops fields that it does not know without an error; that is a refusal to us."""
        home = place_of(obj.name).custom
        kept = told.get(home)
        for name, value in (body.get(home) or {}).items():
            if value is not None and isinstance(kept, dict) and name not in kept:
                raise Refused(f"Zendesk has no field '{name}' and dropped its value.", name)
        return self._record(obj, told)

    async def _exported_by_time(
        self, obj: TargetObject, since: datetime, cursor: str | None, errand: Errand
    ) -> Page:
        start = cursor or str(int((since - OLDEST_START).timestamp()))
        path, params = f"/incremental{ORGANIZATION.path}", {"start_time": start}
        body = await self._api.send("GET", path, errand, params=params, kind=INCREMENTAL)
        end = body.get("end_time")
        # A page that ends where it began cannot be followed by another one.
        is_last = body.get("end_of_stream") is not False or end is None or int(end) <= int(start)
        return self._page(obj, items(body, ORGANIZATION.many), None if is_last else str(end))

    async def _exported_by_cursor(
        self, obj: TargetObject, since: datetime, cursor: str | None, errand: Errand
    ) -> Page:
        start = str(int((since - OLDEST_START).timestamp()))
        params = {"cursor": cursor} if cursor else {"start_time": start}
        path = f"/incremental{USER.path}/cursor"
        body = await self._api.send("GET", path, errand, params=params, kind=INCREMENTAL)
        after = body.get("after_cursor")
        is_last = body.get("end_of_stream") is not False or after in (None, cursor)
        return self._page(obj, items(body, USER.many), None if is_last else str(after))

    async def _newest(self, obj: TargetObject, since: datetime, errand: Errand) -> Page:
        """Whole, since a reader who stopped halfway down would miss what is older."""
        place, found = place_of(obj.name), list[TargetRecord]()
        cursor: str | None = ""
        while cursor is not None:
            params = {"sort": "-updated_at", **page_params(cursor)}
            body = await self._api.send("GET", place.path, errand, params=params)
            listed = [self._record(obj, item) for item in items(body, place.many)]
            young = [r for r in listed if datetime.fromisoformat(r.updated_at) >= since]
            found += young
            cursor = following(body) if listed and len(young) == len(listed) else None
        unique = {record.id: record for record in reversed(found)}
        return Page(tuple(unique.values()), None)

    async def _winner_over(self, id: str, errand: Errand) -> str:
        """The organization that a deleted one was merged into; empty where it was not."""
        path = f"{ORGANIZATION.path}/{quoted(id)}/merges"
        try:
            body = await self._api.send("GET", path, errand)
        except (Refused, NeedsPerson):
            return ""  # the listing of merges is younger than the merges
        merges = [m for m in body.get("organization_merges") or () if str(m["loser_id"]) == id]
        return next((id_of(m["winner_id"]) for m in merges if m.get("status") == "complete"), "")
