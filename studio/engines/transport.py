"""What carries the requests of engines: httpx's interface, with aiohttp's pool and parser behind it.

httpx's own pool takes 0.6 to 1.2 ms of CPU a call, more the more are under way; aiohttp's takes 0.15, and niquests as
much as httpx (1 and 20 calls at once to a local server). A request whose body is not in memory, or is large, goes
through httpx's pool all the same, which bounds the time of every piece that is sent.

Errors are httpx's, and say as much as before of whether a request was sent: ConnectError and ConnectTimeout come only
from before its first byte. Nothing is repeated, except where a kept connection was found closed before the first byte.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

MAX_SENT_AT_ONCE = 256 * 2**10
"""Largest body that is handed over as a whole."""
MAX_HEADER_BYTES = 64 * 2**10
"""Longest header line of an answer; signed addresses in redirects have several KB."""
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port -> the addresses that may be connected to."""


class LeanTransport(httpx.AsyncBaseTransport):
    """Sends short requests through aiohttp and all others through `whole`, httpx's own pool with the same limits.

    resolve: looks up names; None for the system's answer. Works on any event loop, with connections of its own on each.
    """

    def __init__(
        self, limits: httpx.Limits, context: ssl.SSLContext, whole: httpx.AsyncBaseTransport,
        resolve: Resolve | None = None,
    ) -> None:  # fmt: skip
        self._limits, self._context, self._whole, self._resolve = limits, context, whole, resolve
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The open answer."""
        content = _content(request)
        if content is None or len(content) > MAX_SENT_AT_ONCE:
            return await self._whole.handle_async_request(request)
        with _errors_of_httpx():
            answer = None
            while answer is None:
                with suppress(_ClosedMeanwhile):
                    answer = await self._send(request, content)
        reason = (answer.reason or "").encode("ascii", "replace")
        return httpx.Response(
            answer.status,
            headers=list(answer.raw_headers),
            stream=_Body(answer),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason},
        )

    async def aclose(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        await self._whole.aclose()

    async def _send(self, request: httpx.Request, content: bytes) -> aiohttp.ClientResponse:
        times: dict[str, Any] = request.extensions.get("timeout", {})
        connect_s = times.get("connect")
        # to a connection of the pool: looking up the name, and the first address that answers
        whole_connect_s = None if connect_s is None else (times.get("pool") or 0.0) + 2 * connect_s
        return await self._session_of_loop().request(
            request.method,
            URL(str(request.url.copy_with(userinfo=b"") if request.url.userinfo else request.url), encoded=True),
            data=content or None,
            headers=CIMultiDict((name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw),
            timeout=aiohttp.ClientTimeout(
                total=None, connect=whole_connect_s, sock_connect=connect_s, sock_read=times.get("read")
            ),
            allow_redirects=False,
        )

    def _session_of_loop(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._session, self._loop = self._new_session(), loop
        return self._session

    def _new_session(self) -> aiohttp.ClientSession:
        keeps = self._limits.max_keepalive_connections != 0
        more: dict[str, Any] = {"keepalive_timeout": self._limits.keepalive_expiry} if keeps else {"force_close": True}
        resolver = aiohttp.ThreadedResolver() if self._resolve is None else _Resolver(self._resolve)
        connector = aiohttp.TCPConnector(
            limit=self._limits.max_connections or 0,
            ssl=self._context,
            resolver=resolver,
            use_dns_cache=self._resolve is None,
            **more,
        )
        return aiohttp.ClientSession(
            connector=connector,
            request_class=_Request,
            middlewares=(_unrepeated,),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            auto_decompress=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
        )


class _ClosedMeanwhile(Exception):
    """The server has closed this kept connection: nothing was sent, and the next one is tried."""


class _Request(aiohttp.ClientRequest):
    """Looks at a kept connection before its first byte. The loop may not have heard yet that the server has closed it,
    and of a request that is sent on it nobody could say whether it had arrived."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        protocol = conn.protocol
        if protocol in _used and _is_readable(conn):
            raise _ClosedMeanwhile
        _used.add(protocol)
        return await super().send(conn)


async def _unrepeated(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp sends a GET once more whose kept connection broke, unless the error is none of its own."""
    with _errors_of_httpx():
        return await handler(request)


_used: WeakSet[Any] = WeakSet()
"""Connections on which a request was sent before."""


def _is_readable(conn: Connection) -> bool:
    """Whether something has come although nothing was asked: the end, as a rule. A new connection may bring tickets of
    TLS 1.3 so."""
    line = conn.transport and conn.transport.get_extra_info("socket")
    number = line.fileno() if line else -1
    if number < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([number], [], [], 0)[0])
    look = select.poll()
    look.register(number, select.POLLIN)
    return bool(look.poll(0))


class _Body(httpx.AsyncByteStream):
    """The content as it comes, still packed."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for piece in self._answer.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        """Give the connection back after the last byte; before it, nobody else can use it, and it is closed."""
        self._answer.close()


class _Resolver(AbstractResolver):
    """Names by a function of ours. aiohttp does not ask for addresses that are written as such."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._resolve(host, port)
        ]

    async def close(self) -> None:
        """Nothing is kept."""


def _content(request: httpx.Request) -> bytes | None:
    """The request's body; None for one that is read while it is sent."""
    try:
        return request.content
    except httpx.RequestNotRead:
        return None


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """aiohttp's errors as httpx's. What is not certain to come from before the first byte counts as after it."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(f"{error}") from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(f"{error}") from error
    except aiohttp.InvalidURL as error:
        raise httpx.UnsupportedProtocol(f"{error}") from error
    except aiohttp.ServerTimeoutError as error:
        raise httpx.ReadTimeout(f"{error}") from error
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
        raise httpx.RemoteProtocolError(f"{error}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise httpx.ReadError(f"{error}") from error
