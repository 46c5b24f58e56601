"""The sidebar app: a file that Zendesk takes, or the app put into the account itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ml_connector.app import app_package
from ml_connector.cli.command import command, group
from ml_connector.cli.output import DONE
from ml_connector.cli.session import Call
from ml_connector.core.faults import Mistake

VENDOR = "zendesk"

app = group()
apps = group("The app that shows billing beside a Zendesk ticket.", name="zendesk-app")
app.add_typer(apps)


@command(apps, "build")
async def build(
    call: Call,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip to write.")],
) -> int:
    """Write the app as a zip, for Apps > Zendesk Support apps > Upload private app."""
    package = app_package(VENDOR)
    try:
        file.write_bytes(package)
    except OSError as error:
        raise Mistake(f"{file} cannot be written: {error.strerror}.") from None
    if call.out.as_json:
        call.out.document({"file": str(file), "bytes": len(package)})
    else:
        call.out.say(f"{file} is written, {len(package):,} bytes.")
    return DONE


@command(apps, "install")
async def install(
    call: Call,
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="To a Zendesk account.")],
    app_id: Annotated[
        str,
        typer.Option("--app-id", metavar="ID", help="Put this version in the place of that app."),
    ] = "",
) -> int:
    """Install the app in the account, over the API; the plan must allow private apps."""
    args = {"name": connection, "vendor": VENDOR, "app_id": app_id}
    async with call.session() as session:
        return await session.done(
            "app_install",
            args,
            lambda done: call.out.say(
                f"The app is installed; its id there is {done['result']['app_id']}."
            ),
        )
