"""One provider's API over HTTP: what every engine needs and must do alike.

The key goes to the API's own host and nowhere else, and appears in no error. Redirects are not followed. A call that
costs money (`paid`) tells "certainly not accepted" (Unavailable) from "the answer was lost" (UnknownOutcome). Answers
have a limit of bytes and of time. httpx's pool slows down when more calls wait than it has connections, so a
semaphore of the same size stands in front of it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from studio.domain import JSON, now
from studio.engines import addresses, strict_json
from studio.errors import Refused, Unavailable, UnknownOutcome

CONNECTIONS = 50
KEPT_CONNECTIONS, KEPT_S = 8, 15.0
"""How many idle connections stay open, and for how long. httpcore looks at each of them twice a call (70 us a look), so
those left over from a burst must not stay; it takes the first free one, so that the others grow old."""
MOST_BYTES = 8 * 2**20
"""Longest answer that is read. API answers are a few kilobytes."""
MOST_WAIT_S = 3600.0
"""Longest pause that a provider may ask for."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end. body is {} when it is no JSON object; then is_json is False."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: JSON = field(default_factory=dict)
    is_json: bool = False

    @property
    def retry_after_s(self) -> float | None:
        """Seconds the provider asked to wait, from retry-after-ms or retry-after."""
        if (ms := strict_json.number(self.headers.get("retry-after-ms"))) is not None:
            return min(MOST_WAIT_S, ms / 1000)
        return retry_after_s(self.headers.get("retry-after"))


