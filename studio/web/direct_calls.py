"""Calls of gradio_client that are answered as soon as the answer is there, without Gradio's queue.

Gradio 6 has programs join a queue and read the answer from a second stream; gradio_client looks for what came on it
every 50 ms, so that no call takes less. It also speaks the protocol of Gradio 4.0, "sse": one stream for one call, on
which the answer is read as it comes. `config_for` names that protocol to the versions of gradio_client that are known
to speak it, and `router` answers it; everybody else, the pages too, goes on by Gradio's own protocol.

One call: GET queue/join opens the stream, which says `send_data`; POST queue/data brings the values, by the id that the
stream named; the stream ends with `process_completed`. Who closes the stream no longer waits for the answer.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body
from gradio import route_utils
from gradio.block_function import BlockFunction
from gradio.blocks import Blocks
from gradio.data_classes import PredictBodyInternal
from gradio.utils import error_payload
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse

PROTOCOL = "sse"
KNOWN_CLIENTS = re.compile(r"\bgradio_client/[12]\.")
"""In the user agent. A later one may have left the protocol behind, and gets what Gradio names."""
MAX_OPEN_CALLS = 1000
"""Calls that have no answer yet; one more is refused as Gradio refuses where its queue is full."""
VALUES_TIMEOUT_S = 20.0
HEARTBEAT_S = 15.0
"""So that a proxy between does not take a call that waits for minutes for a dead one."""


def config_for(user_agent: str, config: bytes) -> bytes:
    """Gradio's configuration as JSON, with the protocol that this program is to use."""
    if not KNOWN_CLIENTS.search(user_agent):
        return config
    return orjson.dumps(orjson.loads(config) | {"protocol": PROTOCOL})


class _Calls:
    """The open calls: by id, whose they are and where their values go."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.open: dict[str, tuple[str, asyncio.Future[list[Any]]]] = {}

    def function(self, fn_index: int) -> BlockFunction:
        """A public function by its number. Raises HTTPException; events of the pages are none."""
        function = self.blocks.fns.get(fn_index)
        if function is None or function.api_visibility != "public":
            raise HTTPException(404)
        return function

    async def stream(self, fn_index: int, session_hash: str, request: Request) -> AsyncIterator[str]:
        """What the caller reads, from the request for the values to the answer."""
        call_id = secrets.token_hex(16)
        values: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self.open[call_id] = _caller(request), values
        answer: asyncio.Task[str] | None = None
        try:
            yield _message("send_data", event_id=call_id)
            async with asyncio.timeout(VALUES_TIMEOUT_S):
                data = await values
            answer = asyncio.create_task(self._answer(fn_index, data, session_hash, request))
            while not (await asyncio.wait([answer], timeout=HEARTBEAT_S))[0]:
                yield _message("heartbeat")
            yield answer.result()
        except TimeoutError:
            return
        finally:
            del self.open[call_id]
            if answer is not None:
                answer.cancel()

    async def _answer(self, fn_index: int, data: list[Any], session_hash: str, request: Request) -> str:
        function = self.function(fn_index)
        body = PredictBodyInternal(data=data, fn_index=fn_index, session_hash=session_hash, request=request)
        user = _caller(request) or None
        asked = route_utils.compile_gr_request(body, fn=function, username=user, request=request)
        app = self.blocks.app
        root = route_utils.get_root_url(request=request, route_path=request.url.path, root_path=app.root_path)
        try:
            output = await route_utils.call_process_api(app, body, asked, function, root)
        except Exception as error:  # already one sentence: see studio.web.blocks
            output = error_payload(error, show_error=False)
            return _message("process_completed", output=output, success=False)
        return _message("process_completed", output=output, success=True)


def router(blocks: Blocks) -> APIRouter:
    """The two addresses, which Gradio itself uses with the other methods."""
    calls = _Calls(blocks)
    api = APIRouter(prefix="/gradio_api/queue", include_in_schema=False)

    @api.get("/join")
    async def join(fn_index: int, session_hash: str, request: Request) -> StreamingResponse:
        calls.function(fn_index)
        if len(calls.open) >= MAX_OPEN_CALLS:
            full = iter([_message("queue_full")])
            return StreamingResponse(full, media_type="text/event-stream")
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        stream = calls.stream(fn_index, session_hash, request)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    @api.post("/data")
    async def send(
        request: Request,
        event_id: Annotated[str, Body()],
        data: Annotated[list[Any] | None, Body()] = None,
    ) -> dict[str, bool]:
        caller, values = calls.open.get(event_id, ("", None))
        if values is None or values.done() or caller != _caller(request):
            raise HTTPException(404)
        values.set_result(data or [])
        return {"success": True}

    return api


def _caller(request: Request) -> str:
    """The key of who asks, as the access middleware noted it; "" in a studio without accounts."""
    return (request.scope.get("state") or {}).get("user") or ""


def _message(name: str, **values: Any) -> str:
    return f"data: {orjson.dumps({'msg': name} | values, default=str).decode()}\n\n"
