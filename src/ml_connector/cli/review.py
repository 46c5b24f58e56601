"""Reviews: records that wait for a person, and that person's decisions."""

from __future__ import annotations

from typing import Annotated

import typer

from ml_connector.cli.command import command, group, with_common
from ml_connector.cli.output import DONE, show_summary
from ml_connector.cli.session import Call
from ml_connector.core.faults import Mistake

app = group()
review = typer.Typer(
    name="review", help="Look at what waits for a person, and decide.", rich_markup_mode=None,
    add_completion=False, invoke_without_command=True,
)  # fmt: skip
app.add_typer(review)


async def listed(call: Call) -> int:
    """List what waits for a person."""
    async with call.session() as session:
        rows = await session.app.look.reviews(session.workspace)
    if call.out.as_json:
        call.out.document(rows)
        return DONE
    if not rows:
        call.out.say("Nothing waits for you.")
        return DONE
    for row in rows:
        called = row["name"] or row["source_key"]
        call.out.say(f"{row['id']}  {called}  (flow {row['flow']}, {row['route']})")
        call.out.say(f"    {row['reason']}")
        for each in row["candidates"]:
            call.out.say(f"    candidate {each['id']}: {each.get('name') or ''} ({each['why']})")
    call.out.say("Decide with `ml-connector review resolve ID --link TARGET_ID`, or --create, ...")
    return DONE


review.callback(help="Look at what waits for a person, and decide.")(
    with_common(listed, alone=True)
)
command(review, "list")(listed)


@command(review, "resolve")
async def resolve(
    call: Call,
    id: Annotated[str, typer.Argument(metavar="ID", help="As `review list` shows it.")],
    link: Annotated[
        str | None, typer.Option("--link", metavar="TARGET_ID", help="It is this record.")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="It is none of them: make it.")] = False,
    ignore: Annotated[bool, typer.Option("--ignore", help="Leave it alone from now on.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Something was mended: try again.")] = (
        False
    ),
) -> int:
    """Decide what becomes of one record."""
    chosen = [
        name
        for name, is_on in (
            ("link", link is not None), ("create", create), ("ignore", ignore), ("retry", retry)
        )
        if is_on
    ]  # fmt: skip
    if len(chosen) != 1:
        raise Mistake("Choose one of --link TARGET_ID, --create, --ignore and --retry.")
    args = {"id": id, "choice": chosen[0], "target_id": link}
    async with call.session() as session:
        told = await session.do("resolve", args)

        def show(done: dict[str, object]) -> None:
            result = done["result"]
            if isinstance(result, dict) and "routes" in result:
                show_summary(call.out.console, result)
            else:
                call.out.say("Your decision is kept.")

        return session.shown(told, show)
