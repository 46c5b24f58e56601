"""The demo: a simulated Wave business flows into a simulated Pipedrive company, through the real
engine, by the very commands that a person would type.

The simulated vendors and the server are processes of their own on loopback; the home is thrown away
at the end.
"""

from __future__ import annotations

import io
import json
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.text import Text

from ml_connector.cli.children import Sandbox, process, ready_line, sandbox
from ml_connector.cli.command import group
from ml_connector.cli.life import shown
from ml_connector.cli.output import DONE, FAILED, INTERRUPTED, PIPE_WIDTH, show_summary
from ml_connector.core.faults import Mistake

app = group()
FLOW = "wave-to-pipedrive"
PREFIX = "ML_CONNECTOR_"
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.05
PAID_EVENTS = ("invoice.paid", "invoice.partially_paid", "invoice.overpaid")
OPEN = ("SENT", "VIEWED", "UNPAID")
GOOD = (DONE, FAILED)
"""FAILED says that records came up for review, which the sandbox seeds on purpose."""
OWN = ("run", "reviews", "effects")
"""What a plan, or a sync, says of itself alone; all else both must say alike."""
SHOWN = {
    "Invoice status": "invoice status",
    "Amount paid": "amount paid",
    "Amount due": "amount due",
    "stage_id": "stage",
    "status": "deal",
    "won_time": "won at",
}
"""Fields of a deal that a payment changes, in the words of whoever keeps the books."""

Run = Callable[[Sequence[str]], int]
"""The command line itself: takes what is typed after `ml-connector`, returns the exit code."""


@app.command("demo")
def demo(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="End when all is in step, instead of serving on.")
    ] = False,
) -> None:
    """Watch a simulated Wave business flow into a simulated Pipedrive company."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = int(os.environ.get("COLUMNS", PIPE_WIDTH))
    line = context.find_root().command

    def run(typed: Sequence[str]) -> int:
        return int(line.main(list(typed), "ml-connector", standalone_mode=False) or DONE)

    try:
        code = run_demo(console, run, once=once)
    except Mistake as fault:
        console.print(Text(fault.sentence, style="red"))
        code = FAILED
    except KeyboardInterrupt:
        console.print("Interrupted.")
        code = INTERRUPTED
    raise typer.Exit(code)


def run_demo(console: Console, run: Run, *, once: bool) -> int:
    """Play the demo; keeps serving afterwards unless `once`. The exit code. Raises Mistake."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ml-connector-demo-")))
        console.rule("Two simulated vendors")
        vendors = stack.enter_context(sandbox())
        console.print(
            "A Wave business with three years of books, and a Pipedrive company that knows some of "
            "its customers already, play on this machine. Nothing leaves it.\n"
        )
        scene = stack.enter_context(_scene(console, run, folder / "home", vendors))
        scene.set_up()
        scene.first_sync()
        address = stack.enter_context(scene.serving())
        is_good = scene.second_sync() and scene.pay_one()
        console.rule("In step" if is_good else "Not in step")
        if not is_good:
            console.print("[red]Something above is not as it should be.[/red]")
            return FAILED
        scene.close(address)
        if not once:
            _until_interrupted(console, folder / "home", address)
    return DONE


