"""Who asks, and from which page: the owner of an HTTP request, and the refusal of requests made by foreign pages.

Everything that changes something is refused when the browser says that another site's page sent it. Programs send
no Origin and no Sec-Fetch-Site; they carry no cookies of ours either, so they pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.errors import NotAllowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_PORTS = {"http": 80, "https": 443}


def owner_of(request: Request) -> str:
    """The user on whose behalf the request is made; "" is the single local user, who sees everything."""
    state = request.scope.get("state") or {}
    return state.get("user") or ""


def keeper_of(request: Request) -> str:
    """As owner_of, for what concerns the whole house: limits, backups, the pause. NotAllowed for a named user."""
    if owner := owner_of(request):
        raise NotAllowed(f"Only the studio's keeper may do this, not {owner}.")
    return owner


def from_own_page(headers: Mapping[str, str], *, origins: Iterable[str] = ()) -> bool:
    """Whether a request that changes something may come from a page of this studio, or from no page at all.

    origins: further origins that are ours, such as https://studio.example, for a proxy that rewrites Host. "null" (a
    sandboxed frame, a local file) is nobody's page. Source: Fetch standard, Origin and Sec-Fetch-Site headers.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    if origin in set(origins):
        return True
    scheme, separator, _ = origin.partition("://")
    theirs = _place(origin) if separator else None
    ours = (headers.get("host", ""), headers.get("x-forwarded-host", ""))
    return theirs is not None and theirs in [_place(f"{scheme}://{host}") for host in ours if host]


def _place(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname.lower(), port) if parts.hostname and port else None


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def hosts_of(bound: str, origins: Iterable[str]) -> frozenset[str] | None:
    """Names under which the studio answers; None means any.

    A studio bound to this machine only answers to this machine's names and to the origins it was told, so that a page
    that points its own name at 127.0.0.1 (DNS rebinding) reads nothing. One bound to a network cannot know its names.
    """
    if bound not in LOOPBACK:
        return None
    told = (_place(origin) for origin in origins)
    return LOOPBACK | {place[0] for place in told if place}


class Guard:
    """ASGI middleware: 403 for a change wished by a foreign page, 421 for a foreign name; safe headers on every answer.

    Plain ASGI, for a middleware that wraps the body would buffer streams of events.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str] = (), hosts: frozenset[str] | None = None) -> None:
        self.app, self.origins, self.hosts = app, frozenset(origins), hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if self.hosts is not None and not self._answers_to(Headers(scope=scope).get("host", "")):
            said = "This studio does not answer under this name. Set STUDIO_ORIGINS to the address you use."
            await JSONResponse({"error": said}, 421)(scope, receive, send)
            return
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if changes and not from_own_page(Headers(scope=scope), origins=self.origins):
            await JSONResponse({"error": "This request came from another site's page and was refused."}, 403)(
                scope, receive, send
            )
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "same-origin")
            await send(message)

        await self.app(scope, receive, with_headers)

    def _answers_to(self, host: str) -> bool:
        place = _place(f"http://{host}")
        return place is not None and place[0] in (self.hosts or ())
