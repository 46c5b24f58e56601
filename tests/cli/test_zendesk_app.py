"""`zendesk-app`: the sidebar app as a file, and put into an account."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.support.connected import arguments
from tests.support.program import Program
from tests.support.sandbox import SandboxProcess


def connect(program: Program, sandbox: SandboxProcess) -> None:
    program("init")
    offered = sandbox.ready["vendors"]["zendesk"]
    line = arguments(program, offered, "zendesk", ("api_token", "username"))
    program("connect", "zendesk", "--name", "desk", *line)


def test_build_writes_the_package(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "app.zip"
    told = program.json("zendesk-app", "build", str(file))
    assert told == {"file": str(file), "bytes": file.stat().st_size}
    with zipfile.ZipFile(file) as package:
        assert "manifest.json" in package.namelist()
    assert str(file) in program("zendesk-app", "build", str(file)).out
    assert not program.home.exists()


def test_a_place_that_cannot_be_written_is_told(program: Program, tmp_path: Path) -> None:
    told = program("zendesk-app", "build", str(tmp_path / "no" / "app.zip"), expect=2)
    assert "cannot be written" in told.err


def test_install_puts_it_into_the_account_once(program: Program, sandbox: SandboxProcess) -> None:
    connect(program, sandbox)
    first = program.json("zendesk-app", "install", "desk")
    again = program.json("zendesk-app", "install", "desk", "--app-id", first["app_id"])
    assert again == first == {"connection": "desk", "app_id": first["app_id"]}
    [app] = sandbox.control("GET", "zendesk/apps")
    [installed] = sandbox.control("GET", "zendesk/installations")
    assert str(app["id"]) == str(installed["app_id"]) == first["app_id"]
    assert (
        "The app is installed"
        in program("zendesk-app", "install", "desk", "--app-id", first["app_id"]).out
    )


def test_install_needs_a_connection_and_a_plan_with_private_apps(
    program: Program, sandbox: SandboxProcess
) -> None:
    connect(program, sandbox)
    told = program("zendesk-app", "install", "nowhere", expect=2)
    assert "no connection nowhere" in told.err
    sandbox.control("PATCH", "switches", {"zendesk.private_apps": False})
    try:
        told = program("zendesk-app", "install", "desk", expect=3)
    finally:
        sandbox.control("PATCH", "switches", {"zendesk.private_apps": True})
    assert "Private apps are not available on your plan" in told.err
