"""One provider's API over HTTP: what every engine needs and must do alike.

The key goes to the hosts that the engine names and nowhere else, and appears in no error; an address that an answer
names is called without it. Redirects are not followed. A call that costs money (`paid`) tells "certainly not accepted"
(Unavailable) from "the answer was lost" (UnknownOutcome). Answers have a limit of bytes and of time. httpx's pool slows
down when more calls wait than it has connections, so a semaphore of the same size stands in front of it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from studio.domain import JSON, now
from studio.engines import addresses, strict_json
from studio.errors import Refused, Unavailable, UnknownOutcome
from studio.messages import Message, term

CONNECTIONS = 50
IDLE_CONNECTIONS, IDLE_TIMEOUT_S = 8, 15.0
"""How many idle connections stay open, and for how long. httpcore looks at each of them twice a call (70 us a look), so
those left over from a burst must not stay; it takes the first free one, so that the others grow old."""
MAX_REPLY_BYTES = 8 * 2**20
"""Longest answer that is read. API answers are a few kilobytes."""
CHUNK_BYTES = 256 * 2**10
MAX_RETRY_AFTER_S = 3600.0
"""Longest pause that a provider may ask for."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end. body: the JSON object, {} for other answers. items: the objects of a JSON list.
    is_json: whether it is one of the two."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: JSON = field(default_factory=dict)
    is_json: bool = False
    items: tuple[JSON, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether its status is one of success."""
        return 200 <= self.status < 300

    @property
    def retry_after_s(self) -> float | None:
        """Seconds the provider asked to wait, from retry-after-ms or retry-after."""
        if (ms := strict_json.number(self.headers.get("retry-after-ms"))) is not None:
            return min(MAX_RETRY_AFTER_S, ms / 1000)
        return retry_after_s(self.headers.get("retry-after"))


class ApiClient:
    """Calls to one API. base: its address, without a slash at the end. label: how errors name the provider.

    auth: headers with the key, made anew for each call and sent to the hosts of `base` and `hosts` only.
    hosts: addresses of the provider's other services that know the same key, such as https://rest.fal.ai.
    judged: the provider's own hosts are looked at like those that answers name: "public" ones must lead to the public
    internet, "own" ones may be private, and neither may be where clouds answer with secrets.
    """

    def __init__(
        self, base: str, *, label: str, auth: Callable[[], Mapping[str, str]], hosts: Iterable[str] = (),
        total_s: float = 60.0, judged: Literal["", "own", "public"] = "",
    ) -> None:  # fmt: skip
        self.base, self.label, self._auth, self.total_s = base.rstrip("/"), label, auth, total_s
        self._judged = judged
        self._provider_hosts = addresses.NOWHERE if judged == "public" else addresses.AllowedHosts.of(base, *hosts)
        self._trusted = {_origin(addresses.parse(url)) for url in (base, *hosts) if url}
        self._client: httpx.AsyncClient | None = None
        self._external_client: httpx.AsyncClient | None = None
        self._gate = asyncio.Semaphore(CONNECTIONS)

    @property
    def client(self) -> httpx.AsyncClient:
        """The one client, made at first use."""
        if self._client is None:
            limits = httpx.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=IDLE_CONNECTIONS, keepalive_expiry=IDLE_TIMEOUT_S
            )
            timeout = httpx.Timeout(30.0, connect=15.0, pool=None)
            self._client = (addresses.client if self._judged else addresses.trusted_client)(limits, timeout)
        return self._client

    async def close(self) -> None:
        """Give the connections back."""
        for client in (self._client, self._external_client):
            if client is not None:
                await client.aclose()
        self._client = self._external_client = None

    async def call(
        self, method: str, where: str, *, json: Any = None, params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None, paid: bool = False, total_s: float | None = None,
        form: Mapping[str, str] | None = None, files: Mapping[str, Any] | None = None,
    ) -> Reply:  # fmt: skip
        """One call, to a path under `base` ("/tasks") or a whole address, such as an answer names for the next call.

        form, files: fields and files of a multipart body, in the place of json; a file is (name, open file, type).

        Any status is an answer; only trouble on the way raises. An address on a host that is not the provider's is
        called without the key. paid: the call may start something that is billed. total_s: limit for the whole call,
        also for an answer that never ends. Raises Unavailable where repeating is safe, UnknownOutcome where a paid call
        may have arrived, LinkGone for an address that must not be reached (see engines.addresses).
        """
        url = addresses.parse(where if "://" in where else f"{self.base}/{where.removeprefix('/')}")
        known = _origin(url) in self._trusted and not url.userinfo
        client = self.client if known else await self._external(url)
        request = client.build_request(
            method, url, json=json, params=params, data=form, files=files, extensions={"home": self._provider_hosts},
            headers={**(self._auth() if known else {}), **(headers or {})},
        )  # fmt: skip
        if json is None and files is None and method == "POST":
            request.headers["content-type"] = "application/json"
        async with self.sending(request, paid=paid, total_s=total_s, client=client) as response:
            return await self._reply(response, paid=paid)

    def request(self, method: str, where: str, *, json: Any, silence_s: float) -> httpx.Request:
        """A request with the key to a path under `base`, for `sending`. silence_s: longest wait for a next piece."""
        return self.client.build_request(
            method,
            addresses.parse(f"{self.base}/{where.removeprefix('/')}"),
            json=json,
            headers=self._auth(),
            timeout=httpx.Timeout(silence_s, connect=15.0, pool=None),
            extensions={"home": self._provider_hosts},
        )

    async def put_file(self, url: str, path: Path, *, headers: Mapping[str, str], total_s: float) -> httpx.Response:
        """The file's bytes to an address that the provider signed for them; its host never sees the key.

        headers: exactly those that were signed. The answer is read, to a limit. Raises LinkGone as `post_form` does.
        """
        target = addresses.parse(url)
        client = await self._external(target)
        length = {"content-length": str(path.stat().st_size)}
        request = client.build_request(
            "PUT",
            target,
            content=_chunks(path),
            headers={**length, **headers},
            extensions={"home": self._provider_hosts},
        )
        async with self.sending(request, paid=False, total_s=total_s, client=client) as response:
            return await _read(response)

    async def post_form(
        self, url: str, *, data: Mapping[str, str], files: Mapping[str, Any], total_s: float
    ) -> httpx.Response:
        """A form to an address that the provider named; its host never sees the key. The answer is read, to a limit.

        Raises LinkGone for an address that must not be reached (see engines.addresses).
        """
        target = addresses.parse(url)
        client = await self._external(target)
        more: dict[str, Any] = {"data": dict(data), "files": dict(files), "extensions": {"home": self._provider_hosts}}
        request = client.build_request("POST", target, **more)
        async with self.sending(request, paid=False, total_s=total_s, client=client) as response:
            return await _read(response)

    async def _external(self, url: httpx.URL) -> httpx.AsyncClient:
        """The client for hosts that are not the provider's own. Raises LinkGone for an address that leads inside."""
        await addresses.check(url, self._provider_hosts)
        if self._external_client is None:
            limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=0)
            self._external_client = addresses.client(limits, httpx.Timeout(30.0, connect=15.0, pool=None))
        return self._external_client

    async def reply(self, response: httpx.Response) -> Reply:
        """An open answer, read to its end. Raises Unavailable when it is too long."""
        return await self._reply(response, paid=False)

    async def events(self, response: httpx.Response) -> AsyncIterator[tuple[str, JSON]]:
        """Server-sent events of an open answer as (event name, data). Those that are no JSON object are left out."""
        from httpx_sse import EventSource

        plain = httpx.Response(
            response.status_code, headers=_plain(response.headers), stream=_Bounded(response.aiter_bytes())
        )
        async for event in EventSource(plain).aiter_sse():
            try:
                data = strict_json.read(redacted(event.data.encode(), self._auth()))
            except ValueError:
                continue
            if isinstance(data, dict):
                yield event.event, data

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
                        said = Message("engine.redirects", provider=term(self.label), base=self.base)
                        raise Refused(said, code=str(response.status_code))
                    yield response
                finally:
                    await response.aclose()
        except NEVER_SENT as error:
            raise Unavailable(
                Message("engine.unreachable", provider=term(self.label), error=_name(error)), code=_name(error)
            ) from error
        except TimeoutError as error:
            raise lost(Message("engine.answer_late", provider=term(self.label)), code="timeout") from error
        except httpx.RequestError as error:
            raise lost(
                Message("engine.connection_broke", provider=term(self.label), error=_name(error)), code=_name(error)
            ) from error

    async def _reply(self, response: httpx.Response, *, paid: bool) -> Reply:
        lost = UnknownOutcome if paid else Unavailable
        raw = bytearray()
        async for piece in response.aiter_bytes():
            raw += piece
            if len(raw) > MAX_REPLY_BYTES:
                raise lost(
                    Message("engine.answer_too_long", provider=term(self.label), most=MAX_REPLY_BYTES // 2**20),
                    code="too long",
                )
        try:
            value = strict_json.read(redacted(bytes(raw), self._auth()))
        except ValueError:
            value = None
        good = isinstance(value, dict | list)
        if not good and response.status_code < 400:
            raise lost(Message("run.unreadable_answer", provider=term(self.label)), code="not JSON")
        items = tuple(strict_json.rows(value))
        return Reply(response.status_code, response.headers, strict_json.table(value), good, items)


def api_base(given: str, default: str) -> str:
    """The address of an API: the default, or the one given, to which the default's path is added where it has none."""
    if not given:
        return default
    given = given.rstrip("/")
    return given if "/" in given.partition("://")[2] else given + urlsplit(default).path


def base_problem(name: str, base: str) -> str | None:
    """A sentence where the base URL that this setting gives is none; for Engine.missing."""
    with suppress(ValueError):  # of a port or an IPv6 address that is none
        parts = urlsplit(base)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return None
    return Message("engine.bad_base", name=name, base=f"{base!r}")


def redacted(raw: bytes, auth: Mapping[str, str]) -> bytes:
    """An answer without the key: some providers repeat it in an error, which would then be shown and stored."""
    for value in auth.values():
        secret = value.rpartition(" ")[2]
        if len(secret) > 5:
            raw = raw.replace(secret.encode(), b"[key]")
    return raw


class _Bounded(httpx.AsyncByteStream):
    """A stream of bounded length, so that one without an end cannot fill the memory. Its end also ends an event: what
    is not whole then is no JSON, and left out."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._chunks:
            seen += len(chunk)
            if seen > MAX_REPLY_BYTES:
                said = Message("engine.stream_too_long", most=MAX_REPLY_BYTES // 2**20)
                raise UnknownOutcome(said, code="too long")
            yield chunk
        yield b"\n\n"


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """The file's content, read outside the event loop."""
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


async def _read(response: httpx.Response) -> httpx.Response:
    """A file host's answer, read to a limit. Raises Unavailable for one that is longer."""
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > MAX_REPLY_BYTES:
            raise Unavailable(Message("engine.file_host_too_long"), code="too long")
    return httpx.Response(response.status_code, headers=_plain(response.headers), content=bytes(content))


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port: what decides whether an address is the provider's own."""
    return url.scheme, url.host, url.port or addresses.PORTS.get(url.scheme, 0)


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
    return min(MAX_RETRY_AFTER_S, max(0.0, seconds)) if math.isfinite(seconds) else None


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Headers of an answer whose body is already unpacked."""
    return {k: v for k, v in headers.items() if k not in ("content-encoding", "content-length", "transfer-encoding")}


def _name(error: Exception) -> str:
    return type(error).__name__
