"""The only place where things are wired: a home becomes an app that can do what a person asks.

Whoever holds the home's lock is the lane and does the work; everybody else hands it over through
the store and follows.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
import uvloop

from ml_connector.core.faults import Mistake, StoreUnavailable
from ml_connector.core.ports import Clock
from ml_connector.core.vendor import Delivery
from ml_connector.engine.commands import Commands
from ml_connector.engine.ingest import Answer, Ingest
from ml_connector.engine.lane import Lane
from ml_connector.engine.looking import Look
from ml_connector.engine.metering import StoredAllowances
from ml_connector.engine.passing import Progress
from ml_connector.engine.resources import Resources
from ml_connector.engine.retaining import let_go
from ml_connector.engine.taking_over import take_over
from ml_connector.engine.uninstalling import uninstall
from ml_connector.flows import FLOWS
from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.chance import SystemChance
from ml_connector.http.clock import FollowingClock, SystemClock
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.settings import Settings
from ml_connector.store import lanes, requests, rotation
from ml_connector.store.database import Connection, Store
from ml_connector.store.home import Home, HomeLock, lock_holder, try_lock
from ml_connector.store.keycheck import admit_keys, check_keys, open_or_make_keyring, proven
from ml_connector.store.keyring import KEY_BYTES, Key, KeyRingSource, keyring_source
from ml_connector.store.migrate import upgrade
from ml_connector.store.sqlite import open_database
from ml_connector.store.unavailable import patience
from ml_connector.store.vault import Vault, delete_secrets, put_secret
from ml_connector.vendors import VENDORS

__all__ = [
    "Answer",
    "App",
    "Home",
    "HomeLock",
    "Look",
    "Redactor",
    "app_package",
    "create",
    "do",
    "handed_over",
    "lock_holder",
    "opened",
    "run",
    "try_lock",
]

LOOK_SECONDS = 1.0
HANDOVER_SECONDS = 0.1
RETAIN_EVERY = timedelta(hours=1)

T = TypeVar("T")

log = structlog.get_logger(__name__)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end, on the loop that everything of ours runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


@dataclass(slots=True)
class App:
    """An open home. `lane_of` is filled as workspaces are worked on."""

    home: Home
    settings: Settings
    res: Resources
    redactor: Redactor
    ingest: Ingest
    keyring: KeyRingSource
    lane_of: dict[str, Lane] = field(default_factory=dict)
    rotating: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def store(self) -> Store:
        return self.res.store

    @property
    def look(self) -> Look:
        """Everything that only looks. Addresses begin with where vendors, or else we, reach it."""
        holder = lock_holder(self.home)
        served = f"http://{self.settings.host}:{self.settings.port}"
        if holder is not None and holder.address:
            served = holder.address
        return Look(self.res, self.res.public_url or served)

    async def workspace(self, name: str) -> str:
        """The id of a workspace. Raises Mistake where there is none of that name."""
        id = await self.store.read(lambda c: lanes.workspace_id(c, name))
        if id is None:
            raise Mistake(f"There is no workspace {name}; `init --workspace {name}` makes it.")
        return id

    async def prove_store(self) -> str:
        """Write one row; the sentence of why that does not go, empty where it does."""
        now = self.res.clock.now()
        try:
            await self.store.write(lambda c: lanes.note_ready(c, now))
        except StoreUnavailable as trouble:
            return trouble.sentence
        return ""

    async def lane(self, workspace: str) -> Lane:
        """The lane of a workspace; the first use of it in this process is a take-over."""
        if workspace not in self.lane_of:
            epoch = await take_over(self.res, workspace)
            self.lane_of[workspace] = Lane(self.res, workspace, epoch)
        return self.lane_of[workspace]

    async def perform(
        self, workspace: str, kind: str, args: dict[str, Any], progress: Progress
    ) -> dict[str, Any]:
        """Do a command here. Only for whoever holds the home's lock."""
        lane = await self.lane(workspace)
        commands = Commands(lane, self.ingest.forget, self._rotate)
        return await commands.perform(kind, args, progress)

    async def reread_keys(self) -> None:
        """Others may have rotated the keys since the ring was read here. Raises Mistake."""
        ring = self.keyring.load()
        await self.store.read(lambda c: check_keys(c, ring))
        self.res.vault.adopt(ring)

    async def _rotate(self, progress: Progress) -> dict[str, Any]:
        """A new key in the ring, while work goes on."""

        def make() -> Key:
            return new_key(self.res.chance.new_id(), self.res.clock)

        def tell(done: int, total: int) -> None:
            progress({"phase": "sealing secrets anew", "done": done, "total": total, "writes": 0})

        async with self.rotating:
            done = await rotation.rotate(self.store, self.keyring, self.res.vault, make, tell)
        return {"result": asdict(done), "exit": 0, "notes": []}

    async def uninstalled(self, delivery: Delivery) -> int:
        """A vendor says that a person withdrew the app there; the HTTP status of the answer."""
        return await uninstall(self.res, delivery)

    async def serve_lanes(self, should_stop: Callable[[], bool]) -> None:
        """Work on every workspace, and do what commands hand over, until told to stop.

        While the database cannot be used it is tried again. Raises LaneOver where another process
        works on this home.
        """
        now = self.res.clock.now()
        await self.store.write(lambda c: requests.abandon(c, now))
        retaining = asyncio.create_task(self._retain(should_stop))
        running: dict[str, asyncio.Task[None]] = {}
        handed: set[asyncio.Task[None]] = set()
        while not should_stop():
            for lost in [task for task in running.values() if task.done()]:
                lost.result()
            with patience():
                for id in await self.store.read(lanes.workspace_ids):
                    if id not in running:
                        lane = await self.lane(id)
                        running[id] = asyncio.create_task(lane.run(should_stop))
                for row in await self._new_requests():
                    task = asyncio.create_task(self._do(row))
                    handed.add(task)
                    task.add_done_callback(handed.discard)
            await asyncio.sleep(HANDOVER_SECONDS)
        for lane in self.lane_of.values():
            lane.wake()
        await asyncio.gather(retaining, *running.values(), *handed)

    async def _retain(self, should_stop: Callable[[], bool]) -> None:
        """Every hour, let go of what is older than the settings keep."""
        due = self.res.clock.now()
        while not should_stop():
            now = self.res.clock.now()
            if now >= due:
                due = now + RETAIN_EVERY
                with patience():
                    await let_go(self.store, now, self.settings)
            await asyncio.sleep(HANDOVER_SECONDS)

    async def _new_requests(self) -> list[requests.Row]:
        if not await self.store.read(requests.has_new):
            return []
        return await self.store.write(requests.take)

    async def _do(self, row: requests.Row) -> None:
        """Do one request that a command handed over, telling its progress."""
        told: list[dict[str, Any]] = []
        done = asyncio.Event()

        async def telling() -> None:
            while not done.is_set():
                await asyncio.sleep(HANDOVER_SECONDS)
                if told:
                    newest = told[-1]
                    told.clear()
                    with patience():
                        await self.store.write(partial(requests.progress, id=row.id, state=newest))

        teller = asyncio.create_task(telling())
        try:
            result = await self.perform(row.workspace, row.kind, row.args, told.append)
            state = "done"
        except Exception:
            id = self.res.chance.new_id()
            log.exception("a command failed", id=id, kind=row.kind)
            note = f"Something nobody foresaw happened; the log has it under {id}."
            result, state = {"result": None, "exit": 1, "notes": [note]}, "failed"
        done.set()
        await teller
        now, is_told = self.res.clock.now(), False
        while not is_told:  # whoever asked waits for it
            with patience():
                await self.store.write(lambda c: requests.end(c, row.id, state, result, now))
                is_told = True
            await asyncio.sleep(0 if is_told else LOOK_SECONDS)


