"""Commands: what a person can have a lane do, by kind. The same whether a server runs or not.

Each takes plain JSON and returns `{"result", "exit", "notes"}`, so that it can be handed over
through the store: the server does it, and the command prints what it returned. `consent` is true
where a person only has to agree.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from ml_connector.core.faults import Fault, Mistake, NeedsConsent, NeedsPerson, StoreUnavailable
from ml_connector.core.vendor import AppClient
from ml_connector.core.wire import Errand
from ml_connector.engine import connecting, passing, waking
from ml_connector.engine.connecting import Credentials
from ml_connector.engine.credentials import OPEN_SECRETS
from ml_connector.engine.finding import failed_of, find_record
from ml_connector.engine.lane import Lane
from ml_connector.engine.opened import place
from ml_connector.engine.opening import parse_settings
from ml_connector.engine.passing import Progress, Wish
from ml_connector.engine.readdressing import readdress, tell_vendor
from ml_connector.store import (
    audit,
    connections,
    flows,
    intents,
    pending,
    provisions,
    reviews,
)
from ml_connector.store.database import Connection
from ml_connector.store.pending import LIVE, Mark
from ml_connector.store.vault import delete_secrets, get_secrets

Result = dict[str, Any]
Args = Mapping[str, Any]


class Commands:
    """For one workspace's lane. `changed` is called when connections or secrets changed."""

    def __init__(
        self,
        lane: Lane,
        changed: Callable[[], None],
        rotate: Callable[[Progress], Awaitable[Result]] | None = None,
    ) -> None:
        self._res = lane.res
        self._lane = lane
        self._changed = changed
        self._rotate = rotate
        self._known: dict[str, Callable[[Args, Progress], Awaitable[Result]]] = {
            "connect": self._connect,
            "consent": self._consent,
            "exchange": self._exchange,
            "ping": self._ping,
            "rotate_webhook": self._rotate_webhook,
            "app_install": self._app_install,
            "flow_add": self._flow_add,
            "flow_state": self._flow_state,
            "plan": self._plan,
            "sync": self._sync,
            "replay": self._replay,
            "resolve": self._resolve,
            "keys_rotate": self._keys_rotate,
        }

    async def perform(self, kind: str, args: Args, progress: Progress) -> Result:
        """Do it; a fault becomes a sentence and an exit code, never a traceback."""
        try:
            if kind in ("plan", "ping", "app_install"):
                return await self._known[kind](args, progress)
            async with self._lane.busy:
                return await self._known[kind](args, progress)
        except Mistake as fault:
            return {"result": None, "exit": 2, "notes": [fault.sentence]}
        except NeedsConsent as fault:
            return {"result": None, "exit": 3, "notes": [fault.sentence], "consent": True}
        except NeedsPerson as fault:
            return {"result": None, "exit": 3, "notes": [fault.sentence]}
        except (Fault, StoreUnavailable) as fault:
            return {"result": None, "exit": 1, "notes": [fault.sentence]}

    # --- connections ----------------------------------------------------------------------------

    async def _given(self, args: Args) -> Credentials:
        """The credentials; those of a handed over request lie in the vault, not in the request."""
        given = Credentials(
            self._lane.workspace, args["vendor"], args["name"], dict(args["settings"]),
            await self._secrets(args), args.get("redirect_url") or "",
        )  # fmt: skip
        for name, secret in given.secrets.items():
            if name not in OPEN_SECRETS:
                self._res.redactor.learn(secret)
        return given

    async def _secrets(self, args: Args) -> dict[str, str]:
        """What must not stand in a request's row."""
        owner = args.get("sealed")
        if not owner:
            return dict(args.get("secrets") or {})
        vault = self._res.vault
        secrets = await self._res.store.read(lambda c: get_secrets(c, vault, str(owner)))
        await self._res.store.write(lambda c: delete_secrets(c, str(owner)))
        return secrets

    async def _connect(self, args: Args, progress: Progress) -> Result:
        before = await self._abilities()
        done = await connecting.connect(self._res, await self._given(args))
        await self._reconnected(args["name"], before)
        return _done(done)

    async def _consent(self, args: Args, progress: Progress) -> Result:
        return _done(await connecting.begin_consent(self._res, await self._given(args)))

    async def _exchange(self, args: Args, progress: Progress) -> Result:
        returned = await self._secrets(args)  # the address holds a code, which is a secret
        before = await self._abilities()
        done = await connecting.end_consent(self._res, args["state"], returned["url"])
        await self._reconnected(done["name"], before)
        return _done(done)

    async def _abilities(self) -> waking.Abilities:
        res, workspace = self._res, self._lane.workspace
        return await res.store.read(lambda c: waking.abilities(c, res, workspace))

    async def _reconnected(self, name: str, before: waking.Abilities) -> None:
        """What waited for this connection is due at once."""
        self._changed()
        now, workspace = self._res.clock.now(), self._lane.workspace

        def work(conn: Connection) -> None:
            row = connections.named(conn, workspace, name)
            if row is not None:
                for flow in flows.using(conn, row.id):
                    pending.hurry(conn, flow.id, "person", now)
            waking.wake(conn, self._res, workspace, before, now)

        await self._res.store.write(work)
        self._lane.retry_now()

    async def _ping(self, args: Args, progress: Progress) -> Result:
        rows = await self._res.store.read(lambda c: connections.listing(c, self._lane.workspace))
        names = list(args.get("names") or [])
        unknown = [n for n in names if n not in {r.name for r in rows}]
        if unknown:
            raise Mistake(
                f"There is no connection {', '.join(unknown)}. "
                f"There are: {', '.join(r.name for r in rows) or 'none yet'}."
            )
        told = []
        for row in rows:
            if not names or row.name in names:
                opened = await self._lane.opener.connection(row)
                told.append(await connecting.ping(self._res, opened))
                if told[-1]["ok"] and row.state != connections.OK:
                    self._lane.retry_now()
        return {"result": told, "exit": 0 if all(t["ok"] for t in told) else 1, "notes": []}

    async def _rotate_webhook(self, args: Args, progress: Progress) -> Result:
        """A new address for a connection's webhooks; the one before is good for a while."""
        name, workspace = args["name"], self._lane.workspace
        row = await self._res.store.read(lambda c: connections.named(c, workspace, name))
        if row is None:
            raise Mistake(f"There is no connection {name}; `ml-connector connections` lists them.")
        done = await readdress(self._res, row, at_once=bool(args.get("at_once")))
        self._changed()
        trouble = await tell_vendor(self._res, self._lane.opener, done)
        names = [each.name for each in done.rows]
        told = {"name": name, "by_hand": done.by_hand, "shared_by": names}
        return _done(told, *([trouble] if trouble else []))

    async def _app_install(self, args: Args, progress: Progress) -> Result:
        """Put our app into the vendor's product, or a new version in an app's place."""
        row = await self._connection(args["name"], args["vendor"], "CONNECTION")
        opened = await self._lane.opener.connection(row)
        if opened.vendor.app_package is None:
            raise Mistake(f"There is no app for {opened.vendor.label}.")
        client: AppClient = opened.client
        package = opened.vendor.app_package()
        app_id = await client.install_app(package, args.get("app_id") or "", Errand("live"))
        return _done({"connection": row.name, "app_id": app_id})

    # --- flows ----------------------------------------------------------------------------------

    async def _flow_add(self, args: Args, progress: Progress) -> Result:
        """Install a flow, or give an installed one of that name new settings (a new version)."""
        flow = self._res.flows.get(args["kind"])
        if flow is None:
            kinds = ", ".join(sorted(self._res.flows))
            raise Mistake(f"There is no flow kind {args['kind']}. There are: {kinds}.")
        workspace = self._lane.workspace
        source = await self._connection(args["source"], flow.source, "--source")
        target = await self._connection(args["target"], flow.target, "--target")
        known = await self._res.store.read(lambda c: flows.named(c, workspace, args["name"]))
        if known and (known.kind, known.source, known.target) != (flow.kind, source.id, target.id):
            raise Mistake(f"Flow {args['name']} is installed between other connections already.")
        given = {**(known.settings if known else {}), **args["settings"]}
        parse_settings(flow, given)
        now = self._res.clock.now()
        row = flows.Row(
            known.id if known else self._res.chance.new_id(), workspace, args["name"], flow.kind,
            source.id, target.id, given, known.version + 1 if known else 1,
            known.state if known else flows.ACTIVE, "",
            bool(args.get("yes")) or bool(known and known.consented),
            known.backfilled_version if known else 0, known.installed_at if known else now,
        )  # fmt: skip
        await self._res.store.write(lambda c: flows.put(c, row, now))
        shown = {"name": row.name, "kind": row.kind, "version": row.version}
        return _done(shown, f"Look at what would happen: `ml-connector plan {row.name}`.")

    async def _connection(self, name: str, vendor: str, option: str) -> connections.Row:
        row = await self._res.store.read(lambda c: connections.named(c, self._lane.workspace, name))
        if row is None:
            raise Mistake(f"{option}: there is no connection {name}.")
        if row.vendor != vendor:
            raise Mistake(f"{option} must be a connection to {vendor}; {name} is to {row.vendor}.")
        if row.account is None:
            raise NeedsPerson(f"Connection {name} has never answered; run connect again.")
        return row

    async def _flow_state(self, args: Args, progress: Progress) -> Result:
        """Pause, resume or remove a flow. A removed one leaves everything at the target as it
        is."""
        row = await self._flow(args["name"])
        state = args["state"]

        def work(conn: Connection) -> None:
            flows.set_state(conn, row.id, state)
            if state == flows.REMOVED:
                pending.forget_flow(conn, row.id)
                intents.forget_flow(conn, row.id)
                flows.rename(conn, row.id, f"{row.name} (removed {row.id})")

        await self._res.store.write(work)
        if state == flows.ACTIVE:
            self._lane.allow(row.id)
        self._lane.wake()
        return _done({"name": row.name, "state": state})

    async def _flow(self, name: str) -> flows.Row:
        rows = await self._res.store.read(lambda c: flows.listing(c, self._lane.workspace))
        for row in rows:
            if row.name == name:
                return row
        there = ", ".join(row.name for row in rows) or "none yet"
        raise Mistake(f"There is no flow {name}. There are: {there}.")

    # --- passes ---------------------------------------------------------------------------------

    async def _plan(self, args: Args, progress: Progress) -> Result:
        row = await self._flow(args["flow"])
        wish = await self._wish(row, args)
        done = await passing.plan(self._res, row, wish, progress)
        extra = {k: done[k] for k in ("reviews", "effects")}
        return _summed(done, extra)

    async def _sync(self, args: Args, progress: Progress) -> Result:
        row = await self._flow(args["flow"])
        wish = await self._wish(row, args)
        lane = self._lane
        return _summed(await passing.sync(self._res, lane.opener, row, lane.epoch, wish, progress))

    async def _wish(self, row: flows.Row, args: Args) -> Wish:
        keys = None
        if args.get("record"):
            keys = (await self._record(row, args["record"]),)
        return Wish(
            full=bool(args.get("full")), keys=keys, limit=args.get("limit"),
            consent=bool(args.get("yes")),
        )  # fmt: skip

    async def _record(self, row: flows.Row, text: str) -> tuple[str, str]:
        """`route:source_id`, or a bare source or target id where only one record has it."""
        return await self._res.store.read(lambda c: find_record(c, self._res, row, text))

    async def _replay(self, args: Args, progress: Progress) -> Result:
        rows = await self._res.store.read(lambda c: flows.listing(c, self._lane.workspace))
        chosen = [r for r in rows if args.get("flow") in (None, r.name)]
        if len(chosen) != 1:
            names = ", ".join(r.name for r in rows) or "none yet"
            raise Mistake(f"Say which flow with --flow. There are: {names}.")
        row = chosen[0]
        keys = await self._replayed(row, args)
        wish = Wish(keys=keys, cause="replay", consent=bool(args.get("yes")))
        if args.get("preview"):
            return _summed(await passing.plan(self._res, row, wish, progress))
        lane = self._lane
        return _summed(await passing.sync(self._res, lane.opener, row, lane.epoch, wish, progress))

    async def _replayed(self, row: flows.Row, args: Args) -> tuple[tuple[str, str], ...]:
        """The records to be looked at again: one, those that failed, or those of a time."""
        if args.get("record"):
            return (await self._record(row, args["record"]),)
        if args.get("failed"):
            return await self._res.store.read(lambda c: failed_of(c, self._res, row))
        if not args.get("since") and not args.get("until"):
            raise Mistake("Say what to replay: --record, --failed, or --since and --until.")
        query = audit.Query(
            flow=row.name, since=parse_moment(args.get("since")),
            until=parse_moment(args.get("until")), limit=None,
        )  # fmt: skip
        told = await self._res.store.read(lambda c: audit.read(c, row.workspace, query))
        return tuple(sorted({(r["route"], r["source_key"]) for r in told}))

    # --- reviews --------------------------------------------------------------------------------

    async def _resolve(self, args: Args, progress: Progress) -> Result:
        """Take a person's decision; it is checked again when it is applied."""
        workspace, now = self._lane.workspace, self._res.clock.now()
        decision = {"choice": args["choice"], "target_id": args.get("target_id") or ""}

        def work(conn: Connection) -> reviews.Review:
            review = reviews.get(conn, workspace, args["id"])
            if review is None:
                raise Mistake(f"There is no open review {args['id']}; see `review list`.")
            row = flows.get(conn, review.flow)
            if row is None:
                raise Mistake("The flow of this review is not installed any more.")
            state = "ignored" if args["choice"] == "ignore" else "decided"
            if args["choice"] == "retry":
                provisions.forget_vocabularies(conn, _account(conn, row))
            reviews.decide(conn, review.id, decision, state)
            flow = self._res.flows[row.kind]
            where, rank = place(row, flow, review.route), flow.rank(review.route)
            mark = Mark(
                row.id, review.route, review.source_key, where, rank, "person", LIVE, asked=True
            )
            pending.mark(conn, [mark], now)
            return review

        review = await self._res.store.write(work)
        row = await self._res.store.read(lambda c: flows.get(c, review.flow))
        if row is None or row.state != flows.ACTIVE:
            return _done({"id": review.id, "choice": args["choice"]}, "The flow is paused.")
        wish = Wish(keys=((review.route, review.source_key),))
        lane = self._lane
        return _summed(await passing.sync(self._res, lane.opener, row, lane.epoch, wish, progress))

    # --- keys -----------------------------------------------------------------------------------

    async def _keys_rotate(self, args: Args, progress: Progress) -> Result:
        """A new key, and every secret sealed anew with it, while work goes on."""
        if self._rotate is None:
            raise Mistake("This process has no key ring that it could change.")
        return await self._rotate(progress)


def _account(conn: Connection, row: flows.Row) -> str:
    target = connections.get(conn, row.target)
    return target.account or "" if target else ""


def parse_moment(text: str | None) -> datetime | None:
    """A moment as a person writes it; a date alone is its midnight UTC. Raises Mistake."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Mistake(f"'{text}' is no moment such as 2026-01-31 or 2026-01-31T09:00Z.") from None
    return moment if moment.tzinfo else datetime.fromisoformat(moment.isoformat() + "+00:00")


def _done(result: Any, *notes: str) -> Result:
    return {"result": result, "exit": 0, "notes": list(notes)}


def _summed(done: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> Result:
    notes = [done["trouble"]] if done["trouble"] else []
    return {"result": done["summary"], "exit": done["exit"], "notes": notes, **(extra or {})}