class Api:
    """Calls to one API. base: its address, without a slash at the end. label: how errors name the provider.

    auth: headers with the key, made anew for each call and sent to the host of `base` only.
    """

    def __init__(self, base: str, *, label: str, auth: Callable[[], Mapping[str, str]], total_s: float = 60.0) -> None:
        self.base, self.label, self._auth, self.total_s = base.rstrip("/"), label, auth, total_s
        self._client: httpx.AsyncClient | None = None
        self._outside: httpx.AsyncClient | None = None
        self._gate = asyncio.Semaphore(CONNECTIONS)

    @property
    def client(self) -> httpx.AsyncClient:
        """The one client, made at first use: making one loads the certificates (45 ms)."""
        if self._client is None:
            limits = httpx.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=KEPT_CONNECTIONS, keepalive_expiry=KEPT_S
            )
            timeout = httpx.Timeout(30.0, connect=15.0, pool=None)
            self._client = httpx.AsyncClient(limits=limits, timeout=timeout, follow_redirects=False)
        return self._client

    async def close(self) -> None:
        """Give the connections back."""
        for client in (self._client, self._outside):
            if client is not None:
                await client.aclose()
        self._client = self._outside = None

    async def call(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None, paid: bool = False, total_s: float | None = None,
    ) -> Reply:  # fmt: skip
        """One call to a path under `base`. Any status is an answer; only trouble on the way raises.

        paid: the call may start something that is billed. total_s: limit for the whole call, also for an answer that
        never ends. Raises Unavailable where repeating is safe, UnknownOutcome where a paid call may have arrived.
        """
        headers = {**self._auth(), **(headers or {})}
        request = self.client.build_request(method, self.base + path, json=json, params=params, headers=headers)
        if json is None and method == "POST":
            request.headers["content-type"] = "application/json"
        async with self.sending(request, paid=paid, total_s=total_s) as response:
            return await self._reply(response, paid=paid)

    async def post_form(
        self, url: str, *, data: Mapping[str, str], files: Mapping[str, Any], total_s: float
    ) -> httpx.Response:
        """A form to an address that the provider named; its host never sees the key. The answer is read, to a limit.

        Raises LinkGone for an address that must not be reached (see engines.addresses).
        """
        home, target = addresses.Home.of(self.base), addresses.parse(url)
        await addresses.check(target, home)
        if self._outside is None:
            limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=0)
            self._outside = addresses.client(limits, httpx.Timeout(30.0, connect=15.0, pool=None))
        more: dict[str, Any] = {"data": dict(data), "files": dict(files), "extensions": {"home": home}}
        request = self._outside.build_request("POST", target, **more)
        async with self.sending(request, paid=False, total_s=total_s, client=self._outside) as response:
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > MOST_BYTES:
                    raise Unavailable("The answer of the provider's file host is too long.", code="too long")
            return httpx.Response(response.status_code, headers=_plain(response.headers), content=bytes(content))

    async def reply(self, response: httpx.Response) -> Reply:
        """An open answer, read to its end. Raises Unavailable when it is too long."""
        return await self._reply(response, paid=False)

    async def events(self, response: httpx.Response) -> AsyncIterator[tuple[str, JSON]]:
        """Server-sent events of an open answer as (event name, data). Lines that are no JSON object are left out."""
        name, auth = "", self._auth()
        async for raw in _lines(response):
            line = redacted(raw, auth).decode("utf-8", "replace").rstrip("\r")
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                try:
                    data = strict_json.read(line.removeprefix("data:"))
                except ValueError:
                    continue
                if isinstance(data, dict):
                    yield name, data
            elif not line:
                name = ""

    @asynccontextmanager
    async def sending(
        self, request: httpx.Request, *, paid: bool, total_s: float | None = None,
        client: httpx.AsyncClient | None = None,
    ) -> AsyncIterator[httpx.Response]:  # fmt: skip
        """The open answer to a request. Trouble until the block is left is raised as one of our errors."""
        lost = UnknownOutcome if paid else Unavailable
        try:
            async with self._gate, asyncio.timeout(total_s or self.total_s):
                response = await (client or self.client).send(request, stream=True)
                try:
                    if response.is_redirect:
                        said = f"{self.label} at {self.base} answers with a redirect; set its address to the final one."
                        raise Refused(said, code=str(response.status_code))
                    yield response
                finally:
                    await response.aclose()
        except NEVER_SENT as error:
            raise Unavailable(f"{self.label} cannot be reached ({_name(error)}).", code=_name(error)) from error
        except TimeoutError as error:
            raise lost(f"{self.label} did not finish its answer in time.", code="timeout") from error
        except httpx.RequestError as error:
            raise lost(f"The connection to {self.label} broke ({_name(error)}).", code=_name(error)) from error

    async def _reply(self, response: httpx.Response, *, paid: bool) -> Reply:
        lost = UnknownOutcome if paid else Unavailable
        raw = bytearray()
        async for piece in response.aiter_bytes():
            raw += piece
            if len(raw) > MOST_BYTES:
                raise lost(f"The answer of {self.label} is longer than {MOST_BYTES // 2**20} MB.", code="too long")
        try:
            body = strict_json.read(redacted(bytes(raw), self._auth()))
        except ValueError:
            body = None
        good = isinstance(body, dict)
        if not good and response.status_code < 400:
            raise lost(f"The answer of {self.label} is not readable.", code="not JSON")
        return Reply(response.status_code, response.headers, body if good else {}, good)


def redacted(raw: bytes, auth: Mapping[str, str]) -> bytes:
    """An answer without the key: some providers repeat it in an error, which would then be shown and stored."""
    for value in auth.values():
        secret = value.rpartition(" ")[2]
        if len(secret) > 5:
            raw = raw.replace(secret.encode(), b"[key]")
    return raw


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    """Lines of a stream of bounded length, so that one without an end cannot fill the memory either."""
    seen, tail = 0, b""
    async for piece in response.aiter_bytes():
        seen += len(piece)
        if seen > MOST_BYTES:
            said = f"The provider's stream is longer than {MOST_BYTES // 2**20} MB."
            raise UnknownOutcome(said, code="too long")
        *lines, tail = (tail + piece).split(b"\n")
        for line in lines:
            yield line
    yield tail


def retry_after_s(text: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, whether it gives seconds or a date; None without a usable one."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - now()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(MOST_WAIT_S, max(0.0, seconds)) if math.isfinite(seconds) else None


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Headers of an answer whose body is already unpacked."""
    return {k: v for k, v in headers.items() if k not in ("content-encoding", "content-length", "transfer-encoding")}


def _name(error: Exception) -> str:
    return type(error).__name__
