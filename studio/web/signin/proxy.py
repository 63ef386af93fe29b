"""A proxy in front of the studio that knows who asks, and says so in a header.

Anybody can write a header. It counts only where the connection itself comes from a named proxy, before anything that
the proxy says of the browser's address is believed; whoever else sends it is refused, and it goes no further.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.errors import NotAllowed
from studio.messages import Message, of_error
from studio.services.people import People
from studio.web.middleware.same_origin import refuse
from studio.web.signin.config import ProxyConfig
from studio.web.signin.errors import SignInFailed

log = logging.getLogger(__name__)
ISSUER = "proxy"
STATE = "proxy_user"
MAX_NAME_CHARS = 200
KNOWN_S, MAX_KNOWN = 30.0, 1000
"""How long an account is known by a name with the same groups, so that not every request writes."""


@dataclass(frozen=True)
class Named:
    """Whom the proxy named."""

    name: str
    groups: tuple[str, ...] = ()


class ProxyHeader:
    """ASGI middleware, outside of everything that reads forwarded addresses: takes the header off the request."""

    def __init__(self, app: ASGIApp, config: ProxyConfig) -> None:
        self.app, self._config = app, config
        self._networks = [ipaddress.ip_network(proxy) for proxy in config.proxies]
        self._names = {config.header.encode(), config.groups_header.encode()} - {b""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the name beside it, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {}).pop(STATE, None)
        if any(name in self._names for name, _ in scope["headers"]):
            if not self._is_proxy(scope.get("client")):
                log.warning("a name header came from %s, which is no trusted proxy", (scope.get("client") or ("?",))[0])
                await refuse(scope, receive, send, Message("signin.not_a_proxy"), 403)
                return
            named = self._named(scope)
            if named is None:
                await refuse(scope, receive, send, Message("signin.bad_name"), 403)
                return
            scope["state"][STATE] = named
            scope["headers"] = [(n, v) for n, v in scope["headers"] if n not in self._names]
        await self.app(scope, receive, send)

    def _is_proxy(self, client: tuple[str, int] | None) -> bool:
        try:
            address = ipaddress.ip_address(client[0] if client else "")
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)

    def _named(self, scope: Scope) -> Named | None:
        """None for a name that is none, or more than one: a proxy that adds its header to the browser's own."""
        header, groups_header = self._config.header.encode(), self._config.groups_header.encode()
        names = [_text(value) for name, value in scope["headers"] if name == header]
        groups = [_text(value) for name, value in scope["headers"] if name == groups_header]
        if len(names) != 1 or len(groups) > 1 or not 0 < len(names[0]) <= MAX_NAME_CHARS or not names[0].isprintable():
            return None
        listed = tuple(part.strip() for text in groups for part in text.replace(";", ",").split(",") if part.strip())
        return Named(names[0], listed)


class ProxyMethod:
    """Whom the proxy named, as an account that is made at first sight."""

    def __init__(self, config: ProxyConfig, people: People) -> None:
        self._membership, self._people = config.membership, people
        self._known: dict[Named, tuple[float, str]] = {}

    async def key_of(self, request: HTTPConnection) -> str | None:
        """The actor's key. None where the proxy named nobody. Raises NotAllowed for who may not enter."""
        named = (request.scope.get("state") or {}).get(STATE)
        if not isinstance(named, Named):
            return None
        until, key = self._known.get(named, (0.0, ""))
        if until < time.monotonic():
            key = await anyio.to_thread.run_sync(self._person, named)
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[named] = time.monotonic() + KNOWN_S, key
        return key

    def _person(self, named: Named) -> str:
        claims: dict[str, Any] = {"groups": list(named.groups), "user": named.name}
        if "@" in named.name:
            claims |= {"email": named.name, "email_verified": True}
        try:
            role = self._membership.role_of(claims)
        except SignInFailed as error:
            raise NotAllowed(of_error(error)) from None
        return self._people.person_of_subject(
            ISSUER, named.name, login=named.name, role=role, keep_role=not self._membership.decides_role
        ).id


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()
