"""Who may enter: sessions of browsers, access tokens of programs, and the rate of wrong passwords and tokens."""

from __future__ import annotations

import hmac
import logging
import math
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import quote

import anyio.to_thread
from anyio import CapacityLimiter
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette import types
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.errors import NotAllowed
from studio.messages import Message, of_error
from studio.services.client_address import rate_limit_key
from studio.services.people import ACCESS_TOKEN_PREFIX, SESSION_DAYS, People, hashed
from studio.settings import BOOTSTRAP_LOGIN, PASSWORD_MAX_BYTES
from studio.web.language import error_json
from studio.web.middleware.same_origin import PAGES, is_webhook, refuse

log = logging.getLogger(__name__)

SESSION_S = SESSION_DAYS * 24 * 3600
WRONG_PASSWORD_LIMITS = (RateLimitItemPerMinute(10), RateLimitItemPerHour(60))
"""Wrong passwords that one address may send, and that may be sent for one login."""

WRONG_PASSWORDS_IN_ALL = RateLimitItemPerMinute(120)
"""Wrong passwords of all addresses together; many addresses are cheap for who has a network of them."""

MAX_WAITING_CHECKS = 8
"""Passwords that wait for their check; each takes 64 MB and a twentieth of a second, one at a time."""

OPEN_PATHS = frozenset({"/healthz", "/login", "/join", "/decide", "/gradio_api/startup-events"})
"""Open to who has not signed in: the health check, the pages to sign in, to use a one-time link, and to decide by
one, and the address that Gradio asks as it starts."""

SHARED = "/shared/"
"""Below it are guests of share links, known by a cookie of their own. Its routes see to that themselves, and whoever
else asks is nobody there, a member of the studio, too. See studio.web.guest_session."""

NOBODY = "-"
"""The key of who has not signed in: no account has it, so a service that is reached by mistake refuses."""

LOGIN_FILES = re.compile(
    r"/ui/assets/[0-9a-f]+/"
    r"(css/(login|signin|decide)\.css|js/(login|join|decide)\.js|icons/[a-z0-9-]+\.(svg|png)|fonts/inter-[a-z-]+\.woff2)"
)
"""What the login page loads: program files, the same for everyone."""


class TooManyAttempts(Exception):
    """Wrong passwords came too fast; `retry_s` seconds to wait."""

    def __init__(self, retry_s: int) -> None:
        super().__init__(Message("access.too_many_wrong", seconds=retry_s))
        self.retry_s = retry_s


class Authenticator:
    """Checks passwords, sessions and access tokens against the accounts. cookie: the name of the session's.

    admin_password_as_token: programs may send the password of STUDIO_PASSWORD in the place of an access token.
    """

    def __init__(
        self, people: People, *, cookie: str = "studio_session", admin_password_as_token: bool = False
    ) -> None:
        self.people, self.cookie = people, cookie
        self._admin_password_as_token = admin_password_as_token
        self._hasher = PasswordHasher()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._check_limiter: CapacityLimiter | None = None
        self._key, self._last_accepted = secrets.token_bytes(32), (b"", "")
        self._unknown = self._hasher.hash(secrets.token_bytes(16))

    async def check(self, login: str, password: bytes, address: str) -> str | None:
        """Id of the person whose login and password these are. Only wrong ones count.

        Raises TooManyAttempts before the password is looked at. An unknown login takes as long as a wrong password.
        """
        person_id, password_hash = await anyio.to_thread.run_sync(self.people.credentials, login)
        fingerprint = hmac.digest(self._key, password, "sha256")
        accepted, accepted_hash = self._last_accepted
        if password_hash and accepted_hash == password_hash and hmac.compare_digest(fingerprint, accepted):
            return person_id
        keys = (rate_limit_key(address), f"login {login.strip().casefold()[:100]}")
        self._check_rate(keys)
        limiter = self._check_limiter = self._check_limiter or CapacityLimiter(1)
        if limiter.statistics().tasks_waiting >= MAX_WAITING_CHECKS:
            raise TooManyAttempts(5)
        async with limiter:
            self._check_rate(keys)
            correct = await anyio.to_thread.run_sync(self._verify, password_hash or self._unknown, password)
            if correct and person_id and password_hash:
                self._last_accepted = (fingerprint, password_hash)
                return person_id
            self._count_wrong(keys)
        await anyio.to_thread.run_sync(partial(self.people.failed_sign_in, person_id, address, method="password"))
        return None

    def key_of_session(self, request: HTTPConnection) -> str | None:
        """The actor's key where the request carries the cookie of a living session."""
        return self.people.key_of_session(request.cookies.get(self.cookie, ""), address_of(request))

    async def key_of_bearer(self, request: HTTPConnection) -> str | None:
        """The actor's key where the request carries a living access token. Raises TooManyAttempts."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return None
        if token.startswith(ACCESS_TOKEN_PREFIX):
            key = await anyio.to_thread.run_sync(self.people.key_of_token, token)
            if key is None:
                self.check_rate(request)
                self.count_wrong(request)
                failed = partial(self.people.failed_sign_in, "", address_of(request), method="token")
                await anyio.to_thread.run_sync(failed)
            return key
        if not self._admin_password_as_token:
            return None
        return await self.check(BOOTSTRAP_LOGIN, token.encode("latin-1"), address_of(request))

    def check_rate(self, request: HTTPConnection) -> None:
        """Raise TooManyAttempts where this address has sent too much that was wrong."""
        self._check_rate((rate_limit_key(address_of(request)),))

    def count_wrong(self, request: HTTPConnection) -> None:
        """Count a token or link that was wrong."""
        self._count_wrong((rate_limit_key(address_of(request)),))

    def _verify(self, password_hash: str, password: bytes) -> bool:
        if not 0 < len(password) <= PASSWORD_MAX_BYTES:
            return False
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def _limits(self, keys: Iterable[str]) -> Iterator[tuple[RateLimitItem, str]]:
        for key in keys:
            for item in WRONG_PASSWORD_LIMITS:
                yield item, key
        yield WRONG_PASSWORDS_IN_ALL, "all"

    def _check_rate(self, keys: Iterable[str]) -> None:
        for item, name in self._limits(keys):
            if not self._limiter.test(item, name):
                reset = self._limiter.get_window_stats(item, name).reset_time
                raise TooManyAttempts(max(1, math.ceil(reset - time.time())))

    def _count_wrong(self, keys: Sequence[str]) -> None:
        for item, name in self._limits(keys):
            self._limiter.hit(item, name)
        log.warning("A wrong password or token was sent from %s", keys[0])


class IdentitySource(Protocol):
    """Another way to know who asks than a session or a token."""

    async def key_of(self, request: HTTPConnection) -> str | None:
        """The actor's key, None where this way says nothing. Raises NotAllowed for who may not enter."""
        ...


