"""The sandbox's page names what there is: options, controls, kinds of fault, switches."""

from __future__ import annotations

import re

import pytest

from ml_sandbox.app import Sandbox
from ml_sandbox.clock import RealTime
from ml_sandbox.control import PREFIX, Control
from ml_sandbox.faults import KINDS, FaultRule
from ml_sandbox.main import run
from ml_sandbox.options import SandboxOptions
from ml_sandbox.sender import LoopbackSender

from .switch_page import PAGE, written

TEXT = PAGE.read_text("utf-8")


def test_every_switch_with_its_default_and_sentence() -> None:
    """`python -m tests.sandbox.frame.switch_page` writes the table anew."""
    assert written(TEXT) == TEXT


def test_every_kind_of_fault_and_no_other() -> None:
    section = TEXT.partition("\n## Faults\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.M) == [*KINDS]


@pytest.mark.parametrize("name", sorted(FaultRule.model_fields))
def test_every_part_of_a_rule(name: str) -> None:
    assert re.search(rf"[`\"]{name}[`\"]", TEXT)


def test_every_control() -> None:
    sandbox = Sandbox(SandboxOptions(), (), RealTime(), LoopbackSender())
    paths = {route.path for route in Control(sandbox).routes()} - {f"{PREFIX}/{{rest:path}}"}
    assert {path for path in paths if f"{path}`" not in TEXT} == set()


def test_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["serve", "--help"])
    options = set(re.findall(r"--\w+", capsys.readouterr().out)) - {"--help"}
    section = TEXT.partition("\n## ")[0]
    assert options == set(re.findall(r"(?<=[`])--\w+", section))
