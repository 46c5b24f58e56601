"""The real command is killed by SIGKILL, again and again, in the middle of its first sync.

Real processes, real sockets, a real database file. Each kill falls later in the sync than the one
before, by the number of requests that the sandbox has answered; one of them follows a create whose
answer was lost. In the end everything is there once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.support.sandbox import SandboxProcess

KILLS = 24
REQUESTS_APART = 4
PATIENCE_SECONDS = 120.0
FLOW = "invoices"


class Home:
    """A home that follows the sandbox's clock, and the commands on it."""

    def __init__(self, path: Path, sandbox: SandboxProcess) -> None:
        self._path = path
        self._sandbox = sandbox
        self._environment = {
            **{name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "ML_CONNECTOR_CLOCK_URL": f"{sandbox.url}/_sandbox/clock",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "ml_connector", "--home", str(self._path), *arguments]
        return subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self._environment
        )

    def run(self, *arguments: str) -> Any:
        """A command that must end well; what it printed as JSON."""
        process = self.start(*arguments, "--json")
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode in (0, 1), (arguments, process.returncode, out, err)
        return json.loads(out)

    def finish(self) -> Any:
        """A whole sync, while the sandbox's time runs ahead, so that what settles does so soon."""
        process = self.start("sync", FLOW, "--json")
        end = time.monotonic() + 2 * PATIENCE_SECONDS
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.5)
            self._sandbox.advance(20)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode in (0, 1), (process.returncode, out, err)
        return json.loads(out)

    def connect(self, vendor: str, **more: str) -> None:
        ready = self._sandbox.ready["vendors"][vendor]
        token = "full_access_token" if vendor == "wave" else "api_token"
        file = self._path.parent / f"{vendor}.token"
        file.write_text(ready["credentials"][token])
        settings = {**ready["settings"], **more}
        pairs = [part for k, v in settings.items() for part in ("--set", f"{k}={v}")]
        self.run(
            "connect", vendor, "--name", vendor, "--base-url", ready["base_url"],
            "--secret", f"{token}=file:{file}", *pairs,
        )  # fmt: skip


def answered(sandbox: SandboxProcess) -> int:
    """How many API requests the sandbox has answered, those that were cut included."""
    return sum(each["n"] for each in sandbox.control("GET", "counters")["requests"])


def kill_after(home: Home, sandbox: SandboxProcess, requests: int) -> bool:
    """Start a sync and kill it after so many more requests; False where it ended before."""
    goal = answered(sandbox) + requests
    process = home.start("sync", FLOW)
    end = time.monotonic() + PATIENCE_SECONDS
    while answered(sandbox) < goal and process.poll() is None:
        assert time.monotonic() < end, "the sync makes no requests"
        time.sleep(0.02)
        sandbox.advance(0.5)  # a write without an answer settles by this clock
    killed = process.poll() is None
    if killed:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return killed


def keys_in(sandbox: SandboxProcess, noun: str, fields: str, name: str) -> Counter[str]:
    """How often each of our keys stands on a record at Pipedrive."""
    codes = [
        f["field_code"]
        for f in sandbox.control("GET", f"pipedrive/{fields}")
        if f["field_name"] == name and f["field_type"] == "varchar"
    ]
    assert len(codes) == 1, "the field was made once"
    records = sandbox.control("GET", f"pipedrive/{noun}")
    held = [(r.get("custom_fields") or {}).get(codes[0]) for r in records if not r["is_deleted"]]
    return Counter(key for key in held if key)


def test_a_first_sync_survives_being_killed_again_and_again(tmp_path: Path) -> None:
    with SandboxProcess("--customers", "10", "--invoices", "30", "--seed", "5") as sandbox:
        home = Home(tmp_path / "home", sandbox)
        home.run("init")
        home.connect("wave", pace="50")
        home.connect("pipedrive")
        home.run(
            "flow", "add", "wave-pipedrive", "--name", FLOW, "--source", "wave",
            "--target", "pipedrive", "--set", "since=all", "--yes",
        )  # fmt: skip
        kills = 0
        while kills < KILLS:
            if kills == KILLS // 2:
                cut = {"vendor": "pipedrive", "operation": "POST /api/v2/*", "kind": "cut_after"}
                sandbox.order({**cut, "times": 1})
            if not kill_after(home, sandbox, REQUESTS_APART):
                break
            kills += 1
            sandbox.advance(40)
        assert kills >= 20, f"the sync was over after {kills} kills; it must be larger"

        home.finish()
        last = home.finish()
        assert last["writes"] == 0
        for route in last["routes"]:
            assert route["failed"] == 0, route

        for noun, fields, name in (
            ("organizations", "organization_fields", "Wave customer ID"),
            ("persons", "person_fields", "Wave customer ID"),
            ("deals", "deal_fields", "Wave invoice ID"),
        ):
            twice = {key: n for key, n in keys_in(sandbox, noun, fields, name).items() if n > 1}
            assert twice == {}, f"{noun} made more than once"
        notes = Counter(
            a["note"].rsplit("Reference: ", 1)[1]
            for a in sandbox.control("GET", "pipedrive/activities")
            if not a["is_deleted"] and "Reference: " in (a["note"] or "")
        )
        assert [key for key, n in notes.items() if n > 1] == []

        waiting = {r["source_key"] for r in home.run("review", "list")}
        keys = keys_in(sandbox, "deals", "deal_fields", "Wave invoice ID")
        made = {key.rsplit(":", 1)[1] for key in keys}
        missing = [
            i["id"]
            for i in sandbox.control("GET", "wave/invoices")
            if not i.get("isDeleted") and i["id"] not in made
            and i["customer"]["id"] not in waiting and i["id"] not in waiting
        ]  # fmt: skip
        assert missing == []
        assert len(notes) == len(keys)
