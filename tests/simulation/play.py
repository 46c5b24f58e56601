"""A play is one script carried out: the real engine in its house, the vendors of the sandbox, the
people of the town, and the weather, on one virtual clock. In the end everything is mended, and what
both sides hold is compared with what they must."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from ml_connector.flows import FLOWS
from ml_connector.http.asgi_transport import AsgiTransport
from ml_connector.http.transport import Outgoing
from ml_connector.store import connections
from ml_connector.vendors import VENDORS as ENGINE_VENDORS
from ml_sandbox.app import Sandbox
from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors import VENDORS
from tests.support.clock import VirtualClock
from tests.support.sandbox import URL

from . import budget
from .budget import Budget
from .checks import Checks
from .explaining import Explaining
from .fates import Fates
from .history import History
from .house import FLOW, HOOKS, WORKSPACE, House, Killed
from .keeping import Keeping
from .line import Network
from .loop import SeededLoop
from .outcome import Broken, Outcome, Runaway, Trace
from .overheard import quiet
from .pace import Pace
from .post import Post
from .script import Move, Script
from .switches import told_to_us
from .towns import TOWNS
from .weather import Weather
from .witness import Call, Witness

GRANT = ("client_id", "client_secret", "refresh_token")
STATIC = {v.name: v.token for v in ENGINE_VENDORS if v.token}
PORTALS = {v.name for v in ENGINE_VENDORS if "webhook_secret" in v.secrets and not v.events}
"""Where a person enters the address for webhooks by hand, and copies the secret."""
CALLBACK = "https://app.example/callback"
SOURCES = {f.kind: (f.source, f.target) for f in FLOWS}
MOST_HEALING_SECONDS = 60 * 86_400
PATIENCE_HOURS = 96
"""In which what is left gets done, where a day's budget is small."""
MOST_LINES = 10_000
"""No honest history has a tenth of it."""


def play(script: Script) -> Outcome:
    """Carry a script out on a loop of its own."""
    stage = Stage(script)
    chooser = random.Random(f"loop/{script.seed}") if script.shuffled else None
    with asyncio.Runner(loop_factory=lambda: SeededLoop(chooser)) as runner:
        runner.get_loop().set_exception_handler(stage.unhandled)
        try:
            runner.run(stage.run())
            problems: list[str] = []
        except Broken as broken:
            problems = broken.problems
        except TimeoutError as error:
            problems = [f"stuck: {error}"]
        except Runaway:
            problems = [f"it runs on and on: {stage.trace.lines[-1]}"]
    return Outcome(script, stage.trace, problems, *stage.counts)


