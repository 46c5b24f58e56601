"""One home, one process that writes: whoever comes second is told who is there, and goes."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.crash.house import House, Run
from tests.crash.nursery import Nursery
from tests.support.sandbox import SandboxProcess

MISTAKE = 2
PATIENCE_SECONDS = 30.0


@pytest.fixture
def house(sandbox: SandboxProcess, nursery: Nursery, tmp_path: Path) -> House:
    house = House(tmp_path, nursery, f"{sandbox.url}/_sandbox/clock")
    house.do("init")
    return house


def ready(run: Run) -> Run:
    """Wait until it says that it serves."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not run.has_told():
        assert run.status() is None, run.err.read_text()
        assert time.monotonic() < end
        time.sleep(0.01)
    return run


def refusal(run: Run) -> str:
    """Its sentence; it must end by itself, with the exit code of a mistake."""
    assert run.ended() == MISTAKE, run.err.read_text()
    assert run.err.read_text() == ""
    told: dict[str, Any] = run.json
    return str(told["error"])


@pytest.mark.parametrize("plainly", [True, False], ids=["as a command", "forked"])
def test_a_second_server_is_refused_and_told_who_is_there(house: House, plainly: bool) -> None:
    first = ready(house.serve(plainly=plainly))
    try:
        sentence = refusal(house.serve(plainly=plainly))
        pid = first.process.pid
        assert sentence == f"A server runs on this home already (process {pid} at {house.url})."
        assert house.gauges() is not None, "the first one serves on"
    finally:
        first.kill()


def test_the_second_is_refused_on_another_port_too(house: House) -> None:
    first = ready(house.serve())
    try:
        second = house.begin("serve", "--port", "0")
        assert "A server runs on this home already" in refusal(second)
    finally:
        first.kill()


def test_a_frozen_server_still_holds_its_home(house: House) -> None:
    first = ready(house.serve())
    os.kill(first.process.pid, signal.SIGSTOP)
    try:
        assert "A server runs on this home already" in refusal(house.serve())
    finally:
        first.kill()


def test_of_two_that_start_together_one_serves(house: House) -> None:
    for _ in range(5):
        runs = [house.serve(), house.serve()]
        end = time.monotonic() + PATIENCE_SECONDS
        while all(run.status() is None for run in runs):
            assert time.monotonic() < end, "both go on"
            time.sleep(0.01)
        refused = next(run for run in runs if run.status() is not None)
        server = next(run for run in runs if run is not refused)
        assert "on this home" in refusal(refused)
        ready(server).kill()


def test_a_command_at_work_is_waited_for_a_little_and_then_named(
    house: House, sandbox: SandboxProcess
) -> None:
    connecting = slow_command(house, sandbox)
    try:
        pid = connecting.process.pid
        told = refusal(house.serve())
        assert told == f"`connect` (process {pid}) works on this home; serve when it is done."
    finally:
        connecting.kill()
        sandbox.control("DELETE", "faults")


def test_a_server_starts_when_the_command_is_done_or_killed(
    house: House, sandbox: SandboxProcess
) -> None:
    connecting = slow_command(house, sandbox)
    server = house.serve()
    time.sleep(0.5)
    assert not server.has_told(), "it waits"
    connecting.kill()
    sandbox.control("DELETE", "faults")
    ready(server).kill()


def slow_command(house: House, sandbox: SandboxProcess) -> Run:
    """A command that has the home and waits for a vendor, for longer than a server waits."""
    ready_line = sandbox.control("GET", "ready")["vendors"]["wave"]
    file = house.path / "token"
    file.write_text(ready_line["credentials"]["full_access_token"])
    sandbox.order({"vendor": "wave", "operation": "*", "kind": "slow", "seconds": 25.0})
    pairs = [part for k, v in ready_line["settings"].items() for part in ("--set", f"{k}={v}")]
    run = house.begin(
        "connect", "wave", "--name", "wave", "--base-url", ready_line["base_url"],
        "--secret", f"full_access_token=file:{file}", *pairs,
    )  # fmt: skip
    lock, end = house.home / "lock", time.monotonic() + PATIENCE_SECONDS
    while not (lock.exists() and '"connect"' in lock.read_text()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return run


def test_what_a_killed_server_left_in_the_lock_file_blocks_nobody(house: House) -> None:
    first = ready(house.serve())
    first.kill()
    assert first.status() == -signal.SIGKILL
    assert str(first.process.pid) in (house.home / "lock").read_text(), "it could not clean up"
    ready(house.serve()).kill()


def test_a_dead_server_is_not_taken_for_the_one_that_holds_the_home(house: House) -> None:
    """A command holds it just now, and has not yet written so into the file."""
    ready(house.serve()).kill()
    left = (house.home / "lock").read_text()
    with (house.home / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = house.serve()
        time.sleep(0.5)
        assert server.status() is None, server.out.read_text()
        assert (house.home / "lock").read_text() == left
    ready(server).kill()


def test_a_command_works_by_itself_where_the_server_was_killed(house: House) -> None:
    ready(house.serve()).kill()
    run = house.begin("keys", "rotate")
    assert run.ended() == 0
    assert run.json["active"]
