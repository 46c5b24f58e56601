"""Connecting real clients to a sandbox: what is given, what is asked, and where secrets end up."""

from __future__ import annotations

import fcntl
import json
import socket
import sqlite3
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.support.connected import arguments, connect
from tests.support.program import Program
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def callback_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The port is one for the whole machine: whoever tests on it in another process waits."""
    with (tmp_path_factory.getbasetemp().parent / "callback_port").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture
def home(program: Program) -> Program:
    program("init")
    return program


def rows(program: Program, table: str) -> list[Any]:
    database = sqlite3.connect(program.home / "database.sqlite3")
    try:
        return database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - a name of ours
    finally:
        database.close()


def test_a_token_connects_and_ping_tells_who_we_are(home: Program, sandbox: SandboxProcess) -> None:
    assert "Harbour & Vale Ltd" in connect(home, sandbox, "pipedrive").out
    told = home.json("ping")
    assert [set(row) >= {"name", "ok", "account", "detail"} for row in told] == [True]
    assert told[0]["ok"] is True
    assert told[0]["account"] == "1234567"
    assert "Morgan Reyes" in home("ping", "crm").out


def test_connections_are_told_with_the_address_for_their_webhooks(
    home: Program, sandbox: SandboxProcess
) -> None:
    connect(home, sandbox, "pipedrive")
    (row,) = home.json("connections")
    assert set(row) >= {"name", "vendor", "state", "webhook_url", "consent_ends"}
    assert (row["name"], row["vendor"], row["state"]) == ("crm", "pipedrive", "ok")
    assert row["webhook_url"].startswith("http://127.0.0.1:8765/hooks/")
    (home.home / "settings.toml").write_text('public_url = "https://sync.example.com/"\n')
    (row,) = home.json("connections")
    assert row["webhook_url"].startswith("https://sync.example.com/hooks/")
    assert row["webhook_url"] in home("connections").out


def test_a_token_that_is_refused_needs_a_person_and_keeps_nothing(
    home: Program, sandbox: SandboxProcess
) -> None:
    offered = sandbox.ready["vendors"]["pipedrive"]
    line = arguments(home, offered, "pipedrive", ("api_token",))
    home.environment["TEST_PIPEDRIVE_API_TOKEN"] = "0" * 40
    done = home("connect", "pipedrive", "--name", "crm", *line, expect=3)
    assert "0" * 40 not in done.said
    assert home.json("connections") == []


def test_a_secret_comes_from_a_file_or_from_standard_input(
    home: Program, sandbox: SandboxProcess
) -> None:
    offered = sandbox.ready["vendors"]["pipedrive"]
    token = offered["credentials"]["api_token"]
    file = home.home.parent / "token"
    file.write_text(token + "\n")
    line = arguments(home, offered, "pipedrive", ())
    home("connect", "pipedrive", "--name", "a", *line, "--secret", f"api_token=file:{file}")
    home.child(
        "connect", "pipedrive", "--name", "b", *line, "--secret", "api_token=-", typed=token + "\n"
    )
    assert [row["state"] for row in home.json("connections")] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--secret", "api_token=hunter2hunter2"], "never the secret itself"),
        (["--secret", "hunter2hunter2"], "name=env:VARIABLE"),
        (["--secret", "api_token=env:NOT_THERE"], "NOT_THERE"),
        (["--secret", "api_token=file:/not/there"], "/not/there"),
        (["--secret", "password=env:HOME"], "takes no secret password"),
        (["--set", "colour=red"], "no setting colour"),
        (["--set", "plan=golden"], "plan must be one of"),
        (["--set", "plan"], "name=value"),
        (["--base-url", "http://127.0.0.1:1"], "allow_private_addresses"),
        ([], "client_id and client_secret"),
        (["--set", "auth=token"], "api_token"),
    ],
)
def test_what_cannot_be_used_is_told(home: Program, typed: list[str], told: str) -> None:
    done = home("connect", "pipedrive", "--name", "crm", *typed, expect=2)
    assert told in done.err
    assert "hunter2hunter2" not in done.said
    assert home.json("connections") == []


def test_an_unknown_vendor_is_told_with_those_there_are(home: Program) -> None:
    told = home("connect", "acme", "--name", "a", expect=2).err
    assert "There are: " in told
    assert all(name in told for name in ("pipedrive", "wave"))


def test_a_reconnect_keeps_settings_and_needs_only_the_new_token(
    home: Program, sandbox: SandboxProcess
) -> None:
    connect(home, sandbox, "pipedrive")
    hook = home.json("connections")[0]["webhook_url"]
    variable = "env:TEST_PIPEDRIVE_API_TOKEN"
    home("connect", "pipedrive", "--name", "crm", "--secret", f"api_token={variable}")
    assert home.json("ping")[0]["ok"] is True
    assert home.json("connections")[0]["webhook_url"] == hook
    wrong = home("connect", "wave", "--name", "crm", expect=2)
    assert "take another name" in wrong.err


def test_a_setting_or_a_webhook_secret_can_be_given_alone(
    home: Program, sandbox: SandboxProcess
) -> None:
    connect(home, sandbox, "pipedrive")
    before = home.json("status")["connections"][0]["budget"]["limit"]
    home("connect", "pipedrive", "--name", "crm", "--set", "seats=20")
    assert home.json("status")["connections"][0]["budget"]["limit"] == 2 * before
    secrets = len(rows(home, "secrets"))
    home.environment["HOOK"] = "a-secret-of-the-portal"
    home("connect", "pipedrive", "--name", "crm", "--secret", "webhook_secret=env:HOOK")
    assert len(rows(home, "secrets")) == secrets + 1
    assert home.json("ping")[0]["ok"] is True


def test_a_refresh_token_connects_without_asking_and_its_end_is_warned_of(
    home: Program, sandbox: SandboxProcess
) -> None:
    connect(home, sandbox, "pipedrive", "client_id", "client_secret", "refresh_token")
    (row,) = home.json("connections")
    assert row["consent_ends"] is not None
    assert home.json("ping")[0]["detail"]["auth"] == "oauth"
    assert home.json("status")["warnings"] == []
    assert f"its consent ends on {row['consent_ends'][:10]}" in home("doctor").out
    database = sqlite3.connect(home.home / "database.sqlite3")
    with database:
        database.execute("UPDATE grants SET refresh_expires_at = '2026-01-01T00:00:00.000000Z'")
    database.close()
    (warning,) = home.json("status")["warnings"]
    assert "has ended (2026-01-01)" in warning
    assert warning in home("status").out


def visit(address: str) -> str:
    """What a browser would show in the end."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=30) as answer:
            return str(answer.read().decode())
    except HTTPError as refused:
        with refused:
            return str(refused.read().decode())


