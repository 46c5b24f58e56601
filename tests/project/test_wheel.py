"""The wheel, installed outside the clone into a clean environment from the locked packages.

Slow (it lays an environment), so its tests share one and run on one worker.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from urllib.request import urlopen

import pytest

from .repository import ROOT, tracked_files


@dataclass(frozen=True, slots=True)
class Installed:
    """A clean environment that holds the wheel, and an empty folder to work in."""

    bin: Path
    folder: Path

    def environment(self) -> dict[str, str]:
        """Ours without what would lead back to the clone; the home is a folder of the test."""
        kept = {name: os.environ[name] for name in ("LANG", "PATH", "TMPDIR") if name in os.environ}
        return {**kept, "ML_CONNECTOR_HOME": str(self.folder / "home"), "HOME": str(self.folder)}

    def run(self, *command: str, expect: int = 0) -> str:
        """Standard output of one of the installed commands, which must end with `expect`."""
        result = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == expect, f"{command}: {result.stdout}\n{result.stderr}"
        return result.stdout

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True)
    install = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "-qq"]
    lock = str(ROOT / "requirements.lock")
    subprocess.run([*install, "--require-hashes", "--requirement", lock], check=True)
    subprocess.run([*install, "--no-deps", str(wheel)], check=True)
    return Installed(folder / "venv" / "bin", folder)


def test_the_wheel_holds_every_tracked_file_of_the_packages(wheel: Path) -> None:
    """Migrations, templates and assets are files like others: none may be left behind."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    source = ROOT / "src"
    tracked = {
        path.relative_to(source).as_posix()
        for path in tracked_files()
        if path.is_relative_to(source)
    }
    assert tracked - held == set()
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_the_packages_come_from_the_environment_and_not_from_the_clone(
    installed: Installed,
) -> None:
    show = "import ml_connector, ml_sandbox; print(ml_connector.__file__, ml_sandbox.__file__)"
    for place in installed.run("python", "-c", show).split():
        assert Path(place).is_relative_to(installed.folder)
    assert "No broken requirements" in installed.run("python", "-m", "pip", "check")


needs_commands = pytest.mark.skipif(
    find_spec("ml_connector.cli.main") is None or find_spec("ml_sandbox.main") is None,
    reason="this checkout has no command line yet",
)


@pytest.fixture(scope="module")
def sandbox(installed: Installed) -> Iterator[dict[str, Any]]:
    """What the installed sandbox says when it is ready, as `connect` takes it."""
    small = ["--seed", "7", "--customers", "6", "--invoices", "9"]
    process = installed.start("ml-sandbox", "serve", "--port", "0", "--json", *small)
    assert process.stdout is not None
    yield cast(dict[str, Any], json.loads(process.stdout.readline()))
    process.terminate()
    process.communicate(timeout=30)


def connect(installed: Installed, vendor: str, offered: dict[str, Any]) -> None:
    """`connect` with the static token and the settings that the sandbox offers."""
    addresses = {name: offered[name] for name in ("base_url", "auth_url", "token_url")}
    options = [
        *(f"--set={name}={value}" for name, value in {**addresses, **offered["settings"]}.items()),
        "--set=auth=token",
    ]
    for name, value in offered["credentials"].items():
        file = installed.folder / f"{vendor}-{name}"
        file.write_text(str(value))
        options.append(f"--secret={name}=file:{file}")
    installed.run("ml-connector", "connect", vendor, "--name", vendor, *options)


@needs_commands
def test_help_is_there(installed: Installed) -> None:
    said = installed.run("ml-connector", "--help")
    for command in ("init", "connect", "flow", "plan", "sync", "serve", "status"):
        assert command in said


@needs_commands
def test_init_connect_sync_serve(installed: Installed, sandbox: dict[str, Any]) -> None:
    installed.run("ml-connector", "init")
    for vendor in ("wave", "pipedrive"):
        connect(installed, vendor, sandbox["vendors"][vendor])
    pair = ["--source", "wave", "--target", "pipedrive", "--set", "since=all", "--yes"]
    installed.run("ml-connector", "flow", "add", "wave-pipedrive", "--name", "books", *pair)

    # The sandbox seeds records that a person must look at: 1 says that some came up in this pass.
    first = json.loads(installed.run("ml-connector", "sync", "books", "--yes", "--json", expect=1))
    assert first["writes"] > 0
    second = json.loads(installed.run("ml-connector", "sync", "books", "--yes", "--json"))
    assert second["writes"] == 0

    server = installed.start("ml-connector", "serve", "--port", "0")
    try:
        assert server.stdout is not None
        address = next(
            found[0] for line in server.stdout if (found := re.search(r"http://[^\s/]+", line))
        )
        with urlopen(f"{address}/healthz") as answer:  # noqa: S310 - a loopback address just read
            assert answer.status == 200
    finally:
        server.terminate()
        server.communicate(timeout=60)
    assert server.returncode == 0
