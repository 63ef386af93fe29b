"""Scripts before anything is made of them: a text file as text, a text as shots. Reading runs in a worker thread."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from studio.domain import JSON
from studio.errors import CapabilityError, NotFound
from studio.media import plain_text
from studio.messages import Message
from studio.payload import Payload
from studio.prompt.script import read as reader
from studio.prompt.script.read import MAX_SCRIPT_CHARS
from studio.web.errors import SentenceRoute
from studio.web.routes.script_json import forms_json, script_json

MAX_FILE_BYTES = 4 * MAX_SCRIPT_CHARS + 4
"""Longest script in the widest encoding, with its mark."""


class ScriptText(Payload):
    """A script as it was pasted. form: the id of the form it is in; "" finds out."""

    text: str = Field(max_length=MAX_SCRIPT_CHARS)
    form: str = Field("", max_length=40)


def router() -> APIRouter:
    """The routes under /ui/scripts."""
    api = APIRouter(prefix="/ui/scripts", route_class=SentenceRoute, include_in_schema=False)

    @api.post("/read")
    def read(body: ScriptText) -> JSON:
        """What the script says, where each word of it went, and the forms that it may be in."""
        script = reader.read(body.text, body.form)
        return script_json(script, body.text) | {"forms": forms_json(reader.scores(body.text))}

    @api.post("/decode")
    async def decode(request: Request, name: Annotated[str, Query(max_length=300)]) -> JSON:
        """The text of the file in the body."""
        name = Path(name).name
        text = await run_in_threadpool(plain_text.decode, await _body(request, name), name=name)
        if len(text) > MAX_SCRIPT_CHARS:
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
    return CapabilityError(Message("textfile.too_long", name=name, most=f"{MAX_SCRIPT_CHARS:,}"), field="file")
