"""Scripts before anything is made of them: a text file as text, whatever wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from studio.domain import JSON
from studio.errors import CapabilityError, NotFound
from studio.media import plain_text
from studio.messages import Message
from studio.web.errors import SentenceRoute

MAX_CHARS = 200_000
"""Longest script, in characters (code points)."""
MAX_FILE_BYTES = 4 * MAX_CHARS + 4
"""The same in the widest encoding, with its mark."""


def router() -> APIRouter:
    """The routes under /ui/scripts."""
    api = APIRouter(prefix="/ui/scripts", route_class=SentenceRoute, include_in_schema=False)

    @api.post("/decode")
    async def decode(request: Request, name: Annotated[str, Query(max_length=300)]) -> JSON:
        """The text of the file in the body."""
        name = Path(name).name
        text = await run_in_threadpool(plain_text.decode, await _body(request, name), name=name)
        if len(text) > MAX_CHARS:
            raise _too_long(name)
        return {"text": text}

    return api


async def _body(request: Request, name: str) -> bytes:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_FILE_BYTES:
            raise _too_long(name)
    if not raw:
        raise NotFound(Message("upload.none"))
    return bytes(raw)


def _too_long(name: str) -> CapabilityError:
    return CapabilityError(Message("textfile.too_long", name=name, most=f"{MAX_CHARS:,}"), field="file")
