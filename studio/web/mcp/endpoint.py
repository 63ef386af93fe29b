"""/mcp and /mcp/files as routes. The server behind /mcp is loaded by the first call: a studio that no agent calls
neither imports the MCP library nor holds memory for it.

Guard and Access stand in front, so foreign origins and hosts are refused, and the caller is known, before a byte of a
message is read. Every call stands alone (stateless): no session is kept, and any call may come after a restart.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from studio.domain import JSON
from studio.messages import Message
from studio.web import verbs
from studio.web.errors import SentenceRoute
from studio.web.language import error_json
from studio.web.middleware.same_origin import actor_of
from studio.web.routes.storyboards import saved_body

if TYPE_CHECKING:
    from studio.studio import Studio

PATH, FILES_PATH = "/mcp", "/mcp/files"
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


def routes(studio: Studio, endpoint: McpEndpoint) -> list[BaseRoute]:
    """The endpoint, and where a file goes that is too large for a message."""
    api = APIRouter(route_class=SentenceRoute, include_in_schema=False)

    @api.post(FILES_PATH)
    async def upload(request: Request, name: Annotated[str, Query(max_length=300)]) -> JSON:
        """The file in the body, taken into the library of whoever the token belongs to; its `id` goes into requests."""
        max_bytes, file_name = studio.settings.max_upload_mb * 1_000_000, Path(name).name
        add_file = partial(verbs.add_file, studio, actor_of(request))
        async with saved_body(studio, request, file_name, max_bytes) as path:
            return await run_in_threadpool(add_file, path, file_name)

    return [Route(PATH, endpoint), Route(f"{PATH}/", endpoint), *api.routes]
