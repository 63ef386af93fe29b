"""The front page on its way out: our head goes in before Gradio's scripts, and the page is compressed.

Gradio adds `launch(head=...)` by script once its own code runs, too late for styles. The page holds the configuration
of every component, 100 KB and more of JSON that shrinks to a tenth. Only `/` and `/config` are touched: media must keep
their ranges, and event streams must not be held back.
"""

from __future__ import annotations

import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGES = ("/", "/config", "/config/")
LEVEL = 5
BEFORE = b"<script>window.gradio_config"
"""Where our head goes in: after the character set and base, before any script of Gradio's."""

SMALL_BYTES = 1024


class Front:
    """ASGI middleware for the page and its configuration; everything else passes untouched."""

    def __init__(self, app: ASGIApp, head: str) -> None:
        self.app, self.head = app, head.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the page changed on its way."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or _path(scope) not in PAGES:
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def gather(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._answer(scope, start, bytes(body), send)

        await self.app(scope, receive, gather)

    async def _answer(self, scope: Scope, start: Message, body: bytes, send: Send) -> None:
        headers = MutableHeaders(scope=start)
        if headers.get("content-type", "").startswith("text/html"):
            body = body.replace(BEFORE, self.head + BEFORE, 1)
        packs = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if packs and len(body) >= SMALL_BYTES and "content-encoding" not in headers:
            body = gzip.compress(body, LEVEL)
            headers["content-encoding"] = "gzip"
        headers.add_vary_header("accept-encoding")
        headers["content-length"] = str(len(body))
        headers["cache-control"] = "no-store"
        await send(start)
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _path(scope: Scope) -> str:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return path or "/"
