"""The demo: a simulated Wave business flows into a simulated Pipedrive company, through the real
engine, by the very commands that a person would type.

Everything runs in processes of its own on loopback, in a home that is thrown away at the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console

from ml_connector.core.faults import Mistake

FLOW = "wave-to-pipedrive"
PATIENCE_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The simulated vendors, as their ready line describes them."""

    url: str
    vendors: dict[str, dict[str, Any]]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A control call: what a person does in one of the products."""
        return _http(method, f"{self.url}/_sandbox/{path}", body)


def run_demo(console: Console, *, once: bool) -> int:
    """Play the demo; keeps serving afterwards unless `once`. The exit code."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ml-connector-demo-")))
        console.rule("Starting two simulated vendors")
        sandbox = stack.enter_context(_sandbox())
        console.print(f"Wave and Pipedrive are simulated at {sandbox.url}\n")
        commands = Commands(console, home, sandbox)
        commands.set_up()
        address = stack.enter_context(commands.serving())
        commands.first_sync()
        paid = commands.pay_one(address)
        in_step = commands.second_sync()
        is_good = paid and in_step
        console.rule("In step" if is_good else "Not in step")
        if not is_good:
            console.print("[red]Something above is not as it should be.[/red]")
            return 1
        console.print(f"The server answers at {address}/healthz ; its home is {home}")
        if not once:
            console.print("Serving on. End it with Ctrl-C.")
            _until_interrupted()
    return 0


