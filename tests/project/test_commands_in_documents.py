"""The commands that the documents show: the program has them, with these options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from ml_connector.cli.main import app

from .test_documents import documents, name_of

COMMON = {"--home", "--workspace", "--json", "--help"}
ROOT_COMMAND: Any = typer.main.get_command(app)


def commands(path: Path) -> list[str]:
    """Every `ml-connector …` of a document, in its blocks and in its lines."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.DOTALL | re.M)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`(ml-connector [^`\n]+)`", text)
    return [line for line in lines if line.startswith("ml-connector ")]


def unknown(line: str) -> set[str]:
    """What of a command the program does not take."""
    words = shlex.split(line)[1:]
    command = ROOT_COMMAND
    while hasattr(command, "commands") and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    if hasattr(command, "commands") and not command.invoke_without_command:
        return {words[0] if words else "no command"}
    options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    asked = {word.partition("=")[0] for word in words if re.match(r"--\w", word)}
    return asked - options - COMMON


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_the_program_takes_every_command_that_a_document_shows(path: Path) -> None:
    refused = {line: told for line in commands(path) if (told := unknown(line))}
    assert refused == {}


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert unknown("ml-connector flow add wave-pipedrive --colour red") == {"--colour"}
    assert unknown("ml-connector dance") != set()
