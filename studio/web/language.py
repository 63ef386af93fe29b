"""The language of who asks: pages get the studio's messages in theirs, programs get English."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import Scope

from studio.messages import ENGLISH, answer, worded
from studio.web.encoding import json_bytes

COOKIE = "studio_language"
"""Set by assets/js/shell.js to the language the page is in."""
_answer_language: ContextVar[str] = ContextVar("reader", default=ENGLISH)


def language_of(request: Any) -> str:
    """The language of the page that asks: its cookie, else what its browser prefers; English for programs.

    request: Starlette's or Gradio's, or None.
    """
    if request is None:
        return ENGLISH
    accepted = request.headers.get("accept-language") or ENGLISH
    preferred = request.cookies.get(COOKIE) or accepted
    return "zh-CN" if preferred.lower().startswith("zh") else ENGLISH


@contextlib.contextmanager
def answer_language(language: str) -> Iterator[None]:
    """Answers made inside are worded in this language."""
    token = _answer_language.set(language)
    try:
        yield
    finally:
        _answer_language.reset(token)


def error_json(scope: Scope, error: str, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """{"error", "error_id", "error_values"}, the sentence in the language of who asks."""
    words = worded(error, language_of(HTTPConnection(scope)))
    return JSONResponse(answer(error) | {"error": words}, status, headers=dict(headers or {}))


class PageJSON(JSONResponse):
    """JSON for our pages: every message in it is worded in the reader's language."""

    def render(self, content: Any) -> bytes:
        """As JSONResponse's."""
        return json_bytes(content, _answer_language.get())
