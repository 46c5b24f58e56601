"""Keys are rotated while a server works: it may be killed at any moment, two may want it at once,
and a ring that is not the database's changes nothing."""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from ml_connector.store.keyring import KeyRingFile, render
from ml_connector.store.sqlite import open_database
from ml_connector.store.vault import Vault, get_secrets, put_secret
from tests.cli.test_terminal import at_a_terminal
from tests.store.keys import counting_bytes, ring
from tests.support.program import Program
from tests.support.sandbox import SandboxProcess

GRANT = ("client_id", "client_secret", "refresh_token")
VENDORS = ("wave", "pipedrive")
MANY = 1_500
"""Secrets beside those of the connections, so that a rotation takes its time."""
ROUNDS = 4
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--customers", "2", "--invoices", "2", "--seed", "3") as running:
        yield running


@pytest.fixture
def home(
    sandbox: SandboxProcess,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Program:
    """Both vendors connected by grants, whose tokens are renewed again and again."""
    monkeypatch.delenv("ML_CONNECTOR_HOME", raising=False)
    sandbox.control("POST", "reset", {"seed": 3, "customers": 2, "invoices": 2})
    program = Program(tmp_path / "home", capsys, monkeypatch)
    program("init")
    for name in VENDORS:
        ready = sandbox.ready["vendors"][name]
        line = [f"--set={key}={value}" for key, value in ready["settings"].items()]
        line += [f"--set={key}={ready[key]}" for key in ("base_url", "auth_url", "token_url")]
        for secret in GRANT:
            variable = f"TEST_{name}_{secret}".upper()
            program.environment[variable] = ready["credentials"][secret]
            line.append(f"--secret={secret}=env:{variable}")
        program("connect", name, "--name", name, *line)
    return program


def fill(home: Program) -> None:
    """Secrets of nobody, under the active key."""

    def put(conn: Connection) -> None:
        vault = Vault(KeyRingFile(home.home / "keyring.json").load(), counting_bytes())
        for number in range(MANY):
            put_secret(conn, vault, f"filler:{number:05}", "value", f"value {number}")

    database = open_database(home.home / "database.sqlite3")
    with database.writer.begin() as conn:
        put(conn)
    database.dispose()


def demand_all_open(home: Program) -> dict[str, int]:
    """Every secret opens with the ring as it stands; how many each key holds."""
    database = open_database(home.home / "database.sqlite3")
    vault = Vault(KeyRingFile(home.home / "keyring.json").load(), counting_bytes())
    with database.reader.connect() as conn:
        owners = list(conn.exec_driver_sql("SELECT DISTINCT owner FROM secrets").scalars())
        found = {owner: get_secrets(conn, vault, owner) for owner in owners}
        held = dict(
            tuple(row)
            for row in conn.exec_driver_sql("SELECT key_id, count(*) FROM secrets GROUP BY key_id")
        )
    database.dispose()
    fillers = [owner for owner in owners if owner.startswith("filler:")]
    assert len(fillers) in (0, MANY)
    assert all(found[o]["value"] == f"value {int(o.partition(':')[2])}" for o in fillers)
    return held


def demand_well(home: Program) -> None:
    """Both vendors take what is stored: no refresh token was lost."""
    pinged = home.json("ping")
    assert [row["ok"] for row in pinged] == [True, True], pinged


def test_a_server_is_killed_while_it_rotates_and_renews(
    home: Program, sandbox: SandboxProcess
) -> None:
    fill(home)
    chance = random.Random(11)
    for _ in range(ROUNDS):
        # Half of the calls find their token ended, so that grants are renewed all the while
        sandbox.order({"kind": "expire_access_token", "probability": 0.5})
        with home.served() as server:
            pinging = [home.start("ping", "--json") for _ in range(2)]
            rotating = home.start("keys", "rotate", "--json")
            before = len(KeyRingFile(home.home / "keyring.json").load().keys)
            watched = time.monotonic() + PATIENCE_SECONDS
            while len(KeyRingFile(home.home / "keyring.json").load().keys) == before:
                if rotating.poll() is not None or time.monotonic() > watched:
                    break
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.3))
            server.process.kill()
            server.process.communicate(timeout=PATIENCE_SECONDS)
            server.code = server.process.returncode
            for each in (*pinging, rotating):
                each.communicate(timeout=PATIENCE_SECONDS)
        sandbox.control("DELETE", "faults")
        demand_all_open(home)
        demand_well(home)
    home("keys", "rotate")
    done = home.json("keys", "rotate")
    held = demand_all_open(home)
    assert set(held) == {done["active"]}
    assert len(KeyRingFile(home.home / "keyring.json").load().keys) == 2
    demand_well(home)


