"""Looking is everything a person may ask that changes nothing: it only reads the store.

Answers are plain JSON, so that a command prints them and a page shows them. They work beside a
running server, since nobody's lock is needed to read.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ml_connector.core.faults import Fault, Mistake
from ml_connector.core.flow import Flow, Owner, Route
from ml_connector.engine.commands import parse_moment
from ml_connector.engine.connecting import awaited_consent
from ml_connector.engine.life import life_of
from ml_connector.engine.opening import parse_settings
from ml_connector.engine.resources import Resources
from ml_connector.engine.standing import gauges, standing
from ml_connector.engine.subscribing import secrets_owner
from ml_connector.store import (
    audit,
    connections,
    flows,
    formers,
    grants,
    lanes,
    links,
    reviews,
    rotation,
)
from ml_connector.store.connections import Row as ConnectionRow
from ml_connector.store.database import Connection
from ml_connector.store.flows import Row as FlowRow

OWNERS = {
    Owner.SOURCE: "always as at the source",
    Owner.ONCE: "set when the record is made, then left to people",
    Owner.UNTIL_TOUCHED: "kept in step until a person changes it",
}
Told = dict[str, Any]


class Look:
    """`address` is where vendors, or else this machine, reach the server: http://host:port."""

    def __init__(self, res: Resources, address: str) -> None:
        self._res = res
        self.address = address.rstrip("/")

    # --- connections and flows ------------------------------------------------------------------

    async def connections(self, workspace: str) -> list[Told]:
        return await self._res.store.read(lambda c: self._connections(c, workspace))

    def _connections(self, conn: Connection, workspace: str) -> list[Told]:
        return [self._connection(conn, row) for row in connections.listing(conn, workspace)]

    def _connection(self, conn: Connection, row: ConnectionRow) -> Told:
        vendor = self._res.vendors.get(row.vendor)
        grant = grants.get(conn, row.grant)
        ends = grant.refresh_expires_at if grant else None
        owner = secrets_owner(row, vendor.endpoint_of if vendor else "connection")
        endpoint = connections.endpoint_of(conn, owner)
        account = connections.account(conn, row.account) if row.account else None
        before = formers.of_endpoint(conn, endpoint.id)[:1] if endpoint else []
        until = [f.until.isoformat() for f in before if f.until > self._res.clock.now()]
        return {
            "name": row.name,
            "vendor": row.vendor,
            "state": row.state,
            "webhook_url": f"{self.address}/hooks/{endpoint.token}" if endpoint else None,
            "webhook_before_until": until[0] if until else None,
            "consent_ends": ends.isoformat() if ends else None,
            "account": account.name if account else None,
            "reason": row.reason,
        }

    async def consent_workspace(self, state: str) -> str | None:
        """The workspace of the consent walk that waits for its code under this state, if any."""
        given = await self._res.store.read(lambda c: awaited_consent(c, self._res, state))
        return None if given is None else str(given["workspace"])

    async def flows(self, workspace: str) -> list[Told]:
        return await self._res.store.read(
            lambda c: [self._flow(c, row) for row in flows.listing(c, workspace)]
        )

    def _flow(self, conn: Connection, row: FlowRow) -> Told:
        source, target = connections.get(conn, row.source), connections.get(conn, row.target)
        return {
            "name": row.name,
            "kind": row.kind,
            "state": row.state,
            "reason": row.reason,
            "version": row.version,
            "source": source.name if source else None,
            "target": target.name if target else None,
            "installed_at": row.installed_at.isoformat(),
            "consented": row.consented,
            "backfilled": row.backfilled_version >= row.version,
        }

    async def flow(self, workspace: str, name: str) -> Told:
        """All of one flow: routes, fields with their owners, settings. Raises Mistake."""

        def work(conn: Connection) -> Told:
            row = self._named(conn, workspace, name)
            flow = self._res.flows[row.kind]
            linked = links.count(conn, row.id)
            routes = [_route(route, linked.get(route.name, 0)) for route in flow.routes]
            return {**self._flow(conn, row), "routes": routes, "settings": _settings(flow, row)}

        return await self._res.store.read(work)

    async def labels(self, workspace: str, name: str) -> dict[str, str]:
        """What a bookkeeper calls each route of a flow; empty where there is no such flow."""
        row = await self._res.store.read(lambda c: flows.named(c, workspace, name))
        return {r.name: r.label for r in self._res.flows[row.kind].routes} if row else {}

    async def check_flow(self, workspace: str, name: str) -> list[Told]:
        """Whether the settings can be read and both connections are ready. Raises Mistake."""

        def work(conn: Connection) -> list[Told]:
            row = self._named(conn, workspace, name)
            checks = [_settings_check(self._res.flows[row.kind], row)]
            for side, id in (("source", row.source), ("target", row.target)):
                checks.append(_connection_check(side, connections.get(conn, id)))
            return checks

        return await self._res.store.read(work)

    def _named(self, conn: Connection, workspace: str, name: str) -> FlowRow:
        row = flows.named(conn, workspace, name)
        if row is None:
            there = ", ".join(r.name for r in flows.listing(conn, workspace)) or "none yet"
            raise Mistake(f"There is no flow {name}. There are: {there}.")
        return row

    # --- records --------------------------------------------------------------------------------

    async def why(self, workspace: str, flow: str, record: str) -> Told:
        """The life of one record. Raises Mistake where it is not known, or not the only one."""

        def work(conn: Connection) -> Told:
            return life_of(conn, self._res, self._named(conn, workspace, flow), record)

        return await self._res.store.read(work)

    async def audit(self, workspace: str, **asked: Any) -> list[Told]:
        """Newest first. `asked`: flow, record, since, until, decision, limit. Raises Mistake."""
        route, _, key = (asked.get("record") or "").partition(":")
        query = audit.Query(
            flow=asked.get("flow"),
            route=route if key else None,
            record=(key or route) or None,
            since=parse_moment(asked.get("since")),
            until=parse_moment(asked.get("until")),
            decision=asked.get("decision"),
            limit=asked.get("limit"),
        )

        def work(conn: Connection) -> list[Told]:
            if query.flow is not None:
                self._named(conn, workspace, query.flow)
            return audit.read(conn, workspace, query)

        return await self._res.store.read(work)

    async def reviews(self, workspace: str) -> list[Told]:
        return await self._res.store.read(lambda c: reviews.listing(c, workspace))

    # --- the whole ------------------------------------------------------------------------------

    async def status(self, workspace: str) -> Told:
        """How everything stands, and why anything waits."""
        now = self._res.clock.now()
        return await self._res.store.read(lambda c: standing(c, self._res, workspace, now))

    async def gauges(self) -> list[tuple[str, dict[str, str], float]]:
        """Numbers for a monitoring system: (name, labels, value), over all workspaces."""
        now = self._res.clock.now()
        return await self._res.store.read(lambda c: gauges(c, self._res, now))

    async def workspaces(self) -> list[str]:
        """The ids of all workspaces."""
        return await self._res.store.read(lanes.workspace_ids)

    async def keys(self) -> list[Told]:
        """The keys of the ring, oldest first, and how many secrets each has sealed."""
        ring = self._res.vault.ring
        told = await self._res.store.read(lambda c: rotation.key_status(c, ring))
        return [{**asdict(key), "created_at": key.created_at.isoformat()} for key in told]


