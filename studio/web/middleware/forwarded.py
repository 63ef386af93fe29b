"""What a proxy says of the browser behind it: X-Forwarded-Host, -Proto and -For count from named proxies only.

Anyone can write these headers, a page's script too; from others they are taken out before anything reads them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

FORWARDED_HEADERS = frozenset(
    {
        *(b"forwarded", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-for", b"x-forwarded-port"),
        *(b"x-forwarded-server", b"x-forwarded-prefix", b"x-forwarded-scheme", b"x-real-ip"),
    }
)


class Forwarded:
    """ASGI middleware: puts the browser's address, scheme and host name in the place of a trusted proxy's.

    proxies: addresses or networks, such as 10.0.0.2 or 172.16.0.0/12.
    """

    def __init__(self, app: ASGIApp, proxies: Iterable[str] = ()) -> None:
        self.app, listed = app, list(proxies)
        self.networks = [ipaddress.ip_network(proxy) for proxy in listed]
        self.proxied_app = ProxyHeadersMiddleware(app, listed)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, as the browser sent it to the proxy."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if self._is_proxy(scope.get("client")):
            scope["headers"] = _with_host(scope)
            await self.proxied_app(scope, receive, send)  # type: ignore[arg-type]
            return
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in FORWARDED_HEADERS]
        await self.app(scope, receive, send)

    def _is_proxy(self, client: tuple[str, int] | None) -> bool:
        try:
            address = ipaddress.ip_address(client[0] if client else "")
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address  # how a socket of both families tells IPv4
        return any(address in network for network in self.networks)


def _with_host(scope: Scope) -> list[tuple[bytes, bytes]]:
    host = Headers(scope=scope).get("x-forwarded-host", "").partition(",")[0].strip()
    if not host:
        return scope["headers"]
    return [(name, host.encode("latin-1") if name == b"host" else value) for name, value in scope["headers"]]
