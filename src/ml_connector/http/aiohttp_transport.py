"""The transport over the network. The only file that knows aiohttp."""

from __future__ import annotations

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from ml_connector.core.wire import Response
from ml_connector.http.addresses import is_public, parse_ip
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing, joined_headers

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 4.0
BODY_BYTES = 32 * 1024 * 1024


class AiohttpTransport:
    """Carries requests over the network; TLS is always verified.

    Connections to public addresses and those that may be private are pooled apart, so that a
    connection opened under one permission is never used under the other.
    """

    def __init__(
        self, body_bytes: int = BODY_BYTES, connect_seconds: float = CONNECT_SECONDS
    ) -> None:
        self._body_bytes = body_bytes
        self._connect_seconds = connect_seconds
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> AiohttpTransport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; the transport opens new ones if it is used again."""
        sessions, self._sessions = self._sessions, {}
        for private_allowed in sorted(sessions):
            await sessions[private_allowed].close()

    async def send(self, outgoing: Outgoing) -> Response:
        try:
            url = _exactly(outgoing.url)
            if not outgoing.private_allowed:
                _refuse_private_literal(url)
            return await self._exchange(outgoing, url)
        except aiohttp.ClientConnectorError as error:
            raise _not_connected(error) from None
        except aiohttp.ConnectionTimeoutError:
            raise NotConnected("no connection within the time allowed") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise NotConnected("the address is not an http address") from None
        except TimeoutError:
            raise NoAnswer("no answer within the time allowed") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(_in_words(error)) from None

    async def _exchange(self, outgoing: Outgoing, url: URL) -> Response:
        session = self._session(outgoing.private_allowed)
        async with session.request(
            outgoing.method,
            url,
            headers=outgoing.headers,
            data=outgoing.body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=outgoing.timeout_seconds, connect=self._connect_seconds
            ),
        ) as answer:
            body = await self._read(answer)
            return Response(answer.status, joined_headers(answer.headers.items()), body)

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        async for part in answer.content.iter_any():
            size += len(part)
            if size > self._body_bytes:
                answer.close()
                raise NoAnswer(f"the answer is longer than {self._body_bytes} bytes")
            parts.append(part)
        return b"".join(parts)

    def _session(self, private_allowed: bool) -> aiohttp.ClientSession:
        if private_allowed not in self._sessions:
            self._sessions[private_allowed] = _new_session(private_allowed)
        return self._sessions[private_allowed]


def _new_session(private_allowed: bool) -> aiohttp.ClientSession:
    resolver = ThreadedResolver() if private_allowed else PublicResolver()
    connector = aiohttp.TCPConnector(
        limit=0,  # pacing is done above
        resolver=resolver,
        # Shorter than the five seconds after which common servers close an idle connection, so that
        # a write is not sent into one that is just being closed.
        keepalive_timeout=IDLE_SECONDS,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
        headers={"User-Agent": "ml-connector"},
        skip_auto_headers=("Content-Type",),
    )
    # aiohttp sends PUT and DELETE a second time when a kept connection breaks; a write must never
    # be sent twice by the wire. There is no public switch; a test watches that it works.
    session._retry_connection = False
    return session


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses those that stand for an address that is not public.

    aiohttp connects to the very addresses that were checked here, so a name that changes in between
    gains nothing.
    """

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        results = await self._resolver.resolve(host, port, family)
        for result in results:
            address = parse_ip(result["host"])
            if address is None or not is_public(address):
                raise PrivateAddress(f"{host} stands for {result['host']}, which is not public")
        return results

    async def close(self) -> None:
        await self._resolver.close()


class PrivateAddress(OSError):
    """A name stands for an address that may not be called."""


def _exactly(url: str) -> URL:
    """The address as it was given: without this, `%2C` would travel as a comma."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise aiohttp.InvalidURL("not escaped")
    return URL(url, encoded=True)


def _refuse_private_literal(url: URL) -> None:
    """An address that is spelled out never reaches the resolver, so it is looked at here."""
    address = parse_ip(url.host or "")
    if address is not None and not is_public(address):
        raise NotConnected(f"{address} is not a public address", forbidden=True)


def _not_connected(error: aiohttp.ClientConnectorError) -> NotConnected:
    if isinstance(error.os_error, PrivateAddress):
        return NotConnected(str(error.os_error), forbidden=True)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return NotConnected("the name cannot be resolved")
    if isinstance(error, aiohttp.ClientSSLError):
        return NotConnected("no secure connection: the certificate or TLS is not accepted")
    return NotConnected(error.os_error.strerror or "the connection was refused")


def _in_words(error: BaseException) -> str:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed before the answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut short"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the answer is not HTTP"
    return "the connection broke"