@pytest.mark.parametrize("is_served", [True, False], ids=["served", "alone"])
def test_two_rotations_at_once(home: Program, is_served: bool) -> None:
    home("init", "--workspace", "other")
    fill(home)
    commands = [("keys", "rotate", "--json"), ("keys", "rotate", "--json", "--workspace", "other")]

    def both() -> list[Any]:
        running = [home.start(*command) for command in commands]
        ended = [each.communicate(timeout=PATIENCE_SECONDS) for each in running]
        assert [each.returncode for each in running] == [0, 0], ended
        return [json.loads(out) for out, _ in ended]

    if is_served:
        with home.served():
            done = both()
    else:
        done = both()
    assert len({each["active"] for each in done}) == 2
    held = demand_all_open(home)
    assert set(held) <= {each["active"] for each in done}
    assert len(held) == 1
    demand_well(home)


def test_how_far_it_is_shows_at_a_terminal(home: Program) -> None:
    fill(home)
    code, out, shown = at_a_terminal(home, "nothing is asked", "", "keys", "rotate")
    assert code == 0, shown
    assert "sealing secrets anew" in shown
    seen = {int(done) for done in re.findall(rf"(\d+)/{MANY // 100}\d\d", shown)}
    assert seen
    assert max(seen) > MANY / 2
    assert "secrets were sealed anew" in " ".join(out.split())


def test_a_command_that_waited_while_keys_were_rotated_uses_the_new_ring(home: Program) -> None:
    """It read the ring before it could begin."""
    with home.served():
        home("keys", "rotate")
        waiting = home.start("ping", "--json")
        home("keys", "rotate")
        out, err = waiting.communicate(timeout=PATIENCE_SECONDS)
    assert waiting.returncode == 0, err
    assert all(row["ok"] for row in json.loads(out))


def test_a_database_from_before_the_rotation_works_with_the_ring_of_after(home: Program) -> None:
    file, copy = home.home / "database.sqlite3", home.home.parent / "before"
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"VACUUM INTO '{copy}'")
    first = home.json("keys", "rotate")
    for left in home.home.glob("database.sqlite3*"):
        left.unlink()
    shutil.copy(copy, file)
    demand_well(home)
    again = home.json("keys", "rotate")
    assert (again["resumed"], again["active"]) == (True, first["active"])
    assert set(demand_all_open(home)) == {first["active"]}
    home("keys", "rotate")  # now the key of the copy is let go
    for left in home.home.glob("database.sqlite3*"):
        left.unlink()
    shutil.copy(copy, file)
    before, ring_before = dumped(home), (home.home / "keyring.json").read_bytes()
    assert "is missing" in home("keys", "rotate", expect=2).err
    assert dumped(home) == before
    assert (home.home / "keyring.json").read_bytes() == ring_before


WRONG = {
    "missing": None,
    "another": render(ring(9)).encode(),
    "cut short": render(ring(9)).encode()[:100],
    "empty": b"",
}
WRITING = (
    ("keys", "rotate"), ("ping",), ("serve", "--port", "0"), ("init",),
    ("connect", "wave", "--name", "wave", "--set", "auth=oauth"),
    ("flow", "add", "wave-pipedrive", "--name", "f", "--source", "wave", "--target", "pipedrive"),
)  # fmt: skip


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_ring_overwrites_nothing(home: Program, content: bytes | None) -> None:
    file = home.home / "keyring.json"
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    before = dumped(home)
    for command in WRITING:
        told = home(*command, expect=2)
        assert "key ring" in told.err.lower(), (command, told)
        assert dumped(home) == before, command
        assert (file.read_bytes() if file.exists() else None) == content, command


def dumped(home: Program) -> list[str]:
    """All that is in the database."""
    with closing(sqlite3.connect(home.home / "database.sqlite3")) as database:
        return list(database.iterdump())
