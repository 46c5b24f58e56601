"""Connections: giving credentials, or walking a person through the vendor's consent."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from ml_connector.cli.callback import ADDRESS, Callback
from ml_connector.cli.command import command, group
from ml_connector.cli.session import Call, Session
from ml_connector.cli.typed import secrets_of, settings_of
from ml_connector.core.faults import Mistake

app = group()
CONSENT_SECONDS = 1800.0
FOLLOW_SECONDS = 0.5

Pairs = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting; repeatable.")
]
SecretPairs = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="NAME=ORIGIN",
        help="A secret, by where it is: env:VAR, file:PATH, or - for standard input; repeatable.",
    ),
]


@command(app, "connect")
async def connect(
    call: Call,
    vendor: Annotated[
        str, typer.Argument(metavar="VENDOR", help="Its name; a wrong one lists them all.")
    ],
    name: Annotated[str, typer.Option("--name", metavar="N", help="What to call it here.")],
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="As --set base_url=URL.")
    ] = None,
    pairs: Pairs = None,
    secret_pairs: SecretPairs = None,
    paste: Annotated[
        bool,
        typer.Option("--paste", help="Paste the address that the browser ended on, do not listen."),
    ] = False,
    redirect_url: Annotated[
        str | None,
        typer.Option(
            "--redirect-url",
            metavar="URL",
            help="Where the browser ends; as the app registered it.",
        ),
    ] = None,
) -> int:
    """Connect a system, or connect it again under the same name.

    Takes the credentials given; without any, a person gives consent in a browser.
    """
    settings = settings_of(pairs or [])
    if base_url:
        settings["base_url"] = base_url
    secrets = secrets_of(secret_pairs or [])
    for secret in secrets.values():
        call.redactor.learn(secret)
    args = {"vendor": vendor, "name": name, "settings": settings, "secrets": secrets}
    async with call.session() as session:
        told = await session.do("connect", {**args, "redirect_url": redirect_url})
        if told.get("consent"):
            told = await _walk(session, args, redirect_url, paste=paste)
        return session.shown(told, lambda done: _connected(session, done["result"]))


async def _walk(
    session: Session, args: dict[str, Any], redirect_url: str | None, *, paste: bool
) -> dict[str, Any]:
    """A person's way through the vendor's consent page, and back."""
    args = {**args, "redirect_url": redirect_url or ADDRESS}
    begun = await session.do("consent", args)
    if begun["result"] is None:
        return begun
    state = begun["result"]["state"]
    if paste:
        _tell(session, begun["result"]["authorize_url"])
        ended = await asyncio.to_thread(
            session.out.ask, "Paste the address that the browser ended on, even if it did not load:"
        )
    elif args["redirect_url"] == ADDRESS:
        async with Callback(state) as callback:
            _tell(session, begun["result"]["authorize_url"])
            ended = await callback.address(CONSENT_SECONDS)
    else:
        _tell(session, begun["result"]["authorize_url"])
        return await _served(session, state, args)
    return await session.do("exchange", {"state": state, "secrets": {"url": ended}})


def _tell(session: Session, address: str) -> None:
    if session.out.as_json:
        session.out.document({"authorize_url": address})
    else:
        session.out.say("Open this address in a browser and agree:")
        session.out.say(address)


async def _served(session: Session, state: str, args: dict[str, Any]) -> dict[str, Any]:
    """The browser ends at the running server, which exchanges the code; wait for that."""
    own = f"{session.app.look.address}/oauth/callback"
    if args["redirect_url"] != own:
        raise Mistake(
            f"Nobody here listens at {args['redirect_url']}. Add --paste, or use the running "
            f"server's own address {own}."
        )
    for _ in range(int(CONSENT_SECONDS / FOLLOW_SECONDS)):
        if await session.app.look.consent_workspace(state) is None:
            break
        await asyncio.sleep(FOLLOW_SECONDS)
    return await session.do("ping", {"names": [args["name"]]})


def _connected(session: Session, result: Any) -> None:
    done = result[0] if isinstance(result, list) else result
    who = (done["detail"] or {}).get("name") if isinstance(done["detail"], dict) else None
    session.out.say(f"{done['name']} is connected to {who or done['account']}.")


@command(app, "ping")
async def ping(
    call: Call,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="All of them unless named.")
    ] = None,
) -> int:
    """Ask each system who we are there: one cheap authenticated read."""
    async with call.session() as session:
        return await session.done(
            "ping", {"names": names or []}, lambda done: _pinged(session, done["result"])
        )


def _pinged(session: Session, rows: list[dict[str, Any]]) -> None:
    if not rows:
        session.out.say("There is no connection yet; see `ml-connector connect --help`.")
        return
    told = [(r["name"], "yes" if r["ok"] else "NO", r["account"], _detail(r)) for r in rows]
    session.out.table("", ("name", "answers", "account", "detail"), told)


def _detail(row: dict[str, Any]) -> str:
    if not isinstance(row["detail"], dict):
        return str(row["detail"])
    told = {k: v for k, v in row["detail"].items() if v not in (None, "", [], {})}
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items())
