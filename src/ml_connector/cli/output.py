"""Output is what a person, or a program, gets to see: tables and sentences, or one JSON document.

Results go to stdout, everything said beside them to stderr, so that a pipe holds results only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.prompt import Confirm, Prompt
from rich.table import Table
from rich.text import Text

DONE, FAILED, MISTAKE, PERSON = 0, 1, 2, 3
INTERRUPTED = 130
PIPE_WIDTH = 160
"""Columns where no terminal says how wide it is: a line of a table should stay one line."""

COLUMNS = (
    ("found", "found"), ("create", "new"), ("update", "updated"), ("unchanged", "unchanged"),
    ("review", "review"), ("refused", "refused"), ("gone", "gone"), ("failed", "failed"),
    ("waiting", "waiting"),
)  # fmt: skip

ALWAYS = ("found", "create", "update", "unchanged", "review")
"""Columns that are shown even where every number in them is zero."""


class Following(Protocol):
    """Takes the progress of a command: `{"phase", "done", "total", "writes"}`."""

    def __call__(self, state: dict[str, Any], /) -> None: ...


class Output:
    """Of one command. `as_json` prints one JSON document and nothing else on stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
        self.beside = Console(stderr=True, highlight=False)

    @property
    def is_terminal(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def document(self, data: Any) -> None:
        """One JSON document, as one line."""
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()

    def say(self, sentence: str) -> None:
        """A sentence of the result, as it is, on stdout."""
        self.console.print(Text(sentence), soft_wrap=True)

    def note(self, sentence: str) -> None:
        """A sentence beside the result."""
        self.beside.print(Text(sentence), soft_wrap=True)

    def error(self, sentence: str) -> None:
        """Why nothing came of it: one sentence on stderr, or the JSON document."""
        if self.as_json:
            self.document({"error": sentence})
        else:
            self.beside.print(Text(sentence, style="red"), soft_wrap=True)

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        right: Sequence[str] = (),
    ) -> None:
        """A table; the columns named in `right` hold numbers."""
        self.console.print(made_table(title, columns, rows, right))

    def confirm(self, question: str) -> bool:
        """Ask for yes or no; whoever cannot be asked has not agreed."""
        return self.is_terminal and Confirm.ask(Text(question), console=self.beside, default=False)

    def ask(self, question: str) -> str:
        """A line from a person or from a pipe, without its end."""
        if self.is_terminal:
            return Prompt.ask(Text(question), console=self.beside).strip()
        self.note(question)
        return sys.stdin.readline().strip()

    @contextmanager
    def following(self) -> Iterator[Following]:
        """A progress bar for long work, only where a person looks on."""
        if not sys.stderr.isatty():
            yield lambda state: None
            return
        bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            console=self.beside, transient=True,
        )  # fmt: skip
        with bar:
            task = bar.add_task("starting", total=None)

            def follow(state: dict[str, Any], /) -> None:
                total = state.get("total") or None
                writes = f" ({state['writes']} written)" if state.get("writes") else ""
                said = f"{state.get('phase', '')}{writes}"
                bar.update(task, description=said, completed=state.get("done", 0), total=total)

            yield follow


def made_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str] = ()
) -> Table:
    """Cells are shown as they are; None is empty."""
    table = Table(
        title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0), show_edge=False,
    )  # fmt: skip
    for column in columns:
        is_number = column in right
        table.add_column(
            column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number
        )
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return table


def show_summary(console: Console, done: Mapping[str, Any], *, planned: bool = False) -> None:
    """What a pass found and did, as a bookkeeper reads it. `planned`: nothing was done yet."""
    routes = done["routes"]
    columns = [c for c in COLUMNS if c[0] in ALWAYS or any(route[c[0]] for route in routes)]
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("to come" if planned else "done", min_width=13)
    for _, name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for route in routes:
        cells = [route.get("label") or route["route"], *(_count(route[c]) for c, _ in columns)]
        table.add_row(*map(Text, cells))
    if len(routes) > 1:
        sums = [sum(route[c] for route in routes) for c, _ in columns]
        table.add_section()
        table.add_row("all", *map(_count, sums), style="bold")
    console.print(table)
    console.print(
        f"record writes {done['writes']:,} · set-up writes {done['setup_writes']:,} · "
        f"API calls {done['calls']:,} · tokens {done['tokens']:,}",
        highlight=False,
    )


def _count(number: int) -> str:
    """Zero is a dot, so that what matters stands out."""
    return f"{number:,}" if number else "·"
