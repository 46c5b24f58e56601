"""The transport into this process gives the same answers as the one over the network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from ml_connector.core.wire import Response as Answer
from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.asgi_transport import AsgiApp, AsgiTransport, Message
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing, Transport


async def _echo(request: Request) -> Response:
    return JSONResponse(
        {
            "method": request.method,
            "path": request.url.path,
            "raw_path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "proof": request.headers.get("authorization"),
            "host": request.headers["host"].split(":")[0],
            "length": request.headers.get("content-length"),
            "body": (await request.body()).decode(),
        },
        status_code=201,
        headers={"X-Left": "7"},
    )


async def _parts(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one ", b"two ", b"three"):
            yield part

    return StreamingResponse(parts(), media_type="text/plain")


async def _broken(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("the other side died")

    return StreamingResponse(parts(), headers={"content-length": "10"})


async def _empty(request: Request) -> Response:
    return Response(status_code=204)


async def _html(request: Request) -> Response:
    return PlainTextResponse("<html>Sorry</html>", status_code=503, media_type="text/html")


APP = Starlette(
    routes=[
        Route("/echo/{rest:path}", _echo, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/parts", _parts),
        Route("/broken", _broken),
        Route("/empty", _empty),
        Route("/html", _html),
    ]
)


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(APP, log_level="critical", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.ensure_future(server._serve([listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


CASES = [
    ("GET", "/echo/a%20b?x=1%2C2&y=%C3%A9", None),
    ("POST", "/echo/a", b'{"name":"J\xc3\xbcrgen"}'),
    ("PUT", "/echo/", b""),
    ("PATCH", "/echo/x", b"abc"),
    ("DELETE", "/echo/x", None),
    ("GET", "/parts", None),
    ("GET", "/broken", None),
    ("GET", "/empty", None),
    ("GET", "/html", None),
    ("GET", "/nothing-here", None),
]


async def outcome(transport: Transport, outgoing: Outgoing) -> object:
    try:
        got: Answer = await transport.send(outgoing)
    except NoAnswer:
        return "no answer"
    headers = {
        n: v for n, v in got.headers.items() if n not in ("date", "server", "transfer-encoding")
    }
    return got.status, headers, got.body


@pytest.mark.parametrize(("method", "target", "body"), CASES)
async def test_both_transports_agree(method: str, target: str, body: bytes | None) -> None:
    async with served() as origin, AiohttpTransport() as over_network:
        headers = {"authorization": "Bearer abc"}
        outgoing = Outgoing(method, origin + target, headers, body, 5.0, private_allowed=True)
        in_process = AsgiTransport({origin: APP})
        assert await outcome(in_process, outgoing) == await outcome(over_network, outgoing)


def to(url: str) -> Outgoing:
    return Outgoing("GET", url, {}, None, 5.0)


async def test_an_unknown_origin_is_not_connected() -> None:
    with pytest.raises(NotConnected):
        await AsgiTransport({"http://one": APP}).send(to("http://other/echo/x"))


async def test_an_exception_before_the_answer_is_no_answer() -> None:
    async def dies(scope: Message, receive: object, send: object) -> None:
        raise ConnectionAbortedError

    with pytest.raises(NoAnswer):
        await AsgiTransport({"http://one": dies}).send(to("http://one/"))


async def test_silence_is_no_answer() -> None:
    async def silent(scope: Message, receive: object, send: object) -> None:
        return None

    with pytest.raises(NoAnswer):
        await AsgiTransport({"http://one": silent}).send(to("http://one/"))


def saying(headers: list[tuple[bytes, bytes]], more_body: bool) -> AsgiApp:
    async def app(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"half", "more_body": more_body})

    return app


@pytest.mark.parametrize(
    ("headers", "more_body"), [([], True), ([(b"content-length", b"10")], False)]
)
async def test_half_an_answer_is_no_answer(
    headers: list[tuple[bytes, bytes]], more_body: bool
) -> None:
    with pytest.raises(NoAnswer):
        await AsgiTransport({"http://one": saying(headers, more_body)}).send(to("http://one/"))
    whole = AsgiTransport({"http://one": saying([(b"content-length", b"4")], False)})
    assert (await whole.send(to("http://one/"))).body == b"half"


async def test_the_application_runs_in_the_callers_task() -> None:
    tasks: list[object] = []

    async def noting(request: Request) -> Response:
        tasks.append(asyncio.current_task())
        return JSONResponse({})

    app = Starlette(routes=[Route("/", noting)])
    await AsgiTransport({"https://api.example.com": app}).send(to("https://api.example.com/"))
    assert tasks == [asyncio.current_task()]
