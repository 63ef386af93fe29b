"""Our scripts, styles, icons, fonts and the tables of words as answers: read and compressed once, then from memory.

A page's first load asks for dozens of them. `ProgramFiles` answers before routing, which takes longer than the answer.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.messages import Message
from studio.web.i18n import tables
from studio.web.static import ASSETS, SERVED, TYPES, assets_digest

PREFIX = "/ui/assets/"
IMMUTABLE = "private, max-age=31536000, immutable"
COMPRESSED = frozenset({".js", ".css", ".svg"})
MIN_GZIP_BYTES = 1024
WORDS = {f"words/{language}.js": language for language in ("en", "zh-CN")}
"""Made from the tables of assets/i18n: window.studioWords, as assets/js/shell.js reads it."""
_ASKED = re.compile(r'"ui/assets/[0-9a-f]+/([^"]+)"')


def program_file(digest: str, path: str, *, accept_encoding: str = "") -> Response:
    """A program file. An address of another version gets the file, but not for ever."""
    packed = "gzip" in accept_encoding
    found = _read(path, packed)
    if found is None:
        return Response(Message("file.no_such"), 404, media_type="text/plain")
    body, media_type, is_packed = found
    caching = IMMUTABLE if digest == assets_digest() else "no-cache"
    headers = {"cache-control": caching, "x-content-type-options": "nosniff", "vary": "accept-encoding"}
    return Response(body, headers=headers | ({"content-encoding": "gzip"} if is_packed else {}), media_type=media_type)


def warm_up(html: str) -> None:
    """Read and compress the program files that this HTML asks for, so that the first page does not wait for that."""
    for path in _ASKED.findall(html):
        _read(path, True)


@lru_cache(maxsize=1024)
def _read(path: str, packed: bool) -> tuple[bytes, str, bool] | None:
    """Bytes, type, and whether they are compressed; None for what is no program file."""
    if language := WORDS.get(path):
        body, suffix = _words(language), ".js"
    else:
        file = (ASSETS / path.replace("\0", "")).resolve()  # a path with NUL is an error for the system, not a file
        is_served = any(file.is_relative_to(ASSETS / folder) for folder in SERVED)
        if not is_served or file.suffix not in TYPES or not file.is_file():
            return None
        body, suffix = file.read_bytes(), file.suffix
    if packed and suffix in COMPRESSED and len(body) >= MIN_GZIP_BYTES:
        return gzip.compress(body, 9, mtime=0), TYPES[suffix], True
    return body, TYPES[suffix], False


def _words(language: str) -> bytes:
    return f"window.studioWords = {json.dumps({language: tables()[language]}, ensure_ascii=False)};\n".encode()


class ProgramFiles:
    """ASGI middleware: program files are answered here, everything else passes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX):
            digest, _, path = scope["path"].removeprefix(PREFIX).partition("/")
            accepted = Headers(scope=scope).get("accept-encoding", "")
            await program_file(digest, path, accept_encoding=accepted)(scope, receive, send)
            return
        await self.app(scope, receive, send)
