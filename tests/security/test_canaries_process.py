"""The real program, its server and its files: no credential is printed, logged, answered, dumped or
stored, whatever goes wrong; nor a key of the ring."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ml_connector.http.redaction import HIDDEN
from ml_connector.store.keyring import KeyRingFile
from tests.support.program import Done, Program, Served
from tests.support.rehearsal import VENDORS_BY_NAME
from tests.support.sandbox import SandboxProcess

from .canaries import canary, marks_in, traces_in
from .planted import given_to
from .proxy import Proxy
from .test_canaries import REFUSALS, TROUBLES, only, said

VENDORS = ("wave", "pipedrive")
FLOW = "invoices"
CODE = canary("a code that nobody asked for")
PATIENCE_SECONDS = 60.0

LOOKS = (
    ("status", "--all"), ("connections",), ("flows",), ("flow", "show", FLOW), ("keys", "status"),
    ("flow", "check", FLOW), ("audit",), ("audit", "--csv"), ("review", "list"), ("doctor",),
)  # fmt: skip
SERVED = (
    "/metrics", "/healthz", "/readyz", f"/nowhere/{CODE}?token={CODE}", f"/hooks/{CODE}",
    f"/oauth/callback?code={CODE}&state=nobody", f"/oauth/callback?error=denied&code={CODE}",
)  # fmt: skip
MET = (
    TROUBLES["status 400"], TROUBLES["status 401"], TROUBLES["records that are none in a 200"],
    REFUSALS["refused"],
)  # fmt: skip


@dataclass
class Scene:
    """A home whose credentials are canaries, at a sandbox behind a proxy."""

    program: Program
    sandbox: SandboxProcess
    proxy: Proxy
    told: list[str] = field(default_factory=list)

    def run(self, *arguments: str) -> None:
        """As a process of its own; it may end as it likes, as long as it says what it may."""
        ended = self.program.start(*arguments)
        out, err = ended.communicate(timeout=PATIENCE_SECONDS)
        self.told += [out, err]

    def look(self, *arguments: str) -> None:
        """What a reading command prints, for a person and for a program."""
        for form in ((), ("--json",)):
            done = self._in_process(*arguments, *form)
            self.told.append(done.said)

    def _in_process(self, *arguments: str) -> Done:
        for code in (0, 1):
            try:
                return self.program(*arguments, expect=code)
            except AssertionError:
                continue
        raise AssertionError(f"{arguments} ended otherwise")

    @property
    def everything(self) -> bytes:
        """What was printed, and all files of the home but for the ring: database, its log ahead,
        lock, log."""
        return "\n".join(self.told).encode() + self.program.everything_written()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--customers", "3", "--invoices", "4", "--seed", "5") as running:
        yield running


@pytest.fixture
def scene(
    sandbox: SandboxProcess,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Scene]:
    monkeypatch.delenv("ML_CONNECTOR_HOME", raising=False)
    sandbox.control("POST", "reset", {"seed": 5, "customers": 3, "invoices": 4})
    program = Program(tmp_path / "home", capsys, monkeypatch)
    program.environment |= {"ML_CONNECTOR_LOG_LEVEL": "debug", "PYTHONFAULTHANDLER": "1"}
    with Proxy(sandbox.url) as proxy:
        scene = Scene(program, sandbox, proxy)
        connected(scene)
        yield scene


def connected(scene: Scene) -> None:
    """Both vendors by their grants, every secret given, and a flow between them."""
    scene.program("init")
    for name in VENDORS:
        ready = scene.sandbox.ready["vendors"][name]
        given = given_to(scene.proxy.disguise, VENDORS_BY_NAME[name], ready["credentials"])
        line = [f"--set={key}={value}" for key, value in ready["settings"].items()]
        for key in ("base_url", "auth_url", "token_url"):
            line.append(f"--set={key}={ready[key].replace(scene.sandbox.url, scene.proxy.url)}")
        for secret, value in given.items():
            variable = f"TEST_{name}_{secret}".upper()
            scene.program.environment[variable] = value
            line.append(f"--secret={secret}=env:{variable}")
        scene.run("connect", name, "--name", name, *line)
    scene.run("flow", "add", "wave-pipedrive", "--name", FLOW, "--source", "wave", "--target",
              "pipedrive", "--set", "since=all", "--yes")  # fmt: skip
    done = scene.program.json("sync", FLOW, "--yes", expect=1)  # one waits for a person
    assert done["writes"] > 0, scene.told


def demand_silence(scene: Scene) -> None:
    assert marks_in(scene.everything) == []
    keys: dict[str, Any] = {
        key.id: key.secret for key in KeyRingFile(scene.program.home / "keyring.json").load().keys
    }
    assert traces_in(scene.everything, keys) == []


def test_commands_in_every_trouble(scene: Scene) -> None:
    for trouble in MET:
        scene.proxy.disguise.order(trouble)
        scene.run("ping", "--json")
        scene.run("sync", FLOW, "--full", "--json")
    scene.proxy.disguise.left = 0
    for line in LOOKS:
        scene.look(*line)
    record = scene.program.json("audit")[0]
    scene.look("why", FLOW, f"{record['route']}:{record['source_key']}")
    scene.run("connect", "wave", "--name", "wave", "--secret", f"client_secret={CODE}")
    scene.run("connect", "wave", "--name", "wave", "--secret", CODE)
    scene.run("connect", "wave", "--name", "wave", "--secret", f"client_secret=file:/{CODE}/x")
    told = "\n".join(scene.told)
    assert HIDDEN in told, "nothing was repeated"
    assert "is not as it is documented" in told
    assert b"Traceback" in scene.program.everything_written()
    scene.told = [text.replace(f"/{CODE}/x", "") for text in scene.told]  # the path that was typed
    demand_silence(scene)


def test_a_server_in_every_trouble(scene: Scene) -> None:
    with scene.program.served() as server:
        for trouble in MET:
            scene.sandbox.order({"kind": "expire_access_token", "times": 2})
            scene.proxy.disguise.order(trouble)
            scene.run("ping", "--json")
            scene.run("sync", FLOW)
        scene.proxy.disguise.left = 0
        scene.sandbox.control("DELETE", "faults")
        strangers(scene, server)
        for line in LOOKS:
            scene.look(*line)
        scene.proxy.disguise.order(only(said(500), tokens=False))
        scene.run("keys", "rotate", "--json")
        dumped(scene, server)
    told = "\n".join(scene.told)
    assert HIDDEN in told, "nothing was repeated"
    assert "Fatal Python error: Aborted" in told
    assert '"call"' in told
    demand_silence(scene)


def strangers(scene: Scene, server: Served) -> None:
    """Everything that answers, asked for things with a secret in them."""
    for path in SERVED:
        told = server.call("GET", path)
        scene.told.append(told.text.replace(CODE, "(what was asked for)"))
    forged = json.dumps({"token": CODE, "data": {"id": CODE}}).encode()
    (row, *_) = scene.program.json("connections")
    hook = row["webhook_url"].split("/hooks/")[1]
    for path in (f"/hooks/{hook}", f"/hooks/{hook}/{CODE}", "/hooks/nobody"):
        for header in ("authorization", "x-wave-signature", "cookie"):
            scene.told.append(server.call("POST", path, forged, {header: CODE}).text)
    host, port = server.url.removeprefix("http://").split(":")
    for line in (
        f"GET /{CODE}",
        f"{CODE} / HTTP/1.1\r\n{CODE}",
        f"POST /hooks/x HTTP/9\r\n{CODE}: x",
    ):
        with socket.create_connection((host, int(port)), timeout=5) as raw:
            raw.sendall(f"{line}\r\n\r\n".encode())
            scene.told.append(raw.recv(4096).decode("latin-1"))


def dumped(scene: Scene, server: Served) -> None:
    """The server dies in the midst of its work, and the interpreter dumps where it was."""
    time.sleep(1)  # the log has what was in hand
    server.process.send_signal(signal.SIGABRT)
    out, err = server.process.communicate(timeout=PATIENCE_SECONDS)
    server.code = server.process.returncode
    scene.told += [out, err]
