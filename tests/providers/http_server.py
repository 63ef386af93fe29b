"""A small HTTP/1.1 server on a real socket for provider tests, with full control over when and how a reply goes wrong.

It runs in a thread of its own. Each provider's server says what a call is about (`topic`) and answers it (`answer`);
faults are laid in by topic and used up one after the other. asyncio only, so that it keeps up with 1,000 clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Call:
    """One request as it came in. Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body or b"null")


@dataclass
class Reply:
    """What goes back. parts: pieces sent as they come (no content length); cut: the line dies after so many."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    parts: AsyncGenerator[bytes] | None = None
    cut: int | None = None
    drip_s: float = 0.0


def as_json(body: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(body, ensure_ascii=False).encode(), {"content-type": "application/json", **headers})


@dataclass
class Fault:
    """How the next `times` calls on a topic go wrong.

    do: "reply" (send `reply` instead of working), "drop-before" (wait `seconds`, close the line, nothing done),
    "drop-after" (do the work, then close the line), "slow" (wait, then work and answer), "slow-after" (work, wait,
    answer), "drip" (work, then spread the answer over `seconds`), "truncate" (half of the answer), "endless" (the
    answer dribbles and never ends).
    """

    do: str
    times: int = 1
    seconds: float = 0.0
    reply: Reply | None = None


class Dropped(Exception):
    """The line is closed without an answer."""


class HttpServer:
    """Base of the provider servers: `with Server() as server: server.url`."""

    def __init__(self, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self.host, self.port = host, port
        self.faults: dict[str, list[Fault]] = {}
        self.calls: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def topic(self, call: Call) -> str:
        """What this call is about, for faults and counts."""
        raise NotImplementedError

    async def answer(self, call: Call, topic: str) -> Reply:
        raise NotImplementedError

    def fail(self, topic: str, do: str, *, times: int = 1, seconds: float = 0.0, reply: Reply | None = None) -> None:
        """Lay in a fault; several on one topic happen one after the other."""
        self.faults.setdefault(topic, []).append(Fault(do, times, seconds, reply))

    # ------------------------------------------------------------------------------------------------ life

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; the port is known when this returns. Starting again after stop() uses the same port."""
        ready = threading.Event()

        async def listen() -> None:
            self._server = await asyncio.start_server(
                self._serve, self.host, self.port, limit=2**16, backlog=2048, reuse_address=True
            )
            self.port = self._server.sockets[0].getsockname()[1]
            ready.set()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(listen())
            self._loop.run_forever()

        if self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=run, name="provider", daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the provider server did not start")

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._thread is None:
            return

        async def end() -> None:
            if self._server:
                self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._thread = None

    # ------------------------------------------------------------------------------------------------ one line

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self._open.add(writer)
        try:
            while call := await _read(reader):
                await self._one(call, writer)
        except (Dropped, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)
            with contextlib.suppress(Exception):
                writer.close()

    async def _one(self, call: Call, writer: asyncio.StreamWriter) -> None:
        topic = self.topic(call)
        self.calls[topic] += 1
        fault = self._next(topic)
        if fault and fault.do == "drop-before":
            await asyncio.sleep(fault.seconds)
            raise Dropped
        if fault and fault.do == "slow":
            await asyncio.sleep(fault.seconds)
        reply = fault.reply if fault and fault.do == "reply" and fault.reply else await self.answer(call, topic)
        if fault and fault.do == "slow-after":
            await asyncio.sleep(fault.seconds)
        if fault and fault.do == "drop-after":
            raise Dropped
        if fault and fault.do == "truncate":
            reply.cut = len(reply.body) // 2
        if fault and fault.do == "drip":
            reply.drip_s = fault.seconds
        if fault and fault.do == "endless":
            reply.parts = _endless()
        await _write(reply, writer, head=call.method == "HEAD")

    def _next(self, topic: str) -> Fault | None:
        waiting = self.faults.get(topic, [])
        if not waiting:
            return None
        waiting[0].times -= 1
        return waiting.pop(0) if waiting[0].times <= 0 else waiting[0]


class Recording(HttpServer):
    """Keeps every call: `class FalRecorder(Recording, FalServer)`."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.seen: list[tuple[str, Call]] = []

    async def answer(self, call: Call, topic: str) -> Reply:
        self.seen.append((topic, call))
        return await super().answer(call, topic)

    def of(self, topic: str) -> list[Call]:
        """The calls on this topic."""
        return [call for name, call in self.seen if name == topic]


async def _endless() -> AsyncGenerator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.05)


async def _read(reader: asyncio.StreamReader) -> Call | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Call(method, unquote(parts.path), dict(parse_qsl(parts.query)), headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _write(reply: Reply, writer: asyncio.StreamWriter, *, head: bool) -> None:
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{k}: {v}" for k, v in reply.headers.items()]
    if reply.parts is None:
        lines.append(f"content-length: {len(reply.body)}")
    else:
        lines.append("transfer-encoding: chunked")
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    if reply.parts is not None and not head:
        async with contextlib.aclosing(reply.parts) as parts:  # at once, when the reader is gone
            async for part in parts:
                writer.write(b"%x\r\n%s\r\n" % (len(part), part))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
    elif reply.drip_s and not head:
        step = len(reply.body) // 20 + 1
        for start in range(0, len(reply.body), step):
            writer.write(reply.body[start : start + step])
            await writer.drain()
            await asyncio.sleep(reply.drip_s / 20)
    elif not head:
        writer.write(reply.body if reply.cut is None else reply.body[: reply.cut])
    await writer.drain()
    if reply.cut is not None:
        raise Dropped