class Stage:
    """Everything that takes part."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.trace = Trace()
        self.problems: list[str] = []
        self.counts = (0, 0, 0)
        """What was judged, excused and kept, in the end."""
        self.clock = VirtualClock(script.start)
        self.source, self.target = SOURCES[script.kind]
        draw = random.Random(f"play/{script.seed}")
        self.post = Post(self.clock, random.Random(draw.randrange(2**32)))
        options = SandboxOptions(
            seed=script.seed, customers=script.customers, invoices=script.invoices,
            start=script.start, url=URL,
        )  # fmt: skip
        kinds = [kind for kind in VENDORS if kind.name in (self.source, self.target)]
        self.sandbox = Sandbox(options, kinds, self.clock, self.post)
        self.witness = Witness(AsgiTransport({URL: self.sandbox}))
        network = Network(self.clock, self.witness, random.Random(draw.randrange(2**32)), self.tell)
        self.house = House(
            self.clock, network, random.Random(draw.randrange(2**32)), self.surprise,
            self.witness, public=script.public,
        )  # fmt: skip
        self.house.wall.ahead_seconds = script.skew_seconds
        self.post.house = self.house
        self.pace = Pace(self.clock)
        self.witness.sends, self.witness.ended = self.pace.sending, self.pace.ended
        self.is_poor = budget.is_poor(script) and "pipedrive" in (self.source, self.target)
        self.budget = Budget(self.sandbox.world, self.house.wall.now)
        network.answered = self.budget.note
        self.weather = Weather(self.sandbox.world, self.house, (self.source, self.target))
        self._doing: list[asyncio.Future[Any]] = []
        self.fates = Fates(self.house, self.clock, self.surprise)

    def tell(self, what: str) -> None:
        self.trace.lines.append(f"{self.clock.monotonic():.3f} {what}")
        if len(self.trace.lines) > MOST_LINES:
            raise Runaway

    def surprise(self, what: str) -> None:
        self.tell(f"SURPRISE {what}")
        self.problems.append(what)

    def unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Tasks of a dead process end as they may."""
        error = context.get("exception")
        if error is not None and not isinstance(error, Killed | asyncio.CancelledError):
            self.surprise(f"an error that nobody took: {error!r}")

    # --- the play ---------------------------------------------------------------------------------

    async def run(self) -> None:
        quiet(self.surprise)
        try:
            await self._open()
            for move in self.script.moves:
                await self.clock.advance(move.after_seconds)
                await self._make(move)
                self._demand_none(await self.checks.at_a_step())
            await self.clock.run(self._mend(), MOST_HEALING_SECONDS)
            self.keeping.at_the_end()
            found = await self.checks.at_the_end()
            self.counts = (self.checks.judged, self.checks.excused, self.keeping.kept)
            self._demand_none(found)
        finally:
            await self.house.close()
            await self.sandbox.close()

    def _demand_none(self, found: list[str]) -> None:
        overspent = self.budget.problems if self.is_poor else []
        problems = [
            *self.problems, *self.history.problems, *self.keeping.problems, *overspent,
            *self.pace.problems, *found,
        ]  # fmt: skip
        self.problems = []
        if problems:
            raise Broken(problems)

    async def _open(self) -> None:
        """A person sets everything up in fair weather; what is drawn begins afterwards."""
        poverty = budget.SWITCHES if self.is_poor else {}
        self.sandbox.world.switches.change(poverty)
        await self.house.furnish()
        await self.house.start()
        await self.clock.run(self._connect_all())
        self.sandbox.world.switches.change({**self.script.switches, **poverty})
        if self.script.public and self.source in PORTALS:
            await self._enter_in_portal(self.source)
        given = {"kind": self.script.kind, "name": FLOW, "yes": True}
        settings = {**TOWNS[self.script.kind].settings, **self.script.settings}
        await self.clock.run(
            self._demand(
                "flow_add", **given, source=self.source, target=self.target, settings=settings
            )
        )
        now = self.sandbox.world.clock.now()
        self.town = TOWNS[self.script.kind](
            self.sandbox.world, now, settings["since"], given=settings
        )
        self.explaining = Explaining(self.town, self.house.troubles)
        self.checks = Checks(
            self.house, self.town, self.post, self.explaining, self.weather.refused
        )
        self.history = History(self.town)
        self.keeping = Keeping(self.town, self.history, self.witness)
        self.witness.took = self._took
        self._begin(self._command("sync", flow=FLOW))

    def _took(self, call: Call) -> None:
        if call.vendor not in (self.target, "acumatica"):
            return  # of all sources only Acumatica is written to; Wave is asked by POST
        with self.town.at_a_glance():
            self.history.landed()
            self.keeping.took(call)
            self.explaining.took(call)

    async def _connect_all(self) -> None:
        for vendor in (self.source, self.target):
            await self._connect(vendor)

    async def _connect(self, vendor: str) -> None:
        credentials = self.sandbox.world.vendors[vendor].credentials()
        token = STATIC.get(vendor) if self.script.seed % 3 == 0 else None
        if token and token.ends_on and token.ends_on <= self.script.start.date():
            token = None
        names = [*(token.secrets if token else GRANT)]
        names += ["webhook_secret"] if vendor in PORTALS else []
        await self._demand(
            "connect", vendor=vendor, name=vendor, settings=self._settings(vendor),
            secrets={name: credentials[name] for name in names}, redirect_url=CALLBACK,
        )  # fmt: skip

    def _settings(self, vendor: str) -> dict[str, str]:
        ready = self.sandbox.world.ready["vendors"][vendor]
        addresses = {name: ready[name] for name in ("base_url", "auth_url", "token_url")}
        poor = budget.SETTINGS if vendor == "pipedrive" and self.is_poor else {}
        told = told_to_us(self.script.switches, self.script.seed, vendor)
        return {**addresses, **ready["settings"], **poor, **told}

    async def _enter_in_portal(self, name: str) -> None:
        """A person has the vendor post to us, everything that it can."""
        vendor = self.sandbox.world.vendors[name]
        ours = await self.house.store.read(lambda c: connections.endpoints_of(c, WORKSPACE))
        token = next(endpoint.token for endpoint in ours if endpoint.vendor == name)
        vendor.set_webhook(f"{HOOKS}/hooks/{token}", vendor.credentials()["webhook_secret"], [])

    async def _consent(self, vendor: str) -> None:
        """A person walks through the vendor's consent page once more."""
        secrets = self.sandbox.world.vendors[vendor].credentials()
        begun = await self._demand(
            "consent", vendor=vendor, name=vendor, settings=self._settings(vendor),
            secrets={name: secrets[name] for name in ("client_id", "client_secret")},
            redirect_url=CALLBACK,
        )  # fmt: skip
        page = Outgoing("GET", begun["authorize_url"], {}, None, 30.0)
        shown = await self.house.network.vendors.send(page)
        returned = {"url": shown.headers["location"]}
        await self._demand("exchange", state=begun["state"], secrets=returned)

    async def _demand(self, command: str, **args: Any) -> Any:
        answer = await self._command(command, **args)
        if answer is None or answer["exit"] not in (0, 1) or answer["result"] is None:
            raise Broken([f"{command} could not be done: {answer}"])
        return answer["result"]

    async def _command(self, command: str, **args: Any) -> Any:
        """What a person asks for; None where the process dies of it or none runs."""
        life = self.house.life
        if life is None:
            return None
        doing = life.begin(life.commands.perform(command, args, lambda state: None))
        await asyncio.wait([doing])
        if doing.cancelled():
            return None
        error = doing.exception()
        if isinstance(error, Killed):
            return None
        if error is not None:
            self.surprise(f"{command} ended with {error!r}")
            return None
        self.tell(f"{command} exit {doing.result()['exit']}")
        return doing.result()

    def _begin(self, work: Any) -> None:
        self._doing.append(asyncio.ensure_future(work))

    async def _make(self, move: Move) -> None:
        draw = random.Random(move.seed)
        group, _, name = move.name.rpartition(".")
        if group == "people":
            self.town.unanswered = await self.house.unanswered()
            with self.town.at_a_glance():
                self.keeping.look()
            told = self.town.act(name, draw)
            with self.town.at_a_glance():
                self.history.note()
                self.keeping.acted(name)
                self.explaining.acted()
        elif hasattr(self.weather, name):
            told = self.weather.strike(name, draw)
        else:
            told = ""
            befalls = getattr(self.fates, name, None) or getattr(self, f"_{name}")
            self._begin(befalls(draw))
        self.tell(f"[{move.number}] {move.name} {told}")

    # --- what a person has the process do ---------------------------------------------------------

    async def _sync(self, draw: random.Random) -> None:
        await self._command("sync", flow=FLOW, full=draw.random() < 0.3)

    async def _plan(self, draw: random.Random) -> None:
        await self._command("plan", flow=FLOW)

    async def _replay(self, draw: random.Random) -> None:
        await self._command("replay", flow=FLOW)

    async def _ping(self, draw: random.Random) -> None:
        await self._command("ping")

    async def _resolve(self, draw: random.Random) -> None:
        rows = await self.house.reviews()
        if not rows:
            return
        row = draw.choice(rows)
        choice = draw.choice(("retry", "create", "ignore", "link"))
        if choice == "link" and not row["candidates"]:
            choice = "retry"
        if choice in ("ignore", "link"):  # one that stands for two says what the other one is
            self.checks.ignored.add((row["route"], row["source_key"]))
        link = str(draw.choice(row["candidates"])["id"]) if choice == "link" else ""
        await self._command("resolve", id=row["id"], choice=choice, target_id=link)

    # --- the end ----------------------------------------------------------------------------------

    async def _mend(self) -> None:
        """The weather is fair, a server runs, a person mends the connections; then time passes
        until nothing waits any more."""
        self.weather.calm()
        while self._doing:
            doing, self._doing = self._doing, []
            await asyncio.wait(doing)
            for done in doing:
                if done.exception() is not None:
                    raise Broken([f"what was under way ended with {done.exception()!r}"])
        if self.house.life is None or self.house.life.is_over:
            await self.house.start_anyhow()
        await self._command("ping")
        await self._reconnect()
        await self._look()
        await self.clock.sleep(25 * 3600)  # what no event tells is noticed within a day
        await self._look()
        for _ in range(PATIENCE_HOURS):
            if await self._reconnect():
                await self._look()
            answer = await self._command("sync", flow=FLOW)
            left = await self.checks.stuck()
            went = answer and answer["exit"] in (0, 1) and not _failed(answer["result"])
            if went and not left and not answer["result"]["writes"]:
                return  # what it wrote may have called for more on the other side
            await self.clock.sleep(3600)
        raise Broken([f"stuck: {[_shown(row) for row in left]} after {answer}"])

    async def _look(self) -> None:
        """A real lane looks every second, and its day of sweeps begins at its first look; this one
        may have slept for hours."""
        if self.house.life is not None:
            self.house.life.wake()
        await self.clock.sleep(60)

    async def _reconnect(self) -> bool:
        """Whether that was called for."""
        ended = [r for r in await self.house.connections() if r.state == connections.NEEDS_PERSON]
        for row in ended:
            await self._consent(row.vendor)
        return bool(ended)


def _failed(summary: Any) -> int:
    return sum(route["failed"] for route in summary["routes"]) if summary else 1


def _shown(row: Any) -> str:
    return f"{row['route']}:{row['key']} waits for {row['waits_for']!r} ({row['reason']})"