def app_package(vendor: str) -> bytes:
    """The app for that vendor's product, as the file that is uploaded. Raises Mistake."""
    for known in VENDORS:
        if known.name == vendor and known.app_package is not None:
            return known.app_package()
    raise Mistake(f"There is no app for {vendor}.")


async def do(
    app: App, workspace: str, kind: str, args: dict[str, Any], progress: Progress
) -> dict[str, Any]:
    """Do it here where the home's lock is free; else whoever serves on the home does it.

    Where another command holds the home, its end is waited for.
    """
    while True:
        await app.reread_keys()
        lock = try_lock(app.home, kind)
        if lock is not None:
            with lock:
                try:
                    return await app.perform(workspace, kind, args, progress)
                finally:
                    app.lane_of.clear()  # without the lock an epoch is worth nothing
        done = await handed_over(app, workspace, kind, args, progress)
        if done is not None:
            return done


async def handed_over(
    app: App, workspace: str, kind: str, args: dict[str, Any], progress: Progress
) -> dict[str, Any] | None:
    """Have the running server do it, and wait; the result, or None where nobody is there to take
    it.

    Secrets are sealed into the vault: a request's row is for everybody to see.
    """
    id, now = app.res.chance.new_id(), app.res.clock.now()
    args = dict(args)
    secrets: dict[str, str] = args.pop("secrets", {})
    owner = f"{requests.SEALED}{id}"
    if secrets:
        args["sealed"] = owner

    def put(conn: Connection) -> None:
        for name, value in secrets.items():
            put_secret(conn, app.res.vault, owner, name, value)
        requests.put(conn, id, workspace, kind, args, now)

    await app.store.write(put)
    try:
        return await _followed(app, id, progress)
    finally:
        await app.store.write(lambda c: delete_secrets(c, owner))


