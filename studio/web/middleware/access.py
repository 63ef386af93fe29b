"""The shared password: who may enter, sessions of browsers, and the rate of wrong passwords.

The password is known only as its argon2 hash, a session only as the hash of its token. Until there are accounts,
everyone who enters is the same single user.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import math
import re
import secrets
import threading
import time
from collections import OrderedDict
from urllib.parse import quote

import anyio.to_thread
from anyio import CapacityLimiter
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.messages import Message, of_error
from studio.settings import PASSWORD_MAX_BYTES
from studio.web.language import error_json
from studio.web.middleware.same_origin import PAGES, is_webhook, refuse

log = logging.getLogger(__name__)

SESSION_S = 14 * 24 * 3600
MAX_SESSIONS = 1000
WRONG_PASSWORD_LIMITS = (RateLimitItemPerMinute(10), RateLimitItemPerHour(60))
"""Wrong passwords that one address may send."""

WRONG_PASSWORDS_IN_ALL = RateLimitItemPerMinute(120)
"""Wrong passwords of all addresses together; many addresses are cheap for who has a network of them."""

MAX_WAITING_CHECKS = 8
"""Passwords that wait for their check; each takes 64 MB and a twentieth of a second, one at a time."""

OPEN_PATHS = frozenset({"/healthz", "/login", "/gradio_api/startup-events"})
"""Open without a password: the health check, the login page, and the address that Gradio asks as it starts."""

LOGIN_FILES = re.compile(
    r"/ui/assets/[0-9a-f]+/(css/login\.css|js/login\.js|icons/[a-z0-9-]+\.(svg|png)|fonts/inter-[a-z-]+\.woff2)"
)
"""What the login page loads: program files, the same for everyone."""


class TooManyAttempts(Exception):
    """Wrong passwords came too fast; `retry_s` seconds to wait."""

    def __init__(self, retry_s: int) -> None:
        super().__init__(Message("access.too_many_wrong", seconds=retry_s))
        self.retry_s = retry_s


class Sessions:
    """Browsers that have signed in, by the hash of their token; the oldest give way beyond SESSIONS_MOST."""

    def __init__(self) -> None:
        self._expires_at: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def create(self) -> str:
        """The token of a new session, for the cookie."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._expires_at[_hashed(token)] = time.time() + SESSION_S
            while len(self._expires_at) > MAX_SESSIONS:
                self._expires_at.popitem(last=False)
        return token

    def is_valid(self, token: str) -> bool:
        """Whether the token belongs to a session that has not ended."""
        key = _hashed(token)
        with self._lock:
            end = self._expires_at.get(key, 0.0)
            if end and end <= time.time():
                del self._expires_at[key]
            return end > time.time()

    def revoke(self, token: str) -> None:
        """End a session; an unknown token is ignored."""
        with self._lock:
            self._expires_at.pop(_hashed(token), None)


class Authenticator:
    """Checks the shared password and keeps the sessions. cookie: the name of theirs."""

    def __init__(self, password_hash: str, *, cookie: str = "studio_session") -> None:
        self.cookie, self.sessions = cookie, Sessions()
        self._hash, self._hasher = password_hash, PasswordHasher()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._check_limiter: CapacityLimiter | None = None
        self._key, self._last_accepted = secrets.token_bytes(32), b""

    async def check(self, password: bytes, address: str) -> bool:
        """Whether this is the password. Raises TooManyAttempts before it is looked at; only wrong ones count."""
        fingerprint = hmac.digest(self._key, password, "sha256")
        if self._last_accepted and hmac.compare_digest(fingerprint, self._last_accepted):
            return True
        key = _rate_limit_key(address)
        self._check_rate(key)
        limiter = self._check_limiter = self._check_limiter or CapacityLimiter(1)
        if limiter.statistics().tasks_waiting >= MAX_WAITING_CHECKS:
            raise TooManyAttempts(5)
        async with limiter:
            self._check_rate(key)
            correct = await anyio.to_thread.run_sync(self._verify, password)
            if correct:
                self._last_accepted = fingerprint
            else:
                self._count_wrong(key)
        return correct

    def is_signed_in(self, request: HTTPConnection) -> bool:
        """Whether the request carries the cookie of a living session."""
        return self.sessions.is_valid(request.cookies.get(self.cookie, ""))

    def _verify(self, password: bytes) -> bool:
        if not 0 < len(password) <= PASSWORD_MAX_BYTES:
            return False
        try:
            return self._hasher.verify(self._hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def _check_rate(self, key: str) -> None:
        for item, name in (
            (WRONG_PASSWORD_LIMITS[0], key),
            (WRONG_PASSWORD_LIMITS[1], key),
            (WRONG_PASSWORDS_IN_ALL, "all"),
        ):
            if not self._limiter.test(item, name):
                reset = self._limiter.get_window_stats(item, name).reset_time
                raise TooManyAttempts(max(1, math.ceil(reset - time.time())))

    def _count_wrong(self, key: str) -> None:
        for item, name in (
            (WRONG_PASSWORD_LIMITS[0], key),
            (WRONG_PASSWORD_LIMITS[1], key),
            (WRONG_PASSWORDS_IN_ALL, "all"),
        ):
            self._limiter.hit(item, name)
        log.warning("A wrong password was sent from %s", key)


class Access:
    """ASGI middleware: closed to everyone who has not signed in, except for OPEN_PATHS, the login page's files
    and calls of providers."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self.app, self.authenticator = app, authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or ask for the password."""
        if scope["type"] not in ("http", "websocket") or is_open(scope["path"]) or is_webhook(scope):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        try:
            entered = self.authenticator.is_signed_in(request) or await self._has_valid_token(request)
        except TooManyAttempts as error:
            await too_many_response(scope, error)(scope, receive, send)
            return
        if entered:
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in PAGES:
            await RedirectResponse("login" + _next_query(request), 303)(scope, receive, send)
        else:
            await _ask_to_sign_in(scope, receive, send)

    async def _has_valid_token(self, request: HTTPConnection) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return False
        return await self.authenticator.check(token.strip().encode("latin-1"), address_of(request))


def is_open(path: str) -> bool:
    """Whether a path is answered without a password."""
    return path in OPEN_PATHS or LOGIN_FILES.fullmatch(path) is not None


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


def _next_query(request: HTTPConnection) -> str:
    query = request.url.query
    return "?next=" + quote(f"/?{query}", safe="") if query else ""


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _rate_limit_key(address: str) -> str:
    """The address; for IPv6 its /64, which one household has whole."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64] or "unknown"
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
