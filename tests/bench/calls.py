"""`python -m tests.bench calls`: CPU of one call of an engine, beside httpx alone in the same process and minute.

A local server in a process of its own answers a submit, a look and a file of 60 KB. Each client makes as many of each,
one after the other and several at once, taking turns. Goal: a third of httpx's CPU with twenty at once; ours has the
answer's JSON checked and the key taken out of it, httpx's has neither.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from studio.engines import addresses
from studio.engines.http import ApiClient
from tests.stories.process import environment

ROOT = Path(__file__).parents[2]
KEY = {"Authorization": "Key test-key-12345"}
BODY = {"prompt": "a red coat in the rain", "duration": 5, "size": "1280*720"}
ROUNDS = 3
Call = Callable[[], Awaitable[Any]]


def main(argv: list[str]) -> None:
    """One JSON line a kind of call and number at once."""
    parser = argparse.ArgumentParser(prog="calls")
    parser.add_argument("--calls", type=int, default=600, help="of each kind, in three rounds")
    parser.add_argument("--serve", action="store_true", help="be the server, for this benchmark itself")
    args = parser.parse_args(argv)
    if args.serve:
        asyncio.run(_serve())
        return
    command = [sys.executable, "-m", "tests.bench", "calls", "--serve"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stdout
        try:
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            for at_once in (1, 20):
                asyncio.run(_measure(url, args.calls // ROUNDS, at_once))
        finally:
            server.kill()


async def _measure(url: str, calls: int, at_once: int) -> None:
    limits, timeout = httpx.Limits(max_connections=50, max_keepalive_connections=8), httpx.Timeout(30)
    api = ApiClient(url, label="Provider", auth=lambda: KEY)
    home = addresses.AllowedHosts.of(url)
    async with httpx.AsyncClient(limits=limits, timeout=timeout) as plain, addresses.client(limits, timeout) as files:

        async def file() -> None:
            request = files.build_request("GET", f"{url}/file", extensions={"home": home})
            answer = await files.send(request, stream=True)
            async for _ in answer.aiter_raw():
                pass
            await answer.aclose()

        kinds: dict[str, tuple[Call, Call]] = {
            "submit": (
                lambda: api.call("POST", "/tasks", json=BODY, paid=True),
                lambda: plain.post(f"{url}/tasks", json=BODY, headers=KEY),
            ),
            "look": (lambda: api.call("GET", "/tasks/1"), lambda: plain.get(f"{url}/tasks/1", headers=KEY)),
            "file": (file, lambda: plain.get(f"{url}/file")),
        }
        for kind, pair in kinds.items():
            seconds = [0.0, 0.0]
            for call in pair:
                await _repeat(call, 2 * at_once, at_once)
            for _ in range(ROUNDS):
                for index, call in enumerate(pair):
                    begun = time.process_time()
                    await _repeat(call, calls, at_once)
                    seconds[index] += time.process_time() - begun
            ours, theirs = (1000 * s / (ROUNDS * calls) for s in seconds)
            figures = {"cpu_ms": round(ours, 3), "httpx_cpu_ms": round(theirs, 3), "ratio": round(ours / theirs, 2)}
            print(json.dumps({"bench": "calls", "call": kind, "at_once": at_once, **figures}), flush=True)
    await api.close()


async def _repeat(call: Call, calls: int, at_once: int) -> None:
    async def some(count: int) -> None:
        for _ in range(count):
            await call()

    await asyncio.gather(*(some(max(1, calls // at_once)) for _ in range(at_once)))


async def _serve() -> None:
    """Answer everything, and print the port."""
    status = json.dumps({"id": "1", "status": "RUNNING", "urls": {"get": "http://127.0.0.1/1"}}).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = [line for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
                await reader.readexactly(int(length[0].partition(b":")[2]) if length else 0)
                body = bytes(60_000) if head.startswith(b"get /file") else status
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