def _route(route: Route, linked: int) -> Told:
    return {
        "route": route.name,
        "label": route.label,
        "reads": route.reads.path,
        "writes": route.writes.path,
        "after": sorted({parent.route for parent in route.after.values()}),
        "linked": linked,
        "fields": [
            {
                "field": name,
                "from": _origin(rule.how, rule.path),
                "owner": rule.owner.value,
                "owner_means": OWNERS[rule.owner],
            }
            for name, rule in route.fields.items()
        ]
        + [
            {
                "field": name,
                "from": f"the link of {parent.route}",
                "owner": parent.owner.value,
                "owner_means": OWNERS[parent.owner],
            }
            for name, parent in route.after.items()
        ],
    }


def _origin(how: str, path: str) -> str:
    if how == "copy":
        return f"copied from {path}"
    return "our key of the source record" if how == "key" else "worked out from the record"


def _settings(flow: Flow, row: flows.Row) -> list[Told]:
    return [
        {
            "name": setting.name,
            "value": row.settings.get(setting.name, setting.default),
            "default": setting.default,
            "is_set": setting.name in row.settings,
            "means": setting.sentence,
        }
        for setting in flow.settings
    ]


def _settings_check(flow: Flow, row: FlowRow) -> Told:
    try:
        parse_settings(flow, row.settings)
    except Fault as fault:
        return {"check": "settings", "ok": False, "detail": fault.sentence}
    return {"check": "settings", "ok": True, "detail": "Every setting can be read."}


def _connection_check(side: str, row: connections.Row | None) -> Told:
    if row is None:
        return {"check": side, "ok": False, "detail": "The connection is not there any more."}
    is_ok = row.state == connections.OK and row.account is not None
    detail = f"{row.name} is ok." if is_ok else f"{row.name} is {row.state}: {row.reason}"
    return {"check": side, "ok": is_ok, "detail": detail}
