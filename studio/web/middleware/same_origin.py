"""Who asks, and from which page: the actor of an HTTP request, and the refusal of requests made by foreign pages.

Reads are guarded like writes: a page of another origin gets no answer, whatever the route, and no CORS headers. Only a
link to a page of ours is followed from elsewhere. Programs send no Origin and no Sec-Fetch-Site, and pass.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from starlette import types
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.messages import Message
from studio.settings import is_loopback
from studio.web.language import error_json

ActorDependency = Callable[[HTTPConnection], str | Awaitable[str]]
"""A dependency of routes that gives the key of who asks, or raises."""

DEFAULT_PORTS = {"http": 80, "https": 443}
PAGES = frozenset({"/", "/login", "/join", "/decide", "/shared/", "/shared/r"})
"""Addresses that a link or a bookmark on another site may open."""

ANSWERS = frozenset({"/login/callback"})
"""Addresses to which another site sends a browser back with an answer, which is checked there."""

WEBHOOK = re.compile(r"/hooks/[\w-]{20,64}(/callback)?", re.ASCII)
"""Addresses that providers call, each with a token that is its own permission; see studio.web.routes.webhooks."""

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
PRIVATE_DOMAINS = (".local", ".lan", ".internal", ".localdomain", ".home.arpa")
"""Endings that nobody can register: names under them are given by the network that the reader is in."""


def actor_of(request: HTTPConnection) -> str:
    """The key of the actor on whose behalf the request is made; "" is the local user of a studio without accounts."""
    state = request.scope.get("state") or {}
    return state.get("user") or ""


async def asking_actor(request: HTTPConnection) -> str:
    """`actor_of` as a dependency of routes. FastAPI would wait for a thread to call a function that is not async."""
    return actor_of(request)


def from_own_page(headers: Mapping[str, str], *, origins: Iterable[str] = ()) -> bool:
    """Whether a request may come from a page of this studio, or from no page at all.

    origins: further origins that are ours, such as https://studio.example, for a proxy that rewrites Host. "null" (a
    sandboxed frame, a local file) is nobody's page. Browsers leave Sec-Fetch-Site out on plain HTTP beyond this
    machine; there Origin and Referer tell. Source: Fetch standard, Origin and Sec-Fetch-Site headers.
    """
    site = headers.get("sec-fetch-site", "")
    origin = headers.get("origin")
    if origin is not None:
        return _is_ours(origin, headers, origins)
    if site:
        return site in ("same-origin", "none")
    referer = headers.get("referer", "")
    return not referer or _is_ours(referer, headers, origins)


def _is_ours(url: str, headers: Mapping[str, str], origins: Iterable[str]) -> bool:
    host_and_port = _host_and_port(url)
    if host_and_port is None:
        return False
    scheme = url.partition("://")[0]
    return host_and_port == _host_and_port(f"{scheme}://{headers.get('host', '')}") or _origin(url) in set(origins)


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower()


def _host_and_port(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname.lower(), port) if parts.hostname and port else None


def is_webhook(scope: Scope) -> bool:
    """Whether this is a provider's call: it knows no password, and comes under the public name."""
    return scope["type"] == "http" and scope["method"] == "POST" and WEBHOOK.fullmatch(scope["path"]) is not None


@dataclass(frozen=True)
class HostNames:
    """The names under which a studio answers, so that a page which points its own name here (DNS rebinding) reads
    nothing. A studio on a network also answers to IP addresses and to names that no foreign site can have: without a
    dot, or under a private ending."""

    names: frozenset[str]
    on_network: bool

    def __contains__(self, host: object) -> bool:
        """host: the Host header, with or without a port."""
        host_and_port = _host_and_port(f"http://{host}")
        if host_and_port is None:
            return False
        name = host_and_port[0].rstrip(".")
        if name in self.names or name.endswith(".localhost") or (_is_address(name) and is_loopback(name)):
            return True
        return self.on_network and (_is_address(name) or "." not in name or name.endswith(PRIVATE_DOMAINS))


def hosts_of(listen_host: str, origins: Iterable[str]) -> HostNames:
    """The names for a studio that listens on `listen_host` and is shown under `origins`."""
    origin_names = frozenset(place[0] for place in map(_host_and_port, origins) if place)
    if is_loopback(listen_host):
        return HostNames(LOOPBACK_NAMES | origin_names, on_network=False)
    return HostNames(LOOPBACK_NAMES | origin_names | {listen_host.lower()} | _own_names(), on_network=True)


@cache
def _own_names() -> frozenset[str]:
    return frozenset({socket.gethostname().lower()})


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware: 421 for a foreign name, 403 for what a foreign page asks.

    framed: other sites may show our pages in a frame. Plain ASGI, for a middleware that wraps the body would buffer
    streams of events.
    """

    def __init__(
        self, app: ASGIApp, origins: Iterable[str] = (), hosts: HostNames | None = None, *, framed: bool = False
    ) -> None:
        self.app, self.hosts = app, hosts
        self.origins = frozenset(origin.lower() for origin in origins)
        self.destinations = ("document", "iframe") if framed else ("document",)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket") or is_webhook(scope):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self.hosts is not None and headers.get("host", "") not in self.hosts:
            message = Message("access.other_name")
            await refuse(scope, receive, send, message, 421)
        elif self._allowed(scope, headers):
            await self.app(scope, receive, send)
        else:
            message = Message("access.other_site")
            await refuse(scope, receive, send, message, 403)

    def _allowed(self, scope: Scope, headers: Headers) -> bool:
        if scope["type"] == "http" and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return False  # no page of another origin is ever let in, so no preflight is answered
        return from_own_page(headers, origins=self.origins) or self._is_link(scope, headers)

    def _is_link(self, scope: Scope, headers: Headers) -> bool:
        """A page of ours opened from a link elsewhere: the window goes there, and the other page reads nothing."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or "origin" in headers:
            return False
        if scope["path"] not in PAGES | ANSWERS:
            return False
        destination = headers.get("sec-fetch-dest", "document")
        return headers.get("sec-fetch-mode", "navigate") == "navigate" and destination in self.destinations


async def refuse(scope: Scope, receive: Receive, send: Send, sentence: str, status: int) -> None:
    """Answer {"error": sentence}; a websocket is closed before it opens."""
    if scope["type"] == "websocket":
        closed: types.Message = {"type": "websocket.close", "code": 1008, "reason": sentence[:120]}
        await send(closed)
        return
    await error_json(scope, sentence, status, {"cache-control": "no-store"})(scope, receive, send)
