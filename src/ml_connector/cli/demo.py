"""The demo: simulated accounting systems flow into a simulated Pipedrive company and a simulated
Zendesk, through the real engine, by the very commands that a person would type.

The simulated vendors and the server are processes of their own on loopback; the home is thrown away
at the end. Their clock runs fast, and the engine follows it, so that nobody waits for the pace that
real vendors ask for.
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
from ml_connector.cli.demo_cast import MAIN, OTHERS, ROLES
from ml_connector.cli.life import shown
from ml_connector.cli.output import DONE, FAILED, INTERRUPTED, PIPE_WIDTH, show_summary
from ml_connector.core.faults import Mistake

app = group()
FLOW = MAIN.name
PREFIX = "ML_CONNECTOR_"
HAND_OVER = "acumatica-to-pipedrive"
SPEED = 20
SANDBOX = ("--speed", str(SPEED), "--customers", "20", "--invoices", "50")
SOLD = ("CONSULTING-HOUR", "CONSULTING")
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
    """Watch all five flows run between six simulated systems."""
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
        console.rule("Six simulated systems")
        vendors = stack.enter_context(sandbox(*SANDBOX))
        console.print(
            "Wave, FreshBooks, QuickBooks Online and Acumatica with three years of books, a "
            "Pipedrive company and a Zendesk that know some of their customers already, play on "
            f"this machine, {SPEED} times as fast as life. Nothing leaves it.\n"
        )
        scene = stack.enter_context(_scene(console, run, folder / "home", vendors))
        scene.set_up()
        scene.first_sync()
        is_good = scene.other_flows()
        address = stack.enter_context(scene.serving())
        is_good = scene.second_syncs() and scene.pay_one() and scene.win_one() and is_good
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
    os.environ |= {
        "ML_CONNECTOR_HOME": str(home),
        "ML_CONNECTOR_CLOCK_URL": f"{vendors.url}/_sandbox/clock",
    }
    for role in ROLES:
        os.environ |= role.environment(vendors.of(role.vendor))
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

    def set_up(self) -> None:
        """A home, the connections and the flows."""
        self._console.rule("Connecting")
        self._typed("init")
        for role in ROLES:
            self._typed(role.typed())
        for part in (MAIN, *OTHERS):
            self._typed(part.typed())

    def first_sync(self) -> None:
        """What would happen, and then that it does."""
        self._console.rule("The plan: nothing is written yet")
        planned = self._passed("plan", planned=True)
        self._console.rule("The first sync")
        done = self._passed("sync")
        is_same = all(planned[n] == done[n] for n in planned if n not in OWN)
        told = "The plan said the same." if is_same else "[red]The plan said otherwise.[/red]"
        self._console.print(f"{told}\n")
        if self._json("review list"):
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

    def other_flows(self) -> bool:
        """The first syncs of the others, side by side in one Pipedrive, each held against its
        plan."""
        self._console.rule("The other four flows")
        is_good = True
        for part in OTHERS:
            planned = self._json(f"plan {part.name}")
            done = self._passed("sync", part.name)
            is_same = all(planned[n] == done[n] for n in planned if n not in OWN)
            told = "The plan said the same." if is_same else "[red]The plan said otherwise.[/red]"
            self._console.print(f"{told}\n")
            is_good = is_good and is_same
        return is_good

    def second_syncs(self) -> bool:
        """Nothing is left to do, nothing was made twice, and no flow has set off another."""
        self._console.rule("A second sync of each writes nothing")
        is_good = True
        for part in (MAIN, *OTHERS):
            self._echo(f"sync {part.name}")
            writes = self._json(f"sync {part.name}")["writes"]
            self._console.print(f"    record writes: {writes}")
            is_good = is_good and writes == 0
        self._console.print()
        return is_good

    def win_one(self) -> bool:
        """A rep wins a deal; the order stands in Acumatica, and its state on the deal."""
        self._console.rule("A sales rep wins a deal")
        call = self._vendors.call
        product = next(p for p in call("GET", "pipedrive/products") if p["code"] in SOLD)
        firm = call("POST", "pipedrive/organizations", {"name": "Larkspur Printing"})
        deal = call(
            "POST",
            "pipedrive/deals",
            {"title": "Website for Larkspur", "org_id": firm["id"], "value": 950,
             "currency": "USD"},
        )  # fmt: skip
        line = {"deal_id": deal["id"], "product_id": product["id"], "quantity": 10}
        call("POST", "pipedrive/deal_products", {**line, "item_price": 95})
        began = time.monotonic()
        call("POST", f"pipedrive/deals/{deal['id']}/win", {})
        self._console.print(f"'{deal['title']}' is won: 10 × {product['name']} at 95 USD.")
        orders = self._wait_for(lambda: self._orders_of(deal))
        if not orders:
            self._console.print("[red]No order stands in Acumatica.[/red]")
            return False
        number, customer, status = (
            orders[0][name]["value"] for name in ("OrderNbr", "CustomerID", "Status")
        )
        self._console.print(
            f"{time.monotonic() - began:.1f} s later order {number} of customer {customer} stands "
            f"in Acumatica, {status}.\n"
        )
        self._typed(f"why {HAND_OVER} deals:{deal['id']}")
        return True

    def _orders_of(self, deal: dict[str, Any]) -> list[dict[str, Any]]:
        mark = f"Deal {deal['id']}"
        orders = self._vendors.call("GET", "acumatica/sales_orders")
        return [o for o in orders if o["CustomerOrder"].get("value") == mark]

    @staticmethod
    def _wait_for(look: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE_SECONDS
        while not (found := look()) and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
        return found

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
        if not self._wait_for(lambda: self._is_won(deal)):
            self._console.print("[red]The deal did not change.[/red]")
            return False
        self._console.print(
            f"{time.monotonic() - began:.1f} s later deal {deal} at Pipedrive is changed:\n"
        )
        self._show_change(f"invoices:{invoice['id']}")
        self._console.print("Why it is as it is:")
        self._typed(f"why {FLOW} invoices:{number}")
        return True

    def close(self, address: str) -> None:
        """What a person may take away."""
        waiting = len(self._json("review list"))
        if waiting:
            self._console.print(
                f"All sides are in step, but for {waiting} records that wait for you: the target "
                "has several records that look like them, and nobody guesses."
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

    def _passed(self, command: str, flow: str = FLOW, *, planned: bool = False) -> dict[str, Any]:
        """Run a pass, and show its numbers as the command does."""
        self._echo(f"{command} {flow}")
        done: dict[str, Any] = self._json(f"{command} {flow}")
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

    def _is_won(self, deal: str) -> bool:
        return bool(self._vendors.call("GET", f"pipedrive/deals/{deal}")["status"] == "won")

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
