"""Answers that a browser keeps and asks again for: 304 where nothing has changed, without making the answer anew."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from starlette.requests import Request

from studio.web.language import language_of

REVALIDATED = "private, no-cache"
"""Kept by the browser, which asks before each use."""
BOOT = secrets.token_hex(8)
"""Counters begin anew when the studio does."""


def answer_tag(request: Request, *state: object) -> str:
    """An ETag of what this request is answered in this state. state: who asks, and all that the answer is made from.

    Weak: what is compressed on the way has the same content in other bytes.
    """
    asked = (BOOT, request.url.path, request.url.query, language_of(request), *state)
    return f'W/"{hashlib.blake2b(repr(asked).encode(), digest_size=12).hexdigest()}"'


def names_tag(headers: Mapping[str, str], tag: str) -> bool:
    """Whether the asker has the answer with this ETag already."""
    wanted = tag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") == wanted for one in headers.get("if-none-match", "").split(","))