async def _followed(app: App, id: str, progress: Progress) -> dict[str, Any] | None:
    waited = 0.0
    while True:
        row = await app.store.read(lambda c: requests.get(c, id))
        if row is None:
            return None
        if row.state in ("done", "failed") and row.result is not None:
            return row.result
        if row.progress:
            progress(row.progress)
        await asyncio.sleep(HANDOVER_SECONDS)
        waited += HANDOVER_SECONDS
        if waited >= LOOK_SECONDS:
            waited = 0.0
            if await _is_orphan(app):
                return await app.store.write(lambda c: requests.withdraw(c, id))


async def _is_orphan(app: App) -> bool:
    """Whether nobody holds the home any more."""
    lock = try_lock(app.home, "look")
    if lock is None:
        return False
    lock.close()
    return True


async def create(home: Home, settings: Settings, workspace: str) -> bool:
    """Make home, database, key ring and workspace; False where they all stood already.

    What stands stays as it is. Raises Mistake.
    """
    stood = home.exists
    home.create()
    database = open_database(home.database, create=True)
    upgrade(database.writer)
    clock = SystemClock()
    chance = SystemChance(clock)
    async with Store(database) as store:
        source = keyring_source(home.keyring, settings.keyring)

        def make() -> Key:
            return new_key(chance.new_id(), clock)

        def work(conn: Connection) -> None:
            admit_keys(conn, Vault(open_or_make_keyring(conn, source, make), os.urandom))
            lanes.put_workspace(conn, chance.new_id(), workspace)

        await store.write(work)
    return not stood


def new_key(id: str, clock: Clock) -> Key:
    """A fresh key for the ring."""
    return Key(id, os.urandom(KEY_BYTES), clock.now(), True)


def public_address(settings: Settings) -> str:
    """Where vendors are told to post; empty where none can reach us."""
    return settings.public_url.rstrip("/")


@asynccontextmanager
async def opened(
    home: Home,
    settings: Settings,
    alert: Callable[[str], None],
    redactor: Redactor | None = None,
) -> AsyncIterator[App]:
    """An app on a home, closed at the end. Raises Mistake where the home cannot be used.

    The key ring is proven against the database before anything is written.
    """
    home.demand()
    database = open_database(home.database)
    source = keyring_source(home.keyring, settings.keyring)
    vault = Vault(proven(database, source), os.urandom, source.load)
    upgrade(database.writer)
    store = Store(database)
    transport = AiohttpTransport()
    clock: Clock = SystemClock()
    following: asyncio.Task[None] | None = None
    try:
        if settings.clock_url:
            follower = FollowingClock(settings.clock_url, transport)
            await follower.follow()
            following = asyncio.create_task(follower.run())
            clock = follower
        redactor = redactor or Redactor()
        res = Resources(
            store=store, vault=vault, clock=clock, chance=SystemChance(clock),
            pacing=Pacing(clock, StoredAllowances(store)), transport=transport, redactor=redactor,
            vendors={v.name: v for v in VENDORS}, flows={f.kind: f for f in FLOWS},
            public_url=public_address(settings), alert=alert,
            webhook_overlap=timedelta(days=settings.webhook_overlap_days),
        )  # fmt: skip
        yield App(home, settings, res, redactor, Ingest(res), source)
    finally:
        if following is not None:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
        await transport.close()
        await store.close()
