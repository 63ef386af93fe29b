"""POST /hooks/TOKEN: where providers call. Outside of the login and the rules about pages, and therefore narrow.

The token is the whole permission. Unknown, ended and foreign runs, forged, late and repeated calls are all answered
alike; nothing of a call is repeated in an answer or in the log.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from fastapi import APIRouter
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from studio.engines import strict_json
from studio.errors import EngineError
from studio.jobs.webhooks import PATH
from studio.web.middleware.access import address_of

if TYPE_CHECKING:
    from studio.studio import Studio

log = logging.getLogger(__name__)
MAX_BODY_BYTES = 2**20
"""Longest call. Replicate's has the whole input and log of the run in it."""
BODY_TIMEOUT_S, VERIFY_TIMEOUT_S = 10.0, 20.0
REFUSED_PER_ADDRESS, REFUSED_IN_ALL = RateLimitItemPerMinute(60), RateLimitItemPerMinute(600)
"""Refused calls, after which more unknown addresses are not even looked up. Calls to a known address always pass: a
provider may end a thousand runs in a minute."""


def router(studio: Studio) -> APIRouter:
    """The one route, and the same with the ending that APIMart adds."""
    api = APIRouter(prefix=PATH, include_in_schema=False)
    limiter = MovingWindowRateLimiter(MemoryStorage())

    def refused(request: Request) -> Response:
        limiter.hit(REFUSED_PER_ADDRESS, address_of(request))
        limiter.hit(REFUSED_IN_ALL)
        return _answer(404)

    @api.post("/{token}")
    @api.post("/{token}/callback")
    async def receive(request: Request, token: str) -> Response:
        """204 for a call that wakes its run, else 404; 413, 415 and 400 for a body that is none."""
        if not studio.webhooks.knows(token):
            if limiter.test(REFUSED_PER_ADDRESS, address_of(request)) and limiter.test(REFUSED_IN_ALL):
                return refused(request)
            return _answer(429, {"retry-after": "60"})
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _answer(415)
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                raw = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return _answer(408)
        if raw is None:
            return _answer(413)
        try:
            body = strict_json.read(raw)
        except ValueError:
            return _answer(400)
        try:
            async with asyncio.timeout(VERIFY_TIMEOUT_S):
                accepted = await studio.webhooks.receive(token, dict(request.headers), raw, strict_json.table(body))
        except (EngineError, TimeoutError) as error:
            log.warning("a webhook could not be verified: %s", error)
            return _answer(503, {"retry-after": "60"})
        return _answer(204) if accepted else refused(request)

    return api


async def _body(request: Request) -> bytes | None:
    """The body; None where it is too long, as soon as that is known."""
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_BODY_BYTES:
            return None
    return bytes(raw)


def _answer(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(status_code=status, headers={"cache-control": "no-store", **(headers or {})})
