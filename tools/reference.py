"""Writes docs/reference/ from the program itself: its commands, and its settings.

`python tools/reference.py` writes; a test holds what is committed against it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from ml_connector.cli.command import COMMON
from ml_connector.cli.main import app
from ml_connector.engine.reaching import COMMON_SETTINGS
from ml_connector.flows import FLOWS
from ml_connector.settings import Settings
from ml_connector.vendors import VENDORS

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
MADE = "<!-- Made by tools/reference.py; edit the program instead. -->"


def pages() -> dict[str, str]:
    """Text by file name."""
    return {"commands.md": commands_page(), "settings.md": settings_page()}


def commands_page() -> str:
    common = {parameter.name for parameter in COMMON}
    root: Any = typer.main.get_command(app)
    lines = [
        "# Commands", "", MADE, "",
        "Every command takes these, before its name or after it:", "",
        *_options([p for p in root.params if p.name in common]), "",
        "Exit codes: 0 done; 1 records failed or newly in review in this pass; 2 usage or",
        "configuration; 3 a person is needed and nothing was written. With `--json` an error is",
        '`{"error": sentence}` on stdout.', "",
    ]  # fmt: skip
    for path, command in _commands(root, ()):
        own = [p for p in command.params if p.name not in common]
        arguments = [p for p in own if p.param_type_name == "argument"]
        options = [p for p in own if p.param_type_name == "option"]
        typed = " ".join(str(p.metavar or p.name.upper()) for p in arguments)
        name = " ".join(path)
        lines += [f"## {name}", "", f"`{f'ml-connector {name} {typed}'.strip()}`", ""]
        lines += [_paragraphs(command.help or ""), ""]
        lines += [*_options(options), ""] if options else []
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _options(options: list[Any]) -> list[str]:
    rows = ["| option | meaning |", "| --- | --- |"]
    for option in options:
        if option.name == "help":
            continue
        value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
        required = " Required." if option.required else ""
        rows.append(f"| `{option.opts[0]}{value}` | {option.help or ''}{required} |")
    return rows


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def settings_page() -> str:
    lines = [
        "# Settings", "", MADE, "", "## Of a home", "",
        "In `settings.toml` in the home; each also as a variable, which goes first.", "",
        "| setting | variable | default | meaning |", "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default != "" else ""
        lines.append(
            f"| `{name}` | `ML_CONNECTOR_{name.upper()}` | {default} | {field.description} |"
        )
    lines += ["", "`ML_CONNECTOR_HOME` names the home itself.", "", "## Of any connection", ""]
    lines += _table((name, "", means) for name, means in COMMON_SETTINGS)
    for system in VENDORS:
        lines += ["", f"## Of a connection to {system.label}", ""]
        lines += _table((s.name, s.default, _choices(s)) for s in system.settings)
        lines += ["", f"Secrets: {', '.join(f'`{name}`' for name in system.secrets)}."]
    for kind in FLOWS:
        lines += ["", f"## Of a flow {kind.kind}", ""]
        lines += _table((s.name, s.default, s.sentence) for s in kind.settings)
    return "\n".join(lines) + "\n"


def _choices(setting: Any) -> str:
    one_of = f" One of {', '.join(setting.choices)}." if setting.choices else ""
    return f"{setting.sentence}{one_of}"


def _table(rows: Iterator[tuple[str, str, str]]) -> list[str]:
    lines = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, default, means in rows:
        lines.append(f"| `{name}` | {f'`{default}`' if default else ''} | {means} |")
    return lines


def main() -> int:
    """Write the pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
