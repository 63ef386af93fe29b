"""/mcp as a route. The server behind it is loaded by the first call: a studio that no agent calls neither imports the
MCP library nor holds memory for it.

Guard and Access stand in front, so foreign origins and hosts are refused, and the caller is known, before a byte of a
message is read. Every call stands alone (stateless): no session is kept, and any call may come after a restart.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from studio.messages import Message
from studio.web.language import error_json

if TYPE_CHECKING:
    from studio.studio import Studio

PATH = "/mcp"
MAX_MESSAGE_BYTES = 8 * 2**20
"""Longest message; a file in base64 is the longest that anybody sends."""
START_TIMEOUT_S = 60.0


class McpEndpoint:
    """ASGI application that starts the MCP server when it is first called, on the event loop that calls it."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._start_lock = asyncio.Lock()
        self._manager: Any = None
        self._task: asyncio.Task[None] | None = None
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one message. There is nothing to GET or DELETE, for there are no sessions."""
        if scope["method"] != "POST":
            headers = {"allow": "POST", "cache-control": "no-store"}
            await error_json(scope, Message("mcp.only_post"), 405, headers)(scope, receive, send)
            return
        async with self._start_lock:
            if self._manager is None and not self._closed:
                self._manager = await self._started()
        if self._closed or self._manager is None:
            await error_json(scope, Message("mcp.closing"), 503, {"retry-after": "5"})(scope, receive, send)
            return
        await self._manager.handle_request(scope, receive, send)

    async def _started(self) -> Any:
        """The running session manager. Its tasks belong to a task of ours, which outlives the first request."""
        manager = await run_in_threadpool(_load, self._studio)
        running = asyncio.Event()
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._task = asyncio.create_task(_run(manager, running, self._stop), name="mcp")
        await asyncio.wait_for(running.wait(), START_TIMEOUT_S)
        return manager

    def close(self) -> None:
        """End open answers, so that the server can stop at once. Safe from any thread."""
        self._closed = True
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # the loop has ended, and with it every answer
                self._loop.call_soon_threadsafe(self._stop.set)


def _load(studio: Studio) -> Any:
    from studio.web.mcp.server import session_manager

    return session_manager(studio, max_message_bytes=MAX_MESSAGE_BYTES)


async def _run(manager: Any, running: asyncio.Event, stop: asyncio.Event) -> None:
    async with manager.run():
        running.set()
        await stop.wait()


def routes(endpoint: McpEndpoint) -> list[BaseRoute]:
    """The endpoint, with and without a slash behind it."""
    return [Route(PATH, endpoint), Route(f"{PATH}/", endpoint)]