@contextmanager
def _scene(console: Console, run: Run, home: Path, vendors: Sandbox) -> Iterator[Scene]:
    """Commands find home and secrets in the environment, as a person's shell would have them."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    wave, pipedrive = vendors.of("wave"), vendors.of("pipedrive")
    os.environ |= {
        "ML_CONNECTOR_HOME": str(home),
        "WAVE_URL": wave["base_url"],
        "WAVE_TOKEN": wave["credentials"]["full_access_token"],
        "WAVE_BUSINESS": wave["settings"]["business_id"],
        "WAVE_WEBHOOK_SECRET": wave["credentials"]["webhook_secret"],
        "PIPEDRIVE_URL": pipedrive["base_url"],
        "PIPEDRIVE_TOKEN": pipedrive["credentials"]["api_token"],
    }
    try:
        yield Scene(console, run, home, vendors)
    finally:
        os.environ.clear()
        os.environ |= before


class Scene:
    """The acts of the demo; each command is shown as it is typed."""

    def __init__(self, console: Console, run: Run, home: Path, vendors: Sandbox) -> None:
        self._console = console
        self._run = run
        self._home = home
        self._vendors = vendors
        self._reviews: list[dict[str, Any]] = []

    def set_up(self) -> None:
        """A home, two connections and a flow."""
        self._console.rule("Connecting")
        self._typed("init")
        rehearsed = "--set allow_private_addresses=true"
        self._typed(
            f"connect wave --name books --base-url $WAVE_URL {rehearsed} "
            "--set business_id=$WAVE_BUSINESS --secret full_access_token=env:WAVE_TOKEN "
            "--secret webhook_secret=env:WAVE_WEBHOOK_SECRET"
        )
        self._typed(
            f"connect pipedrive --name crm --base-url $PIPEDRIVE_URL {rehearsed} "
            "--set plan=premium --set seats=10 --secret api_token=env:PIPEDRIVE_TOKEN"
        )
        self._typed(
            f"flow add wave-pipedrive --name {FLOW} --source books --target crm "
            "--set since=all --yes"
        )

    def first_sync(self) -> None:
        """What would happen, and then that it does."""
        self._console.rule("The plan: nothing is written yet")
        planned = self._passed("plan", planned=True)
        self._console.rule("The first sync")
        done = self._passed("sync")
        is_same = all(planned[n] == done[n] for n in planned if n not in OWN)
        told = "The plan said the same." if is_same else "[red]The plan said otherwise.[/red]"
        self._console.print(f"{told}\n")
        self._reviews = self._json("review list")
        if self._reviews:
            self._typed("review list")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The real server, as a process of its own; its address. Vendors reach it on loopback."""
        self._console.rule("Serving")
        port = _free_port()
        settings = f'port = {port}\npublic_url = "http://127.0.0.1:{port}"\n'
        (self._home / "settings.toml").write_text(settings, "utf-8")
        self._echo("serve")
        with process("ml_connector", "serve", "--json") as server:
            address = str(ready_line(server)["url"])
            self._console.print(f"ml-connector serves at {address}\n")
            yield address

    def second_sync(self) -> bool:
        """Nothing is left to do, and nothing was made twice."""
        self._console.rule("A second sync writes nothing")
        done = self._passed("sync")
        return bool(done["writes"] == 0)

    def pay_one(self) -> bool:
        """A customer pays; Wave's webhook brings the change to the deal."""
        self._console.rule("A customer pays an invoice")
        hook = next(c["webhook_url"] for c in self._json("connections") if c["name"] == "books")
        secret = os.environ["WAVE_WEBHOOK_SECRET"]
        portal = {"url": hook, "secret": secret, "events": list(PAID_EVENTS)}
        self._vendors.call("PUT", "wave/webhook", portal)
        invoice, deal = self._open_invoice()
        number = invoice["invoiceNumber"]
        began = time.monotonic()
        self._vendors.call("POST", f"wave/invoices/{quote(invoice['id'], safe='')}/pay", {})
        self._console.print(
            f"{invoice['customer']['name']} pays invoice {number} at Wave, "
            f"{invoice['total']['value']} {invoice['currency']['code']}."
        )
        if not self._wait_for_won(deal):
            self._console.print("[red]The deal did not change.[/red]")
            return False
        self._console.print(
            f"{time.monotonic() - began:.1f} s later deal {deal} at Pipedrive is changed:\n"
        )
        self._show_change(f"invoices:{invoice['id']}")
        self._console.print("Why it is as it is:")
        self._typed(f"why {FLOW} {number}")
        return True

    def close(self, address: str) -> None:
        """What a person may take away."""
        if self._reviews:
            waiting = len(self._reviews)
            self._console.print(
                f"Both sides are in step, but for {waiting} customers that wait for you: Pipedrive "
                "has several records of their name, and nobody guesses."
            )
        self._console.print(f"The server answers at {address}/healthz")

    # --- running commands -----------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        """Run a command and let its output be seen."""
        self._echo(text)
        code = self._run([os.path.expandvars(word) for word in text.split()])
        if code not in GOOD:
            raise Mistake(f"`ml-connector {text}` ended with {code}.")
        self._console.print()

    def _passed(self, command: str, *, planned: bool = False) -> dict[str, Any]:
        """Run a pass, and show its numbers as the command does."""
        self._echo(f"{command} {FLOW}")
        done: dict[str, Any] = self._json(f"{command} {FLOW}")
        show_summary(self._console, done, planned=planned)
        self._console.print()
        return done

    def _json(self, text: str) -> Any:
        """What the command answers with --json. Raises Mistake in the command's own words."""
        with redirect_stdout(io.StringIO()) as written:
            code = self._run([*text.split(), "--json"])
        told = json.loads(written.getvalue())
        if code not in GOOD or "error" in told:
            raise Mistake(f"`ml-connector {text}` ended with {code}: {told}")
        return told

    def _echo(self, text: str) -> None:
        self._console.print(Text(f"$ ml-connector {text}", style="dim"))

    # --- the payment ------------------------------------------------------------------------------

    def _open_invoice(self) -> tuple[dict[str, Any], str]:
        """The newest open invoice whose deal we made, and that deal."""
        made = {
            row["source_key"]: row["target_id"]
            for row in self._json(f"audit --flow {FLOW} --decision create --limit 9999")
            if row["route"] == "invoices"
        }
        for invoice in reversed(self._vendors.call("GET", "wave/invoices")):
            if invoice["status"] in OPEN and invoice["id"] in made:
                return invoice, made[invoice["id"]]
        raise Mistake("The sandbox has no open invoice with a deal.")

    def _wait_for_won(self, deal: str) -> bool:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if self._vendors.call("GET", f"pipedrive/deals/{deal}")["status"] == "won":
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def _show_change(self, record: str) -> None:
        """What the audit says of it, stages by their names."""
        stages = {str(s["id"]): s["name"] for s in self._vendors.call("GET", "pipedrive/stages")}
        change = self._json(f"audit --flow {FLOW} --record {record} --limit 1")[0]["changes"]
        for field, name in SHOWN.items():
            if field in change:
                before, after = change[field].get("before"), change[field]["after"]
                if field == "stage_id":
                    before, after = stages.get(str(before), before), stages.get(str(after), after)
                self._console.print(f"    {name:<15} {shown(before):>16}  →  {shown(after)}")
        self._console.print()


def _free_port() -> int:
    """One that nobody listens on; vendors must know it before the server starts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_interrupted(console: Console, home: Path, address: str) -> None:
    console.print(
        f"It serves on. In another terminal: export ML_CONNECTOR_HOME={home}, then any command, "
        "such as `ml-connector status`. End it here with Ctrl-C."
    )
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        return
