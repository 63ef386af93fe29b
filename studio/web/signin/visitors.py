"""The cookie of visitors: made with the first page that a browser opens, and good for nothing but what it made.

In a frame of another site a browser keeps such a cookie only when it is marked for that: SameSite=None, Secure and
Partitioned (CHIPS). Source: the cookie draft rfc6265bis, and the one on partitioned cookies.
"""

from __future__ import annotations

import anyio.to_thread
from starlette.requests import HTTPConnection

from studio.services.people import hashed
from studio.services.visitors import VISITOR_DAYS, Visitors
from studio.web.middleware.access import address_of


class VisitorCookies:
    """cookie: the name. framed: other sites may show the studio in a frame."""

    def __init__(self, visitors: Visitors, *, cookie: str, framed: bool) -> None:
        self._visitors, self.cookie, self._framed = visitors, cookie, framed

    async def key_of(self, request: HTTPConnection) -> str | None:
        """The key of the visitor whose cookie the request carries."""
        token = request.cookies.get(self.cookie, "")
        key = await anyio.to_thread.run_sync(self._visitors.key_of, token)
        request.scope["state"]["session"] = hashed(token) if key else ""
        return key

    async def welcome(self, request: HTTPConnection) -> tuple[str, str] | None:
        """Key of a new visitor and the header that sets their cookie; None where there are too many new ones."""
        made = await anyio.to_thread.run_sync(self._visitors.welcome, address_of(request))
        if made is None:
            return None
        key, token = made
        age = VISITOR_DAYS * 24 * 3600
        secure = self._framed or request.url.scheme == "https"
        kind = "; SameSite=None; Secure; Partitioned" if self._framed else f"; SameSite=Lax{'; Secure' * secure}"
        return key, f"{self.cookie}={token}; HttpOnly; Max-Age={age}; Path=/{kind}"