class Commands:
    """The commands of the demo, each shown as it is typed."""

    def __init__(self, console: Console, home: Path, sandbox: Sandbox) -> None:
        self._console = console
        self._home = home
        self._sandbox = sandbox
        self._secrets = home / "credentials"
        self._secrets.mkdir(mode=0o700)

    def set_up(self) -> None:
        """A home, two connections and a flow."""
        self._console.rule("Connecting")
        self._shown("init")
        self._connect("wave", "books", "full_access_token", "webhook_secret")
        self._connect("pipedrive", "crm", "api_token")
        self._shown("ping")
        self._shown(
            "flow", "add", "wave-pipedrive", "--name", FLOW, "--source", "books",
            "--target", "crm", "--set", "since=all", "--yes",
        )  # fmt: skip

    def first_sync(self) -> None:
        """What would happen, and then that it does."""
        self._console.rule("The plan: nothing is written yet")
        planned = self._passed("plan", FLOW)
        self._console.rule("The first sync")
        done = self._passed("sync", FLOW)
        same = all(planned[n] == done[n] for n in ("writes", "setup_writes", "calls", "tokens"))
        self._console.print(
            "The plan said the same numbers.\n" if same else "[red]The plan said otherwise.[/red]\n"
        )
        self._shown("review", "list", allowed=(0, 1))

    def second_sync(self) -> bool:
        """Nothing is left to do, and nothing was made twice."""
        self._console.rule("A second sync writes nothing")
        done = self._passed("sync", FLOW)
        return bool(done["writes"] == 0)

    def pay_one(self, address: str) -> bool:
        """A customer pays; the webhook brings the change to the deal."""
        self._console.rule("A customer pays an invoice")
        hook = next(c["webhook_url"] for c in self._json("connections") if c["name"] == "books")
        secret = self._sandbox.vendors["wave"]["credentials"]["webhook_secret"]
        events = ["invoice.paid", "invoice.partially_paid", "invoice.overpaid"]
        self._sandbox.call("PUT", "wave/webhook", {"url": hook, "secret": secret, "events": events})
        invoice, deal = self._open_invoice()
        before = self._sandbox.call("GET", f"pipedrive/deals/{deal}")
        began = time.monotonic()
        self._sandbox.call("POST", f"wave/invoices/{quote(invoice['id'], safe='')}/pay", {})
        after = self._wait_for_deal(deal, before)
        seconds = time.monotonic() - began
        if after is None:
            self._console.print("[red]The deal did not change.[/red]")
            return False
        self._console.print(
            f"Invoice {invoice['invoiceNumber']} was paid at Wave; "
            f"{seconds:.1f} s later deal {deal} at Pipedrive went from "
            f"[bold]{before['status']}[/bold] to [bold]{after['status']}[/bold].\n"
        )
        self._shown("why", FLOW, f"invoices:{invoice['id']}")
        return bool(after["status"] == "won")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The real server, as a process of its own; its address."""
        self._console.rule("Serving")
        self._echo("serve", "--port", "0")
        with _process(
            "ml_connector", "--home", str(self._home), "serve", "--port", "0", "--json"
        ) as p:
            yield json.loads(_first_line(p))["url"]

    # --- running commands -----------------------------------------------------------------------

    def _connect(self, vendor: str, name: str, *secrets: str) -> None:
        ready = self._sandbox.vendors[vendor]
        arguments = ["connect", vendor, "--name", name, "--base-url", ready["base_url"]]
        for key, value in ready["settings"].items():
            arguments += ["--set", f"{key}={value}"]
        for secret in secrets:
            file = self._secrets / f"{vendor}-{secret}"
            file.write_text(ready["credentials"][secret])
            arguments += ["--secret", f"{secret}=file:{file}"]
        self._shown(*arguments)

    def _shown(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> None:
        """Run a command and let its output be seen."""
        self._echo(*arguments)
        done = subprocess.run(self._line(*arguments), check=False)  # noqa: S603 - our own command
        if done.returncode not in allowed:
            raise Mistake(f"`ml-connector {arguments[0]}` ended with {done.returncode}.")
        self._console.print()

    def _passed(self, command: str, flow: str) -> dict[str, Any]:
        """Run a pass for its table, and read its numbers from the run it left behind."""
        self._echo(command, flow)
        done = self._output(command, flow, allowed=(0, 1))
        from ml_connector.cli.output import show_summary

        show_summary(self._console, done)
        return done

    def _json(self, *arguments: str) -> Any:
        return self._output(*arguments)

    def _output(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> Any:
        done = subprocess.run(  # noqa: S603 - our own command
            self._line(*arguments, "--json"), check=False, stdout=subprocess.PIPE, text=True
        )
        if done.returncode not in allowed:
            raise Mistake(f"`ml-connector {arguments[0]}` ended with {done.returncode}.")
        return json.loads(done.stdout)

    def _line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "ml_connector", "--home", str(self._home), *arguments]

    def _echo(self, *arguments: str) -> None:
        self._console.print(f"[dim]$ ml-connector {' '.join(arguments)}[/dim]", soft_wrap=True)

    # --- the payment ------------------------------------------------------------------------------

    def _open_invoice(self) -> tuple[dict[str, Any], str]:
        """An open invoice, and the deal that was made of it."""
        made = {
            row["source_key"]: row["target_id"]
            for row in self._json(
                "audit", "--flow", FLOW, "--decision", "create", "--limit", "9999"
            )
            if row["route"] == "invoices"
        }
        for invoice in self._sandbox.call("GET", "wave/invoices"):
            if invoice["status"] in ("SENT", "VIEWED", "UNPAID") and invoice["id"] in made:
                return invoice, made[invoice["id"]]
        raise Mistake("The sandbox has no open invoice with a deal.")

    def _wait_for_deal(self, deal: str, before: dict[str, Any]) -> dict[str, Any] | None:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            now: dict[str, Any] = self._sandbox.call("GET", f"pipedrive/deals/{deal}")
            if now["status"] != before["status"]:
                return now
            time.sleep(0.05)
        return None


@contextmanager
def _sandbox() -> Iterator[Sandbox]:
    with _process("ml_sandbox", "serve", "--port", "0", "--json") as process:
        ready = json.loads(_first_line(process))
        yield Sandbox(ready["url"], ready["vendors"])


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A child process that is ended with the block, by its own id."""
    line = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise Mistake("A process of the demo ended before it was ready.")
    return line


def _http(method: str, url: str, body: Any) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.loads(answer.read())


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        return
