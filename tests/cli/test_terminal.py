"""At a terminal a person can be asked, and sees how far long work is."""

from __future__ import annotations

import os
import pty
import subprocess
import threading

import pytest

from tests.support.connected import FLOW, connect_both
from tests.support.program import END_SECONDS, Program
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def home(program: Program, sandbox: SandboxProcess) -> Program:
    sandbox.control("POST", "reset", {"seed": 7, "customers": 6, "invoices": 9})
    connect_both(program, sandbox)
    return program


def at_a_terminal(home: Program, asked: str, typed: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout, and what the terminal showed; it types once it is `asked`.

    Stdout is a pipe. The session is new, so that the test's own terminal stays out of it.
    """
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def watch() -> None:
        waits = True
        try:
            while seen := os.read(ours, 4096):
                shown.append(seen)
                if waits and asked.encode() in b"".join(shown):
                    waits = False
                    os.write(ours, typed.encode())
        except OSError:
            return  # the other end is closed

    process = subprocess.Popen(
        home.line(*arguments), env={**home.whole(), "TERM": "xterm"}, stdin=theirs, stderr=theirs,
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        out, _ = process.communicate(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
    watching.join(END_SECONDS)
    os.close(ours)
    return process.returncode, out, b"".join(shown).decode("utf-8", "replace")


def test_a_person_is_asked_and_may_decline(home: Program, sandbox: SandboxProcess) -> None:
    before = sandbox.control("GET", "counters")["creates"]
    code, _, shown = at_a_terminal(home, "Do you agree?", "n\n", "sync", FLOW)
    assert code == 3
    assert "Do you agree?" in shown
    assert "Nothing was written." in shown
    assert sandbox.control("GET", "counters")["creates"] == before


def test_a_person_is_asked_and_agrees(home: Program, sandbox: SandboxProcess) -> None:
    code, out, shown = at_a_terminal(home, "Do you agree?", "y\n", "sync", FLOW)
    assert code == 1
    assert "Do you agree?" in shown
    assert "written)" in shown  # the bar
    assert "record writes" in out
    assert home.json("sync", FLOW)["writes"] == 0


def test_a_secret_is_typed_unseen(home: Program, sandbox: SandboxProcess) -> None:
    token = sandbox.ready["vendors"]["pipedrive"]["credentials"]["api_token"]
    reconnect = ("connect", "pipedrive", "--name", "crm", "--secret", "api_token=-")
    code, out, shown = at_a_terminal(home, "api_token:", token + "\n", *reconnect)
    assert code == 0, shown
    assert "crm is connected" in out
    assert token not in shown
