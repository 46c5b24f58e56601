"""Ways out over real sockets: names that change, redirects, proxies, and answers without end."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import socket
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from ml_connector.core.faults import NeedsPerson, UnknownOutcome, Unreachable
from ml_connector.core.wire import Request
from ml_connector.http.addresses import IpAddress
from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing
from tests.http.line import READ, WRITE, always, wired
from tests.http.server import RawServer, answer, serving
from tests.http.test_oauth import FORM, dancing

GOOD, BAD = "127.0.0.1", "127.0.0.2"


class Flipping(AbstractResolver):
    """A name server whose answers a test changes; it counts how often it is asked."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = list(hosts)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(
                hostname=host, host=one, port=port, family=socket.AF_INET, proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in self.hosts
        ]  # fmt: skip

    async def close(self) -> None:
        pass


def is_good(address: IpAddress) -> bool:
    """Stands for `public`: the test has only loopback addresses to tell apart."""
    return address == ipaddress.ip_address(GOOD)


@asynccontextmanager
async def two_servers() -> AsyncIterator[tuple[int, list[int]]]:
    """One port at both addresses; how many connections the forbidden one got."""
    met: list[int] = [0]

    async def forbidden(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met[0] += 1
        writer.close()

    async with serving(always(answer())) as good:
        port = int(good.url.rpartition(":")[2])
        bad = await asyncio.start_server(forbidden, BAD, port)
        try:
            yield port, met
        finally:
            bad.close()


def to(port: int) -> Outgoing:
    return Outgoing("GET", f"http://api.example.com:{port}/", {"authorization": "x"}, None, 5.0)


async def test_a_name_that_flips_leads_nowhere_else() -> None:
    """The checked address is the one that is connected to, and a new one is checked anew."""
    names = Flipping(GOOD)
    async with (
        two_servers() as (port, met),
        AiohttpTransport(resolver=lambda: names, public=is_good) as transport,
    ):
        assert (await transport.send(to(port))).status == 200
        names.hosts = [BAD]
        assert (await transport.send(to(port))).status == 200  # the kept connection, not the name
        assert names.asked == 1
        await transport.close()
        with pytest.raises(NotConnected, match="not a public address") as caught:
            await transport.send(to(port))
        assert caught.value.forbidden
        assert names.asked == 2
        assert met == [0]


@pytest.mark.parametrize("hosts", [(GOOD, BAD), (BAD, GOOD), (BAD,)])
async def test_one_forbidden_address_among_several_is_enough(hosts: tuple[str, ...]) -> None:
    async with (
        two_servers() as (port, met),
        AiohttpTransport(resolver=lambda: Flipping(*hosts), public=is_good) as transport,
    ):
        with pytest.raises(NotConnected):
            await transport.send(to(port))
        assert met == [0]


async def test_plain_http_goes_to_ones_own_network_only() -> None:
    """`127.0.0.1` plays the public address here: nothing is sent there in the clear."""
    async with (
        serving(always(answer())) as server,
        AiohttpTransport(resolver=lambda: Flipping(GOOD), public=is_good) as transport,
    ):
        port = int(server.url.rpartition(":")[2])
        for host in ("api.example.com", GOOD):
            outgoing = Outgoing("GET", f"http://{host}:{port}/", {}, None, 5.0, True)
            with pytest.raises(NotConnected, match="over http"):
                await transport.send(outgoing)
        assert server.connections == 0


REDIRECTS = [301, 302, 303, 307, 308]


def moved(status: int, other: RawServer) -> bytes:
    return answer(status, b"", headers=(("Location", f"{other.url}/stolen"),))


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("request_made", [READ, WRITE])
async def test_a_redirect_of_a_call_carries_nothing_elsewhere(
    status: int, request_made: Request
) -> None:
    """A person meets a clear fault, and the other host is not even connected to."""
    async with (
        serving(always(answer())) as other,
        wired(always(moved(status, other))) as (line, server),
    ):
        with pytest.raises(NeedsPerson, match=r"a redirect\. Is base_url"):
            await line.send(request_made)
        assert len(server.heard) == 1
        assert other.connections == 0


@pytest.mark.parametrize("status", REDIRECTS)
async def test_a_redirect_of_a_token_call_carries_nothing_elsewhere(status: int) -> None:
    async with serving(always(answer())) as other:
        said = always(moved(status, other))
        async with dancing(said, FORM) as (dance, _):
            with pytest.raises(NeedsPerson, match="Is token_url right"):
                await dance.refresh("refresh-one")
        assert other.connections == 0


async def test_a_proxy_of_the_environment_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would see every credential that goes over plain http, and where all else goes."""
    async with (
        serving(always(answer())) as proxy,
        serving(always(answer())) as server,
        AiohttpTransport() as transport,
    ):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        await transport.send(Outgoing("GET", server.url, {"authorization": "x"}, None, 5.0, True))
        assert (len(server.heard), proxy.connections) == (1, 0)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MUCH = 200_000


@asynccontextmanager
async def endless(begin: bytes, part: bytes) -> AsyncIterator[str]:
    """A server that goes on answering for as long as somebody listens."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(begin)
            while True:
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, GOOD, 0)
    try:
        yield f"http://{GOOD}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


CHUNK = b"%x\r\n%s\r\n" % (50_000, b"x" * 50_000)
WITHOUT_END = {
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
    "until it closes": (HEAD + b"Connection: close\r\n\r\n", b"x" * 50_000),
    "a false length": (HEAD + b"Content-Length: 999999999999\r\n\r\n", b"x" * 50_000),
    "headers": (HEAD, b"X-More: x\r\n" * 100),
    "one header": (HEAD + b"X-Long: ", b"x" * 10_000),
}


@pytest.mark.parametrize("kind", sorted(WITHOUT_END))
async def test_an_answer_without_end_is_given_up(kind: str) -> None:
    async with (
        endless(*WITHOUT_END[kind]) as url,
        AiohttpTransport(body_bytes=MUCH) as transport,
    ):
        with pytest.raises(NoAnswer):
            await transport.send(Outgoing("GET", url, {}, None, 30.0, True))


async def test_a_bomb_does_not_fill_the_memory() -> None:
    bomb = gzip.compress(bytes(200_000_000))
    packed = answer(200, bomb, headers=(("Content-Encoding", "gzip"),))
    async with (
        serving(always(packed)) as server,
        AiohttpTransport(body_bytes=MUCH) as transport,
    ):
        tracemalloc.start()
        try:
            with pytest.raises(NoAnswer):
                await transport.send(Outgoing("GET", server.url, {}, None, 60.0, True))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize(("request_made", "fault"), [(READ, Unreachable), (WRITE, UnknownOutcome)])
async def test_what_is_too_long_has_a_clear_fault(
    request_made: Request, fault: type[Exception]
) -> None:
    too_long = answer(200, b"[" + b" " * (33 * 1024 * 1024) + b"]")
    async with wired(always(too_long)) as (line, _):
        with pytest.raises(fault, match="longer than 33554432 bytes"):
            await line.send(request_made)
