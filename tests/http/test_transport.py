"""The transport over the network against a server that misbehaves in every way we can think of."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing
from tests.http.server import answer, serving


@pytest.fixture
async def transport() -> AsyncIterator[AiohttpTransport]:
    async with AiohttpTransport(body_bytes=100_000) as made:
        yield made


def to(url: str, method: str = "GET", body: bytes | None = None, seconds: float = 30.0) -> Outgoing:
    return Outgoing(method, url, {}, body, seconds, private_allowed=True)


async def test_a_whole_answer(transport: AiohttpTransport) -> None:
    said = answer(201, b'{"a":1}', headers=(("X-Left", "3"), ("Link", "a"), ("Link", "b")))
    async with serving(lambda n, heard: said) as server:
        outgoing = Outgoing("POST", f"{server.url}/x?q=1", {"a": "b"}, b"hi", 5.0, True)
        got = await transport.send(outgoing)
    assert (got.status, got.body, got.json()) == (201, b'{"a":1}', {"a": 1})
    assert got.headers["x-left"] == "3"
    assert got.headers["link"] == "a, b"
    heard = server.heard[0]
    assert (heard.method, heard.target, heard.body) == ("POST", "/x?q=1", b"hi")
    assert heard.headers["a"] == "b"
    assert "content-type" not in heard.headers


async def test_an_escaped_slash_stays_escaped(transport: AiohttpTransport) -> None:
    async with serving(lambda n, heard: answer()) as server:
        await transport.send(to(f"{server.url}/a%2Fb?ids=1%2C2&s=a%20b+c"))
    assert server.heard[0].target == "/a%2Fb?ids=1%2C2&s=a%20b+c"


async def test_a_compressed_answer_is_unpacked(transport: AiohttpTransport) -> None:
    packed = answer(200, gzip.compress(b'{"a":1}'), headers=(("Content-Encoding", "gzip"),))
    async with serving(lambda n, heard: packed) as server:
        assert (await transport.send(to(server.url))).json() == {"a": 1}


async def test_a_redirect_is_not_followed(transport: AiohttpTransport) -> None:
    moved = answer(302, headers=(("Location", "/elsewhere"),))
    async with serving(lambda n, heard: moved) as server:
        got = await transport.send(to(server.url))
    assert got.status == 302
    assert len(server.heard) == 1


async def test_a_cookie_is_not_kept(transport: AiohttpTransport) -> None:
    baked = answer(headers=(("Set-Cookie", "session=1; Path=/"),))
    async with serving(lambda n, heard: baked) as server:
        await transport.send(to(server.url))
        await transport.send(to(server.url))
    assert "cookie" not in server.heard[1].headers


async def test_refused(transport: AiohttpTransport) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(NotConnected):
            await transport.send(to(f"http://127.0.0.1:{held.getsockname()[1]}"))


async def test_a_name_that_does_not_exist(transport: AiohttpTransport) -> None:
    with pytest.raises(NotConnected):
        await transport.send(to("http://no-such-name.invalid"))


@pytest.mark.parametrize(
    "url",
    ["nonsense", "ftp://127.0.0.1/", "http://", "http://127.0.0.1/a b", "http://127.0.0.1/a\r\nb"],
)
async def test_what_is_no_http_address(transport: AiohttpTransport, url: str) -> None:
    with pytest.raises(NotConnected):
        await transport.send(to(url))


async def test_a_connection_that_is_never_accepted() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)  # the queue of one is full now: the next one waits
            async with AiohttpTransport(connect_seconds=0.2) as transport:
                with pytest.raises(NotConnected):
                    await transport.send(to(f"http://127.0.0.1:{address[1]}"))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_closed_before_the_answer(transport: AiohttpTransport, method: str) -> None:
    async with serving(lambda n, heard: None) as server:
        with pytest.raises(NoAnswer):
            await transport.send(to(server.url, method, b"x"))
        assert len(server.heard) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_kept_connection_that_breaks_is_not_sent_into_twice(
    transport: AiohttpTransport, method: str
) -> None:
    async with serving(lambda n, heard: answer() if n == 0 else None) as server:
        await transport.send(to(server.url, method, b"first"))
        with pytest.raises(NoAnswer):
            await transport.send(to(server.url, method, b"second"))
        assert [heard.body for heard in server.heard] == [b"first", b"second"]
        assert server.connections == 1


CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf"
CUT_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n9\r\nhalf"
NO_LAST_CHUNK = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nhalf\r\n"
)
BAD_GZIP = CUT.replace(b"Length: 10", b"Length: 4\r\nContent-Encoding: gzip")
NOT_HTTP = b"220 mail.example.com ESMTP ready\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("said", [CUT, CUT_CHUNK, NO_LAST_CHUNK, BAD_GZIP, NOT_HTTP])
async def test_an_answer_that_is_not_whole(transport: AiohttpTransport, said: bytes) -> None:
    async with serving(lambda n, heard: said) as server:
        with pytest.raises(NoAnswer):
            await transport.send(to(server.url))


async def test_a_reset(transport: AiohttpTransport) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    server = await asyncio.start_server(reset, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(NoAnswer):
        await transport.send(to(f"http://127.0.0.1:{port}", "POST", b"x"))
    server.close()


async def test_silence(transport: AiohttpTransport) -> None:
    async with serving(lambda n, heard: answer(), hang_after=0) as server:
        with pytest.raises(NoAnswer):
            await transport.send(to(server.url, seconds=0.2))


async def test_too_much(transport: AiohttpTransport) -> None:
    async with serving(lambda n, heard: answer(200, b"x" * 200_000)) as server:
        with pytest.raises(NoAnswer, match="longer"):
            await transport.send(to(server.url))


async def test_too_much_once_unpacked(transport: AiohttpTransport) -> None:
    packed = answer(200, gzip.compress(b"x" * 50_000_000), headers=(("Content-Encoding", "gzip"),))
    async with serving(lambda n, heard: packed) as server:
        with pytest.raises(NoAnswer):
            await transport.send(to(server.url))


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "pair.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    return context


async def test_a_certificate_that_nobody_vouches_for(
    transport: AiohttpTransport, tmp_path: Path
) -> None:
    async with serving(lambda n, heard: answer(), tls=_self_signed(tmp_path)) as server:
        with pytest.raises(NotConnected, match="certificate"):
            await transport.send(to(server.url))
        assert server.heard == []


async def test_no_tls_where_it_is_asked_for() -> None:
    async with (
        serving(lambda n, heard: answer()) as server,
        AiohttpTransport(connect_seconds=0.2) as transport,
    ):
        with pytest.raises(NotConnected):
            await transport.send(to(server.url.replace("http://", "https://")))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
async def test_private_addresses_are_refused_by_literal_and_by_name(
    transport: AiohttpTransport, host: str
) -> None:
    async with serving(lambda n, heard: answer()) as server:
        port = server.url.rsplit(":", 1)[1]
        with pytest.raises(NotConnected) as caught:
            await transport.send(Outgoing("GET", f"http://{host}:{port}/", {}, None, 5.0))
        assert caught.value.forbidden
        assert server.connections == 0


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.1"])
async def test_odd_spellings_of_this_machine_are_refused_too(
    transport: AiohttpTransport, host: str
) -> None:
    async with serving(lambda n, heard: answer()) as server:
        url = server.url.replace("127.0.0.1", host)
        with pytest.raises(NotConnected):
            await transport.send(Outgoing("GET", url, {}, None, 5.0))
        assert server.connections == 0


async def test_a_permission_is_not_lent_by_a_kept_connection(transport: AiohttpTransport) -> None:
    async with serving(lambda n, heard: answer()) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        await transport.send(to(url))
        with pytest.raises(NotConnected):
            await transport.send(Outgoing("GET", url, {}, None, 5.0))


async def test_it_can_be_used_again_after_closing(transport: AiohttpTransport) -> None:
    async with serving(lambda n, heard: answer()) as server:
        await transport.send(to(server.url))
        await transport.close()
        assert (await transport.send(to(server.url))).status == 200


def test_a_repr_holds_no_secret() -> None:
    outgoing = Outgoing("GET", "http://h/p?api_token=abc", {"authorization": "abc"}, b"abc", 1.0)
    assert "abc" not in repr(outgoing)
