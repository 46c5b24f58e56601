"""The command: one JSON line once it listens, quiet until it is told to end."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest

from ml_sandbox.vendors import VENDORS
from tests.support.sandbox import SandboxProcess

SMALL = ("--customers", "3", "--invoices", "3", "--json")


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command where it is expected to end by itself."""
    command = [sys.executable, "-m", "ml_sandbox", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_answers_as_soon_as_it_says_so_and_says_nothing_more() -> None:
    with SandboxProcess(*SMALL, "--seed", "7") as served:
        assert served.url.startswith("http://127.0.0.1:")
        assert served.control("GET", "ready") == served.ready
        assert list(served.ready["vendors"]) == [kind.name for kind in VENDORS]
        assert served.call("GET", "/nowhere").status == 404
        assert served.stop() == (0, "")


def test_ctrl_c_ends_it_as_well() -> None:
    with SandboxProcess(*SMALL) as served:
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(20) == 0


def test_the_same_seed_gives_the_same_keys() -> None:
    def keys(seed: str) -> list[Any]:
        with SandboxProcess(*SMALL, "--seed", seed) as served:
            return [vendor["credentials"] for vendor in served.ready["vendors"].values()]

    assert keys("7") == keys("7") != keys("8")


def test_each_vendor_may_have_a_port_of_its_own() -> None:
    with SandboxProcess(*SMALL, "--ports") as served:
        bases = [vendor["own_url"] for vendor in served.ready["vendors"].values()]
        assert len({served.url, *bases}) == 1 + len(VENDORS)
        for base in bases:
            assert served.call("GET", f"{base}/no/such/path").status >= 400
        counted = served.control("GET", "counters")["requests"]
        assert {line["vendor"] for line in counted} == {kind.name for kind in VENDORS}
        assert served.stop()[0] == 0


def test_the_clock_runs_as_fast_as_asked() -> None:
    with SandboxProcess(*SMALL, "--speed", "1000000") as served:
        moments = [served.control("GET", "clock")["now"] for _ in range(2)]
        first, second = (datetime.fromisoformat(moment) for moment in moments)
        # A call takes more than 60 millionths of a second on any machine.
        assert second - first > timedelta(minutes=1)


def test_a_taken_port_is_said() -> None:
    with SandboxProcess(*SMALL) as served:
        refused = serve("serve", "--port", served.url.rpartition(":")[2], *SMALL)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "cannot listen" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [(), ("serve", "--port", "99999"), ("serve", "--speed", "0"), ("serve", "--customers", "-1")],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    refused = serve(*arguments)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "usage" in refused.stderr
