"""The front page on its way out: our head goes in before Gradio's scripts, and the page is compressed.

Gradio adds `launch(head=...)` by script once its own code runs, too late for styles. The configuration is 100 KB and
more of JSON that shrinks to a tenth, on the page without the API. Only `/` and `/config` are touched: media must keep
their ranges, and event streams must not be held back.
"""

from __future__ import annotations

import gzip
import re
import secrets
from collections.abc import Callable, Iterable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.web.language import language_of
from studio.web.middleware.page_config import lean_page
from studio.web.middleware.same_origin import actor_of
from studio.web.middleware.security_headers import page_policy

PAGES = ("/", "/config", "/config/")
GZIP_LEVEL = 5
HEAD_MARKER = b"<script>window.gradio_config"
"""Where our head goes in: after the character set and base, before any script of Gradio's."""

GRADIO_MANIFEST = b'<link rel="manifest" href="/manifest.json" />'
"""Names an app of Gradio's, at an address without our path prefix; ours is in the head."""

SCRIPT = re.compile(rb"<script(?=[\s>])")
"""A script element of the page. The configuration inside of one writes every < as \\u003c."""

MIN_GZIP_BYTES = 1024
MAX_KEPT = 16
"""Pages of Gradio's that are kept, 50 KB each."""


class FrontPage:
    """ASGI middleware for the page and its configuration; everything else passes untouched.

    head: HTML of the page's head in a language. banner: HTML for the top of its body. tags: further HTML of the head,
    for the actor's key and the query of the address; it may read the database. ancestors: origins that may frame the
    page. config: the configuration as this user agent is to get it.
    """

    def __init__(
        self,
        app: ASGIApp,
        head: Callable[[str], str],
        *,
        tags: Callable[[str, Mapping[str, str]], str],
        banner: str = "",
        ancestors: Iterable[str] = (),
        config: Callable[[str, bytes], bytes] = lambda _, body: body,
    ) -> None:
        self.app, self.head, self.banner, self.ancestors = app, head, banner.encode(), tuple(ancestors)
        self.tags, self.config = tags, config
        self._kept: dict[tuple[object, ...], tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the page changed on its way."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or _path(scope) not in PAGES:
            await self.app(scope, receive, send)
            return
        key = _key(scope)
        if kept := self._kept.get(key):
            await self._answer(scope, {**kept[0], "headers": [*kept[0]["headers"]]}, kept[1], send)
            return
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._answer(scope, start, self._keep(key, start, bytes(body)), send)

        await self.app(scope, receive, collect)

    def _keep(self, key: tuple[object, ...], start: Message, body: bytes) -> bytes:
        """Gradio's page without what our page does not need. Kept for who asked: Gradio copies its configuration three
        times for each page, which is the same until the next start, and took nine tenths of the answer."""
        if start["status"] != 200 or not Headers(raw=start["headers"]).get("content-type", "").startswith("text/html"):
            return body
        page = lean_page(body)
        if key:
            while len(self._kept) >= MAX_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = {**start, "headers": [*start["headers"]]}, page
        return page

    async def _answer(self, scope: Scope, start: Message, body: bytes, send: Send) -> None:
        headers = MutableHeaders(scope=start)
        if headers.get("content-type", "").startswith("text/html"):
            nonce = secrets.token_urlsafe(16)
            request = Request(scope)
            own = ""
            if start["status"] == 200:
                own = await run_in_threadpool(self.tags, actor_of(request), request.query_params)
            body = self._page(body, (own + self.head(language_of(request))).encode(), nonce)
            headers["content-security-policy"] = page_policy(nonce, self.ancestors)
        elif start["status"] == 200:
            body = self.config(Headers(scope=scope).get("user-agent", ""), body)
        accepts_gzip = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if accepts_gzip and len(body) >= MIN_GZIP_BYTES and "content-encoding" not in headers:
            body = gzip.compress(body, GZIP_LEVEL)
            headers["content-encoding"] = "gzip"
        headers.add_vary_header("accept-encoding")
        headers["content-length"] = str(len(body))
        headers["cache-control"] = "no-store"
        await send(start)
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _page(self, body: bytes, head: bytes, nonce: str) -> bytes:
        """The page with our head, the banner, and the nonce on each of its scripts."""
        body = body.replace(GRADIO_MANIFEST, b"", 1).replace(HEAD_MARKER, head + HEAD_MARKER, 1)
        if self.banner:
            body = re.sub(rb"<body[^>]*>", lambda match: match[0] + self.banner, body, count=1)
        return SCRIPT.sub(f'<script nonce="{nonce}"'.encode(), body)


def _key(scope: Scope) -> tuple[object, ...]:
    """What Gradio's page hangs on: who asks, and under which address; empty where it may hang on more."""
    if _path(scope) != "/" or scope["method"] != "GET" or b"deep_link" in scope.get("query_string", b""):
        return ()
    names = [(name, value) for name, value in scope["headers"] if name == b"host" or name.startswith(b"x-")]
    return actor_of(Request(scope)), scope["scheme"], scope.get("root_path", ""), *sorted(names)


def _path(scope: Scope) -> str:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return path or "/"
