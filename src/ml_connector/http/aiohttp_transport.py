"""The transport over the network. The only file that knows aiohttp."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from ml_connector.core.wire import Response
from ml_connector.http.addresses import IpAddress, is_plain, is_public, parse_ip
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing, joined_headers

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 4.0
BODY_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """What a connection may lead to, by the address it has in the end."""

    private_allowed: bool
    tls: bool

    def why_not(self, address: IpAddress, is_public: Callable[[IpAddress], bool]) -> str:
        """Why that address may not be called; empty where it may."""
        if self.private_allowed and self.tls:
            return ""
        if not self.private_allowed:
            return "" if is_public(address) else NOT_PUBLIC
        return NOT_ENCRYPTED if is_public(address) else ""


NOT_PUBLIC = (
    "is not a public address. To call an address of your own network, set "
    "allow_private_addresses=true"
)
NOT_ENCRYPTED = (
    "is no address of your own network, and over http all could read along. Give an https address"
)


class AiohttpTransport:
    """Carries requests over the network; TLS is always verified, and no proxy, cookie file or
    credential file of the environment is heeded.

    Connections are pooled by what they are permitted, so that one opened under one permission is
    never used under another. `resolver` and `public` are asked for every name that is new.
    """

    def __init__(
        self,
        body_bytes: int = BODY_BYTES,
        connect_seconds: float = CONNECT_SECONDS,
        resolver: Callable[[], AbstractResolver] = ThreadedResolver,
        public: Callable[[IpAddress], bool] = is_public,
    ) -> None:
        self._body_bytes = body_bytes
        self._connect_seconds = connect_seconds
        self._resolver = resolver
        self._is_public = public
        self._sessions: dict[Permission, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> AiohttpTransport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; the transport opens new ones if it is used again."""
        sessions, self._sessions = self._sessions, {}
        for permission in sorted(sessions):
            await sessions[permission].close()

    async def send(self, outgoing: Outgoing) -> Response:
        try:
            url = _exactly(outgoing.url)
            permission = Permission(outgoing.private_allowed, url.scheme == "https")
            self._refuse_literal(url.raw_host or "", permission)
            return await self._exchange(outgoing, url, self._session(permission))
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

    async def _exchange(
        self, outgoing: Outgoing, url: URL, session: aiohttp.ClientSession
    ) -> Response:
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

    def _session(self, permission: Permission) -> aiohttp.ClientSession:
        if permission not in self._sessions:
            resolver = CheckedResolver(self._resolver(), permission, self._is_public)
            self._sessions[permission] = _new_session(resolver)
        return self._sessions[permission]

    def _refuse_literal(self, host: str, permission: Permission) -> None:
        """An address that is spelled out never reaches the resolver, so it is looked at here."""
        if not is_plain(host):
            raise NotConnected("the host is not in its usual spelling", forbidden=True)
        address = parse_ip(host)
        why = permission.why_not(address, self._is_public) if address is not None else ""
        if why:
            raise NotConnected(f"{address} {why}", forbidden=True)


def _new_session(resolver: AbstractResolver) -> aiohttp.ClientSession:
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
        trust_env=False,  # a proxy would see where all goes; ~/.netrc holds others' credentials
    )
    # aiohttp sends PUT and DELETE a second time when a kept connection breaks; a write must never
    # be sent twice by the wire. There is no public switch; a test watches that it works.
    session._retry_connection = False
    return session


class CheckedResolver(AbstractResolver):
    """Resolves names, and refuses those that stand for an address that may not be called.

    aiohttp connects to the very addresses that were checked here, so a name that changes in between
    gains nothing.
    """

    def __init__(
        self, inner: AbstractResolver, permission: Permission, public: Callable[[IpAddress], bool]
    ) -> None:
        self._inner = inner
        self._permission = permission
        self._is_public = public

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        results = await self._inner.resolve(host, port, family)
        for result in results:
            address = parse_ip(result["host"])
            if address is None:
                raise ForbiddenAddress(f"{host} stands for something that is no address")
            why = self._permission.why_not(address, self._is_public)
            if why:
                raise ForbiddenAddress(f"{host} stands for {result['host']}, which {why}")
        return results

    async def close(self) -> None:
        await self._inner.close()


class ForbiddenAddress(OSError):
    """A name stands for an address that may not be called."""


def _exactly(url: str) -> URL:
    """The address as it was given: without this, `%2C` would travel as a comma."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise aiohttp.InvalidURL("not escaped")
    try:
        return URL(url, encoded=True)
    except ValueError:
        raise aiohttp.InvalidURL("not readable") from None


def _not_connected(error: aiohttp.ClientConnectorError) -> NotConnected:
    if isinstance(error.os_error, ForbiddenAddress):
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
