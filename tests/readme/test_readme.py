"""The README's commands, a failure and a reconnect among them, as they stand there."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .blocks import Block, blocks, readme
from .shell import Shell

REHEARSED_ONLY = ("--base-url", "allow_private_addresses", "business_id")
PAID = "Invoice 104"


def test_every_block_of_commands_is_run_or_known_not_to_be() -> None:
    """What no test runs: set-up, tests and demo, which are run by themselves, and tokens."""
    unmarked = re.findall(r"(?<!-->\n)```sh\n(.*?)^```$", readme(), re.M | re.S)
    kept = ("make ", ". .venv/bin/activate", "export ")
    for command in [line for text in unmarked for line in text.splitlines()]:
        assert command.startswith(kept), command


def test_the_first_real_connection_is_the_rehearsal_without_the_sandbox() -> None:
    real = next(block for block in blocks() if block.mark == "as rehearsed")
    rehearsal = next(b for b in blocks() if any("connect wave" in line for line in b.commands))
    assert [*_typed(real)] == [*_typed(rehearsal)]
    assert not any(option in line for line in real.commands for option in REHEARSED_ONLY)


def _typed(block: Block) -> Iterator[list[str]]:
    """The words of its commands, without what only a rehearsal needs."""
    for command in block.commands:
        words = shlex.split(command)
        if words[0] != "export":
            pairs = [word for word in words if not word.startswith("--set") or word != "--set"]
            text = " ".join(pairs)
            text = re.sub(r" --base-url \S+| (?:allow_private_addresses|business_id)=\S+", "", text)
            yield text.split()


def test_the_commands_do_what_the_readme_says(tmp_path: Path) -> None:
    with Shell(tmp_path) as shell:
        world = World(shell)
        for block in blocks():
            if block.mark.startswith("now: "):
                world.happens(block.mark.removeprefix("now: "))
            elif block.mark == "run until it serves":
                _serve(shell, tmp_path, block.commands[-1])
            elif block.mark != "as rehearsed":
                _run(shell, block)
        deals = world.call("GET", "pipedrive/deals")
        assert [d["status"] for d in deals if d["title"].startswith(PAID)] == ["won"]


def _run(shell: Shell, block: Block) -> None:
    expected = [0] * (len(block.commands) - 1) + [block.last_code]
    for command, code in zip(block.commands, expected, strict=True):
        ended, said = shell.run(command)
        assert ended == code, (command, ended, said)
        assert "Traceback" not in said
        if code == 3:
            assert "ml-connector connect wave" in said


def _serve(shell: Shell, folder: Path, command: str) -> None:
    """Ctrl-C reaches the server by the process id in its home's lock."""
    shell.type(command)
    shell.read_until("serves at http://")
    holder = json.loads((folder / "rehearsal" / "lock").read_text("utf-8"))
    os.kill(holder["pid"], signal.SIGINT)
    code, said = shell.ended()
    assert (code, "Traceback" in said) == (0, False), said


class World:
    """What happens outside of the shell, through the sandbox's controls."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def happens(self, what: str) -> None:
        if what == "Wave takes the token no longer, and a customer pays":
            refusal = {"vendor": "wave", "kind": "status", "status": 401, "body": {}}
            self.call("POST", "faults", {"rules": [refusal]})
            open_invoice = PAID.removeprefix("Invoice ")
            for invoice in self.call("GET", "wave/invoices"):
                if invoice["invoiceNumber"] == open_invoice:
                    self.call("POST", f"wave/invoices/{quote(invoice['id'], safe='')}/pay", {})
        elif what == "Wave takes the token again":
            self.call("DELETE", "faults")
        else:
            raise ValueError(f"the README says that this happens, and no test knows how: {what}")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        _, url = self._shell.run("echo $SANDBOX_URL")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback, as the sandbox told
            f"{url.strip()}/_sandbox/{path}", data, {"content-type": "application/json"},
            method=method,
        )  # fmt: skip
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.loads(answer.read())
