"""The command `ml-connector`: its commands, one noun a file, wired together."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from ml_connector.cli import (
    connect,
    connections,
    demo,
    flow,
    home,
    keys,
    look,
    passes,
    review,
    serve,
    zendesk_app,
)
from ml_connector.cli.command import HomeOption, JsonOption, WorkspaceOption, group
from ml_connector.cli.output import DONE, FAILED, INTERRUPTED, MISTAKE, Output
from ml_connector.cli.session import is_text
from ml_connector.core.faults import Mistake

HOME_VARIABLE = "ML_CONNECTOR_HOME"

app = group("Keeps an accounting system and a customer-facing system in step.")


@app.callback()
def common(
    context: typer.Context,
    home: HomeOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keeps an accounting system and a customer-facing system in step."""
    home = home or os.environ.get(HOME_VARIABLE)
    context.obj = {"home": home, "workspace": workspace, "as_json": as_json}


for each in (
    home,
    connect,
    connections,
    flow,
    passes,
    look,
    review,
    keys,
    zendesk_app,
    serve,
    demo,
):
    app.add_typer(each.app)


def run(arguments: Sequence[str] | None = None) -> int:
    """The entry point; returns the exit code."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _readable(typed)
        code = app(args=typed, prog_name="ml-connector", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except Mistake as fault:
        Output(as_json="--json" in typed).error(fault.sentence)
        return MISTAKE
    except Exception as error:
        return _misused(typed, error)
    return code if isinstance(code, int) else DONE


def _readable(typed: Sequence[str]) -> None:
    """Raises Mistake where an argument is no text: bytes that are not UTF-8 could be stored and
    shown by nothing that follows."""
    for number, word in enumerate(typed, 1):
        if not is_text(word):
            raise Mistake(f"Argument {number} is no text in UTF-8. Write it in UTF-8.")


def _misused(typed: Sequence[str], error: Exception) -> int:
    """What the parser could not read: one sentence, and where help is."""
    tell = getattr(error, "format_message", None)
    if tell is None:
        raise error
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "ml-connector"
    sentence = str(tell())
    if not typed or (context is not None and not context.args and sentence.startswith("Usage:")):
        sys.stdout.write(sentence + "\n")
        return MISTAKE
    Output(as_json="--json" in typed).error(f"{sentence} `{where} --help` shows how.")
    return MISTAKE if getattr(error, "exit_code", FAILED) == MISTAKE else FAILED
