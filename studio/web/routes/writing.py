"""Writing with a language model over HTTP: whether it can be used, what it would cost, and the answer as it comes.

An answer is a stream of server-sent events: `delta` {text}, `thinking` {} while the model thinks, then `done` {text or
script, model, tokens_in, tokens_out, usd, estimated, warnings} or `error` {message}. What is refused before the first
event is an ordinary answer with its status. A page that closes the connection ends the question.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from studio.domain import JSON
from studio.payload import Payload
from studio.services.writing_calls import WritingCall
from studio.services.writing_tasks import BODIES, Expand, ReadScript, Retake, Shots, Translate, Treatment, WritingKind
from studio.web.encoding import json_bytes
from studio.web.language import language_of
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class EventResponse(StreamingResponse):
    """The events of one call, which is closed with the response, also where nothing of it was ever read."""

    def __init__(self, call: WritingCall, language: str) -> None:
        super().__init__(_events(call, language), media_type="text/event-stream", headers=HEADERS)
        self._call = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As StreamingResponse's."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._call.close()


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/writing."""
    api = APIRouter(prefix="/ui/writing", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def available(actor: ActorKey) -> JSON:
        return asdict(studio.acting_for(actor).writing.available())

    @api.post("/estimate")
    def estimate(body: Annotated[dict[str, Any], Body()], actor: ActorKey) -> JSON:
        writing = studio.acting_for(actor).writing
        fields = dict(body)
        kind = KindChoice.model_validate({"kind": fields.pop("kind", None)}).kind
        return asdict(writing.estimate(BODIES[kind].model_validate(fields)))

    async def started(actor: str, body: Payload, request: Request) -> EventResponse:
        call = await run_in_threadpool(lambda: studio.acting_for(actor).writing.start(body))
        return EventResponse(call, language_of(request))

    @api.post("/expand")
    async def expand(body: Expand, actor: ActorKey, request: Request) -> EventResponse:
        return await started(actor, body, request)

    @api.post("/translate")
    async def translate(body: Translate, actor: ActorKey, request: Request) -> EventResponse:
        return await started(actor, body, request)

    @api.post("/treatment")
    async def treatment(body: Treatment, actor: ActorKey, request: Request) -> EventResponse:
        return await started(actor, body, request)

    @api.post("/shots")
    async def shots(body: Shots, actor: ActorKey, request: Request) -> EventResponse:
        return await started(actor, body, request)

    @api.post("/script")
    async def script(body: ReadScript, actor: ActorKey, request: Request) -> EventResponse:
        return await started(actor, body, request)

    @api.post("/retake")
    async def retake(body: Retake, actor: ActorKey, request: Request) -> EventResponse:
        return await started(actor, body, request)

    return api


class KindChoice(Payload):
    """Which kind of work an estimate is asked for."""

    kind: WritingKind


async def _events(call: WritingCall, language: str) -> AsyncIterator[bytes]:
    async for event in call.events():
        if event.name == "alive":
            yield b": still here\n\n"
        else:
            yield b"event: " + event.name.encode() + b"\ndata: " + json_bytes(event.data, language) + b"\n\n"
