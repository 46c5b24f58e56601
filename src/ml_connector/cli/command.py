"""A command is a coroutine that takes a Call and what a person typed, and returns an exit code.

The options that every command has (`--home`, `--workspace`, `--json`) are added here; they are
taken before the name of the command as well as after it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from ml_connector.cli.session import call_of, performed

Work = Callable[..., Coroutine[Any, Any, int]]

HomeOption = Annotated[
    str | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="Where database, key ring and settings are; else ML_CONNECTOR_HOME, else "
        "~/.ml-connector.",
    ),
]
WorkspaceOption = Annotated[
    str | None, typer.Option("--workspace", metavar="NAME", help="The workspace; else 'default'.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]

COMMON = (
    inspect.Parameter("home", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=HomeOption),
    inspect.Parameter(
        "workspace", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=WorkspaceOption
    ),
    inspect.Parameter(
        "as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=JsonOption
    ),
)


def group(help: str = "", **more: Any) -> typer.Typer:
    """A room for commands: of one noun, or of the whole program."""
    return typer.Typer(
        help=help, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
        pretty_exceptions_enable=False, **more,
    )  # fmt: skip


def common(context: typer.Context, given: dict[str, Any]) -> dict[str, Any]:
    """The common options, taken out of `given`; those nearer to the command's name win."""
    before: dict[str, Any] = context.obj or {}
    here = {parameter.name: given.pop(parameter.name) for parameter in COMMON}
    return {name: value or before.get(name) for name, value in here.items()}


def command(app: typer.Typer, name: str) -> Callable[[Work], Work]:
    """Make a coroutine `work(call, …) -> exit code` a command; its docstring is the help."""

    def decorate(work: Work) -> Work:
        app.command(name)(with_common(work))
        return work

    return decorate


def with_common(work: Work, *, alone: bool = False) -> Callable[..., None]:
    """The plain function that typer wants. `alone`: a group's own, run where no command follows."""

    def run(context: typer.Context, **given: Any) -> None:
        chosen = common(context, given)
        if alone and context.invoked_subcommand is not None:
            context.obj = chosen
            return
        call = call_of(chosen["home"], chosen["workspace"], as_json=bool(chosen["as_json"]))
        raise typer.Exit(performed(call, work(call, **given)))

    own = list(inspect.signature(work, eval_str=True).parameters.values())[1:]
    first = inspect.Parameter(
        "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    run.__doc__ = work.__doc__
    run.__name__ = work.__name__
    run.__annotations__ = {}
    run.__signature__ = inspect.Signature([first, *keyword, *COMMON])  # type: ignore[attr-defined]  # inspect reads it, no type knows it
    return run
