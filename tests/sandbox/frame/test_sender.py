"""The real sender: over loopback only, no redirects, and no patience beyond its timeout."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from ml_sandbox.sender import LoopbackSender


@pytest.fixture
async def sender() -> AsyncIterator[LoopbackSender]:
    real = LoopbackSender()
    yield real
    await real.close()


class Receiver:
    """Notes what arrives; `/moved` redirects, `/mute` never answers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bytes]] = []
        self.url = ""
        self.silence = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        secret = request.headers.get("x-secret", "")
        self.heard.append((request.path, secret, await request.read()))
        if request.path == "/mute":
            await self.silence.wait()
        if request.path == "/moved":
            return web.Response(status=307, headers={"location": "/hooks"})
        return web.Response(status=202)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    heard = Receiver()
    app = web.Application()
    app.router.add_post("/{rest:.*}", heard.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    heard.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield heard
    heard.silence.set()
    await runner.cleanup()


async def test_it_posts_and_tells_the_status(sender: LoopbackSender, receiver: Receiver) -> None:
    status = await sender.post(receiver.url + "/hooks", {"x-secret": "s"}, b'{"a":1}', 10)
    assert (status, receiver.heard) == (202, [("/hooks", "s", b'{"a":1}')])


async def test_a_redirect_is_not_followed(sender: LoopbackSender, receiver: Receiver) -> None:
    assert await sender.post(receiver.url + "/moved", {}, b"", 10) == 307
    assert len(receiver.heard) == 1


async def test_silence_ends_with_the_timeout(sender: LoopbackSender, receiver: Receiver) -> None:
    assert await sender.post(receiver.url + "/mute", {}, b"", 0.05) is None


async def test_nobody_there(sender: LoopbackSender) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert await sender.post(url, {}, b"", 5) is None


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("http://127.0.0.1:8000/hooks", True),
        ("http://127.9.9.9/hooks", True),
        ("http://localhost:1/", True),
        ("http://[::1]:8000/", True),
        ("https://127.0.0.1/", True),
        ("http://example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://127.0.0.1@example.com/", False),
        ("ftp://127.0.0.1/", False),
        ("http://0.0.0.0/", False),
        ("http://[::1/", False),
        ("http://127.0.0.1:99999/", False),
        ("", False),
    ],
)
async def test_this_machine_only(sender: LoopbackSender, url: str, accepted: bool) -> None:
    assert sender.accepts(url) is accepted
    if not accepted:
        assert await sender.post(url, {}, b"", 5) is None
