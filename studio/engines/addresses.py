"""Where a link from a provider's answer may lead: the public internet, or the provider's own host and port.

A provider's answer must not make the studio read its neighbours. A name is resolved once, its addresses are judged,
and the connection goes to a judged address, so that a name which changes between the two (DNS rebinding) gains nothing.
Link-local addresses, where clouds answer with secrets, are never allowed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast

import httpcore
import httpx

from studio.engines.transport import LeanTransport
from studio.errors import EngineError, Unavailable
from studio.messages import Message

MAX_LINK_CHARS = 8192
"""Longest link. Signed links have a few hundred characters."""
PORTS = {"http": 80, "https": 443}
PRIVATE_NAMES = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
"""Endings of names that only a local network knows (RFC 6761, 6762, 8375, and ICANN's .internal)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class LinkGone(EngineError):
    """The link is not valid (any more); a new look at the run may give a fresh one."""


@dataclass(frozen=True)
class AllowedHosts:
    """Hosts and ports of the provider itself, which may be private.

    anywhere: for the links of an engine on this machine, which are the studio's own.
    """

    places: tuple[tuple[str, int], ...] = ()
    anywhere: bool = False

    @classmethod
    def of(cls, *base_urls: str) -> AllowedHosts:
        """The home of these base URLs; nowhere private, where they are none."""
        places: dict[tuple[str, int], None] = {}
        for base in base_urls:
            with suppress(httpx.InvalidURL):
                url = httpx.URL(base)
                places[url.host, url.port or PORTS.get(url.scheme, 0)] = None
        return cls(tuple(place for place in places if place[0]))


NOWHERE, ANYWHERE = AllowedHosts(), AllowedHosts(anywhere=True)
_home: ContextVar[AllowedHosts] = ContextVar("home", default=NOWHERE)


@lru_cache(512)
def parse(link: str) -> httpx.URL:
    """The link as a URL. Raises LinkGone for one that no request can be made to.

    Runs that wait are asked for by the same link again and again, and reading one takes as long as sending it.
    """
    try:
        if len(link) > MAX_LINK_CHARS or _CONTROL.search(link):
            raise ValueError
        url = httpx.URL(link)
        if url.scheme not in PORTS or not url.host or not 0 < (url.port or PORTS[url.scheme]) < 65536:
            raise ValueError
        url.host.encode("idna" if not url.host.isascii() else "ascii")
        _ = url.raw_host
    except (httpx.InvalidURL, ValueError, TypeError):
        raise LinkGone(Message("link.not_valid", link=shown(link)), code="link") from None
    return url


def looks_public(link: str) -> bool:
    """Whether others may be asked to open the link, as far as its text tells: nothing is looked up."""
    try:
        host = parse(link).host
    except LinkGone:
        return False
    with suppress(ValueError):
        return _public(ipaddress.ip_address(host))
    return "." in host.strip(".") and not host.lower().rstrip(".").endswith(PRIVATE_NAMES)


def shown(link: str) -> str:
    """The beginning of a link, fit for a sentence."""
    text = "".join(c if c.isprintable() else "\ufffd" for c in link[:61])
    return f"{text[:60]}…" if len(text) > 60 else text or Message("link.empty")


async def allowed(host: str, port: int, home: AllowedHosts) -> list[str]:
    """The addresses of the host that may be connected to. Raises LinkGone where there is none, Unavailable where the
    name cannot be found."""
    found = await _resolved(host, port)
    private = [address for address, _ in found if not _public(address)]
    mine = [own for own, own_port in home.places if own_port == port] if private else []
    own = {a for name in mine for a, _ in await _resolved(name, port)}
    good = [text for a, text in found if _public(a) or ((home.anywhere or a in own) and not a.is_link_local)]
    if not good:
        said = Message("link.private", host=shown(host))
        raise LinkGone(said, code="private")
    return good


async def check(url: httpx.URL, home: AllowedHosts) -> None:
    """Raise LinkGone for a URL that leads nowhere allowed."""
    await allowed(url.host, url.port or PORTS[url.scheme], home)


@cache
def ssl_context() -> ssl.SSLContext:
    """The certificates that every client trusts: loading them takes 20 ms and 0.8 MB, so all share one context."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Transport(httpx.AsyncBaseTransport):
    """Connects only to addresses that `allowed` names for the `home` of the request (extension "home")."""

    def __init__(self, limits: httpx.Limits) -> None:
        self._lean = LeanTransport(limits, ssl_context(), _PinnedPool(limits), _allowed_here)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, with the home of this request known to whoever opens the connection."""
        home, url = request.extensions.get("home", NOWHERE), request.url
        with suppress(ValueError):
            ipaddress.ip_address(url.host)
            await check(url, home)  # an address that is written as such is never looked up
        token = _home.set(home)
        try:
            return await self._lean.handle_async_request(request)
        finally:
            _home.reset(token)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._lean.aclose()


def client(limits: httpx.Limits, timeout: httpx.Timeout) -> httpx.AsyncClient:
    """A client for links from answers. It follows no redirect by itself, since each must be looked at first.

    Behind a proxy (HTTPS_PROXY and the like) the proxy resolves names, so only the check before the request holds.
    """
    return _client(limits, timeout, Transport)


def trusted_client(limits: httpx.Limits, timeout: httpx.Timeout) -> httpx.AsyncClient:
    """A client for addresses that the user or the studio gave. It follows no redirect."""
    whole = httpx.AsyncHTTPTransport(verify=ssl_context(), limits=limits)
    return _client(limits, timeout, lambda limits: LeanTransport(limits, ssl_context(), whole))


def _client(
    limits: httpx.Limits, timeout: httpx.Timeout, transport: Callable[[httpx.Limits], httpx.AsyncBaseTransport]
) -> httpx.AsyncClient:
    """httpx alone where there is a proxy, for it reads all the settings and speaks to every kind of them."""
    proxied = {"http", "https", "all"} & set(urllib.request.getproxies())
    return _Client(
        verify=ssl_context(),
        timeout=timeout,
        limits=limits,
        follow_redirects=False,
        transport=None if proxied else transport(limits),
    )


class _Client(httpx.AsyncClient):
    """Keeps no cookies: no API needs them, and looking for them takes as long as reading the answer."""

    @property
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """None are kept."""


_NO_COOKIES = _NoCookies()


async def _allowed_here(host: str, port: int) -> list[str]:
    return await allowed(host, port, _home.get())


class _PinnedPool(httpx.AsyncHTTPTransport):
    """httpx's pool of connections to judged addresses."""

    def __init__(self, limits: httpx.Limits) -> None:
        super().__init__(verify=ssl_context(), limits=limits)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Pinned(),
        )


class _Pinned(httpcore.AsyncNetworkBackend):
    """Resolves, judges and connects in one step."""

    def __init__(self) -> None:
        self._backend = cast(httpcore.AsyncNetworkBackend, httpcore.AnyIOBackend())

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        fault: Exception = httpcore.ConnectError(Message("link.no_address", host=host))
        for address in await _allowed_here(host, port):
            try:
                return await self._backend.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("no local sockets")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolved(host: str, port: int) -> list[tuple[Address, str]]:
    """(address, as text) of a name, or of an address written as such, in the system's order."""
    host = host.strip("[]")
    try:
        return [(_embedded_ipv4(ipaddress.ip_address(host)), host)]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or Message("link.no_such_name")
        raise Unavailable(Message("link.not_found", host=shown(host), why=why)) from error
    texts = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [(_embedded_ipv4(ipaddress.ip_address(text.partition("%")[0])), text) for text in texts]


def _embedded_ipv4(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one (::ffff:127.0.0.1, 64:ff9b::7f00:1), which reaches the same host."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.sixtofour:
            return address.sixtofour
    return address


def _public(address: Address) -> bool:
    return address.is_global and not address.is_multicast
