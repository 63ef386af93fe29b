"""The cookie of guests of share links. It counts under /shared/ alone, and nothing else counts there: a member who
opens a link in the same browser is a guest there, and a guest is nobody elsewhere.

The cookie has no Path of its own: set by an answer to .../shared/enter it is sent to .../shared/ only, whatever prefix
a proxy puts before. Source: RFC 6265, 5.1.4, default-path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from studio.domain import now
from studio.errors import NotSignedIn
from studio.messages import Message

if TYPE_CHECKING:
    from studio.studio import Studio


class GuestCookies:
    """The cookie of one studio; the folder's hash in its name tells studios of one host apart."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @cached_property
    def name(self) -> str:
        """The cookie's name."""
        folder_hash = hashlib.sha256(str(self._studio.settings.data.resolve()).encode()).hexdigest()[:8]
        return f"studio_guest_{folder_hash}"

    @property
    def _framed(self) -> bool:
        return bool(self._studio.settings.frame_ancestors)

    def session_of(self, connection: HTTPConnection) -> str:
        """The token in the cookie; "" without one."""
        return connection.cookies.get(self.name, "")

    def key_of(self, connection: HTTPConnection) -> str | None:
        """The key of the guest who asks; None for everybody else. Reads the database."""
        return self._studio.guests.key_of(self.session_of(connection))

    def put(self, answer: Response, request: Request, token: str, until: datetime) -> None:
        """Put the session into the browser."""
        secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
        age = max(1, int((until - now()).total_seconds()))
        kind = "; SameSite=None; Secure; Partitioned" if self._framed else f"; SameSite=Lax{'; Secure' * secure}"
        answer.headers.append("set-cookie", f"{self.name}={token}; HttpOnly; Max-Age={age}{kind}")

    def take_away(self, answer: Response) -> None:
        """Take the session out of the browser; by an answer at the same depth as the one that put it there."""
        answer.headers.append("set-cookie", f"{self.name}=; HttpOnly; Max-Age=0; SameSite=Lax")


def guest_key(studio: Studio) -> Callable[[HTTPConnection], str]:
    """A dependency for routes under /shared/: the key of the guest who asks. Raises NotSignedIn for everybody else."""
    cookies = GuestCookies(studio)

    def key(connection: HTTPConnection) -> str:
        found = cookies.key_of(connection)
        if found is None:
            raise NotSignedIn(Message("reviewlinks.enter_first"))
        return found

    return key