def oauth_line(home: Program, sandbox: SandboxProcess, vendor: str) -> list[str]:
    offered = sandbox.ready["vendors"][vendor]
    line = arguments(home, offered, vendor, ("client_id", "client_secret"))
    return ["connect", vendor, "--name", "consented", *line]


@pytest.mark.usefixtures("callback_port")
@pytest.mark.parametrize("vendor", ["wave", "pipedrive"])
def test_a_person_gives_consent_in_a_browser(
    home: Program, sandbox: SandboxProcess, vendor: str
) -> None:
    with home.start(*oauth_line(home, sandbox, vendor), "--json") as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["authorize_url"]
        elsewhere = visit("http://127.0.0.1:8766/favicon.ico")
        forged = visit("http://127.0.0.1:8766/oauth/callback?code=x&state=another")
        assert "nothing here" in elsewhere
        assert "another attempt" in forged
        assert "Thank you" in visit(address)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["ok"] is True
    assert home.json("ping")[0]["detail"]["auth"] == "oauth"


@pytest.mark.usefixtures("callback_port")
def test_a_port_that_is_taken_is_told(home: Program, sandbox: SandboxProcess) -> None:
    with socket.create_server(("127.0.0.1", 8766)):
        done = home(*oauth_line(home, sandbox, "pipedrive"), expect=2)
    assert "8766" in done.err
    assert "--paste" in done.err


def test_the_address_can_be_pasted(home: Program, sandbox: SandboxProcess) -> None:
    """The browser ends on an address that does not load; that it names the code is enough."""
    redirect = "http://127.0.0.1:9/back"
    line = [*oauth_line(home, sandbox, "wave"), "--redirect-url", redirect, "--paste", "--json"]
    with home.start(*line) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["authorize_url"]
        ended = sandbox.call("GET", address).headers["location"]
        assert ended.startswith(redirect)
        out, err = process.communicate(ended + "\n", timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["ok"] is True


def test_an_address_without_a_code_is_told(home: Program, sandbox: SandboxProcess) -> None:
    line = [*oauth_line(home, sandbox, "pipedrive"), "--paste"]
    done = home.child(*line, typed="https://example.com/\n", expect=2)
    assert "state" in done.err or "code" in done.err
    assert home.json("connections") == []


def test_secrets_are_in_no_output_no_log_and_no_plain_byte_of_the_home(
    home: Program, sandbox: SandboxProcess
) -> None:
    outputs = [
        connect(home, sandbox, "pipedrive").said,
        connect(home, sandbox, "wave", "client_id", "client_secret", "refresh_token").said,
        home("ping").said,
        home("status", "--json").said,
        home("connections", "--json").said,
        home("doctor").said,
    ]
    written = home.everything_written()
    for vendor in ("wave", "pipedrive"):
        for name, secret in sandbox.ready["vendors"][vendor]["credentials"].items():
            assert secret.encode() not in written, name
            assert all(secret not in output for output in outputs), name


def test_doctor_says_what_to_mend(home: Program, sandbox: SandboxProcess) -> None:
    connect(home, sandbox, "pipedrive")
    assert all(check["ok"] for check in home.json("doctor"))
    (home.home / "settings.toml").write_text('public_url = "sync.example.com"\n')
    bad = [c for c in home.json("doctor", expect=1) if not c["ok"]]
    assert [c["check"] for c in bad] == ["public address"]
    assert "https://sync.example.com" in bad[0]["detail"]


def test_keys_rotate_and_every_secret_still_opens(home: Program, sandbox: SandboxProcess) -> None:
    connect(home, sandbox, "pipedrive")
    (before,) = home.json("keys", "status")
    done = home.json("keys", "rotate")
    assert done["resealed"] == before["secrets"] == 1
    after = {row["id"]: row for row in home.json("keys", "status")}
    assert after[done["active"]] | {"created_at": ""} == {
        "id": done["active"], "created_at": "", "active": True, "secrets": 1,
    }  # fmt: skip
    assert after[before["id"]]["secrets"] == 0
    assert home.json("ping")[0]["ok"] is True