class VisitorSource(IdentitySource, Protocol):
    """Lets people in who have not signed in."""

    async def welcome(self, request: HTTPConnection) -> tuple[str, str] | None:
        """Key of somebody new and the header that sets their cookie; None where nobody new is let in now."""
        ...


@dataclass(frozen=True)
class IdentitySources:
    """How people are known besides sessions and tokens. open_paths: open besides OPEN_PATHS. proxy: says who asks,
    whatever session the browser has. visitors: knows those without an account."""

    open_paths: frozenset[str] = frozenset()
    proxy: IdentitySource | None = None
    visitors: VisitorSource | None = None


class Access:
    """ASGI middleware: finds out who asks, and is closed to everyone else, except for OPEN_PATHS, the files of the
    sign-in page and calls of providers. The actor's key goes to scope["state"]["user"], the hash of the token of
    a browser's session to "session"."""

    def __init__(
        self, app: ASGIApp, authenticator: Authenticator, identity_sources: IdentitySources | None = None
    ) -> None:
        self.app, self.authenticator, self.identity_sources = app, authenticator, identity_sources or IdentitySources()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or ask to sign in."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {}).update(user=NOBODY, session="")
        if is_open(scope["path"]) or scope["path"] in self.identity_sources.open_paths or is_webhook(scope):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        try:
            key = await self._key_of(request)
        except TooManyAttempts as error:
            await too_many_response(scope, error)(scope, receive, send)
            return
        except NotAllowed as error:
            await refuse(scope, receive, send, of_error(error), 403)
            return
        visitors = self.identity_sources.visitors if key is None and _opens_front_page(scope) else None
        if visitors is not None and (welcomed := await visitors.welcome(request)):
            key, cookie = welcomed
            send = _with_cookie(send, cookie)
        if key:
            scope["state"]["user"] = key
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in PAGES:
            await RedirectResponse("login" + _next_query(request), 303)(scope, receive, send)
        else:
            await _ask_to_sign_in(scope, receive, send)

    async def _key_of(self, request: HTTPConnection) -> str | None:
        if key := await self.authenticator.key_of_bearer(request):
            return key
        if self.identity_sources.proxy is not None and (key := await self.identity_sources.proxy.key_of(request)):
            return key
        if key := await anyio.to_thread.run_sync(self.authenticator.key_of_session, request):
            request.scope["state"]["session"] = hashed(request.cookies.get(self.authenticator.cookie, ""))
            return key
        if self.identity_sources.visitors is None or "authorization" in request.headers:
            return None
        return await self.identity_sources.visitors.key_of(request)


def is_open(path: str) -> bool:
    """Whether a path is answered without a password."""
    return path in OPEN_PATHS or path.startswith(SHARED) or LOGIN_FILES.fullmatch(path) is not None


def address_of(request: HTTPConnection) -> str:
    """The address that the rate of wrong passwords is counted for."""
    return request.client.host if request.client else ""


def too_many_response(scope: Scope, error: TooManyAttempts) -> Response:
    """429 with the seconds to wait."""
    return error_json(scope, of_error(error), 429, {"retry-after": str(error.retry_s)})


async def _ask_to_sign_in(scope: Scope, receive: Receive, send: Send) -> None:
    message = Message("access.sign_in")
    if scope["type"] == "websocket":
        await refuse(scope, receive, send, message, 401)
        return
    headers = {"www-authenticate": "Bearer", "cache-control": "no-store"}
    await error_json(scope, message, 401, headers)(scope, receive, send)


def _opens_front_page(scope: Scope) -> bool:
    """Whether a browser opens the studio itself."""
    return scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"


def _with_cookie(send: Send, cookie: str) -> Send:
    async def with_cookie(message: types.Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return with_cookie


def _next_query(request: HTTPConnection) -> str:
    query = request.url.query
    return "?next=" + quote(f"/?{query}", safe="") if query else ""
